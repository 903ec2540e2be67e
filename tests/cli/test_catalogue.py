"""``leercultuur catalogue``, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from leercultuur_core.maturity import maturity_model

from .conftest import Run

MODEL = maturity_model()


def _json(run: Run, *arguments: object) -> list[dict[str, Any]]:
    ran = run("catalogue", *arguments, "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    rows = json.loads(ran.out)
    assert isinstance(rows, list)
    return rows


def test_json_has_every_field_of_every_row(run: Run) -> None:
    rows = _json(run)
    assert [row["id"] for row in rows] == [one.id for one in MODEL.all]
    for row in rows:
        one = MODEL[row["id"]]
        assert row["layer"] == one.layer
        assert row["phases"] == list(one.phases)
        assert row["labels"] == one.labels
        assert row["basis"] == one.basis
        assert row["basis_text"] == one.basis_text
        assert row["seed_line"] == one.seed_line
        assert row["kind"] == one.kind
        assert row["science"] is one.science
        assert row["steps"] == one.steps
        assert row["asks"] == one.asks
        assert row["scope"] == one.scope
        assert row["exposes_people"] is one.exposes_people
        assert row["grounds"] == one.grounds
        assert row["addition"] is one.addition


@pytest.mark.parametrize("layer", ["environment", "education"])
def test_json_of_a_choice(run: Run, layer: str) -> None:
    rows = _json(run, "--layer", layer, "--phase", "unaware")
    assert [row["id"] for row in rows] == [
        "education.future-self-direction",
        "education.workplace-coaching",
        "education.vision-dialogue",
    ]


def test_json_by_basis_and_scope(run: Run) -> None:
    rows = _json(run, "--basis", "judgement", "--scope", "person")
    assert {(row["basis"], row["scope"]) for row in rows} == {("judgement", "person")}


def test_json_with_what_is_plausible(run: Run) -> None:
    choice = ("--phase", "continuing", "--layer", "hr")
    assert len(_json(run, *choice, "--plausible")) > len(_json(run, *choice))


def test_json_of_one_or_none_is_a_list(run: Run) -> None:
    assert [row["id"] for row in _json(run, "tasks.autonomy")] == ["tasks.autonomy"]
    assert _json(run, "--layer", "tasks", "--basis", "layout") == []


def test_nothing_fits(run: Run) -> None:
    ran = run("catalogue", "--layer", "tasks", "--basis", "layout")
    assert (ran.code, ran.out) == (0, "Niets in de catalogus past bij deze keuze.\n")


def test_the_grid_counts(run: Run) -> None:
    ran = run("catalogue", "--lang", "en")
    rows = {
        line.rsplit(maxsplit=6)[0].strip(): line.split()[-6:] for line in ran.out.splitlines()[1:8]
    }
    for layer, term in MODEL.layers.items():
        counts = [str(len(MODEL.interventions(phase, layer))) for phase in MODEL.phases]
        assert rows[term.labels["en"]][:5] == counts
    assert rows["all"][5] == "83"
    assert "82 from the report, 1 addition" in ran.out
    assert "stated 30, layout 41, judgement 12" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--phase", "selecting", "--layer", "manager"),
        ("--phase", "unaware", "--layer", "tasks", "--lang", "en"),
        ("colleagues.peer-feedback", "--lang", "en"),
        ("manager.time-and-money",),
    ],
    ids=["grid", "manager", "tasks", "one", "repair"],
)
def test_what_people_read(
    run: Run, snapshot: SnapshotAssertion, arguments: tuple[str, ...]
) -> None:
    ran = run("catalogue", *arguments)
    assert (ran.code, ran.err) == (0, "")
    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in ran.out
    assert "\n".join(lines) == snapshot


@pytest.mark.parametrize("one", MODEL.all, ids=lambda one: one.id)
def test_each_can_be_shown_with_its_grounds(run: Run, one: Any) -> None:
    ran = run("catalogue", one.id, "--lang", "en")
    words = " ".join(ran.out.split())
    for text in (one.steps["en"], one.asks["en"], one.basis_text, *one.grounds.values()):
        assert " ".join(text.split()) in words


def test_an_unknown_id_is_wrong_use_and_says_the_nearest(run: Run) -> None:
    ran = run("catalogue", "tasks.autonmy")
    assert (ran.code, ran.out) == (2, "")
    assert 'did you mean "tasks.autonomy"?' in ran.err


def test_an_id_and_a_choice_do_not_go_together(run: Run) -> None:
    ran = run("catalogue", "tasks.autonomy", "--phase", "acting")
    assert ran.code == 2
    assert "leave out the other choices" in ran.err


def test_own_tables_are_copied_edited_and_shown(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    copied = run("catalogue", "--copy-to", mine)
    assert copied.code == 0
    assert len(copied.out.splitlines()) == 8
    texts = mine / "texts.tsv"
    texts.write_text(texts.read_text("utf-8").replace("Taakroulatie", "Wisselen"), "utf-8")
    assert "Wisselen" in run("catalogue", "--tables", mine, "--layer", "tasks").out
    assert run("catalogue", "--copy-to", mine).code == 2


def test_wrong_tables_are_told_whole(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    run("catalogue", "--copy-to", mine)
    for name in ("interventions.tsv", "conditions.tsv"):
        path = mine / name
        path.write_text(path.read_text("utf-8").replace("\tno\t", "\tnee\t", 1), "utf-8")
    ran = run("catalogue", "--tables", mine)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"the catalogue in {mine} has 2 problems\n")
    assert "interventions.tsv, row 2, science: expected yes or no" in ran.err
    assert "conditions.tsv, row 2, group_programme: expected yes or no" in ran.err


def test_help_teaches(run: Run) -> None:
    ran = run("catalogue", "--help")
    assert ran.code == 0
    assert "leercultuur catalogue --phase selecting --layer manager" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
