"""``leercultuur releases``: what is shown of which unit, and nothing else about a group."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leercultuur_core.demo import write_bakery
from leercultuur_core.storage import Store

from .conftest import Run

NOW = ("--now", "2026-03-03T09:00:00Z")
CONFIGURATION = """
[organisation]
name = "Bakkerij De Korenaar"
identity_key = { env = "KEY" }
go_live = { date = 2026-01-01, reference = "OR-besluit 2025-12", scope = "alle medewerkers" }

[privacy]
minimum_group = MINIMUM

[[source]]
name = "drop"
kind = "files"
path = "*.ndjson.gz"

[[directory]]
name = "people"
kind = "people-file"
path = "people.csv"
"""


@pytest.fixture
def bakery_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "k" * 40)
    write_bakery(tmp_path)
    return tmp_path


def configure(folder: Path, run: Run, minimum: int) -> None:
    text = CONFIGURATION.replace("MINIMUM", str(minimum))
    (folder / "leercultuur.toml").write_text(text, "utf-8")
    Store.open(folder / "leercultuur.db", create=True).close()
    assert run("collect", *NOW).code == 0


def test_bands_of_each_unit(run: Run, bakery_at: Path) -> None:
    configure(bakery_at, run, 10)
    assert run("releases", *NOW).out == (
        "nothing is released in this quarter; leercultuur plan does that, after go-live\n"
    )
    assert run("plan", *NOW).code == 0
    head, *lines = run("releases", *NOW).out.splitlines()
    assert head.split() == [
        "unit",
        "since",
        "unaware",
        "selecting",
        "acting",
        "applying",
        "continuing",
    ]
    assert [line.partition("  ")[0] for line in lines] == [
        "the whole organisation",
        "bakkerij",
        "bezorging",
        "winkel",
    ]
    rows = json.loads(run("releases", "--format", "json", *NOW).out)
    for row in rows:
        assert set(row) == {"unit", "quarter", "since", "at_least", "shares"}
        assert row["since"] == row["quarter"] == "2026-Q1"
        assert row["at_least"] == 10
        assert {edge for band in row["shares"].values() for edge in band} <= {0, 10, 25, 50, 75, 90}


def test_a_hidden_unit_is_there_with_the_reason_alone(run: Run, bakery_at: Path) -> None:
    configure(bakery_at, run, 14)
    run("plan", *NOW)
    table = run("releases", *NOW).out.splitlines()
    assert table[2].split(None, 2) == ["bakkerij", "2026-Q1", "hidden: too few people for now"]
    whole, *units = json.loads(run("releases", "--format", "json", *NOW).out)
    assert "shares" in whole
    assert units == [
        {"unit": unit, "quarter": "2026-Q1", "hidden": "too_few"}
        for unit in ("bakkerij", "bezorging", "winkel")
    ]
