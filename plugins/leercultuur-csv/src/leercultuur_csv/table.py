"""A table with headings, whatever file it stands in: rows of named cells, and what is no row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from leercultuur_core import SourceUnavailable

from .cells import Cell, fold
from .text import SURROGATE, Delimiter, Encoding, Record, TextTable

_KEPT = 64 * 1024  # characters of a rejected record that are kept for whoever mends it


@frozen
class Row:
    """A row: column of ours → what stands there; without empty cells.

    ``line`` is the line in a file of text, the number of the row in Parquet, both from 1;
    ``reason`` is why it cannot be used, where that is so, and ``text`` the row as it stands there.
    """

    line: int | None
    cells: Mapping[str, Cell] = field(factory=dict, repr=False)
    text: str = field(default="", repr=False)
    reason: str = ""

    @property
    def raw(self) -> bytes:
        """The row as bytes, for a reject."""
        return self.text[:_KEPT].encode("utf-8", "backslashreplace")


class Table(Protocol):
    """Rows of a file; ``position`` is how far it was read, in bytes on disk."""

    @property
    def position(self) -> int: ...

    def rows(self) -> Iterator[Row]:
        """All rows, once. Raises `SourceUnavailable` where the file is no such table."""


@frozen
class Wanted:
    """The columns to read: ours → its heading in the file.

    ``optional`` are headings that may be absent, as those that nobody asked for by name.
    """

    headings: Mapping[str, str]
    optional: bool = False

    def found(self, headings: list[str]) -> int:
        """How many of the headings looked for are among ``headings``."""
        return len({fold(one) for one in headings} & {fold(one) for one in self.headings.values()})

    def places(self, headings: list[str], path: Path) -> dict[str, int]:
        """Column → its place in a row.

        Raises `SourceUnavailable` where one is missing or there twice. Other headings stay out of
        the message: in a file without headings they are somebody's data.
        """
        folded = [fold(one) for one in headings]
        counts = Counter(folded)
        twice = [one for one in self.headings.values() if counts[fold(one)] > 1]
        missing = [one for one in self.headings.values() if not counts[fold(one)]]
        if twice:
            names = ", ".join(f'"{one}"' for one in twice)
            raise SourceUnavailable(
                f"{path}: expected each heading once, found {names} more than once; rename one"
            )
        if len(missing) == len(self.headings) or (missing and not self.optional):
            names = ", ".join(f'"{one}"{_close(one, headings)}' for one in missing)
            raise SourceUnavailable(
                f"{path}: expected the headings {names} on the first line, found {len(headings)} "
                "other cells; say in columns what they are called"
            )
        return {
            ours: folded.index(fold(one))
            for ours, one in self.headings.items()
            if counts[fold(one)]
        }


def _close(heading: str, headings: list[str]) -> str:
    close = get_close_matches(fold(heading), {fold(one) for one in headings}, n=1, cutoff=0.8)
    return f' (is it "{close[0]}"?)' if close else ""


class CsvTable:
    """Rows of a file of text."""

    def __init__(
        self, path: Path, wanted: Wanted, encoding: Encoding = "auto", delimiter: Delimiter = "auto"
    ) -> None:
        self.path = path
        self._wanted = wanted
        self._text = TextTable(path, encoding, delimiter)

    @property
    def position(self) -> int:
        """How far the file was read, in bytes on disk."""
        return self._text.position

    def rows(self) -> Iterator[Row]:
        """All rows but the headings, in order; once."""
        records = self._text.records(self._wanted.found)
        first = next(records, None)
        if first is None:
            raise SourceUnavailable(f"{self.path}: expected headings, found an empty file")
        if first.reason:
            raise SourceUnavailable(f"{self.path}: the headings cannot be read; {first.reason}")
        headings = _without_empty_end(first.cells)
        places = self._wanted.places(headings, self.path)
        for record in records:
            if reason := record.reason or _misfit(record, len(headings)):
                yield Row(record.line, text=record.text, reason=reason)
                continue
            cells = {
                ours: cell
                for ours, place in places.items()
                if place < len(record.cells) and (cell := record.cells[place].strip())
            }
            yield Row(record.line, cells, record.text)


def _without_empty_end(cells: list[str]) -> list[str]:
    """The cells without the empty columns that a spreadsheet adds at the end."""
    count = len(cells)
    while count and not cells[count - 1].strip():
        count -= 1
    return cells[:count]


def _misfit(record: Record, width: int) -> str:
    """Why a record is no row of this table; ``""`` where it is."""
    if not record.text.isascii() and SURROGATE.search(record.text):
        return "expected text in the encoding of the file, found bytes that are none"
    if len(_without_empty_end(record.cells)) > width:
        return f"expected at most {width} cells, found {len(record.cells)}"
    if len(record.cells) < width and not record.ended:
        # Spreadsheets leave out empty cells at the end of a line, but not its end.
        return f"expected {width} cells, found {len(record.cells)} (the file is cut short)"
    return ""


def open_table(
    path: Path, wanted: Wanted, encoding: Encoding = "auto", delimiter: Delimiter = "auto"
) -> Table:
    """The table in ``path``: Parquet where its name ends in ``.parquet``, else text."""
    if path.suffix.lower() == ".parquet":
        from .parquet import ParquetTable  # noqa: PLC0415 - an extra; only who reads Parquet has it

        return ParquetTable(path, wanted)
    return CsvTable(path, wanted, encoding, delimiter)
