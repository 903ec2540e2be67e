"""What the engine made: estimates, the practice register, and its runs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal

from attrs import frozen

from ..maturity.vocabulary import PHASES
from .rows import Row, Rows, moment, seconds


@frozen
class KeptEstimate:
    """What was believed of a person at the start of a day.

    ``day`` is a day number, ``probabilities`` are millionths in the order of `PHASES`; ``phase``
    may be ``unknown``.
    """

    person: str
    day: int
    phase: str
    probabilities: tuple[int, int, int, int, int]
    episode: str
    cycles: int


@frozen
class Practice:
    """That a unit does, stopped or tried an intervention, since a day number."""

    unit: str
    intervention: str
    state: str
    since: int
    recorded_by: str | None = None


@frozen
class RunRecord:
    """One run of a verb. ``outcome`` is ``None`` while it runs, or where it was killed."""

    number: int
    verb: str
    started: datetime
    ended: datetime | None
    outcome: str | None
    counts: Mapping[str, int]


_COLUMNS = f"day, phase, {', '.join(PHASES)}, episode, cycles"


class Results:
    """Estimates, practice and runs."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def put_estimates(self, estimates: Iterable[KeptEstimate]) -> None:
        """Keeps the latest estimate of each person, and the one of the day before that.

        An estimate of an earlier day than the latest is not kept; of the same day it replaces.
        """
        rows = self._rows
        given = sorted(estimates, key=lambda one: one.person)
        numbers = self._numbers(one.person for one in given)
        known = [(numbers[one.person], one) for one in given if one.person in numbers]
        rows.many(
            f"INSERT INTO estimates (person, previous, {_COLUMNS}) "  # noqa: S608
            f"SELECT person, 1, {_COLUMNS} FROM estimates "
            "WHERE person = ? AND previous = 0 AND day < ? "
            f"ON CONFLICT (person, previous) DO UPDATE SET {_updates()}",
            [(number, one.day) for number, one in known],
        )
        rows.many(
            f"INSERT INTO estimates (person, previous, {_COLUMNS}) "  # noqa: S608
            "VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            f"ON CONFLICT (person, previous) DO UPDATE SET {_updates()} "
            "WHERE excluded.day >= estimates.day",
            [
                (number, one.day, one.phase, *one.probabilities, one.episode, one.cycles)
                for number, one in known
            ],
        )

    def estimates(
        self, *, previous: bool = False, only: Collection[str] | None = None
    ) -> dict[str, KeptEstimate]:
        """Person → the latest estimate, or with ``previous`` the one before; of everybody, or of the
        people ``only`` (uuids)."""
        sql = (
            f"SELECT p.uuid, {_COLUMNS} FROM estimates e "  # noqa: S608
            f"JOIN persons p ON p.person = e.person WHERE e.previous = {int(previous)}"
        )
        rows = (
            self._rows.all(f"{sql} ORDER BY p.uuid")
            if only is None
            else self._rows.among(f"{sql} AND p.uuid IN (?)", only)
        )
        return {row[0]: _estimate(row) for row in rows}

    def drop_estimates(self, persons: Iterable[str]) -> int:
        """Forgets what was believed of these people (uuids); gives how many rows are gone."""
        return self._rows.each_among(
            "DELETE FROM estimates WHERE person IN (SELECT person FROM persons WHERE uuid IN (?))",
            persons,
        )

    def put_practice(self, practice: Practice) -> None:
        """Records what a unit does about an intervention, in place of what was known."""
        by = practice.recorded_by
        self._rows.run(
            "INSERT INTO practice (unit, intervention, state, since, recorded_by) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (unit, intervention) DO UPDATE "
            "SET state = excluded.state, since = excluded.since, recorded_by = excluded.recorded_by",
            practice.unit,
            practice.intervention,
            practice.state,
            practice.since,
            None if by is None else self._numbers([by]).get(by),
        )

    def practice(self) -> list[Practice]:
        """The practice register, by unit and intervention."""
        return [
            Practice(*row)
            for row in self._rows.all(
                "SELECT r.unit, r.intervention, r.state, r.since, p.uuid FROM practice r "
                "LEFT JOIN persons p ON p.person = r.recorded_by ORDER BY r.unit, r.intervention"
            )
        ]

    def start_run(self, verb: str, *, at: datetime) -> int:
        """Notes that a run began; gives its number."""
        number = self._rows.value(
            "INSERT INTO runs (verb, started, counts) VALUES (?, ?, '{}') RETURNING run",
            verb,
            seconds(at),
        )
        return int(number)

    def end_run(
        self,
        number: int,
        *,
        outcome: Literal["done", "part", "failed"],
        counts: Mapping[str, int],
        at: datetime,
    ) -> None:
        """Notes how a run ended."""
        self._rows.run(
            "UPDATE runs SET ended = ?, outcome = ?, counts = ? WHERE run = ?",
            seconds(at),
            outcome,
            json.dumps(counts, sort_keys=True),
            number,
        )

    def runs(self, *, last: int = 10) -> list[RunRecord]:
        """The last runs, newest first."""
        return [
            RunRecord(
                number,
                verb,
                moment(started),
                None if ended is None else moment(ended),
                outcome,
                json.loads(counts),
            )
            for number, verb, started, ended, outcome, counts in self._rows.all(
                "SELECT run, verb, started, ended, outcome, counts FROM runs "
                "ORDER BY run DESC LIMIT ?",
                last,
            )
        ]

    def _numbers(self, uuids: Iterable[str]) -> dict[str, int]:
        return dict(
            self._rows.among("SELECT uuid, person FROM persons WHERE uuid IN (?)", set(uuids))
        )


def _updates() -> str:
    names = [name.strip() for name in _COLUMNS.split(",")]
    return ", ".join(f"{name} = excluded.{name}" for name in names)


def _estimate(row: Row) -> KeptEstimate:
    uuid, day, phase, *shares, episode, cycles = row
    first, second, third, fourth, fifth = shares
    return KeptEstimate(uuid, day, phase, (first, second, third, fourth, fifth), episode, cycles)
