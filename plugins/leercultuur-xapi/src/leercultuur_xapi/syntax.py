"""Going over the bytes of a file with a statement a line: what DuckDB takes for JSON and the reader not.

Nothing is built: a line that is well costs no more than looking at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from .fields import AnyObject
from .reader import _is_utf8
from .statement import _is_uuid

_BLOCK = 1 << 20
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ASCII_ESCAPE = re.compile(rb"\\u00[2-7]")


class _Line(msgspec.Struct, gc=False):
    id: str | None = None


_syntax = msgspec.json.Decoder(AnyObject)
_line = msgspec.json.Decoder(_Line)


class Syntax(NamedTuple):
    """Lines with anything on them, and every UUID on those that are no JSON."""

    lines: int
    doubtful: frozenset[str]


def go_over(path: Path) -> Syntax | None:
    """Checks each line with the reader's own decoder. ``None`` where a line that is no JSON may hold
    an id that cannot be seen in its bytes."""
    lines, doubtful = 0, set[str]()
    for block in _blocks(path):
        found = _decoded(_syntax.decode_lines, block)
        if found is not None:
            lines += len(found)
            continue
        for line in bytes(block).split(b"\n"):
            if not line.strip():
                continue
            lines += 1
            if _decoded(_syntax.decode, line) is None:
                if _ASCII_ESCAPE.search(line):
                    return None
                doubtful |= {match.decode().lower() for match in _UUID.findall(line)}
    return Syntax(lines, frozenset(doubtful))


def _blocks(path: Path) -> Iterator[memoryview]:
    """Whole lines, about a million bytes at a time, as they are in the file."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as bytes_:
        start, size = 0, len(bytes_)
        with memoryview(bytes_) as view:
            while start < size:
                end = bytes_.rfind(b"\n", start, start + _BLOCK) + 1
                if not end:
                    end = bytes_.find(b"\n", start + _BLOCK) + 1 or size
                with view[start:end] as block:
                    yield block
                start = end


def _decoded(decode: Callable[[Any], Any], raw: bytes | memoryview) -> Any:
    try:
        return decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def wanted(lines: list[bytes], beside: Set[str]) -> list[bool]:
    """Of each line whether it is for the reader: it has no id that SQL goes by, or one of these."""
    text = b"\n".join(lines)
    found = _decoded(_line.decode_lines, text) if _is_utf8(text) else None
    if found is None or len(found) != len(lines):
        found = [_decoded(_line.decode, line) if _is_utf8(line) else None for line in lines]
    return [
        one is None or one.id is None or not _is_uuid(one.id) or one.id.lower() in beside
        for one in found
    ]


def count(path: Path, doubtful: Set[str]) -> int:
    """How many lines have an id that SQL goes by."""
    return sum(
        not one
        for block in _blocks(path)
        for one in wanted(bytes(block).removesuffix(b"\n").split(b"\n"), doubtful)
    )


def hides_letters(path: Path) -> bool:
    """Whether the file may write a plain letter as an escape."""
    return any(_ASCII_ESCAPE.search(block) for block in _blocks(path))
