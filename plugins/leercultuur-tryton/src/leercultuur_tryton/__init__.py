"""Tryton, read and written back to: the plugin ``tryton`` of leercultuur."""

from __future__ import annotations

from leercultuur_core.extension import Adapter, hookimpl

from .people import TrytonPeople
from .settings import (
    Allocations,
    Hours,
    Requests,
    TrytonPeopleSettings,
    TrytonSettings,
    TrytonSourceSettings,
)
from .sink import TrytonNotifications
from .source import TrytonSource

__all__ = [
    "Allocations",
    "Hours",
    "Requests",
    "TrytonNotifications",
    "TrytonPeople",
    "TrytonPeopleSettings",
    "TrytonSettings",
    "TrytonSource",
    "TrytonSourceSettings",
    "leercultuur_adapters",
]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """What is read of Tryton, who is in it, and what is put back."""
    return [TrytonSource, TrytonPeople, TrytonNotifications]
