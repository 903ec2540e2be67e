"""Calibrating to one's own data."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from attrs import evolve

from leercultuur_core.activity.activity import utc_day
from leercultuur_core.activity.ledger import Ledger, LedgerKey
from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases import (
    calibrate,
    default_parameters,
    dump_parameters,
    estimate,
    evaluate,
    parse_parameters,
)
from leercultuur_core.phases.calibrate import weighted_kappa
from leercultuur_core.phases.fitting import Weights

AT = datetime(2026, 3, 2, tzinfo=UTC)
CUT = utc_day(AT)
WEEKS = 24


@cache
def made_up(seed: int, people: int) -> tuple[Ledger, dict[str, str]]:
    """People who move as the model says, at a site whose rates are not the shipped ones; half of
    them answered the phase question in the last weeks."""
    random = np.random.default_rng(seed)
    parameters = default_parameters()
    kinds = parameters.kinds
    table = np.array([parameters.rates[kind] for kind in kinds])
    rates = np.maximum(table * np.exp(random.normal(0, 0.6, table.shape)), 0.002)
    moves = np.array(parameters.transmat)
    rows: dict[LedgerKey, int] = {}
    labels: dict[str, str] = {}
    for person in range(people):
        name = f"account|https://x|p{person:03}"
        phase = int(random.choice(5, p=parameters.startprob))
        activity = random.gamma(2, 0.5)
        asked = WEEKS - int(random.integers(1, 9)) if random.random() < 0.5 else -1
        for week in range(WEEKS):
            if week:
                phase = int(random.choice(5, p=moves[phase]))
            day = CUT - 7 * (WEEKS - week) + int(random.integers(7))
            burst = random.gamma(1.2, 1 / 1.2)
            for kind, count in zip(
                kinds, random.poisson(rates[:, phase] * activity * burst), strict=True
            ):
                if count:
                    rows[name, "lms", "general", kind, day] = int(count)
            if week == asked:
                rows[name, "lms", "general", f"self-report.{PHASES[phase]}", day] = 1
        rows[name, "lms", "general", "other", CUT - 7 * WEEKS] = 1
        labels[name] = PHASES[phase]
    return Ledger(rows), labels


def test_calibrating_fits_better_and_says_so() -> None:
    ledger, labels = made_up(1, 250)
    steps: list[tuple[int, int]] = []
    found = calibrate(ledger, at=AT, passes=12, progress=lambda *step: steps.append(step))
    assert found.accepted
    assert found.why.startswith("it fits better; agreement with own answers")
    assert found.log_likelihood_after > found.log_likelihood_before
    assert (found.people, found.person_weeks) == (250, 250 * WEEKS)
    assert steps == [(number, 12) for number in range(1, found.passes + 1)]
    assert found.agreement_before is not None
    assert found.agreement_after is not None
    before = evaluate(estimate(ledger, at=AT), labels)
    after = evaluate(estimate(ledger, at=AT, parameters=found.parameters), labels)
    assert after.log_loss < before.log_loss - 0.05
    assert after.missing == ()


def test_what_was_fitted_is_told_and_reads_back() -> None:
    ledger, _ = made_up(1, 250)
    fitted = calibrate(ledger, at=AT, passes=2).parameters
    assert fitted.version == f"{default_parameters().version}+calibrated.2026-03-02"
    told = fitted.grounds["rate.progressed"]
    assert told.startswith("Fitted to 250 people over 24 weeks up to 2026-03-02")
    assert fitted.grounds["reliability.acting"].startswith("Reasoned: ")
    assert parse_parameters(dump_parameters(fitted)) == fitted
    again = calibrate(ledger, at=AT, parameters=fitted, passes=1).parameters
    assert again.version == fitted.version


def test_the_order_of_rows_does_not_matter() -> None:
    ledger, _ = made_up(1, 250)
    backwards = Ledger(dict(reversed(list(ledger.counts.items()))))
    first, second = (calibrate(each, at=AT, passes=2) for each in (ledger, backwards))
    assert first == second


def test_parameters_that_agree_less_are_refused() -> None:
    """Half of the people view a lot, whatever their phase. Fitted freely, two phases come to mean
    those habits: that fits far better, and says no more what people say themselves."""
    random = np.random.default_rng(4)
    shipped = default_parameters()
    rows: dict[LedgerKey, int] = {}
    for person in range(60):
        name = f"account|https://x|p{person:03}"
        acting, viewer = person % 2 == 0, person % 4 < 2
        for week in range(WEEKS):
            day = CUT - 7 * (WEEKS - week)
            counts = {
                "progressed": random.poisson(1.6 if acting else 0.7),
                "applied": random.poisson(0.7 if acting else 1.6),
                "viewed": random.poisson(6.0 if viewer else 0.5),
            }
            for kind, count in counts.items():
                if count:
                    rows[name, "lms", "general", kind, day] = int(count)
        answer = "acting" if acting else "applying"
        rows[name, "lms", "general", f"self-report.{answer}", CUT - 3] = 1
    same = 0.002
    start = evolve(
        shipped,
        rates={
            "progressed": (same, same, 2.0, 0.7, same),
            "applied": (same, same, 0.7, 2.0, same),
            "viewed": (same, same, 2.4, 3.6, same),
        },
        startprob=(0.0, 0.0, 0.5, 0.5, 0.0),
        transmat=(
            *shipped.transmat[:2],
            (0, 0, 0.95, 0.05, 0),
            (0, 0, 0.05, 0.95, 0),
            shipped.transmat[4],
        ),
        reliability=tuple((0.2,) * 5 for _ in PHASES),  # type: ignore[arg-type]
    )
    found = calibrate(Ledger(rows), at=AT, parameters=start, weights=Weights(1, 1, 1))
    assert found.log_likelihood_after > found.log_likelihood_before
    assert found.agreement_before is not None
    assert found.agreement_after is not None
    assert found.agreement_before > found.agreement_after + 0.3
    assert not found.accepted
    assert found.why.startswith("it agrees less with what people say themselves: agreement")


def test_parameters_that_do_not_fit_better_are_refused() -> None:
    ledger, _ = made_up(1, 250)
    found = calibrate(ledger, at=AT, passes=0)
    assert not found.accepted
    assert found.why.startswith("it does not fit better: log-likelihood")


def test_too_few_people_say_too_little() -> None:
    ledger, _ = made_up(3, 10)
    found = calibrate(ledger, at=AT)
    assert not found.accepted
    assert found.parameters == default_parameters()
    assert found.why == (
        "10 people over 24 weeks say too little; it takes at least 25 people and 8 weeks"
    )


def test_without_own_answers_the_fit_decides() -> None:
    ledger, _ = made_up(1, 250)
    silent = Ledger({key: count for key, count in ledger if not key[3].startswith("self-report")})
    found = calibrate(silent, at=AT, passes=2)
    assert (found.answers, found.agreement_before, found.agreement_after) == (0, None, None)
    assert found.accepted
    assert found.why == "it fits better; there are no own answers to compare with"


def test_a_time_without_an_offset_says_what_to_write() -> None:
    with pytest.raises(ValueError, match="with an offset"):
        calibrate(Ledger(), at=datetime(2026, 3, 2))  # noqa: DTZ001


def test_kappa_of_a_table_worked_out_by_hand() -> None:
    assert weighted_kappa(np.diag([3.0, 2.0, 1.0])) == 1
    assert weighted_kappa(np.array([[5.0, 0.0], [0.0, 0.0]])) == 0
    # Two raters, observed disagreement 2 of 10, expected by chance 5 of 10.
    assert weighted_kappa(np.array([[4.0, 1.0], [1.0, 4.0]])) == pytest.approx(1 - 2 / 5)
    # Quadratic: a slip of two counts four times.
    far = weighted_kappa(np.array([[4.0, 0, 1], [0, 4, 0], [0, 0, 4]]))
    near = weighted_kappa(np.array([[4.0, 1, 0], [0, 4, 0], [0, 0, 4]]))
    assert far < near
