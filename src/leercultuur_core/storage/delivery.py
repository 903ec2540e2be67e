"""The outbox: prompts, the messages that carry them, and what became of them.

A state changes only by compare-and-set, so that two workers never take one message.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import frozen

from .replies import Replies
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

Asks = Literal["step", "question", "invitation"]
"""What a prompt asks: a step, the phase question, or to look back, as everybody is invited to. Two of
these may rest on one intervention, and count apart."""


@frozen(kw_only=True)
class OutboxEntry:
    """A prompt in the outbox, without what it says: enough to know what was asked of whom, when.

    recipient, subject_person
        Uuids; the latter is ``None`` where it is about a unit, named in ``subject``.
    """

    prompt_id: str
    recipient: str
    subject_person: str | None = None
    subject: str = ""
    layer: str
    intervention: str
    asks: Asks = "step"
    episode: str
    state: PromptState = "ready"
    created: datetime
    due: datetime
    message_id: str | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.prompt_id} {self.state}>"


@frozen(kw_only=True, repr=False)
class OutboxPrompt(OutboxEntry):
    """A prompt in the outbox, whole.

    payload
        The prompt as it was made, with what was believed then; never changed.
    """

    occasion: int
    sink: str
    language: str
    payload: Mapping[str, Any]
    reason: str = ""
    updated: datetime | None = None


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
    """One thing that happened to a message at a sink.

    state
        ``sent``, ``refused`` or ``failed``; for one that was sent and no longer fits also
        ``withdrawn``, or ``left_there`` where its sink cannot take it back. That message stays
        ``sent``: its recipient had it.
    """

    message_id: str
    state: str
    reason: str
    at: datetime
    sink: str = ""


# All of these stand in the index `outbox_past`, so that no row with its long payload is read.
_ENTRY_COLUMNS = (
    "o.prompt_id, p.uuid, s.uuid, o.subject, o.layer, o.intervention, o.asks, o.episode, o.state, "
    "o.created, o.due, o.message_id"
)
_WHOSE = (
    "FROM outbox o JOIN persons p ON p.person = o.recipient "
    "LEFT JOIN persons s ON s.person = o.subject_person "
)
_ENTRY = f"SELECT {_ENTRY_COLUMNS} {_WHOSE}"
_PROMPT = (
    f"SELECT {_ENTRY_COLUMNS}, o.occasion, o.sink, o.language, o.payload, o.reason, o.updated "
    f"{_WHOSE}"
)
_MESSAGE = (
    "SELECT m.message_id, p.uuid, m.sink, m.state, m.reason, m.attempts, m.created, m.updated "
    "FROM messages m JOIN persons p ON p.person = m.recipient "
)


class Delivery(Replies):
    """The outbox and receipts; answers and links come from `Replies`."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
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
            "intervention, asks, episode, occasion, sink, language, payload, state, reason, "
            "created, due, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (prompt_id) DO NOTHING",
            [
                (
                    one.prompt_id,
                    numbers[one.recipient],
                    None if one.subject_person is None else numbers[one.subject_person],
                    one.subject,
                    one.layer,
                    one.intervention,
                    one.asks,
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

    def entries(self, recipients: Collection[str]) -> list[OutboxEntry]:
        """Everything that was ever made for these people (uuids), oldest first, without its text."""
        rows = self._rows.among(f"{_ENTRY}WHERE p.uuid IN (?)", set(recipients))
        return sorted(
            (OutboxEntry(**_entry(row)) for row in rows),
            key=lambda one: (one.created, one.prompt_id),
        )

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

    def reasons(self, *states: PromptState) -> dict[tuple[str, str], int]:
        """(state, reason) → how many messages are in that state for that reason."""
        rows = self._rows.among(
            "SELECT state, reason, count(*) FROM messages WHERE state IN (?) "
            "GROUP BY state, reason",
            set(states),
        )
        return {(state, reason): count for state, reason, count in sorted(rows)}

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

    def claim(self, messages: Collection[OutboxMessage], *, at: datetime) -> set[str]:
        """Takes those of ``messages`` to ``sending`` that still are as they were read, and that no
        other worker is taking at this moment; gives their ids."""
        read = {one.message_id: (one.state, one.sink, one.attempts) for one in messages}
        now = self._rows.among(
            "SELECT message_id, state, sink, attempts FROM messages "  # noqa: S608
            f"WHERE message_id IN (?){self._rows.unless_taken}",
            read,
        )
        return {
            one
            for one, state, *rest in list(now)
            if read[one] == (state, *rest) and self.take(one, state, "sending", at=at)
        }

    def reroute(self, message_id: str, from_sink: str, sink: str, *, at: datetime) -> bool:
        """Gives a message that ``from_sink`` refused to another sink, as one that was never tried
        there; gives whether it was still being sent by the first."""
        stamp = seconds(at)
        changed = self._rows.run(
            "UPDATE messages SET state = 'ready', reason = '', sink = ?, attempts = 0, updated = ? "
            "WHERE message_id = ? AND state = 'sending' AND sink = ?",
            sink,
            stamp,
            message_id,
            from_sink,
        )
        if changed != 1:
            return False
        self._rows.run(
            "UPDATE outbox SET state = 'ready', reason = '', sink = ?, updated = ? "
            "WHERE message_id = ? AND state = 'sending'",
            sink,
            stamp,
            message_id,
        )
        return True

    def loosen(self, message_id: str, prompt_ids: Collection[str], *, at: datetime) -> None:
        """Takes prompts out of a message that does not go, so that another may carry them."""
        self._rows.many(
            "UPDATE outbox SET message_id = NULL, state = 'ready', reason = '', updated = ? "
            "WHERE prompt_id = ? AND message_id = ? AND state IN ('ready', 'failed')",
            [(seconds(at), one, message_id) for one in sorted(prompt_ids)],
        )

    def withdraw(self, prompts: Collection[OutboxPrompt], *, reason: str, at: datetime) -> None:
        """Takes back prompts that wait. What else is in a message with them may still go, by itself."""
        gone = {one.prompt_id for one in prompts}
        waiting = {one.message_id: one.state for one in prompts if one.message_id is not None}
        for message_id, state in sorted(waiting.items()):
            others = {one.prompt_id for one in self.prompts(message_id=message_id)} - gone
            self.loosen(message_id, others, at=at)
            self.take(message_id, state, "withdrawn", reason=reason, at=at)
        for one in prompts:
            self.move(one.prompt_id, one.state, "withdrawn", reason=reason, at=at)

    def receive(self, receipt: StoredReceipt) -> None:
        """Keeps a receipt; receipts are only ever added. The state changes with `take`."""
        self._rows.run(
            "INSERT INTO receipts (message_id, state, reason, at, sink) VALUES (?, ?, ?, ?, ?)",
            receipt.message_id,
            receipt.state,
            receipt.reason,
            seconds(receipt.at),
            receipt.sink,
        )

    def receipts(self, message_id: str) -> list[StoredReceipt]:
        """The receipts of a message, in the order they came."""
        return [
            StoredReceipt(message, state, reason, moment(at), sink)
            for message, state, reason, at, sink in self._rows.all(
                "SELECT message_id, state, reason, at, sink FROM receipts "
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
        rows = self._rows.all(f"{_MESSAGE}{where} ORDER BY m.created, m.message_id", *values)
        return [_message(row) for row in rows]

    def message(self, message_id: str) -> OutboxMessage | None:
        """One message by its id."""
        row = self._rows.first(f"{_MESSAGE}WHERE m.message_id = ?", message_id)
        return None if row is None else _message(row)

    def standing(
        self, sinks: Collection[str], *, since: datetime, recipient: str | None = None
    ) -> list[OutboxMessage]:
        """Messages made since then that stand where one of ``sinks`` put them, or may: sent, and
        not taken back; oldest first."""
        where, values = _where(
            {"m.state": ("sent", "uncertain"), "m.sink": sinks, "p.uuid": _one(recipient)}
        )
        rows = self._rows.all(
            f"{_MESSAGE}{where} AND m.created >= ? AND NOT EXISTS (SELECT 1 FROM receipts r WHERE "  # noqa: S608
            "r.message_id = m.message_id AND r.state IN ('withdrawn', 'left_there')) "
            "ORDER BY m.created, m.message_id",
            *values,
            seconds(since),
        )
        return [_message(row) for row in rows]

    def messages_to(self, recipients: Collection[str]) -> list[OutboxMessage]:
        """All messages to these people (uuids), oldest first."""
        rows = self._rows.among(f"{_MESSAGE}WHERE p.uuid IN (?)", set(recipients))
        return sorted(map(_message, rows), key=lambda one: (one.created, one.message_id))


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


def _entry(row: Row) -> dict[str, Any]:
    """The fields of an `OutboxEntry`."""
    return {
        "prompt_id": row[0],
        "recipient": row[1],
        "subject_person": row[2],
        "subject": row[3],
        "layer": row[4],
        "intervention": row[5],
        "asks": row[6],
        "episode": row[7],
        "state": row[8],
        "created": moment(row[9]),
        "due": moment(row[10]),
        "message_id": row[11],
    }


def _prompt(row: Row) -> OutboxPrompt:
    return OutboxPrompt(
        **_entry(row),
        occasion=row[12],
        sink=row[13],
        language=row[14],
        payload=json.loads(row[15]),
        reason=row[16],
        updated=moment(row[17]),
    )


def _message(row: Row) -> OutboxMessage:
    message, recipient, sink, state, reason, attempts, created, updated = row
    return OutboxMessage(
        message, recipient, sink, state, reason, attempts, moment(created), moment(updated)
    )
