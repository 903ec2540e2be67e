"""Expectation-maximisation: its parts against brute force, and that it climbs."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise, product
from math import exp, lgamma, log

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.activity import utc_day
from leercultuur_core.activity.ledger import Ledger, LedgerKey
from leercultuur_core.activity.visibility import Presence, Visibility
from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases.filtering import filter_weeks
from leercultuur_core.phases.fitting import Weights, expect, maximise, penalty, smooth
from leercultuur_core.phases.observations import Observations, observe
from leercultuur_core.phases.parameters import Parameters, default_parameters

AT = datetime(2026, 3, 2, tzinfo=UTC)
CUT = utc_day(AT)
KINDS = ("searched", "progressed", "applied")


def small(**changes: object) -> Parameters:
    shipped = default_parameters()
    rates = {kind: shipped.rates[kind] for kind in KINDS}
    return evolve(shipped, rates=rates, levels=2, **changes)  # type: ignore[arg-type]


def seen(
    rows: dict[LedgerKey, int], weeks: int, hidden: frozenset[str] = frozenset()
) -> Observations:
    start = CUT - 7 * weeks
    visible = {("lms", kind): ((start, None),) for kind in KINDS if kind not in hidden}
    people = {key[0] for key in rows}
    return observe(
        Ledger(rows),
        at=AT,
        kinds=KINDS,
        visibility=Visibility(visible),
        presence=Presence({name: {"lms": ((start, None),)} for name in people}),
    )


def crowd(seed: int, people: int = 20, weeks: int = 10) -> dict[LedgerKey, int]:
    random = np.random.default_rng(seed)
    rows: dict[LedgerKey, int] = {}
    for person in range(people):
        for week in range(weeks):
            for kind in KINDS:
                count = int(random.poisson(random.gamma(1, 0.8)))
                if count:
                    day = CUT - 7 * weeks + 7 * week + int(random.integers(7))
                    rows[f"p{person:02}", "lms", "general", kind, day] = count
        rows[f"p{person:02}", "lms", "general", "self-report.acting", CUT - 1 - person] = 1
    return rows


def one_week(parameters: Parameters, counts: dict[str, int], phase: int, activity: float) -> float:
    """Likelihood of a week with every factor that any parameter changes."""
    shape = parameters.burst_shape
    total = sum(counts.values())
    means = activity * sum(parameters.rates[kind][phase] for kind in KINDS)
    value = lgamma(shape + total) - lgamma(shape) + shape * log(shape)
    value -= (shape + total) * log(shape + means)
    value += sum(n * log(activity * parameters.rates[kind][phase]) for kind, n in counts.items())
    return (1 - parameters.away) * exp(value) + (0 if total else parameters.away)


@given(st.lists(st.dictionaries(st.sampled_from(KINDS), st.integers(1, 4)), min_size=2, max_size=3))
@settings(max_examples=20, deadline=None)
def test_posteriors_moves_and_likelihood_equal_brute_force(weekly: list[dict[str, int]]) -> None:
    parameters = small()
    weeks = len(weekly)
    start = CUT - 7 * weeks
    rows: dict[LedgerKey, int] = {
        ("a", "lms", "general", kind, start + 7 * week): count
        for week, counts in enumerate(weekly)
        for kind, count in counts.items()
    }
    rows.setdefault(("a", "lms", "general", "other", start - 9), 1)
    [(_, found)] = smooth(seen(rows, weeks), parameters)

    phases, moves, total = np.zeros((weeks, 5)), np.zeros((5, 5)), 0.0
    for activity in parameters.activity_levels:
        for path in product(range(5), repeat=weeks):
            value = parameters.startprob[path[0]] / 2
            for before, after in pairwise(path):
                value *= parameters.transmat[before][after]
            for week, phase in enumerate(path):
                value *= one_week(parameters, weekly[week], phase, activity)
            total += value
            for week, phase in enumerate(path):
                phases[week, phase] += value
            for before, after in pairwise(path):
                moves[before, after] += value
    # Counts enter the model as r · m each; the levels are part of it.
    assert found.log_likelihood == pytest.approx(log(total), abs=1e-8)
    assert found.phases[:, :, 0] == pytest.approx(phases / total, abs=1e-9)
    assert found.moves == pytest.approx(moves / total, abs=1e-9)


def test_the_last_smoothed_week_is_the_filtered_one() -> None:
    observations = seen(crowd(1), 10)
    [(_, smoothed)] = smooth(observations, small())
    filtered = filter_weeks(observations, small())
    assert smoothed.phases[-1] == pytest.approx(filtered.last, abs=1e-12)
    assert smoothed.posterior.sum(axis=(1, 2)) == pytest.approx(1)


@given(
    st.integers(0, 1000),
    st.sampled_from([1.0, 2.5]),
    st.sampled_from([0.0, 5.0, 50.0]),
    st.sets(st.sampled_from(KINDS), max_size=2),
)
@settings(max_examples=10, deadline=None)
def test_each_pass_raises_the_penalised_log_likelihood(
    seed: int, clump: float, weight: float, hidden: set[str]
) -> None:
    start = small(clump=clump)
    weights = Weights(rates=max(weight, 1.0), moves=weight, starts=weight)
    observations = seen(crowd(seed, people=8), 10, frozenset(hidden))
    current, values = start, []
    for _ in range(5):
        expected = expect(observations, current)
        values.append(expected.log_likelihood + penalty(current, start, weights))
        current = maximise(expected, start, current, weights)
    for before, after in pairwise(values):
        assert after >= before - 1e-6 * abs(before)
    assert values[-1] > values[0]


def test_what_could_not_be_recorded_keeps_its_rates() -> None:
    observations = seen(crowd(2), 10, frozenset({"applied"}))
    start = small()
    fitted = maximise(expect(observations, start), start, start, Weights())
    assert fitted.rates["applied"] == pytest.approx(start.rates["applied"])
    assert fitted.rates["searched"] != pytest.approx(start.rates["searched"])


def test_a_heavy_prior_keeps_everything_and_rows_stay_distributions() -> None:
    observations = seen(crowd(3), 10)
    start = small()
    expected = expect(observations, start)
    kept = maximise(expected, start, start, Weights(1e9, 1e9, 1e9))
    assert kept.rates["progressed"] == pytest.approx(start.rates["progressed"], rel=1e-4)
    assert kept.transmat[2] == pytest.approx(start.transmat[2], rel=1e-4)
    free = maximise(expected, start, start, Weights(1, 1, 1))
    for row in (free.startprob, *free.transmat):
        assert sum(row) == pytest.approx(1)
    assert free.transmat[0][4] == 0
    assert expected.person_weeks == 200
    assert expected.moves.sum() == pytest.approx(180)
    assert expected.starts.sum() == pytest.approx(20)


def test_clumps_are_measured() -> None:
    """Of one kind only, the kinds of a week are as they come; sevenfold, they come together."""
    random = np.random.default_rng(5)
    parameters = small()
    means = np.array([parameters.rates[kind][2] for kind in KINDS])
    loose: dict[LedgerKey, int] = {}
    together: dict[LedgerKey, int] = {}
    for person in range(60):
        for week in range(10):
            day = CUT - 70 + 7 * week
            for kind, count in zip(KINDS, random.poisson(means), strict=True):
                if count:
                    loose[f"p{person:02}", "lms", "general", kind, day] = int(count)
            for kind, count in zip(KINDS, random.poisson(means / 7), strict=True):
                if count:
                    together[f"p{person:02}", "lms", "general", kind, day] = int(7 * count)
    all_acting = evolve(
        parameters,
        startprob=(0.0, 0.0, 1.0, 0.0, 0.0),
        transmat=tuple(tuple(float(to == 2) for to in range(5)) for _ in PHASES),  # type: ignore[arg-type]
    )
    assert expect(seen(loose, 10), all_acting).clump == pytest.approx(1, abs=0.3)
    assert expect(seen(together, 10), all_acting).clump > 3
    assert expect(seen({}, 10), all_acting).clump == 1
