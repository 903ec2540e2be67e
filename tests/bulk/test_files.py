"""What DuckDB makes of files equals one pass over them."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.bulk.columns import record_batch
from leercultuur_core.bulk.engines import open_engine
from leercultuur_core.bulk.expression import FACTS, THINGS, rule_table
from leercultuur_core.bulk.files import duckdb_hash
from leercultuur_core.bulk.folded import HashCollision, fold_tables
from leercultuur_core.cli.reading import choose_reader, load_rules
from leercultuur_core.extension import Record

from .both import by_duckdb, streamed, took_over
from .statements import MESSY, group, line, uuid, void

# Ibis 12 calls DuckDB 2 by a name that is going away.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

_, XAPI = choose_reader("xapi")
WELL = [line(number) for number in range(8)]
TOGETHER = 16


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def test_clean_lines_are_read_by_sql_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", *WELL, *WELL)
    assert took_over(path, XAPI)
    found = by_duckdb([path])
    assert found == streamed([path])
    assert sum(found.counts.values()) == 8


@pytest.mark.parametrize("start", range(0, len(MESSY), TOGETHER))
def test_lines_that_are_odd_change_nothing_else(start: int, tmp_path: Path) -> None:
    odd = list(MESSY.values())[start : start + TOGETHER]
    path = write(tmp_path / "a.ndjson", *WELL[:4], *odd, *WELL[4:])
    assert by_duckdb([path]) == streamed([path])


def test_sql_reads_a_file_with_odd_lines_in_it(tmp_path: Path) -> None:
    """All but these: else the test above would compare the reader with itself."""
    left = {
        "a key twice",
        "a verb twice",
        "half a character where nobody looks",
        "a control character",
        "an escaped id and a comma",
    }
    path = write(
        tmp_path / "a.ndjson", *WELL, *(raw for name, raw in MESSY.items() if name not in left)
    )
    assert took_over(path, XAPI)
    assert by_duckdb([path]) == streamed([path])


def test_voids_and_conflicts(tmp_path: Path) -> None:
    first = write(
        tmp_path / "1.ndjson",
        *WELL,
        void(50, 1),  # after its target
        void(51, 60),  # before it
        line(3, result={"success": True}),  # a second content
        line(4, stored="2026-02-20T10:00:00Z"),  # the same content
        void(52, 3),
        group(70),
        group(70),
    )
    second = write(
        tmp_path / "2.ndjson",
        line(60),
        line(5, result={"success": False}),  # two contents over two files
        *WELL[:2],
        line(50),  # the id of a void
        void(53, 53),
        line(71, actor={"mbox": "mailto:m1@leren.example"}),
    )
    found = by_duckdb([first, second])
    assert found == streamed([first, second])
    assert found.conflicts == (uuid(5),)
    assert by_duckdb([second, first]) == streamed([second, first])


def test_a_file_that_sql_reads_and_one_that_it_cannot(tmp_path: Path) -> None:
    plain = write(tmp_path / "1.ndjson", *WELL)
    listed = write(
        tmp_path / "2.json", b"[", line(2, result={"success": True}), b",", line(9), b"]"
    )
    missing = tmp_path / "missing.ndjson"
    page = write(tmp_path / "3.ndjson", b"<html>log in</html>")
    paths = [plain, listed, missing, page]
    found = by_duckdb(paths)
    assert found == streamed(paths)
    assert found.conflicts == (uuid(2),)
    assert len(found.unreadable) == 2


@pytest.mark.parametrize("name", ["a[b].ndjson", "*.ndjson", "id=5/a'b.ndjson", "é.json"])
def test_a_name_that_means_something_to_an_engine(name: str, tmp_path: Path) -> None:
    write(tmp_path / "b.ndjson", line(99))
    (tmp_path / name).parent.mkdir(exist_ok=True)
    path = write(tmp_path / name, *WELL)
    assert by_duckdb([path]) == streamed([path])


@pytest.mark.parametrize("cut", [0, 20])
def test_a_packed_file(cut: int, tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(WELL))
    path = write(tmp_path / "a.ndjson.gz", packed[: len(packed) - cut])
    assert took_over(path, XAPI) is (cut == 0)
    assert by_duckdb([path]) == streamed([path])


@pytest.mark.parametrize("raw", [b"", b"\n", line(1)[:-1], b"\xef\xbb\xbf" + line(1), b'{"a"'])
def test_a_file_with_little_in_it(raw: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", raw)
    assert by_duckdb([path]) == streamed([path])


LINES = st.one_of(
    st.integers(0, 6).map(line),
    st.builds(lambda n, won: line(n, result={"success": won}), st.integers(0, 6), st.booleans()),
    st.builds(void, st.integers(20, 23), st.integers(0, 6)),
    st.integers(0, 3).map(group),
    st.sampled_from(sorted(MESSY.values())),
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=st.lists(st.lists(LINES, max_size=12), min_size=1, max_size=3))
def test_any_lines_in_any_order(files: list[list[bytes]], tmp_path: Path) -> None:
    paths = [
        write(tmp_path / f"{number}.ndjson", WELL[0], *lines) for number, lines in enumerate(files)
    ]
    assert by_duckdb(paths) == streamed(paths)


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=st.lists(LINES, min_size=1, max_size=20))
def test_records_as_parquet(lines: list[bytes], tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", *WELL, *lines)
    plugins, adapter = choose_reader("xapi")
    records = [one for page in adapter(path).pages() for one in page.records]
    pq.write_table(pa.table(record_batch(records)), tmp_path / "a.parquet")
    with open_engine("duckdb", memory="200MB") as engine:
        folded = engine.fold_parquet(str(tmp_path / "a.parquet"), load_rules(plugins))
        assert dict(folded.ledger.counts) == streamed([path]).counts


def test_two_things_with_one_hash_are_told_and_not_added(tmp_path: Path) -> None:
    rows = [decode(line(1)), decode(line(2, verb={"id": "urn:other"}))]
    with duckdb.connect() as connection:
        connection.register("rows", pa.table(record_batch(rows)))
        backend = ibis.duckdb.from_connection(connection)
        records = backend.table("rows").mutate(thing=ibis.literal(5, "uint64"))
        connection.register("rules", rule_table(default_rules()))
        with pytest.raises(HashCollision, match="--engine stream"):
            fold_tables(
                records.select(*FACTS),
                records.select("thing", *THINGS),
                backend.table("rules"),
                duckdb_hash,
                lambda table, _name: table,
            )


def decode(raw: bytes) -> Record:
    with TemporaryDirectory() as folder:
        path = write(Path(folder) / "one.ndjson", raw)
        [page] = XAPI(path).pages()
        return page.records[0]


def test_a_reader_without_sql_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text(
        "mail,verb,occurred_at,id\n"
        "sanne@leren.example,urn:v,2026-02-03T10:00:00Z,a\n"
        "sanne@leren.example,urn:v,2026-02-03T10:00:00Z,a\n"
        "sanne@leren.example,urn:w,2026-02-03T10:00:00Z,a\n"
        "sanne@leren.example,urn:v,later,b\n",
        "utf-8",
    )
    found = by_duckdb([path], "csv")
    assert found == streamed([path], "csv")
    assert found.conflicts
    assert len(found.rejects) == 1
