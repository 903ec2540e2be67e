"""Plan: one fitting step for whom that may be, and a reason for everybody else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from attrs import evolve
from msgspec.structs import replace

from leercultuur_core.activity.activity import Activity
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.maturity import maturity_model
from leercultuur_core.privacy.purposes import RefusedReason
from leercultuur_core.run import estimating, planning, releasing
from leercultuur_core.run.composing import prompt_of
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.phrases import say
from leercultuur_core.run.planned import Nothing
from leercultuur_core.storage import OutboxPrompt

from .conftest import NOW, ListDirectory, ListSource, Make, workers
from .outside import Mailbox, OnceSink

DAY = timedelta(days=1)
STEP = "http://adlnet.gov/expapi/verbs/progressed"
LOOKED = "http://adlnet.gov/expapi/verbs/experienced"
ANSWERED = "http://adlnet.gov/expapi/verbs/answered"


def lessons(name: str, days: range, verb: str = STEP) -> list[Activity]:
    return [
        Activity(
            id=f"{name}-{day}-{verb}",
            identities=(f"account|home|{name}",),
            verb=verb,
            occurred_at=NOW - timedelta(days=day),
        )
        for day in days
    ]


def person(name: str, **fields: object) -> DirectoryPerson:
    return DirectoryPerson((f"account|home|{name}",), name=name.title(), **fields)  # type: ignore[arg-type]


@pytest.fixture
def sink(tmp_path: Path) -> OnceSink:
    return OnceSink(Mailbox(tmp_path / "lines"))


@pytest.fixture
def sanne(make: Make, sink: OnceSink) -> Engine:
    """Sanne has been at it for weeks; nothing was sent yet."""
    engine = make(
        sources={"lms": ListSource([Page(lessons("sanne", range(1, 40)))])},
        directories={"people": ListDirectory([person("sanne")])},
        sinks={"sink": sink},
    )
    engine.collect(NOW)
    return engine


def outbox(engine: Engine) -> list[OutboxPrompt]:
    with engine.store.reading() as tx:
        return tx.delivery.prompts()


def test_a_prompt_freezes_what_was_believed(sanne: Engine) -> None:
    assert sanne.plan(NOW).made == 1
    (stored,) = outbox(sanne)
    assert stored.payload["believed"]["phase"] == "acting"
    assert stored.payload["believed"]["at"] == "2026-03-03"
    assert sum(stored.payload["believed"]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    prompt = prompt_of(stored, "Sanne")
    assert prompt.id == stored.prompt_id
    assert prompt.as_row() == stored.payload["prompt"]
    assert prompt.text.startswith("Hoi Sanne,")
    assert stored.subject_person == stored.recipient == prompt.recipient


def test_planning_twice_makes_one_prompt_and_the_next_night_none(sanne: Engine) -> None:
    assert sanne.plan(NOW).made == 1
    assert sanne.plan(NOW).nothing == {"waiting": 1}
    assert sanne.deliver(NOW).states == {"sent": 1}
    assert sanne.run(NOW + DAY).planned.nothing == {"weekly": 1}
    assert sanne.why(outbox(sanne)[0].recipient, NOW + DAY, by="t").text == (
        "Vandaag niets: één bericht op dinsdag, hoogstens één per week."
    )


def test_a_week_later_another_step_follows_in_the_same_episode(sanne: Engine) -> None:
    sanne.run(NOW)
    sanne.run(NOW + 7 * DAY)
    first, second = outbox(sanne)
    assert first.episode == second.episode
    assert first.intervention != second.intervention
    assert second.state == "sent"


def test_a_plan_is_what_is_decided_for_each_by_themselves(
    make: Make, sink: OnceSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In parts, all at once or one at a time; and `why` tells of everybody what the plan counted."""
    monkeypatch.setattr(planning, "_TOGETHER", 7)
    names = [f"one {number}" for number in range(36)]
    people = [
        person(
            name,
            unit=f"shop/team {number // 18}",
            roles=("worker", "manager") if number % 18 == 0 else ("worker",),
            language="en" if number % 3 else "nl",
            employment="student" if number == 5 else "employee",
            away=((NOW.date() - 20 * DAY, NOW.date() + DAY),) if number == 6 else (),
        )
        for number, name in enumerate(names)
    ]
    seen = [
        one
        for number, name in enumerate(names)
        if number % 5
        for one in lessons(name, range(number % 4, 20 + 5 * number), STEP if number % 2 else LOOKED)
    ]
    said = replace(
        lessons(names[9], range(3, 4), ANSWERED)[0],
        object_id="urn:leercultuur:question:phase",
        answer="unaware",
    )
    engine = make(
        sources={"lms": ListSource([Page([*seen, said])])},
        directories={"people": ListDirectory(people)},
        sinks={"sink": sink},
    )
    engine.collect(NOW)
    believed = engine.estimate(NOW).estimates
    with engine.store.transaction() as tx:
        releasing.release(tx, engine._rights(tx, NOW), believed, now=NOW)
    kinds: set[str] = set()
    for at in (NOW, NOW + DAY, NOW + 14 * DAY - timedelta(hours=8)):
        engine.estimate(at)
        with engine.store.reading() as tx:
            rights = engine._rights(tx, at)
            everybody = estimating.believe(tx, rights, at=at, parameters=engine.parameters)
            made, planned = engine._planner(tx, at, rights, everybody).plan()
            counted: Counter[str] = Counter()
            for uuid in rights.people:
                estimates = estimating.believe(
                    tx, rights, at=at, parameters=engine.parameters, only={uuid}
                )
                planner = engine._planner(tx, at, rights, estimates, only={uuid})
                step = planner.decide(uuid)
                mine = [one for one in made if one.recipient == uuid]
                why = planner.why(uuid, "nl")
                if isinstance(step, Nothing):
                    assert mine == []
                    counted[step.reason] += 1
                    assert why.reason == step.reason
                else:
                    assert mine == [planner._outbox(uuid, offer) for offer in step]
                    first = mine[0]
                    assert why.reason == (first.reason or "to_be_planned")
                    kinds |= {f"{one.asks} {one.language} {one.state}" for one in mine}
                    kinds |= {"about a unit" for one in mine if one.subject_person is None}
            assert planned.nothing == counted
            assert planned.made == len(made)
            kinds |= counted.keys()
        engine.run(at)
    assert kinds == {
        "about a unit",
        *(
            f"{asks} {language} {state}"
            for asks in ("question", "step")
            for language in ("en", "nl")
            for state in ("held", "ready")
        ),
        *("same_again", "student", "waiting", "weekly"),
    }


def test_not_for_me_is_never_offered_again(sanne: Engine) -> None:
    source = sanne.adapters.sources["lms"]
    assert isinstance(source, ListSource)
    source.pages = [Page(lessons("sanne", range(-50, 0)))]
    at = NOW
    offered = []
    for _ in range(6):
        sanne.run(at)
        (*_, last) = outbox(sanne)
        offered.append(last.intervention)
        assert sanne.answer(last.prompt_id, "not_for_me", at)
        at += 7 * DAY
    assert len(set(offered)) == 6
    assert not sanne.answer("no such prompt", "done", at)


def test_wrong_brings_the_question_and_no_guess(sanne: Engine) -> None:
    sanne.run(NOW)
    (first,) = outbox(sanne)
    sanne.answer(first.prompt_id, "wrong", NOW)
    sanne.run(NOW + 7 * DAY)
    *_, second = outbox(sanne)
    assert (first.asks, second.asks) == ("step", "question")


def test_who_said_after_wrong_where_they_are_is_not_asked_again(sanne: Engine) -> None:
    sanne.run(NOW)
    (first,) = outbox(sanne)
    sanne.answer(first.prompt_id, "wrong", NOW)
    assert sanne.say_phase(first.recipient, "acting", NOW + DAY)
    sanne.run(NOW + 7 * DAY)
    *_, second = outbox(sanne)
    assert (first.asks, second.asks) == ("step", "step")


def test_when_nothing_is_left_that_is_the_reason(sanne: Engine) -> None:
    everything = maturity_model()
    sanne._model = evolve(everything, all=everything.interventions(layer="hr"))
    assert sanne.plan(NOW).nothing == {"nothing_new": 1}


def test_late_rows_do_not_make_an_episode_another(sanne: Engine) -> None:
    sanne.run(NOW)
    (first,) = outbox(sanne)
    source = sanne.adapters.sources["lms"]
    assert isinstance(source, ListSource)
    source.pages = [Page(lessons("sanne", range(40, 120)))]
    sanne.collect(NOW + DAY)
    done = sanne.estimate(NOW + DAY)
    (now,) = done.estimates.values()
    assert now.phase == "acting"
    assert now.episode != first.episode
    with sanne.store.reading() as tx:
        (kept,) = tx.results.estimates().values()
    assert kept.episode == first.episode


def test_each_reason_has_its_people(make: Make, sink: OnceSink) -> None:
    people = [
        person("sanne"),
        person("student", employment="student"),
        person("gone", active=False),
        person("hr", roles=("hr",)),
    ]
    engine = make(directories={"people": ListDirectory(people)}, sinks={"sink": sink})
    engine.collect(NOW)
    assert engine.plan(NOW).nothing == {"left": 1, "not_a_worker": 1, "student": 1}
    without = make(path=Path(engine.store.name))
    assert without.plan(NOW).nothing["no_sink"] == 1
    before = make(path=Path(engine.store.name), go_live=None, sinks={"sink": sink})
    assert before.plan(NOW).nothing == {"left": 1, "no_go_live": 3}
    assert before.deliver(NOW).states == {"withdrawn": 1}


def test_opt_in_asks_for_a_yes(make: Make, sink: OnceSink) -> None:
    engine = make(directories={"people": workers(2)}, sinks={"sink": sink}, own_prompts="opt-in")
    engine.collect(NOW)
    assert engine.plan(NOW).nothing == {"not_opted_in": 2}
    (first,) = engine.find("worker 0", NOW)
    assert engine.consent(first, "own_prompts", True, NOW)
    done = engine.plan(NOW)
    assert (done.made, done.nothing) == (1, {"not_opted_in": 1})
    with pytest.raises(ValueError, match="expected a purpose"):
        engine.consent(first, "anything", True, NOW)
    assert not engine.consent("nobody", "own_prompts", True, NOW)


def test_the_sink_with_an_address_is_chosen(make: Make, sink: OnceSink, tmp_path: Path) -> None:
    from leercultuur_core.run.sinks import FilesSink, FilesSinkSettings

    mail = FilesSink(FilesSinkSettings(tmp_path / "mail", channel="mail"))
    people = [person("sanne"), person("piet", addresses={"mail": "piet@example.org"})]
    engine = make(directories={"people": ListDirectory(people)}, sinks={"mail": mail, "all": sink})
    engine.collect(NOW)
    engine.plan(NOW)
    assert sorted(prompt.sink for prompt in outbox(engine)) == ["all", "mail"]


def test_every_reason_has_words_in_both_languages() -> None:
    from leercultuur_core.advice.care import Reason
    from leercultuur_core.advice.care_hours import ClosedReason
    from leercultuur_core.run.planning import NothingReason

    def members(alias: object) -> set[str]:
        return {
            leaf
            for part in get_args(alias)
            for leaf in (members(part) if get_args(part) else {str(part)})
        }

    own = members(NothingReason) - members(Reason) - members(RefusedReason) - members(ClosedReason)
    assert own == {
        "left",
        "no_sink",
        "not_a_worker",
        "waiting",
        "nothing_new",
        "preconditions",
        "effect_later",
    }
    for key in [*(own - {"waiting"}), "to_be_planned"]:
        assert say("nl", key) != say("en", key)
    for state in ("held", "ready", "sending", "failed"):
        assert say("en", f"waiting.{state}", day="", time="")


def test_why_tells_what_waits(sanne: Engine) -> None:
    (uuid,) = sanne.find("sanne", NOW)
    assert sanne.why(uuid, NOW, by="t", language="en").reason == "to_be_planned"
    night = NOW - timedelta(hours=7)
    sanne.plan(night)
    why = sanne.why(uuid, night, by="tester", language="en")
    assert why.text == "A message is ready; it goes from 2026-03-03 08:30."
    assert why.waiting == ("held",)
    with pytest.raises(KeyError):
        sanne.why("nobody", NOW, by="t")
    with sanne.store.reading() as tx:
        assert [(entry.who, entry.what) for entry in tx.privacy.audit(subject=uuid)] == [
            ("t", "why"),
            ("tester", "why"),
        ]


def test_a_night_estimates_once(sanne: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    whole = estimating.believe

    def noted(*given: Any, **more: Any) -> Any:
        asked.append(more.get("only"))
        return whole(*given, **more)

    monkeypatch.setattr(estimating, "believe", noted)
    ran = sanne.run(NOW)
    assert asked == [None]
    assert (ran.estimated.people, ran.planned.made) == (1, 1)
    sanne.plan(NOW)
    assert asked == [None, None]


def test_what_somebody_says_during_a_night_counts_in_it(
    make: Make, sink: OnceSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between estimating and planning somebody says yes: their step rests on an estimate too."""
    engine = make(
        sources={"lms": ListSource([Page(lessons("sanne", range(1, 40)))])},
        directories={"people": ListDirectory([person("sanne")])},
        sinks={"sink": sink},
        own_prompts="opt-in",
    )
    set_off = engine.configuration.privacy
    engine.configuration = evolve(
        engine.configuration, privacy=evolve(set_off, group_releases="off")
    )
    engine.collect(NOW)
    (uuid,) = engine.find("Sanne", NOW)
    planned = engine._planned

    def after_a_yes(*given: Any) -> Any:
        engine.consent(uuid, "own_prompts", True, NOW)
        return planned(*given)

    monkeypatch.setattr(engine, "_planned", after_a_yes)
    ran = engine.run(NOW)
    assert (ran.estimated.people, ran.planned.made) == (0, 1)
    (stored,) = outbox(engine)
    assert (stored.asks, stored.payload["believed"]["phase"]) == ("step", "acting")


def test_of_one_person_asked_about_the_answer_is_that_of_all(make: Make, sink: OnceSink) -> None:
    names = ["sanne", "piet", "jo"]
    engine = make(
        sources={
            "lms": ListSource(
                [Page([one for n, name in enumerate(names) for one in lessons(name, range(n, 40))])]
            )
        },
        directories={"people": ListDirectory([person(name) for name in names])},
        sinks={"sink": sink},
    )
    engine.collect(NOW)
    everybody = engine.estimate(NOW).estimates
    engine.run(NOW)
    for name in names:
        (uuid,) = engine.find(name, NOW)
        one = engine.believed(uuid, NOW, by="t")
        assert one is not None
        assert one.probabilities == everybody[uuid].probabilities
        assert one.episode == everybody[uuid].episode
        assert engine.why(uuid, NOW + DAY, by="t").reason == "weekly"
