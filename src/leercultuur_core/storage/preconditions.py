"""Answers to the questionnaire on preconditions, and votes on what a team does first.

Both are kept per person for three things only: to count each once, to hand over, to erase. Others
get to see what is made of at least *k* of them. A vote is let go of when its round closes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import frozen

from .rows import Rows, moment, seconds


@frozen
class ItemAnswer:
    """What a person (uuid) last answered to an item, 1 to 5, on a day (number)."""

    person: str
    item: str
    value: int
    day: int


@frozen
class VoteRound:
    """A unit's choice among actions (ids of interventions). ``closed`` is ``None`` while it runs."""

    number: int
    unit: str
    options: tuple[str, ...]
    opened: datetime
    closed: datetime | None


class PreconditionTables:
    """Answers, rounds and votes."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def answer(self, answer: ItemAnswer) -> bool:
        """Keeps an answer in the place of an older one to that item; ``False`` where there is no
        such person, or a later answer of theirs."""
        return (
            self._rows.run(
                "INSERT INTO precondition_answers (person, item, value, day) "
                "SELECT person, ?, ?, ? FROM persons WHERE uuid = ? "
                "ON CONFLICT (person, item) DO UPDATE SET value = excluded.value, "
                "day = excluded.day WHERE excluded.day >= precondition_answers.day",
                answer.item,
                answer.value,
                answer.day,
                answer.person,
            )
            == 1
        )

    def answers(self, only: Collection[str] | None = None) -> list[ItemAnswer]:
        """The answers of everybody, or of the people ``only`` (uuids), in no order that matters."""
        sql = (
            "SELECT p.uuid, a.item, a.value, a.day FROM precondition_answers a "
            "JOIN persons p ON p.person = a.person"
        )
        if only is None:
            return [ItemAnswer(*row) for row in self._rows.all(sql)]
        return [ItemAnswer(*row) for row in self._rows.among(f"{sql} WHERE p.uuid IN (?)", only)]

    def open_round(self, unit: str, options: Sequence[str], *, at: datetime) -> int:
        """Opens a round; gives its number."""
        return int(
            self._rows.value(
                "INSERT INTO vote_rounds (unit, options, opened) VALUES (?, ?, ?) RETURNING round",
                unit,
                json.dumps(list(options)),
                seconds(at),
            )
        )

    def rounds(self, *, unit: str | None = None) -> list[VoteRound]:
        """Rounds, oldest first."""
        return [
            VoteRound(
                number,
                where,
                tuple(json.loads(options)),
                moment(opened),
                None if closed is None else moment(closed),
            )
            for number, where, options, opened, closed in self._rows.all(
                "SELECT round, unit, options, opened, closed FROM vote_rounds "
                "WHERE coalesce(?, unit) = unit ORDER BY round",
                unit,
            )
        ]

    def cast(self, number: int, person: str, choice: str, *, at: datetime) -> bool:
        """Keeps a person's vote in the place of their last one in this round; ``False`` where there
        is no such person, or no such round that is open."""
        return (
            self._rows.run(
                "INSERT INTO votes (round, person, choice, at) "
                "SELECT r.round, p.person, ?, ? FROM vote_rounds r, persons p "
                "WHERE r.round = ? AND r.closed IS NULL AND p.uuid = ? "
                "ON CONFLICT (round, person) DO UPDATE SET choice = excluded.choice, "
                "at = excluded.at",
                choice,
                seconds(at),
                number,
                person,
            )
            == 1
        )

    def votes(self, number: int) -> dict[str, str]:
        """Person → choice, in one round."""
        return dict(
            self._rows.all(
                "SELECT p.uuid, v.choice FROM votes v JOIN persons p ON p.person = v.person "
                "WHERE v.round = ?",
                number,
            )
        )

    def vote_of(self, number: int, person: str) -> str | None:
        """What one person (uuid) chose in a round, if they did."""
        choice: str | None = self._rows.value(
            "SELECT v.choice FROM votes v JOIN persons p ON p.person = v.person "
            "WHERE v.round = ? AND p.uuid = ?",
            number,
            person,
        )
        return choice

    def close_round(self, number: int, *, at: datetime) -> None:
        """Closes a round, and lets go of who voted what in it."""
        self._rows.run("UPDATE vote_rounds SET closed = ? WHERE round = ?", seconds(at), number)
        self._rows.run("DELETE FROM votes WHERE round = ?", number)


__all__ = ["ItemAnswer", "PreconditionTables", "VoteRound"]
