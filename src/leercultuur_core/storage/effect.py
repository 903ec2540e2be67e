"""Studies of whether messages help: the plan as it was written down, who is in which arm, the figures.

Who was in which arm is let go of when the figures are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from .rows import Rows, moment, seconds


@frozen
class KeptStudy:
    """A study.

    plan, digest
        The plan as JSON has it, and the hash it was written down with.
    started
        The day (number) of the first draw; ``None`` as long as the plan may still change.
    figures
        What it found; ``None`` as long as it runs.
    """

    number: int
    plan: Mapping[str, Any] = field(hash=False)
    digest: str
    written: datetime
    started: int | None = None
    figures: Sequence[Mapping[str, Any]] | None = field(default=None, hash=False)


@frozen
class KeptArm:
    """Somebody's (uuid) place in a study, drawn on a day (number). ``stays`` is false from the moment
    they said no to taking part."""

    person: str
    block: int
    arm: str
    stratum: str
    day: int
    stays: bool = True


class EffectTables:
    """Studies and arms."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def write(self, plan: Mapping[str, Any], digest: str, *, at: datetime) -> KeptStudy:
        """Writes a plan down, in the place of one for which nobody was drawn yet."""
        self._rows.run("DELETE FROM effect_studies WHERE started IS NULL")
        number = self._rows.value(
            "INSERT INTO effect_studies (plan, digest, written) VALUES (?, ?, ?) RETURNING study",
            json.dumps(plan, sort_keys=True),
            digest,
            seconds(at),
        )
        return KeptStudy(int(number), plan, digest, moment(seconds(at)))

    def studies(self) -> list[KeptStudy]:
        """Every study, oldest first."""
        return [
            KeptStudy(
                number,
                json.loads(plan),
                digest,
                moment(written),
                started,
                None if figures is None else json.loads(figures),
            )
            for number, plan, digest, written, started, figures in self._rows.all(
                "SELECT study, plan, digest, written, started, figures FROM effect_studies "
                "ORDER BY study"
            )
        ]

    def assign(self, study: int, arms: Iterable[KeptArm], *, at: datetime) -> int:
        """Keeps who was drawn; the first draw starts the study. Gives how many there were; raises
        `StoreError` where one of them is in it already."""
        kept = [
            (study, one.block, one.arm, one.stratum, one.day, seconds(at), one.person)
            for one in arms
        ]
        for row in kept:
            self._rows.run(
                "INSERT INTO effect_arms (study, person, block, arm, stratum, day, at) "
                "SELECT ?, person, ?, ?, ?, ?, ? FROM persons WHERE uuid = ?",
                *row,
            )
        if kept:
            self._rows.run(
                "UPDATE effect_studies SET started = ? WHERE study = ? AND started IS NULL",
                min(row[4] for row in kept),
                study,
            )
        return len(kept)

    def arms(self, study: int) -> list[KeptArm]:
        """Everybody who was drawn, by block and arm. Who said no since then does not stay, whatever
        they said after it."""
        return [
            KeptArm(person, block, arm, stratum, day, bool(stays))
            for person, block, arm, stratum, day, stays in self._rows.all(
                "SELECT p.uuid, a.block, a.arm, a.stratum, a.day, NOT EXISTS ("
                "SELECT 1 FROM consents c WHERE c.person = a.person AND c.purpose = 'effect' "
                "AND c.given = 0 AND c.at >= a.at) "
                "FROM effect_arms a JOIN persons p ON p.person = a.person "
                "WHERE a.study = ? ORDER BY a.block, a.arm",
                study,
            )
        ]

    def blocks(self, study: int) -> int:
        """The highest number of a block; 0 where there is none."""
        return int(
            self._rows.value("SELECT max(block) FROM effect_arms WHERE study = ?", study) or 0
        )

    def close(self, study: int, figures: Sequence[Mapping[str, Any]]) -> None:
        """Keeps what a study found, for good, and lets go of who was in which arm."""
        self._rows.run(
            "UPDATE effect_studies SET figures = ? WHERE study = ? AND figures IS NULL",
            json.dumps(list(figures), sort_keys=True),
            study,
        )
        self._rows.run("DELETE FROM effect_arms WHERE study = ?", study)


__all__ = ["EffectTables", "KeptArm", "KeptStudy"]
