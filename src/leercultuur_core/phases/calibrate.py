"""Fitting the model to your own data: `calibrate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from math import isfinite, sqrt

import numpy as np
from attrs import evolve, frozen

from ..activity.ledger import Ledger
from ..activity.visibility import Presence, Visibility, learned_visibility
from ..maturity.vocabulary import PHASES
from .fitting import Weights, expect, maximise, smooth
from .observations import NO_ANSWER, Floats, Ints, Observations, Reports, cut_day, observe
from .parameters import Parameters, PerPhase, default_parameters

PASSES = 40
"""Passes of expectation-maximisation at most."""

LEAST_GAIN = 2e-5
"""Log-likelihood per person-week below which another pass is not worth it."""

LEAST_PEOPLE, LEAST_WEEKS = 25, 8
"""Fewer people or weeks than these say too little."""

Progress = Callable[[int, int], None]
"""Called after each pass with how many are done, and how many there are at most."""


@frozen(kw_only=True)
class Calibration:
    """What fitting gave.

    parameters
        The fitted ones, whether accepted or not; the starting ones where there was too little.
    accepted, why
        Whether to use them, and in one sentence why (not).
    people, person_weeks, passes
        What was fitted on, and how often.
    log_likelihood_before, log_likelihood_after
        Of all weeks, own answers included; with the clump that was measured.
    answers
        How many own answers there are to agree with.
    agreement_before, agreement_after
        Quadratic-weighted kappa (Cohen 1968) of own answers with the most probable phase of their
        week, found without using any own answer; ``None`` with fewer than two.
    """

    parameters: Parameters
    accepted: bool
    why: str
    people: int
    person_weeks: int
    passes: int
    log_likelihood_before: float
    log_likelihood_after: float
    answers: int
    agreement_before: float | None
    agreement_after: float | None


def calibrate(
    ledger: Ledger,
    *,
    at: datetime,
    parameters: Parameters | None = None,
    visibility: Visibility | None = None,
    presence: Presence | None = None,
    passes: int = PASSES,
    weights: Weights | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Fits the model to the counts before ``at``, starting from ``parameters``.

    Rates, transitions, start, burst shape and weeks away are fitted, and the clump is measured;
    how reliable own answers are stays as it is. ``weights`` says how much the starting parameters
    weigh. The result is refused where it does not fit better, where it agrees less with own answers
    than chance explains (two standard errors of the difference, by the jackknife), or where there
    are too few people or weeks.

    Raises `ValueError` for an ``at`` without an offset.
    """
    start = default_parameters() if parameters is None else parameters
    if visibility is None:
        visibility = learned_visibility(ledger, until=cut_day(at))
    seen = observe(ledger, at=at, kinds=start.kinds, visibility=visibility, presence=presence)
    if seen.people < LEAST_PEOPLE or seen.weeks < LEAST_WEEKS:
        return _too_little(start, seen)
    weights = Weights() if weights is None else weights
    clump = _clump(seen, start, weights)
    current = evolve(start, clump=clump)
    expected = expect(seen, current)
    before = expected.log_likelihood
    done = 0
    while done < passes:
        following = maximise(expected, start, current, weights)
        known, expected = expected.log_likelihood, expect(seen, following)
        current = following
        done += 1
        if progress is not None:
            progress(done, passes)
        if expected.log_likelihood - known < LEAST_GAIN * expected.person_weeks:
            break
    fitted = _described(_rounded(current), start, seen)
    agreement = _Agreement.of(seen, start, fitted)
    accepted, why = _judge(before, expected.log_likelihood, agreement)
    return Calibration(
        parameters=fitted,
        accepted=accepted,
        why=why,
        people=seen.people,
        person_weeks=expected.person_weeks,
        passes=done,
        log_likelihood_before=before,
        log_likelihood_after=expected.log_likelihood,
        answers=agreement.answers,
        agreement_before=agreement.before,
        agreement_after=agreement.after,
    )


def _clump(seen: Observations, start: Parameters, weights: Weights) -> float:
    """How many activities come together, measured after two passes without clumps: rates that
    are too far off look like clumps."""
    current = evolve(start, clump=1.0)
    for _ in range(2):
        current = maximise(expect(seen, current), start, current, weights)
    return float(f"{max(1.0, expect(seen, current).clump):.6g}")


def _too_little(start: Parameters, seen: Observations) -> Calibration:
    return Calibration(
        parameters=start,
        accepted=False,
        why=(
            f"{seen.people} people over {seen.weeks} weeks say too little; "
            f"it takes at least {LEAST_PEOPLE} people and {LEAST_WEEKS} weeks"
        ),
        people=seen.people,
        person_weeks=int(seen.present[seen.group].sum()),
        passes=0,
        log_likelihood_before=0.0,
        log_likelihood_after=0.0,
        answers=0,
        agreement_before=None,
        agreement_after=None,
    )


def _judge(before: float, after: float, agreement: _Agreement) -> tuple[bool, str]:
    if not isfinite(after) or after <= before:
        words = f"log-likelihood {before:.1f} before, {after:.1f} after"
        return False, f"it does not fit better: {words}"
    if agreement.before is None or agreement.after is None:
        return True, "it fits better; there are no own answers to compare with"
    words = f"agreement with own answers {agreement.before:.2f} before, {agreement.after:.2f} after"
    if agreement.after < agreement.before - 2 * agreement.error:
        return False, f"it agrees less with what people say themselves: {words}"
    return True, f"it fits better; {words}"


@frozen
class _Agreement:
    """Kappa before and after, and the standard error of the difference."""

    answers: int
    before: float | None
    after: float | None
    error: float

    @classmethod
    def of(cls, seen: Observations, start: Parameters, fitted: Parameters) -> _Agreement:
        answered = seen.reports.answer != NO_ANSWER
        answers = seen.reports.answer[answered]
        if len(answers) < 2:
            return cls(len(answers), None, None, 0.0)
        tables = []
        for parameters in (start, fitted):
            believed = _believed_without_answers(seen, parameters)[answered]
            tables.append(believed)
        # Of each (answer, before, after) how many: at most 125 cells to leave one out of.
        cells = np.zeros((len(PHASES),) * 3)
        np.add.at(cells, (answers, tables[0], tables[1]), 1)
        before, after = _kappas(cells)
        return cls(len(answers), before, after, _jackknife(cells))


def _believed_without_answers(seen: Observations, parameters: Parameters) -> Ints:
    """The most probable phase in the week of each report, with all weeks known but no report."""
    reports = seen.reports
    nothing = np.zeros(0, dtype=np.int64)
    silent = evolve(seen, reports=Reports(nothing, nothing, nothing, nothing))
    believed = np.zeros(len(reports.week), dtype=np.int64)
    for low, smoothed in smooth(silent, parameters):
        high = low + smoothed.chunk.people
        rows = slice(*np.searchsorted(reports.person, (low, high)))
        phases = smoothed.phases[reports.week[rows], :, reports.person[rows] - low]
        believed[rows] = np.rint(phases * 1e6).argmax(axis=1)
    return believed


def _kappas(cells: Floats) -> tuple[float, float]:
    return weighted_kappa(cells.sum(axis=2)), weighted_kappa(cells.sum(axis=1))


def weighted_kappa(table: Floats) -> float:
    """Quadratic-weighted kappa (Cohen 1968) of a table of two raters over ordered categories.

    1 is full agreement, 0 that of chance; 0 where one category holds all.
    """
    size = len(table)
    place = np.arange(size)
    distance = (place[:, None] - place[None, :]) ** 2
    chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    expected = float((distance * chance).sum())
    return 1 - float((distance * table).sum()) / expected if expected else 0.0


def _jackknife(cells: Floats) -> float:
    """Standard error of the difference of the two kappas when one answer is left out at a time."""
    total = float(cells.sum())
    left = list(_left_out(cells))
    mean = sum(number * value for number, value in left) / total
    spread = sum(number * (value - mean) ** 2 for number, value in left)
    return sqrt((total - 1) / total * spread)


def _left_out(cells: Floats) -> Iterator[tuple[float, float]]:
    for place in zip(*np.nonzero(cells), strict=True):
        rest = cells.copy()
        rest[place] -= 1
        before, after = _kappas(rest)
        yield float(cells[place]), after - before


def _rounded(parameters: Parameters) -> Parameters:
    """To six significant digits, so that the last bits of a machine do not matter."""

    def digits(value: float) -> float:
        return float(f"{value:.6g}")

    def distribution(row: PerPhase) -> PerPhase:
        values = [digits(value) for value in row]
        # What rounding leaves goes to the largest.
        largest = max(range(len(values)), key=values.__getitem__)
        values[largest] = 1 - sum(value for place, value in enumerate(values) if place != largest)
        first, second, third, fourth, fifth = values
        return first, second, third, fourth, fifth

    def rates(row: PerPhase) -> PerPhase:
        first, second, third, fourth, fifth = (digits(value) for value in row)
        return first, second, third, fourth, fifth

    rows = parameters.transmat
    return evolve(
        parameters,
        startprob=distribution(parameters.startprob),
        transmat=(
            distribution(rows[0]),
            distribution(rows[1]),
            distribution(rows[2]),
            distribution(rows[3]),
            distribution(rows[4]),
        ),
        rates={kind: rates(row) for kind, row in parameters.rates.items()},
        burst_shape=digits(parameters.burst_shape),
        away=digits(parameters.away),
    )


def _described(fitted: Parameters, start: Parameters, seen: Observations) -> Parameters:
    """With a version and grounds that say where the numbers come from."""
    told = (
        f"Fitted to {seen.people} people over {seen.weeks} weeks up to {seen.at.isoformat()}, "
        f"starting from version {start.version}."
    )
    grounds = dict(start.grounds)
    for key in ("general", "start", *(f"transition.{phase}" for phase in PHASES)):
        grounds[key] = told
    for number, kind in enumerate(start.kinds):
        seen_at_all = seen.visible_days[:, :, number].any()
        kept = f"Could not be recorded, so as before: {start.grounds.get(f'rate.{kind}', '')}"
        grounds[f"rate.{kind}"] = told if seen_at_all else kept.rstrip()
    version = f"{start.version.partition('+')[0]}+calibrated.{seen.at.isoformat()}"
    return evolve(fitted, version=version, grounds=grounds)
