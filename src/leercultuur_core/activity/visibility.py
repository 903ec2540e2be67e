"""What could have been seen, and when: `Visibility` of kinds at sources, `Presence` of learners.

Both are values. What could not be seen is left out of an estimate; it is never read as "did not".
Times are day numbers (days since 1970-01-01, UTC); an interval is ``(first day, day after the
last)``, with ``None`` for "still open".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import frozen

from .activity import iso_week
from .ledger import Ledger

if TYPE_CHECKING:
    from .columns import LedgerColumns

Interval = tuple[int, int | None]

SILENT_WEEKS = 4
"""After this many weeks without anything from anyone, a source counts as no longer connected."""


@frozen
class Visibility:
    """(source, kind) → intervals in which an activity of that kind could be recorded there."""

    intervals: Mapping[tuple[str, str], tuple[Interval, ...]]

    def __or__(self, other: Visibility) -> Visibility:
        """What either says could be seen; the order does not matter."""
        keys = {*self.intervals, *other.intervals}
        return Visibility(
            {
                key: merge_intervals([*self.intervals.get(key, ()), *other.intervals.get(key, ())])
                for key in sorted(keys)
            }
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """All sources named, sorted."""
        return tuple(sorted({source for source, _ in self.intervals}))


@frozen
class Presence:
    """Identity → source → intervals in which the learner had an account there (and no leave)."""

    intervals: Mapping[str, Mapping[str, tuple[Interval, ...]]]

    def __repr__(self) -> str:
        return f"<Presence of {len(self.intervals)} learners>"


def learned_visibility(ledger: Ledger | LedgerColumns, *, until: int) -> Visibility:
    """Visibility learned from everyone's activities before day ``until``.

    A kind can be seen at a source from the ISO week of its earliest activity there. A source that
    was silent for `SILENT_WEEKS` whole weeks was not connected in that silence; the last silence
    counts from the week after its last activity, and only once it is that long at ``until``.
    """
    first_week: dict[tuple[str, str], int] = {}
    active_weeks: dict[str, set[int]] = {}
    for source, kind, day in ledger.sightings():
        if day >= until:
            continue
        week = iso_week(day)
        active_weeks.setdefault(source, set()).add(week)
        key = (source, kind)
        if week < first_week.get(key, week + 1):
            first_week[key] = week
    connected = {
        source: _connected(sorted(weeks), iso_week(until)) for source, weeks in active_weeks.items()
    }
    return Visibility(
        {
            (source, kind): tuple(
                (max(start, _monday(week)), end)
                for start, end in connected[source]
                if end is None or end > _monday(week)
            )
            for (source, kind), week in sorted(first_week.items())
        }
    )


def _connected(weeks: list[int], this_week: int) -> tuple[Interval, ...]:
    """Intervals in days in which a source active in ``weeks`` counts as connected."""
    intervals: list[Interval] = []
    start = weeks[0]
    for week, following in pairwise(weeks):
        if following - week > SILENT_WEEKS:
            intervals.append((_monday(start), _monday(week + 1)))
            start = following
    silent = this_week - weeks[-1] > SILENT_WEEKS
    intervals.append((_monday(start), _monday(weeks[-1] + 1) if silent else None))
    return tuple(intervals)


def assumed_presence(ledger: Ledger | LedgerColumns, *, until: int) -> Presence:
    """Presence without a directory: a learner is present at each source where they have an
    activity before ``until``, from that source's first week on."""
    first_day: dict[str, int] = {}
    for source, _, day in ledger.sightings():
        first_day[source] = min(day, first_day.get(source, day))
    sources: dict[str, set[str]] = {}
    for identity, source in ledger.places(until=until):
        sources.setdefault(identity, set()).add(source)
    since = {source: ((_monday(iso_week(day)), None),) for source, day in first_day.items()}
    return Presence(
        {
            identity: {source: since[source] for source in sorted(names)}
            for identity, names in sorted(sources.items())
        }
    )


def merge_intervals(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same days as non-overlapping intervals in order."""
    merged: list[Interval] = []
    for start, end in sorted(intervals, key=lambda interval: interval[0]):
        if merged and (merged[-1][1] is None or start <= merged[-1][1]):
            last_start, last_end = merged[-1]
            both_end = None if end is None or last_end is None else max(end, last_end)
            merged[-1] = (last_start, both_end)
        else:
            merged.append((start, end))
    return tuple(merged)


def _monday(week: int) -> int:
    return week * 7 - 3
