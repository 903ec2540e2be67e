"""The bytes of a file, unzipped where they are gzip, a block at a time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from leercultuur_core import SourceUnavailable

SIZE = 1 << 18
"""At most so many bytes are in a block."""

_GZIP = b"\x1f\x8b"
_WBITS = 16 + zlib.MAX_WBITS  # zlib's way to say "with a gzip header"


class Blocks:
    """Iterate once for the blocks of ``path``. Gzip is known by its first bytes, not by the name.

    ``position`` is how far the file on disk was read, in bytes. ``damage`` says after the last
    block whether something was missing or broken; what could be unzipped came out all the same.

    Of a part of a file that is not gzip, ``opened`` opens it there, and ``size`` is its size.

    Iterating raises `SourceUnavailable` where the file cannot be read.
    """

    def __init__(
        self, path: Path, opened: Callable[[], BinaryIO] | None = None, size: int = 0
    ) -> None:
        self.path = path
        self._open = opened or (lambda: path.open("rb"))
        self._size = size if opened else None
        self.position = 0
        self.damage = ""

    def __iter__(self) -> Iterator[bytes]:
        try:
            with self._open() as file:
                block = self._read(file)
                if self._size is None and is_gzip(block):
                    yield from self._unzip(file, block)
                else:
                    while block:
                        yield block
                        block = self._read(file)
        except FileNotFoundError:
            raise SourceUnavailable(f"{self.path}: no such file; is the name right?") from None
        except IsADirectoryError:
            raise SourceUnavailable(
                f"{self.path}: expected a file, found a folder; name the files in it"
            ) from None
        except PermissionError:
            raise SourceUnavailable(
                f"{self.path}: may not be read by you; ask its owner for permission to read"
            ) from None
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            why = getattr(error, "strerror", None) or error
            raise SourceUnavailable(f"{self.path}: cannot be read ({why})") from None

    def _read(self, file: BinaryIO) -> bytes:
        block = file.read(SIZE if self._size is None else min(SIZE, self._size - self.position))
        self.position += len(block)
        return block

    def _unzip(self, file: BinaryIO, packed: bytes) -> Iterator[bytes]:
        while packed:  # a file may be several gzip files one after another
            member = zlib.decompressobj(_WBITS)
            while True:
                before = member.copy()
                try:
                    # Bounded, so that a small file that unzips to a very large one does no harm.
                    block = member.decompress(packed, SIZE)
                except zlib.error:
                    yield from _salvage(before, packed)
                    self.damage = "expected gzip, found damaged bytes; what came before was used"
                    return
                if block:
                    yield block
                if member.eof:
                    break
                packed = member.unconsumed_tail or self._read(file)
                if not packed:
                    # What is left inside the decompressor fits in a block.
                    if block := member.flush():
                        yield block
                    self._end(member)
                    return
            # Tapes and block devices leave zeros behind a file.
            packed = member.unused_data.lstrip(b"\0")
            while not packed and (more := self._read(file)):
                packed = more.lstrip(b"\0")

    def _end(self, member: zlib._Decompress) -> None:
        if not member.eof:
            self.damage = "expected a whole gzip file, found one that is cut short"


def is_gzip(head: bytes) -> bool:
    """Whether a file that begins so is gzip."""
    return head.startswith(_GZIP)


def _salvage(member: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    """What can be had of ``packed`` before the damage in it, for which zlib gives nothing at all."""
    try:
        for at in range(len(packed)):
            if block := member.decompress(packed[at : at + 1]):
                yield block
    except zlib.error:
        return
