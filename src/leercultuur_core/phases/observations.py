"""What was seen of whom in which week, as arrays: `Observations`, made from a ledger by `observe`.

Weeks are ISO weeks (UTC), numbered as in `leercultuur_core.activity.activity.iso_week`. The last
one ends at ``at``, cut to the start of its UTC day, so its exposure is a part of a week.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..activity.activity import day_date, iso_week, utc_day, week_label
from ..activity.columns import Codes, LedgerColumns
from ..activity.evidence import SELF_REPORT
from ..activity.ledger import Ledger
from ..activity.visibility import Interval, Presence, Visibility, assumed_presence
from ..maturity.vocabulary import PHASES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

HISTORY_WEEKS = 261
"""Weeks looked back at most, five years: one wrong date must not make everyone's history long."""


NO_ANSWER = -1
"""Stands for two different own answers on one day: that is no answer."""


@frozen(eq=False)
class Counts:
    """Counts per person, week and kind, only those that are not zero.

    Four arrays of equal length, sorted by person, then week, then kind.
    """

    person: Ints
    week: Ints
    kind: Ints
    count: Ints


@frozen(eq=False)
class Reports:
    """Own answers to the phase question, at most one per person and week.

    Four arrays of equal length, sorted by person, then week. ``answer`` is an index in ``PHASES``,
    ``day`` a day number. In a week the latest day counts; two different answers on that day are
    none, and the week then has ``answer`` `NO_ANSWER`.
    """

    person: Ints
    week: Ints
    answer: Ints
    day: Ints


@frozen(eq=False)
class Observations:
    """P people over W weeks and K kinds. People who could be seen alike form one of G groups.

    identifiers
        P identifiers, sorted.
    kinds
        K kind ids: those of the model.
    first_week, cut
        Week number of week 0, and the day number at which everything ends.
    weeks
        W.
    group
        (P,) group of each person.
    visible_days
        (G, W, K) days of the week, 0 to 7, on which the kind could be recorded.
    visible
        (G, W) whether anything at all could be recorded.
    present
        (G, W) whether someone was there; a week without presence freezes the clock.
    used
        (P, W) whether any activity was recorded, of whatever kind.
    counts, reports
        See `Counts` and `Reports`.
    """

    identifiers: tuple[str, ...]
    kinds: tuple[str, ...]
    first_week: int
    cut: int
    weeks: int
    group: Ints
    visible_days: npt.NDArray[np.int8]
    visible: Bools
    present: Bools
    used: Bools
    counts: Counts
    reports: Reports

    @property
    def people(self) -> int:
        """P."""
        return len(self.identifiers)

    @property
    def exposure(self) -> Floats:
        """(G, W, K) share of the week, 0 to 1, in which the kind could be recorded."""
        return self.visible_days / 7.0

    def label(self, week: int) -> str:
        """Week ``week`` (0 is the first) as ISO 8601 writes it, such as ``2026-W05``."""
        return week_label(self.first_week + week)

    @property
    def at(self) -> date:
        """The date at whose start everything ends."""
        return day_date(self.cut)


def observe(
    ledger: Ledger | LedgerColumns,
    *,
    at: datetime,
    kinds: Sequence[str],
    visibility: Visibility,
    presence: Presence | None = None,
) -> Observations:
    """The weeks of everyone in ``ledger`` and ``presence`` before ``at``.

    Counts are summed over topics and sources. A row counts where its kind could be recorded at its
    source on that day and the learner was present there; any other row says nothing. Who is not
    named in ``presence`` is taken to be present at each source they have an activity at, from that
    source's first week on.

    Raises `ValueError` for an ``at`` without an offset.
    """
    cut = cut_day(at)
    rows = (LedgerColumns.of(ledger) if isinstance(ledger, Ledger) else ledger).before(cut)
    places = _places(rows, cut, presence)
    first_week = _first_week(places.values(), visibility, cut)
    span = _Span(first_week, max(iso_week(cut - 1) - first_week + 1, 0), cut)
    identifiers = tuple(sorted(places))
    groups: dict[_Places, int] = {}
    group = np.array(
        [groups.setdefault(places[name], len(groups)) for name in identifiers], dtype=np.int64
    )
    sources = sorted({*rows.sources, *visibility.sources})
    sight = _Sight.of(tuple(groups), sources, kinds, visibility, span)

    # Rows of before the first week (nobody was present, or too long ago) say nothing.
    inside = rows.day >= span.start
    person = _places_in(identifiers, rows.identities)[rows.identity[inside]]
    source = _places_in(sources, rows.sources)[rows.source[inside]]
    kind = _kind_codes(kinds, rows.kinds)[rows.kind[inside]]
    day, count = rows.day[inside] - span.start, rows.count[inside]
    here = sight.here[group[person], source, day]
    # An own answer counts wherever it was given, also during leave.
    answered = kind > len(kinds)
    recorded = here & sight.recorded[source, np.minimum(kind, len(kinds)), day]
    used = np.zeros((len(identifiers), span.weeks), dtype=np.bool_)
    used[person[recorded | answered], day[recorded | answered] // 7] = True
    recorded &= kind < len(kinds)
    cell = (person.astype(np.int64) * span.weeks + day // 7) * len(kinds) + kind
    return Observations(
        identifiers=identifiers,
        kinds=tuple(kinds),
        first_week=first_week,
        cut=cut,
        weeks=span.weeks,
        group=group,
        visible_days=sight.visible_days,
        visible=sight.visible,
        present=sight.present,
        used=used,
        counts=_add_up(cell[recorded], count[recorded], weeks=span.weeks, kinds=len(kinds)),
        reports=_reports(person[answered], day[answered], kind[answered] - len(kinds) - 1, span),
    )


def cut_day(at: datetime) -> int:
    """Day number of the UTC day of ``at``: activities of earlier days count.

    Raises `ValueError` for a time without an offset.
    """
    if at.tzinfo is None:
        raise ValueError(
            "at: expected a time with an offset, found none; "
            "write datetime(2026, 3, 2, tzinfo=UTC), for example"
        )
    return utc_day(at)


def _places_in(names: Sequence[str], some: Iterable[str]) -> Codes:
    """Where each of ``some`` names is in ``names``."""
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[name] for name in some], dtype=np.int32)


def _kind_codes(kinds: Sequence[str], names: Iterable[str]) -> Codes:
    """Each of ``names`` by its place among the model's ``kinds``; one further means any other kind, and
    from there on the five own answers."""
    other = len(kinds)
    codes = {kind: code for code, kind in enumerate(kinds)}
    for answer, phase in enumerate(PHASES):
        codes[f"{SELF_REPORT}{phase}"] = other + 1 + answer
    return np.array([codes.get(name, other) for name in names], dtype=np.int32)


_Places = tuple[tuple[str, tuple[Interval, ...]], ...]
"""Where someone was present, and when: (source, intervals), sorted."""


def _places(rows: LedgerColumns, cut: int, presence: Presence | None) -> dict[str, _Places]:
    """Everyone who is in the ledger or in ``presence`` before ``cut``, and where they were."""
    named = {} if presence is None else presence.intervals
    places = {
        identity: _sorted_places(sources)
        for identity, sources in named.items()
        if any(start < cut for intervals in sources.values() for start, _ in intervals)
    }
    if any(identity not in named for identity in rows.identities):
        # One tuple for all who are present alike keeps this small.
        alike: dict[_Places, _Places] = {}
        for identity, sources in assumed_presence(rows, until=cut).intervals.items():
            if identity not in named:
                found = _sorted_places(sources)
                places[identity] = alike.setdefault(found, found)
    for identity in rows.identities:
        places.setdefault(identity, ())
    return places


def _sorted_places(sources: Mapping[str, Sequence[Interval]]) -> _Places:
    return tuple((source, tuple(sources[source])) for source in sorted(sources))


def _first_week(places: Iterable[_Places], visibility: Visibility, cut: int) -> int:
    """The first week in which somebody is present and something could be recorded."""
    last = iso_week(cut - 1)
    present = min(
        (
            start
            for place in set(places)
            for _, intervals in place
            for start, _ in intervals
            if start < cut
        ),
        default=cut,
    )
    visible = min(
        (
            start
            for intervals in visibility.intervals.values()
            for start, _ in intervals
            if start < cut
        ),
        default=cut,
    )
    first = iso_week(max(present, visible))
    return min(max(first, last - HISTORY_WEEKS + 1), last + 1)


@frozen(eq=False)
class _Sight:
    """Which days could be seen, over D = 7 · W days.

    ``recorded`` is (S, K + 1, D): whether a kind could be recorded at a source, and last whether
    anything could; ``here`` is (G, S, D): whether a group was present there.
    """

    recorded: Bools
    here: Bools
    visible_days: npt.NDArray[np.int8]
    visible: Bools
    present: Bools

    @classmethod
    def of(
        cls,
        groups: Sequence[_Places],
        sources: Sequence[str],
        kinds: Sequence[str],
        visibility: Visibility,
        span: _Span,
    ) -> _Sight:
        code = {kind: number for number, kind in enumerate(kinds)}
        place = {source: number for number, source in enumerate(sources)}
        recorded = np.zeros((len(sources), len(kinds) + 1, span.days), dtype=np.bool_)
        for (source, kind), intervals in visibility.intervals.items():
            window = span.window(intervals)
            recorded[place[source], -1] |= window
            if kind in code:
                recorded[place[source], code[kind]] |= window
        here = np.zeros((len(groups), len(sources), span.days), dtype=np.bool_)
        shape = (len(groups), span.weeks)
        visible_days = np.zeros((*shape, len(kinds)), dtype=np.int8)
        visible, present = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
        for group, where in enumerate(groups):
            seen = np.zeros(recorded.shape[1:], dtype=np.bool_)
            for source, intervals in where:
                window = span.window(intervals)
                present[group] |= window.reshape(-1, 7).any(axis=1)
                if source in place:
                    here[group, place[source]] = window
                    seen |= recorded[place[source]] & window
            by_week = seen.reshape(len(kinds) + 1, -1, 7).sum(axis=2, dtype=np.int8)
            visible_days[group] = by_week[:-1].T
            visible[group] = by_week[-1] > 0
        return cls(recorded, here, visible_days, visible, present)


@frozen
class _Span:
    """The days from the Monday of the first week to the Sunday of the last."""

    first_week: int
    weeks: int
    cut: int

    @property
    def start(self) -> int:
        return self.first_week * 7 - 3

    @property
    def days(self) -> int:
        return self.weeks * 7

    def window(self, intervals: Iterable[Interval]) -> Bools:
        """(D,) whether a day is in one of ``intervals`` and before the cut."""
        days = np.zeros(self.days, dtype=np.bool_)
        for start, end in intervals:
            stop = self.cut if end is None else min(end, self.cut)
            days[max(start - self.start, 0) : max(stop - self.start, 0)] = True
        return days


def _add_up(cell: Ints, count: Ints, *, weeks: int, kinds: int) -> Counts:
    """The rows of one ``cell`` (a person, week and kind as one number) added up, in order."""
    order = _ascending(cell)
    cell = cell[order]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    total = np.add.reduceat(count[order], first) if len(first) else np.zeros(0, dtype=np.int64)
    person_week, found = np.divmod(cell[first], max(kinds, 1))
    who, when = np.divmod(person_week, max(weeks, 1))
    return Counts(who, when, found, total)


def _ascending(numbers: Ints) -> Ints:
    """The places of ``numbers``, none below 0, from the lowest to the highest.

    By 16 bits at a time, which NumPy puts in order by counting: for millions a third of the time of
    comparing them.
    """
    digits = numbers.astype("<i8").view("<u2").reshape(-1, 4)
    order: Ints = np.lexsort(tuple(digits.T))
    return order


def _reports(person: Codes, day: Codes, answer: Codes, span: _Span) -> Reports:
    """One answer per person and week: that of the latest day, unless that day holds two."""
    latest: dict[tuple[int, int], tuple[int, int]] = {}
    for who, when, what in zip(person.tolist(), day.tolist(), answer.tolist(), strict=True):
        key = (who, when // 7)
        known_day, known = latest.get(key, (-1, -1))
        if when > known_day:
            latest[key] = (when, what)
        elif when == known_day and what != known:
            latest[key] = (when, NO_ANSWER)
    rows = [
        (who, week, answer, day + span.start)
        for (who, week), (day, answer) in sorted(latest.items())
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Reports(*(np.ascontiguousarray(table[:, column]) for column in range(4)))
