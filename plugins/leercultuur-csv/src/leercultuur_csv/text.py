"""A file of text as records of cells: encodings, line ends, quotes. Memory is bounded by one record.

The encoding is never guessed from statistics: a byte order mark decides; without one the text is
UTF-8 if every byte of it is, else Windows-1252; a file that is both in places is refused.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Literal, NamedTuple

from leercultuur_core import SourceUnavailable

Encoding = Literal["auto", "utf-8", "windows-1252", "utf-16"]
Delimiter = Literal["auto", ";", ",", "\t", "|"]

DELIMITERS = (";", ",", "\t", "|")

LONGEST = 120 * 1024
"""Characters in a record; a longer one is rejected. Below the csv module's own limit for a cell."""

MOST_LINES = 200
"""Lines in a record; when a quote is open for longer, it was never meant to be closed."""

_BLOCK = 1 << 18
_GZIP = b"\x1f\x8b"
_NOT_TABLES = (
    (b"PK\x03\x04", "an Excel workbook or zip archive; save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV"),
    (b"PAR1", "a Parquet file with another name; let its name end in .parquet"),
    (b"%PDF", "a PDF; export the table as CSV"),
    (b"\xff\xfe\x00\x00", "UTF-32; save it as UTF-8"),
)
_EMPTY = " ;,\t|\r\n"
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_HIGH = re.compile(r"[\x80-\ud7ff\ue000-\U0010ffff]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
"""What stands in a text for a byte that its encoding does not have."""


class Record(NamedTuple):
    """The cells of a record, the line it begins at, its text; or why it has none."""

    line: int | None
    cells: list[str]
    text: str = ""
    reason: str = ""
    ended: bool = True
    """Whether a line end came after it: the last record of a file that is cut short has none."""


class TextTable:
    """The records of ``path``. ``position`` is how far it was read, in bytes on disk."""

    def __init__(self, path: Path, encoding: Encoding, delimiter: Delimiter) -> None:
        self.path = path
        self.position = 0
        self._encoding = encoding
        self._delimiter: Delimiter = delimiter

    def records(self, found: Callable[[list[str]], int]) -> Iterator[Record]:
        """All records, the headings first; once.

        ``found`` says how many of the headings looked for are among those it is given: under
        ``auto`` the delimiter is the one that finds most. Raises `SourceUnavailable` where the file
        cannot be opened or is no text.
        """
        try:
            encoding = self._encoding_of()
            file = self.path.open("rb")
        except (OSError, ValueError, EOFError, zlib.error) as error:
            raise SourceUnavailable(f"{self.path}: cannot be read ({_why(error)})") from None
        number = 0
        with (
            file,
            _unzipped(file) as stream,
            io.TextIOWrapper(stream, encoding, "surrogateescape", newline="") as text,
        ):
            try:
                for record in self._split(_lines(text), found):
                    number = record.line or number
                    self.position = file.tell()
                    yield record
            except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
                # UTF-16 that breaks off within a character is no text even with replacements.
                reason = f"reading stopped after line {number}: {_why(error)}"
                yield Record(None, [], reason=reason)
            self.position = file.tell()

    def _encoding_of(self) -> str:
        with self.path.open("rb") as file, _unzipped(file) as stream:
            head = stream.read1(512)  # not read(): of a gzip that is cut, what there is
            self._refuse(head)
            encoding = _by_mark(head) or self._encoding.replace("auto", "")
            return encoding or self._by_bytes(head, stream)

    def _refuse(self, head: bytes) -> None:
        start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
        found = next((what for magic, what in _NOT_TABLES if head.startswith(magic)), "")
        if start.startswith(b"<"):
            found = "a web page or XML; is it a login page?"
        elif start.startswith((b"{", b"[{")):
            found = "JSON"
        elif not _by_mark(head) and self._encoding != "utf-16" and b"\0" in head:
            found = 'bytes that are no text (UTF-16 without a mark? set encoding = "utf-16")'
        if found:
            raise SourceUnavailable(f"{self.path}: expected a table as text, found {found}")

    def _by_bytes(self, head: bytes, stream: gzip.GzipFile | BufferedReader) -> str:
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        high = broken = False
        block = head
        while block:
            text = decoder.decode(block)
            if not text.isascii():
                high = high or _HIGH.search(text) is not None
                broken = broken or SURROGATE.search(text) is not None
            try:
                block = stream.read1(_BLOCK)
            except (EOFError, zlib.error):
                break  # reading it once more says where
        broken = broken or SURROGATE.search(decoder.decode(b"", final=True)) is not None
        if high and broken:
            raise SourceUnavailable(
                f"{self.path}: expected one encoding, found UTF-8 and something else in one file; "
                "say in encoding which it is"
            )
        return "windows-1252" if broken else "utf-8"

    def _split(self, lines: Iterator[str], found: Callable[[list[str]], int]) -> Iterator[Record]:
        numbered = _Numbered(lines)
        delimiter: str = self._delimiter
        first = numbered.take()
        # Excel's own way to say it, which it also leaves out of what it shows.
        said = _SEPARATOR_LINE.fullmatch(first) if first else None
        if said and delimiter == "auto":
            delimiter = said[1]
        if said is None and first is not None:
            numbered.back([first])
        headings = numbered.take()
        while headings is not None and not headings.strip('"' + _EMPTY):
            headings = numbered.take()
        if headings is None:
            return
        numbered.back([headings])
        if delimiter == "auto":
            splits = {one: next(csv.reader([headings], delimiter=one), []) for one in DELIMITERS}
            delimiter = max(DELIMITERS, key=lambda one: (found(splits[one]), len(splits[one])))
        yield from _records(numbered, delimiter)


def _unzipped(file: BufferedReader) -> gzip.GzipFile | BufferedReader:
    zipped = file.peek(len(_GZIP)).startswith(_GZIP)
    return gzip.GzipFile(fileobj=file) if zipped else file


def _by_mark(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ""


def _lines(stream: io.TextIOWrapper) -> Iterator[str]:
    """Lines with their ends; of one that is too long only the start, without an end."""
    while line := stream.readline(LONGEST + 1):
        if len(line) > LONGEST and line[-1] not in "\r\n":
            while (more := stream.readline(LONGEST)) and more[-1] not in "\r\n":
                pass
        yield line


class _Numbered:
    """Lines with their number, some of which can be put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._waiting: list[str] = []
        self.number = 0

    def take(self) -> str | None:
        """The next line, ``None`` at the end; ``number`` is its number."""
        line = self._waiting.pop() if self._waiting else next(self._lines, None)
        if line is not None:
            self.number += 1
        return line

    def back(self, lines: list[str]) -> None:
        """Puts lines back, to be taken again in the same order."""
        self._waiting.extend(reversed(lines))
        self.number -= len(lines)


def _records(lines: _Numbered, delimiter: str) -> Iterator[Record]:
    quotes = _Quotes(delimiter)
    while (line := lines.take()) is not None:
        number = lines.number
        ended = line[-1] in "\r\n"
        if len(line) > LONGEST:
            reason = f"expected a line of at most {LONGEST:,} characters, found a longer one"
            yield Record(number, [], line, reason)
            continue
        if '"' not in line:
            if line.strip(_EMPTY):
                yield Record(number, line.rstrip("\r\n").split(delimiter), line, ended=ended)
            continue
        more = _rest(lines, quotes, line)
        text = "".join([line, *more]) if more is not None else line
        reason = "expected the quote at the end of a cell, found none" if more is None else ""
        cells: list[str] = []
        if more is not None:
            try:
                cells = next(csv.reader([text], delimiter=delimiter, strict=True), [])
            except csv.Error:
                # A quote that was left open may have swallowed records up to the next quote.
                reason = "expected quotes around whole cells, found one elsewhere"
                lines.back(more)
                text = line
        if reason or any(map(str.strip, cells)):
            yield Record(number, cells, text, reason, ended=text[-1] in "\r\n")


def _rest(lines: _Numbered, quotes: _Quotes, line: str) -> list[str] | None:
    """The lines that ``line`` goes on in, for as long as a quote is open; ``None``, with all of
    them put back, where it is never closed."""
    more: list[str] = []
    size = len(line)
    is_open = quotes.open_after(line, is_open=False)
    while is_open:
        following = lines.take()
        if following is not None:
            more.append(following)
            size += len(following)
        if following is None or len(more) > MOST_LINES or size > LONGEST:
            lines.back(more)
            return None
        is_open = quotes.open_after(following, is_open=True)
    return more


class _Quotes:
    """Whether a quoted cell goes on after the end of a line."""

    def __init__(self, delimiter: str) -> None:
        end = re.escape(delimiter)
        whole = rf'(?:"(?:[^"]++|"")*+"[^{end}]*+|(?!")[^{end}]*+)'
        self._open = re.compile(rf'(?:{whole}{end})*+"(?:[^"]++|"")*+\Z')
        self._close = re.compile(rf'(?:[^"]++|"")*+"[^{end}]*+(?:{end}|\Z)')

    def open_after(self, line: str, *, is_open: bool) -> bool:
        """Whether a quote is open after ``line``, before which one was or was not."""
        start = 0
        if is_open:
            closed = self._close.match(line)
            if closed is None:
                return True
            start = closed.end()
        return self._open.match(line, start) is not None


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file; is the name right?"
    if isinstance(error, IsADirectoryError):
        return "a folder; name the files in it"
    if isinstance(error, PermissionError):
        return "not by you; ask its owner for permission to read"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile):
        return "the compressed data is cut short or damaged"
    return type(error).__name__
