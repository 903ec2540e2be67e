"""People from a directory that speaks SCIM 2.0: the plugin ``scim`` of leercultuur."""

from __future__ import annotations

from leercultuur_core.extension import Adapter, hookimpl

from .directory import ScimPeople
from .settings import RoleWords, ScimSettings

__all__ = ["RoleWords", "ScimPeople", "ScimSettings", "leercultuur_adapters"]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """The directory."""
    return [ScimPeople]
