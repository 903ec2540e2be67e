"""What a source needs from night to night: where it was, what it could not read, what it sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import field, frozen

from ..activity.visibility import Interval, Visibility
from . import identities
from .identifier import Identifier, LearnerStates
from .pages import RejectLike
from .rows import Rows, moment, seconds
from .versions import changed


@frozen
class SourceState:
    """What a source knew at its last committed page; ``learners`` is asked by identifier."""

    mark: str | None
    learners: Mapping[str, str] = field(repr=False)
    updated: datetime | None = None


@frozen
class KeptReject:
    """Something that could not be read, as it was kept."""

    number: int
    source_name: str
    place: str
    line: int | None
    reason: str
    raw: bytes = field(repr=False)
    at: datetime


class Sources:
    """State per source, rejects, and what sources say they can see."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def state(self, source_name: str, identify: Identifier) -> SourceState:
        """The state of a source; without a mark where it was never read."""
        row = self._rows.first(
            "SELECT mark, updated FROM source_state WHERE source_name = ?", source_name
        )
        values: dict[bytes, str] = dict(
            self._rows.all(
                "SELECT i.digest, s.value FROM learner_state s "
                "JOIN identities i ON i.identity = s.identity WHERE s.source_name = ?",
                source_name,
            )
        )
        learners = LearnerStates(identify, values)
        return (
            SourceState(None, learners)
            if row is None
            else SourceState(row[0], learners, moment(row[1]))
        )

    def names(self) -> dict[str, datetime]:
        """Source name → when it was last committed."""
        return {
            name: moment(updated)
            for name, updated in self._rows.all(
                "SELECT source_name, updated FROM source_state ORDER BY source_name"
            )
        }

    def remember(
        self,
        source_name: str,
        *,
        mark: str | None,
        learners: Mapping[str, str | None],
        identify: Identifier,
        at: datetime,
    ) -> None:
        """Keeps where to go on, and what is new of single learners (``None`` forgets).

        The mark never moves back where that can be told (`is_before`): a page of the overlap that
        is read again has an earlier one. Nothing is kept of people who were erased.
        """
        known = self._rows.value("SELECT mark FROM source_state WHERE source_name = ?", source_name)
        if mark is None or (known is not None and is_before(mark, known)):
            mark = known
        self._rows.run(
            "INSERT INTO source_state (source_name, mark, updated) VALUES (?, ?, ?) "
            "ON CONFLICT (source_name) DO UPDATE SET mark = excluded.mark, updated = excluded.updated",
            source_name,
            mark,
            seconds(at),
        )
        if not learners:
            return
        resolved = identities.take_in(self._rows, identify, learners, at=at, people=())
        wanted = [
            (source_name, resolved.numbers[name], value)
            for name, value in sorted(learners.items())
            if name not in resolved.barred
        ]
        self._rows.many(
            "DELETE FROM learner_state WHERE source_name = ? AND identity = ?",
            [row[:2] for row in wanted],
        )
        self._rows.many(
            "INSERT INTO learner_state (source_name, identity, value) VALUES (?, ?, ?)",
            [row for row in wanted if row[2] is not None],
        )

    def keep_rejects(
        self, source_name: str, rejects: Iterable[RejectLike], *, at: datetime
    ) -> None:
        """Keeps aside what could not be read; what is kept already (same place, line and bytes) is
        not kept twice."""
        stamp = seconds(at)
        self._rows.many(
            "INSERT INTO rejects (source_name, place, line, reason, raw, at) "
            "SELECT ?, ?, CAST(? AS BIGINT), ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM rejects "
            "WHERE source_name = ? AND place = ? AND coalesce(line, -1) = ? AND raw = ?)",
            [
                (
                    *(source_name, one.place, one.line, one.reason, one.raw, stamp),
                    *(source_name, one.place, -1 if one.line is None else one.line, one.raw),
                )
                for one in rejects
            ],
        )

    def rejects(self, source_name: str | None = None) -> list[KeptReject]:
        """What was kept aside, oldest first."""
        return [
            KeptReject(number, source, place, line, reason, raw, moment(at))
            for number, source, place, line, reason, raw, at in self._rows.all(
                "SELECT reject, source_name, place, line, reason, raw, at FROM rejects "
                "WHERE coalesce(?, source_name) = source_name ORDER BY reject",
                source_name,
            )
        ]

    def declare(self, source_name: str, visibility: Visibility | None) -> None:
        """What a source says it can record, in place of what it said before."""
        changed(self._rows, "ledger")
        self._rows.run("DELETE FROM declared WHERE source_name = ?", source_name)
        if visibility is not None:
            self._rows.many(
                "INSERT INTO declared (source_name, source, kind, start, until) "
                "VALUES (?, ?, ?, ?, ?)",
                [
                    (source_name, source, kind, start, end)
                    for (source, kind), intervals in sorted(visibility.intervals.items())
                    for start, end in intervals
                ],
            )

    def set_presence(
        self,
        identifier: str,
        source: str,
        intervals: Iterable[Interval],
        *,
        identify: Identifier,
        at: datetime,
    ) -> None:
        """When somebody had an account at a source, in place of what was known; leave is a gap."""
        resolved = identities.take_in(
            self._rows, identify, [identifier], at=at, people=[identifier]
        )
        if identifier in resolved.barred:
            return
        number = resolved.numbers[identifier]
        changed(self._rows, "ledger")
        self._rows.run("DELETE FROM presence WHERE identity = ? AND source = ?", number, source)
        self._rows.many(
            "INSERT INTO presence (identity, source, start, until) VALUES (?, ?, ?, ?)",
            [(number, source, start, end) for start, end in intervals],
        )


def is_before(mark: str, other: str) -> bool:
    """Whether ``mark`` is surely earlier: both whole numbers, or both moments in ISO 8601.

    Other marks say nothing to anyone but their source; then the last one given holds.
    """
    if mark.isdecimal() and other.isdecimal():
        return int(mark) < int(other)
    try:
        return datetime.fromisoformat(mark) < datetime.fromisoformat(other)
    except (ValueError, TypeError):  # no moments, or only one of them with an offset
        return False
