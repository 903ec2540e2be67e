"""Messages that a program of somebody else's comes for, and what it says became of them.

The night decides what may go, as for any sink; here it is decided once more at the moment of fetching,
so that nothing is handed over of who said no since. What is fetched is ``sending`` until its receipt
is there, and is handed over again until then: the same message, with the same id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from ..advice.care import Send
from ..extension import Receipt, Sink
from ..storage import Answer, OutboxMessage, Store, Transaction
from .care import Working
from .composing import Composer
from .desk import Desk, Rightful
from .links import Links
from .settling import ENDS, next_try, sending, settle
from .sinks import PullSink, message_row

MOST = 100
"""Messages that are handed over at once."""

Noted = Literal["noted", "known", "unknown"]
"""What came of a receipt or an answer: it is kept; there was nothing new in it; there is no such
message or prompt that this program fetched."""

_OPEN = frozenset({"sending", "ready", "failed", "uncertain"})
# Somebody had it, whatever was decided meanwhile: it counts for how often they are written to.
_HAD_IT = _OPEN | {"expired", "withdrawn"}


def fetch(
    store: Store,
    sinks: Mapping[str, Sink],
    name: str,
    *,
    rights: Rightful,
    working: Working,
    links: Links | None,
    now: datetime,
    most: int = MOST,
) -> tuple[dict[str, Any], ...]:
    """The messages that may go now by the sink ``name``, oldest first, as `message_row` writes them.

    Nothing where there is no such sink, or it is not one to fetch from. Waits for no other run.
    """
    sink = sinks.get(name)
    if not isinstance(sink, PullSink):
        return ()
    with store.reading() as tx:
        if not _waiting(tx, name, now):
            return ()
    with store.transaction(durable=True) as tx:
        waits = _waiting(tx, name, now)
        known = rights(tx, now)
        recipients = {one.recipient for one in waits}
        desk = Desk.read(tx, known, recipients, working=working, now=now)
        composer = Composer(known.people, working, links, now)
        rows: list[dict[str, Any]] = []
        for one in waits:
            if len(rows) == most:
                break
            prompts = tx.delivery.prompts(message_id=one.message_id)
            if not isinstance(desk.verdict(prompts, besides=one.message_id), Send):
                continue
            message = _handed_over(tx, one, now)
            row = message_row(composer.message(tx, message), sink.settings.channel)
            if sink.settings.channel and row["recipient"]["address"] is None:
                gone = Receipt(message.message_id, "refused", "no-address")
                settle(tx, sinks, message, gone, at=now)
                continue
            rows.append(row)
    return tuple(rows)


def receive(
    store: Store,
    sinks: Mapping[str, Sink],
    name: str,
    receipts: Sequence[Receipt],
    *,
    now: datetime,
) -> tuple[Noted, ...]:
    """Keeps what became of messages that were fetched from the sink ``name``; one word for each
    receipt, in their order. The same receipt once more changes nothing."""
    with store.transaction(durable=True) as tx:
        return tuple(_receive(tx, sinks, name, one, now) for one in receipts)


def answer(store: Store, name: str, prompt_id: str, given: Answer, *, now: datetime) -> Noted:
    """Keeps what a recipient answered to a prompt that was fetched from the sink ``name``. The answer
    that they gave last changes nothing once more."""
    with store.transaction() as tx:
        prompt = tx.delivery.prompt(prompt_id)
        message = (
            tx.delivery.message(prompt.message_id)
            if prompt is not None and prompt.message_id is not None
            else None
        )
        if prompt is None or message is None or not _fetched(tx, name, message):
            return "unknown"
        before = [
            one.answer
            for one in tx.delivery.answers([prompt.recipient])
            if one.prompt_id == prompt_id
        ]
        if before[-1:] == [given]:
            return "known"
        tx.delivery.answer(prompt_id, given, at=now)
        return "noted"


def _waiting(tx: Transaction, name: str, now: datetime) -> list[OutboxMessage]:
    return [
        one
        for one in tx.delivery.messages(states=["ready", "failed", "sending"])
        if one.sink == name and (one.state != "failed" or now >= next_try(one))
    ]


def _handed_over(tx: Transaction, message: OutboxMessage, now: datetime) -> OutboxMessage:
    """As it stands from now on. One that is ``sending`` already was handed over before; once more
    without a receipt is no new try."""
    if message.state == "sending":
        return message
    tx.delivery.take(message.message_id, message.state, "sending", at=now)
    return sending(message)


def _fetched(tx: Transaction, name: str, message: OutboxMessage) -> bool:
    """Whether a message was ever handed over to this program. One that was refused may be another
    sink's by now."""
    if message.sink == name and message.attempts:
        return True
    return any(one.sink == name for one in tx.delivery.receipts(message.message_id))


def _receive(
    tx: Transaction, sinks: Mapping[str, Sink], name: str, receipt: Receipt, now: datetime
) -> Noted:
    message = tx.delivery.message(receipt.message)
    if message is None or not _fetched(tx, name, message):
        return "unknown"
    may_be = _HAD_IT if receipt.state == "sent" else _OPEN
    end = ENDS[receipt.state]
    if message.sink != name or message.state not in may_be or message.state == end:
        return "known"
    settle(tx, sinks, message, receipt, at=now)
    return "noted"


__all__ = ["MOST", "Noted", "answer", "fetch", "receive"]
