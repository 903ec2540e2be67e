"""What somebody gets to look at about themselves, and what they say there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import ClassVar

import pytest
from attrs import evolve, frozen

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.identity import mailbox
from leercultuur_core.advice.preconditions import POINTS
from leercultuur_core.extension import Delivery, DirectoryPerson, Message, Page, Receipt, Sink
from leercultuur_core.maturity import maturity_model
from leercultuur_core.run import acting
from leercultuur_core.run.config import Roles
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.rights import Rights
from leercultuur_core.storage.people import People

from .conftest import NOW, ListDirectory, ListSource, Make

MODEL = maturity_model()


@frozen
class ByMail:
    channel: str = "mail"


class Post(Sink):
    """Takes all there is."""

    name = "post"
    settings = ByMail
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(self, channel: str = "mail") -> None:
        super().__init__(ByMail(channel))

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            yield Receipt(message.id, "sent")


def person(who: str, unit: str = "Brood", role: str = "worker", boss: str = "") -> DirectoryPerson:
    return DirectoryPerson(
        (f"account|home|{who}", mailbox(f"{who}@korenaar.example")),
        who,
        (role,),
        manager=f"account|home|{boss}" if boss else None,
        unit=unit,
        language="nl",
        addresses={"mail": f"{who}@korenaar.example"},
    )


PEOPLE = (
    person("dirk", "", "director"),
    person("bea", role="manager"),
    *(person(f"w{n}", boss="bea") for n in range(12)),
    person("tom", "Taart", boss="dirk"),
)


def traces(names: Sequence[str]) -> list[Activity]:
    return [
        Activity(
            id=f"{name}-{day}",
            identities=(f"account|home|{name}",),
            verb="http://adlnet.gov/expapi/verbs/progressed",
            source="lms",
            occurred_at=NOW - timedelta(days=day),
        )
        for name in names
        for day in range(1, 60, 2)
    ]


@pytest.fixture
def people() -> ListDirectory:
    return ListDirectory(PEOPLE)


@pytest.fixture
def engine(make: Make, people: ListDirectory) -> Engine:
    engine = make(
        sources={"lms": ListSource([Page(traces(["w0", "w1"]))])},
        directories={"people": people},
        sinks={"post": Post(), "pigeon": Post("")},
    )
    engine.collect(NOW)
    return engine


def one(engine: Engine, name: str) -> str:
    (found,) = engine.find(f"account|home|{name}", NOW)
    return found


def test_the_page_says_what_is_believed_and_how_it_came(engine: Engine) -> None:
    jan = one(engine, "w0")
    page = engine.own_page(jan, NOW)
    believed = engine.believed(jan, NOW, by="test")
    assert believed is not None
    assert page.estimate == believed
    assert page.estimate is not None
    assert page.estimate.explain("nl") == believed.explain("nl")
    story = believed.story()
    assert [week.phase for week in page.weeks] == [week.shown for week in story]
    assert [f"{week.monday:%G-W%V}" for week in page.weeks] == [week.label for week in story]
    last = page.weeks[-1]
    assert last.probability == pytest.approx(page.estimate.probability)
    assert all(0 < week.probability <= 1 for week in page.weeks)
    assert page.live
    assert page.refused is None
    assert page.name == "w0"


def test_one_view_is_one_entry_in_the_audit(engine: Engine) -> None:
    jan = one(engine, "w0")

    def entries() -> list[tuple[str, str]]:
        with engine.store.reading() as tx:
            return [(one.who, one.what) for one in tx.privacy.audit(subject=jan)]

    engine.own_page(jan, NOW)
    assert entries() == [("self", "page")]
    engine.own_page(jan, NOW, shown=False)
    assert entries() == [("self", "page")]
    with pytest.raises(KeyError):
        engine.own_page("nobody", NOW)


def test_nobody_else_is_read(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    jan, piet = one(engine, "w0"), one(engine, "w1")
    read: list[str] = []
    every = People.all

    def noted(self: People, only: Collection[str] | None = None) -> object:
        assert only is not None, "everybody was read"
        read.extend(only)
        return every(self, only)

    monkeypatch.setattr(People, "all", noted)
    page = engine.own_page(jan, NOW)
    assert set(read) == {jan}
    assert piet not in repr(page)


def test_an_own_answer_counts_on_the_page_at_once(engine: Engine) -> None:
    jan = one(engine, "w0")
    before = engine.own_page(jan, NOW)
    assert before.estimate is not None
    assert before.estimate.you_said is None
    for phase, minute in (("continuing", 0), ("applying", 1)):
        assert engine.say_phase(jan, phase, NOW + timedelta(minutes=minute))  # type: ignore[arg-type]
    after = engine.own_page(jan, NOW + timedelta(minutes=2))
    assert after.estimate is not None
    said = after.estimate.you_said
    assert said is not None
    assert (said.phase, said.on) == ("applying", NOW.date()), "the last of a day counts"
    assert after.estimate.probabilities["applying"] > before.estimate.probabilities["applying"]
    everywhere_else = engine.believed(jan, NOW, by="test")
    assert everywhere_else is not None
    assert everywhere_else.you_said is None, "from tomorrow"
    tomorrow = engine.believed(jan, NOW + timedelta(days=1), by="test")
    assert tomorrow is not None
    assert tomorrow.you_said == said


def test_an_own_answer_of_somebody_of_whom_nothing_was_seen(engine: Engine) -> None:
    quiet = one(engine, "w5")
    assert engine.own_page(quiet, NOW).estimate is None
    assert engine.say_phase(quiet, "selecting", NOW)
    page = engine.own_page(quiet, NOW)
    assert page.estimate is not None
    assert page.estimate.you_said is not None


def test_an_own_answer_waits_for_no_other_run(engine: Engine) -> None:
    with engine.store.alone():
        assert engine.say_phase(one(engine, "w0"), "acting", NOW)
        assert engine.say_reflected(one(engine, "w0"), NOW)


def test_what_cannot_be_said(engine: Engine) -> None:
    assert not engine.say_phase("nobody", "acting", NOW)
    assert not engine.say_reflected("nobody", NOW)
    with pytest.raises(ValueError, match="expected a phase"):
        engine.say_phase(one(engine, "w0"), "reflected", NOW)  # type: ignore[arg-type]


def test_looking_back_is_kept_once_a_day_and_says_nothing_of_what(engine: Engine) -> None:
    jan = one(engine, "w0")
    assert not engine.own_page(jan, NOW).reflected
    for minute in (0, 1):
        assert engine.say_reflected(jan, NOW + timedelta(minutes=minute))
    assert engine.own_page(jan, NOW).reflected
    assert not engine.own_page(jan, NOW + timedelta(days=1)).reflected
    with engine.store.reading() as tx:
        rows = [
            (source, topic, kind, count)
            for (_, source, topic, kind, _), count in tx.ledger.read([jan])
            if source == "web"
        ]
    assert [(source, kind, count) for source, _, kind, count in rows] == [("web", "reflected", 1)]


def test_without_a_yes_there_is_no_estimate_and_the_page_says_why(make: Make) -> None:
    engine = make(
        sources={"lms": ListSource([Page(traces(["w0"]))])},
        directories={"people": ListDirectory(PEOPLE)},
        go_live=None,
    )
    engine.collect(NOW)
    page = engine.own_page(one(engine, "w0"), NOW)
    assert (page.live, page.refused, page.estimate, page.weeks) == (False, "no_go_live", None, ())
    assert "ondernemingsraad" in page.nothing
    assert (page.vote, page.items) == (None, ())


def test_a_no_takes_the_estimate_away_at_once(engine: Engine) -> None:
    jan = one(engine, "w0")
    engine.consent(jan, "own_prompts", False, NOW)
    page = engine.own_page(jan, NOW)
    assert (page.refused, page.estimate) == ("objected", None)
    assert {one.purpose: one.on for one in page.choices}["own_prompts"] is False
    engine.consent(jan, "own_prompts", True, NOW)
    assert engine.own_page(jan, NOW).estimate is not None


def test_choices_are_those_that_somebody_has(make: Make) -> None:
    engine = make(directories={"people": ListDirectory(PEOPLE)}, own_prompts="opt-in")
    engine.collect(NOW)
    found = engine.own_page(one(engine, "w0"), NOW, language="en").choices
    # The invitation is off in this organisation; own records are an act each time.
    assert {one.purpose: one.on for one in found} == {
        "own_prompts": False,
        "group_releases": True,
        "manager_prompt": False,
        "effect": False,
    }
    assert found[0].name == "Own estimate and own messages"


def test_the_step_that_was_sent_until_it_is_answered(engine: Engine) -> None:
    jan = one(engine, "w0")
    waits = engine.own_page(jan, NOW)
    assert (waits.step, waits.nothing) == (None, ""), "nothing holds one"
    engine.estimate(NOW)
    engine.plan(NOW)
    waits = engine.own_page(jan, NOW)
    assert waits.step is None
    assert "bij de volgende bezorging" in waits.nothing
    engine.deliver(NOW)
    page = engine.own_page(jan, NOW)
    assert page.step is not None
    assert page.step.step
    later = NOW + timedelta(days=engine.working.rules.same_again_after_days)
    assert engine.own_page(jan, later).step is None, "by then the same may come again"
    engine.answer(page.step.id, "done", NOW)
    after = engine.own_page(jan, NOW)
    assert after.step is None
    assert after.nothing
    assert page.step.step not in after.nothing


def test_ways_to_be_reached_where_there_is_a_choice(engine: Engine, make: Make) -> None:
    jan = one(engine, "w0")
    ways = engine.own_page(jan, NOW).channels
    assert [(one.name, one.first) for one in ways] == [("mail", False), ("pigeon", False)]
    engine.choose_channels(jan, ["pigeon"], NOW)
    ways = engine.own_page(jan, NOW).channels
    assert [one.name for one in ways if one.first] == ["pigeon"]
    single = make(directories={"people": ListDirectory(PEOPLE)}, sinks={"post": Post()})
    single.collect(NOW)
    assert single.own_page(one(single, "w0"), NOW).channels == ()


def test_the_vote_of_ones_own_team(engine: Engine) -> None:
    options = [one.id for one in MODEL.interventions(layer="tasks")][:3]
    jan, tom = one(engine, "w0"), one(engine, "tom")
    assert engine.own_page(jan, NOW).vote is None
    engine.open_vote("Brood", options, NOW)
    ballot = engine.own_page(jan, NOW, language="en").vote
    assert ballot is not None
    assert list(ballot.options) == options
    assert ballot.options[options[0]][0] == MODEL[options[0]].labels["en"]
    assert ballot.choice == ""
    engine.vote(jan, options[1], NOW)
    after, colleague = engine.own_page(jan, NOW).vote, engine.own_page(one(engine, "w1"), NOW).vote
    assert after is not None
    assert colleague is not None
    assert (after.choice, colleague.choice) == (options[1], "")
    assert engine.own_page(tom, NOW).vote is None, "of another team"
    engine.consent(jan, "group_releases", False, NOW)
    assert engine.own_page(jan, NOW).vote is None
    engine.close_vote("Brood", NOW)
    assert engine.own_page(one(engine, "w1"), NOW).vote is None


def test_items_that_were_not_answered_lately(engine: Engine) -> None:
    jan = one(engine, "w0")
    every = [item.id for item in MODEL.items]
    assert [one.id for one in engine.own_page(jan, NOW).items] == every
    engine.answer_item(jan, every[0], POINTS[-1], NOW)
    assert [one.id for one in engine.own_page(jan, NOW).items] == every[1:]
    year = NOW + timedelta(days=370)
    assert [one.id for one in engine.own_page(jan, year).items] == every, "by then it is old"


# -- who acts for what ----------------------------------------------------------------------------


def plainly(engine: Engine, uuid: str) -> acting.ActsFor:
    """The same, worked out from everybody each time."""
    with engine.store.reading() as tx:
        rights = Rights.read(tx, engine.configuration, NOW)
    people = acting.rows(rights)
    if uuid not in people or rights.people[uuid].directory is None:
        return acting.ActsFor()
    found = acting.holders(people)

    def holds(unit: str, layer: str) -> bool:
        holder = found.for_unit(unit, layer)
        return holder is not None and uuid in {one.identifier for one in holder.people}

    wide = {"hr": "hr", "leadership": "director", "environment": "education_contact"}
    units = sorted({one.unit for one in people.values() if one.unit})
    return acting.ActsFor(
        frozenset(
            {*people[uuid].roles, *(wide[layer] for layer in wide if holds("", layer))}  # type: ignore[arg-type]
        ),
        tuple(unit for unit in units if holds(unit, "manager")),
    )


def agree(engine: Engine) -> None:
    with engine.store.reading() as tx:
        everybody = list(tx.people.all())
    for uuid in everybody:
        assert engine.acts_for(uuid, NOW) == plainly(engine, uuid)


def test_what_somebody_acts_for_follows_a_change_at_once(
    engine: Engine, people: ListDirectory
) -> None:
    bea, dirk, tom = (one(engine, name) for name in ("bea", "dirk", "tom"))
    assert engine.acts_for(bea, NOW).units == ("Brood",)
    assert engine.acts_for(dirk, NOW).roles == {"director", "hr"}, "stands in for HR"
    assert engine.acts_for(dirk, NOW).units == ("Taart",)
    agree(engine)
    # Tom leads from now on, and there is somebody of HR.
    people.list = (
        *(evolve(one, manager="account|home|tom") if one.manager else one for one in PEOPLE[:-1]),
        evolve(PEOPLE[-1], roles=("hr",)),
    )
    engine.collect(NOW + timedelta(days=1))
    assert engine.acts_for(bea, NOW).units == ()
    assert engine.acts_for(tom, NOW).units == ("Brood",)
    assert engine.acts_for(dirk, NOW).roles == {"director"}
    agree(engine)
    engine.erase(tom, NOW)
    assert engine.acts_for(tom, NOW) == acting.ActsFor()
    agree(engine)
    people.list = people.list[:1]
    engine.collect(NOW + timedelta(days=2))
    assert engine.acts_for(bea, NOW) == acting.ActsFor(), "who left acts for nothing"
    agree(engine)


def test_whom_the_configuration_names_holds_the_role(engine: Engine) -> None:
    tom = one(engine, "tom")
    assert "hr" not in engine.acts_for(tom, NOW).roles
    for name in ("tom", "tom@korenaar.example", tom):
        engine.configuration = evolve(engine.configuration, roles=Roles(hr=(name,)))
        assert "hr" in engine.acts_for(tom, NOW).roles
        agree(engine)
    engine.configuration = evolve(engine.configuration, roles=Roles(hr=("account|else|tom",)))
    assert "hr" not in engine.acts_for(tom, NOW).roles
    engine.link("account|else|tom", tom, NOW)
    assert "hr" in engine.acts_for(tom, NOW).roles, "a new identity is looked at, too"
    agree(engine)


def test_everybody_is_looked_at_only_after_a_change(
    engine: Engine, people: ListDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bea = one(engine, "bea")
    whole: list[str] = []
    every = People.all

    def noted(self: People, only: Collection[str] | None = None) -> object:
        if only is None:
            whole.append("everybody")
        return every(self, only)

    monkeypatch.setattr(People, "all", noted)
    engine.acts_for(bea, NOW)
    assert len(whole) == 1
    engine.say_phase(one(engine, "w0"), "acting", NOW)
    engine.acts_for(bea, NOW)
    engine.acts_for(one(engine, "dirk"), NOW)
    assert len(whole) == 1
    people.list = PEOPLE[:-1]
    with engine.store.transaction() as tx:
        tx.people.put_directory("people", people.list, identify=engine.identify, at=NOW)
    engine.acts_for(bea, NOW)
    assert len(whole) == 2
