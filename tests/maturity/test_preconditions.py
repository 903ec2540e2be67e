"""What a low precondition does: every row of the rules, repairs, and the laws between them."""

from __future__ import annotations

from itertools import product

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.maturity import Effect, Intervention, maturity_model
from leercultuur_core.maturity.vocabulary import KINDS, STRICTNESSES

MODEL = maturity_model()
# No precondition names it as a repair, so each rule can show itself.
PLAIN = MODEL["colleagues.share-learning"]
FLOOR, VISION, READINESS, SAFETY = (one.id for one in MODEL.preconditions)

lows = st.sets(st.sampled_from(MODEL.facets))
interventions = st.sampled_from(MODEL.all)


def _like(
    kind: str, *, group: bool = False, exposes: bool = False, fits: bool = False
) -> Intervention:
    return evolve(
        PLAIN,
        kind=kind,  # type: ignore[arg-type]
        group_programme=group,
        exposes_people=exposes,
        fits_inside_work=fits,
    )


def _effect(one: Intervention, low: list[str], precondition: str) -> Effect:
    (found,) = (each for each in MODEL.effects(one, low) if each.precondition == precondition)
    return found


# (precondition, one low facet, intervention, effect): each row of precondition_rules.tsv, for every
# kind and facet it names.
TABLE: list[tuple[str, str, Intervention, str]] = [
    *(
        (FLOOR, facet, _like(kind, group=group), "gate" if group and kind != "informal" else "warn")
        for facet in ("sense", "voice", "follow-up")
        for kind in KINDS
        for group in (True, False)
    ),
    *(
        (VISION, facet, _like(kind), "warn")
        for facet in ("direction", "alignment", "co-creation")
        for kind in KINDS
    ),
    (READINESS, "means", _like("formal"), "gate"),
    (READINESS, "means", _like("informal"), "warn"),
    (READINESS, "means", _like("both"), "warn"),
    *(
        (READINESS, facet, _like(kind), "warn")
        for facet in ("openness", "adoption")
        for kind in KINDS
    ),
    *((SAFETY, "safety", _like(kind, exposes=True), "gate") for kind in KINDS),
    *((SAFETY, "safety", _like(kind), "warn") for kind in KINDS),
    (SAFETY, "workload-not-too-high", _like("formal", fits=True), "gate"),
    (SAFETY, "workload-not-too-high", _like("both", fits=True), "gate"),
    (SAFETY, "workload-not-too-high", _like("informal", fits=True), "none"),
    (SAFETY, "workload-not-too-high", _like("informal"), "gate"),
    *((SAFETY, "workload-not-too-low", _like(kind), "warn") for kind in KINDS),
]


@pytest.mark.parametrize(("precondition", "facet", "one", "effect"), TABLE)
def test_each_row_of_the_rules(
    precondition: str, facet: str, one: Intervention, effect: str
) -> None:
    found = _effect(one, [facet], precondition)
    assert found.effect == effect
    assert found.low == (facet,)
    assert found.rule in MODEL.rules
    others = [each for each in MODEL.effects(one, [facet]) if each.precondition != precondition]
    assert all(each == Effect(precondition=each.precondition) for each in others)


def test_the_table_above_meets_every_rule() -> None:
    met = {id(_effect(one, [facet], precondition).rule) for precondition, facet, one, _ in TABLE}
    assert met == {id(rule) for rule in MODEL.rules}


@pytest.mark.parametrize(
    ("precondition", "informal", "formal", "both"),
    [
        (FLOOR, "warn", "gate", "gate"),
        (VISION, "warn", "warn", "warn"),
        (READINESS, "warn", "gate", "warn"),
        (SAFETY, "gate", "gate", "gate"),
    ],
)
def test_the_strictest_effect_on_each_kind(
    precondition: str, informal: str, formal: str, both: str
) -> None:
    def strictest(kind: str) -> str:
        options = (
            _effect(
                _like(kind, group=group, exposes=exposes, fits=fits),
                list(MODEL.facets),
                precondition,
            ).effect
            for group, exposes, fits in product([True, False], repeat=3)
        )
        return max(options, key=STRICTNESSES.index)

    assert [strictest(kind) for kind in KINDS] == [informal, formal, both]


def test_facets_are_not_averaged() -> None:
    # A safe team that is too busy, and a team with time where it is not safe.
    one = _like("informal", exposes=True, fits=True)
    assert _effect(one, ["workload-not-too-high"], SAFETY).effect == "none"
    both = _effect(one, ["workload-not-too-high", "safety"], SAFETY)
    assert (both.effect, both.low) == ("gate", ("safety",))


@pytest.mark.parametrize("precondition", MODEL.preconditions, ids=lambda one: one.id)
def test_what_repairs_a_precondition_is_never_held_back_by_it(precondition: object) -> None:
    (one,) = (each for each in MODEL.preconditions if each == precondition)
    assert one.repaired_by
    for name in one.repaired_by:
        found = _effect(MODEL[name], list(MODEL.facets), one.id)
        assert found == Effect(precondition=one.id, repairs=True)


def test_a_repair_is_still_held_back_by_another_precondition() -> None:
    training = MODEL["hr.manager-training"]
    low = ["safety", "workload-not-too-high", "means", "voice"]
    assert {each.precondition: each.effect for each in MODEL.effects(training, low)} == {
        FLOOR: "gate",
        VISION: "none",
        READINESS: "none",
        SAFETY: "none",
    }


def test_where_there_is_no_time_time_comes_through() -> None:
    low = ["workload-not-too-high"]
    free = [
        one.id
        for one in MODEL.interventions(layer="manager")
        if all(each.effect != "gate" for each in MODEL.effects(one, low))
    ]
    assert "manager.time-and-money" in free
    assert "manager.communities-of-practice" not in free
    assert "manager.development-plan" not in free


def test_noticing_what_one_learns_is_never_held_back() -> None:
    one = MODEL["addition.notice-daily-learning"]
    assert all(each.effect != "gate" for each in MODEL.effects(one, MODEL.facets))


def test_favoured() -> None:
    assert [one.id for one in MODEL.favoured(["workload-not-too-low"])].count(
        "tasks.challenging-tasks"
    ) == 1
    assert {one.id for one in MODEL.favoured(["direction"])} == {
        "leadership.shared-vision",
        "leadership.vision-into-policy",
        "hr.vision-into-policy",
        "education.vision-dialogue",
    }
    assert MODEL.favoured([]) == ()


def test_an_unknown_facet_names_the_choices() -> None:
    with pytest.raises(ValueError, match="no facet 'workload'; the choices are sense, voice"):
        MODEL.effects(PLAIN, ["workload"])
    with pytest.raises(ValueError, match=r"no facet 'saftey'.*did you mean \"safety\""):
        MODEL.favoured(["saftey"])


@given(interventions, lows, lows)
def test_more_that_is_low_is_never_milder(one: Intervention, low: set[str], more: set[str]) -> None:
    for before, after in zip(MODEL.effects(one, low), MODEL.effects(one, low | more), strict=True):
        assert before.precondition == after.precondition
        assert STRICTNESSES.index(before.effect) <= STRICTNESSES.index(after.effect)


@given(interventions, lows)
def test_an_effect_has_a_reason_and_nothing_low_has_no_effect(
    one: Intervention, low: set[str]
) -> None:
    for effect in MODEL.effects(one, low):
        if effect.effect != "none":
            assert effect.rule is not None
            assert effect.rule.effect == effect.effect
            assert set(effect.low) == low & set(effect.rule.low_facets)
            assert one.kind in effect.rule.kinds
    assert all(each.effect == "none" for each in MODEL.effects(one, ()))


@given(interventions, lows)
def test_the_order_in_which_facets_are_named_does_not_matter(
    one: Intervention, low: set[str]
) -> None:
    assert MODEL.effects(one, sorted(low)) == MODEL.effects(one, sorted(low, reverse=True))
