"""xAPI statements as activities, from files and from learning record stores, and back to them: the
plugin ``xapi`` of leercultuur."""

from __future__ import annotations

from leercultuur_core import EvidenceRules
from leercultuur_core.extension import Adapter, hookimpl

from .reader import XapiFile
from .vocabularies import vocabulary_rules

__all__ = ["XapiFile", "leercultuur_adapters", "leercultuur_evidence_rules"]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """Files, any learning record store, and prompts as statements."""
    # They bring the HTTP client, which who reads a file does not need.
    from .sink import LrsSink  # noqa: PLC0415
    from .source import LrsSource  # noqa: PLC0415

    return [XapiFile, LrsSource, LrsSink]


@hookimpl
def leercultuur_evidence_rules() -> EvidenceRules:
    """Rules for cmi5, video, H5P, Kolibri, Open edX and Moodle's logstore, each from its own text."""
    return vocabulary_rules()
