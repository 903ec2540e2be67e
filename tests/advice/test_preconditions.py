"""Preconditions: what is low, what may be told of it, and what it holds back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations_with_replacement
from math import gamma, pi, sqrt
from random import Random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.advice.preconditions import (
    _T80,
    POINTS,
    UNMEASURED,
    Facet,
    Free,
    Gate,
    Measured,
    Said,
    Warn,
    bound,
    facets_of,
    fresh,
    gated,
    half_in,
    leading,
    low_facets,
    of_group,
    of_person,
    scores,
    together,
    verdict,
)
from leercultuur_core.maturity import Intervention, maturity_model

MODEL = maturity_model()
FACETS = facets_of(MODEL)
DAY = date(2026, 3, 3)
IN_ORDER = Measured("in_order", 10, DAY)
LOW = Measured("low", 10, DAY)
SAFETY = ("safety-and-workload", "safety")
BUSY = ("safety-and-workload", "workload-not-too-high")
BORED = ("safety-and-workload", "workload-not-too-low")


def states(*low: Facet, unknown: tuple[Facet, ...] = ()) -> dict[Facet, Measured]:
    return {facet: LOW if facet in low else IN_ORDER for facet in FACETS if facet not in unknown}


def effect_of(intervention: Intervention, facet: str) -> str:
    """What one low facet does to what does not repair it: the table of the report's reading, said
    again in other words than the program's."""
    formal = intervention.kind in ("formal", "both")
    match facet:
        case "sense" | "voice" | "follow-up":
            return "gate" if formal and intervention.group_programme else "warn"
        case "means":
            return "gate" if intervention.kind == "formal" else "warn"
        case "safety":
            return "gate" if intervention.exposes_people else "warn"
        case "workload-not-too-high":
            if formal:
                return "gate"
            return "none" if intervention.fits_inside_work else "gate"
        case _:
            return "warn"


@given(
    st.sampled_from(MODEL.all), st.sets(st.sampled_from(FACETS)), st.sets(st.sampled_from(FACETS))
)
def test_gates_and_warnings_are_those_of_the_table(
    intervention: Intervention, low: set[Facet], unknown: set[Facet]
) -> None:
    low -= unknown
    said = verdict(intervention, states(*low, unknown=tuple(unknown)), model=MODEL)
    repairs = {one.id for one in MODEL.preconditions if intervention.id in one.repaired_by}
    of_low = {effect_of(intervention, facet) for p, facet in low if p not in repairs}
    of_unknown = {effect_of(intervention, facet) for p, facet in unknown if p not in repairs}
    if "gate" in of_low:
        assert isinstance(said, Gate)
        assert not any(why.unknown for why in said.reasons), "what is not known holds nothing back"
    elif "warn" in of_low or of_unknown & {"gate", "warn"}:
        assert isinstance(said, Warn)
    else:
        assert isinstance(said, Free)
    assert not {why.precondition for why in said.reasons} & repairs
    held = gated(MODEL, low_facets(states(*low, unknown=tuple(unknown))))
    assert (intervention.id in held) == isinstance(said, Gate)


def test_nothing_known_warns_and_holds_nothing_back() -> None:
    for intervention in MODEL.all:
        assert not isinstance(verdict(intervention, {}, model=MODEL), Gate)
    asked = verdict(MODEL["hr.training-funds"], {}, model=MODEL)
    assert isinstance(asked, Warn)
    assert all(why.unknown and why.repaired_by for why in asked.reasons)


def test_facets_are_not_averaged() -> None:
    """Too busy and not bored are two things: calm in one does not make up for the other."""
    held = gated(MODEL, ["workload-not-too-high"])
    assert held
    assert gated(MODEL, []) == frozenset() == gated(MODEL, ["workload-not-too-low"])


def test_what_mends_leads_and_what_the_team_chose_leads_before_it() -> None:
    low = states(SAFETY, BUSY)
    mending = {one.id for one in MODEL.favoured(["safety"])}
    first = leading(MODEL, low, layer="manager")
    assert first
    assert {one.id for one in first} <= mending
    free = [one.id for one in MODEL.interventions(layer="manager")]
    free = [one for one in free if one not in gated(MODEL, low_facets(low))]
    other = next(one for one in free if one not in mending)
    assert [one.id for one in leading(MODEL, low, layer="manager", chosen=other)] == [other]
    held = next(one for one in gated(MODEL, low_facets(low)) if MODEL[one].layer == "manager")
    assert leading(MODEL, low, layer="manager", chosen=held) == first, "a choice opens no gate"
    assert [one.id for one in leading(MODEL, {}, layer="manager")] == [
        one.id for one in MODEL.interventions(layer="manager")
    ]


def test_work_that_asks_too_little_favours_challenging_tasks() -> None:
    assert "tasks.challenging-tasks" in {
        one.id for one in leading(MODEL, states(BORED), layer="tasks")
    }


# ---- measuring


def student_t(at: float, degrees: int, steps: int = 4000) -> float:
    """P(T <= at), by Simpson's rule from 0: what the table of the module must agree with."""
    scale = gamma((degrees + 1) / 2) / (sqrt(degrees * pi) * gamma(degrees / 2))
    width = at / steps
    values = [
        scale * (1 + (n * width) ** 2 / degrees) ** (-(degrees + 1) / 2) for n in range(steps + 1)
    ]
    middle = 4 * sum(values[1:-1:2]) + 2 * sum(values[2:-1:2])
    return float(0.5 + (values[0] + middle + values[-1]) * width / 3)


@pytest.mark.parametrize(("degrees", "point"), _T80.items())
def test_the_table_of_t_is_right_and_never_too_narrow(degrees: int, point: float) -> None:
    assert 0.8 <= student_t(point, degrees) < 0.8005


def test_low_is_an_upper_bound_below_three() -> None:
    group = [Fraction(2)] * 5 + [Fraction(3)] * 5
    middle, reach = bound(group)
    assert middle == 2.5
    assert reach == pytest.approx(0.884 * 0.52705 / sqrt(10), abs=1e-4)
    assert of_group(group, minimum=10, as_of=DAY) == Measured("low", 10, DAY)
    # Nearly the same mean with answers far apart: nobody can be sure.
    apart = [Fraction(1)] * 5 + [Fraction(5)] * 4 + [Fraction(2)]
    assert of_group(apart, minimum=10, as_of=DAY).state == "unsure"
    assert of_group([Fraction(4)] * 10, minimum=10, as_of=DAY).state == "in_order"
    assert of_group([Fraction(3)] * 10, minimum=10, as_of=DAY).state == "in_order"


@pytest.mark.parametrize("size", range(10))
def test_too_few_are_unknown(size: int) -> None:
    assert of_group([Fraction(1)] * size, minimum=10, as_of=DAY) == UNMEASURED


def test_of_the_smallest_group_anybody_may_have_given_any_answer() -> None:
    """By enumeration of all groups of five and six: whatever is told, for each answer there is a
    group that fits, with somebody in it who gave that answer."""
    for size in (5, 6):
        told: dict[str, set[int]] = {}
        for group in combinations_with_replacement(POINTS, size):
            shown = of_group([Fraction(one) for one in group], minimum=5, as_of=DAY)
            assert shown.known
            told.setdefault(shown.state, set()).update(group)
        assert set(told) == {"low", "unsure", "in_order"}
        for what, answers in told.items():
            assert answers == set(POINTS), what


def test_in_doubt_a_group_is_seldom_called_low() -> None:
    """Where the true mean is 3 the bound is below it in one group of five, and little more."""
    random, groups = Random(7), 2000
    low = 0
    for _ in range(groups):
        group = [Fraction(random.choice(POINTS)) for _ in range(10)]
        low += of_group(group, minimum=10, as_of=DAY).low
    assert 0.15 < low / groups < 0.24


# ---- answers


ITEMS = MODEL.items


def test_items_of_a_facet_are_averaged_per_person_and_a_reversed_one_turned() -> None:
    one, two = (item.id for item in ITEMS if item.facet == "safety")
    said = [Said("a", one, 2, DAY), Said("a", two, 5, DAY), Said("b", two, 1, DAY)]
    assert scores(said, ITEMS, at=DAY) == {SAFETY: {"a": Fraction(7, 2), "b": Fraction(1)}}
    turned = [evolve(item, keying="agree-is-bad") for item in ITEMS]
    assert scores(said, turned, at=DAY) == {SAFETY: {"a": Fraction(5, 2), "b": Fraction(5)}}


answered = st.builds(
    Said,
    st.sampled_from("ab"),
    st.sampled_from([item.id for item in ITEMS[:3]]),
    st.sampled_from(POINTS),
    st.integers(0, 3).map(lambda ago: DAY - timedelta(days=ago)),
)


@given(st.lists(answered, max_size=8), st.randoms(use_true_random=False))
def test_order_and_repetition_of_answers_change_nothing(said: list[Said], random: Random) -> None:
    mixed = [*said, *said]
    random.shuffle(mixed)
    assert scores(mixed, ITEMS, at=DAY) == scores(said, ITEMS, at=DAY)


def test_answers_of_long_ago_and_of_tomorrow_do_not_count() -> None:
    assert fresh(date(2025, 3, 3), DAY, 12)
    assert not fresh(date(2025, 3, 2), DAY, 12)
    assert fresh(DAY, DAY, 12)
    assert not fresh(DAY + timedelta(days=1), DAY, 12)
    assert fresh(date(2026, 2, 28), date(2026, 3, 28), 1)
    assert not fresh(date(2026, 2, 28), date(2026, 3, 31), 1), "nothing is 30 February"
    old = [Said("a", ITEMS[0].id, 1, date(2025, 3, 2)), Said("a", "no item", 1, DAY)]
    assert scores(old, ITEMS, at=DAY) == {}


def test_half_of_the_answers_says_little_of_one() -> None:
    days = [date(2026, 1, 20), date(2026, 2, 3), date(2026, 2, 9), date(2026, 3, 1)]
    assert half_in(days) == half_in([*days[:2], date(2026, 2, 28)]) == date(2026, 2, 1)


def test_what_somebody_said_themselves_counts_beside_what_is_shown_of_their_unit() -> None:
    measured: Mapping[Facet, Mapping[str, Fraction]] = {
        SAFETY: {"a": Fraction(2), "b": Fraction(3)},
        BUSY: {"b": Fraction(1)},
    }
    own = of_person(measured, "a", as_of=DAY)
    assert own == {SAFETY: Measured("low", 1, DAY)}
    assert of_person(measured, "b", as_of=DAY)[SAFETY].state == "in_order"
    assert together(own, states())[SAFETY].low, "their own answer gates"
    calm = of_person(measured, "b", as_of=DAY)
    assert together(calm, states(SAFETY))[SAFETY].low, "so does what is shown of the unit"
    assert together(calm, {})[BUSY].low
    assert together({}, states(SAFETY)) == states(SAFETY)
