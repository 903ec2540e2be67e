"""What may be shown of whom. Pure: values in, values out."""

from __future__ import annotations

from .release import (
    FLOOR,
    MINIMUM_GROUP,
    Band,
    Release,
    Withheld,
    check_minimum,
    release,
    release_units,
)

__all__ = [
    "FLOOR",
    "MINIMUM_GROUP",
    "Band",
    "Release",
    "Withheld",
    "check_minimum",
    "release",
    "release_units",
]
