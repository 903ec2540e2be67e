"""Forgetting somebody who asks for it: at once, or first thing in the next run.

Nothing is erased while a run is at work: it holds in memory what it would write back. Who asks then gets
all that can be had at once, and the rest is remembered in the store, so that a stop in between loses
nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import frozen

from ..errors import LeercultuurError, StoreError
from ..extension import Plugins, Sink
from ..privacy.purposes import purposes
from ..storage import Store, Transaction
from . import delivering, persons
from .care import Working
from .logs import event

NOT_TAKEN_BACK = "not_taken_back"
"""Stands among the tables of an erase for messages that stay where a sink put them."""


@frozen
class EraseAsked:
    """What became of somebody's wish to be erased.

    done
        Whether they are; if not, the next run does it before it reads anything.
    left
        Messages that stay in their calendar, where they are erased.
    """

    done: bool
    left: int = 0


def note(tx: Transaction, person: str, now: datetime) -> bool:
    """Remembers that a person (uuid) asks to be erased, says no to all for them, and takes what waits
    for them out of the outbox. ``False`` where there is no such person."""
    if not tx.privacy.ask_erase(person, at=now):
        return False
    for purpose in purposes():
        persons.consent(tx, person, purpose, False, by="self", now=now)
    waiting = tx.delivery.prompts(states=persons.NOT_SENT, recipient=person)
    tx.delivery.withdraw(waiting, reason="objected", at=now)
    return True


def forget(
    store: Store,
    plugins: Plugins,
    sinks: Mapping[str, Sink],
    person: str,
    *,
    working: Working,
    now: datetime,
    known_as: tuple[str, ...] = (),
) -> dict[str, int]:
    """`Engine.erase` for who holds the store alone; the store is still to be scrubbed."""
    with store.reading() as tx:
        persons.check_plugins(plugins, tx)
    taken = delivering.forgotten(store, sinks, person, working=working, now=now, clock=lambda: now)
    for sink in taken.problems:
        event("erase", "sink", {"sink": sink, "outcome": "failed"}, level=logging.WARNING)
    with store.transaction() as tx:
        counts = tx.privacy.erase(
            person,
            at=now,
            strings=known_as,
            also=lambda uuid: persons.forget_in_plugins(plugins, tx, uuid, now),
        )
    return {**counts, NOT_TAKEN_BACK: taken.left} if taken.left else counts


def forget_asked(store: Store, forget_one: Callable[[str], Mapping[str, int]]) -> int:
    """Forgets everybody who asked, one by one, for who holds the store alone; gives how many. What
    stands in the way for one of them is logged, and the next run tries again. Raises `StoreError`
    where the store cannot be used."""
    with store.reading() as tx:
        asked, to_scrub = tx.privacy.asked_to_erase(), tx.privacy.to_scrub()
    done = 0
    for person in asked:
        try:
            gone = forget_one(person)
        except StoreError:
            raise
        except LeercultuurError as error:
            failed = {"outcome": "failed", "error": type(error).__name__}
            event("erase", "asked", failed, level=logging.WARNING)
            continue
        done += 1
        event("erase", "asked", {"outcome": "done", "left": gone.get(NOT_TAKEN_BACK, 0)})
    if done or to_scrub:
        try:
            store.scrub()
        except StoreError as error:  # somebody reads: what is erased is gone, and this comes again
            event("erase", "scrub", {"outcome": error.trouble}, level=logging.WARNING)
    return done


__all__ = ["NOT_TAKEN_BACK", "EraseAsked", "forget", "forget_asked", "note"]
