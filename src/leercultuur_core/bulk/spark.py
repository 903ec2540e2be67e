"""Files on Spark: each is read by its reader where Spark runs a task, and the fold is the same.

A task reads one file, or one part of a file that its reader can divide (`FileSource.parts`). The
files must be where all workers see them, under the same path; one that is to be divided also where
this process does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from attrs import Factory, define

from ..activity.evidence import EvidenceRules
from ..errors import SourceUnavailable
from ..extension import FileSource, Page, Reject
from ..phases import Parameters
from .columns import RECORDS, record_batch
from .estimating import PEOPLE, Write, estimate_part, learned_sight, ledger_before
from .expression import FACTS, THINGS, Hash, numbered, rule_table
from .folded import Folded, fold_tables

_ASIDE = pa.schema(
    [
        ("part", pa.int32()),
        ("what", pa.string()),  # record, reject, label, lines or unreadable
        ("line", pa.int64()),
        ("text", pa.string()),
        ("name", pa.string()),
        ("raw", pa.binary()),
    ]
)
PART = 128 * 1024 * 1024
"""About so many bytes are in a part: a second or two of reading, as Spark divides files of its own."""

_ROWS = pa.schema([*_ASIDE, *RECORDS])
_SAID = pa.schema([("learner", pa.string()), ("text", pa.string())])


def _hash(value: Any) -> Any:
    """Spark's own hash of 64 bits; what it calls hash has 32, which collide."""


spark_hash: Hash = ibis.udf.scalar.builtin(name="xxhash64", signature=((None,), "int64"))(_hash)


@contextmanager
def session(master: str = "") -> Iterator[Any]:
    """A Spark session on ``master`` (on all cores of this machine where it is empty), stopped after."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - slow to load

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = (
        SparkSession.builder.appName("leercultuur")
        .master(master or "local[*]")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.showConsoleProgress", "false")
    )
    if not master or master.startswith("local"):
        # The default of 200 is meant for a cluster; here each is a task that waits for a core.
        parts = str(2 * (os.cpu_count() or 1))
        builder = builder.config("spark.sql.shuffle.partitions", parts)
        builder = builder.config("spark.ui.enabled", "false")
    made = builder.getOrCreate()
    try:
        yield made
    finally:
        made.stop()


@define
class SparkFiles:
    """Files read on a Spark session, in parts of ``part`` bytes where their reader knows how.
    ``unreadable`` as in `leercultuur_core.bulk.files.Files`."""

    session: Any
    unreadable: list[SourceUnavailable] = Factory(list)
    part: int = PART
    _rows: Any = None

    def pages(self, readers: Sequence[FileSource]) -> Iterator[Page]:
        """Reads ``readers``, each part of one in a task. The pages, one for each reader, say what was
        kept aside; they hold no records."""
        from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415

        divided = [_parts(reader, self.part) for reader in readers]
        parts = [part for some in divided for part in some]

        def read(numbers: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in numbers:
                for number in batch.column(0).to_pylist():
                    yield from _read(number, parts[number])

        numbers = self.session.range(0, len(parts), numPartitions=max(len(parts), 1))
        rows = numbers.mapInArrow(read, from_arrow_schema(_ROWS)).persist()
        self._rows = rows
        aside = rows.filter("what <> 'record'").select(*_ASIDE.names).toArrow().to_pylist()
        of_part = iter(_by_part(aside, len(parts)))
        for reader, some in zip(readers, divided, strict=True):
            yield self._page(str(reader.path), list(islice(of_part, len(some))))

    def _page(self, place: str, parts: Iterable[Sequence[Mapping[str, Any]]]) -> Page:
        """What was kept aside of one file, from the rows of each of its parts in their order."""
        rejects, labels, unreadable = [], dict[str, str](), list[str]()
        before = 0  # lines in the parts so far
        for rows in parts:
            whole, lines = not unreadable, 0
            for row in rows:
                text, line = row["text"], row["line"]
                match row["what"]:
                    case "reject":
                        # After a part that was not read whole nobody knows which line this is.
                        numbered = line + before if whole and line is not None else None
                        rejects.append(Reject(place, numbered, text, row["raw"]))
                    case "label":
                        labels[row["name"]] = text
                    case "lines":
                        lines += line
                    case "unreadable":
                        unreadable.append(text)
            before += lines
        self.unreadable += map(SourceUnavailable, unreadable[:1])
        return Page(rejects=rejects, labels=labels)

    def fold(self, rules: EvidenceRules) -> Folded:
        """The fold of all that was read. Raises `leercultuur_core.bulk.folded.HashCollision`."""
        return self._fold(self._rows.filter("what = 'record'").select(*RECORDS.names), rules)

    def fold_parquet(self, paths: str, rules: EvidenceRules) -> Folded:
        """The fold of Parquet files of `leercultuur_core.bulk.columns.RECORDS`; ``paths`` may be a
        pattern. Raises `leercultuur_core.bulk.folded.HashCollision`."""
        return self._fold(self.session.read.parquet(paths), rules)

    def _fold(self, records: Any, rules: EvidenceRules) -> Folded:
        backend = ibis.pyspark.connect(self.session)
        named = numbered(_table(backend, records, "records"), spark_hash)
        table = self.session.createDataFrame(rule_table(rules))

        def keep(table: ir.Table, name: str) -> ir.Table:
            frame = self.session.sql(backend.compile(table)).persist()
            # Worked out now, Spark knows how small it is, and sends it to each task where it is joined.
            # Otherwise it guesses by the files, and all facts go over the network to meet it.
            frame.count()
            return _table(backend, frame, name)

        return fold_tables(
            named.select(*FACTS),
            named.select("thing", *THINGS),
            _table(backend, table, "rules"),
            spark_hash,
            keep,
        )

    def lines(
        self,
        folded: Folded,
        write: Write,
        *,
        at: datetime,
        parameters: Parameters,
        labels: Mapping[str, str] | None = None,
    ) -> Iterator[str]:
        """What ``write`` says of everybody's estimate, by identifier. Each part of the people is
        estimated by the task that has their rows."""
        from pyspark.sql import functions as f  # noqa: PLC0415
        from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415

        backend = ibis.pyspark.connect(self.session)
        early = ledger_before(folded.rows, at)
        sight = learned_sight(early, at)
        people = int(early.learner.nunique().to_pyarrow().as_py())
        parts = max(-(-people // PEOPLE), 1)
        rows = self.session.sql(backend.compile(early)).withColumn(
            "part", f.pmod(f.xxhash64("learner"), f.lit(parts))
        )

        def part(table: pa.Table) -> pa.Table:
            found = estimate_part(table, sight, at, parameters, labels)
            said = [write(one) for one in found.values()]
            return pa.table(
                [pa.array([*found], pa.string()), pa.array(said, pa.string())], schema=_SAID
            )

        said = rows.groupBy("part").applyInArrow(part, from_arrow_schema(_SAID))
        for row in said.orderBy("learner").toLocalIterator():
            yield row["text"]


def _table(backend: Any, frame: Any, name: str) -> ir.Table:
    frame.createOrReplaceTempView(f"leercultuur_{name}")
    table: ir.Table = backend.table(f"leercultuur_{name}")
    return table


def _parts(reader: FileSource, size: int) -> Sequence[FileSource]:
    try:
        return reader.parts(size) if reader.path.is_file() else (reader,)
    except OSError:
        return (reader,)  # what is wrong with it the one who reads it says


def _by_part(rows: Iterable[Mapping[str, Any]], parts: int) -> list[list[Mapping[str, Any]]]:
    found: list[list[Mapping[str, Any]]] = [[] for _ in range(parts)]
    for row in rows:
        found[row["part"]].append(row)
    return found


def _read(number: int, reader: FileSource) -> Iterator[pa.RecordBatch]:
    """One part as batches of `_ROWS`: of each page records first, then what was kept aside."""
    try:
        for page in reader.pages():
            if page.records:
                batch = record_batch(page.records)
                aside = _aside(number, [("record", None, None, None, None)] * len(batch))
                yield pa.record_batch([*aside.columns, *batch.columns], schema=_ROWS)
            kept: list[tuple[Any, ...]] = [
                ("reject", one.line, one.reason, None, one.raw) for one in page.rejects
            ]
            kept += [("label", None, text, name, None) for name, text in page.labels.items()]
            if page.lines:
                kept.append(("lines", page.lines, None, None, None))
            if kept:
                yield _without_record(_aside(number, kept))
    except SourceUnavailable as error:
        yield _without_record(_aside(number, [("unreadable", None, str(error), None, None)]))


def _aside(number: int, rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = [[number] * len(rows), *map(list, zip(*rows, strict=True))]
    arrays = [pa.array(one, type=field.type) for one, field in zip(columns, _ASIDE, strict=True)]
    return pa.record_batch(arrays, schema=_ASIDE)


def _without_record(aside: pa.RecordBatch) -> pa.RecordBatch:
    nothing = [pa.nulls(len(aside), field.type) for field in RECORDS]
    return pa.record_batch([*aside.columns, *nothing], schema=_ROWS)
