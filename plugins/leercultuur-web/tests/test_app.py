"""Somebody's own page: what it shows, and what becomes of what they say there."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from string import Formatter

import pytest
from attrs import evolve

from leercultuur_core import PHASES, ConfigError, Engine
from leercultuur_web.settings import Platform, WebSettings, checked
from leercultuur_web.texts import texts

from .bakery import NOW, Clock, engine_of, person
from .visiting import Browser


def test_who_is_not_signed_in_is_told_how(browser: Browser) -> None:
    answer = browser.client.get("/")
    assert answer.status_code == 200
    assert "Open deze pagina vanuit je leeromgeving" in answer.text
    assert "Open this page from your learning environment" in browser.read("/?lang=en")


def test_the_page_says_where_how_sure_and_why(browser: Browser, engine: Engine) -> None:
    assert browser.launch().headers["location"] == "/"
    shown = browser.read()
    estimate = engine.believed(person(engine), NOW + timedelta(hours=1), by="test")
    assert estimate is not None
    assert texts()[f"where.{estimate.phase}"]["nl"] in shown
    assert f"{round(estimate.probability * 100)} van de 100" in shown
    for reason in estimate.explain("nl"):
        assert reason.text in shown
    for phase in PHASES:
        assert f'value="{phase}"' in shown
    assert "Sanne" not in shown, "no page shows a colleague"


def test_the_step_that_was_sent_can_be_answered(browser: Browser, engine: Engine) -> None:
    browser.launch()
    jan = person(engine)
    with engine.store.reading() as tx:
        (prompt,) = tx.delivery.prompts(states=["sent"], recipient=jan)
    assert prompt.payload["prompt"]["step"] in browser.read()
    sent = browser.send("/answer", step=prompt.prompt_id, answer="not_now")
    assert (sent.status_code, sent.headers["location"]) == (303, "/?noted=answer")
    with engine.store.reading() as tx:
        assert [one.answer for one in tx.delivery.answers([jan])] == ["not_now"]
    shown = browser.read()
    assert prompt.payload["prompt"]["step"] not in shown
    assert "één bericht" in shown, "without a step it says why"


def test_what_somebody_says_of_themselves_is_shown_as_said(
    browser: Browser, engine: Engine, clock: Clock
) -> None:
    browser.launch()
    for phase in ("continuing", "applying"):
        clock.later(seconds=5)
        sent = browser.send("/phase", phase=phase)
        assert sent.headers["location"] == f"/?noted={phase}"
    shown = browser.read("/?noted=applying")
    assert "Genoteerd: Ik gebruik op mijn werk wat ik heb geleerd" in shown
    assert "Je zei zelf op 03-03-2026: Ik gebruik op mijn werk" in shown, "at once"
    clock.later(days=1)
    browser.launch()
    assert "Je zei zelf op 03-03-2026: Ik gebruik op mijn werk" in browser.read()
    estimate = engine.believed(person(engine), clock.now, by="test")
    assert estimate is not None
    assert estimate.you_said is not None
    assert estimate.you_said.phase == "applying", "the last of a day counts"


def test_a_yes_and_a_no_take_effect_at_once(browser: Browser) -> None:
    browser.launch()
    assert "Dit staat aan." in browser.read()
    browser.send("/consent", purpose="own_prompts", given="no")
    shown = browser.read()
    assert "Er is geen inschatting van jou." in shown
    assert 'name="phase"' not in shown, "without an estimate there is nothing to correct"
    browser.send("/consent", purpose="own_prompts", given="yes")
    assert 'name="phase"' in browser.read()


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/consent", {"purpose": "validation", "given": "yes"}),
        ("/consent", {"purpose": "own_prompts", "given": "perhaps"}),
        ("/phase", {"phase": "expert"}),
        ("/phase", {}),
        ("/answer", {"answer": "wrong", "step": "x"}),
        ("/language", {"language": "de"}),
    ],
)
def test_what_the_page_does_not_offer_is_refused(
    browser: Browser, path: str, fields: dict[str, str]
) -> None:
    browser.launch()
    assert browser.send(path, **fields).status_code == 400


def test_the_export_is_whole_and_holds_the_session_too(browser: Browser, engine: Engine) -> None:
    browser.launch()
    answer = browser.send("/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="leercultuur.json"'
    found = answer.json()
    assert found["plugins"]["web"]["tickets"][0]["kind"] == "session"
    expected = engine.export(person(engine), NOW, by="test")
    assert set(found) == set(expected)


def test_an_erase_forgets_and_signs_out_everywhere(
    browser: Browser, other: Browser, engine: Engine
) -> None:
    browser.launch()
    other.launch()
    jan = person(engine)
    assert "Alles van jou wissen?" in browser.read("/erase")
    answer = browser.send("/erase")
    assert answer.status_code == 200
    assert "Alles wat we van je bewaarden is weg." in answer.text
    assert engine.export(jan, NOW, by="test") == {}
    for one in (browser, other):
        assert "Open deze pagina vanuit je leeromgeving" in one.read()
    engine.collect(NOW + timedelta(days=1))
    assert browser.launch().status_code == 403, "tonight's run does not bring them back"


def test_signing_out_ends_the_session(browser: Browser) -> None:
    browser.launch()
    cookie = browser.client.cookies["__Host-leercultuur-session"]
    assert "Je bent uitgelogd" in browser.send("/sign-out").text
    browser.client.cookies.set("__Host-leercultuur-session", cookie)
    assert browser.client.get("/").status_code == 401


def test_a_session_is_short(browser: Browser, clock: Clock) -> None:
    browser.launch()
    clock.later(minutes=59)
    assert browser.client.get("/").status_code == 200
    clock.later(minutes=1)
    assert browser.client.get("/").status_code == 401


def test_a_session_lasts_a_day_for_who_needs_more_time(browser: Browser, clock: Clock) -> None:
    browser.launch()
    assert "Je bent ingelogd tot 12:00." in browser.read()
    answer = browser.send("/stay")
    assert f"Max-Age={24 * 3600}" in answer.headers["set-cookie"]
    shown = browser.read(answer.headers["location"])
    assert "Je blijft een dag ingelogd" in shown
    assert "Je bent ingelogd tot" not in shown
    clock.later(hours=23, minutes=59)
    assert browser.client.get("/").status_code == 200
    clock.later(minutes=1)
    assert browser.client.get("/").status_code == 401


def test_the_language_changes_and_stays(browser: Browser) -> None:
    browser.launch()
    assert '<html lang="nl">' in browser.read()
    browser.send("/language", language="en")
    shown = browser.read()
    assert '<html lang="en">' in shown
    assert "Where you seem to be" in shown


def test_what_somebody_says_waits_for_no_run(browser: Browser, folder: Path) -> None:
    browser.launch()
    with engine_of(folder) as night, night._alone():
        assert browser.send("/phase", phase="acting").status_code == 303
    assert "Je zei zelf op 03-03-2026: Ik ben iets aan het leren" in browser.read()


@pytest.mark.parametrize(
    ("language", "told", "noted"),
    [
        ("nl", "Er is nog niets gewist", "Je hebt gevraagd om alles van jou te wissen."),
        ("en", "Nothing was erased yet", "You asked us to erase all of you."),
    ],
)
def test_an_erase_while_a_run_is_at_work_is_done_by_the_next(
    browser: Browser,
    other: Browser,
    engine: Engine,
    folder: Path,
    language: str,
    told: str,
    noted: str,
) -> None:
    for one in (browser, other):
        one.launch()
    browser.send("/language", language=language)
    jan = person(engine)
    with engine_of(folder) as night, night._alone():
        answer = browser.send("/erase")
    assert answer.status_code == 200
    assert told in answer.text
    assert "Open deze pagina vanuit je leeromgeving" in other.read(), "signed out everywhere"
    browser.launch()
    browser.send("/language", language=language)
    assert noted in browser.read()
    engine.collect(NOW + timedelta(days=1))
    assert engine.export(jan, NOW, by="test") == {}
    assert browser.client.get("/").status_code == 401


def test_before_the_works_council_said_yes_there_is_no_estimate(
    browser: Browser, engine: Engine
) -> None:
    organisation = evolve(engine.configuration.organisation, go_live=None)
    engine.configuration = evolve(engine.configuration, organisation=organisation)
    browser.launch()
    shown = browser.read()
    assert "Er is geen inschatting van jou." in shown
    assert "nog niet vastgelegd" in shown


def test_the_texts_say_the_same_in_both_languages() -> None:
    for key, both in texts().items():
        fields = [
            sorted(name for _, name, _, _ in Formatter().parse(text) if name)
            for text in both.values()
        ]
        assert fields[0] == fields[1], key
        for text in both.values():
            assert text.strip(), key
            assert not re.search(r"!|je moet|you should", text, re.IGNORECASE), key


def test_settings_name_every_mistake() -> None:
    wrong = WebSettings(
        "http://leren.korenaar.example/pad",
        session_minutes=0,
        platform=(Platform("m", "https://lms.example; x", "", (), "ftp://x", "https://k.example"),),
    )
    with pytest.raises(ConfigError) as caught:
        checked(wrong)
    assert {one.place for one in caught.value.problems} == {
        "web.url",
        "web.session_minutes",
        "web.platform[0].site",
        "web.platform[0].login",
        "web.platform[0].client_id",
        "web.platform[0].deployments",
    }
