"""The practice register: read whole or not at all; and what nothing is done about."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from leercultuur_core import maturity_model
from leercultuur_core.advice.concert_words import spot
from leercultuur_core.advice.practice import (
    Practised,
    WhiteSpot,
    parse_practice,
    practised_at,
    read_practice,
    white_spots,
)
from leercultuur_core.errors import ConfigError
from leercultuur_core.maturity.vocabulary import LAYERS, PHASES
from leercultuur_core.privacy import Band, Release

MODEL = maturity_model()
DAY = date(2026, 3, 2)
UNITS = ("Bakkerij/Nacht", "Winkel")


def row(intervention: str, unit: str = "", state: str = "running") -> Practised:
    return Practised(unit, intervention, state, DAY)  # type: ignore[arg-type]


def test_a_register_is_read() -> None:
    text = (
        "Unit;Intervention;State;Since\n"
        ";hr.time-and-money;running;2026-03-02\n\n"
        "Bakkerij / Nacht;manager.feedback;Planned;2026-03-02\n"
        "Bakkerij;manager.feedback;stopped;2026-03-02\n"
    )
    assert parse_practice(text, model=MODEL, units=UNITS) == (
        row("hr.time-and-money"),
        row("manager.feedback", "Bakkerij/Nacht", "planned"),
        row("manager.feedback", "Bakkerij", "stopped"),
    )
    assert parse_practice("unit,intervention,state,since\n", model=MODEL) == ()
    # Without people every unit is taken.
    text = "unit,intervention,state,since\nX,manager.feedback,running,2026-03-02\n"
    assert parse_practice(text, model=MODEL) == (row("manager.feedback", "X"),)


def test_every_mistake_is_told_with_its_line_and_column() -> None:
    text = (
        "unit,intervention,state,since\n"
        "Winkle,manager.feedbak,doing,soon\n"
        "Winkel,manager.feedback\n"
        "Winkel,manager.feedback,running,2026-03-02\n"
        "Winkel,manager.feedback,stopped,2026-03-02\n"
    )
    with pytest.raises(ConfigError) as caught:
        parse_practice(text, "p.csv", model=MODEL, units=UNITS)
    assert [(one.place, one.hint) for one in caught.value.problems] == [
        ("p.csv, line 2, unit", 'did you mean "Winkel"?'),
        ("p.csv, line 2, intervention", 'did you mean "manager.feedback"?'),
        ("p.csv, line 2, state", ""),
        ("p.csv, line 2, since", ""),
        ("p.csv, line 3", ""),
        ("p.csv, line 5", ""),
    ]


@pytest.mark.parametrize("text", ["", "unit,intervention\n", 'unit,intervention,state,since\n"a'])
def test_what_is_no_register(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_practice(text, model=MODEL)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a readable UTF-8 file"):
        read_practice(tmp_path / "none.csv", model=MODEL)


def test_units_above_count_and_what_runs_goes_before_what_is_planned() -> None:
    rows = [
        row("a", "", "planned"),
        row("a", "X", "running"),
        row("a", "X/Y", "stopped"),
        row("b", "X", "stopped"),
        row("c", "Z"),
    ]
    assert practised_at(rows, "X/Y") == {"a": "running", "b": "stopped"}
    assert practised_at(rows, "") == {"a": "planned"}


def kinds(found: tuple[WhiteSpot, ...]) -> set[tuple[str, str, str]]:
    return {(one.kind, one.unit, one.subject) for one in found}


def test_nothing_done_is_white_all_over() -> None:
    found = white_spots((), (), MODEL)
    assert kinds(found) == {
        *(("phase", "", phase) for phase in PHASES),
        *(("layer", "", layer) for layer in LAYERS),
    }


def test_a_unit_has_a_white_spot_where_its_people_are() -> None:
    shares = {phase: Band(0, 10) for phase in PHASES}
    release = Release("Winkel", 10, {**shares, "unaware": Band(50, 75), "acting": Band(25, 50)})
    done = [row("manager.role-models", "Winkel"), row("hr.time-and-money", "", "planned")]
    found = white_spots(done, [release], MODEL)
    assert ("phase", "Winkel", "acting") in kinds(found)
    assert not {("phase", "Winkel", "unaware"), ("phase", "Winkel", "continuing")} & kinds(found)
    # Planned is not done.
    assert ("layer", "", "hr") in kinds(found)
    assert ("layer", "", "manager") not in kinds(found)


def test_formal_without_informal() -> None:
    formal = row("hr.time-and-money")
    assert ("formal_without_informal", "", "") in kinds(white_spots([formal], (), MODEL))
    for more in ("manager.feedback", "manager.time-and-money"):
        found = white_spots([formal, row(more)], (), MODEL)
        assert "formal_without_informal" not in {one.kind for one in found}
    assert "formal_without_informal" not in {one.kind for one in white_spots((), (), MODEL)}


def test_who_is_left_out() -> None:
    employments = ("employee", "temporary", "self_employed")
    none = white_spots((), (), MODEL, employments=employments, units=UNITS)
    assert "small_unit" not in {one.kind for one in none}
    whole = Release("", 10, {phase: Band(10, 25) for phase in PHASES})
    found = white_spots((), [whole], MODEL, employments=employments, units=UNITS)
    left = {one for one in kinds(found) if one[0] in {"left_out", "small_unit"}}
    assert left == {
        ("left_out", "", "temporary"),
        ("left_out", "", "self_employed"),
        ("small_unit", "Bakkerij/Nacht", ""),
        ("small_unit", "Winkel", ""),
    }
    done = [row("hr.include-flex-workers"), row("manager.feedback", "Bakkerij")]
    found = white_spots(done, [whole], MODEL, employments=employments, units=UNITS)
    assert {one for one in kinds(found) if one[0] in {"left_out", "small_unit"}} == {
        ("small_unit", "Winkel", "")
    }


def test_each_white_spot_has_words() -> None:
    whole = Release("", 10, {phase: Band(10, 25) for phase in PHASES})
    found = white_spots(
        [row("hr.time-and-money")], [whole], MODEL, employments=("temporary",), units=UNITS
    )
    assert {one.kind for one in found} == {
        "phase", "layer", "formal_without_informal", "left_out", "small_unit"
    }  # fmt: skip
    for one in found:
        texts = {spot(one, model=MODEL, language=language) for language in ("nl", "en")}
        assert len(texts) == 2
        assert not any("{" in text for text in texts)
