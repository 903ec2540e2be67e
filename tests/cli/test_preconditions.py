"""``leercultuur preconditions`` and ``vote``: from the form to what is held back and what leads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from leercultuur_core.demo import people_csv
from leercultuur_core.storage import Store

from .conftest import Run

NOW = ("--now", "2026-03-03T09:00:00Z")
CONFIGURATION = """
[organisation]
name = "Bakkerij De Korenaar"
identity_key = { env = "KEY" }
go_live = { date = 2026-01-01, reference = "OR-besluit 2025-12", scope = "alle medewerkers" }

[[directory]]
name = "people"
kind = "people-file"
path = "people.csv"
"""
SAFE = "safety-and-workload.safety"


@pytest.fixture
def bakers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> list[str]:
    """The identifiers of the bakers of a bakery whose people are known."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "k" * 40)
    Path("people.csv").write_text(people_csv(), "utf-8")
    Path("leercultuur.toml").write_text(CONFIGURATION, "utf-8")
    Store.open("leercultuur.db", create=True).close()
    assert run("collect", *NOW).code == 0
    rows = [row.split(",") for row in people_csv().splitlines()]
    return [row[0] for row in rows if row[4] == "bakkerij"]


def test_from_the_form_to_what_is_held_back(
    run: Run, bakers: list[str], snapshot: SnapshotAssertion
) -> None:
    assert run("preconditions", *NOW).out.startswith("nothing is released yet")
    head, *items = run("preconditions", "ask", "--lang", "en").out.splitlines()
    assert len(items) == 13
    asked = json.loads(run("preconditions", "ask", "--format", "json").out)
    assert [item["item"] for item in asked["items"]] == [row.split(",")[1] for row in items]
    rows = [f"{who},{SAFE},,{1 + n % 2},2026-03-01" for n, who in enumerate(bakers)]
    Path("answers.csv").write_text("\n".join([head, *rows, *items]), "utf-8")
    count = len(bakers)
    assert run("preconditions", "import", "answers.csv", *NOW).out == (
        f"{count} answers of {count} people · 13 left open\n"
    )
    # The whole organisation would be the same people again: they stand beside each other.
    assert run("preconditions", "release", *NOW).out == "something new is shown of 2 units\n"
    assert run("preconditions", "release", *NOW).out.startswith("nothing new is shown")
    shown = run("preconditions", "--lang", "en", *NOW).out
    assert shown == snapshot
    assert f" {count} " not in shown, "never how many there are"
    found = {
        row["unit"]: row for row in json.loads(run("preconditions", "--format", "json", *NOW).out)
    }
    safety = next(f for f in found["bakkerij"]["facets"] if f["facet"] == "safety")
    assert safety == {
        "precondition": "safety-and-workload",
        "facet": "safety",
        "state": "low",
        "at_least": 10,
        "half_in": "2026-03",
    }
    assert found["winkel"]["held"] == []


def test_rows_that_cannot_be_used(run: Run, bakers: list[str]) -> None:
    Path("answers.csv").write_text(f"identifier,item,answer\nnobody,{SAFE},9\n", "utf-8")
    ran = run("preconditions", "import", "answers.csv", *NOW)
    assert ran.code == 3
    assert ran.err.count("answers.csv, line 2") == 2
    Path("answers.csv").write_bytes(b"identifier\xff")
    assert run("preconditions", "import", "answers.csv", *NOW).code == 2
    Path("answers.csv").write_text("", "utf-8")
    assert run("preconditions", "import", "answers.csv", *NOW).code == 2


def test_a_vote(run: Run, bakers: list[str]) -> None:
    assert run("vote", "show").out.startswith("no round was opened yet")
    options = ("manager.appreciation", "hr.training-funds", "colleagues.easy-contact")
    asked = [word for option in options for word in ("--option", option)]
    assert run("vote", "open", "--unit", "bakery", *asked, *NOW).code == 2
    assert run("vote", "open", "--unit", "bakkerij", *asked, *NOW).out == (
        f"bakkerij · open since 2026-03-03 · of {', '.join(options)}\n"
    )
    for who in bakers:
        assert run("vote", "cast", who, options[1], *NOW).code == 0
    assert run("vote", "cast", bakers[0], "mood", *NOW).code == 2
    assert options[1] not in run("vote", "show").out.partition(" of ")[0]
    closed = run("vote", "close", "--unit", "bakkerij", *NOW).out
    assert closed == f"bakkerij · chosen: {options[1]} · of {', '.join(options)}\n"
    assert run("vote", "show").out == closed
    (row,) = json.loads(run("vote", "show", "--format", "json").out)
    assert (row["chosen"], row["tied"]) == (options[1], False)
    assert set(row) == {"unit", "options", "opened", "closed", "chosen", "tied"}
