"""The page of HR and the works council: what it shows, to whom, and that it is about nobody."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from html5lib import HTMLParser

from leercultuur_core import Doing, Engine
from leercultuur_core.extension import LANGUAGES
from leercultuur_web.figures import FIGURES, figures
from leercultuur_web.report import as_html, as_json

from .bakery import NOW, Clock, person, words
from .visiting import Browser

PATH = "/organisation"
SCRIPT = "<script>alert(1)</script>"
NAMES = ("Sanne", "Omar", "Piet", "Kees", "Naomi", "Samira", "Ruben", "Fatima")


@pytest.fixture
def folder(one_quarter: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(one_quarter, tmp_path / "bakery"))


@pytest.fixture
def ans(browser: Browser) -> Browser:
    """The browser of the director, who is HR as well."""
    assert browser.launch("ans").status_code == 303
    return browser


@pytest.fixture
def council(engine: Engine, browser: Browser) -> Browser:
    """The browser of somebody in the works council."""
    give_role(engine, "works_council", "Piet")
    assert browser.launch("piet").status_code == 303
    return browser


def give_role(engine: Engine, role: str, name: str) -> None:
    roles: Any = evolve(engine.configuration.roles, **{role: (name,)})
    engine.configuration = evolve(engine.configuration, roles=roles)


def register(engine: Engine, folder: Path, *rows: tuple[str, str, str]) -> None:
    """Notes (unit, intervention, state), as `leercultuur practice import` does."""
    from click.testing import CliRunner

    from leercultuur_core.cli import leercultuur

    file = folder / "practice.csv"
    lines = [f"{unit},{name},{state},2026-01-12" for unit, name, state in rows]
    file.write_text("\n".join(["unit,intervention,state,since", *lines]), "utf-8")
    arguments = ["practice", "import", str(file), "--config", str(folder / "leercultuur.toml")]
    result = CliRunner().invoke(leercultuur, [*arguments, "--now", f"{NOW:%Y-%m-%d}"])
    assert result.exit_code == 0, result.output


def rows_of(browser: Browser, figure: str, **query: str) -> list[list[str]]:
    answer = browser.client.get(f"{PATH}/{figure}.csv", params=query)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_figure_has_its_definition_its_people_and_a_table(
    ans: Browser, language: str
) -> None:
    ans.send("/language", language=language)
    answer = ans.client.get(PATH)
    assert answer.status_code == 200
    HTMLParser(strict=True).parse(answer.text)
    page = unescape(answer.text)
    for figure in FIGURES:
        assert words(f"org.{figure}.text", language) in page
        assert f'id="{figure}"' in page
    for figure in ("reach", "phases", "map"):
        assert words(f"org.{figure}.title", language) in page
        assert f"{PATH}/{figure}.csv" in page
    assert words("org.at_least", language, minimum=10) in page
    assert page.count("<svg") == 5
    assert page.count('role="img"') == 5
    assert page.index('id="reach"') < page.index('id="phases"')


def test_it_names_nobody_and_counts_nobody(ans: Browser) -> None:
    page = ans.read(PATH)
    for name in NAMES:
        assert name not in page
    every = [row for figure in FIGURES for row in rows_of(ans, figure)]
    assert not any(name in cell for row in every for cell in row for name in NAMES)
    for figure in ("reach", "phases", "left-out"):
        header, *rows = rows_of(ans, figure)
        column = header.index(words("org.column.least"))
        assert {row[column] for row in rows} <= {"10", words("map.not_shown")}


def test_gaps_come_first_in_bands(ans: Browser) -> None:
    _, *rows = rows_of(ans, "reach")
    assert [row[0] for row in rows] == [
        words("org.reach.seen"),
        "leren.korenaar.example",
        "werkboek.korenaar.example",
        words("org.reach.messages"),
    ]
    shown = {row[1] for row in rows}
    assert shown <= {
        words("charts.to", low=low, high=high)
        for low, high in ((0, 25), (25, 50), (50, 75), (75, 100))
    }


def test_an_action_lands_where_no_precondition_holds_it(
    ans: Browser, engine: Engine, folder: Path
) -> None:
    held = (
        next(one for one in engine.preconditions(NOW) if one.unit == "bezorging" and one.held)
        .held[0]
        .intervention
    )
    free = "hr.learning-plan" if "hr.learning-plan" in engine.model else engine.model.all[0].id
    register(engine, folder, ("bezorging", held, "running"), ("winkel", free, "planned"))
    column = {name: place for place, name in enumerate(rows_of(ans, "map")[0])}
    waits, lands = column[words("map.held")], column[words("map.lands")]
    team = rows_of(ans, "map", unit="bezorging")[1:]
    phases = len(engine.model[held].phases)
    assert sum(int(row[waits]) for row in team) == phases
    assert sum(int(row[lands]) for row in team) == 0
    whole = rows_of(ans, "map")[1:]
    assert sum(int(row[column[words("map.planned")]]) for row in whole) == len(
        engine.model[free].phases
    )
    page = ans.read(f"{PATH}?unit=bezorging")
    assert words("org.map.of", unit="bezorging") in page
    assert '<option value="bezorging" selected>' in page


def test_the_plan_and_the_register_stand_in_one_year(
    ans: Browser, engine: Engine, folder: Path
) -> None:
    name = engine.model.interventions(layer="hr")[0]
    register(engine, folder, ("", name.id, "running"))
    header, *rows = rows_of(ans, "plan")
    assert header[0] == words("org.column.unit")
    states = {row[4] for row in rows}
    assert words("org.plan.running") in states
    assert words("org.plan.proposed") in states
    (mine,) = [row for row in rows if row[4] == words("org.plan.running")]
    assert mine[1:4] == [name.labels["nl"], "HR", "HR"]
    assert mine[5] == "12-01-2026"


@pytest.mark.parametrize("who", ["jan", "omar"])
def test_it_is_not_there_for_others(browser: Browser, who: str) -> None:
    browser.launch(who)
    for path in (PATH, f"{PATH}/reach.csv", f"{PATH}/audit.csv"):
        answer = browser.client.get(path)
        assert answer.status_code == 404
        assert words("error.not_found") in unescape(answer.text)


def test_it_is_not_there_for_who_is_not_signed_in(browser: Browser) -> None:
    for path in (PATH, f"{PATH}/reach.csv"):
        assert browser.client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", [f"{PATH}?unit=geheim", f"{PATH}/geheim.csv", f"{PATH}/map.csv?unit=geheim"]
)
def test_what_there_is_not_is_not_there(ans: Browser, path: str) -> None:
    answer = ans.client.get(path)
    assert answer.status_code == 404
    assert "geheim" not in answer.text


def test_the_works_council_sees_who_looked_and_not_at_whom(
    council: Browser, engine: Engine, clock: Clock
) -> None:
    sanne = person(engine, "Sanne")
    engine.export(sanne, clock() - timedelta(days=1), by="anna")
    engine.why(sanne, clock() - timedelta(days=1), by="anna")
    engine.why(sanne, clock() - timedelta(days=1), by="anna")
    engine.why(sanne, clock() - timedelta(days=200), by="anna")
    header, *rows = rows_of(council, "audit")
    assert header == [words(f"org.column.{one}") for one in ("day", "reader", "what", "times")]
    day = f"{clock() - timedelta(days=1):%d-%m-%Y}"
    assert rows == [
        [day, "anna", words("org.read.export"), "1"],
        [day, "anna", words("org.read.why"), "2"],
    ]
    page = council.read(PATH)
    assert words("org.audit.title") in page
    assert "Sanne" not in page
    assert sanne not in page


def test_only_the_works_council_sees_who_looked(ans: Browser) -> None:
    assert words("org.audit.title") not in ans.read(PATH)
    assert ans.client.get(f"{PATH}/audit.csv").status_code == 404


def test_the_works_council_has_the_way_there_and_nothing_more(council: Browser) -> None:
    assert f'href="{PATH}"' in council.client.get("/").text
    assert council.client.get("/team").status_code == 404


def shown(browser: Browser) -> Mapping[str, object]:
    return {"page": browser.read(PATH), **{one: rows_of(browser, one) for one in FIGURES}}


def test_what_one_person_does_changes_nothing(ans: Browser, engine: Engine, clock: Clock) -> None:
    before = shown(ans)
    noor = person(engine, "Noor")
    engine.consent(noor, "group_releases", False, clock())
    engine.consent(noor, "own_prompts", False, clock())
    engine.answer_item(noor, engine.model.items[0].id, 1, clock())
    assert shown(ans) == before
    engine.run(clock() + timedelta(minutes=5))
    assert shown(ans) == before
    engine.erase(noor, clock() + timedelta(minutes=9))
    assert shown(ans) == before


def test_before_go_live_there_is_nothing(ans: Browser, engine: Engine) -> None:
    organisation = evolve(engine.configuration.organisation, go_live=None)
    engine.configuration = evolve(engine.configuration, organisation=organisation)
    page = ans.read(PATH)
    assert words("org.refused.no_go_live") in page
    assert "<svg" not in page
    assert "<table" not in page
    assert all(len(rows_of(ans, figure)) == 1 for figure in FIGURES)


def test_where_groups_are_off_there_is_nothing(ans: Browser, engine: Engine) -> None:
    privacy = evolve(engine.configuration.privacy, group_releases="off")
    engine.configuration = evolve(engine.configuration, privacy=privacy)
    page = ans.read(PATH)
    assert words("org.refused.off") in page
    assert "<svg" not in page


def test_in_a_quarter_without_releases_it_says_so(ans: Browser, clock: Clock) -> None:
    clock.now = datetime(2026, 8, 3, 9, tzinfo=NOW.tzinfo)
    assert ans.launch("ans").status_code == 303
    page = ans.read(PATH)
    assert words("org.phases.none") in page
    assert words("org.quarter", year=2026, number=3) in page


def test_what_comes_from_data_is_text(
    browser: Browser, engine: Engine, folder: Path, clock: Clock
) -> None:
    people = folder / "people.csv"
    people.write_text(people.read_text("utf-8").replace(",bakkerij,", f",{SCRIPT},"), "utf-8")
    clock.now = datetime(2026, 4, 7, 9, tzinfo=NOW.tzinfo)
    engine.run(clock())
    assert any(one.unit == SCRIPT for one in engine.culture(clock()).units)
    browser.launch("ans")
    answer = browser.client.get(PATH, params={"unit": SCRIPT})
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert any(SCRIPT in row for row in rows_of(browser, "phases"))


def test_the_page_is_that_of_the_day(ans: Browser, engine: Engine) -> None:
    assert engine.culture(NOW).day == date(2026, 3, 3)
    assert engine.culture(NOW) == engine.culture(NOW)


def test_the_year_holds_what_is_in_it(engine: Engine) -> None:
    name = engine.model.interventions(layer="hr")[0].id

    def doing(state: Any, begin: date, unit: str = "") -> Doing:
        return Doing(unit, name, "hr", "hr", False, state, begin)

    rows = (
        doing("running", date(2025, 2, 1)),
        doing("running", date(2026, 12, 1)),  # noted beforehand
        doing("planned", date(2026, 4, 1)),
        doing("planned", date(2025, 1, 1)),  # long ago, and nobody noted what became of it
        doing("planned", date(2027, 1, 1)),
        doing("stopped", date(2026, 1, 1)),
        doing("running", date(2026, 1, 1), "winkel"),
    )
    culture = evolve(engine.culture(NOW), register=rows, plan=())
    (plan,) = figures(culture, engine.model, "nl", only="plan")
    assert len(plan.rows) == 6
    assert plan.chart is not None
    assert len(plan.chart.rows) == 3
    told = words("year.text", first="01-01-2026", last="31-12-2026", running=2, planned=1)
    assert plan.chart.text == told


def test_a_study_is_told_with_its_interval(engine: Engine) -> None:
    engine.write_study(NOW, seed="x")
    (study,) = engine.studies()
    nothing = {"pairs": 0, "difference": None, "low": None, "high": None}
    found: list[Any] = [
        SimpleNamespace(
            outcome="unprompted",
            against="later",
            verdict="more",
            pairs=24,
            difference=0.31,
            low=0.1,
            high=0.52,
        ),
        SimpleNamespace(outcome="self_reports", against="later", verdict="not_known", **nothing),
    ]
    states: list[tuple[Any, list[Any]]] = [("written", []), ("done", found)]
    for state, shown in states:
        known = evolve(study, state=state, figures=tuple(shown))
        culture = evolve(engine.culture(NOW), studies=(known,))
        (effect,) = figures(culture, engine.model, "nl", only="effect")
        assert (effect.chart is not None) == bool(shown)
        assert effect.rows
    assert effect.rows[0][3:] == (words("org.verdict.more"), "0,31", "0,10 tot 0,52", "24")
    assert effect.rows[1][3:] == (words("org.verdict.not_known"), "", "", words("org.too_few"))
    assert effect.chart is not None
    assert effect.chart.rows == effect.rows
    assert "0,10 tot 0,52" in as_html(culture, engine.model, "nl")


def test_decimals_have_a_comma_for_dutch_people_and_a_point_for_programs(engine: Engine) -> None:
    engine.write_study(NOW, seed="x")
    (study,) = engine.studies()
    found: Any = SimpleNamespace(
        outcome="unprompted",
        against="later",
        verdict="less",
        pairs=24,
        difference=-0.31,
        low=-0.52,
        high=-0.1,
    )
    done = evolve(study, state="done", figures=(found,))
    culture = evolve(engine.culture(NOW), studies=(done,))
    shown, columns = {}, {}
    for language in LANGUAGES:
        (effect,) = figures(culture, engine.model, language, only="effect")
        shown[language] = effect.rows[0][4:6]
        columns[language] = next(csv.reader(effect.csv().splitlines()[1:]))[4:6]
    assert shown == {"nl": ("-0,31", "-0,52 tot -0,10"), "en": ("-0.31", "-0.52 to -0.10")}
    assert columns == {"nl": ["-0.31", "'-0.52 tot -0.10"], "en": ["-0.31", "'-0.52 to -0.10"]}
    assert json.loads(as_json(culture))["studies"][0]["figures"][0]["difference"] == -0.31
