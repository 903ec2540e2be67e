"""The ranking: mixed by probability, stable on ties, and nothing is ever withheld."""

from __future__ import annotations

import itertools

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.advice import recommend
from leercultuur_core.advice.recommend import NOTICE_DAILY_LEARNING, OPTIONS, Leaders, fit
from leercultuur_core.maturity import MaturityModel
from leercultuur_core.maturity.vocabulary import LAYERS, PHASES, Phase

OWN = ("tasks", "colleagues")


@st.composite
def mixes(draw: st.DrawFn) -> dict[Phase, float]:
    """Probabilities of the five phases, summing to 1."""
    weights = draw(st.lists(st.integers(0, 20), min_size=5, max_size=5).filter(any))
    return {phase: weight / sum(weights) for phase, weight in zip(PHASES, weights, strict=True)}


@given(mix=mixes())
def test_every_intervention_is_in_the_ranking_once(
    model: MaturityModel, mix: dict[Phase, float]
) -> None:
    ranked = recommend(mix, model=model)
    assert sorted(one.intervention.id for one in ranked) == sorted(one.id for one in model.all)
    assert all(one.score > 0 and one.carried_by and one.reasons for one in ranked)


@given(mix=mixes(), layers=st.permutations(LAYERS))
def test_the_order_is_by_score_then_science_then_basis_then_id(
    model: MaturityModel, mix: dict[Phase, float], layers: list[str]
) -> None:
    ranked = recommend(mix, model=model, layers=layers)
    assert ranked == recommend(mix, model=model)
    rest = [one for one in ranked if one.intervention.id != NOTICE_DAILY_LEARNING]
    for before, after in itertools.pairwise(rest):
        assert before.score >= after.score
        if before.score == after.score:
            a, b = before.intervention, after.intervention
            assert a.science >= b.science
            if a.science == b.science:
                strength = ("stated", "layout", "judgement").index
                assert (strength(a.basis), a.id) < (strength(b.basis), b.id)


@given(
    mix=mixes(),
    layers=st.lists(st.sampled_from(LAYERS), min_size=1, unique=True),
    said=st.none() | st.sampled_from(PHASES),
)
def test_who_leads_is_the_first_of_the_ranking(
    model: MaturityModel, mix: dict[Phase, float], layers: list[str], said: Phase | None
) -> None:
    ranked = recommend(mix, model=model, layers=layers, you_said=said)
    leaders = Leaders.of(mix, model=model, you_said=said)
    first, second = ranked[:2]
    assert leaders.first(layers) == (first.intervention, first.score)
    without = leaders.first(layers, besides=first.intervention.id)
    assert without == (second.intervention, second.score)


def test_nobody_leads_where_there_is_nothing_else(model: MaturityModel) -> None:
    one = model.interventions(layer="tasks")[0]
    alone = attrs.evolve(model, all=(one,))
    leaders = Leaders.of({"acting": 1.0}, model=alone)
    assert leaders.first(OWN) == (one, 10_000 * fit(one, "acting"))
    assert leaders.first(OWN, besides=one.id) is None
    assert leaders.first(["hr"]) is None
    with pytest.raises(ValueError, match="expected phases"):
        Leaders.of({"resting": 1.0}, model=model)  # type: ignore[dict-item]


@given(mix=mixes())
def test_the_score_is_the_fit_weighed_by_probability(
    model: MaturityModel, mix: dict[Phase, float]
) -> None:
    for one in recommend(mix, model=model):
        expected = sum(mix[phase] * fit(one.intervention, phase) / 100 for phase in PHASES)
        assert one.score == pytest.approx(expected * 1e6, abs=5)


@given(mix=mixes(), moved=st.floats(0, 1))
def test_more_weight_on_its_first_phase_never_lowers_an_intervention(
    model: MaturityModel, mix: dict[Phase, float], moved: float
) -> None:
    before = {one.intervention.id: one.score for one in recommend(mix, model=model, layers=OWN)}
    for phase in PHASES:
        shifted = {
            each: share * (1 - moved) + (moved if each == phase else 0)
            for each, share in mix.items()
        }
        for one in recommend(shifted, model=model, layers=OWN):
            if one.intervention.primary_phase == phase:
                assert one.score >= before[one.intervention.id] - 5


def test_fit_falls_from_first_to_listed_to_plausible_to_any_other(model: MaturityModel) -> None:
    transfer = model["manager.training-transfer"]
    assert transfer.primary_phase == "applying"
    assert "acting" in transfer.also_plausible
    fits = [fit(transfer, "applying"), fit(transfer, "acting"), fit(transfer, "unaware")]
    feedback = model["colleagues.peer-feedback"]
    fits.insert(1, fit(feedback, "unaware"))  # listed, not first
    assert fits == sorted(fits, reverse=True)
    assert len(set(fits)) == 4
    assert fits[-1] > 0


def test_a_certain_phase_puts_what_serves_it_first_on_top(model: MaturityModel) -> None:
    for layer, phase in itertools.product(LAYERS, PHASES):
        best = recommend({phase: 1.0}, model=model, layers=(layer,))[0]
        served = [one for one in model.interventions(phase, layer) if one.primary_phase == phase]
        if served:
            assert best.intervention.primary_phase == phase
            assert best.score == 1_000_000
            assert best.carried_by == (phase,)


@given(mix=mixes(), said=st.sampled_from(PHASES))
def test_ones_own_answer_takes_the_place_of_the_estimate(
    model: MaturityModel, mix: dict[Phase, float], said: Phase
) -> None:
    told = recommend(mix, model=model, you_said=said)
    alone = recommend({said: 1.0}, model=model)
    assert [(one.intervention.id, one.score) for one in told] == [
        (one.intervention.id, one.score) for one in alone
    ]
    assert any(
        "own answer" in reason
        for reason in recommend(mix, model=model, you_said=said, language="en")[0].reasons
    )


@given(mix=mixes())
def test_noticing_daily_learning_is_an_option_of_the_unaware_in_any_catalogue(
    model: MaturityModel, mix: dict[Phase, float]
) -> None:
    mix = {"unaware": 0.5, **{phase: mix[phase] / 2 for phase in PHASES if phase != "unaware"}}
    # A catalogue in which it would rank last.
    low = attrs.evolve(
        model[NOTICE_DAILY_LEARNING],
        phases=("continuing",),
        primary_phase="continuing",
        also_plausible=(),
    )
    catalogue = attrs.evolve(
        model, all=tuple(low if one.id == low.id else one for one in model.all)
    )
    ranked = recommend(mix, model=catalogue, layers=OWN)
    assert NOTICE_DAILY_LEARNING in [one.intervention.id for one in ranked[:OPTIONS]]
    assert len(ranked) == len(recommend(mix, model=model, layers=OWN))


def test_scope_and_layer_narrow_the_ranking(model: MaturityModel) -> None:
    ranked = recommend({"acting": 1.0}, model=model, layers=("education",), scope="person")
    assert ranked
    assert {(one.intervention.layer, one.intervention.scope) for one in ranked} == {
        ("environment", "person")
    }
    with pytest.raises(ValueError, match="no layer 'managers'"):
        recommend({"acting": 1.0}, model=model, layers=("managers",))
    with pytest.raises(ValueError, match="found asleep"):
        recommend({"asleep": 1.0}, model=model)  # type: ignore[dict-item]


def test_grounds_are_the_catalogues_own(model: MaturityModel) -> None:
    for one in recommend({"applying": 1.0}, model=model):
        assert (one.grounds.basis, one.grounds.text) == (
            one.intervention.basis,
            one.intervention.basis_text,
        )
