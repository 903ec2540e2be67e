"""What who leads a unit gets to look at."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from attrs import asdict, evolve

from leercultuur_core.activity.activity import Activity
from leercultuur_core.advice import selection
from leercultuur_core.advice.concert import Concert
from leercultuur_core.advice.practice import Practised
from leercultuur_core.errors import ConfigError
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.maturity import maturity_model
from leercultuur_core.run import concert, practice, voting
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.unit_page import Plans, UnitPage

from .conftest import NOW, ListDirectory, ListSource, Make

MODEL = maturity_model()
SAFE = [item.id for item in MODEL.items if item.facet == "safety"]
SAFETY = ("safety-and-workload", "safety")
BIG, SMALL = "Brood", "Taart"
NEXT = datetime(2026, 4, 7, 9, tzinfo=UTC)


def person(who: str, unit: str, role: str = "worker") -> DirectoryPerson:
    return DirectoryPerson((f"account|home|{who}",), who, (role,), unit=unit, language="en")


PEOPLE = (
    person("dirk", "", "director"),
    person("hanna", "", "hr"),
    person("bea", BIG, "manager"),
    person("tom", SMALL, "manager"),
    *(person(f"w{n}", BIG) for n in range(14)),
    *(person(f"t{n}", SMALL) for n in range(3)),
)


def traces(names: Sequence[str]) -> list[Activity]:
    verbs = ("progressed", "registered")
    return [
        Activity(
            id=f"{name}-{day}",
            identities=(f"account|home|{name}",),
            verb=f"http://adlnet.gov/expapi/verbs/{verbs[number % 2]}",
            source="lms",
            occurred_at=NOW - timedelta(days=day),
        )
        for number, name in enumerate(names)
        for day in range(1, 40, 2)
    ]


@pytest.fixture
def engine(make: Make) -> Engine:
    names = [one.name for one in PEOPLE[4:]]
    engine = make(
        sources={"lms": ListSource([Page(traces(names))])},
        directories={"people": ListDirectory(PEOPLE)},
    )
    privacy = evolve(engine.configuration.privacy, minimum_group=10)
    engine.configuration = evolve(engine.configuration, privacy=privacy)
    engine.collect(NOW)
    return engine


def one(engine: Engine, name: str) -> str:
    (found,) = engine.find(f"account|home|{name}", NOW)
    return found


def everybody_says(engine: Engine, items: Sequence[str], value: int) -> None:
    for name in [each.name for each in PEOPLE[4:]]:
        for item in items:
            assert engine.answer_item(one(engine, name), item, value, NOW)


def test_before_the_first_release_there_is_nothing_and_it_says_so(engine: Engine) -> None:
    page = engine.unit_page(BIG, NOW)
    assert (page.nothing, page.release, page.planned_for) == ("not_yet", None, None)
    assert (page.yours, page.others, page.proposed) == ((), (), ())


def test_the_page_holds_the_shares_and_what_the_plan_has_for_the_manager(engine: Engine) -> None:
    engine.plan(NOW)
    page = engine.unit_page(BIG, NOW, language="en")
    assert page.nothing is None
    assert page.release is not None
    assert (page.release.unit, page.made, page.planned_for) == (BIG, "2026-Q1", BIG)
    with engine.store.reading() as tx:
        rights = engine._rights(tx, NOW)
        found = concert.read(tx, rights, engine.model)
    planned = [each for plan in found.of(BIG) for each in plan.actions]
    yours = [each.intervention for each in page.yours]
    assert yours == [each.id for each in planned if each.intervention.layer == "manager"]
    assert yours, "this bakery's plan has something for the manager"
    assert {each.intervention for each in page.others} == {each.id for each in planned} - {*yours}
    for step in (*page.yours, *page.others):
        assert step.step == engine.model[step.intervention].steps["en"]
        assert step.why
        assert 1 <= step.begin <= step.end <= 13
    layers = [each.layer for each in page.others]
    assert layers.index("hr") < layers.index("leadership")


def test_each_language_has_its_own_words(engine: Engine) -> None:
    engine.plan(NOW)
    dutch, english = (engine.unit_page(BIG, NOW, language=each) for each in ("nl", "en"))
    assert [each.intervention for each in dutch.yours] == [e.intervention for e in english.yours]
    assert dutch.yours[0].step != english.yours[0].step


def test_the_week_of_the_day_says_what_is_for_now(engine: Engine) -> None:
    engine.plan(NOW)
    first = datetime(2026, 1, 1, 12, tzinfo=UTC)
    step = engine.unit_page(BIG, first).yours[0]

    def when(week: int) -> str:
        (found,) = [
            each.when
            for each in engine.unit_page(BIG, first + timedelta(weeks=week - 1)).yours
            if each.intervention == step.intervention
        ]
        return found

    assert when(step.begin) == when(step.end) == "now"
    assert when(step.end + 1) == "earlier"
    assert step.begin == 1 or when(step.begin - 1) == "later"
    last_day = datetime(2026, 3, 31, 12, tzinfo=UTC)
    ends = {each.end: each.when for each in engine.unit_page(BIG, last_day).others}
    assert all(said == ("now" if end == 13 else "earlier") for end, said in ends.items())


def test_of_a_small_unit_nothing_is_shown_and_the_plan_is_that_above_it(engine: Engine) -> None:
    engine.plan(NOW)
    small, strange = engine.unit_page(SMALL, NOW), engine.unit_page("Nergens", NOW)
    assert (small.nothing, small.release, small.planned_for) == ("hidden", None, "")
    assert small.yours == strange.yours
    assert strange.nothing == "hidden", "a unit that there is not looks like one that is small"


@pytest.mark.parametrize(("off", "nothing"), [(True, "off"), (False, "no_go_live")])
def test_where_groups_may_not_be_told_about_nothing_is(
    engine: Engine, off: bool, nothing: str
) -> None:
    engine.plan(NOW)
    organisation, privacy = engine.configuration.organisation, engine.configuration.privacy
    engine.configuration = (
        evolve(engine.configuration, privacy=evolve(privacy, group_releases="off"))
        if off
        else evolve(engine.configuration, organisation=evolve(organisation, go_live=None))
    )
    page = engine.unit_page(BIG, NOW)
    assert (page.nothing, page.no_vote) == (nothing, "off")
    assert (page.release, page.yours, page.others, dict(page.states)) == (None, (), (), {})


def test_without_a_solver_each_layer_has_what_fits_best(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.plan(NOW)
    selection._choose.cache_clear()
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    page = engine.unit_page(BIG, NOW, language="en")
    assert [each.layer for each in page.yours] == ["manager"]
    assert [each.layer for each in page.others] == ["hr", "leadership"]
    assert all(each.when == "any" and each.why for each in (*page.yours, *page.others))
    assert engine.unit_page(SMALL, NOW).planned_for is None


def test_what_is_low_is_told_with_what_it_holds_back_and_what_mends_it(engine: Engine) -> None:
    engine.plan(NOW)
    everybody_says(engine, SAFE, 1)
    assert SAFETY not in engine.unit_page(BIG, NOW).states, "not before it is released"
    engine.release_preconditions(NOW)
    page = engine.unit_page(BIG, NOW)
    assert page.states[SAFETY].state == "low"
    assert "manager.room-for-mistakes" in page.mending
    assert page.held
    assert not set(page.held) & set(page.mending)
    assert not set(page.held) & {each.intervention for each in page.yours}
    (whole,) = [each for each in engine.preconditions(NOW) if each.unit == BIG]
    assert page.held == tuple(each.intervention for each in whole.held)
    assert page.mending == whole.mending


def test_a_round_can_be_opened_closed_and_is_told_by_its_choice_alone(engine: Engine) -> None:
    engine.plan(NOW)
    page = engine.unit_page(BIG, NOW)
    assert (page.vote, page.no_vote, len(page.proposed)) == (None, None, 3)
    engine.open_vote(BIG, page.proposed, NOW)
    page = engine.unit_page(BIG, NOW)
    assert page.no_vote == "open"
    assert page.vote is not None
    assert page.vote.closed is None
    first = page.vote.options[0]
    for number in range(11):
        engine.vote(one(engine, f"w{number}"), first, NOW)
        assert engine.unit_page(BIG, NOW) == page, "no vote shows before it closes"
    engine.close_vote(BIG, NOW)
    page = engine.unit_page(BIG, NOW)
    assert page.vote is not None
    assert (page.vote.chosen, page.no_vote) == (first, "chosen")
    assert engine.unit_page(BIG, NEXT).no_vote is None


def test_a_round_in_the_whole_stands_in_the_way_of_one_in_a_part(engine: Engine) -> None:
    engine.plan(NOW)
    engine.open_vote("", engine.unit_page(BIG, NOW).proposed, NOW)
    assert engine.unit_page(BIG, NOW).no_vote == "open_near"


class Undone(Exception):
    """Raised so that nothing of it stays."""


def opens(engine: Engine, unit: str, at: datetime) -> bool:
    options = ("manager.appreciation", "hr.training-funds", "colleagues.easy-contact")
    try:
        with engine.store.transaction() as tx:
            rights = engine._rights(tx, at)
            voting.open_round(tx, rights, engine.model, unit, options, now=at)
            raise Undone
    except Undone:
        return True
    except ConfigError:
        return False


def test_the_page_says_there_is_no_vote_where_none_can_be_opened(engine: Engine) -> None:
    engine.plan(NOW)
    options = engine.unit_page(BIG, NOW).proposed

    def no_vote(at: datetime = NOW) -> list[str | None]:
        """Of the whole, of Brood and of Taart."""
        said: list[str | None] = []
        for unit in ("", BIG, SMALL):
            said.append(engine.unit_page(unit, at).no_vote)
            assert opens(engine, unit, at) == (said[-1] is None)
        return said

    assert no_vote() == [None, None, None]
    engine.open_vote("", options, NOW)
    assert no_vote() == ["open", "open_near", "open_near"]
    engine.close_vote("", NOW)
    assert no_vote() == [None, None, None], "too few is no choice"
    engine.open_vote(BIG, options, NOW)
    assert no_vote() == ["open_near", "open", None]
    for number in range(12):
        engine.vote(one(engine, f"w{number}"), options[number % 2], NOW)
    assert engine.close_vote(BIG, NOW).tied
    assert no_vote() == [None, "chosen", None], "a tie is told, so it counts"
    engine.open_vote("", options, NOW)
    assert no_vote() == ["open", "open_near", "open_near"]
    last_hour = datetime(2026, 3, 31, 21, 59, tzinfo=UTC)
    engine.close_vote("", last_hour)
    assert no_vote(last_hour) == [None, "chosen", None]
    assert no_vote(last_hour + timedelta(minutes=1)) == [None, None, None], "April in Amsterdam"
    privacy = engine.configuration.privacy
    engine.configuration = evolve(
        engine.configuration, privacy=evolve(privacy, group_releases="off")
    )
    assert no_vote() == ["off", "off", "off"]


def everything(page: UnitPage) -> object:
    return asdict(page)


def test_nothing_one_person_does_says_or_votes_changes_the_page(engine: Engine) -> None:
    engine.plan(NOW)
    everybody_says(engine, SAFE, 1)
    engine.release_preconditions(NOW)
    engine.open_vote(BIG, engine.unit_page(BIG, NOW).proposed, NOW)
    before = everything(engine.unit_page(BIG, NOW))
    somebody = one(engine, "w3")
    engine.vote(somebody, engine.votes()[-1].options[0], NOW)
    assert everything(engine.unit_page(BIG, NOW)) == before
    engine.answer_item(somebody, SAFE[0], 5, NOW)
    assert everything(engine.unit_page(BIG, NOW)) == before
    engine.consent(somebody, "group_releases", False, NOW)
    assert everything(engine.unit_page(BIG, NOW)) == before
    engine.push("lms", iter([Page(traces(["w4"]))]), NOW)
    engine.plan(NOW)
    assert everything(engine.unit_page(BIG, NOW)) == before
    engine.erase(somebody, NOW)
    assert everything(engine.unit_page(BIG, NOW)) == before


def test_a_plan_is_made_once_and_anew_when_what_it_rests_on_changes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.plan(NOW)
    made = 0
    read = concert.read

    def counting(*given: object, **more: object) -> object:
        nonlocal made
        made += 1
        return read(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(concert, "read", counting)
    first = engine.unit_page(BIG, NOW)
    for unit in (BIG, SMALL):
        engine.unit_page(unit, NOW)
    assert made == 1
    running = Practised(BIG, first.yours[0].intervention, "running", NOW.date())
    with engine.store.transaction() as tx:
        practice.put(tx, [running])
    after = engine.unit_page(BIG, NOW)
    assert made == 2
    assert running.intervention not in {each.intervention for each in after.yours}


def test_the_memory_of_plans_keeps_the_last_one() -> None:
    plans = Plans()
    made: list[str] = []

    def plan(name: str) -> Concert:
        def make() -> Concert:
            made.append(name)
            return Concert(name, {})

        return plans.of([name], make)

    assert [plan(name).quarter for name in ("a", "a", "b", "a")] == ["a", "a", "b", "a"]
    assert made == ["a", "b", "a"]
