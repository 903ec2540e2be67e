"""The general invitation: once to everybody in the directory, and nothing else before the yes."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from leercultuur_core.activity.activity import Activity
from leercultuur_core.extension import DirectoryPerson, Page, Source
from leercultuur_core.maturity import maturity_model
from leercultuur_core.run.config import GoLive
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.invitation import invitation
from leercultuur_core.storage import OutboxPrompt

from .conftest import NOW, ListDirectory, ListSource, Make
from .outside import Boundary, LookupSink, Mailbox, OnceSink, Stopped, StoppingStore

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PEOPLE = [
    DirectoryPerson(("account|home|sanne",), name="Sanne", language="nl"),
    DirectoryPerson(("account|home|piet",), name="Piet", language="en", roles=("hr",)),
]
LESSONS = [
    Activity(
        id=f"{name}-{day}",
        identities=(f"account|home|{name}",),
        verb="http://adlnet.gov/expapi/verbs/progressed",
        occurred_at=NOW - timedelta(days=day),
    )
    for name in ("sanne", "stranger")
    for day in range(-30, 40)
]


def invite(engine: Engine, choice: Any = "opt-out") -> Engine:
    privacy = evolve(engine.configuration.privacy, invitation=choice)
    engine.configuration = evolve(engine.configuration, privacy=privacy)
    return engine


def go_live(engine: Engine, day: date) -> None:
    organisation = evolve(engine.configuration.organisation, go_live=GoLive(day, "OR", "allen"))
    engine.configuration = evolve(engine.configuration, organisation=organisation)


@pytest.fixture
def engine(make: Make, tmp_path: Path) -> Engine:
    """Before the yes, with two people in the directory and one who was only seen."""
    sources: dict[str, Source] = {"lms": ListSource([Page(LESSONS)])}
    return make(
        sources=sources,
        directories={"people": ListDirectory(PEOPLE)},
        sinks={"sink": OnceSink(Mailbox(tmp_path / "lines"))},
        go_live=None,
    )


def outbox(engine: Engine) -> list[OutboxPrompt]:
    with engine.store.reading() as tx:
        return tx.delivery.prompts()


def test_unless_the_configuration_asks_nothing_goes_before_the_yes(engine: Engine) -> None:
    ran = engine.run(NOW)
    assert (ran.planned.made, ran.planned.nothing) == (0, {"no_go_live": 3})
    assert outbox(engine) == []


def test_everybody_in_the_directory_gets_one_and_nothing_else(engine: Engine) -> None:
    invite(engine)
    first = engine.run(NOW)
    assert (first.planned.made, first.delivered.states) == (2, {"sent": 2})
    for day in range(1, 80, 4):
        engine.run(NOW + day * DAY)
    made = outbox(engine)
    assert {one.asks for one in made} == {"invitation"}
    assert set(Counter(one.recipient for one in made).values()) == {1}
    assert len({one.prompt_id for one in made}) == len(made) == 2
    with engine.store.reading() as tx:
        assert tx.results.estimates() == {}
        named = {uuid: person.name for uuid, person in tx.people.all().items()}
    texts = {named[one.recipient]: one.payload["prompt"]["text"] for one in made}
    assert texts["Sanne"].startswith("Hoi Sanne,\nOp het werk leer je de hele dag door")
    assert texts["Piet"].startswith("Hi Piet,\nAt work you learn all day long")
    assert all(set(one.payload) == {"prompt"} for one in made)
    assert all(one.payload["prompt"]["phase_mix"] == {} for one in made)


def test_it_is_the_same_whatever_was_seen(engine: Engine, make: Make, tmp_path: Path) -> None:
    other = make(
        directories={"people": ListDirectory(PEOPLE)},
        sinks={"sink": OnceSink(Mailbox(tmp_path / "other"))},
        go_live=None,
    )
    told = []
    for one in (engine, other):
        invite(one).run(NOW)
        told.append(sorted(prompt.payload["prompt"]["text"] for prompt in outbox(one)))
    assert told[0] == told[1]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_is_short_and_asks_nothing_back(language: Any) -> None:
    prompt = invitation("u", name="", model=maturity_model(), language=language)
    assert len(prompt.text.split()) < 120
    for unwanted in ("!", "moet", "should", "must", "  ", "{"):
        assert unwanted not in prompt.text
    assert prompt.step in prompt.text
    assert prompt.why in prompt.text


def test_it_waits_for_working_time(engine: Engine) -> None:
    night = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    ran = invite(engine).run(night)
    assert (ran.planned.held, ran.delivered.states) == (2, {"held": 2})
    assert engine.run(night + HOUR).planned.nothing == {"no_go_live": 1, "waiting": 2}
    assert engine.deliver(night + 8 * HOUR).states == {"sent": 2}


def test_a_no_takes_it_away_and_leaves_the_others(engine: Engine) -> None:
    invite(engine)
    engine.collect(NOW)
    engine.plan(NOW)
    (sanne,) = engine.find("Sanne", NOW)
    assert engine.consent(sanne, "own_prompts", False, NOW)
    assert {one.state for one in outbox(engine)} == {"ready"}
    assert engine.consent(sanne, "invitation", False, NOW)
    assert engine.deliver(NOW).states == {"sent": 1}
    assert engine.plan(NOW + DAY).made == 0
    (withdrawn,) = (one for one in outbox(engine) if one.recipient == sanne)
    assert (withdrawn.state, withdrawn.reason) == ("withdrawn", "objected")


def test_one_that_never_went_is_made_again(engine: Engine) -> None:
    invite(engine)
    engine.collect(NOW)
    engine.plan(NOW)
    engine.deliver(NOW + 20 * DAY)
    assert {one.state for one in outbox(engine)} == {"expired"}
    assert engine.run(NOW + 21 * DAY).delivered.states == {"sent": 2}
    assert {(one.state, one.occasion) for one in outbox(engine)} == {("expired", 1), ("sent", 2)}


def test_switched_off_what_waits_goes_no_more(engine: Engine) -> None:
    invite(engine)
    engine.collect(NOW)
    engine.plan(NOW)
    invite(engine, "off")
    done = engine.deliver(NOW)
    assert (done.states, done.reasons) == ({"withdrawn": 2}, {"off": 2})


def test_after_the_yes_it_counts_for_the_week_and_for_nothing_else(engine: Engine) -> None:
    invite(engine).run(NOW)
    go_live(engine, NOW.date())
    assert engine.run(NOW + DAY).planned.nothing == {"not_a_worker": 1, "weekly": 1}
    (sanne,) = engine.find("Sanne", NOW)
    (mine,) = (one for one in outbox(engine) if one.recipient == sanne)
    # What is wrong with an invitation is no word about a phase.
    engine.answer(mine.prompt_id, "wrong", NOW + DAY)
    engine.run(NOW + 7 * DAY)
    assert [one.asks for one in outbox(engine) if one.recipient == sanne] == ["invitation", "step"]


def test_the_question_after_it_has_an_id_of_its_own(engine: Engine) -> None:
    """Both rest on one intervention."""
    engine.adapters.directories["people"].list = [  # type: ignore[attr-defined]
        DirectoryPerson(("account|home|new",), name="New")
    ]
    invite(engine).run(NOW)
    go_live(engine, NOW.date())
    engine.run(NOW + 7 * DAY)
    (new,) = engine.find("New", NOW)
    first, second = (one for one in outbox(engine) if one.recipient == new)
    assert (first.asks, second.asks) == ("invitation", "question")
    assert first.intervention == second.intervention
    assert (first.state, second.state) == ("sent", "sent")


def test_a_stop_at_any_boundary_doubles_and_loses_none(
    make: Make, empty_store: Path, tmp_path: Path
) -> None:
    stop_at = 0
    stopped = True
    while stopped:
        stop_at += 1
        path = tmp_path / f"{stop_at}.db"
        shutil.copy(empty_store, path)
        mailbox = Mailbox(tmp_path / f"{stop_at}.lines")
        boundary = Boundary(stop_at)

        def made(
            boundary: Any, mailbox: Mailbox = mailbox, path: Path = path, **more: Any
        ) -> Engine:
            return invite(
                make(
                    path=path,
                    go_live=None,
                    directories={"people": ListDirectory(PEOPLE)},
                    sinks={"sink": LookupSink(mailbox, boundary)},
                    **more,
                )
            )

        engine = made(boundary, store_class=StoppingStore)
        engine.store.boundary = boundary  # type: ignore[attr-defined]
        stopped = False
        try:
            engine.run(NOW)
        except Stopped:
            stopped = True
        engine.close()
        again = made(lambda: None)
        again.run(NOW + HOUR)
        again.run(NOW + DAY)
        found = outbox(again)
        again.close()
        assert set(Counter(one.recipient for one in found).values()) == {1}
        assert len(found) == 2
        assert {one.state for one in found} == {"sent"}
        assert sorted(mailbox.arrived.values()) == [1, 1]
    assert stop_at > 15
