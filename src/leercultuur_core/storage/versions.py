"""Numbers in the store that are others after a change, so that what was made from it can be kept.

A number is changed in the transaction of what changes. Whoever reads it in one snapshot with the rest
knows by it whether that is the same as before, in this process or another.
"""

from __future__ import annotations

from typing import Literal

from .rows import Rows

Changing = Literal["people", "ledger", "forgotten"]
"""What has a number: what directories say of people and whose an identity is; what an estimate rests on
beside that; that people were forgotten. Stored: these never change their meaning."""


def changed(rows: Rows, what: Changing) -> None:
    """Makes the number of ``what`` another."""
    rows.run(
        "INSERT INTO settings (name, value) VALUES (?, '1') ON CONFLICT (name) DO UPDATE "
        "SET value = CAST(CAST(settings.value AS INTEGER) + 1 AS TEXT)",
        what,
    )


def version(rows: Rows, *what: Changing) -> tuple[int, ...]:
    """The numbers of ``what``, in that order; 0 where it never changed."""
    found: dict[str, str] = dict(
        rows.among("SELECT name, value FROM settings WHERE name IN (?)", what)
    )
    return tuple(int(found.get(one, 0)) for one in what)


__all__ = ["Changing", "changed", "version"]
