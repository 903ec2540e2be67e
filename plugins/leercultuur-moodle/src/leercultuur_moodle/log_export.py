"""Moodle's log from a file with the table: CSV, JSON Lines or Parquet."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Set
from io import BufferedReader
from itertools import count
from pathlib import Path
from typing import IO, Any

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import Reject

from .log_events import LogRow

COLUMNS = (
    "id",
    "eventname",
    "timecreated",
    "userid",
    "relateduserid",
    "objectid",
    "courseid",
    "contextlevel",
    "contextinstanceid",
    "component",
    "anonymous",
    "realuserid",
    "other",
)
"""The columns of the table that are read."""

ASKED_FOR = (*COLUMNS, "modname", "username")
"""With those that whoever makes an export may add."""

TEXTS = frozenset({"eventname", "component", "modname", "username", "other"})
MAY_BE_EMPTY = frozenset({"relateduserid", "objectid", "courseid", "anonymous", "realuserid"})
"""Numbers that need not be there."""

ZERO_WHERE_EMPTY = frozenset({"courseid", "anonymous"})
NOTHING = ("\\N", "NULL")
"""What exports write where there is nothing, beside the empty text."""

PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_PAGE = 1000
_LONGEST = 1024 * 1024  # characters in the first line of an export
_EXPECTED = "expected a row of logstore_standard_log, found another"


class Export:
    """The table in the file at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = path.name

    def span(self) -> tuple[int, int]:
        """The first and the last id; 0 where there is none."""
        numbers = [row.id for _, row in self.rows() if isinstance(row, LogRow)]
        return (min(numbers), max(numbers)) if numbers else (0, 0)

    def pages(self, start: int) -> Iterator[tuple[list[LogRow], list[Reject], int]]:
        """Rows after id ``start``, their rejects, and until which id they go."""
        rows: list[LogRow] = []
        rejects: list[Reject] = []
        highest = 0
        for line, one in self.rows():
            if isinstance(one, str):
                rejects.append(Reject(self.place, line, one))
            elif one.id > start:
                rows.append(one)
                highest = max(highest, one.id)
            if len(rows) + len(rejects) >= _PAGE:
                yield rows, rejects, 0  # an export need not be in order: the mark waits for its end
                rows, rejects = [], []
        yield rows, rejects, highest

    def rows(self, only: Set[int] | None = None) -> Iterator[tuple[int, LogRow | str]]:
        """The number of each line or row, with the row or what is wrong with it.

        With ``only``, those with these numbers; each is then on one line. Raises `SourceUnavailable`
        where the file cannot be read.
        """
        why = ""
        try:
            with self.path.open("rb") as file:
                head = file.read(len(PARQUET))
            if head == PARQUET:
                yield from self._from_parquet(only)
            else:
                opened = gzip.open if head.startswith(_GZIP) else open
                with opened(self.path, "rt", encoding="utf-8-sig", newline="") as text:
                    yield from _parsed(text, only)
        except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
            why = type(error).__name__
        if why:
            raise SourceUnavailable(
                f"{self.place}: cannot be read ({why}); is it CSV, JSON Lines or Parquet?"
            )

    def open_bytes(self) -> gzip.GzipFile | BufferedReader:
        """The file, unzipped where it is gzip. Raises `OSError`."""
        with self.path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
        return gzip.open(self.path, "rb") if packed else self.path.open("rb")

    def _from_parquet(self, only: Set[int] | None) -> Iterator[tuple[int, LogRow | str]]:
        try:
            import pyarrow  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
            import pyarrow.parquet  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
        except ImportError:
            raise SourceUnavailable(
                f"{self.place}: expected what reads Parquet, found nothing; "
                "pip install 'leercultuur-core[bulk]'"
            ) from None
        why = ""
        try:
            with pyarrow.parquet.ParquetFile(self.path) as file:
                names = file.schema_arrow.names
                check_columns(names)
                wanted = [name for name in ASKED_FOR if name in names]
                numbers = count(1)
                for batch in file.iter_batches(batch_size=_PAGE, columns=wanted):
                    for one, number in zip(batch.to_pylist(), numbers, strict=False):
                        if only is None or number in only:
                            yield number, _row_or_why(one)
        except pyarrow.ArrowException as error:
            why = type(error).__name__
        if why:
            raise SourceUnavailable(f"{self.place}: cannot be read as Parquet ({why})")


def _parsed(file: IO[str], only: Set[int] | None) -> Iterator[tuple[int, LogRow | str]]:
    first = file.readline(_LONGEST)
    file.seek(0)
    return _from_lines(file, only) if is_object(first) else _from_csv(file, only)


def is_object(first_line: str) -> bool:
    """Whether a file that begins so has a JSON object on each line, and is not CSV."""
    return first_line.lstrip().startswith("{")


def _from_lines(file: IO[str], only: Set[int] | None) -> Iterator[tuple[int, LogRow | str]]:
    for number, line in enumerate(file, 1):
        if only is not None and number not in only:
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            yield number, _EXPECTED
        else:
            yield number, _row_or_why(found)


def _from_csv(file: IO[str], only: Set[int] | None) -> Iterator[tuple[int, LogRow | str]]:
    table = csv.reader(file)
    names = next(table, [])
    check_columns(names)
    if only is None:
        for values in table:
            if values:
                yield table.line_num, _row_or_why(dict(zip(names, values, strict=False)))
        return
    for number, line in enumerate(file, table.line_num + 1):
        if number in only:
            for values in csv.reader([line]):
                if values:
                    yield number, _row_or_why(dict(zip(names, values, strict=False)))


def check_columns(found: Iterable[str]) -> None:
    """Raises `SourceUnavailable` where a column is missing that every site has."""
    missing = set(COLUMNS) - {"realuserid", "anonymous"} - set(found)
    if missing:
        raise SourceUnavailable(
            "the export of Moodle's log: expected the columns of logstore_standard_log on the first "
            f"line; missing: {', '.join(sorted(missing))}"
        )


def _row_or_why(found: Any) -> LogRow | str:
    try:
        return row_of(found)
    except (ValueError, TypeError, KeyError, AttributeError):
        return _EXPECTED


def row_of(found: Mapping[str, Any]) -> LogRow:
    """A row, whichever way its numbers are written. Raises `ValueError`, `TypeError`, `KeyError`."""
    values: dict[str, Any] = {}
    for name in ASKED_FOR:
        value = found.get(name)
        if name in TEXTS:
            # PostgreSQL may give JSON as it is, exports give "null" or \N for nothing.
            values[name] = "" if value in {None, *NOTHING} else _text(value)
        elif value in {None, "", *NOTHING}:
            if name not in MAY_BE_EMPTY:
                raise ValueError(f"{name}: expected a number")
            values[name] = 0 if name in ZERO_WHERE_EMPTY else None
        else:
            values[name] = _number(value)
    if not values["eventname"]:
        raise ValueError("eventname: expected a text")
    if values["id"] < 1:
        raise ValueError("id: expected 1 or more")
    return LogRow(**values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected a text")
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError("expected a whole number")
    return int(value)
