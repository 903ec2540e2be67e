"""A quarter of an hour in people's calendars: the plugin ``calendar`` of leercultuur."""

from __future__ import annotations

from leercultuur_core.extension import Adapter, hookimpl

from .settings import CalendarSettings
from .sink import CalendarSink

__all__ = ["CalendarSettings", "CalendarSink", "leercultuur_adapters"]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """The sink."""
    return [CalendarSink]
