"""Who is drawn in which arm, what counts as unprompted, and what may be said of a difference."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.evidence import evidence_kinds
from leercultuur_core.advice.effect import (
    ARMS,
    Arm,
    StudyPlan,
    draw,
    named_kinds,
    not_matched,
    stratum,
)
from leercultuur_core.advice.effect_figures import (
    AGAINST,
    COUNTED,
    PROMPTED_DAYS,
    Member,
    change,
    compare,
    figures,
    pair_differences,
    pairs_needed,
    under_way,
)
from leercultuur_core.advice.own import OWN_LAYERS
from leercultuur_core.advice.recommend import fit, recommend
from leercultuur_core.maturity import maturity_model
from leercultuur_core.maturity.vocabulary import PHASES, Phase

PLAN = StudyPlan(seed="zout", minimum=10)
MODEL = maturity_model()
SINCE = 20_000
LENGTH = 7 * PLAN.weeks

strata = st.dictionaries(
    st.uuids().map(str), st.sampled_from(["acting/small", "acting/large", "unaware/small"])
)


# -- the plan and the draw ------------------------------------------------------------------------


@given(strata, st.text(min_size=1))
def test_each_block_has_one_of_each_arm_and_people_who_are_alike(
    people: Mapping[str, str], seed: str
) -> None:
    drawn = draw(people, seed, first_block=4)
    assert len({one.person for one in drawn}) == len(drawn)
    assert all(people[one.person] == one.stratum for one in drawn)
    for block in {one.block for one in drawn}:
        members = [one for one in drawn if one.block == block]
        assert block >= 4
        assert sorted(one.arm for one in members) == sorted(ARMS)
        assert len({one.stratum for one in members}) == 1
    left = Counter(people.values()) - Counter(one.stratum for one in drawn)
    assert all(count < len(ARMS) for count in left.values()), "only who makes no three is left over"


@given(strata, st.randoms(use_true_random=False))
def test_a_draw_depends_on_the_seed_and_on_who_they_are_alone(
    people: Mapping[str, str], dice: random.Random
) -> None:
    shuffled = list(people.items())
    dice.shuffle(shuffled)
    assert draw(dict(shuffled), "zout") == draw(people, "zout")


def test_each_arm_is_as_likely_for_everybody_and_another_seed_is_another_draw() -> None:
    people = {f"p{number}": "acting/small" for number in range(3)}
    arms = Counter(
        (one.person, one.arm) for seed in range(600) for one in draw(people, f"seed {seed}")
    )
    assert len(arms) == 9
    assert all(150 < count < 250 for count in arms.values())


def test_those_of_a_block_share_phase_and_size() -> None:
    sizes = [stratum("acting", size) for size in (1, 9, 10, 49, 50)]
    assert sizes == ["acting/small"] * 2 + ["acting/middle"] * 2 + ["acting/large"]
    assert stratum("unaware", 1) != stratum("acting", 1)


def test_nobody_is_left_without() -> None:
    for arm in ARMS:
        assert PLAN.arm_on(arm, SINCE, SINCE + LENGTH - 1) == arm
        assert PLAN.arm_on(arm, SINCE, SINCE + LENGTH) == "matched"
    last = PLAN.last_enrolment(SINCE) - 1
    assert PLAN.arm_on("later", last, PLAN.due(SINCE)) == "matched"
    assert PLAN.due(SINCE) > last + LENGTH, "whoever came in last is through before it is judged"


def test_another_plan_has_another_hash_and_a_plan_is_read_as_it_was_written() -> None:
    assert StudyPlan.from_row(PLAN.as_row()) == PLAN
    assert StudyPlan.from_row(PLAN.as_row()).digest == PLAN.digest
    digests = {PLAN.digest} | {
        evolve(PLAN, **change).digest
        for change in ({"seed": "peper"}, {"weeks": 4}, {"minimum": 5}, {"days_worth": 0.5})
    }
    assert len(digests) == 5
    for wrong in ({"weeks": 0}, {"enrol_weeks": 53}, {"seed": ""}, {"power": 1.0}):
        with pytest.raises(ValueError, match="must be"):
            evolve(PLAN, **wrong)


# -- what is sent ---------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_what_is_not_matched_is_harmless_and_not_what_fits(phase: Phase) -> None:
    kept = [
        one for layer in OWN_LAYERS for one in not_matched(MODEL, phase).interventions(layer=layer)
    ]
    best = recommend({phase: 1.0}, model=MODEL, layers=OWN_LAYERS)[0].intervention
    assert kept
    for one in kept:
        assert one.fits_inside_work
        assert not one.exposes_people
        assert not one.group_programme
        assert fit(one, phase) < fit(best, phase)
    others = [one for one in not_matched(MODEL, phase).all if one.layer not in OWN_LAYERS]
    assert others == [one for one in MODEL.all if one.layer not in OWN_LAYERS]


def test_where_nothing_is_harmless_somebody_gets_what_fits() -> None:
    exposing = evolve(MODEL, all=tuple(one for one in MODEL.all if one.exposes_people))
    assert not_matched(exposing, "acting") == exposing


def test_each_own_step_says_which_kinds_it_asks_for() -> None:
    own = {one.id for one in MODEL.all if one.layer in OWN_LAYERS}
    assert named_kinds().keys() == own
    assert frozenset().union(*named_kinds().values()) <= COUNTED
    assert set(evidence_kinds()) >= COUNTED


# -- what counts ----------------------------------------------------------------------------------


def member(*days: int, kind: str = "viewed", **fields: object) -> Member:
    done = {SINCE + day: frozenset({kind}) for day in days}
    return Member(SINCE, done, **fields)  # type: ignore[arg-type]


def alone(one: Member) -> float:
    return change({"matched": one}, "matched", PLAN)


def test_days_are_counted_before_and_after_and_no_further() -> None:
    assert alone(member(0, 1, LENGTH - 1)) == 3 / PLAN.weeks
    assert alone(member(-1, -LENGTH)) == -2 / PLAN.weeks
    assert alone(member(-1, 0)) == 0
    assert alone(member(LENGTH, -LENGTH - 1)) == 0
    twice = Member(SINCE, {SINCE: frozenset({"viewed", "shared"})})
    assert alone(twice) == 1 / PLAN.weeks, "a day is a day"


@pytest.mark.parametrize(
    "kind", ["viewed-required", "self-report.acting", "other", "validated", "failed"]
)
def test_what_somebody_does_not_do_of_their_own_accord_is_not_counted(kind: str) -> None:
    assert alone(member(3, kind=kind)) == 0


def test_what_was_asked_for_in_the_fourteen_days_before_is_not_counted() -> None:
    asked = frozenset({"shared"})
    for day, counts in ((-1, 1), (0, 0), (PROMPTED_DAYS, 0), (PROMPTED_DAYS + 1, 1)):
        one = member(10 + day, kind="shared", prompted=[(SINCE + 10, asked)])
        assert alone(one) == counts / PLAN.weeks
    assert alone(member(11, prompted=[(SINCE + 10, asked)])) > 0, "another kind"
    assert alone(member(11, prompted=[(SINCE + 10, None)])) == 0, "a prompt that asks for anything"


def test_a_prompt_to_one_leaves_the_same_out_for_all_three() -> None:
    days = {arm: member(3, kind="shared") for arm in ARMS}
    block = {**days, "matched": evolve(days["matched"], prompted=[(SINCE, frozenset({"shared"}))])}
    assert [change(block, arm, PLAN) for arm in ARMS] == [0, 0, 0]


def test_the_last_own_answer_counts_and_only_one_of_after_the_draw() -> None:
    def says(**said: str) -> bool | None:
        days = {SINCE + int(day.replace("m", "-").strip("d")): one for day, one in said.items()}
        return under_way(Member(SINCE, said=days), PLAN)

    assert says() is None
    assert says(dm1="acting") is None
    assert says(d0="acting") is True
    assert says(d0="acting", d9="unaware") is False
    assert says(d42="acting") is None, "after the weeks"


def test_a_pair_of_which_one_is_gone_or_gave_no_answer_is_no_pair() -> None:
    said = member(1, said={SINCE + 1: "acting"})
    whole: dict[Arm, Member] = dict.fromkeys(ARMS, said)
    half: dict[Arm, Member] = {"matched": said, "later": member(1)}
    gone: dict[Arm, Member] = {"unmatched": said, "later": said}
    blocks = [whole, half, gone]
    counts = {
        (outcome, against): len(pair_differences(blocks, PLAN, outcome, against))
        for outcome in ("unprompted", "self_reports")
        for against in AGAINST
    }
    assert counts == {
        ("unprompted", "unmatched"): 1,
        ("unprompted", "later"): 2,
        ("self_reports", "unmatched"): 1,
        ("self_reports", "later"): 1,
    }


# -- what may be said -----------------------------------------------------------------------------


def verdict(values: list[float]) -> str:
    return compare(values, PLAN, "unprompted", "later").verdict


def test_nothing_is_told_of_few_or_of_all_alike() -> None:
    few = compare([0.0, 1.0] * 4 + [1.0], PLAN, "unprompted", "later")
    assert (few.verdict, few.pairs, few.difference, few.needed) == ("not_known", 0, None, None)
    assert verdict([1.0] * 10) == "not_known"
    assert verdict([]) == "not_known"
    assert verdict([0.0, 1.0] * 5) != "not_known"


def test_an_interval_that_holds_zero_says_what_it_cannot_tell() -> None:
    assert verdict([0.9, 1.1] * 5) == "more"
    assert verdict([-0.9, -1.1] * 5) == "less"
    assert verdict([-0.1, 0.1] * 5) == "no_difference"
    assert verdict([-2.0, 2.0] * 5) == "cannot_tell"


def test_the_interval_is_students() -> None:
    # Ten values, mean 1 and standard deviation 1.0541: t(.9875, 9) = 2.6850.
    found = compare([0.0, 2.0] * 5, PLAN, "unprompted", "later")
    assert (found.difference, found.low, found.high) == (1.0, 0.1, 1.9)


def test_the_group_it_takes_is_that_of_the_tables() -> None:
    # Cohen's d of 0.5 and 0.2, two-sided 5 %, power 80 %: 34 and 199 pairs.
    plan = evolve(PLAN, confidence=0.9)  # both comparisons together, so 95 % each
    assert pairs_needed(0.5, 1.0, plan) == 34
    assert pairs_needed(0.2, 1.0, plan) == 199
    assert pairs_needed(0.0001, 1.0, plan) is None


def test_a_difference_worth_knowing_is_found_as_often_as_was_said() -> None:
    dice = random.Random(5)
    plan = evolve(PLAN, days_worth=0.8)
    pairs = pairs_needed(0.8, 1.0, plan)
    assert pairs is not None
    found = sum(
        compare([dice.gauss(0.8, 1) for _ in range(pairs)], plan, "unprompted", "later").verdict
        == "more"
        for _ in range(200)
    )
    assert 0.72 < found / 200 < 0.88  # within about three standard errors of 0.80


def test_in_a_world_without_effect_zero_is_in_the_intervals_as_often_as_was_said() -> None:
    """People who differ much, and of whom only some are sent prompts that ask for what they do."""
    dice = random.Random(7)
    kinds = ("viewed", "shared", "asked")

    def somebody(arm: Arm, busy: float) -> Member:
        done = {
            SINCE + day: frozenset({dice.choice(kinds)})
            for day in range(-LENGTH, LENGTH)
            if dice.random() < busy
        }
        often = {"matched": 3, "unmatched": 2, "later": 0}[arm]
        prompted = [(SINCE + 12 * n, frozenset({dice.choice(kinds)})) for n in range(often)]
        return Member(SINCE, done, prompted)

    studies = 150
    both = 0
    for _ in range(studies):
        blocks = [
            {arm: somebody(arm, dice.betavariate(1, 4)) for arm in ARMS}  # from quiet to busy
            for _ in range(15)
        ]
        found = [
            one
            for one in figures(blocks, PLAN)
            if one.outcome == "unprompted" and one.low is not None and one.high is not None
        ]
        assert len(found) == 2
        both += all((one.low or 0) <= 0 <= (one.high or 0) for one in found)
    assert both / studies >= 0.90  # nominal 0.95, less three standard errors
