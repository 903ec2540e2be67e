"""Kolibri, a learning platform that also works without internet: the plugin ``kolibri``."""

from __future__ import annotations

from leercultuur_core.extension import Adapter, hookimpl

from .lessons import KolibriLessons, LessonsSettings
from .people import KolibriPeople, PeopleSettings
from .session import KolibriSettings
from .source import KolibriSource, SourceSettings

__all__ = [
    "KolibriLessons",
    "KolibriPeople",
    "KolibriSettings",
    "KolibriSource",
    "LessonsSettings",
    "PeopleSettings",
    "SourceSettings",
    "leercultuur_adapters",
]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """What learners do, who they are, and a step on their page."""
    return [KolibriSource, KolibriPeople, KolibriLessons]
