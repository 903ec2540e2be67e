"""The adapter: xAPI statements out of a file, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from functools import partial
from itertools import chain, compress
from pathlib import Path
from typing import Any, ClassVar

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import Bulk, FileSource, Page, Record, Reject

from .blocks import Blocks, is_gzip
from .parquet import MAGIC, ParquetStatements, RowGroups, row_groups
from .reasons import UnusableStatement, not_utf8
from .statement import Mapper
from .values import Damage, Values

PAGE = 10_000
"""About so many records are in a page."""

LONGEST = 16 * 1024 * 1024
"""A line or item of more bytes than this is rejected, and not held in memory."""

_KEPT = 64 * 1024  # bytes of a rejected line that are kept for whoever mends it
_HEAD = 4096
_BOM = b"\xef\xbb\xbf"


class XapiFile(FileSource):
    """xAPI statements 1.0.3 and 2.0 from a file.

    Reads one statement a line (NDJSON), a JSON list, the answer of an LRS to a query, and single
    statements over several lines; each as it is or gzipped, which is known by the bytes and not by
    the name. Of a Parquet file it reads the column ``statement``, with the JSON of one in each row.
    Memory is bounded whatever the size of the file.

    ``longest`` is the number of bytes above which a statement is rejected.
    """

    name: ClassVar[str] = "xapi"

    def __init__(self, path: Path, *, longest: int = LONGEST) -> None:
        super().__init__(path)
        self._longest = longest
        self._part: range | RowGroups | None = None

    def pages(self) -> Iterator[Page]:
        """Pages of some 10,000 activities and retractions, in the order of the file.

        What cannot be read is a `Reject` with its line (or its number in a list) and its reason.
        Raises `SourceUnavailable` when the file cannot be read at all, or holds something else.
        """
        if isinstance(self._part, RowGroups):
            yield from self._rows()
        elif self._part is not None:
            yield from self._lines_within(self._part)
        else:
            yield from self._whole()

    def parts(self, size: int) -> Sequence[XapiFile]:
        """Of plain lines, ranges of them; of Parquet, row groups. All else is read as a whole."""
        if self._part is not None:
            return (self,)
        with self.path.open("rb") as file:
            head = file.read(len(_BOM) + _HEAD)
        parts: Sequence[range | RowGroups] = ()
        if head.startswith(MAGIC):
            parts = row_groups(self.path, size)
        elif _is_lines(head):
            parts = self.line_ranges(size)
        return [self._with(part) for part in parts] if len(parts) > 1 else (self,)

    def _with(self, part: range | RowGroups) -> XapiFile:
        reader = copy(self)
        reader._part = part
        return reader

    def _lines_within(self, part: range) -> Iterator[Page]:
        blocks = Blocks(self.path, partial(self.open_range, part), len(part))
        stream = iter(blocks)
        if part.start == 0:
            stream = chain([next(stream, b"").removeprefix(_BOM)], stream)
        yield from self._lines(_lines_of(stream, self._longest), blocks)

    def _whole(self) -> Iterator[Page]:
        blocks = Blocks(self.path)
        stream = iter(blocks)
        head = b""
        for block in stream:
            head += block
            if len(head) >= _HEAD:
                break
        if head.startswith(MAGIC):
            yield from self._rows()
            return
        start = head.removeprefix(_BOM)
        if found := _other_format(start[:_HEAD]):
            raise SourceUnavailable(f"{self.path}: expected xAPI statements as JSON, found {found}")
        rest = chain([start], stream) if start else iter(())
        if _is_document(start[:_HEAD]):
            yield from self._values(rest, blocks)
        else:
            yield from self._lines(_lines_of(rest, self._longest), blocks)

    def bulk(self, connection: Any, table: str) -> Bulk | None:
        """A file with a statement a line as tables in DuckDB; ``None`` for another."""
        from .bulk import bulk_statements, unpacked  # noqa: PLC0415 - only for a bulk engine

        with unpacked(self.path) as plain:
            if plain is None:
                return None
            with plain.open("rb") as file:
                head = file.read(_HEAD)
            if not head.startswith(b"{") or _is_document(head):
                return None
            packed = plain != self.path and self._is_parquet()
            some = self._rows if packed else self._some
            return bulk_statements(connection, table, plain, self._longest, some)

    def _is_parquet(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC

    def _some(self, wanted: Callable[[list[bytes]], list[bool]]) -> Iterator[Page]:
        blocks = Blocks(self.path)
        yield from self._lines(_lines_of(iter(blocks), self._longest), blocks, wanted)

    def _rows(self, wanted: Callable[[list[bytes]], list[bool]] | None = None) -> Iterator[Page]:
        part = self._part if isinstance(self._part, RowGroups) else None
        rows = ParquetStatements(self.path, part)
        # Texts in Parquet need not be UTF-8, whatever it says of them.
        yield from self._lines(((found, False, True) for found in rows), rows, wanted)

    def _lines(
        self,
        found_lines: Iterable[tuple[list[bytes], bool, bool]],
        source: Blocks | ParquetStatements,
        wanted: Callable[[list[bytes]], list[bool]] | None = None,
    ) -> Iterator[Page]:
        """All lines, or those of which ``wanted`` says so."""
        page = _Page(str(self.path))
        record, before = page.mapper.record, 0
        for lines, healthy, ended in found_lines:
            numbered: Iterable[tuple[int, bytes]] = enumerate(lines, before + 1)
            before += len(lines)
            page.lines += len(lines)
            if wanted is not None:
                numbered = compress(numbered, wanted(lines))
            for number, line in numbered:
                if len(line) > self._longest:
                    page.reject(
                        number,
                        f"expected a line of at most {self._longest:,} bytes, found a longer one",
                        line,
                    )
                    continue
                if not healthy and not _is_utf8(line):
                    page.reject(number, not_utf8(line), line)
                    continue
                try:
                    if (found := record(line)) is not None:
                        page.records.append(found)
                except UnusableStatement as error:
                    if not line.strip():
                        continue
                    reason = str(error)
                    if not ended and source.damage:
                        reason, source.damage = f"{source.damage}; this line is not whole", ""
                    elif not ended and "cut short" in reason:
                        reason = Damage.CUT.value
                    page.reject(number, reason, line)
            if len(page.records) >= PAGE or len(page.rejects) >= PAGE:
                yield page.take(source.position)
        if source.damage:
            page.reject(None, source.damage)
        yield from page.last(source.position, part=self._part is not None)

    def _values(self, blocks: Iterator[bytes], source: Blocks) -> Iterator[Page]:
        page = _Page(str(self.path))
        for number, (raw, damage) in enumerate(Values(blocks, self._longest), 1):
            if damage is Damage.UNCLOSED:
                if not source.damage:
                    page.reject(None, damage.value)
            elif damage is Damage.CUT and source.damage:
                page.reject(number, f"{source.damage}; this statement is not whole", raw)
                source.damage = ""
                break
            elif damage is not None:
                page.reject(number, damage.value.format(limit=self._longest), raw)
                if damage is Damage.CUT:
                    break
            elif not _is_utf8(raw):
                page.reject(number, not_utf8(raw), raw)
            else:
                try:
                    if (found := page.mapper.record(raw)) is not None:
                        page.records.append(found)
                except UnusableStatement as error:
                    page.reject(number, str(error), raw)
            if len(page.records) >= PAGE or len(page.rejects) >= PAGE:
                yield page.take(source.position)
        if source.damage:
            page.reject(None, source.damage)
        yield from page.last(source.position)


class _Page:
    """What was read since the last page."""

    def __init__(self, place: str) -> None:
        self.mapper = Mapper()
        self.records: list[Record] = []
        self.rejects: list[Reject] = []
        self.lines = 0
        self._place = place

    def reject(self, number: int | None, reason: str, raw: bytes = b"") -> None:
        self.rejects.append(Reject(self._place, number, reason, bytes(raw[:_KEPT])))

    def take(self, position: int) -> Page:
        """The page so far; a new one begins."""
        page = Page(
            records=self.records,
            rejects=self.rejects,
            labels=self.mapper.labels,
            bytes_read=position,
            lines=self.lines,
        )
        self.records, self.rejects, self.mapper.labels, self.lines = [], [], {}, 0
        return page

    def last(self, position: int, *, part: bool = False) -> Iterator[Page]:
        # Of a part all lines are told, for the next one is numbered by them.
        if self.records or self.rejects or self.mapper.labels or (part and self.lines):
            yield self.take(position)


def _other_format(head: bytes) -> str:
    """What a file that begins so is, where it is surely no JSON; ``""`` where it may be."""
    text = head.lstrip().lower()
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head[:4]:
        return "text that is not UTF-8 (UTF-16?); save it as UTF-8"
    if text.startswith((b"<!doctype html", b"<html")):
        return "an HTML page; is it a login page?"
    if text.startswith(b"<"):
        return "XML or HTML; export the statements as JSON"
    if head.startswith(b"PK\x03\x04"):
        return "a zip archive; unpack it first"
    return ""


def _is_lines(head: bytes) -> bool:
    """Whether a file that begins so holds a statement a line, and is not packed."""
    start = head.removeprefix(_BOM)[:_HEAD]
    return not (is_gzip(head) or _other_format(start) or _is_document(start))


def _is_document(head: bytes) -> bool:
    """Whether the file is a list or a value over several lines, rather than a statement a line."""
    text = head.lstrip()
    if text.startswith(b"["):
        return True
    if text.startswith(b"{"):
        if b'"statements"' in text[:200].split(b"[")[0]:
            return True
        # A statement a line ends its first line with }, unless that line is damaged; then the
        # second line still begins with {.
        line, newline, more = text.partition(b"\n")
        return (
            bool(newline) and line.rstrip()[-1:] in b"{[,:" and not more.lstrip().startswith(b"{")
        )
    return False


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():  # ten times as fast, and most are
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines_of(blocks: Iterator[bytes], longest: int) -> Iterator[tuple[list[bytes], bool, bool]]:
    """Lines without their ends, whether all are UTF-8, and whether the last one had an end.

    Of a line that is too long only the first ``longest`` + 1 bytes come out.
    """
    tail = bytearray()
    for block in blocks:
        cut = block.rfind(b"\n")
        if cut >= 0:
            first = block.find(b"\n")
            tail += block[: min(first, longest + 1 - len(tail))]
            text = bytes(tail) + block[first:cut]
            yield text.split(b"\n"), _is_utf8(text), True
            tail = bytearray()
        tail += block[cut + 1 : cut + 1 + max(0, longest + 1 - len(tail))]
    if tail:
        text = bytes(tail)
        yield [text], _is_utf8(text), False
