"""The plan in concert and the practice register in the running engine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from leercultuur_core.activity.activity import Activity
from leercultuur_core.advice import selection
from leercultuur_core.advice.concert import WHOLE, Concert, Reason
from leercultuur_core.advice.concert_rules import default_concert_rules
from leercultuur_core.advice.practice import Practised
from leercultuur_core.errors import ConfigError
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.run import acting, concert, practice
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.group_prompts import GroupPrompts
from leercultuur_core.run.preconditions import Conditions
from leercultuur_core.run.releasing import shown
from leercultuur_core.run.rights import Rights
from leercultuur_core.storage import OutboxPrompt

from .conftest import NOW, ListDirectory, ListSource, Make

LATER = datetime(2026, 4, 7, 9, tzinfo=UTC)
"""A morning in the next quarter."""

LEARNING = "http://adlnet.gov/expapi/verbs/progressed"
LOOKING = "http://adlnet.gov/expapi/verbs/registered"
UNITS = ("Brood", "Taart")


def activity(who: int, day: int, verb: str) -> Activity:
    return Activity(
        id=f"{who} {day} {verb}",
        identities=(f"account|home|w{who}",),
        verb=verb,
        source="lms",
        occurred_at=NOW + timedelta(days=day),
    )


def person(who: str, unit: str = "", **fields: Any) -> DirectoryPerson:
    return DirectoryPerson((f"account|home|{who}",), name=who, unit=unit, language="en", **fields)


def people(*leaders: DirectoryPerson) -> Sequence[DirectoryPerson]:
    return [*leaders, *(person(f"w{n}", UNITS[n % 2]) for n in range(24))]


LEADERS = (
    person("dirk", roles=("director",)),
    person("hanna", roles=("hr",)),
    person("bea", "Brood", roles=("manager",)),
)


def made(make: Make, *leaders: DirectoryPerson) -> Engine:
    traces = [
        activity(n, day, LEARNING if n % 3 else LOOKING)
        for n in range(24)
        for day in range(-40, 45)
    ]
    engine = make(
        sources={"lms": ListSource([Page(traces)])},
        directories={"people": ListDirectory(people(*(leaders or LEADERS)))},
    )
    engine.collect(NOW)
    return engine


def plan(engine: Engine, at: datetime = NOW) -> Concert:
    with engine.store.reading() as tx:
        return concert.read(tx, Rights.read(tx, engine.configuration, at), engine.model)


def note(engine: Engine, *rows: Practised) -> None:
    with engine.store.transaction() as tx:
        practice.put(tx, rows)


def test_there_is_a_plan_as_soon_as_something_is_released(make: Make) -> None:
    engine = made(make)
    assert plan(engine) == Concert("", {})
    engine.plan(NOW)
    found = plan(engine)
    assert found.quarter == "2026-Q1"
    assert set(found.plans) == {WHOLE, *UNITS}
    assert all(one.actions for one in found.plans.values())
    assert plan(engine) == found


def test_nothing_is_planned_where_groups_are_off(make: Make) -> None:
    engine = made(make)
    engine.plan(NOW)
    privacy = evolve(engine.configuration.privacy, group_releases="off")
    engine.configuration = evolve(engine.configuration, privacy=privacy)
    assert plan(engine) == Concert("", {})


def test_what_one_person_does_and_says_changes_no_plan_before_the_next_release(make: Make) -> None:
    engine = made(make)
    engine.plan(NOW)
    before = plan(engine)
    source = engine.adapters.sources["lms"]
    assert isinstance(source, ListSource)
    verbs = ("http://adlnet.gov/expapi/verbs/mastered", "http://adlnet.gov/expapi/verbs/shared")
    source.pages = [Page([activity(1, day, verb) for day in range(1, 9) for verb in verbs])]
    (uuid,) = engine.find("account|home|w2", NOW)
    engine.consent(uuid, "group_releases", False, NOW)
    engine.consent(uuid, "own_prompts", False, NOW)
    at = NOW + timedelta(days=10)
    engine.run(at)
    assert plan(engine, at) == before
    engine.run(LATER)
    assert plan(engine, LATER).quarter == "2026-Q2"


def test_the_plan_of_the_quarter_before_counts_in_this_one(make: Make) -> None:
    engine = made(make)
    engine.plan(NOW)
    first = plan(engine)
    engine.plan(LATER)
    second = plan(engine, LATER)
    for unit, one in second.plans.items():
        kept = {action.id for action in one.actions if Reason("stays") in action.reasons}
        assert kept == {a.id for a in one.actions} & {a.id for a in first.plans[unit].actions}
    assert any(Reason("stays") in a.reasons for a in second.plans["Brood"].actions)
    assert not any(Reason("stays") in a.reasons for a in first.plans["Brood"].actions)


def test_the_register_is_kept_and_says_who_acts(make: Make) -> None:
    engine = made(make)
    day = NOW.date()
    note(
        engine,
        Practised("Taart", "manager.feedback", "planned", day),
        Practised("Brood", "manager.feedback", "running", day),
        Practised("", "hr.time-and-money", "running", day),
        Practised("", "education.modular-tailored", "running", day),
        Practised("Brood", "tasks.autonomy", "running", day),
    )
    note(engine, Practised("Taart", "manager.feedback", "stopped", day))
    with engine.store.reading() as tx:
        rights = Rights.read(tx, engine.configuration, NOW)
        rows = practice.listed(tx, rights, engine.model)
        assert practice.units(rights) == set(UNITS)
    assert [(r.practised.unit, r.practised.state, r.role, r.stands_in) for r in rows] == [
        ("", "running", None, False),
        ("", "running", "hr", False),
        ("Brood", "running", "manager", False),
        ("Brood", "running", "worker", False),
        # Nobody leads this unit, so the director does.
        ("Taart", "stopped", "director", True),
    ]
    assert all(row.practised.since == day for row in rows)


def test_what_is_registered_is_not_planned_again(make: Make) -> None:
    engine = made(make)
    engine.plan(NOW)
    chosen = [one.id for one in plan(engine).plans["Brood"].actions]
    note(engine, *(Practised("Brood", one, "running", NOW.date()) for one in chosen))
    found = plan(engine).plans["Brood"]
    assert not {one.id for one in found.actions} & set(chosen)
    assert {o.intervention.id for o in found.left_out if o.reason == "running"} == set(chosen)


def test_white_spots_of_this_organisation(make: Make) -> None:
    engine = made(make)
    engine.plan(NOW)
    with engine.store.reading() as tx:
        rights = Rights.read(tx, engine.configuration, NOW)
        found = practice.spots(tx, rights, engine.model)
    assert {(one.kind, one.subject) for one in found if not one.unit} >= {
        ("layer", "hr"),
        ("phase", "unaware"),
    }
    assert {one.kind for one in found if one.unit} == {"phase"}


def test_a_unit_that_nobody_is_in(make: Make) -> None:
    engine = made(make)
    with engine.store.reading() as tx:
        known = practice.units(Rights.read(tx, engine.configuration, NOW))
    practice.check_unit("Brood", known)
    practice.check_unit("", known)
    practice.check_unit("Team", {"Team/Nacht"})
    with pytest.raises(ConfigError, match="such as Brood, found 'Bro'"):
        practice.check_unit("Bro", known)


# -- prompts to who acts for a unit ----------------------------------------------------------------


def prompt_for(
    engine: Engine, who: str, before: Sequence[OutboxPrompt] = (), *, planned: bool = True
) -> Any:
    (uuid,) = engine.find(f"account|home|{who}", NOW)
    with engine.store.reading() as tx:
        rights = Rights.read(tx, engine.configuration, NOW)
        rows = acting.rows(rights)
        conditions = Conditions.read(tx, rights, engine.model, only=())
        groups = GroupPrompts(
            shown(tx, rights),
            acting.holders(rows),
            *([lambda: concert.steps_now(tx, rights, engine.model, conditions)] if planned else []),
        )
        return groups.best(rows[uuid], before, fitting=lambda unit, layer: engine.model, now=NOW)


def made_with(engine: Engine, prompt: Any, state: str = "sent") -> OutboxPrompt:
    """As it stands in the outbox, long enough ago for the next."""
    return OutboxPrompt(
        prompt_id=prompt.id,
        recipient=prompt.recipient,
        subject_person=None,
        subject=prompt.subject,
        layer=prompt.layer,
        intervention=prompt.intervention,
        episode=prompt.episode,
        occasion=1,
        sink="s",
        language="en",
        payload={},
        state=state,  # type: ignore[arg-type]
        reason="",
        created=NOW - timedelta(days=30),
        due=NOW,
    )


def test_prompts_follow_the_plan_each_action_once_and_then_go_on(make: Make) -> None:
    engine = made(make)
    engine.plan(NOW)
    steps = [
        one.id for one in plan(engine).plans["Brood"].actions if one.intervention.layer == "manager"
    ]
    assert len(steps) == default_concert_rules().budget["manager"]
    before: list[OutboxPrompt] = []
    got = []
    for _ in range(3):
        prompt = prompt_for(engine, "bea", before)
        got.append(prompt.intervention)
        before.append(made_with(engine, prompt))
    assert got[:2] == steps
    assert got[2] == prompt_for(engine, "bea", planned=False).intervention


def test_a_prompt_of_the_plan_that_never_went_is_made_again(make: Make) -> None:
    engine = made(make)
    engine.plan(NOW)
    prompt = prompt_for(engine, "hanna")
    assert prompt.subject == "unit|"
    again = prompt_for(engine, "hanna", [made_with(engine, prompt, "expired")])
    assert (again.intervention, again.occasion) == (prompt.intervention, 2)


def test_a_prompt_says_what_the_others_do_meanwhile(make: Make) -> None:
    engine = made(make)
    engine.plan(NOW)
    text = prompt_for(engine, "bea").text
    assert "\n\nMeanwhile, in the plan for this quarter: " in text
    # The way to answer stays last.
    assert text.rpartition("\n\n")[2].endswith("not right · not now · not for me.")
    assert "Meanwhile" not in prompt_for(engine, "bea", planned=False).text


def test_the_director_does_what_a_manager_would_where_nobody_leads(make: Make) -> None:
    engine = made(make, person("dirk", roles=("director",)))
    engine.plan(NOW)
    (only,) = plan(engine).plans[WHOLE].actions
    prompt = prompt_for(engine, "dirk")
    assert prompt.intervention == only.id
    assert prompt.recipient_role == "director"
    # With room for more the layers of who is not there get their part, in each unit the same.
    rules = default_concert_rules()
    more = evolve(rules, budget={**rules.budget, "director": 3})
    with engine.store.reading() as tx:
        rights = Rights.read(tx, engine.configuration, NOW)
        steps = concert.steps(concert.read(tx, rights, engine.model, rules=more))
    assert set(steps) == {
        (WHOLE, "hr"),
        (WHOLE, "leadership"),
        *((unit, "manager") for unit in (WHOLE, *UNITS)),
    }
    assert len({steps[unit, "manager"][0].intervention for unit in UNITS}) == 1


def test_without_the_solver_prompts_go_on_as_before(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = made(make)
    engine.plan(NOW)
    selection._choose.cache_clear()
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    assert prompt_for(engine, "bea") == prompt_for(engine, "bea", planned=False)
    with pytest.raises(ModuleNotFoundError):
        plan(engine)
