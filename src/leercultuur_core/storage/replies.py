"""What came back: answers to prompts, and links that were used."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from attrs import frozen

from .rows import Rows, moment, seconds

Answer = Literal["done", "not_now", "not_for_me", "wrong"]


@frozen
class GivenAnswer:
    """What somebody answered to a prompt."""

    prompt_id: str
    person: str
    answer: Answer
    at: datetime


class Replies:
    """Answers and used links."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def answer(self, prompt_id: str, answer: Answer, *, at: datetime) -> bool:
        """Keeps what the recipient answered; ``False`` where there is no such prompt."""
        return (
            self._rows.run(
                "INSERT INTO answers (prompt_id, person, answer, at) "
                "SELECT prompt_id, recipient, ?, ? FROM outbox WHERE prompt_id = ?",
                answer,
                seconds(at),
                prompt_id,
            )
            == 1
        )

    def receipts_after(self, number: int, limit: int) -> list[tuple[int, str, str, datetime]]:
        """Number, message, state and moment of the final receipts after ``number``, in order."""
        rows = self._rows.all(
            "SELECT receipt, message_id, state, at FROM receipts WHERE receipt > ? "
            "AND state IN ('sent', 'refused') ORDER BY receipt LIMIT ?",
            number,
            limit,
        )
        return [(one, message, state, moment(at)) for one, message, state, at in rows]

    def answers_after(self, number: int, limit: int) -> list[tuple[int, str, str, str, datetime]]:
        """Number, message, prompt, answer and moment of the answers after ``number``, in order."""
        rows = self._rows.all(
            "SELECT a.answer_id, o.message_id, a.prompt_id, a.answer, a.at FROM answers a "
            "JOIN outbox o ON o.prompt_id = a.prompt_id WHERE a.answer_id > ? "
            "AND o.message_id IS NOT NULL ORDER BY a.answer_id LIMIT ?",
            number,
            limit,
        )
        return [(one, message, prompt, what, moment(at)) for one, message, prompt, what, at in rows]

    def recorded(self, sink: str) -> tuple[int, int]:
        """Up to which receipt and answer a recording sink was told."""
        value = self._rows.value("SELECT value FROM settings WHERE name = ?", f"recorded:{sink}")
        receipt, _, answer = str(value or "0 0").partition(" ")
        return int(receipt), int(answer)

    def set_recorded(self, sink: str, receipt: int, answer: int) -> None:
        """Keeps that."""
        self._rows.run(
            "INSERT INTO settings (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            f"recorded:{sink}",
            f"{receipt} {answer}",
        )

    def use_link(self, about: str, what: str, *, person: str, at: datetime) -> bool:
        """Notes that a person (uuid) used a link; ``False``, and nothing changes, where one that
        does the same was used before, or there is no such person."""
        return (
            self._rows.run(
                "INSERT INTO used_links (about, what, person, at) "
                "SELECT ?, ?, person, ? FROM persons WHERE uuid = ? "
                "ON CONFLICT (about, what) DO NOTHING",
                about,
                what,
                seconds(at),
                person,
            )
            == 1
        )

    def link_used(self, about: str, what: str) -> bool:
        """Whether a link that does this was used."""
        return (
            self._rows.first("SELECT 1 FROM used_links WHERE about = ? AND what = ?", about, what)
            is not None
        )

    def answers(self, persons: Collection[str] | None = None) -> list[GivenAnswer]:
        """The answers of these people (uuids), or of all, oldest first."""
        every = (
            "SELECT a.answer_id, a.prompt_id, p.uuid, a.answer, a.at FROM answers a "
            "JOIN persons p ON p.person = a.person"
        )
        rows = (
            self._rows.all(every)
            if persons is None
            else self._rows.among(f"{every} WHERE p.uuid IN (?)", set(persons))
        )
        return [
            GivenAnswer(prompt, uuid, answer, moment(at))
            for _, prompt, uuid, answer, at in sorted(rows)
        ]
