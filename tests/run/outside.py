"""A receiving system that outlives a stop, one sink for each promise, and a stop at any boundary."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from leercultuur_core.extension import Delivery, Message, Receipt, Sink
from leercultuur_core.storage import Store, Transaction


class Stopped(BaseException):
    """As if the machine lost its power here."""


class Boundary:
    """Counts the boundaries that are passed, and stops at one of them."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.passed = 0
        self.stop_at = stop_at

    def __call__(self) -> None:
        self.passed += 1
        if self.passed == self.stop_at:
            raise Stopped


class Mailbox:
    """What arrived, one line a message, appended to a file as one write.

    ``slow`` is how many seconds it takes before and after that, so that a kill finds it at work.
    """

    def __init__(self, path: Path, slow: float = 0) -> None:
        self.path = path
        self.slow = slow

    def put(self, message: Message) -> None:
        line = json.dumps([message.id, message.recipient.person]) + "\n"
        time.sleep(self.slow)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
        time.sleep(self.slow)

    @property
    def arrived(self) -> Counter[str]:
        """Message id → how many times it came."""
        if not self.path.exists():
            return Counter()
        return Counter(json.loads(line)[0] for line in self.path.read_text().splitlines())


def nothing() -> None:
    """A boundary at which nothing stops."""


class OnceSink(Sink):
    """Cannot be asked, and a message that is sent again comes twice."""

    name = "once"
    delivery: ClassVar[Delivery] = "at_most_once"

    def __init__(self, mailbox: Mailbox, boundary: Callable[[], None] = nothing) -> None:
        super().__init__()
        self.mailbox = mailbox
        self.boundary = boundary

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            self.boundary()
            self.take_in(message)
            self.boundary()
            yield Receipt(message.id, "sent")
            self.boundary()

    def take_in(self, message: Message) -> None:
        self.mailbox.put(message)


class LookupSink(OnceSink):
    """Can be asked whether a message is there."""

    name = "lookup"
    delivery: ClassVar[Delivery] = "lookup"

    def find(self, message: Message) -> Receipt | None:
        self.boundary()
        return Receipt(message.id, "sent") if self.mailbox.arrived[message.id] else None


class SameAgainSink(OnceSink):
    """Takes in a message that it has already without doing anything."""

    name = "same-again"
    delivery: ClassVar[Delivery] = "idempotent"

    def take_in(self, message: Message) -> None:
        if not self.mailbox.arrived[message.id]:
            self.mailbox.put(message)


class Calendar(Sink):
    """Holds what is in it; ``asked`` is what it was asked to take out, in order."""

    name = "calendar"
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(self, boundary: Callable[[], None] = nothing) -> None:
        super().__init__()
        self.boundary = boundary
        self.there: dict[str, Message] = {}
        self.asked: list[str] = []
        self.answer: str | Exception | None = "sent"

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            self.boundary()
            self.there[message.id] = message
            self.boundary()
            yield Receipt(message.id, "sent")

    def withdraw(self, message: Message) -> Receipt | None:
        self.boundary()
        self.asked.append(message.id)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            return None
        if self.answer == "sent":
            self.there.pop(message.id, None)
        self.boundary()
        return Receipt(message.id, self.answer)  # type: ignore[arg-type]


SINKS: tuple[type[OnceSink], ...] = (OnceSink, LookupSink, SameAgainSink)


class StoppingStore(Store):
    """A store with a boundary before and after each commit."""

    boundary: Callable[[], None] = staticmethod(nothing)

    @contextmanager
    def transaction(self, *, durable: bool = False, beside: bool = False) -> Iterator[Transaction]:
        with super().transaction(durable=durable, beside=beside) as tx:
            yield tx
            self.boundary()
        self.boundary()
