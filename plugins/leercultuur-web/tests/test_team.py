"""The page of who leads a team: what it shows, to whom, and that it is about nobody."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from attrs import evolve

from leercultuur_core import Engine

from .bakery import NOW, Clock, engine_of, person, words
from .visiting import Browser, Lms, visited

TEAM = "bezorging"
PATH = f"/team?unit={TEAM}"
NAMES = ("Omar", "Bo", "Yara", "Koen", "Lina", "Stef", "Amir", "Joost", "Mila", "Niels", "Samira")


@pytest.fixture
def folder(one_quarter: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(one_quarter, tmp_path / "bakery"))


@pytest.fixture
def omar(browser: Browser) -> Browser:
    """The browser of who leads the deliveries."""
    assert browser.launch("omar").status_code == 303
    return browser


def proposed(browser: Browser) -> dict[str, str]:
    shown = browser.client.get(PATH).text
    found = re.findall(r'<option value="([^"]+)" selected>', shown)
    return {f"option_{number}": one for number, one in enumerate(found, 1)}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_shows_shares_steps_preconditions_and_the_vote(
    omar: Browser, engine: Engine, clock: Clock, language: Any
) -> None:
    shown = omar.read(f"{PATH}&lang={language}")
    page = engine.unit_page(TEAM, clock.now, language=language)
    assert f"<h1>{words('team.title', language, unit=TEAM)}</h1>" in shown
    assert words("team.people.selecting", language) in shown
    assert words("team.band.text", language, minimum=10) in shown
    assert "<svg" in shown
    now = [one for one in page.yours if one.when == "now"]
    assert now, "a manager of the bakery has something to do in March"
    for one in (*page.yours, *now):
        assert one.label in shown
        assert one.step in shown
    for layer in ("hr", "leadership"):
        assert all(one.label in shown for one in page.others if one.layer == layer)
        assert any(one.layer == layer for one in page.others)
    assert words("team.state.low", language) in shown
    assert words("team.talk.safety", language) in shown
    assert engine.model["manager.room-for-mistakes"].steps[language] in shown
    assert engine.model[page.held[0]].labels[language] in shown
    assert shown.count(" selected>") == 3
    assert not [name for name in NAMES if re.search(rf"\b{name}\b", shown)]


def test_the_menu_has_it_for_who_leads_and_for_nobody_else(omar: Browser, other: Browser) -> None:
    assert 'href="/team"' in omar.client.get("/").text
    other.launch("bo")
    assert 'href="/team"' not in other.client.get("/").text


def test_who_leads_one_team_needs_not_choose(omar: Browser) -> None:
    assert words("team.title", unit=TEAM) in omar.read("/team")


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("bo", "/team"),
        ("bo", PATH),
        ("omar", "/team?unit=winkel"),
        ("omar", "/team?unit=nergens"),
        ("omar", "/team?unit=" + "bezorging%2F..%2Fwinkel"),
        ("ans", PATH),
    ],
)
def test_what_somebody_does_not_lead_is_not_there(browser: Browser, who: str, path: str) -> None:
    browser.launch(who)
    answer = browser.client.get(path)
    assert answer.status_code == 404
    assert words("error.not_found") in unescape(answer.text)
    for act in ("open", "close"):
        unit = path.partition("unit=")[2] or TEAM
        sent = browser.send(f"/team/vote/{act}", unit=unit)
        assert sent.status_code == 404


def test_who_is_not_signed_in_gets_nothing(browser: Browser) -> None:
    assert browser.client.get(PATH).status_code == 404


def test_a_vote_is_opened_closed_and_told_by_its_choice_alone(
    omar: Browser, engine: Engine, clock: Clock
) -> None:
    options = proposed(omar)
    sent = omar.send("/team/vote/open", unit=TEAM, **options)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{PATH}&noted=opened")
    shown = omar.read(sent.headers["location"])
    assert words("team.noted.opened") in shown
    assert words("team.vote.since", day="03-03-2026") in shown
    assert " selected>" not in shown
    again = omar.send("/team/vote/open", unit=TEAM, **options)
    assert again.status_code == 409
    before = omar.client.get(PATH).text
    for name in NAMES:
        engine.vote(person(engine, name.lower()), options["option_1"], clock.now)
        assert omar.client.get(PATH).text == before, "a vote shows nowhere"
    sent = omar.send("/team/vote/close", unit=TEAM)
    assert sent.headers["location"] == f"{PATH}&noted=closed"
    label = engine.model[options["option_1"]].labels["nl"]
    shown = omar.read(PATH)
    assert words("team.vote.chosen", day="03-03-2026", label=label) in shown
    assert words("team.no_vote.chosen") in shown
    assert omar.send("/team/vote/close", unit=TEAM).status_code == 409


def test_of_a_vote_of_a_few_no_result_is_told(omar: Browser, engine: Engine, clock: Clock) -> None:
    options = proposed(omar)
    omar.send("/team/vote/open", unit=TEAM, **options)
    engine.vote(person(engine, "bo"), options["option_1"], clock.now)
    omar.send("/team/vote/close", unit=TEAM)
    shown = omar.read(PATH)
    assert words("team.vote.unknown", day="03-03-2026") in shown
    assert " selected>" in omar.client.get(PATH).text, "the team may be asked again"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"option_2": "manager.nothing-of-the-kind"}, 400),
        ({"option_1": "", "option_2": "", "option_3": ""}, 400),
        ({"csrf": "forged"}, 403),
    ],
)
def test_what_the_form_does_not_offer_is_refused(
    omar: Browser, engine: Engine, change: dict[str, str], status: int
) -> None:
    fields = {"csrf": omar.csrf(), "unit": TEAM, **proposed(omar), **change}
    assert omar.client.post("/team/vote/open", data=fields).status_code == status
    assert engine.votes() == ()


def test_three_times_the_same_is_no_choice(omar: Browser, engine: Engine) -> None:
    options = dict.fromkeys(proposed(omar), "manager.appreciation")
    answer = omar.send("/team/vote/open", unit=TEAM, **options)
    assert answer.status_code == 400
    assert words("error.team_three") in unescape(answer.text)
    assert engine.votes() == ()


def test_a_form_from_another_site_closes_nothing(omar: Browser, engine: Engine) -> None:
    omar.send("/team/vote/open", unit=TEAM, **proposed(omar))
    fields = {"csrf": omar.csrf(), "unit": TEAM}
    headers = {"sec-fetch-site": "cross-site"}
    answer = omar.client.post("/team/vote/close", data=fields, headers=headers)
    assert answer.status_code == 403
    assert engine.votes()[-1].closed is None


def says(engine: Engine, who: str, now: datetime) -> None:
    item = engine.model.items[-1].id
    assert engine.answer_item(who, item, 5, now)


def objects(engine: Engine, who: str, now: datetime) -> None:
    assert engine.consent(who, "group_releases", False, now)


def goes(engine: Engine, who: str, now: datetime) -> None:
    engine.erase(who, now)


def is_estimated_anew(engine: Engine, who: str, now: datetime) -> None:
    engine.consent(who, "own_prompts", False, now)
    engine.run(now)


@pytest.mark.parametrize("change", [says, objects, goes, is_estimated_anew])
def test_the_page_is_the_same_before_and_after_one_person_does_something(
    omar: Browser,
    engine: Engine,
    clock: Clock,
    change: Callable[[Engine, str, datetime], None],
) -> None:
    before = omar.client.get(PATH).text
    change(engine, person(engine, "yara"), clock.now)
    assert omar.client.get(PATH).text == before


def test_before_go_live_it_says_what_is_missing(omar: Browser, engine: Engine) -> None:
    organisation = evolve(engine.configuration.organisation, go_live=None)
    engine.configuration = evolve(engine.configuration, organisation=organisation)
    shown = omar.read(PATH)
    for key in ("team.nothing.no_go_live", "team.no_vote.off", "team.preconditions.none"):
        assert words(key) in shown
    assert "<svg" not in shown


def test_in_a_new_quarter_it_says_that_there_is_nothing_yet(omar: Browser, clock: Clock) -> None:
    clock.later(days=40)
    omar.launch("omar")
    shown = omar.read(PATH)
    assert words("team.nothing.not_yet") in shown
    assert words("team.yours.none") in shown


def test_a_team_of_which_nothing_may_be_shown_has_the_plan_above_it(
    omar: Browser, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = engine.unit_page

    def hidden(unit: str, now: datetime, **more: Any) -> Any:
        return real("klein", now, **more)

    monkeypatch.setattr(engine, "unit_page", hidden)
    shown = omar.read(PATH)
    assert words("team.nothing.hidden") in shown
    assert words("team.above", above=words("team.whole")) in shown
    assert words("team.vote.three_own") in shown


def test_the_name_of_a_team_is_text_and_never_markup(folder: Path, clock: Clock, lms: Lms) -> None:
    odd = "<script>alert(1)</script>&unit=winkel"
    people = (folder / "people.csv").read_text("utf-8")
    (folder / "people.csv").write_text(people.replace(f",{TEAM},", f",{odd},"), "utf-8")
    with engine_of(folder) as engine:
        engine.collect(NOW)
        with visited(engine, clock, lms) as browser:
            browser.launch("omar")
            for path in ("/team", f"/team?{urlencode({'unit': odd})}"):
                shown = browser.client.get(path).text
                assert "<script" not in shown
                assert odd in unescape(shown)


def test_who_leads_several_teams_chooses_one(
    omar: Browser, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    real = engine.acts_for

    def two(who: str, now: datetime) -> Any:
        return evolve(real(who, now), units=("bezorging", "winkel"))

    monkeypatch.setattr(engine, "acts_for", two)
    shown = omar.read("/team")
    assert words("team.units") in shown
    for unit in ("bezorging", "winkel"):
        assert f'<a href="/team?unit={unit}">{unit}</a>' in shown
        assert words("team.others_led") in omar.read(f"/team?unit={unit}")


def test_nothing_on_the_page_needs_a_style_or_script_of_its_own(omar: Browser) -> None:
    shown = omar.client.get(PATH).text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", shown)
    for sheet in re.findall(r'href="(/static/[^"]+)"', shown):
        assert omar.client.get(sheet).status_code == 200
    ids = re.findall(r'\sid="([^"]+)"', shown)
    assert len(ids) == len(set(ids))
    for label in re.findall(r'aria-labelledby="([^"]+)"', shown):
        assert label in ids
