"""JSON values one by one out of a stream: lists, answers of an LRS, and values over several lines.

Memory is bounded by one value, and one damaged value does not take the others with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

import msgspec

_SPACE = re.compile(rb"[ \t\r\n]*+")
_BETWEEN = re.compile(rb"[ \t\r\n,]*+")
_RESULT = re.compile(
    rb'\{\s*+(?:"more"\s*+:\s*+(?:"(?:[^"\\]|\\.)*+"|null)\s*+,\s*+)?"statements"\s*+:\s*+\['
)
_SEPARATOR = re.compile(rb"\}\s*+,\s*+\{")
_SCALAR_END = re.compile(rb"[,\]\}\n]")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:(")|(\\)?\Z)|[\[\]{}]', re.DOTALL)
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+(?:(")|(\\)?\Z)', re.DOTALL)
_QUOTE, _OPEN, _ROOM = ord('"'), b"{[", 4096

_raws = msgspec.json.Decoder(list[msgspec.Raw])


class Damage(Enum):
    """What is wrong with a value as a whole."""

    CUT = "expected a whole statement, found the beginning of one (the file is cut short)"
    UNCLOSED = "expected ] at the end of the list, found the end of the file (cut short)"
    TOO_LARGE = "expected a statement of at most {limit:,} bytes, found a larger one"


class Value(NamedTuple):
    """One value, or the part of it that could be had, with what is wrong with it."""

    raw: bytes
    damage: Damage | None = None


class Nesting:
    """Finds where a list or object ends, in pieces of bytes that follow each other."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._quoted = self._escaped = False

    def end(self, piece: bytes, at: int = 0) -> int:
        """The index in ``piece`` just after the end; -1 when it is in a later piece."""
        if self._quoted:
            if self._escaped and at < len(piece):
                at, self._escaped = at + 1, False
            rest = _STRING_REST.match(piece, at)
            if rest is None or rest[1] is None:
                self._escaped = self._escaped or (rest is not None and rest[2] is not None)
                return -1
            self._quoted, at = False, rest.end()
        for token in _TOKEN.finditer(piece, at):
            first = piece[token.start()]
            if first == _QUOTE:
                if token[1] is None:
                    self._quoted, self._escaped = True, token[2] is not None
                    return -1
            elif first in _OPEN:
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth <= 0:
                    return token.end()
        return -1


class Values:
    """Iterate once for the values in ``blocks``, in their order.

    The items of a list, and of the ``statements`` of an LRS's answer, count as values; so do values
    that follow each other without a list. A value of more than ``limit`` bytes comes without its
    bytes.
    """

    def __init__(self, blocks: Iterator[bytes], limit: int) -> None:
        self._blocks = blocks
        self._limit = limit
        self._data = b""
        self._at = 0
        self._ended = False

    def __iter__(self) -> Iterator[Value]:
        in_list = in_result = False
        while self._skip(_BETWEEN if in_list else _SPACE):
            first = self._data[self._at : self._at + 1]
            if in_list and first == b"]":
                self._at += 1
                in_list = False
                if in_result:
                    in_result = False
                    yield from self._rest_of(Nesting(depth=1), keep=False)
            elif in_list and first == b"{":
                yield from self._batch()
                # What is left is at the end of the data, or damaged.
                if self._data[self._at : self._at + 1] == b"{":
                    yield from self._rest_of(Nesting())
            elif not in_list and first == b"[":
                self._at += 1
                in_list = True
            elif not in_list and first == b"{" and (head := self._result_head()):
                self._at = head
                in_list = in_result = True
            elif first in (b"{", b"["):
                yield from self._rest_of(Nesting())
            else:
                yield Value(self._scalar())
        if in_list:
            yield Value(b"", Damage.UNCLOSED)

    def _more(self) -> bool:
        """Adds a block to the data; ``False`` at the end of the file."""
        block = next(self._blocks, None)
        if block is None:
            self._ended = True
            return False
        self._data = self._data[self._at :] + block
        self._at = 0
        return True

    def _skip(self, what: re.Pattern[bytes]) -> bool:
        """Goes past ``what``; whether there is anything after it."""
        while True:
            if match := what.match(self._data, self._at):
                self._at = match.end()
            if self._at < len(self._data):
                return True
            if not self._more():
                return False

    def _result_head(self) -> int:
        while len(self._data) - self._at < _ROOM and self._more():
            pass
        match = _RESULT.match(self._data, self._at)
        return match.end() if match else 0

    def _batch(self) -> Iterator[Value]:
        """All whole items in the data at once, where they are healthy: far faster than one by one."""
        end = len(self._data)
        for _ in range(8):
            while (end := self._data.rfind(b"}", self._at, end)) > 0:
                if _SEPARATOR.match(self._data, end):
                    break
            else:
                break
            try:
                raws = _raws.decode(b"[" + self._data[self._at : end + 1] + b"]")
            except (msgspec.DecodeError, RecursionError):
                continue  # that was a separator within an item
            self._at = end + 1
            for raw in raws:
                item = bytes(raw)
                yield self._checked(item)
            self._skip(_BETWEEN)
            return
        # Something in here is damaged: one by one to the end of this data.
        stop = len(self._data)
        while self._at < stop and self._data[self._at : self._at + 1] == b"{":
            before = len(self._data) - self._at
            yield from self._rest_of(Nesting())
            if len(self._data) - self._at > before:
                return  # new data came in; try the fast way again
            if not self._skip(_BETWEEN):
                return

    def _checked(self, item: bytes) -> Value:
        return Value(item) if len(item) <= self._limit else Value(b"", Damage.TOO_LARGE)

    def _rest_of(self, nesting: Nesting, *, keep: bool = True) -> Iterator[Value]:
        """The value that begins here; nothing comes out unless ``keep``, but for damage."""
        parts: list[bytes] = []
        size = 0
        while True:
            end = nesting.end(self._data, self._at)
            part = self._data[self._at : end if end >= 0 else None]
            self._at += len(part)
            size += len(part)
            if size <= self._limit and keep:
                parts.append(part)
            else:
                parts.clear()
            if end >= 0:
                if keep:
                    yield (
                        Value(b"".join(parts))
                        if size <= self._limit
                        else Value(b"", Damage.TOO_LARGE)
                    )
                return
            if not self._more():
                yield Value(b"".join(parts), Damage.CUT)
                return

    def _scalar(self) -> bytes:
        """What stands where a statement should be, up to the next comma, bracket or line."""
        while not (match := _SCALAR_END.search(self._data, self._at + 1)):
            if len(self._data) - self._at > _ROOM or not self._more():
                part, self._at = self._data[self._at :], len(self._data)
                return part
        part = self._data[self._at : match.start()]
        self._at = match.start()
        return part
