"""Moodle's log as a table, by DuckDB: for exports too large to go through in Python.

What a row means is not said a second time here: `leercultuur_moodle.log_kinds` reads each kind of row
once, with the mapper of the reader, and SQL writes the numbers of each row into what it says. A row
goes by the reader

* where it cannot surely be read as columns (`leercultuur_moodle.log_columns`);
* where the mapper refuses its kind, or its time is in no calendar;
* where its id has two contents at one revision, for which of them counts is decided by a digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leercultuur_core.extension import Bulk, Page

from .log_columns import Columns, Unsure, columns_of
from .log_events import READERS
from .log_export import Export
from .log_kinds import KIND, REVISION, SLOTS, TEXTS, Kinds
from .log_mapper import LogMapper
from .log_pages import log_pages

_LAST = 253_402_300_799
"""The last second of the year 9999."""

_THING = ("verb", "object_type", "object_id", "context_types", "required", "answer", "topic")

_MEANING: dict[str, str] = {
    "well": "BOOLEAN",
    "told": "BOOLEAN",
    "retracts": "BOOLEAN",
    "later": "BIGINT",
    "shape": "BIGINT",
    "source": "VARCHAR",
    "verb": "VARCHAR",
    "object_type": "VARCHAR",
    "context_types": "VARCHAR[]",
    "required": "BOOLEAN",
    "answer": "VARCHAR",
    **{
        f"{text}_{piece}": "VARCHAR"
        for text, (most, _) in TEXTS.items()
        for piece in range(most + 1)
    },
    **{
        f"{text}_slot_{slot}": "BIGINT"
        for text, (most, _) in TEXTS.items()
        for slot in range(1, most + 1)
    },
}

_TYPES = {
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
}
_ARROW = pa.schema([(name, _TYPES[type_]) for name, type_ in (KIND | _MEANING).items()])
_EVENTS = pa.array(sorted(READERS))
_ROWS = 100_000
_KINDS = 10_000
"""So many, or a few more, are gone through together."""

_MOST_ODD = 1_000_000
"""With more rows than this that are the reader's, the whole file is: their numbers are kept in memory."""


def bulk_log(connection: Any, table: str, export: Export, mapper: LogMapper) -> Bulk | None:
    """`Bulk` of ``export``. ``None`` where only reading it row by row can sort it out."""
    if "\0" in mapper.names.url:
        return None  # that is how numbers are marked
    tables = _Tables(connection, table, Kinds(mapper))
    try:
        for columns in _together(columns_of(export)):
            tables.add(columns)
            if tables.count("odd") > _MOST_ODD:
                raise Unsure
    except Unsure:
        tables.drop(*tables.all)
        return None
    tables.keep_latest()
    tables.drop("page", "kinds", "read")

    def rest(ids: Set[str]) -> Iterator[Page]:
        rows = tables.beside(ids)
        return log_pages(export, mapper, rows) if rows else iter(())

    return Bulk(f"{table}_facts", f"{table}_things", frozenset(), rest)


def _together(parts: Iterable[Columns]) -> Iterator[Columns]:
    """The rows of events that tell something, many at a time: each time costs the engine something."""
    rows, odd, count = [], [], 0
    for part in parts:
        rows.append(part.rows.filter(pc.is_in(part.rows["eventname"], value_set=_EVENTS)))
        odd.append(part.odd)
        count += len(rows[-1]) + len(part.odd)
        if count >= _ROWS:
            yield Columns(pa.concat_tables(rows), np.concatenate(odd))
            rows, odd, count = [], [], 0
    if rows:
        yield Columns(pa.concat_tables(rows), np.concatenate(odd))


def _tables_sql(table: str) -> str:
    return f"""
CREATE TEMP TABLE {table}_kinds (
    {", ".join(f"{name} {type_}" for name, type_ in (KIND | _MEANING).items())}
);
CREATE TEMP TABLE {table}_facts (
    id VARCHAR, revision BIGINT, retracts BOOLEAN, digest VARCHAR, learner VARCHAR, others VARCHAR[],
    source VARCHAR, thing UBIGINT, day INTEGER, line VARCHAR, content UBIGINT, "row" BIGINT
);
CREATE TEMP TABLE {table}_things (
    thing UBIGINT, verb VARCHAR, object_type VARCHAR, object_id VARCHAR, context_types VARCHAR[],
    required BOOLEAN, answer VARCHAR, topic VARCHAR
);
CREATE TEMP TABLE {table}_odd ("row" BIGINT);
"""


def _page_sql(table: str, kinds: Mapping[str, str]) -> str:
    written = ", ".join(f"{sql} AS {name}" for name, sql in kinds.items())
    return f"""
CREATE OR REPLACE TEMP TABLE {table}_page AS
SELECT "row", {", ".join(SLOTS)}, {written},
    CASE WHEN timecreated BETWEEN 0 AND {_LAST} THEN timecreated END AS seconds
FROM {table}_rows
"""  # noqa: S608 - names of tables and columns are our own


def _same(kinds: Iterable[str]) -> str:
    return " AND ".join(f"page.{name} IS NOT DISTINCT FROM kinds.{name}" for name in kinds)


def _new_kinds_sql(table: str, kinds: Iterable[str]) -> str:
    return f"""
SELECT DISTINCT {", ".join(kinds)} FROM {table}_page AS page
ANTI JOIN {table}_kinds AS kinds ON {_same(kinds)}
"""  # noqa: S608


def _written(text: str) -> str:
    """The text of a row: the pieces, and between them what belongs there."""
    most, columns = TEXTS[text]
    of = " ".join(f"WHEN {SLOTS.index(name) + 1} THEN page.{name}::VARCHAR" for name in columns)
    between = (
        f" || CASE kinds.{text}_slot_{number} {of} ELSE '' END || kinds.{text}_{number}"
        for number in range(1, most + 1)
    )
    return f"kinds.{text}_0{''.join(between)}"


def _read_sql(table: str, kinds: Iterable[str]) -> str:
    texts = ", ".join(f"{_written(text)} AS {text}" for text in TEXTS)
    return f"""
CREATE OR REPLACE TEMP TABLE {table}_read AS
SELECT *, hash({", ".join(_THING)}) AS thing FROM (
    SELECT page."row", seconds, {texts}, seconds * {REVISION} + later AS revision, retracts, shape, source, verb,
        object_type, context_types, required, answer, well AND seconds IS NOT NULL AS well
    FROM {table}_page AS page JOIN {table}_kinds AS kinds ON {_same(kinds)}
    WHERE told IS NOT false
)
"""  # noqa: S608


def _add_sql(table: str) -> str:
    return f"""
INSERT INTO {table}_facts
SELECT id, revision, retracts, NULL, learner, NULL, source, thing, seconds // 86400, id,
    hash(shape, learner, thing, seconds), "row"
FROM {table}_read WHERE well;
INSERT INTO {table}_things
SELECT DISTINCT thing, {", ".join(_THING)} FROM {table}_read WHERE well AND NOT retracts
EXCEPT FROM {table}_things;
INSERT INTO {table}_odd SELECT "row" FROM {table}_read WHERE NOT well;
"""  # noqa: S608


def _keep_latest_sql(table: str) -> str:
    return f"""
DELETE FROM {table}_facts USING (
    SELECT line, max(revision) AS latest FROM {table}_facts
    WHERE hash(line) IN (
        SELECT hash(line) AS key FROM {table}_facts GROUP BY key HAVING min(revision) < max(revision)
    )
    GROUP BY line
) AS again
WHERE {table}_facts.line = again.line AND {table}_facts.revision < again.latest
"""  # noqa: S608


class _Tables:
    """Tables named ``table``… in a DuckDB ``connection``.

    facts, things
        As in `Bulk`; facts have the number of their ``row`` beside.
    odd
        The ``row`` of all that goes by the reader.
    page, kinds, read
        The rows that are being added; the kinds so far with what they mean; those rows as they read.
    """

    all = ("facts", "things", "odd", "page", "kinds", "read")

    def __init__(self, connection: Any, table: str, kinds: Kinds) -> None:
        self._connection = connection
        self._table = table
        self._kinds = kinds
        self._connection.execute(_tables_sql(table))

    def add(self, columns: Columns) -> None:
        """Adds some of the rows. The kinds among them that are new are read."""
        table, kinds = self._table, self._kinds.columns
        with self._registered(f"{table}_some", pa.table({"row": columns.odd})) as odd:
            self._connection.execute(f"INSERT INTO {table}_odd FROM {odd}")
        with self._registered(f"{table}_rows", columns.rows):
            self._connection.execute(_page_sql(table, kinds))
        new = self._connection.sql(_new_kinds_sql(table, kinds)).to_arrow_table()
        for batch in new.to_batches(max_chunksize=_KINDS):
            found = batch.to_pylist()
            read = pa.Table.from_pylist(
                [kind | self._kinds.meaning(kind) for kind in found], _ARROW
            )
            with self._registered(f"{table}_new", read) as view:
                self._connection.execute(f"INSERT INTO {table}_kinds FROM {view}")
        self._connection.execute(_read_sql(table, kinds))
        self._connection.execute(_add_sql(table))

    def keep_latest(self) -> None:
        """Of each id only what stands at its last revision: nothing else can count. What is left may have
        two contents only where there is a conflict."""
        self._connection.execute(_keep_latest_sql(self._table))

    def beside(self, ids: Set[str]) -> frozenset[int]:
        """The rows that are not in the facts, and those of these ids."""
        table = self._table
        with self._registered(
            f"{table}_ids", pa.table({"line": pa.array(sorted(ids), pa.string())})
        ) as view:
            found = self._connection.execute(
                f'SELECT "row" FROM {table}_odd UNION ALL '  # noqa: S608
                f'SELECT "row" FROM {table}_facts WHERE line IN (FROM {view})'
            ).fetchall()
        return frozenset(row for (row,) in found)

    def count(self, name: str) -> int:
        """How many rows the table of this name has."""
        sql = f"SELECT count(*) FROM {self._table}_{name}"  # noqa: S608
        [(rows,)] = self._connection.execute(sql).fetchall()
        return int(rows)

    def drop(self, *names: str) -> None:
        """Drops the tables of these names."""
        for name in names:
            self._connection.execute(f"DROP TABLE IF EXISTS {self._table}_{name}")

    @contextmanager
    def _registered(self, name: str, rows: Any) -> Iterator[str]:
        self._connection.register(name, rows)
        try:
            yield name
        finally:
            self._connection.unregister(name)
