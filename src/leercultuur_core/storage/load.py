"""Records of whole files, put aside in DuckDB until they are written into a store.

What is put aside is mostly hashed, masked and packed as the store keeps it; people are numbers in it.
Ids, groups and what could not be read are as they came, until the load is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar

import duckdb
import msgspec
import pyarrow as pa
from attrs import evolve, field, frozen

from ..activity.activity import Activity, Record, Retraction, content_digest, utc_day
from ..activity.evidence import EvidenceRules
from .identifier import Identifier, masked
from .interned import Shape
from .lock import locked
from .pages import RejectLike, _no_garbage_collection
from .payload import unpack

TOGETHER = 200_000
"""So many records are written in one transaction, or a day of more: one to three seconds in which
another writer waits."""

MEMORY = "500MB"
"""What the records that are put aside may take; the rest goes to the temporary folder."""

_FOLDER = "leercultuur-load-"
_LOCK, _TABLES = "lock", "tables"

_PAGE = 50_000  # records that go the way of a page together
_BATCH = 10_000

_ROWS = pa.schema(
    [
        ("number", pa.int64()),  # in the order of the files
        ("id", pa.binary()),
        ("digest", pa.binary()),
        ("older", pa.list_(pa.binary())),  # its digests under older keys
        ("content", pa.binary()),
        ("who", pa.int32()),
        ("facet", pa.int32()),
        ("day", pa.int32()),
        ("revision", pa.int64()),
        ("occurred", pa.binary()),
        ("shape", pa.int32()),
        ("rest", pa.binary()),
    ]
)
_BESIDE = pa.schema(
    [
        ("number", pa.int64()),
        ("digest", pa.binary()),
        ("retracts", pa.bool_()),
        ("record", pa.binary()),
    ]
)
_REJECTS = pa.schema(
    [("place", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("raw", pa.binary())]
)
_TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "int32": "INTEGER",
    "bool": "BOOLEAN",
    "binary": "BLOB",
}

# Ids with one content stand once in `once`, with how many times they came; all others are `apart`.
_SORT = """
CREATE TABLE repeated AS SELECT digest FROM records GROUP BY digest HAVING count(*) > 1;
CREATE TABLE apart AS SELECT digest FROM beside UNION
    SELECT digest FROM records SEMI JOIN repeated USING (digest) GROUP BY digest
    HAVING min(revision) <> max(revision) OR min(content) <> max(content);
CREATE TABLE once AS
    SELECT *, 1::BIGINT AS times FROM records
        ANTI JOIN repeated USING (digest) ANTI JOIN apart USING (digest)
    UNION ALL SELECT records.*, firsts.times FROM records JOIN (
        SELECT min(number) AS number, count(*) AS times FROM records
        SEMI JOIN repeated USING (digest) ANTI JOIN apart USING (digest) GROUP BY digest
    ) AS firsts ON records.number = firsts.number
    ORDER BY day, number;
CREATE TABLE several AS FROM records SEMI JOIN apart USING (digest);
DROP TABLE records;
"""
_APART = """
SELECT digest, id, who, facet, revision, occurred, shape, rest, record, retracts, number FROM (
    SELECT digest, id, who, facet, revision, occurred, shape, rest, number FROM several
    UNION ALL BY NAME SELECT digest, number, record, retracts FROM beside
) WHERE hash(digest) % {shares} = {share} ORDER BY digest, number
"""
_encode = msgspec.msgpack.Encoder().encode
_activity = msgspec.msgpack.Decoder(Activity).decode
_retraction = msgspec.msgpack.Decoder(Retraction).decode
PAYLOAD = _encode((None,) * 8)[:1]
"""How a payload of eight values begins; the values follow as they are (`leercultuur_core.storage.payload`)."""

_Key = TypeVar("_Key")


class _Numbers(dict[_Key, int], Generic[_Key]):
    """A value → its number, from 0; another value gets the next."""

    def __init__(self) -> None:
        super().__init__()
        self.values_by_number: list[_Key] = []

    def __missing__(self, key: _Key) -> int:
        number = self[key] = len(self.values_by_number)
        self.values_by_number.append(key)
        return number


@frozen
class Part:
    """What is written in one transaction: the days ``start`` to ``end``, where there are any, and of
    what is apart the ids that ``share`` names, as a number from 0 of how many. The first share has
    what could not be read with it."""

    start: int = 0
    end: int = -1
    share: tuple[int, int] | None = None


class Load:
    """Records that are put aside, to be written into a store. Make one with `loading`."""

    def __init__(self, connection: Any, rules: EvidenceRules, identify: Identifier) -> None:
        self.connection = connection
        self.rules = rules
        self.identify = identify
        self.people = _Numbers[tuple[str, ...]]()
        self.facets = _Numbers[tuple[str, str, str | None]]()
        """(source, topic, kind); without a kind where no rule reads the activity."""
        self.shapes = _Numbers[Shape]()
        self.rejected = 0
        self._count = 0
        for name, schema in (("records", _ROWS), ("beside", _BESIDE), ("rejects", _REJECTS)):
            columns = ", ".join(f"{field.name} {_sql_type(field.type)}" for field in schema)
            connection.execute(f"CREATE TABLE {name} ({columns})")

    def add(self, records: Iterable[Record], rejects: Iterable[RejectLike] = ()) -> None:
        """Puts a page aside: its records, and what could not be read."""
        page = list(enumerate(records, self._count))
        self._count += len(page)
        hashed = self.identify.of_ids({record.id for _, record in page})
        alone: list[tuple[int, Activity]] = []
        beside: list[tuple[Any, ...]] = []
        for number, record in page:
            retracts = isinstance(record, Retraction)
            if isinstance(record, Retraction) or record.group:
                beside.append((number, hashed[0][record.id][0], retracts, _encode(record)))
            else:
                alone.append((number, record))
        with _no_garbage_collection():
            self.insert("records", _ROWS, self._columns(alone, hashed))
        self.insert("beside", _BESIDE, list(zip(*beside, strict=True)))
        kept = [(one.place, one.line, one.reason, one.raw) for one in rejects]
        self.rejected += len(kept)
        self.insert("rejects", _REJECTS, list(zip(*kept, strict=True)))

    def _columns(
        self, alone: list[tuple[int, Activity]], hashed: Sequence[Any]
    ) -> list[Sequence[Any]]:
        records = [record for _, record in alone]
        both = [hashed[0][record.id] for record in records]
        kind_of, facets, shapes, people = self.rules.kind, self.facets, self.shapes, self.people
        older: list[Any] = [None] * len(records)
        if len(hashed) > 1:
            older = [[some[record.id][0] for some in hashed[1:]] for record in records]
        return [
            [number for number, _ in alone],
            [record.id.encode("utf-8", "surrogatepass") for record in records],
            [digest for digest, _ in both],
            older,
            masked([content_digest(record) for record in records], [mask for _, mask in both]),
            [people[record.identities] for record in records],
            [facets[record.source, record.topic, kind_of(record)] for record in records],
            [utc_day(record.occurred_at) for record in records],
            [record.revision for record in records],
            [_encode(record.occurred_at) for record in records],
            [
                shapes[record.verb, record.object_type, record.context_types, record.required]
                for record in records
            ],
            [_rest(record) for record in records],
        ]

    def insert(self, table: str, schema: pa.Schema, columns: Sequence[Sequence[Any]]) -> None:
        """Adds rows, given as columns, to a table of the load."""
        if not columns or not columns[0]:
            return
        arrays = [
            pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)
        ]
        self.connection.register("page", pa.record_batch(arrays, schema=schema))
        self.connection.execute(f"INSERT INTO {table} FROM page")
        self.connection.unregister("page")

    def parts(self, together: int = TOGETHER) -> list[Part]:
        """Sorts what was put aside, once all is there; gives what to write, in the order of time. All
        is one part where it is no more than ``together`` records; else a day is never divided."""
        self.run(_SORT)
        days = self.run("SELECT day, count(*) FROM once GROUP BY day ORDER BY day")
        ((apart,),) = self.run(
            "SELECT (SELECT count(*) FROM several) + (SELECT count(*) FROM beside)"
        )
        if apart + sum(count for _, count in days) <= together:
            start, end = (days[0][0], days[-1][0]) if days else (0, -1)
            return [Part(start, end, share=(0, 1))]
        shares = max(1, -(-apart // together))
        parts = [Part(share=(share, shares)) for share in range(shares)]
        size = together
        for day, count in days:
            if size + count > together:
                parts.append(Part(day, day))
                size = 0
            parts[-1] = evolve(parts[-1], end=day)
            size += count
        return parts

    def rejects(self) -> Iterator[list[KeptAside]]:
        """What could not be read, some thousands at a time."""
        for columns in self.batches("SELECT place, line, reason, raw FROM rejects"):
            yield [KeptAside(*row) for row in zip(*columns, strict=True)]

    def apart(self, share: int, shares: int) -> Iterator[list[Record]]:
        """Records of ids that are not once in ``once``, those of one id together."""
        page: list[Record] = []
        last = None
        for columns in self.batches(_APART.format(share=share, shares=shares)):
            for digest, *parts, record, retracts, _ in zip(*columns, strict=True):
                if len(page) >= _PAGE and digest != last:
                    yield page
                    page = []
                last = digest
                if record is None:
                    page.append(self.activity(*parts))
                else:
                    page.append(_retraction(record) if retracts else _activity(record))
        if page:
            yield page

    def activity(
        self,
        one: bytes,
        who: int,
        facet: int,
        revision: int,
        occurred: bytes,
        shape: int,
        rest: bytes,
    ) -> Activity:
        """The activity that a row was made of."""
        source, topic, _ = self.facets.values_by_number[facet]
        seen = unpack(
            PAYLOAD + occurred + _encode(0) + rest,
            {0: self.shapes.values_by_number[shape]},
            source=source,
            topic=topic,
        )
        return msgspec.structs.replace(
            seen,
            id=one.decode("utf-8", "surrogatepass"),
            identities=self.people.values_by_number[who],
            revision=revision,
        )

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Runs ``sql``; gives all rows of its last statement."""
        rows: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        return rows

    def table(self, name: str, rows: pa.Table) -> None:
        """Makes a table of ``rows``, in place of what it was."""
        self.connection.register("page", rows)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM page")
        self.connection.unregister("page")

    def batches(self, sql: str) -> Iterator[list[list[Any]]]:
        """What ``sql`` gives, as columns, some thousands of rows at a time."""
        with self.connection.cursor() as cursor:
            for batch in cursor.sql(sql).to_arrow_reader(_BATCH):
                yield [column.to_pylist() for column in batch.columns]


@frozen
class KeptAside:
    """Something that could not be read, as a reader handed it over."""

    place: str
    line: int | None
    reason: str
    raw: bytes = field(repr=False)


@contextmanager
def loading(rules: EvidenceRules, identify: Identifier, *, memory: str = MEMORY) -> Iterator[Load]:
    """An empty `Load`; what it holds is gone at the end.

    ``memory`` is how much of it may be in memory (``"700MB"``); the rest is in a temporary folder.
    What loads that were killed left in theirs is taken away first.
    """
    with _temporary_folder() as folder:
        config: dict[str, Any] = {"temp_directory": str(folder), "memory_limit": memory}
        with duckdb.connect(config=config) as connection:
            yield Load(connection, rules, identify)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """A folder that only this user can read, gone at the end; those of processes that ended without
    taking theirs away are gone too."""
    with TemporaryDirectory(prefix=_FOLDER) as name, locked(Path(name, _LOCK)):
        _remove_left(Path(name))
        tables = Path(name, _TABLES)
        tables.mkdir()
        yield tables


def _remove_left(own: Path) -> None:
    """Removes the folders beside ``own`` of this user's processes that are no more: the lock dies
    with its process, also in another container. A folder without tables may be about to be locked."""
    for tables in own.parent.glob(f"{_FOLDER}*/{_TABLES}"):
        folder = tables.parent
        with suppress(OSError):  # somebody else's, or just now gone
            if folder.lstat().st_uid != own.stat().st_uid:
                continue
            with locked(folder / _LOCK) as left:
                pass
            if left:
                rmtree(folder, ignore_errors=True)  # another load may be at it too


def _rest(record: Activity) -> bytes:
    """What follows the shape in a payload."""
    return _encode(
        (
            record.object_id,
            record.completion,
            record.success,
            record.score,
            record.answer,
            record.stored_at,
        )
    )[1:]


def _sql_type(type_: pa.DataType) -> str:
    if pa.types.is_list(type_):
        return f"{_sql_type(type_.value_type)}[]"
    return _TYPES[str(type_)]


__all__ = ["MEMORY", "PAYLOAD", "TOGETHER", "KeptAside", "Load", "Part", "loading"]
