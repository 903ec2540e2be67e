"""Leave: while somebody is away the clock stands still, and nothing of it reads as silence."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING

from ..activity.ledger import Ledger
from ..activity.visibility import Interval, Presence
from ..storage import StoredPerson, Transaction
from .rights import Rights

if TYPE_CHECKING:
    from ..activity.columns import LedgerColumns

_EPOCH = date(1970, 1, 1)


def presence(
    tx: Transaction, rights: Rights, ledger: Ledger | LedgerColumns, *, until: int
) -> Presence:
    """Presence of the people in ``ledger`` before day ``until``, without the days they were away."""
    return _less_leave(tx.ledger.presence(ledger, until=until), rights)


def presence_of(
    tx: Transaction, rights: Rights, people: Collection[str], *, until: int
) -> Presence:
    """`presence` of the people (uuids), for whom their ledger is not read."""
    return _less_leave(tx.ledger.presence_of(people, until=until), rights)


def _less_leave(found: Presence, rights: Rights) -> Presence:
    left = dict(found.intervals)
    for uuid, sources in found.intervals.items():
        if away := _days_away(rights.people[uuid]):
            left[uuid] = {name: without(intervals, away) for name, intervals in sources.items()}
    return Presence(left)


def _days_away(person: StoredPerson) -> list[tuple[int, int]]:
    """(first day, day after the last) of each absence, as day numbers, in order."""
    return sorted(
        ((first - _EPOCH).days, (last - _EPOCH).days + 1)
        for first, last in person.away
        if first <= last
    )


def without(
    intervals: Iterable[Interval], absences: Iterable[tuple[int, int]]
) -> tuple[Interval, ...]:
    """``intervals`` less ``absences``; both are (first day, day after the last), in order."""
    left = list(intervals)
    for gone, back in absences:
        left = [
            piece
            for start, end in left
            for piece in (
                (start, gone if end is None else min(end, gone)),
                (max(start, back), end),
            )
            if piece[1] is None or piece[0] < piece[1]
        ]
    return tuple(left)


__all__ = ["presence", "presence_of", "without"]
