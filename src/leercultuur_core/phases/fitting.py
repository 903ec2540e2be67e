"""Expectation-maximisation: what the data say about the parameters (used by `calibrate`).

Exact posteriors over phases and activity levels by the forward-backward recursions (Rabiner 1989);
then rates, transitions and start from expected counts plus a prior, which keeps the phases what
they are. Each pass raises the penalised log-likelihood.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, lgamma, log

import numpy as np
from attrs import evolve, frozen

from .filtering import by_phase, over_phases, prior, step
from .model import PHASE_COUNT, Chunk, Model
from .observations import Floats, Ints, Observations
from .parameters import RATE_FLOOR, Parameters, PerPhase

MOST_AWAY = 0.3
"""More weeks away than this would mean that somebody is not there."""

CLUMP_WEEKS = 100.0
"""Weeks without clumps that count along when clumps are measured, so that a few weeks of a few
kinds say little."""

_CHUNK = 256  # people computed together: of each all weeks are kept

LEAST_BURST_SHAPE, MOST_BURST_SHAPE = 0.05, 100.0


@frozen
class Weights:
    """How much the starting parameters weigh.

    rates
        In weeks of someone of average activity, per kind and phase.
    moves, starts
        In weeks per phase left, and in people.
    """

    rates: float = 20.0
    moves: float = 20.0
    starts: float = 20.0


@frozen(eq=False)
class Smoothed:
    """What is believed of each week from all weeks, of n people.

    posterior
        (W, Z, L, n) joint probability of phase and level.
    here
        (W, Z, L, n) probability that the week was no week away, given phase and level.
    moves
        (Z, Z) expected moves.
    log_likelihood
        Of all weeks together.
    """

    chunk: Chunk
    posterior: Floats
    here: Floats
    moves: Floats
    log_likelihood: float

    @property
    def phases(self) -> Floats:
        """(W, Z, n) probability of each phase."""
        return np.stack([by_phase(week) for week in self.posterior])


@frozen(eq=False)
class Expected:
    """Sums over everyone: what the maximisation needs.

    counts, exposure
        (K, Z) activities, and weeks of exposure weighed by activity level and burst.
    moves, starts
        (Z, Z) and (Z,).
    away, visible
        Weeks away, and weeks in which anything could be seen.
    burst
        Mean over the weeks that were not away of E[log b] − E[b] of the burst b.
    clump
        How much more often than chance two activities of a week are of one kind: variance over
        that of a multinomial, over weeks with at least two activities.
    log_likelihood, person_weeks
        Of all weeks in which the clock ran, and their number.
    """

    counts: Floats
    exposure: Floats
    moves: Floats
    starts: Floats
    away: float
    visible: float
    burst: float
    clump: float
    log_likelihood: float
    person_weeks: int


def smooth(observations: Observations, parameters: Parameters) -> Iterator[tuple[int, Smoothed]]:
    """Yields, per chunk of people, the number of its first person and what is believed."""
    model = Model.of(parameters, observations.kinds)
    if not observations.weeks:
        return
    for low in range(0, observations.people, _CHUNK):
        high = min(low + _CHUNK, observations.people)
        yield low, _smooth(Chunk.of(observations, model, low, high))


def _smooth(chunk: Chunk) -> Smoothed:
    model, weeks = chunk.model, chunk.weeks
    likelihood, factor = chunk.likelihood(0, weeks)
    believed = np.empty_like(likelihood)
    total = np.ones((weeks, chunk.people))
    start = prior(model, chunk.people)
    state = start
    for week in range(weeks):
        before = np.where(chunk.first[week], start, step(state, model))
        after = before * likelihood[week]
        scale = over_phases(by_phase(after))
        state = np.where(chunk.present[week], after / scale, state)
        total[week] = np.where(chunk.present[week], scale, 1.0)
        believed[week] = state
    # The factor of the likelihood that is the same for every phase and level, but not for every
    # burst shape: Γ(N + a) / Γ(a).
    shape, counts = model.burst_shape, _activities(chunk)
    most = int(counts.max(initial=0))
    rising = np.array(
        [lgamma(shape + count / model.clump) - lgamma(shape) for count in range(most + 1)]
    )
    log_likelihood = float((np.log(total) + factor + rising[counts])[chunk.present].sum())

    moves = np.zeros((PHASE_COUNT, PHASE_COUNT))
    ahead = np.ones_like(start)
    for week in range(weeks - 1, -1, -1):
        from_here = ahead * likelihood[week] / total[week]
        moved = chunk.present[week] & ~chunk.first[week]
        if week and moved.any():
            now = from_here * moved
            for phase in range(PHASE_COUNT):
                moves[phase] += (believed[week - 1, phase] * now).sum(axis=(1, 2))
        believed[week] *= ahead
        ahead = np.where(moved, _step_back(from_here, model), ahead)
    moves *= model.transitions
    here = np.ones_like(likelihood)
    if model.away:
        ratio = model.away / (1 - model.away)
        here -= (ratio * chunk.silent)[:, None, None, :] / likelihood
    return Smoothed(chunk, believed, here, moves, log_likelihood)


def _activities(chunk: Chunk) -> Ints:
    """(W, n) activities that count, not divided by the clump."""
    whole: Ints = np.rint(chunk.total * chunk.model.clump).astype(np.int64)
    return whole


def _step_back(ahead: Floats, model: Model) -> Floats:
    """(Z, L, n) a week earlier: Σ over the phase after."""
    result: Floats = ahead[0] * model.transitions[:, 0, None, None]
    for phase in range(1, PHASE_COUNT):
        result += ahead[phase] * model.transitions[:, phase, None, None]
    return result


def expect(observations: Observations, parameters: Parameters) -> Expected:
    """The expectation over everyone under ``parameters``."""
    model = Model.of(parameters, observations.kinds)
    shape = model.burst_shape
    kinds = len(observations.kinds)
    counts, exposure = np.zeros((kinds, PHASE_COUNT)), np.zeros((kinds, PHASE_COUNT))
    moves, starts = np.zeros((PHASE_COUNT, PHASE_COUNT)), np.zeros(PHASE_COUNT)
    away = visible = here_weeks = burst = log_likelihood = 0.0
    person_weeks = 0
    # The digamma function of every total that occurs.
    totals = np.arange(_most_in_a_week(observations) + 1, dtype=np.float64)
    table = _digamma(shape + totals / model.clump)
    excess = chance = 0.0
    for low, smoothed in smooth(observations, parameters):
        chunk = smoothed.chunk
        people = slice(low, low + chunk.people)
        phases = smoothed.phases
        phases *= chunk.present[:, None, :]
        moves += smoothed.moves
        starts += (phases * chunk.first[:, None, :]).sum(axis=(0, 2))
        log_likelihood += smoothed.log_likelihood
        person_weeks += int(chunk.present.sum())

        group = observations.group[people]
        seen = observations.visible[group].T & chunk.present
        weight = smoothed.posterior * seen[:, None, None, :]
        visible += float(seen.sum())
        weight *= smoothed.here
        present_weight = float(weight.sum())
        away += float(seen.sum()) - present_weight
        here_weeks += present_weight
        # The burst given the week's counts: Gamma with shape N + a and rate a + m R.
        slope, _ = chunk.burst(0, chunk.weeks)
        spread = np.take(slope, chunk.groups, axis=3)
        spread += np.log(model.activity)[:, None]
        mean = np.exp(-spread)
        mean *= (chunk.total + shape)[:, None, None, :]
        activities = _activities(chunk)
        logs = table[activities][:, None, None, :] - spread
        burst += float((weight * (logs - mean)).sum())
        weight *= mean
        weight *= model.activity[:, None]
        busy = np.stack([by_phase(week) for week in weight])
        more, at_most = _pairs(observations, model, phases, activities, people)
        excess += more
        chance += at_most
        counts += _counts_by_phase(observations, phases, people, kinds)
        exposure += _exposure_by_phase(observations, busy, people)
    return Expected(
        counts=counts,
        exposure=exposure,
        moves=moves,
        starts=starts,
        away=away,
        visible=visible,
        burst=burst / here_weeks if here_weeks else -1.0,
        clump=1 + excess / (chance + CLUMP_WEEKS),
        log_likelihood=log_likelihood,
        person_weeks=person_weeks,
    )


def _most_in_a_week(observations: Observations) -> int:
    counts = observations.counts
    if not len(counts.count):
        return 0
    place = counts.person * observations.weeks + counts.week
    return int(np.bincount(place, counts.count).max())


def _counts_by_phase(
    observations: Observations, phases: Floats, people: slice, kinds: int
) -> Floats:
    """(K, Z) expected activities."""
    counts = observations.counts
    rows = slice(*np.searchsorted(counts.person, (people.start, people.stop)))
    week, person = counts.week[rows], counts.person[rows] - people.start
    return np.stack(
        [
            np.bincount(
                counts.kind[rows],
                counts.count[rows] * phases[week, phase, person],
                minlength=kinds,
            )
            for phase in range(PHASE_COUNT)
        ],
        axis=1,
    )


def _pairs(
    observations: Observations, model: Model, phases: Floats, activities: Ints, people: slice
) -> tuple[float, float]:
    """Pairs of one kind beyond those of chance, and what they are measured in.

    Of N activities in a week that fall into kinds with chances p_k, N (N − 1) Σ p_k² ordered pairs
    are expected to be of one kind. Clumps that multiply the variance by φ add about
    (φ − 1) N (1 − Σ p_k²) to that. Both are divided by N, so that a few very busy weeks do not
    decide.
    """
    counts = observations.counts
    rows = slice(*np.searchsorted(counts.person, (people.start, people.stop)))
    week, person, count = counts.week[rows], counts.person[rows] - people.start, counts.count[rows]
    pairs = np.zeros(activities.shape)
    np.add.at(pairs, (week, person), count * (count - 1))
    numbers, groups = np.unique(observations.group[people], return_inverse=True)
    share = observations.visible_days[numbers] / 7.0
    alike = np.zeros(activities.shape)
    for phase in range(PHASE_COUNT):
        means = share * model.rates[:, phase]
        total = np.maximum(means.sum(axis=2), RATE_FLOOR)
        same = ((means / total[:, :, None]) ** 2).sum(axis=2).T
        alike += phases[:, phase] * same[:, groups]
    several = activities > 1
    number, chance = activities[several], alike[several]
    more = float((pairs[several] / number - (number - 1) * chance).sum())
    return more, float((1 - chance).sum())


def _exposure_by_phase(observations: Observations, busy: Floats, people: slice) -> Floats:
    """(K, Z) expected weeks of exposure, from ``busy`` (W, Z, n)."""
    numbers, groups = np.unique(observations.group[people], return_inverse=True)
    result = np.zeros((len(observations.kinds), PHASE_COUNT))
    for place, number in enumerate(numbers):
        together = busy[:, :, groups == place].sum(axis=2)
        share = observations.visible_days[number] / 7.0
        for phase in range(PHASE_COUNT):
            result[:, phase] += (share * together[:, phase, None]).sum(axis=0)
    return result


def maximise(
    expected: Expected, start: Parameters, current: Parameters, weights: Weights
) -> Parameters:
    """The parameters that explain ``expected`` best, with ``start`` as the prior."""
    prior_rates = np.array([start.rates[kind] for kind in start.kinds])
    # Per week, as before clumping: the clump divides both counts and means, and falls out.
    rates = (expected.counts + weights.rates * prior_rates) / (expected.exposure + weights.rates)
    moves = expected.moves + weights.moves * np.array(start.transmat)
    starts = expected.starts + weights.starts * np.array(start.startprob)
    first, second, third, fourth, fifth = (_shares(row) for row in moves)
    away = min(expected.away / expected.visible, MOST_AWAY) if expected.visible else current.away
    return evolve(
        current,
        rates={
            kind: _per_phase(np.maximum(row, RATE_FLOOR))
            for kind, row in zip(start.kinds, rates, strict=True)
        },
        transmat=(first, second, third, fourth, fifth),
        startprob=_shares(starts),
        away=away,
        burst_shape=_burst_shape(expected.burst),
    )


def penalty(parameters: Parameters, start: Parameters, weights: Weights) -> float:
    """Logarithm of the prior's density at ``parameters``, up to a constant: with it the
    log-likelihood rises at every pass."""
    total = 0.0
    for kind, row in parameters.rates.items():
        for rate, before in zip(row, start.rates[kind], strict=True):
            total += weights.rates / parameters.clump * (before * log(rate) - rate)
    pairs = [
        *zip(parameters.transmat, start.transmat, [weights.moves] * PHASE_COUNT, strict=True),
        (parameters.startprob, start.startprob, weights.starts),
    ]
    for row, before_row, weight in pairs:
        for value, before in zip(row, before_row, strict=True):
            if before:
                total += weight * before * log(value)
    return total


def _shares(values: Floats) -> PerPhase:
    return _per_phase(values / values.sum())


def _per_phase(values: Floats) -> PerPhase:
    first, second, third, fourth, fifth = (float(value) for value in values)
    return first, second, third, fourth, fifth


def _burst_shape(burst: float) -> float:
    """The shape a that solves log a − ψ(a) + 1 + ``burst`` = 0, by bisection."""
    low, high = log(LEAST_BURST_SHAPE), log(MOST_BURST_SHAPE)
    for _ in range(60):
        middle = (low + high) / 2
        shape = exp(middle)
        if middle - float(_digamma(np.array([shape]))[0]) + 1 + burst > 0:
            low = middle
        else:
            high = middle
    return exp((low + high) / 2)


def _digamma(values: Floats) -> Floats:
    """ψ(x) for x > 0: the recurrence up to 6, then the asymptotic series (Abramowitz & Stegun
    6.3.5 and 6.3.18); right to some ten decimals."""
    x = np.asarray(values, dtype=np.float64).copy()
    result = np.zeros_like(x)
    while (small := x < 6).any():
        result[small] -= 1 / x[small]
        x[small] += 1
    inverse = 1 / (x * x)
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse / 240)))
    return result + np.log(x) - 0.5 / x - series
