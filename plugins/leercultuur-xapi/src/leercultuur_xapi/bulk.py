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
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, NamedTuple

from leercultuur_core import GENERAL, PHASE_QUESTION, SourceUnavailable
from leercultuur_core.extension import Bulk, Page

from .blocks import _GZIP, Blocks
from .meanings import READERS, Meanings
from .parquet import MAGIC, ParquetStatements
from .statement import VOIDED
from .syntax import count, go_over, wanted

_PATTERN = re.compile(r"[*?\[{]")
# DuckDB takes dashes anywhere: with these four a cast leaves room for 32 digits and nothing else.
_UUID_SQL = "________-____-____-____-____________"
_TIME_SQL = (
    r"(19|20)\d\d-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)"
)
_FINAL = 2**63 - 1

_COLUMNS = """{
    id: 'VARCHAR', actor: 'JSON', verb: 'JSON', object: 'JSON', result: 'JSON', context: 'JSON',
    timestamp: 'VARCHAR', stored: 'VARCHAR', version: 'JSON', authority: 'JSON', attachments: 'JSON'
}"""


# An id or a time in another form than those is null: the reader sees to it.
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
        CASE WHEN id LIKE '{_UUID_SQL}' THEN try_cast(id AS UUID) END AS line,
        CASE WHEN regexp_full_match(coalesce("timestamp", stored), '{_TIME_SQL}')
            THEN try_cast(coalesce("timestamp", stored) AS TIMESTAMPTZ) END AS moment,
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
    """What was done with what: one row for each different verb, object, context and result. Many of
    these mean one thing, and the rules go through each thing."""
    return f"""
CREATE TEMP TABLE {table}_things AS
SELECT hash(verb, object_type, object_id, context_types, required, answer, topic) AS thing, *
FROM (
    SELECT hash(v, o, c, r) AS parts, verb, object_type, object_id, context_types,
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
)
"""  # noqa: S608


def _facts_sql(table: str) -> str:
    return f"""
CREATE TEMP TABLE {table}_facts AS
SELECT * EXCLUDE (own) FROM (
    SELECT
        CASE WHEN void THEN object_id ELSE line::VARCHAR END AS id,
        CASE WHEN void THEN {_FINAL} ELSE 0 END::BIGINT AS revision,
        void AS retracts,
        NULL::VARCHAR AS digest,
        learner, others,
        coalesce(platform, home) AS source,
        thing,
        floor(epoch(moment) / 86400)::INTEGER AS day,
        line::VARCHAR AS line,
        hash(a, v, o, c, r, moment) AS content,
        own AND NOT void AS own,
        actors.well AND things.well AND frames.well AND stored_well
            AND moment IS NOT NULL AS well
    FROM (
        SELECT *, hash(v, o, c, r) AS parts FROM {table}_apart
        WHERE part = 'line' AND line IS NOT NULL
    )
    JOIN {table}_actor AS actors USING (a)
    JOIN {table}_things AS things USING (parts)
    JOIN {table}_frame AS frames USING (f)
)
WHERE (own AND well) IS NOT TRUE
"""  # noqa: S608


@contextmanager
def unpacked(path: Path) -> Iterator[Path | None]:
    """A file of lines that is not packed: ``path`` itself, or for a while a copy of what is in it.
    ``None`` where it cannot be read whole, for which the reader says why, or where a row of a Parquet
    file is no single line."""
    with ExitStack() as stack:
        plain: Path | None = path
        try:
            with path.open("rb") as file:
                head = file.read(len(MAGIC))
            if head == MAGIC or head.startswith(_GZIP):
                copy = stack.enter_context(
                    NamedTemporaryFile(prefix="leercultuur-", suffix=".ndjson")
                )
                whole = _from_rows(path, copy) if head == MAGIC else _from_gzip(path, copy)
                copy.flush()
                plain = Path(copy.name) if whole else None
        except (OSError, ValueError, SourceUnavailable):
            plain = None
        yield plain


def _from_gzip(path: Path, copy: IO[bytes]) -> bool:
    blocks = Blocks(path)
    for block in blocks:
        copy.write(block)
    return not blocks.damage


def _from_rows(path: Path, copy: IO[bytes]) -> bool:
    for rows in ParquetStatements(path):
        if any(b"\n" in row for row in rows):
            return False
        copy.writelines(row + b"\n" for row in rows)
    return True


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
            syntax = go_over(path)
        finally:
            taken = taking.result()
    if taken is None or syntax is None:
        return None
    if taken.lenient and connection.execute(_TWICE_A_KEY, named).fetchall() != [(0,)]:
        return None
    meanings = Meanings(path)
    for part in ("actor", "verb", "object", "context", "result", "frame"):
        if not meanings.read(connection, table, part):
            return None
    connection.execute(_things_sql(table))
    connection.execute(_facts_sql(table))
    # Their facts are doubtful and go; DuckDB takes a list with nothing in it and none for the same.
    connection.execute(f"DELETE FROM {table}_things WHERE well IS NOT TRUE")  # noqa: S608
    unsure = connection.execute(f"SELECT DISTINCT line FROM {table}_facts WHERE well IS NOT TRUE")  # noqa: S608
    doubtful = syntax.doubtful | {line for (line,) in unsure.fetchall()}
    if taken.lines != syntax.lines or taken.lenient:
        # A line that DuckDB could not read and the reader can: is there one?
        found = connection.execute(
            f"SELECT line::VARCHAR, sum(times) FROM {table}_apart WHERE part = 'line' "  # noqa: S608
            "AND line IS NOT NULL GROUP BY 1"
        ).fetchall()
        if sum(times for line, times in found if line not in doubtful) != count(path, doubtful):
            return None
    for part in ("apart", *READERS):
        connection.execute(f"DROP TABLE {table}_{part}")

    def some(ids: Set[str]) -> Iterator[Page]:
        beside = doubtful | ids
        if not beside and taken.lines == taken.sure and not taken.lenient:
            return iter(())
        return rest(lambda lines: wanted(lines, beside))

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
            "SELECT coalesce(sum(times), 0), "  # noqa: S608
            "coalesce(sum(times) FILTER (WHERE line IS NOT NULL), 0) "
            f"FROM {table}_apart WHERE part = 'line'"
        ).fetchall()
        return _Taken(int(lines), int(sure), lenient)
    return None
