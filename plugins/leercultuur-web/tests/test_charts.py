"""Pictures: real text, nothing that a strict page refuses, the same bytes each time."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from leercultuur_core import LAYERS, PHASES, Band, Release
from leercultuur_web.charts import (
    Bar,
    Cell,
    Chart,
    Compared,
    Frame,
    State,
    bands,
    compared,
    phase_map,
    shares,
    spiral,
    states,
    year,
)
from leercultuur_web.charts.drawing import INK, PAPER, STEPS, Language, as_csv, warm_up

MONDAY = date(2026, 1, 5)
SCRIPT = "<script>alert('x')</script> & \"winkel\""
BANDS = dict(zip(PHASES, map(Band, (0, 10, 25, 10, 0), (10, 25, 50, 25, 10)), strict=True))


def weeks(*phases: str, sure: float = 0.7) -> list[tuple[date, str, float]]:
    return [(MONDAY + timedelta(weeks=n), phase, sure) for n, phase in enumerate(phases)]


def release(unit: str = "") -> Release:
    return Release(unit, 10, BANDS)


def cells(unit: str = "") -> Chart:
    drawn = [Cell(phase, layer, known=2) for layer in LAYERS for phase in PHASES]
    drawn[0] = Cell("unaware", "tasks", lands=3, held=1, known=4, people=Band(25, 50))
    drawn[1] = Cell("selecting", "tasks", planned=1, known=4)
    drawn[2] = Cell("acting", "tasks")
    return phase_map(drawn, "nl", unit=unit)


def bars(label: str = "Samen kijken") -> Chart:
    rows = [
        Bar(label, "hr", MONDAY, date(2026, 3, 1), "running"),
        Bar("Later", "manager", date(2026, 11, 1), date(2027, 3, 1), "planned"),
    ]
    drawn = year(rows, "nl", first=date(2026, 1, 1), last=date(2026, 12, 31))
    assert drawn is not None
    return drawn


def differences(label: str = "een stap later", language: Language = "nl") -> Chart:
    drawn = compared(
        [Compared(label, "later", 0.3, 0.1, 0.5), Compared(label, "anders", -0.1, -0.3, 0.1)],
        language,
        Frame("Verschil", ("a",), [("b",)]),
        "Twee vergelijkingen.",
    )
    assert drawn is not None
    return drawn


def one_of(chart: Chart | None) -> Chart:
    assert chart is not None
    return chart


MAKERS: dict[str, Callable[[str], Chart]] = {
    "spiral": lambda _: one_of(spiral(weeks("unknown", "acting", "acting", "applying"), "nl")),
    "shares": lambda name: one_of(shares([release(name)], "nl")),
    "units": lambda name: one_of(shares([release(), release(name)], "nl")),
    "bands": lambda name: one_of(
        bands([(name, Band(0, 25))], "nl", Frame("Bereik", ("a",), [(name,)]), "t")
    ),
    "map": cells,
    "states": lambda name: one_of(
        states(
            [State(name, topic, "low" if topic == "a" else "in_order") for topic in "ab"],
            "nl",
            Frame("Stand", ("a",), [(name,)]),
        )
    ),
    "year": bars,
    "compared": differences,
}


@pytest.fixture(params=list(MAKERS))
def make(request: pytest.FixtureRequest) -> Callable[[str], Chart]:
    return MAKERS[request.param]


def elements(chart: Chart) -> Iterator[ElementTree.Element]:
    return ElementTree.fromstring(str(chart.svg)).iter()  # noqa: S314 - drawn here


def written(chart: Chart) -> str:
    return " ".join(one.text or "" for one in elements(chart))


def test_a_picture_holds_nothing_that_a_strict_page_refuses(make: Callable[[str], Chart]) -> None:
    chart = make("winkel")
    names = {one.tag.rpartition("}")[2] for one in elements(chart)}
    assert names <= {"svg", "g", "path", "rect", "line", "text", "tspan"}
    for one in elements(chart):
        assert not {"style", "href", "id"} & {name.rpartition("}")[2] for name in one.attrib}
        assert not any(name.startswith("on") for name in one.attrib)
        assert not any("url(" in value for value in one.attrib.values())


def test_a_picture_has_one_name_and_text_that_can_be_read(make: Callable[[str], Chart]) -> None:
    chart = make("winkel")
    root, *parts = elements(chart)
    assert root.get("role") == "img"
    assert root.get("aria-label") == chart.text
    assert chart.text
    assert not any(name.startswith(("aria-", "role")) for one in parts for name in one.attrib)
    assert len(written(chart).split()) > 3
    assert chart.rows
    assert all(len(row) == len(chart.header) for row in chart.rows)


def test_the_same_gives_the_same_bytes(make: Callable[[str], Chart]) -> None:
    one = make("winkel")
    for function in (spiral, shares, phase_map, year):
        module = __import__(function.__module__, fromlist=["x"])
        for name in ("_spiral", "_shares", "_phase_map", "_year"):
            if hasattr(module, name):
                getattr(module, name).cache_clear()
    assert make("winkel") == one
    assert make("winkel").svg == one.svg


@pytest.mark.parametrize("name", ["shares", "units", "bands", "states", "year", "compared"])
def test_what_comes_from_data_stays_text(name: str) -> None:
    chart = MAKERS[name](SCRIPT)
    assert "<script" not in str(chart.svg)
    assert "script" not in {one.tag.rpartition("}")[2] for one in elements(chart)}


@pytest.mark.parametrize("name", ["shares", "units", "bands", "states", "year", "compared"])
def test_a_name_with_strange_characters_spoils_no_picture(name: str) -> None:
    chart = MAKERS[name]("win\x00kel\x0b\uffff \ud800]]>")
    assert "winkel ]]>" in f"{written(chart)} {chart.text}"


def test_nothing_gives_no_picture() -> None:
    assert spiral([], "nl") is None
    assert shares([], "nl") is None
    assert bands([], "nl", Frame("", (), ()), "") is None
    assert year([], "nl", first=MONDAY, last=MONDAY) is None
    assert states([], "nl", Frame("", (), ())) is None
    assert compared([], "nl", Frame("", (), ()), "") is None


def test_the_path_says_what_it_draws() -> None:
    chart = one_of(spiral(weeks("selecting", "acting", "acting"), "en"))
    assert "1 week selecting, then 2 weeks acting" in chart.text
    assert chart.rows[0] == ("05-01-2026", "Selecting", "70 %")


def test_a_week_in_which_nothing_was_seen_is_a_gap() -> None:
    chart = one_of(spiral(weeks("acting", "unknown", "acting"), "nl"))
    assert chart.rows[1] == ("12-01-2026", "niet te zien", "")
    lines = [one for one in elements(chart) if one.get("stroke-width") == "2" and one.get("d")]
    assert len(lines) == 2


def test_nothing_is_certain_nor_excluded() -> None:
    for sure, told in ((1.0, "99 %"), (0.0, "1 %")):
        assert one_of(spiral(weeks("acting", sure=sure), "nl")).rows[0][2] == told


def test_of_a_long_path_the_last_half_year_is_drawn() -> None:
    chart = one_of(spiral(weeks(*["acting"] * 60), "nl"))
    assert len(chart.rows) == 26
    assert chart.rows[-1][0] == f"{MONDAY + timedelta(weeks=59):%d-%m-%Y}"


def test_many_changes_are_told_in_short() -> None:
    chart = one_of(spiral(weeks(*["acting", "applying"] * 6), "en"))
    assert "1 week acting, then 10 weeks of change, then 1 week applying" in chart.text


def test_a_white_spot_has_an_edge_that_is_seen_without_colour() -> None:
    chart = cells()
    dashed = [one for one in elements(chart) if one.get("stroke-dasharray")]
    # All but the one that lands, the one that is planned, and the one the catalogue has nothing for.
    assert len(dashed) == len(LAYERS) * len(PHASES) - 3
    assert [row[-1] for row in chart.rows[:3]] == ["nee", "nee", "nee"]
    assert "27 vakken zijn wit" in chart.text


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_text_can_be_read_on_every_step_and_the_steps_differ_in_grey() -> None:
    for step in STEPS[:3]:
        assert contrast(step, INK) >= 4.5
    for step in STEPS[3:]:
        assert contrast(step, PAPER) >= 4.5
    for one, other in pairwise(STEPS):
        assert contrast(one, other) >= 1.25


def test_a_spreadsheet_calculates_nothing() -> None:
    rows = list(
        csv.reader(
            io.StringIO(as_csv([("=1+1", "-5", "@x", "a,b", "+31 6"), ("1", "", "-", "+", "é")]))
        )
    )
    assert rows == [["'=1+1", "-5", "'@x", "a,b", "'+31 6"], ["1", "", "'-", "'+", "é"]]


def test_it_can_be_warmed_up() -> None:
    warm_up()


def test_two_long_names_that_begin_alike_stay_two() -> None:
    long = "Productie en logistiek van het hele zuidoosten: "
    chart = one_of(shares([release(f"{long}Brabant"), release(f"{long}Limburg")], "nl"))
    numbers = [one for one in elements(chart) if one.text == "25–50"]
    assert len(numbers) == 2


@pytest.mark.parametrize(("language", "written_as"), [("nl", "0,4"), ("en", "0.4")])
def test_decimals_are_written_as_the_language_does(language: Language, written_as: str) -> None:
    at_axis = {one.text for one in elements(differences(language=language)) if one.text}
    assert written_as in at_axis
    other = "." if language == "nl" else ","
    assert not any(other in one for one in at_axis if any(map(str.isdigit, one)))


def test_shares_that_are_as_large_are_both_named() -> None:
    bands_of = {**BANDS, "selecting": Band(25, 50)}
    chart = one_of(shares([Release("winkel", 10, bands_of)], "nl"))
    assert "Selectie en Actie te zijn (25 tot 50 %)" in chart.text
