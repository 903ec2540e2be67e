"""Somebody's own page: where they seem to be, what that rests on, one next step, and their say.

It shows one person to that person, and compares them with nobody.
"""

from __future__ import annotations

from . import data, learned, says, step, view

PAGES = (*view.PAGES, *says.PAGES, *step.PAGES, *learned.PAGES, *data.PAGES)

__all__ = ["PAGES"]
