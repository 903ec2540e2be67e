"""Recording: what became of messages, told to sinks that bring nobody anything, such as an LRS.

A recording sink is told in the order in which things happened, and up to where is kept after each
batch. So after a stop some come again; it takes them down once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..extension import Happening, Sink
from ..storage import Store, Transaction
from .care import Working
from .collecting import told
from .composing import Composer
from .links import Links

TOGETHER = 500
"""Happenings that are told at once."""


def record(
    store: Store,
    recorders: Mapping[str, Sink],
    *,
    working: Working,
    now: datetime,
    links: Links | None = None,
) -> dict[str, str]:
    """Tells each recording sink what it does not know yet. Gives sink → why it stopped."""
    problems: dict[str, str] = {}
    for name, sink in recorders.items():
        while True:
            with store.reading() as tx:
                happenings, marks = _next(
                    tx, name, lambda: Composer(tx.people.all(), working, links, now)
                )
            if marks is None:
                break
            try:
                if happenings:
                    sink.note(happenings)
            except Exception as error:  # noqa: BLE001 - an adapter may fail in any way
                problems[name] = told(error)
                break
            with store.transaction() as tx:
                tx.delivery.set_recorded(name, *marks)
    return problems


def _next(
    tx: Transaction, name: str, compose: Callable[[], Composer]
) -> tuple[list[Happening], tuple[int, int] | None]:
    """The next batch in the order of time, and the marks after it; no marks where there is none."""
    receipt, answer = tx.delivery.recorded(name)
    receipts = tx.delivery.receipts_after(receipt, TOGETHER)
    answers = tx.delivery.answers_after(answer, TOGETHER)
    if not receipts and not answers:
        return [], None
    composer = compose()
    found: list[Happening] = []
    for _, message_id, state, at in receipts:
        _add(found, tx, composer, message_id, state, at)
    for _, message_id, prompt, what, at in answers:
        _add(found, tx, composer, message_id, what, at, prompt)
    # A message is sent before it is answered, also within one second.
    found.sort(key=lambda one: (one.at, bool(one.prompt)))
    marks = (
        receipts[-1][0] if receipts else receipt,
        answers[-1][0] if answers else answer,
    )
    return found, marks


def _add(
    found: list[Happening],
    tx: Transaction,
    composer: Composer,
    message_id: str,
    what: Any,
    at: datetime,
    prompt: str = "",
) -> None:
    stored = tx.delivery.message(message_id)
    # Of somebody who was erased meanwhile there is nothing to tell.
    if stored is not None and stored.recipient in composer.people:
        found.append(Happening(composer.message(tx, stored), what, at, prompt))


__all__ = ["TOGETHER", "record"]
