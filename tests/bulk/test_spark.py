"""What Spark makes of files equals one pass over them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.bulk.spark import SparkFiles, session
from leercultuur_core.demo import statements
from leercultuur_core.run.sources import ActivityLines, activity_line
from leercultuur_core.testing.servers import needs
from leercultuur_xapi.reader import XapiFile

from .both import by_duckdb, in_bulk, rejects_of, streamed
from .statements import MESSY, group, line, void

pytest.importorskip("pyspark")

pytestmark = [
    pytest.mark.server,
    needs("java"),
    # PySpark and Ibis use names of others that are going away, and leave a socket to be collected.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def started() -> Iterator[Any]:
    with session("local[2]") as started:
        yield started


@pytest.fixture
def spark(started: Any) -> SparkFiles:
    return SparkFiles(started)


def test_odd_lines_voids_and_conflicts(spark: SparkFiles, tmp_path: Path) -> None:
    well = [line(number) for number in range(8)]
    first, second = tmp_path / "1.ndjson", tmp_path / "2.ndjson"
    first.write_bytes(
        b"".join(
            [*well, *MESSY.values(), void(50, 1), group(70), line(3, result={"success": True})]
        )
    )
    second.write_bytes(b"".join([*well[:3], line(5, result={"success": False}), void(53, 53)]))
    page = tmp_path / "3.ndjson"
    page.write_bytes(b"<html>log in</html>")
    paths = [first, second, tmp_path / "missing.ndjson", page]
    found = in_bulk(spark, paths)
    assert found == streamed(paths)


def test_the_demo_on_every_engine(spark: SparkFiles, tmp_path: Path) -> None:
    lines = [json.dumps(one).encode() + b"\n" for one in statements()]
    paths = [tmp_path / f"{number}.ndjson" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(b"".join(lines[number::2]))  # the third repeats half of the first
    expected = streamed(paths)
    assert by_duckdb(paths) == expected
    assert in_bulk(spark, paths) == expected


ROWS = [
    line(70, actor={"mbox": "mailto:sanne@leren.example"}),
    *(line(number) for number in range(8)),
    *MESSY.values(),
    void(50, 1),
    group(70),
    line(3, result={"success": True}),
    line(8)[:40],
]


@pytest.fixture
def in_parts(started: Any) -> SparkFiles:
    return SparkFiles(started, part=2000)


def test_one_file_in_many_parts(in_parts: SparkFiles, tmp_path: Path) -> None:
    plain, other, listed = (tmp_path / name for name in ("1.ndjson", "2.ndjson", "3.json"))
    rows = tmp_path / "4.parquet"
    plain.write_bytes(b"\xef\xbb\xbf" + b"".join(ROWS))
    other.write_bytes(b"".join([line(5, result={"success": False}), void(53, 53)]))
    listed.write_bytes(b"[" + line(60) + b"," + line(61) + b", {}]")
    statements = pa.array([row.removesuffix(b"\n") for row in ROWS], pa.binary())
    pq.write_table(pa.table({"statement": statements}), rows, row_group_size=20)
    well = [plain, other, listed, rows]
    assert [len(XapiFile(path).parts(in_parts.part)) for path in well] == [15, 1, 1, 5]
    paths = [plain, tmp_path / "missing.ndjson", other, tmp_path, listed, rows]
    found = in_bulk(in_parts, paths)
    assert found == streamed(paths)
    assert len(found.labels) > 1
    assert {place for place, *_ in found.rejects} == {str(plain), str(listed), str(rows)}


def test_activities_in_many_parts(in_parts: SparkFiles, tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    records = [record for page in demo(tmp_path).pages() for record in page.records]
    lines = [activity_line(record) for record in records]
    path.write_bytes(b"".join([*lines[:40], b"{no json}\n", b"\n", *lines[20:90], b"{"]))
    assert len(ActivityLines(path).parts(in_parts.part)) > 9
    [page] = in_parts.pages([ActivityLines(path)])
    expected = streamed([path], "activities")
    assert rejects_of([page]) == expected.rejects
    assert [one.line for one in page.rejects] == [41, 113]
    assert in_parts.fold(default_rules()).ledger.counts == expected.counts


def demo(folder: Path) -> XapiFile:
    path = folder / "demo.ndjson"
    path.write_bytes(b"".join(json.dumps(one).encode() + b"\n" for one in statements()))
    return XapiFile(path)


def test_a_part_that_cannot_be_read_is_told_once_and_the_rest_goes_on(
    in_parts: SparkFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, changed = tmp_path / "a.ndjson", tmp_path / "changed.ndjson"
    path.write_bytes(b"".join([b"{no\n", *(line(number) for number in range(20)), b"{end\n"]))
    changed.write_bytes(path.read_bytes())
    first, *others = XapiFile(path).parts(1000)
    lost = XapiFile(changed).parts(1000)[1:3]
    changed.write_bytes(b"")

    def parts(reader: XapiFile, size: int) -> list[XapiFile]:
        return [first, *lost, *others[2:]]

    monkeypatch.setattr(XapiFile, "parts", parts)
    [page] = in_parts.pages([XapiFile(path)])
    [error] = in_parts.unreadable
    assert "that was changed" in str(error)
    # Where the last one stands nobody knows now.
    assert [(one.line, one.raw) for one in page.rejects] == [(1, b"{no"), (None, b"{end")]
