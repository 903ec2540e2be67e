"""What Spark makes of files equals one pass over them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from leercultuur_core.bulk.engines import BulkEngine, open_engine
from leercultuur_core.demo import statements
from leercultuur_core.testing.servers import needs

from .both import by_duckdb, in_bulk, streamed
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
def spark() -> Iterator[BulkEngine]:
    with open_engine("spark=local[2]") as engine:
        yield engine


def test_odd_lines_voids_and_conflicts(spark: BulkEngine, tmp_path: Path) -> None:
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
    spark.unreadable.clear()


def test_the_demo_on_every_engine(spark: BulkEngine, tmp_path: Path) -> None:
    lines = [json.dumps(one).encode() + b"\n" for one in statements()]
    paths = [tmp_path / f"{number}.ndjson" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(b"".join(lines[number::2]))  # the third repeats half of the first
    expected = streamed(paths)
    assert by_duckdb(paths) == expected
    assert in_bulk(spark, paths) == expected
