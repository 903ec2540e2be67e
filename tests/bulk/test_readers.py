"""Which reader a name means, and that bulk engines read what it reads."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from leercultuur_core.activity.activity import Activity, Record, Retraction
from leercultuur_core.cli.infer import infer
from leercultuur_core.cli.reading import choose_reader
from leercultuur_core.run.sources import ActivityLines, activity_line

from .both import Outcome, by_duckdb, streamed, took_over
from .statements import MESSY, group, line, uuid, void

# Ibis 12 calls DuckDB 2 by a name that is going away.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

WELL = [line(number) for number in range(8)]
ROWS = [*WELL, void(50, 1), group(70), line(3, result={"success": True})]


@pytest.mark.parametrize("name", ["xapi", "csv", "moodle-log", "activities"])
def test_a_reader_has_the_name_of_its_plugin_or_begins_with_it(name: str) -> None:
    _, adapter = choose_reader(name)
    assert adapter.name == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nosuch", "plugin nosuch: is not installed"),
        ("moodle-grades", "plugin moodle: has no reader moodle-grades; it has moodle-log"),
        ("mail", "plugin mail: has no reader mail; choose another --reader"),
    ],
)
def test_a_reader_that_is_not_there(name: str, said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        choose_reader(name)


# Activities


def activity(number: int, **changes: Any) -> Activity:
    made: dict[str, Any] = {
        "id": f"a{number}",
        "identities": ("account|https://leren.example|sanne",),
        "verb": "http://adlnet.gov/expapi/verbs/completed",
        "occurred_at": datetime(2026, 2, 1 + number, tzinfo=UTC),
        **changes,
    }
    return Activity(**made)


def test_activities_of_our_own(tmp_path: Path) -> None:
    records: list[Record] = [
        *map(activity, range(5)),
        activity(1),
        activity(2, verb="urn:other"),
        Retraction(id="a3"),
        activity(6, revision=1, occurred_at=datetime(2026, 2, 20, tzinfo=UTC)),
        activity(6),
    ]
    path = tmp_path / "own.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(map(activity_line, records)) + b"{no json}\n"))
    found = by_duckdb([path], ActivityLines.name)
    assert found == streamed([path], ActivityLines.name)
    assert (found.activities, found.conflicts, len(found.rejects)) == (5, ("a2",), 1)


def test_infer_reads_activities_of_our_own(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_bytes(b"".join(activity_line(activity(number)) for number in range(5)))
    asked = [str(path), "--reader", "activities", "--at", "2026-03-02", "--format", "jsonl"]
    one, other = (
        CliRunner().invoke(infer, [*asked, "--engine", engine]) for engine in ("stream", "duckdb")
    )
    assert (one.exit_code, other.exit_code) == (0, 0)
    assert one.stdout == other.stdout
    assert json.loads(one.stdout)["learner"] == "sanne"


# Statements in Parquet


def parquet(path: Path, rows: list[Any], type_: pa.DataType | None = None) -> Path:
    texts = pa.array(rows, type_ or pa.binary())
    pq.write_table(pa.table({"stored": list(range(len(rows))), "statement": texts}), path)
    return path


def counted(one: Outcome) -> tuple[Any, ...]:
    return one.counts, one.conflicts, one.labels, one.rows


def test_a_row_of_parquet_is_a_line(tmp_path: Path) -> None:
    _, xapi = choose_reader("xapi")
    path = parquet(tmp_path / "a.parquet", [raw.removesuffix(b"\n") for raw in ROWS])
    assert took_over(path, xapi)
    found = by_duckdb([path])
    assert found == streamed([path])
    lines = tmp_path / "a.ndjson"
    lines.write_bytes(b"".join(ROWS))
    assert counted(found) == counted(streamed([lines]))
    assert sum(found.counts.values()) > 8


def test_odd_rows_of_parquet_have_their_number(tmp_path: Path) -> None:
    odd = [raw.removesuffix(b"\n") for raw in MESSY.values()]
    path = parquet(tmp_path / "a.parquet", [*ROWS, None, b"", *odd])
    lines = tmp_path / "a.ndjson"
    lines.write_bytes(b"\n".join([*(raw.removesuffix(b"\n") for raw in ROWS), b"", b"", *odd]))
    found, expected = by_duckdb([path]), streamed([lines])
    assert found == streamed([path])
    assert counted(found) == counted(expected)
    assert [one[1:3] for one in found.rejects] == [one[1:3] for one in expected.rejects]


def test_a_row_of_several_lines_goes_by_the_reader(tmp_path: Path) -> None:
    _, xapi = choose_reader("xapi")
    tall = json.dumps(json.loads(line(9)), indent=1).encode()
    path = parquet(tmp_path / "a.parquet", [line(1), tall, line(2)])
    assert not took_over(path, xapi)
    found = by_duckdb([path])
    assert found == streamed([path])
    assert found.activities == 3
    assert not found.rejects


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (
            lambda path: pq.write_table(pa.table({"id": [uuid(1)]}), path),
            'expected a column "statement" with a statement as JSON in each row, found 1 other',
        ),
        (
            lambda path: parquet(path, [1], pa.int64()),
            'expected text in the column "statement", found another type',
        ),
        (lambda path: path.write_bytes(b"PAR1 and no more"), "cannot be read as Parquet"),
    ],
)
def test_parquet_without_statements(write: Any, said: str, tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    found = by_duckdb([tmp_path / "a.parquet"])
    assert found == streamed([tmp_path / "a.parquet"])
    assert said in found.unreadable[0]
