"""A small part of `bench/bulk_kills.py`: `collect FILE…` is killed and started again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ..conftest import KINDS

BENCH = Path(__file__).parents[2] / "bench"

pytestmark = pytest.mark.skipif(
    not BENCH.exists(), reason="the benches are not in this distribution"
)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("duckdb")
    monkeypatch.syspath_prepend(BENCH)
    import bulk_kills

    return bulk_kills


@pytest.mark.server
@pytest.mark.parametrize("store", KINDS)
def test_kills_lose_nothing_double_nothing_and_leave_nothing(store: str) -> None:
    pytest.importorskip("duckdb")
    # In a process of its own: it forks, and DuckDB's threads may be at work in this one.
    given = ["--kills", "5", "--seconds", "40", "--store", store]
    ran = subprocess.run(  # noqa: S603
        [sys.executable, BENCH / "bulk_kills.py", *given],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "nothing lost, nothing doubled" in ran.stdout


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        ({}, (0, 0)),
        ({"entries": ["b", "b"]}, (1, 0)),
        ({"entries": ["a", "b", "b", "b", "c"]}, (0, 2)),
        ({"ledger": ["x 3"]}, (1, 1)),
        ({"counts": [3, 2]}, (0, 1)),
    ],
)
def test_what_is_lost_or_doubled_is_counted(
    bench: ModuleType, found: dict[str, object], wrong: tuple[int, int]
) -> None:
    expected = {"entries": ["a", "b", "b"], "ledger": ["x 2"], "counts": [3, 1]}
    outcome = bench.Outcome()
    outcome.compare(expected, expected | found)
    assert (outcome.lost, outcome.doubled) == wrong
    assert outcome.wrong == sum(wrong)
    outcome.folders = 1
    assert outcome.wrong == sum(wrong) + 1
