"""The reasons of many people at once, against what they stand for: the filter without each kind."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.activity import utc_day
from leercultuur_core.activity.ledger import Ledger, LedgerKey
from leercultuur_core.activity.visibility import Presence, Visibility
from leercultuur_core.maturity.vocabulary import LANGUAGES, PHASES
from leercultuur_core.phases import Parameters, Reason, default_parameters, estimate
from leercultuur_core.phases import left_out as left_out_module
from leercultuur_core.phases import reasons as reasons_module
from leercultuur_core.phases.filtering import filter_weeks
from leercultuur_core.phases.left_out import LeftOut
from leercultuur_core.phases.observations import (
    NO_ANSWER,
    Bools,
    Counts,
    Floats,
    Ints,
    Observations,
    Reports,
    observe,
)
from leercultuur_core.phases.reasons import MATTERS, MOST_REASONS, reasons_for, seen_for

AT = datetime(2026, 3, 5, tzinfo=UTC)
CUT = utc_day(AT)
KINDS = ("viewed", "searched", "progressed", "applied", "shared", "planned", "mentored")
SOURCES = ("lms", "work")
ANSWERS = [f"self-report.{phase}" for phase in PHASES]


@cache
def parameters(clump: float = 1.0, away: float = 0.05) -> Parameters:
    shipped = default_parameters()
    rates = {kind: shipped.rates[kind] for kind in KINDS}
    return evolve(shipped, rates=rates, clump=clump, away=away)


def seen(
    rows: dict[LedgerKey, int], presence: Presence | None, sight: Visibility | None = None
) -> Observations:
    everything = {(source, kind): ((CUT - 110, None),) for source in SOURCES for kind in KINDS}
    visibility = Visibility(everything) if sight is None else sight
    return observe(Ledger(rows), at=AT, kinds=KINDS, visibility=visibility, presence=presence)


@st.composite
def worlds(draw: st.DrawFn) -> Observations:
    """A few people with busy weeks, leave, answers, and kinds that could be seen for a while."""
    dice = draw(st.randoms(use_true_random=False))
    people = draw(st.integers(1, 5))
    rows: dict[LedgerKey, int] = {}
    for who in "abcde"[:people]:
        mine = dice.sample(KINDS, dice.randint(1, len(KINDS)))
        for _ in range(dice.randint(0, 40)):
            kind = dice.choice([*mine, "other"])
            day = CUT - dice.randint(1, 115)
            count = dice.choice([1, 1, 1, 2, 5, 30, 200])
            rows[who, dice.choice(SOURCES), "general", kind, day] = count
        for _ in range(dice.choice([0, 0, 1, 2])):
            day = CUT - dice.randint(1, 80)
            rows[who, "lms", "general", dice.choice(ANSWERS), day] = 1
    leave = {
        who: {"lms": ((CUT - dice.randint(60, 120), CUT - 50), (CUT - 30, None))}
        for who in "abcde"[: dice.randint(0, people)]
    }
    sight = {
        (source, kind): ((CUT - dice.randint(20, 120), dice.choice([None, None, CUT - 9])),)
        for source in SOURCES
        for kind in dice.sample(KINDS, dice.randint(2, len(KINDS)))
    }
    return seen(rows, Presence(leave), Visibility(sight))


def without(observations: Observations, kind: int | None) -> Observations:
    """As if nobody had been seen by ``kind``; without own answers where it is ``None``."""
    counts, reports = observations.counts, observations.reports
    if kind is None:
        none = np.zeros(0, dtype=np.int64)
        return evolve(observations, reports=Reports(none, none, none, none))
    rest = counts.kind != kind
    days = observations.visible_days.copy()
    days[:, :, kind] = 0
    return evolve(
        observations,
        visible_days=days,
        counts=Counts(
            counts.person[rest], counts.week[rest], counts.kind[rest], counts.count[rest]
        ),
        reports=reports,
    )


def reasons_of(observations: Observations, using: Parameters, phases: Ints) -> list[list[Reason]]:
    people, last = np.arange(observations.people), filter_weeks(observations, using).last
    found = reasons_for(observations, using, last, people, phases, "en")
    return [list(mine) for mine in found]


def seen_of(observations: Observations, using: Parameters, phases: Ints) -> list[list[Reason]]:
    people, last = np.arange(observations.people), filter_weeks(observations, using).last
    found = seen_for(observations, using, last, people, phases, "en")
    return [list(mine) for mine in found]


def log_odds(observations: Observations, using: Parameters, phases: Ints) -> Floats:
    last = filter_weeks(observations, using).last
    people = np.arange(observations.people)
    mine = last[phases, people]
    rest = last.copy()
    rest[phases, people] = 0.0
    odds: Floats = np.log(np.maximum(mine, 1e-12)) - np.log(np.maximum(rest.sum(axis=0), 1e-12))
    return odds


def plain(
    observations: Observations, using: Parameters, phases: Ints
) -> Iterator[list[tuple[str, float]]]:
    """Of each person (kind, change of the log-odds) of what matters, the strongest first."""
    as_is = log_odds(observations, using, phases)
    changes = {
        kind: as_is - log_odds(without(observations, kind), using, phases)
        for kind in [*range(len(KINDS)), None]
    }
    ever: Bools = np.any(observations.visible_days > 0, axis=1)
    reports = observations.reports
    for person in range(observations.people):
        found = [
            (kind, round(float(change[person]), 2))
            for kind, change in changes.items()
            if kind is None or ever[observations.group[person], kind]
        ]
        answers = reports.answer[(reports.person == person) & (reports.answer != NO_ANSWER)]
        matter = [(kind, size) for kind, size in found if abs(size) >= MATTERS]
        if not len(answers):
            matter = [one for one in matter if one[0] is not None]
        matter.sort(key=lambda one: -abs(one[1]))
        yield [
            (f"self-report.{PHASES[answers[-1]]}" if kind is None else KINDS[kind], size)
            for kind, size in matter
        ]


def first_seen(reasons: list[Reason]) -> list[Reason]:
    """What a prompt says of all the reasons."""
    return [
        one
        for one in reasons
        if one.count and one.log_odds > 0 and not one.kind.startswith("self-report")
    ][:1]


@settings(max_examples=40, deadline=None)
@given(
    world=worlds(),
    using=st.sampled_from([parameters(), parameters(away=0.0), parameters(clump=2.5)]),
    phase=st.sampled_from(range(len(PHASES))),
    most=st.sampled_from([1, 2, MOST_REASONS]),
    data=st.data(),
)
def test_a_reason_is_what_the_filter_gives_without_it(
    world: Observations, using: Parameters, phase: int, most: int, data: st.DataObject
) -> None:
    phases = np.full(world.people, phase)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reasons_module, "MOST_REASONS", most)
        # The roads differ for whom tables and digits are too small: any may be taken for anybody.
        patch.setattr(left_out_module, "_MOST", data.draw(st.sampled_from([3, 127])))
        found = reasons_of(world, using, phases)
        said = seen_of(world, using, phases)
    expected = list(plain(world, using, phases))
    assert [[(one.kind, one.log_odds) for one in mine] for mine in found] == [
        mine[:most] for mine in expected
    ]
    assert said == [first_seen(mine) for mine in found]


def busy_world(people: int, seed: int = 3) -> Observations:
    dice = random.Random(seed)
    rows: dict[LedgerKey, int] = {}
    for number in range(people):
        for _ in range(dice.randrange(60)):
            kind, day = dice.choice(KINDS), CUT - dice.randrange(1, 110)
            rows[f"w{number}", dice.choice(SOURCES), "general", kind, day] = dice.choice([1, 2, 5])
    return seen(rows, None)


def test_tables_give_what_the_filter_gives_to_many_digits() -> None:
    world = busy_world(30)
    phases = np.arange(world.people) % len(PHASES)
    wanted = np.ones((world.people, len(KINDS) + 1), dtype=np.bool_)
    left_out = LeftOut.of(world, parameters(), phases)
    assert not left_out.rough.any()
    odds = left_out.log_odds(wanted)
    for kind in range(len(KINDS)):
        expected = log_odds(without(world, kind), parameters(), phases)
        assert odds[:, kind] == pytest.approx(expected, abs=1e-10)
    assert odds[:, -1] == pytest.approx(log_odds(world, parameters(), phases), abs=1e-10)


def test_close_to_half_a_hundredth_the_filter_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    world = busy_world(12)
    phases = np.arange(world.people) % len(PHASES)
    whole = reasons_of(world, parameters(), phases)
    assert sum(map(len, whole)) > 20
    with monkeypatch.context() as patch:
        patch.setattr(reasons_module, "_CLOSE", 1.0)
        assert reasons_of(world, parameters(), phases) == whole
    monkeypatch.setattr(left_out_module, "_LOST", 1.0)  # so does it where digits may be lost
    assert reasons_of(world, parameters(), phases) == whole


def test_who_did_more_in_a_week_than_tables_hold_has_reasons_too() -> None:
    rows = {
        ("anna", "lms", "general", "progressed", CUT - 10): 400,
        ("anna", "lms", "general", "applied", CUT - 10): 300,
        ("bram", "lms", "general", "progressed", CUT - 10): 3,
    }
    world = seen(rows, None)
    phases = np.array([2, 2])
    left_out = LeftOut.of(world, parameters(), phases)
    assert left_out.rough.tolist() == [True, False]
    wanted = np.ones((2, len(KINDS) + 1), dtype=np.bool_)
    assert np.isnan(left_out.log_odds(wanted)).any(axis=1).tolist() == [True, False]
    found = reasons_of(world, parameters(), phases)
    assert [[(one.kind, one.log_odds) for one in mine] for mine in found] == [
        mine[:MOST_REASONS] for mine in plain(world, parameters(), phases)
    ]


def test_what_absences_outdo_is_not_said() -> None:
    """Five reasons, of which none was seen and speaks for the phase; the sixth would."""
    using = default_parameters()
    days = {"task-changed": 103, "validated": 8, "applied": 17}
    rows = {("anna", "lms", "general", kind, CUT - ago): 1 for kind, ago in days.items()}
    rows |= {key: 2 for key in rows if key[3] != "validated"}
    rows["anna", "lms", "general", "viewed-required", CUT - 40] = 1
    rows |= {("anna", "lms", "general", "other", CUT - ago): 1 for ago in range(1, 110, 7)}
    sight = Visibility({("lms", kind): ((CUT - 110, None),) for kind in using.kinds})
    world = observe(Ledger(rows), at=AT, kinds=using.kinds, visibility=sight)
    unaware = np.array([0])
    (found,) = reasons_of(world, using, unaware)
    assert [one.kind for one in found] == [
        "applied",
        "validated",
        "viewed",
        "progressed",
        "practised",
    ]
    assert [one.count > 0 and one.log_odds > 0 for one in found] == [False] * MOST_REASONS
    assert seen_of(world, using, unaware) == [[]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reasons_module, "MOST_REASONS", 6)
        ((said,),) = seen_of(world, using, unaware)
    assert (said.kind, said.text) == ("task-changed", "2 new or other tasks in the last 16 weeks")


def test_of_nobody_there_are_no_reasons() -> None:
    world, nobody = busy_world(3), np.zeros(0, dtype=np.int64)
    last = filter_weeks(world, parameters()).last
    assert reasons_for(world, parameters(), last, nobody, nobody, "en") == []
    assert seen_for(world, parameters(), last, nobody, nobody, "en") == []


def test_estimates_give_by_identifier_what_a_prompt_says() -> None:
    dice = random.Random(7)
    people = [f"account|https://x|w{number}" for number in range(9)]
    rows: dict[LedgerKey, int] = {
        (who, "lms", "general", dice.choice(KINDS), CUT - dice.randrange(1, 110)): dice.choice(
            [1, 4]
        )
        for who in people
        for _ in range(20)
    }
    found = estimate(Ledger(rows), at=AT)
    for language in LANGUAGES:
        expected = {name: first_seen([*found[name].explain(language)]) for name in found}
        assert sum(map(len, expected.values())) > 3
        said = found.seen_all(reversed([*found]), language)
        assert {name: [*mine] for name, mine in said.items()} == expected
    assert found.seen_all([], "nl") == {}
    with pytest.raises(KeyError):
        found.seen_all(["account|https://x|nobody"], "nl")
