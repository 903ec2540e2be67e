"""xAPI statements from files, as activities: the plugin ``xapi`` of leercultuur."""

from __future__ import annotations

from leercultuur_core.extension import Adapter, hookimpl

from .reader import XapiFile

__all__ = ["XapiFile", "leercultuur_adapters"]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """The one adapter of this plugin."""
    return [XapiFile]
