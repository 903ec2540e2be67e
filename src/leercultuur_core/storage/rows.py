"""Running statements: plain SQL with plain tuples, the same text for SQLite and PostgreSQL.

Statements use ``?`` and only what both databases read (``ON CONFLICT DO UPDATE``, ``RETURNING``).
Tuples instead of an object per row: a night may bring hundreds of thousands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain, count
from typing import Any

from sqlalchemy import BigInteger, Connection, LargeBinary

from .schema import metadata

Row = tuple[Any, ...]

CHUNK = 1000
"""Values in one ``IN (…)``: well below every limit, and one statement text for nearly all."""

ARRAY = 10_000
"""Values in one array, in the place of that, for PostgreSQL."""

TOGETHER = 500
"""Rows in one ``VALUES``: half the time of a row a statement; more than this gains nothing."""

# An insert of nothing but its rows.
_PLAIN_INSERT = re.compile(r"INSERT INTO (\w+) \(([\w, ]+)\) VALUES \([?, ]+\)")

_FEW = 20
"""Up to so many rows PostgreSQL is sent one by one: a copy costs more."""


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
        self._streams = count(1)
        self._postgresql = connection.dialect.name == "postgresql"
        self.together = 10 * TOGETHER if self._postgresql else TOGETHER
        """Rows of which `insert` is best given at once, where more could be."""
        self.unless_taken = " FOR UPDATE SKIP LOCKED" if self._postgresql else ""
        """Ends a ``SELECT`` whose rows one takes, and leaves out those that another takes. Where
        there is one writer nobody does."""

    def _text(self, sql: str) -> str:
        return sql.replace("%", "%%").replace("?", "%s") if self._postgresql else sql

    @property
    def _driver(self) -> Any:
        """psycopg's own connection, for what SQLAlchemy has no words for."""
        return self.connection.connection.driver_connection

    def all(self, sql: str, *values: Any) -> list[Row]:
        """All rows that ``sql`` gives, as plain tuples."""
        result = self.connection.exec_driver_sql(self._text(sql), values)
        assert result.cursor is not None  # noqa: S101 - for the type checker
        rows: list[Row] = list(result.cursor.fetchall())
        result.close()
        return rows

    def stream(self, sql: str, *values: Any) -> Iterator[Row]:
        """The rows that ``sql`` gives, ten thousand in memory at a time."""
        if self._postgresql:  # which would send them all at once
            name = f"stream{next(self._streams)}"
            with self._driver.cursor(name) as cursor:
                cursor.execute(self._text(sql), values)
                while rows := cursor.fetchmany(10_000):
                    yield from rows
            return
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

    def clear(self, table: str) -> None:
        """Empties a table that only writers read. PostgreSQL would go on carrying deleted rows, and
        looking them up, until it cleans up; for who reads at this moment it is empty at once."""
        self.run(f"TRUNCATE {table}" if self._postgresql else f"DELETE FROM {table}")  # noqa: S608

    def many(self, sql: str, rows: Sequence[Row]) -> int:
        """Runs ``sql`` once for each of ``rows``; gives how many rows changed."""
        if not rows:
            return 0
        return self.connection.exec_driver_sql(self._text(sql), rows).rowcount

    def insert(self, sql: str, rows: Sequence[Row]) -> None:
        """Inserts ``rows``, many a statement. ``sql`` is an ``INSERT`` with the values of one
        row, ``VALUES (?, …)``, in one place. What it does on a conflict must not change one row
        twice."""
        if self._postgresql and len(rows) > _FEW and (plain := _PLAIN_INSERT.fullmatch(sql)):
            self._copy(plain[1], plain[2], rows)
            return
        full = len(rows) - len(rows) % TOGETHER
        if full:
            one = f"({', '.join('?' * len(rows[0]))})"
            together = sql.replace(f"VALUES {one}", f"VALUES {', '.join([one] * TOGETHER)}")
            for start in range(0, full, TOGETHER):
                values = tuple(chain.from_iterable(rows[start : start + TOGETHER]))
                self.connection.exec_driver_sql(self._text(together), values)
        self.many(sql, rows[full:])

    def _copy(self, table: str, names: str, rows: Sequence[Row]) -> None:
        """PostgreSQL's way of taking in many rows: several times the pace of inserts."""
        columns = [metadata.tables[table].c[name] for name in names.split(", ")]
        with (
            self._driver.cursor() as cursor,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types([_binary(column.type) for column in columns])
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def by_index(self) -> Iterator[None]:
        """Inside, PostgreSQL looks up each value in an index, as SQLite does by itself. Else it
        would rather read a table from end to end, as long as that is not much larger than what is
        asked for: a cost that grows with the log."""
        ways = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
        for way in ways if self._postgresql else ():
            self.run(f"SET LOCAL {way} = off")
        yield
        for way in ways if self._postgresql else ():
            self.run(f"SET LOCAL {way} = on")

    def among(self, sql: str, values: Iterable[Any]) -> Iterator[Row]:
        """The rows of ``sql`` for many ``values``, sorted, so that an index is walked once.

        ``sql`` has ``IN (?)`` in one place; the values go there, a thousand at a time. Or it has
        ``VALUES (?)``, each of them a row of a table of its own: faster where most are not found.
        """
        for text, chunk in self._chunks(sql, values):
            yield from self.all(text, *chunk)

    def each_among(self, sql: str, values: Iterable[Any]) -> int:
        """Runs ``sql``, with ``IN (?)`` in it, for many ``values``; gives how many rows changed."""
        return sum(self.run(text, *chunk) for text, chunk in self._chunks(sql, values))

    def _chunks(self, sql: str, values: Iterable[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
        """``sql`` for some of ``values`` at a time, and these: as a list of marks, or as an array."""
        ordered = sorted(values)
        size = ARRAY if self._postgresql else CHUNK
        for start in range(0, len(ordered), size):
            chunk = ordered[start : start + size]
            if self._postgresql:
                yield _with_array(sql), [chunk]
            else:
                yield _with_marks(sql, len(chunk)), chunk


def _with_marks(sql: str, count: int) -> str:
    marks = ",".join("?" * count)
    rows = ",".join(["(?)"] * count)
    return sql.replace("IN (?)", f"IN ({marks})").replace("VALUES (?)", f"VALUES {rows}")


def _with_array(sql: str) -> str:
    return sql.replace("IN (?)", "= ANY(?)").replace("VALUES (?)", "SELECT unnest(?)")


def _binary(kind: object) -> str:
    """The name that PostgreSQL has for the type of a column."""
    if isinstance(kind, LargeBinary):
        return "bytea"
    return "int8" if isinstance(kind, BigInteger) else "text"
