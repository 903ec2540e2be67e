"""A file with a statement a line as a table, by DuckDB: for files too large to go through in Python.

What people, verbs, objects and contexts mean is not said a second time here. DuckDB takes each line
apart and finds the different parts, of which there are few; `Mapper` reads each of those once, as it
does for a file that is read line by line. A line that SQL might see otherwise is left to the reader:

* a part that `Mapper` refuses, a time that is not in the one form that everybody reads alike, an id
  that is no UUID;
* an id with two contents, for which of them counts is decided by a digest;
* what DuckDB takes for JSON and the standard does not (a comma too many, ``NaN``): the decoder of the
  reader goes over the whole file meanwhile, and builds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

import msgspec

from leercultuur_core import GENERAL, PHASE_QUESTION, SourceUnavailable
from leercultuur_core.extension import Bulk, Page

from .blocks import _GZIP, Blocks
from .fields import AnyObject, Context, Result
from .reasons import UnusableStatement
from .statement import _PHASE_IDS, VOIDED, Mapper, _is_uuid

_BLOCK = 1 << 20
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ASCII_ESCAPE = re.compile(rb"\\u00[2-7]")
_PATTERN = re.compile(r"[*?\[{]")
_UUID_SQL = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TIME_SQL = (
    r"(19|20)\d\d-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)"
)
_FINAL = 2**63 - 1

_COLUMNS = """{
    id: 'VARCHAR', actor: 'JSON', verb: 'JSON', object: 'JSON', result: 'JSON', context: 'JSON',
    timestamp: 'VARCHAR', stored: 'VARCHAR', version: 'JSON', authority: 'JSON', attachments: 'JSON'
}"""


# One pass gives both the lines, with a hash in place of each part, and the different parts.
def _take_apart_sql(table: str) -> str:
    return f"""
CREATE OR REPLACE TEMP TABLE {table}_apart AS
SELECT
    CASE grouping_id(actor, verb, object, context, result, version, line)
        WHEN 63 THEN 'actor' WHEN 95 THEN 'verb' WHEN 111 THEN 'object' WHEN 119 THEN 'context'
        WHEN 123 THEN 'result' WHEN 125 THEN 'frame' ELSE 'line'
    END AS part,
    CASE WHEN grouping_id(version) = 0 THEN json_array(version, authority, attachments)
        ELSE coalesce(actor, verb, object, context, result) END::VARCHAR AS text,
    a, v, o, c, r, f, line, moment, stored_well, count(*) AS times
FROM (
    SELECT *, hash(actor) AS a, hash(verb) AS v, hash(object) AS o, hash(context) AS c,
        hash(result) AS r, hash(version, authority, attachments) AS f,
        lower(id) AS line, coalesce("timestamp", stored) AS moment,
        stored IS NULL OR (regexp_full_match(stored, '{_TIME_SQL}')
            AND try_cast(stored AS TIMESTAMPTZ) IS NOT NULL) AS stored_well
    FROM read_ndjson(
        $path, columns = {_COLUMNS}, ignore_errors = $lenient, compression = 'uncompressed',
        hive_partitioning = false, maximum_object_size = $longest
    )
)
GROUP BY GROUPING SETS (
    (actor, a), (verb, v), (object, o), (context, c), (result, r),
    (version, authority, attachments, f), (line, moment, stored_well, a, v, o, c, r, f)
)
"""  # noqa: S608 - names of tables are our own


_TWICE_A_KEY = """
SELECT count(*) FROM read_ndjson_objects(
    $path, ignore_errors = true, compression = 'uncompressed', hive_partitioning = false,
    maximum_object_size = $longest
) WHERE len(json_keys(json)) <> len(list_distinct(json_keys(json)))
"""


def _things_sql(table: str) -> str:
    """What was done with what: one row for each different verb, object, context and result."""
    return f"""
CREATE TEMP TABLE {table}_things AS
SELECT hash(v, o, c, r) AS thing, verb, object_type, object_id, context_types,
    coalesce(thing_required OR place_required, false) AS required,
    CASE WHEN object_id = '{PHASE_QUESTION}' THEN response END AS answer,
    CASE WHEN topic = '{GENERAL}' THEN coalesce(course, topic) ELSE topic END AS topic,
    verb = '{VOIDED}' AS void, own, platform,
    verbs.well AND objects.well AND contexts.well AND results.well
        AND (verb <> '{VOIDED}' OR reference) AS well
FROM (SELECT DISTINCT v, o, c, r FROM {table}_apart WHERE part = 'line')
JOIN {table}_verb AS verbs USING (v)
JOIN {table}_object AS objects USING (o)
JOIN {table}_context AS contexts USING (c)
JOIN {table}_result AS results USING (r)
"""  # noqa: S608


def _facts_sql(table: str) -> str:
    return f"""
CREATE TEMP TABLE {table}_facts AS
SELECT * EXCLUDE (own) FROM (
    SELECT
        CASE WHEN void THEN object_id ELSE line END AS id,
        CASE WHEN void THEN {_FINAL} ELSE 0 END::BIGINT AS revision,
        void AS retracts,
        NULL::VARCHAR AS digest,
        learner, others,
        coalesce(platform, home) AS source,
        thing,
        floor(epoch(try_cast(moment AS TIMESTAMPTZ)) / 86400)::INTEGER AS day,
        line,
        hash(a, v, o, c, r, moment) AS content,
        own AND NOT void AS own,
        actors.well AND things.well AND frames.well AND stored_well
            AND regexp_full_match(moment, '{_TIME_SQL}')
            AND try_cast(moment AS TIMESTAMPTZ) IS NOT NULL AS well
    FROM (
        SELECT *, hash(v, o, c, r) AS thing FROM {table}_apart
        WHERE part = 'line' AND regexp_full_match(line, '{_UUID_SQL}')
    )
    JOIN {table}_actor AS actors USING (a)
    JOIN {table}_things AS things USING (thing)
    JOIN {table}_frame AS frames USING (f)
)
WHERE (own AND well) IS NOT TRUE
"""  # noqa: S608


class _Line(msgspec.Struct, gc=False):
    id: str | None = None


_syntax = msgspec.json.Decoder(AnyObject)
_line = msgspec.json.Decoder(_Line)
_context = msgspec.json.Decoder(Context | None).decode
_result = msgspec.json.Decoder(Result | None).decode
_frame = msgspec.json.Decoder(tuple[str | None, AnyObject | None, list[AnyObject] | None]).decode


@contextmanager
def unpacked(path: Path) -> Iterator[Path | None]:
    """A file that is not packed: ``path`` itself, or for a while a copy of what is in it. ``None``
    where it cannot be read whole; the reader says why."""
    with ExitStack() as stack:
        plain: Path | None = path
        try:
            with path.open("rb") as file:
                packed = file.read(2) == _GZIP
            if packed:
                copy = stack.enter_context(
                    NamedTemporaryFile(prefix="leercultuur-", suffix=".ndjson")
                )
                blocks = Blocks(path)
                for block in blocks:
                    copy.write(block)
                copy.flush()
                plain = None if blocks.damage else Path(copy.name)
        except (OSError, ValueError, SourceUnavailable):
            plain = None
        yield plain


def bulk_statements(
    connection: Any,
    table: str,
    path: Path,
    longest: int,
    rest: Callable[[Callable[[list[bytes]], list[bool]]], Iterator[Page]],
) -> Bulk | None:
    """`Bulk` of the file at ``path``, one statement a line and not packed.

    ``rest`` gives the pages of some of the lines: of those for which a function says so. ``None``
    where the file holds something that only reading it line by line can sort out.
    """
    if _PATTERN.search(str(path)):
        return None  # DuckDB would take the name for those of several files
    duckdb_error = _duckdb_error()
    named = {"path": str(path), "longest": longest + 1}
    with ThreadPoolExecutor(1) as worker:
        taking = worker.submit(_take_apart, connection, table, named, duckdb_error)
        try:
            syntax = _go_over(path)
        finally:
            taken = taking.result()
    if taken is None or syntax is None:
        return None
    if taken.lenient and connection.execute(_TWICE_A_KEY, named).fetchall() != [(0,)]:
        return None
    meanings = _Meanings(path)
    for part in ("actor", "verb", "object", "context", "result", "frame"):
        if not meanings.read(connection, table, part):
            return None
    connection.execute(_things_sql(table))
    connection.execute(_facts_sql(table))
    unsure = connection.execute(f"SELECT DISTINCT line FROM {table}_facts WHERE well IS NOT TRUE")  # noqa: S608
    doubtful = syntax.doubtful | {line for (line,) in unsure.fetchall()}
    if taken.lines != syntax.lines or taken.lenient:
        # A line that DuckDB could not read and the reader can: is there one?
        found = connection.execute(
            f"SELECT line, sum(times) FROM {table}_apart WHERE part = 'line' "  # noqa: S608
            f"AND regexp_full_match(line, '{_UUID_SQL}') GROUP BY 1"
        ).fetchall()
        if sum(times for line, times in found if line not in doubtful) != _count(path, doubtful):
            return None
    for part in ("apart", *_READERS):
        connection.execute(f"DROP TABLE {table}_{part}")

    def some(ids: Set[str]) -> Iterator[Page]:
        beside = doubtful | ids
        if not beside and taken.lines == taken.sure and not taken.lenient:
            return iter(())
        return rest(lambda lines: _wanted(lines, beside))

    return Bulk(f"{table}_facts", f"{table}_things", frozenset(doubtful), some, meanings.labels)


class _Taken(NamedTuple):
    """What DuckDB found: lines with anything on them, those with a UUID, and whether it had to be
    lenient, for then it says nothing of what it could not read."""

    lines: int
    sure: int
    lenient: bool


def _duckdb_error() -> type[Exception]:
    import duckdb  # noqa: PLC0415 - only who asks for it has it

    return duckdb.Error


def _take_apart(
    connection: Any, table: str, named: dict[str, object], error: type[Exception]
) -> _Taken | None:
    sql = _take_apart_sql(table)
    for lenient in (False, True):
        try:
            connection.execute(sql, {**named, "lenient": lenient})
        except error:
            continue
        [(lines, sure)] = connection.execute(
            f"SELECT coalesce(sum(times), 0), coalesce(sum(times) FILTER (WHERE regexp_full_match("  # noqa: S608
            f"line, '{_UUID_SQL}')), 0) FROM {table}_apart WHERE part = 'line'"
        ).fetchall()
        return _Taken(int(lines), int(sure), lenient)
    return None


class _Syntax(NamedTuple):
    """Lines with anything on them, and every UUID on those that are no JSON."""

    lines: int
    doubtful: frozenset[str]


def _go_over(path: Path) -> _Syntax | None:
    """Checks each line with the reader's own decoder. ``None`` where a line that is no JSON may hold
    an id that cannot be seen in its bytes."""
    lines, doubtful = 0, set[str]()
    for block in _blocks(path):
        found = _decoded(_syntax.decode_lines, block)
        if found is not None:
            lines += len(found)
            continue
        for line in bytes(block).split(b"\n"):
            if not line.strip():
                continue
            lines += 1
            if _decoded(_syntax.decode, line) is None:
                if _ASCII_ESCAPE.search(line):
                    return None
                doubtful |= {match.decode().lower() for match in _UUID.findall(line)}
    return _Syntax(lines, frozenset(doubtful))


def _blocks(path: Path) -> Iterator[memoryview]:
    """Whole lines, about a million bytes at a time, as they are in the file."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as bytes_:
        start, size = 0, len(bytes_)
        with memoryview(bytes_) as view:
            while start < size:
                end = bytes_.rfind(b"\n", start, start + _BLOCK) + 1
                if not end:
                    end = bytes_.find(b"\n", start + _BLOCK) + 1 or size
                with view[start:end] as block:
                    yield block
                start = end


def _decoded(decode: Callable[[Any], Any], raw: bytes | memoryview) -> Any:
    try:
        return decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _wanted(lines: list[bytes], beside: Set[str]) -> list[bool]:
    """Of each line whether it is for the reader: it has no id that SQL goes by, or one of these."""
    text = b"\n".join(lines)
    found = _decoded(_line.decode_lines, text) if _is_utf8(text) else None
    if found is None or len(found) != len(lines):
        found = [_decoded(_line.decode, line) if _is_utf8(line) else None for line in lines]
    return [
        one is None or one.id is None or not _is_uuid(one.id) or one.id.lower() in beside
        for one in found
    ]


def _count(path: Path, doubtful: Set[str]) -> int:
    """How many lines have an id that SQL goes by."""
    return sum(
        not wanted
        for block in _blocks(path)
        for wanted in _wanted(bytes(block).removesuffix(b"\n").split(b"\n"), doubtful)
    )


def _is_utf8(raw: bytes) -> bool:
    return _decoded(bytes.decode, raw) is not None


class _Meanings:
    """Reads each different part once, and makes a table of what it means."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mapper = Mapper()
        self._escaped: bool | None = None

    @property
    def labels(self) -> dict[str, str]:
        """Canonical identifier → mailbox, as in a page."""
        return self._mapper.labels

    def read(self, connection: Any, table: str, part: str) -> bool:
        """Makes ``table``_``part``; ``False`` where two different parts have one hash."""
        import pyarrow as pa  # noqa: PLC0415

        code, columns = _READERS[part]
        found = connection.sql(
            f"SELECT text, {code} FROM {table}_apart WHERE part = '{part}'"  # noqa: S608
        ).to_arrow_table()
        codes = found.column(1)
        if len(codes.unique()) != len(codes):
            return False
        read = getattr(self, f"_{part}")
        types = {"text": pa.string(), "texts": pa.list_(pa.string()), "truth": pa.bool_()}
        rows = [self._row(read, text, len(columns)) for text in found.column(0).to_pylist()]
        values = list(zip(*rows, strict=True)) or [()] * (len(columns) + 1)
        arrays = {
            name: pa.array(column, type=types[kind])
            for (name, kind), column in zip(
                [*columns.items(), ("well", "truth")], values, strict=True
            )
        }
        view = f"{table}_view"
        connection.register(view, pa.table({code: codes, **arrays}))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table}_{part} AS FROM {view}")
        connection.unregister(view)
        return True

    @staticmethod
    def _row(
        read: Callable[[bytes], tuple[object, ...] | None], text: str | None, width: int
    ) -> tuple[object, ...]:
        try:
            row = read(b"" if text is None else text.encode())
        except (UnusableStatement, msgspec.MsgspecError, ValueError, RecursionError):
            row = None
        return (*row, True) if row is not None else (*(None,) * width, False)

    def _actor(self, raw: bytes) -> tuple[object, ...]:
        identities, group, home = self._mapper._who[raw]
        return identities[0], sorted({names[0] for names in group}) or None, home

    def _verb(self, raw: bytes) -> tuple[object, ...]:
        return (self._mapper._verb[raw],)

    def _object(self, raw: bytes) -> tuple[object, ...] | None:
        thing = self._mapper._thing[raw]
        return (*thing[:4], thing.reference) if not (thing.required and self._hidden) else None

    def _context(self, raw: bytes) -> tuple[object, ...] | None:
        context = _context(raw or b"null")
        if context is None:
            return None, (), None, False, False
        types, course, required, own = (
            self._mapper._place[around]
            if (around := bytes(context.activities))
            else ((), "", False, False)
        )
        flagged = bool(context.extensions) and self._mapper._flagged(context.extensions)
        if flagged and self._hidden:
            return None
        return context.platform or None, types, course or None, required or flagged, own

    def _result(self, raw: bytes) -> tuple[object, ...] | None:
        result = _result(raw or b"null")
        if result is None:
            return (None,)
        scaled = result.score.scaled if result.score is not None else None
        if scaled is not None and not -1.0 <= scaled <= 1.0:
            return None
        return (result.response if result.response in _PHASE_IDS else None,)

    @staticmethod
    def _frame(raw: bytes) -> tuple[object, ...]:
        _frame(raw)
        return ()

    @property
    def _hidden(self) -> bool:
        """Whether the file may write a plain letter as an escape. DuckDB takes those away, and the
        reader looks for the words for *required* in the bytes as they are."""
        if self._escaped is None:
            self._escaped = any(_ASCII_ESCAPE.search(block) for block in _blocks(self._path))
        return self._escaped


_READERS: dict[str, tuple[str, dict[str, str]]] = {
    "actor": ("a", {"learner": "text", "others": "texts", "home": "text"}),
    "verb": ("v", {"verb": "text"}),
    "object": (
        "o",
        {
            "object_id": "text",
            "object_type": "text",
            "topic": "text",
            "thing_required": "truth",
            "reference": "truth",
        },
    ),
    "context": (
        "c",
        {
            "platform": "text",
            "context_types": "texts",
            "course": "text",
            "place_required": "truth",
            "own": "truth",
        },
    ),
    "result": ("r", {"response": "text"}),
    "frame": ("f", {}),
}
"""Part → its hash, and what is read of it with the kind of value; ``well`` comes with each."""
