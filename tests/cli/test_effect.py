"""``leercultuur effect``: what is written down, what is told, and what is not."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pytest

from leercultuur_core.advice.effect import StudyPlan
from leercultuur_core.advice.effect_figures import Figure, Verdict
from leercultuur_core.cli.effect import _told
from leercultuur_core.run.effect import Study

from .conftest import Run

NOW = ("--now", "2026-03-03T09:00:00Z")


@pytest.fixture
def here(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    assert run("init", "--name", "Bakkerij").code == 0
    return run


def test_without_a_plan_it_says_how_to_begin(here: Run) -> None:
    for command in (("effect",), ("effect", "plan")):
        ran = here(*command)
        assert ran.code == 0
        assert "`leercultuur effect write`" in ran.out
    assert json.loads(here("effect", "--format", "json").out) is None
    assert json.loads(here("effect", "plan", "--format", "json").out) is None


def test_a_plan_is_written_printed_and_can_be_told_by_its_hash(here: Run) -> None:
    written = here("effect", "write", "--seed", "zout", "--weeks", "4", *NOW)
    assert written.code == 0
    digest = StudyPlan(seed="zout", minimum=10, weeks=4).digest
    assert "written down 2026-03-03 09:00 UTC" in written.out
    assert digest in written.out
    assert here("effect", "plan").out == written.out
    row = json.loads(here("effect", "plan", "--format", "json").out)
    assert row["hash"] == digest
    assert StudyPlan.from_row(row["plan"]).digest == digest
    shown = here("effect", *NOW)
    assert digest[:12] in shown.out
    assert "nobody is drawn yet" in shown.out


def test_an_empty_seed_or_no_weeks_is_wrong_use(here: Run) -> None:
    ran = here("effect", "write", "--seed", "")
    assert (ran.code, ran.out) == (2, "")
    assert "seed: expected a text" in ran.err
    assert here("effect", "write", "--weeks", "0").code == 2


def test_each_verdict_has_words_of_its_own_and_pairs_are_told_in_fives() -> None:
    told = [
        _told(Figure("unprompted", "later", one, 43, 0.126, -0.1, 0.5, 200))
        if one != "not_known"
        else _told(Figure("unprompted", "later", one))
        for one in get_args(Verdict)
    ]
    assert len(set(told)) == len(told)
    assert all("at least 40 pairs" in one for one in told[:4])
    assert told[3].startswith("+0.13 (-0.10 to +0.50) · cannot tell")


def test_what_was_found_is_told_and_where_not_known_says_so(
    here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Study(
        number=1,
        plan=StudyPlan(seed="zout", minimum=10),
        digest="ab" * 32,
        written=datetime(2026, 3, 3, tzinfo=UTC),
        state="done",
        started=date(2026, 3, 4),
        enrols_until=date(2026, 5, 27),
        due=date(2026, 7, 15),
        figures=(
            Figure("unprompted", "unmatched", "cannot_tell", 43, 0.1, -0.2, 0.4, 1234),
            Figure("self_reports", "later", "not_known"),
        ),
    )
    monkeypatch.setattr("leercultuur_core.run.engine.Engine.judge_study", lambda *_: found)
    out = here("effect", *NOW).out
    assert "1,234 people in each arm" in out
    assert "not known: too few people, or all alike" in out
    assert "43" not in out
    first, second = json.loads(here("effect", "--format", "json", *NOW).out)["figures"]
    assert first["pairs_at_least"] == 40
    assert (second["verdict"], second["difference"]) == ("not_known", None)
