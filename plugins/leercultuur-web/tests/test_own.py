"""More of somebody's own page: their plan, what they learned, their vote, and who sees what."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from icalendar import Calendar

from leercultuur_core import Engine, Secret, maturity_model
from leercultuur_records import Records, demo, store
from leercultuur_records.issuing import LocalIssuer, LocalIssuerSettings, build_credential
from leercultuur_records.issuing.claim import Claim
from leercultuur_records.keys import KeyRing
from leercultuur_web.own.learned import LONGEST

from .bakery import NOW, Clock, engine_of, person
from .conftest import CONFIGURATION
from .visiting import Browser, Lms, client_of, visited

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def recording(folder: Path) -> Iterator[Engine]:
    """The bakery where records are kept too."""
    text = CONFIGURATION.replace('["web"]', '["web", "records"]')
    (folder / "leercultuur.toml").write_text(text, "utf-8")
    with engine_of(folder) as engine:
        yield engine


@pytest.fixture
def keeper(recording: Engine, clock: Clock, lms: Lms) -> Iterator[Browser]:
    """Jan's browser there."""
    with visited(recording, clock, lms) as browser:
        browser.launch()
        yield browser


def step_of(engine: Engine, clock: Clock) -> str:
    step = engine.own_page(person(engine), clock.now, shown=False).step
    assert step is not None
    return step.id


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_is_whole_in_both_languages(
    browser: Browser, engine: Engine, language: str
) -> None:
    browser.launch()
    shown = browser.read(f"/?lang={language}")
    nl = language == "nl"
    assert f'<html lang="{language}">' in shown
    assert "<svg" in shown, "the story is drawn"
    for heading in (
        ("Waar je lijkt te staan", "Where you seem to be"),
        ("Een volgende stap", "A next step"),
        ("Dertig seconden", "Thirty seconds"),
        ("Wie ziet wat", "Who sees what"),
        ("Wat mag met jouw gegevens", "What may be done with your data"),
    ):
        assert heading[0 if nl else 1] in shown
    assert "{" not in shown.partition("<main")[2].replace("{{", "")


def test_one_view_is_one_entry_in_the_audit(browser: Browser, engine: Engine) -> None:
    browser.launch()

    def entries() -> int:
        with engine.store.reading() as tx:
            return len(tx.privacy.audit(subject=person(engine)))

    before = entries()
    browser.client.get("/")
    assert entries() == before + 1


# -- when? ----------------------------------------------------------------------------------------


def test_a_moment_for_the_step_is_a_plan_of_ones_own(
    browser: Browser, engine: Engine, clock: Clock
) -> None:
    browser.launch()
    step = step_of(engine, clock)
    assert browser.client.get("/plan.ics").status_code == 404, "nothing was planned"
    sent = browser.send("/plan", step=step, day="2026-03-05", part="afternoon")
    assert (sent.status_code, sent.headers["location"]) == (303, "/?noted=plan")
    shown = browser.read()
    assert "Je plande dit voor donderdag 05-03 om 15:00." in shown
    file = browser.client.get("/plan.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    (event,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert f"{event.decoded('DTSTART'):%Y-%m-%dT%H:%M%z}" == "2026-03-05T14:00+0000"
    step_text = engine.own_page(person(engine), clock.now, shown=False).step
    assert step_text is not None
    assert event.get("DESCRIPTION") == step_text.step
    assert str(event.get("SUMMARY")) == "Een kleine stap", "a heading that says nothing of it"
    browser.send("/plan", step=step, day="2026-03-04", part="morning")
    shown = browser.read()
    assert "woensdag 04-03 om 09:00" in shown
    assert "donderdag 05-03 om 15:00" not in shown, "the last choice holds"
    exported = engine.export(person(engine), clock.now, by="test")
    assert exported["plugins"]["web"]["plans"] == [
        {"step": step, "moment": "2026-03-04T08:00:00+00:00"}
    ]
    browser.send("/answer", step=step, answer="done")
    assert browser.client.get("/plan.ics").status_code == 404
    assert "plans" not in engine.export(person(engine), clock.now, by="test")["plugins"]["web"]


IMPOSSIBLE = (
    ({"day": "2026-03-03", "part": "morning"}, 400),  # it is eleven o'clock
    ({"day": "2026-04-05", "part": "morning"}, 400),
    ({"day": "2026-03-05", "part": "midnight"}, 400),
    ({"day": "tomorrow", "part": "morning"}, 400),
    ({"part": "morning"}, 400),
    ({"day": "2026-03-05", "part": "morning", "step": "another"}, 404),
)


def test_a_moment_that_cannot_be(browser: Browser, engine: Engine, clock: Clock) -> None:
    browser.launch()
    step = step_of(engine, clock)
    for fields, status in IMPOSSIBLE:
        answer = browser.send("/plan", **{"step": step, **fields})
        assert answer.status_code == status, fields
        assert "Er is niets veranderd" in answer.text
    assert not engine.export(person(engine), clock.now, by="test")["plugins"]["web"].get("plans")


def test_a_plan_is_forgotten_with_its_person(
    browser: Browser, engine: Engine, clock: Clock
) -> None:
    browser.launch()
    jan = person(engine)
    browser.send("/plan", step=step_of(engine, clock), day="2026-03-05", part="noon")
    assert engine.erase(jan, clock.now)["web_plans_1"] == 1


def test_the_step_of_somebody_else_cannot_be_planned_or_answered(
    browser: Browser, other: Browser, engine: Engine, clock: Clock
) -> None:
    browser.launch()
    other.launch("sanne")
    step = step_of(engine, clock)
    assert other.send("/plan", step=step, day="2026-03-05", part="noon").status_code == 404
    assert other.send("/answer", step=step, answer="done").status_code == 404


# -- thirty seconds, and what was learned ---------------------------------------------------------


def test_without_records_no_words_are_kept(browser: Browser, engine: Engine, clock: Clock) -> None:
    browser.launch()
    shown = browser.read()
    assert "Wat loste je vandaag op dat je vorige maand niet kon?" in shown
    assert "wordt hier niet bewaard" in shown
    assert "<textarea" not in shown
    assert browser.send("/reflection", text="Deeg voelen").status_code == 400
    sent = browser.send("/reflection")
    assert sent.headers["location"] == "/?noted=reflected"
    assert "Je keek vandaag al terug." in browser.read()
    assert engine.own_page(person(engine), clock.now, shown=False).reflected


def test_a_reflection_is_kept_as_a_record_where_somebody_wants_it(
    keeper: Browser, recording: Engine, clock: Clock
) -> None:
    assert "Je hebt nog niets opgeschreven." in keeper.read()
    sent = keeper.send("/reflection", text=f"  Ik hoor aan het deeg of het klaar is. {SCRIPT} ")
    assert sent.headers["location"] == "/?noted=kept"
    (record,) = Records(recording).list(person(recording), clock.now)
    assert record.learned == f"Ik hoor aan het deeg of het klaar is. {SCRIPT}"
    assert (record.origin, record.language, record.holder) == (
        "reflection",
        "nl",
        person(recording),
    )
    shown = keeper.client.get("/").text
    assert "Ik hoor aan het deeg of het klaar is." in shown
    assert SCRIPT not in shown
    assert "opgeschreven" in shown
    assert "Je keek vandaag al terug." in shown
    too_long = keeper.send("/reflection", text="x" * (LONGEST + 1))
    assert (too_long.status_code, "Er is niets bewaard" in too_long.text) == (413, True)


def test_who_wants_no_estimate_may_still_keep_what_they_learned(
    keeper: Browser, recording: Engine, clock: Clock
) -> None:
    keeper.send("/consent", purpose="own_prompts", given="no")
    assert "Ik keek even terug" not in keeper.read()
    assert keeper.send("/reflection").status_code == 400, "there is nothing to keep"
    assert keeper.send("/reflection", text="Deeg voelen").status_code == 303
    with recording.store.reading() as tx:
        kinds = {kind for (_, _, _, kind, _), _ in tx.ledger.read([person(recording)])}
    assert "reflected" not in kinds, "it counts for no estimate"


def certified(engine: Engine, holder: str, record_id: str) -> bytes:
    """A certified record of ``holder`` in the store; its credential."""
    Records(engine)
    ring = KeyRing.new(NOW)
    issuer = LocalIssuer(LocalIssuerSettings(Secret(ring.dump()), organisation="De Korenaar"))
    credential = issuer.issue(
        build_credential(
            Claim(
                id="urn:uuid:5f0f8a30-6a5e-4b9b-8c3c-0d7f5c3a1b11",
                achievement="urn:leercultuur:standard:KD-25188:2026",
                name="Brood bakken",
                description="Bakt brood met zuurdesem.",
                criteria="D1",
                valid_from=NOW,
                subject={"email": "jan@korenaar.example"},
            )
        )
    )
    record = evolve(demo.certified(), id=record_id, holder=holder)
    with engine.database(write=True) as connection:
        store.add(connection, record)
        store.put_credential(connection, record.id, credential)
    return bytes(credential)


def test_a_badge_and_a_passport_can_be_taken_along(
    keeper: Browser, recording: Engine, lms: Lms
) -> None:
    assert keeper.send("/passport").status_code == 404, "there is nothing to put in it"
    credential = certified(recording, person(recording), "r-jan")
    certified(recording, person(recording, "sanne"), "r-sanne")
    shown = keeper.read()
    assert "erkend, met een badge" in shown
    assert "/badge/r-jan" in shown
    assert "r-sanne" not in shown
    badge = keeper.client.get("/badge/r-jan")
    assert badge.content == credential
    assert "attachment" in badge.headers["content-disposition"]
    for no in ("r-sanne", "nothing", "..%2Fr-jan"):
        assert keeper.client.get(f"/badge/{no}").status_code == 404
    passport = keeper.send("/passport")
    assert passport.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(passport.content)) as file:
        (name,) = [one for one in file.namelist() if one.startswith("credentials/")]
        assert file.read(name) == credential
    with client_of(keeper.client.app) as stranger:
        assert stranger.get("/badge/r-jan").status_code == 401


def test_without_records_there_is_no_badge(browser: Browser) -> None:
    browser.launch()
    assert browser.client.get("/badge/r-jan").status_code == 404
    assert browser.send("/passport").status_code == 404


# -- vote, questions, channels --------------------------------------------------------------------


def test_somebody_votes_for_their_own_team(browser: Browser, engine: Engine) -> None:
    browser.launch()
    assert "Waar begint jouw team mee?" not in browser.read()
    with engine.store.reading() as tx:
        unit = tx.people.all()[person(engine)].unit
    options = [one.id for one in maturity_model().interventions(layer="tasks")][:3]
    engine.open_vote(unit, options, NOW)
    shown = browser.read()
    assert "Waar begint jouw team mee?" in shown
    assert maturity_model()[options[0]].labels["nl"] in shown
    assert browser.send("/vote", choice=options[0]).headers["location"] == "/?noted=vote"
    assert f'value="{options[0]}" required checked' in browser.read()
    assert browser.send("/vote", choice="something-else").status_code == 404
    engine.close_vote(unit, NOW)
    assert browser.send("/vote", choice=options[0]).status_code == 404


def test_questions_about_work_are_answered_as_far_as_somebody_likes(
    browser: Browser, engine: Engine, clock: Clock
) -> None:
    browser.launch()
    first, second = [one.id for one in maturity_model().items][:2]
    assert f'name="item.{first}"' in browser.read()
    sent = browser.send("/items", **{f"item.{first}": "4"})
    assert sent.headers["location"] == "/?noted=items"
    shown = browser.read()
    assert f'name="item.{first}"' not in shown
    assert f'name="item.{second}"' in shown
    for wrong in ({f"item.{second}": "6"}, {"item.nothing": "3"}, {}):
        assert browser.send("/items", **wrong).status_code == 400


def test_a_channel_is_chosen_where_there_are_several(folder: Path, clock: Clock, lms: Lms) -> None:
    more = '\n[[sink]]\nname = "post"\nkind = "files"\nfolder = "post"\n'
    (folder / "leercultuur.toml").write_text(CONFIGURATION + more, "utf-8")
    with engine_of(folder) as engine, visited(engine, clock, lms) as browser:
        browser.launch()
        assert "Hoe berichten jou bereiken" in browser.read()
        sent = browser.send("/channel", channel="post")
        assert sent.headers["location"] == "/?noted=channel"
        assert 'name="channel" value="post" checked' in browser.read()
        assert browser.send("/channel", channel="pigeon").status_code == 400
        browser.send("/channel", channel="")
        assert 'name="channel" value="" checked' in browser.read()


def test_one_channel_is_no_choice(browser: Browser) -> None:
    browser.launch()
    assert "Hoe berichten jou bereiken" not in browser.read()


# -- what is refused ------------------------------------------------------------------------------

FORMS = ["/phase", "/vote", "/items", "/answer", "/plan", "/reflection", "/passport", "/channel"]


def test_a_form_needs_its_token(browser: Browser) -> None:
    browser.launch()
    for path in FORMS:
        answer = browser.client.post(path, data={"phase": "acting"})
        assert answer.status_code == 403, path
        assert browser.client.get(path).status_code == 405, path


def test_who_is_not_signed_in_gets_nothing(browser: Browser) -> None:
    for path in FORMS:
        assert browser.client.post(path, data={"csrf": "x"}).status_code == 401, path
    assert browser.client.get("/plan.ics").status_code == 401


def test_words_from_the_data_are_never_markup(
    browser: Browser, engine: Engine, clock: Clock
) -> None:
    browser.launch()
    step = step_of(engine, clock)
    with engine.store.transaction() as tx:
        prompt = tx.delivery.prompt(step)
        assert prompt is not None
        row = {**prompt.payload["prompt"], "step": SCRIPT, "why": SCRIPT, "when_question": SCRIPT}
        tx.connection.exec_driver_sql(
            "UPDATE outbox SET payload = ? WHERE prompt_id = ?",
            (json.dumps({"prompt": row}), step),
        )
    shown = browser.client.get("/").text
    assert SCRIPT not in shown
    assert shown.count("&lt;script&gt;alert(1)") == 3
