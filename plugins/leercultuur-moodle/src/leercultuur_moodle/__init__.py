"""Moodle, read and written back to: the plugin ``moodle`` of leercultuur."""

from __future__ import annotations

from leercultuur_core import EvidenceRules
from leercultuur_core.extension import Adapter, hookimpl

from .client import Course, MoodleClient, Site, form_fields, rows
from .errors import Gap, Refused, gaps
from .settings import (
    STREAMS,
    MoodleDirectorySettings,
    MoodleSettings,
    MoodleSourceSettings,
    Stream,
)

__all__ = [
    "STREAMS",
    "Course",
    "Gap",
    "MoodleClient",
    "MoodleDirectorySettings",
    "MoodleSettings",
    "MoodleSourceSettings",
    "Refused",
    "Site",
    "Stream",
    "form_fields",
    "gaps",
    "leercultuur_adapters",
    "leercultuur_evidence_rules",
    "rows",
]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """What is read of Moodle, who is in it, and what is put back."""
    # Here, so that who needs a client alone brings no more.
    from .directory import MoodlePeople  # noqa: PLC0415
    from .log_file import MoodleLogFile  # noqa: PLC0415
    from .log_source import MoodleLogSource  # noqa: PLC0415
    from .messages import MoodleMessages  # noqa: PLC0415
    from .plan_comments import MoodlePlanComments  # noqa: PLC0415
    from .source import MoodleSource  # noqa: PLC0415

    return [
        MoodleSource,
        MoodleLogSource,
        MoodleLogFile,
        MoodlePeople,
        MoodleMessages,
        MoodlePlanComments,
    ]


@hookimpl
def leercultuur_evidence_rules() -> EvidenceRules:
    """What its activities are evidence of."""
    from .evidence import moodle_rules  # noqa: PLC0415

    return moodle_rules()
