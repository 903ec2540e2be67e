"""The outbox: prompts, the messages that carry them, and what became of them.

A state changes only by compare-and-set, so that two workers never take one message.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import frozen

from .rows import Row, Rows, moment, seconds

PromptState = Literal[
    "held",
    "ready",
    "sending",
    "sent",
    "failed",
    "uncertain",
    "expired",
    "withdrawn",
    "dead",
]
"""Where a prompt, or a message, is. The last three are ends, as is ``sent``."""

Answer = Literal["done", "not_now", "not_for_me", "wrong"]


@frozen(kw_only=True)
class OutboxPrompt:
    """A prompt in the outbox.

    recipient, subject_person
        Uuids; the latter is ``None`` where it is about a unit, named in ``subject``.
    payload
        The prompt as it was made, with what was believed then; never changed.
    """

    prompt_id: str
    recipient: str
    subject_person: str | None = None
    subject: str = ""
    layer: str
    intervention: str
    episode: str
    occasion: int
    sink: str
    language: str
    payload: Mapping[str, Any]
    state: PromptState = "ready"
    reason: str = ""
    created: datetime
    due: datetime
    message_id: str | None = None
    updated: datetime | None = None

    def __repr__(self) -> str:
        return f"<OutboxPrompt {self.prompt_id} {self.state}>"


@frozen
class OutboxMessage:
    """A message: one delivery to one person, with one or more prompts."""

    message_id: str
    recipient: str
    sink: str
    state: PromptState
    reason: str
    attempts: int
    created: datetime
    updated: datetime


@frozen
class StoredReceipt:
    """One thing that happened to a message."""

    message_id: str
    state: str
    reason: str
    at: datetime


@frozen
class GivenAnswer:
    """What somebody answered to a prompt."""

    prompt_id: str
    person: str
    answer: Answer
    at: datetime


_PROMPT = (
    "SELECT o.prompt_id, p.uuid, s.uuid, o.subject, o.layer, o.intervention, o.episode, "
    "o.occasion, o.sink, o.language, o.payload, o.state, o.reason, o.created, o.due, "
    "o.message_id, o.updated FROM outbox o JOIN persons p ON p.person = o.recipient "
    "LEFT JOIN persons s ON s.person = o.subject_person "
)
_MESSAGE = (
    "SELECT m.message_id, p.uuid, m.sink, m.state, m.reason, m.attempts, m.created, m.updated "
    "FROM messages m JOIN persons p ON p.person = m.recipient "
)


class Delivery:
    """The outbox, receipts and answers."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def add(self, prompts: Iterable[OutboxPrompt]) -> int:
        """Puts prompts in the outbox; gives how many were new. One whose id is there already is
        left as it is: nothing is sent twice. Of people who are not there nothing is added."""
        given = list(prompts)
        numbers: dict[str, int] = dict(
            self._rows.among(
                "SELECT uuid, person FROM persons WHERE uuid IN (?)",
                {
                    uuid
                    for one in given
                    for uuid in (one.recipient, one.subject_person)
                    if uuid is not None
                },
            )
        )
        before = self._count()
        self._rows.many(
            "INSERT INTO outbox (prompt_id, recipient, subject_person, subject, layer, "
            "intervention, episode, occasion, sink, language, payload, state, reason, created, "
            "due, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (prompt_id) DO NOTHING",
            [
                (
                    one.prompt_id,
                    numbers[one.recipient],
                    None if one.subject_person is None else numbers[one.subject_person],
                    one.subject,
                    one.layer,
                    one.intervention,
                    one.episode,
                    one.occasion,
                    one.sink,
                    one.language,
                    json.dumps(one.payload, ensure_ascii=False),
                    one.state,
                    one.reason,
                    seconds(one.created),
                    seconds(one.due),
                    seconds(one.updated or one.created),
                )
                for one in given
                if one.recipient in numbers
                and (one.subject_person is None or one.subject_person in numbers)
            ],
        )
        return self._count() - before

    def _count(self) -> int:
        return int(self._rows.value("SELECT count(*) FROM outbox"))

    def prompts(
        self,
        *,
        states: Collection[PromptState] | None = None,
        recipient: str | None = None,
        message_id: str | None = None,
    ) -> list[OutboxPrompt]:
        """Prompts of these states, this recipient and this message, oldest first."""
        where, values = _where(
            {"o.state": states, "p.uuid": _one(recipient), "o.message_id": _one(message_id)}
        )
        rows = self._rows.all(f"{_PROMPT}{where} ORDER BY o.created, o.prompt_id", *values)
        return [_prompt(row) for row in rows]

    def episodes(self) -> set[tuple[str, str]]:
        """(recipient, episode) of every prompt that was ever made."""
        return {
            (uuid, episode)
            for uuid, episode in self._rows.all(
                "SELECT DISTINCT p.uuid, o.episode FROM outbox o "
                "JOIN persons p ON p.person = o.recipient"
            )
        }

    def states(self) -> dict[str, int]:
        """State → how many prompts are in it."""
        return dict(
            self._rows.all("SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state")
        )

    def prompt(self, prompt_id: str) -> OutboxPrompt | None:
        """One prompt by its id."""
        row = self._rows.first(f"{_PROMPT}WHERE o.prompt_id = ?", prompt_id)
        return None if row is None else _prompt(row)

    def move(
        self,
        prompt_id: str,
        from_state: PromptState,
        to_state: PromptState,
        *,
        reason: str = "",
        due: datetime | None = None,
        at: datetime,
    ) -> bool:
        """Changes a prompt's state if it is still ``from_state``; gives whether it did."""
        changed = self._rows.run(
            "UPDATE outbox SET state = ?, reason = ?, due = coalesce(?, due), updated = ? "
            "WHERE prompt_id = ? AND state = ?",
            to_state,
            reason,
            None if due is None else seconds(due),
            seconds(at),
            prompt_id,
            from_state,
        )
        return changed == 1

    def bundle(
        self, message_id: str, prompt_ids: Collection[str], *, sink: str, at: datetime
    ) -> bool:
        """Makes one ``ready`` message of ready prompts to one person that are in none yet.

        Gives ``False``, and changes nothing, where one of them is not so.
        """
        rows = list(
            self._rows.among(
                "SELECT recipient FROM outbox WHERE state = 'ready' AND message_id IS NULL "
                "AND prompt_id IN (?)",
                set(prompt_ids),
            )
        )
        recipients = {recipient for (recipient,) in rows}
        if len(recipients) != 1 or len(rows) != len(set(prompt_ids)):
            return False
        self._rows.run(
            "INSERT INTO messages (message_id, recipient, sink, state, reason, attempts, created, "
            "updated) VALUES (?, ?, ?, 'ready', '', 0, ?, ?)",
            message_id,
            recipients.pop(),
            sink,
            seconds(at),
            seconds(at),
        )
        self._rows.many(
            "UPDATE outbox SET message_id = ?, sink = ?, updated = ? WHERE prompt_id = ?",
            [(message_id, sink, seconds(at), one) for one in sorted(set(prompt_ids))],
        )
        return True

    def take(
        self,
        message_id: str,
        from_state: PromptState,
        to_state: PromptState,
        *,
        reason: str = "",
        at: datetime,
    ) -> bool:
        """Changes the state of a message and its prompts if it is still ``from_state``; gives
        whether it did. Going to ``sending`` counts as an attempt."""
        stamp = seconds(at)
        changed = self._rows.run(
            "UPDATE messages SET state = ?, reason = ?, updated = ?, attempts = attempts + ? "
            "WHERE message_id = ? AND state = ?",
            to_state,
            reason,
            stamp,
            int(to_state == "sending"),
            message_id,
            from_state,
        )
        if changed != 1:
            return False
        self._rows.run(
            "UPDATE outbox SET state = ?, reason = ?, updated = ? "
            "WHERE message_id = ? AND state = ?",
            to_state,
            reason,
            stamp,
            message_id,
            from_state,
        )
        return True

    def receive(self, receipt: StoredReceipt) -> None:
        """Keeps a receipt; receipts are only ever added. The state changes with `take`."""
        self._rows.run(
            "INSERT INTO receipts (message_id, state, reason, at) VALUES (?, ?, ?, ?)",
            receipt.message_id,
            receipt.state,
            receipt.reason,
            seconds(receipt.at),
        )

    def receipts(self, message_id: str) -> list[StoredReceipt]:
        """The receipts of a message, in the order they came."""
        return [
            StoredReceipt(message, state, reason, moment(at))
            for message, state, reason, at in self._rows.all(
                "SELECT message_id, state, reason, at FROM receipts "
                "WHERE message_id = ? ORDER BY receipt",
                message_id,
            )
        ]

    def messages(
        self,
        *,
        states: Collection[PromptState] | None = None,
        recipient: str | None = None,
        since: datetime | None = None,
    ) -> list[OutboxMessage]:
        """Messages of these states and this recipient, changed since, oldest first."""
        where, values = _where({"m.state": states, "p.uuid": _one(recipient)})
        if since is not None:
            where += (" AND" if where else "WHERE") + " m.updated >= ?"
            values.append(seconds(since))
        return [
            OutboxMessage(message, uuid, sink, state, reason, tries, moment(made), moment(changed))
            for message, uuid, sink, state, reason, tries, made, changed in self._rows.all(
                f"{_MESSAGE}{where} ORDER BY m.created, m.message_id", *values
            )
        ]

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

    def answers(self, person: str | None = None) -> list[GivenAnswer]:
        """Answers, of one person or of all, oldest first."""
        where, values = _where({"p.uuid": _one(person)})
        return [
            GivenAnswer(prompt, uuid, answer, moment(at))
            for prompt, uuid, answer, at in self._rows.all(
                "SELECT a.prompt_id, p.uuid, a.answer, a.at FROM answers a "  # noqa: S608
                f"JOIN persons p ON p.person = a.person {where} ORDER BY a.answer_id",
                *values,
            )
        ]


def _one(value: str | None) -> tuple[str, ...] | None:
    return None if value is None else (value,)


def _where(limits: Mapping[str, Collection[str] | None]) -> tuple[str, list[Any]]:
    """The ``WHERE`` of those limits that are given, and its values."""
    parts: list[str] = []
    values: list[Any] = []
    for column, allowed in limits.items():
        if allowed is not None:
            parts.append(f"{column} IN ({', '.join('?' * len(allowed)) or 'NULL'})")
            values += sorted(allowed)
    return ("WHERE " + " AND ".join(parts) if parts else ""), values


def _prompt(row: Row) -> OutboxPrompt:
    return OutboxPrompt(
        prompt_id=row[0],
        recipient=row[1],
        subject_person=row[2],
        subject=row[3],
        layer=row[4],
        intervention=row[5],
        episode=row[6],
        occasion=row[7],
        sink=row[8],
        language=row[9],
        payload=json.loads(row[10]),
        state=row[11],
        reason=row[12],
        created=moment(row[13]),
        due=moment(row[14]),
        message_id=row[15],
        updated=moment(row[16]),
    )
