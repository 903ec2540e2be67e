"""Running statements: plain SQL with plain tuples, the same text for SQLite and PostgreSQL.

Statements use ``?`` and only what both databases read (``ON CONFLICT DO UPDATE``, ``RETURNING``).
Tuples instead of an object per row: a night may bring hundreds of thousands.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from ..errors import StoreError, StoreTrouble

Row = tuple[Any, ...]

CHUNK = 1000
"""Values in one ``IN (…)``: well below every limit, and one statement text for nearly all."""

TOGETHER = 500
"""Rows in one ``VALUES``: half the time of a row a statement; more than this gains nothing."""

# What SQLite's result codes mean to whoever runs the library: beginning of the name → what to do.
_TROUBLES: tuple[tuple[str, StoreTrouble, str], ...] = (
    (
        "SQLITE_BUSY",
        "busy",
        "another run holds it; wait until that is done, or stop it, and run again",
    ),
    ("SQLITE_LOCKED", "busy", "another run holds it; run again when that is done"),
    (
        "SQLITE_READONLY",
        "read-only",
        "it cannot be written to; give this user write access to the file and its folder",
    ),
    ("SQLITE_FULL", "full", "the disk is full; make room and run again"),
    ("SQLITE_CORRUPT", "damaged", "it is damaged; put the last backup back and run again"),
    ("SQLITE_NOTADB", "not-a-store", "it is not a database; check the path in `store`"),
    (
        "SQLITE_CANTOPEN",
        "missing",
        "it cannot be opened; check that the folder exists and that this user may write there",
    ),
    ("SQLITE_IOERR", "failed", "the disk gave an error; check the disk and run again"),
)


def seconds(moment: datetime) -> int:
    """How a moment is stored: whole seconds since 1970, UTC. Raises `ValueError` when naive."""
    if moment.tzinfo is None:
        raise ValueError("expected a time with an offset, found none")
    return int(moment.timestamp() // 1)


def moment(stored: int) -> datetime:
    """The moment of stored `seconds`, in UTC."""
    return datetime.fromtimestamp(stored, UTC)


class Rows:
    """Runs statements in one transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._question = connection.dialect.paramstyle == "qmark"

    def _text(self, sql: str) -> str:
        return sql if self._question else sql.replace("?", "%s")

    def all(self, sql: str, *values: Any) -> list[Row]:
        """All rows that ``sql`` gives, as plain tuples."""
        result = self.connection.exec_driver_sql(self._text(sql), values)
        assert result.cursor is not None  # noqa: S101 - for the type checker
        rows: list[Row] = list(result.cursor.fetchall())
        result.close()
        return rows

    def stream(self, sql: str, *values: Any) -> Iterator[Row]:
        """The rows that ``sql`` gives, ten thousand in memory at a time."""
        result = self.connection.exec_driver_sql(self._text(sql), values)
        assert result.cursor is not None  # noqa: S101 - for the type checker
        while rows := result.cursor.fetchmany(10_000):
            yield from rows
        result.close()

    def first(self, sql: str, *values: Any) -> Row | None:
        """The first row, or ``None``."""
        return next(iter(self.all(sql, *values)), None)

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row; ``None`` where there is no row."""
        row = self.first(sql, *values)
        return None if row is None else row[0]

    def run(self, sql: str, *values: Any) -> int:
        """Changes rows; gives how many."""
        return self.connection.exec_driver_sql(self._text(sql), values).rowcount

    def many(self, sql: str, rows: Sequence[Row]) -> int:
        """Runs ``sql`` once for each of ``rows``; gives how many rows changed."""
        if not rows:
            return 0
        return self.connection.exec_driver_sql(self._text(sql), rows).rowcount

    def insert(self, sql: str, rows: Sequence[Row]) -> None:
        """Inserts ``rows``, many a statement. ``sql`` is an ``INSERT`` with the values of one
        row, ``VALUES (?, …)``, in one place. What it does on a conflict must not change one row
        twice."""
        full = len(rows) - len(rows) % TOGETHER
        if full:
            one = f"({', '.join('?' * len(rows[0]))})"
            together = sql.replace(f"VALUES {one}", f"VALUES {', '.join([one] * TOGETHER)}")
            for start in range(0, full, TOGETHER):
                values = tuple(chain.from_iterable(rows[start : start + TOGETHER]))
                self.connection.exec_driver_sql(self._text(together), values)
        self.many(sql, rows[full:])

    def among(self, sql: str, values: Iterable[Any]) -> Iterator[Row]:
        """The rows of ``sql`` for many ``values``, sorted, so that an index is walked once.

        ``sql`` has ``IN (?)`` in one place; the values go there, a thousand at a time. Or it has
        ``VALUES (?)``, each of them a row of a table of its own: faster where most are not found.
        """
        ordered = sorted(values)
        for start in range(0, len(ordered), CHUNK):
            chunk = ordered[start : start + CHUNK]
            yield from self.all(_with_marks(sql, len(chunk)), *chunk)

    def each_among(self, sql: str, values: Iterable[Any]) -> int:
        """Runs ``sql``, with ``IN (?)`` in it, for many ``values``; gives how many rows changed."""
        ordered = sorted(values)
        changed = 0
        for start in range(0, len(ordered), CHUNK):
            chunk = ordered[start : start + CHUNK]
            changed += self.run(_with_marks(sql, len(chunk)), *chunk)
        return changed


def _with_marks(sql: str, count: int) -> str:
    marks = ",".join("?" * count)
    rows = ",".join(["(?)"] * count)
    return sql.replace("IN (?)", f"IN ({marks})").replace("VALUES (?)", f"VALUES {rows}")


@contextmanager
def store_errors(name: str) -> Iterator[None]:
    """Turns what a database raises inside into a `StoreError` about the store ``name``."""
    try:
        yield
    except DBAPIError as error:
        cause = error.orig
        code = getattr(cause, "sqlite_errorname", "")
        for prefix, trouble, text in _TROUBLES:
            if code.startswith(prefix):
                raise StoreError(f"store {name}: {text}", trouble) from error
        if isinstance(error, OperationalError) and not isinstance(cause, sqlite3.Error):
            text = "it does not answer; check that the database runs and the address is right"
            raise StoreError(f"store {name}: {text}", "failed") from error
        raise
