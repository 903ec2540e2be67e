"""A study in a running organisation: who is drawn, what they get, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from leercultuur_core.activity.activity import Activity, utc_day
from leercultuur_core.advice.effect import ARMS, draw, named_kinds
from leercultuur_core.errors import ConfigError
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.maturity import maturity_model
from leercultuur_core.run.effect import Study
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import KeptArm, OutboxPrompt

from .conftest import NOW, ListDirectory, ListSource, Make
from .outside import Mailbox, OnceSink

K = 5
MODEL = maturity_model()
WEEK = timedelta(weeks=1)
PROGRESSED = "http://adlnet.gov/expapi/verbs/progressed"


def lessons(who: int, since: datetime, days: range) -> list[Activity]:
    return [
        Activity(
            id=f"{who}-{since:%m%d}-{day}",
            identities=(f"account|home|w{who}",),
            verb=PROGRESSED,
            source="lms",
            occurred_at=since - timedelta(days=day),
        )
        for day in days
    ]


def person(who: int) -> DirectoryPerson:
    return DirectoryPerson((f"account|home|w{who}",), f"Zwaantje{who}", language="en")


class Organised:
    """Makes organisations of people who are at it, with a minimum of K."""

    def __init__(self, make: Make, tmp_path: Path) -> None:
        self._make, self._tmp_path = make, tmp_path

    def __call__(self, count: int) -> Engine:
        pages = [Page(lessons(who, NOW, range(1, 40))) for who in range(count)]
        engine = self._make(
            sources={"lms": ListSource(pages)},
            directories={"people": ListDirectory([person(who) for who in range(count)])},
            sinks={"sink": OnceSink(Mailbox(self._tmp_path / "lines"))},
        )
        privacy = evolve(engine.configuration.privacy, minimum_group=K)
        engine.configuration = evolve(engine.configuration, privacy=privacy)
        engine.collect(NOW)
        return engine


@pytest.fixture
def organisation(make: Make, tmp_path: Path) -> Organised:
    return Organised(make, tmp_path)


def uuids(engine: Engine, count: int) -> list[str]:
    return [engine.find(f"account|home|w{who}", NOW)[0] for who in range(count)]


def opted_in(engine: Engine, count: int) -> list[str]:
    people = uuids(engine, count)
    for uuid in people:
        assert engine.consent(uuid, "effect", True, NOW - WEEK)
    return people


def outbox(engine: Engine) -> dict[str, list[OutboxPrompt]]:
    found: dict[str, list[OutboxPrompt]] = {}
    with engine.store.reading() as tx:
        for prompt in tx.delivery.prompts():
            found.setdefault(prompt.recipient, []).append(prompt)
    return found


def arms(engine: Engine) -> dict[str, KeptArm]:
    with engine.store.reading() as tx:
        return {one.person: one for one in tx.effect.arms(engine.studies()[-1].number)}


def of_arm(engine: Engine, arm: str) -> list[str]:
    return [uuid for uuid, one in arms(engine).items() if one.arm == arm]


def go_on(engine: Engine, at: datetime, who: Sequence[int], days: range) -> None:
    """Collects what these people did in the days before ``at``."""
    source = engine.adapters.sources["lms"]
    assert isinstance(source, ListSource)
    source.pages = [Page(lessons(one, at, days)) for one in who]
    engine.collect(at)


def judged(engine: Engine, at: datetime) -> Study:
    study = engine.judge_study(at)
    assert study is not None
    return study


# -- who is drawn ---------------------------------------------------------------------------------


def test_without_a_yes_nothing_changes(organisation: Organised) -> None:
    plain, studied = organisation(4), organisation(4)
    studied.write_study(NOW)
    for engine in (plain, studied):
        engine.plan(NOW)
    assert arms(studied) == {}
    assert studied.studies()[-1].state == "written"
    steps = [
        [outbox(engine)[uuid][0].payload["prompt"]["text"] for uuid in uuids(engine, 4)]
        for engine in (plain, studied)
    ]
    assert steps[0] == steps[1]
    assert plain.judge_study(NOW) is None


def test_who_said_yes_is_drawn_as_the_seed_has_it(organisation: Organised) -> None:
    engine = organisation(14)
    people = opted_in(engine, 13)
    study = engine.write_study(NOW, seed="zout")
    engine.plan(NOW)
    kept = arms(engine)
    strata = dict.fromkeys(people, "acting/middle")
    assert {(uuid, one.block, one.arm, one.stratum, one.day) for uuid, one in kept.items()} == {
        (d.person, d.block, d.arm, d.stratum, utc_day(NOW)) for d in draw(strata, "zout")
    }
    assert Counter(one.arm for one in kept.values()) == dict.fromkeys(ARMS, 4)
    left = (set(people) - kept.keys()).pop()
    assert len(outbox(engine)[left]) == 1, "who makes no three gets what they would get"
    engine.plan(NOW + timedelta(days=1))
    assert arms(engine) == kept, "nobody is drawn twice"
    running = engine.studies()[-1]
    assert (running.state, running.digest) == ("running", study.digest)
    assert running.enrols_until == (NOW + 12 * WEEK).date()
    assert running.due == (NOW + 19 * WEEK).date()


def test_later_ones_make_blocks_of_their_own_until_the_last_week(organisation: Organised) -> None:
    engine = organisation(9)
    opted_in(engine, 3)
    engine.write_study(NOW, enrol_weeks=1)
    engine.plan(NOW)
    for uuid in uuids(engine, 6)[3:]:
        engine.consent(uuid, "effect", True, NOW)
        with engine.store.transaction() as tx:  # what waited is gone
            tx.run(
                "DELETE FROM outbox WHERE recipient = (SELECT person FROM persons WHERE uuid = ?)",
                uuid,
            )
    engine.plan(NOW + timedelta(days=1))
    assert sorted(one.block for one in arms(engine).values()) == [1, 1, 1, 2, 2, 2]
    for uuid in uuids(engine, 9)[6:]:
        engine.consent(uuid, "effect", True, NOW)
        with engine.store.transaction() as tx:
            tx.run(
                "DELETE FROM outbox WHERE recipient = (SELECT person FROM persons WHERE uuid = ?)",
                uuid,
            )
    engine.plan(NOW + WEEK)
    assert len(arms(engine)) == 6


def test_nobody_is_drawn_for_whom_something_waits(organisation: Organised) -> None:
    engine = organisation(3)
    engine.plan(NOW)
    opted_in(engine, 3)
    engine.write_study(NOW)
    engine.plan(NOW)
    assert arms(engine) == {}


def test_a_plan_changes_until_somebody_is_drawn_and_never_after(organisation: Organised) -> None:
    engine = organisation(3)
    first = engine.write_study(NOW, seed="a")
    second = engine.write_study(NOW, seed="b", weeks=4)
    assert first.digest != second.digest
    assert [one.digest for one in engine.studies()] == [second.digest]
    opted_in(engine, 3)
    engine.plan(NOW)
    with pytest.raises(ConfigError, match="no study that runs"):
        engine.write_study(NOW, seed="c")
    assert [one.digest for one in engine.studies()] == [second.digest]
    with pytest.raises(ConfigError, match="from 1 to 52"):
        organisation(1).write_study(NOW, weeks=0, enrol_weeks=99)


# -- what they get --------------------------------------------------------------------------------


def test_each_arm_gets_its_own_and_after_the_weeks_everybody_what_fits(
    organisation: Organised,
) -> None:
    engine = organisation(9)
    people = opted_in(engine, 9)
    engine.write_study(NOW, seed="zout", weeks=2)
    engine.run(NOW)
    sent = outbox(engine)
    for uuid in of_arm(engine, "matched"):
        (prompt,) = sent[uuid]
        assert MODEL[prompt.intervention].primary_phase == "acting"
    for uuid in of_arm(engine, "unmatched"):
        (prompt,) = sent[uuid]
        step = MODEL[prompt.intervention]
        assert step.primary_phase != "acting"
        assert step.fits_inside_work
        assert not step.exposes_people
        text = prompt.payload["prompt"]["text"]
        assert "Why this? Small steps like this keep learning close by." in text
        assert "You are busy learning; using it" not in text
    for uuid in of_arm(engine, "later"):
        assert uuid not in sent
        why = engine.why(uuid, NOW, by="tester", language="en")
        assert why.reason == "effect_later"
        assert (
            why.text
            == "Nothing now: the steps come some weeks later, as was agreed for the comparison."
        )
        assert engine.own_page(uuid, NOW, language="en").nothing == why.text
    almost, after = NOW + 2 * WEEK - timedelta(days=1), NOW + 2 * WEEK
    go_on(engine, almost, range(9), range(1, 13))
    engine.plan(almost)
    assert not outbox(engine).keys() & set(of_arm(engine, "later"))
    engine.plan(after)
    assert outbox(engine).keys() == set(people), "nobody is left without"
    for uuid in of_arm(engine, "later"):
        assert MODEL[outbox(engine)[uuid][-1].intervention].primary_phase == "acting"


def test_a_no_gives_at_once_what_everybody_gets_and_holds_for_this_study(
    organisation: Organised,
) -> None:
    engine = organisation(3)
    opted_in(engine, 3)
    engine.write_study(NOW)
    engine.plan(NOW)
    (later,) = of_arm(engine, "later")
    assert later not in outbox(engine)
    engine.consent(later, "effect", False, NOW + timedelta(hours=1))
    engine.plan(NOW + timedelta(hours=1))
    assert len(outbox(engine)[later]) == 1
    engine.consent(later, "effect", True, NOW + timedelta(hours=2))
    assert not arms(engine)[later].stays
    engine.plan(NOW + timedelta(days=1))
    assert len(arms(engine)) == 3, "not drawn a second time"


# -- what is told ---------------------------------------------------------------------------------


def studied(engine: Engine, count: int) -> datetime:
    """Runs a study to its end, in which those with a matched step do more; gives the day it is due."""
    opted_in(engine, count)
    engine.write_study(NOW, seed="zout", weeks=2, enrol_weeks=1)
    engine.run(NOW)
    active = set(of_arm(engine, "matched"))
    end = NOW + 2 * WEEK
    for who, uuid in enumerate(uuids(engine, count)):
        go_on(engine, end, [who], range(1, 13 if uuid in active else 1 + who % 4))
    return NOW + 4 * WEEK


def test_nothing_is_told_before_it_is_due_and_then_once(organisation: Organised) -> None:
    engine = organisation(18)
    due = studied(engine, 18)
    early = judged(engine, due - timedelta(days=1))
    assert (early.state, early.figures, early.due) == ("running", (), due.date())
    found = judged(engine, due)
    assert found.state == "done"
    first, second, *answers = found.figures
    for figure in (first, second):
        assert figure.verdict == "more"
        assert figure.pairs == 6
        assert figure.difference is not None
        assert figure.difference > 3
    assert [one.verdict for one in answers] == ["not_known", "not_known"]
    assert arms(engine) == {}, "who was in which arm is let go of"
    engine.consent(uuids(engine, 1)[0], "effect", False, due)
    assert judged(engine, due + WEEK) == found
    assert engine.write_study(due).number == found.number + 1


def test_who_said_no_left_or_was_erased_is_in_no_figure(organisation: Organised) -> None:
    engine = organisation(24)
    due = studied(engine, 24)
    kept = arms(engine)
    gone, left, erased = (
        next(u for u, one in kept.items() if (one.arm, one.block) == ("matched", block))
        for block in (1, 2, 3)
    )
    who_left = uuids(engine, 24).index(left)
    directory = engine.adapters.directories["people"]
    assert isinstance(directory, ListDirectory)
    directory.list = [one for n, one in enumerate(directory.list) if n != who_left]
    engine.collect(due - timedelta(days=2))
    engine.consent(gone, "effect", False, due - timedelta(days=1))
    engine.consent(gone, "effect", True, due - timedelta(days=1))
    assert engine.erase(erased, due - timedelta(days=1))["effect_arms"] == 1
    found = judged(engine, due)
    assert [one.pairs for one in found.figures[:2]] == [5, 5]


def test_below_the_minimum_it_is_not_known(organisation: Organised) -> None:
    engine = organisation(12)
    due = studied(engine, 12)
    found = judged(engine, due)
    assert found.state == "done"
    assert {one.verdict for one in found.figures} == {"not_known"}
    assert {(one.pairs, one.difference, one.low, one.needed) for one in found.figures} == {
        (0, None, None, None)
    }


def test_what_was_sent_is_left_out_for_the_whole_block(
    organisation: Organised, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every step asked for lessons, none of the fortnight after it would count."""
    engine = organisation(18)
    due = studied(engine, 18)
    every = dict.fromkeys(named_kinds(), frozenset({"progressed"}))
    monkeypatch.setattr("leercultuur_core.run.effect.named_kinds", lambda: every)
    found = judged(engine, due)
    assert {one.verdict for one in found.figures} == {"not_known"}, "all alike: nothing is left"


def test_somebody_gets_their_place_in_an_export(organisation: Organised) -> None:
    engine = organisation(3)
    (uuid, *_) = opted_in(engine, 3)
    engine.write_study(NOW)
    engine.plan(NOW)
    held = engine.export(uuid, NOW, by="t")["effect_arms"]
    assert held == [{"stratum": "acting/small", "arm": arms(engine)[uuid].arm, "day": "2026-03-03"}]
    assert datetime(2026, 3, 3, tzinfo=UTC).date() == engine.studies()[-1].started
