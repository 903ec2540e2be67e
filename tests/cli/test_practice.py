"""``leercultuur practice`` and ``leercultuur plan --team``, on the made-up bakery."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from leercultuur_core.advice import selection
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
minimum_group = 10

[[source]]
name = "drop"
kind = "files"
path = "*.ndjson.gz"

[[directory]]
name = "people"
kind = "people-file"
path = "people.csv"
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bakery's files, read and released once; copied for each test."""
    folder = tmp_path_factory.mktemp("bakery")
    write_bakery(folder)
    (folder / "leercultuur.toml").write_text(CONFIGURATION, "utf-8")
    Store.open(folder / "leercultuur.db", create=True).close()
    return folder


@pytest.fixture
def bakery_at(tmp_path: Path, released: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    monkeypatch.setenv("KEY", "k" * 40)
    monkeypatch.chdir(released)
    if run("releases", *NOW).out.startswith("nothing"):
        assert run("collect", *NOW).code == 0
        assert run("plan", *NOW).code == 0
    for file in released.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_register_is_noted_listed_and_read_back(run: Run, bakery_at: Path) -> None:
    assert run("practice", "list", *NOW).out.startswith("nothing is registered yet")
    ran = run("practice", "add", "hr.time-and-money", *NOW)
    assert ran.out == (
        "noted: hr.time-and-money is running in the whole organisation, since 2026-03-03\n"
    )
    options = ("--unit", "winkel", "--state", "planned", "--since", "2026-02-01")
    assert run("practice", "add", "manager.feedback", *options, *NOW).code == 0
    assert run("practice", "list", *NOW).out.splitlines() == [
        "unit                    intervention       state    since       by",
        "the whole organisation  hr.time-and-money  running  2026-03-03  hr",
        "winkel                  manager.feedback   planned  2026-02-01  manager",
    ]
    text = run("practice", "list", "--format", "csv", *NOW).out
    assert text.splitlines()[0] == "unit,intervention,state,since"
    rows = json.loads(run("practice", "list", "--format", "json", *NOW).out)
    assert rows[1]["layer"] == "manager"
    file = bakery_at / "practice.csv"
    file.write_text(text.replace("planned", "stopped"), "utf-8")
    assert run("practice", "import", file, *NOW).out == "2 noted\n"
    assert "stopped" in run("practice", "list", *NOW).out


def test_of_what_is_wrong_nothing_is_noted(run: Run, bakery_at: Path) -> None:
    ran = run("practice", "add", "hr.time", "--unit", "winkl", "--since", "now", *NOW)
    assert ran.code == 2
    assert 'did you mean "winkel"' in ran.err
    assert "3 problems" in ran.err
    file = bakery_at / "practice.csv"
    file.write_text(
        "unit,intervention,state,since\n,hr.time-and-money,running,2026-01-01\n,x,running,2026-01-01\n",
        "utf-8",
    )
    ran = run("practice", "import", file, *NOW)
    assert ran.code == 2
    assert (
        "practice.csv, line 3, intervention: expected an id of the catalogue, found 'x'" in ran.err
    )
    assert run("practice", "list", *NOW).out.startswith("nothing is registered yet")


def test_white_spots_shrink_with_what_is_done(run: Run, bakery_at: Path) -> None:
    before = run("practice", "spots", "--lang", "en", *NOW).out
    assert "  This layer does nothing yet: HR." in before
    assert "  Nothing yet reaches those who work here as self-employed." in before
    for name in ("hr.include-flex-workers", "manager.feedback", "leadership.time-and-money"):
        run("practice", "add", name, *NOW)
    rows = json.loads(run("practice", "spots", "--format", "json", *NOW).out)
    assert len(rows) < len(before.splitlines())
    assert {row["subject"] for row in rows if row["kind"] == "layer"} == {
        "tasks",
        "colleagues",
        "environment",
    }


def test_the_plan_of_a_team(run: Run, bakery_at: Path, snapshot: SnapshotAssertion) -> None:
    run("practice", "add", "hr.time-and-money", *NOW)
    assert run("plan", "--team", "winkel", *NOW).out == snapshot(name="table")
    ran = run("plan", "--team", ".", "--format", "md", "--lang", "en", *NOW)
    assert ran.out == snapshot(name="markdown")
    found = json.loads(run("plan", "--team", "winkel", "--format", "json", *NOW).out)
    assert [one["unit"] for one in found["plans"]] == ["", "winkel"]
    assert sum(found["grounds"].values()) == sum(len(one["actions"]) for one in found["plans"])
    assert all(
        action["why"] and action["reasons"] for one in found["plans"] for action in one["actions"]
    )
    left = {one["intervention"]: one["reason"] for one in found["plans"][0]["left_out"]}
    assert left["hr.time-and-money"] == "running"


def test_a_plan_shows_and_changes_nothing(run: Run, bakery_at: Path) -> None:
    before = (bakery_at / "leercultuur.db").read_bytes()
    run("plan", "--team", "winkel", *NOW)
    assert (bakery_at / "leercultuur.db").read_bytes() == before


def test_budgets_of_your_own(run: Run, bakery_at: Path) -> None:
    from importlib import resources

    text = resources.files("leercultuur_core.data").joinpath("concert.toml").read_text("utf-8")
    file = bakery_at / "concert.toml"
    file.write_text(
        text.replace("actions = 1", "actions = 0").replace("actions = 2", "actions = 0")
    )
    out = run("plan", "--team", "winkel", "--rules", file, "--lang", "en", *NOW).out
    assert "No action fits now. Why is below." in out
    file.write_text(text.replace("actions = 1", "actions = -1"))
    ran = run("plan", "--team", "winkel", "--rules", file, *NOW)
    assert ran.code == 2
    assert "budget.director.actions: expected a whole number from 0 to 10, found -1" in ran.err


def test_where_there_is_no_plan(run: Run, bakery_at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = ("--now", "2026-06-03T09:00:00Z")
    for form in ("table", "md"):
        ran = run("plan", "--team", ".", "--lang", "en", "--format", form, *later)
        assert "Nothing is released in this quarter." in ran.out
    ran = run("plan", "--team", "nowhere", *NOW)
    assert ran.code == 2
    assert "expected a unit of your people, such as bakkerij, found 'nowhere'" in ran.err
    selection._choose.cache_clear()
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    ran = run("plan", "--team", "winkel", *NOW)
    assert ran.code == 2
    assert "pip install 'leercultuur-core[engine,plan]'" in ran.err
