"""Estimates from a table equal those from the ledger as a value."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.ledger import Ledger
from leercultuur_core.bulk.estimating import estimates
from leercultuur_core.phases import Estimate, default_parameters, estimate

from .both import AT

BENCH = Path(__file__).parents[2] / "bench"

# Ibis 12 calls DuckDB 2 by a name that is going away.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")


def told(one: Estimate) -> tuple[Any, ...]:
    return (
        one.identifier,
        one.learner,
        one.phase,
        dict(one.probabilities),
        one.episode,
        one.cycles,
        one.you_said,
        one.story(),
        one.explain("nl"),
        one.not_recorded,
    )


def in_parts(ledger: Ledger, at: datetime, people: int) -> list[tuple[Any, ...]]:
    names = ("learner", "source", "topic", "kind", "day")
    columns = list(zip(*ledger.counts, strict=True)) or [()] * 5
    types = [pa.string()] * 4 + [pa.int32()]
    arrays = [pa.array(one, type=kind) for one, kind in zip(columns, types, strict=True)]
    count = pa.array(ledger.counts.values(), type=pa.int64())
    with duckdb.connect() as connection:
        connection.register("rows", pa.table([*arrays, count], names=[*names, "count"]))
        folded: Any = SimpleNamespace(rows=ibis.duckdb.from_connection(connection).table("rows"))
        parts = estimates(folded, at=at, parameters=default_parameters(), people=people)
        return [told(one) for part in parts for one in part.values()]


def as_one(ledger: Ledger, at: datetime) -> list[tuple[Any, ...]]:
    return [told(one) for one in estimate(ledger, at=at).values()]


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> Any:
    if not BENCH.exists():
        pytest.skip("the benches are not in this distribution")
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    return import_module("worlds")


@pytest.mark.parametrize("number", [0, -1])
def test_a_made_up_world(number: int, worlds: Any) -> None:
    world = worlds.world(worlds.WORLDS[number], 30, seed=7)
    assert in_parts(world.ledger, worlds.AT, people=7) == as_one(world.ledger, worlds.AT)


def test_nobody() -> None:
    assert in_parts(Ledger(), AT, people=7) == []


KINDS = ("lesson-step", "searched", "other", "self-report.acting", "self-report.unaware")
KEYS = st.tuples(
    st.sampled_from(["account|a|1", "account|a|2", "account|b|é"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["general", "t"]),
    st.sampled_from(KINDS),
    st.one_of(st.integers(20450, 20520), st.integers(18000, 20520)),
)


@settings(max_examples=15, deadline=None)
@given(counts=st.dictionaries(KEYS, st.integers(1, 4), max_size=25))
def test_any_ledger(counts: dict[Any, int]) -> None:
    """Also rows of after ``at``, of before what is looked back on, and two answers on one day."""
    at = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert in_parts(Ledger(counts), at, people=2) == as_one(Ledger(counts), at)
