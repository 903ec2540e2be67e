"""What must hold of everything that reads something from outside.

A reader gives a value, or one of the errors that it says it raises, and nothing else. What it says of
what it could not read, in an error, in the reason of a reject or in a log, holds nothing of what
somebody wrote or is called. Files that an administrator writes may be quoted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import frozen

from leercultuur_core import LeercultuurError

CANARY = "kanarie"
"""Stands in the seeds for what is somebody's own: names, addresses, texts. No message holds it."""


class Broken(AssertionError):
    """The law does not hold."""


class Said(list[str]):
    """What a reader said of what it could not read, in the order in which it did."""

    def add(self, *told: object) -> None:
        """Notes it, as text."""
        self += map(str, told)


@frozen
class Target:
    """Something that reads bytes from outside.

    read
        Reads them, and notes what is said of what cannot be read.
    errors
        What it may raise.
    quotes
        Whether it may quote what it reads: an administrator wrote it.
    json
        Whether the bytes are JSON, or lines of it, so that a fuzzer may change it as such.
    """

    read: Callable[[bytes, Said], None]
    errors: tuple[type[Exception], ...] = (LeercultuurError,)
    quotes: bool = False
    json: bool = False


def hold(target: Target, data: bytes) -> None:
    """Reads ``data``. Raises `Broken`, or whatever the reader raises that it should not."""
    said = Said()
    with _listening(said):
        try:
            target.read(data, said)
        except target.errors as error:
            said.add(error)
    if target.quotes:
        return
    for text in said:
        if CANARY in text.casefold():
            raise Broken(f"it quotes what it read: {text}")


class _Listener(logging.Handler):
    def __init__(self, said: Said) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.add(record.getMessage())


@contextmanager
def _listening(said: Said) -> Iterator[None]:
    """Notes what is logged meanwhile."""
    log, listener = logging.getLogger("leercultuur"), _Listener(said)
    log.addHandler(listener)
    try:
        yield
    finally:
        log.removeHandler(listener)
