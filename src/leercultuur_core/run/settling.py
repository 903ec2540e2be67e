"""Settling a receipt: what becomes of the message it is about, whoever brought it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from attrs import evolve, frozen

from ..extension import Receipt, Sink
from ..storage import OutboxMessage, StoredReceipt, Transaction
from . import channels

RETRY_AFTER = tuple(timedelta(hours=hours) for hours in (1, 4, 16, 48))
"""How long a message that failed waits, after the first try, the second …; after the last it is
given up. Judgement: most systems are back within a night, and within a week the step is stale."""

ENDS: Mapping[str, Literal["sent", "dead", "failed"]] = {
    "sent": "sent",
    "refused": "dead",
    "failed": "failed",
}
"""What a receipt says, and the state its message then has."""


@frozen
class Settled:
    """The state that a message came to, and why; ``elsewhere`` is the sink that has it by now where
    the one before could not reach its recipient, or was given up on."""

    state: Literal["sent", "dead", "failed"]
    reason: str
    elsewhere: str | None = None


def settle(
    tx: Transaction,
    sinks: Mapping[str, Sink],
    message: OutboxMessage,
    receipt: Receipt,
    *,
    at: datetime,
) -> Settled:
    """Keeps a receipt and what it makes of ``message``, which is as it stands in the store.

    What failed is tried again, at last once after each wait of `RETRY_AFTER`. What is refused or given
    up goes to the next sink that can reach its recipient, as the same message, so that it counts
    once."""
    one, state, reason = message.message_id, ENDS[receipt.state], receipt.reason
    if state == "failed" and message.attempts > len(RETRY_AFTER):
        state, reason = "dead", "gave_up"
    tx.delivery.receive(StoredReceipt(one, receipt.state, reason, at, message.sink))
    other = _next_sink(tx, sinks, message) if state == "dead" else None
    if other is None:
        tx.delivery.take(one, message.state, state, reason=reason, at=at)
    else:
        if message.state != "sending":
            tx.delivery.take(one, message.state, "sending", at=at)
        tx.delivery.reroute(one, message.sink, other, at=at)
    return Settled(state, reason, other)


def sending(message: OutboxMessage) -> OutboxMessage:
    """``message`` as it stands in the store once it was taken to be sent."""
    return evolve(message, state="sending", attempts=message.attempts + 1)


def next_try(message: OutboxMessage) -> datetime:
    """When a message that failed is tried again."""
    return message.updated + RETRY_AFTER[min(message.attempts, len(RETRY_AFTER)) - 1]


def _next_sink(tx: Transaction, sinks: Mapping[str, Sink], message: OutboxMessage) -> str | None:
    """The next way to its recipient by which the message was not tried."""
    tried = {message.sink, *(one.sink for one in tx.delivery.receipts(message.message_id))}
    person = tx.people.all([message.recipient])[message.recipient]
    return next(iter(channels.reachable(person, sinks, tried=tried)), None)


__all__ = ["ENDS", "RETRY_AFTER", "Settled", "next_try", "sending", "settle"]
