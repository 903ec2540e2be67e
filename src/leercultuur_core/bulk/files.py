"""Files into DuckDB: by SQL where a reader has it, by its pages where it has not, and the fold of all.

What a reader puts into a table itself is only what SQL can read surely. Ids that SQL finds with two
contents, in one file or over several, go by the reader too: which of them counts is decided by a
digest of what was mapped, and that is Python's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from attrs import Factory, define

from ..activity.evidence import EvidenceRules
from ..errors import SourceUnavailable
from ..extension import Bulk, FileSource, Page
from ..phases import Parameters
from .columns import RECORDS, record_batch
from .estimating import Write, estimates
from .expression import FACTS, THINGS, Hash, numbered, rule_table
from .folded import Folded, fold_tables

_READ = "records"


def _hash(value: Any) -> Any:
    """DuckDB's own hash."""


duckdb_hash: Hash = ibis.udf.scalar.builtin(name="hash", signature=((None,), "uint64"))(_hash)


@define
class Files:
    """Files that were read into a DuckDB connection, and what became of them.

    ``unreadable`` are the errors of files of which nothing could be read, in their order.
    """

    connection: Any
    unreadable: list[SourceUnavailable] = Factory(list)
    _bulks: list[tuple[FileSource, Bulk | None]] = Factory(list)

    def pages(self, readers: Sequence[FileSource]) -> Iterator[Page]:
        """Reads ``readers`` into the connection. The pages say what was kept aside; their records
        are those that went by Python."""
        self.connection.execute(_create(_READ))
        self._bulks = [
            (reader, reader.bulk(self.connection, f"bulk_{number}"))
            for number, reader in enumerate(readers)
        ]
        touched = self._touched()
        for reader, bulk in self._bulks:
            if bulk is not None:
                yield Page(labels=bulk.labels)
            try:
                for page in reader.pages() if bulk is None else bulk.rest(touched):
                    self._insert(page)
                    yield page
            except SourceUnavailable as error:
                self.unreadable.append(error)
        # An id that SQL took from one file and Python from another: both by Python.
        if also := self._read_twice(touched):
            for _, bulk in self._bulks:
                # With what was read before, once more: that counts once.
                for page in bulk.rest(also) if bulk is not None else ():
                    self._insert(page)
            touched |= also
        self._leave_out(touched)

    def fold(self, rules: EvidenceRules) -> Folded:
        """The fold of all that was read. Raises `leercultuur_core.bulk.folded.HashCollision`."""
        backend = ibis.duckdb.from_connection(self.connection)
        records = numbered(backend.table(_READ), duckdb_hash)
        facts, things = records.select(*FACTS), records.select("thing", *THINGS)
        for _, bulk in self._bulks:
            if bulk is not None:
                facts = facts.union(backend.table(bulk.facts).select(*FACTS))
                things = things.union(backend.table(bulk.things).select("thing", *THINGS))
        return self._fold(backend, facts, things, rules)

    def fold_parquet(self, paths: str, rules: EvidenceRules) -> Folded:
        """The fold of Parquet files of `leercultuur_core.bulk.columns.RECORDS`; ``paths`` may be a
        pattern. Raises `leercultuur_core.bulk.folded.HashCollision`."""
        backend = ibis.duckdb.from_connection(self.connection)
        self.connection.read_parquet(paths).create_view("parquet", replace=True)
        records = numbered(backend.table("parquet"), duckdb_hash)
        things = records.select("thing", *THINGS)
        return self._fold(backend, records.select(*FACTS), things, rules)

    def _fold(
        self, backend: Any, facts: ir.Table, things: ir.Table, rules: EvidenceRules
    ) -> Folded:
        self.connection.register("rules", rule_table(rules))

        def keep(table: ir.Table, name: str) -> ir.Table:
            sql = backend.compile(table)
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
            return backend.table(name)

        return fold_tables(facts, things, backend.table("rules"), duckdb_hash, keep)

    def lines(
        self,
        folded: Folded,
        write: Write,
        *,
        at: datetime,
        parameters: Parameters,
        labels: Mapping[str, str] | None = None,
    ) -> Iterator[str]:
        """What ``write`` says of everybody's estimate, by identifier."""
        for part in estimates(folded, at=at, parameters=parameters, labels=labels):
            yield from map(write, part.values())

    def _insert(self, page: Page) -> None:
        if page.records:
            self._write(_READ, record_batch(page.records))

    def _write(self, table: str, batch: Any) -> None:
        self.connection.register("page", batch)
        self.connection.execute(f"INSERT INTO {table} FROM page")
        self.connection.unregister("page")

    def _touched(self) -> frozenset[str]:
        """Ids that SQL cannot decide, in all files together."""
        bulks = [bulk for _, bulk in self._bulks if bulk is not None]
        touched = frozenset[str]().union(*(bulk.doubtful for bulk in bulks))
        if not bulks:
            return touched
        lines = " UNION ALL ".join(f"SELECT line, content FROM {one.facts}" for one in bulks)  # noqa: S608
        # By hash first: that takes a third of the room, and what remains is little.
        two = f"""
            WITH lines AS ({lines}), again AS (
                SELECT hash(line) AS key FROM lines GROUP BY key HAVING min(content) <> max(content)
            )
            SELECT line FROM lines WHERE hash(line) IN (FROM again)
            GROUP BY line HAVING min(content) <> max(content)
        """  # noqa: S608
        return touched.union(line for (line,) in self.connection.execute(two).fetchall())

    def _read_twice(self, touched: frozenset[str]) -> frozenset[str]:
        """Ids that both a table and Python's records hold, beside ``touched``."""
        found: set[str] = set()
        for _, bulk in self._bulks:
            if bulk is not None:
                both = f"SELECT id FROM {_READ} WHERE NOT retracts AND id IN (SELECT line FROM {bulk.facts})"  # noqa: S608
                found.update(name for (name,) in self.connection.execute(both).fetchall())
        return frozenset(found - touched)

    def _leave_out(self, touched: frozenset[str]) -> None:
        if not touched:
            return
        self.connection.register("touched", pa.table({"line": sorted(touched)}))
        for _, bulk in self._bulks:
            if bulk is not None:
                self.connection.execute(
                    f"DELETE FROM {bulk.facts} WHERE line IN (FROM touched)"  # noqa: S608
                )
        self.connection.unregister("touched")


def _create(table: str) -> str:
    columns = ", ".join(f"{field.name} {_sql_type(field.type)}" for field in RECORDS)
    return f"CREATE OR REPLACE TEMP TABLE {table} ({columns})"


def _sql_type(type_: pa.DataType) -> str:
    if pa.types.is_list(type_):
        return f"{_sql_type(type_.value_type)}[]"
    return {"string": "VARCHAR", "int64": "BIGINT", "int32": "INTEGER", "bool": "BOOLEAN"}[
        str(type_)
    ]
