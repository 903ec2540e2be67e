"""``leercultuur infer --engine``."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from leercultuur_core.cli import bulk
from leercultuur_core.cli.asked import Asked

from .conftest import Run

# Ibis 12 calls DuckDB 2 by a name that is going away.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

AT = ("--at", "2026-03-02")


@pytest.mark.parametrize("options", [["--format", "jsonl"], ["--format", "jsonl", "--reasons"], []])
def test_every_engine_prints_the_same(
    options: list[str], run: Run, bakery_file: Path, tmp_path: Path
) -> None:
    with bakery_file.open("ab") as file:
        file.write(b"{no json}\n" * 7)
    said = []
    for engine in ("stream", "duckdb"):
        rejects = tmp_path / f"{engine}.jsonl"
        ran = run("infer", bakery_file, *AT, *options, "--engine", engine, "--rejects", rejects)
        assert ran.code == 3
        said.append((ran.out, ran.err.replace(str(rejects), "rejects"), rejects.read_text("utf-8")))
    assert said[0] == said[1]


def test_nothing_that_can_be_read(run: Run, tmp_path: Path) -> None:
    ran = run("infer", tmp_path / "none.ndjson", "--engine", "duckdb")
    assert ran.code == 2
    assert "no such file" in ran.err


def test_an_engine_that_is_not_there(
    run: Run, bakery_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run("infer", bakery_file, "--engine", "polars")
    assert ran.code == 2
    assert "expected stream, duckdb, spark or spark=URL" in ran.err
    monkeypatch.setattr(bulk, "find_spec", lambda name: None if name == "pyspark" else name)
    ran = run("infer", bakery_file, "--engine", "spark")
    assert ran.code == 2
    assert "leercultuur-core[spark]" in ran.err


def test_without_a_name_large_files_go_by_duckdb(
    run: Run, bakery_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    chosen = bulk.read_in_bulk

    def noted(asked: Asked, engine: str) -> AbstractContextManager[bulk.InBulk]:
        taken.append(engine)
        return chosen(asked, engine)

    monkeypatch.setattr("leercultuur_core.cli.infer.read_in_bulk", noted)
    small = run("infer", bakery_file, *AT)
    assert taken == []
    monkeypatch.setattr(bulk, "LARGE", 10)
    assert run("infer", bakery_file, *AT) == small
    assert taken == ["duckdb"]
    monkeypatch.setattr(bulk, "find_spec", lambda _name: None)
    assert run("infer", bakery_file, *AT) == small
    assert taken == ["duckdb"]
