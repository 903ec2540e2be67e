"""The hidden Markov model in arrays: what a week's counts say about each phase.

Week by week, phase z, counts x over the kinds that could be recorded, exposure e (share of the
week), activity level m (``docs/model.md``; ``leercultuur_core/data/phases.toml`` holds the numbers):

    log p(x | z, m) = Σ x_k log(r_kz m) − (Σ x + a) log(a + m Σ e_k r_kz) + a log a + const

a negative multinomial: one Gamma burst of shape a per week, shared by all kinds. Where activities
come in clumps, x and r are both divided by the clump first. A week in which nothing at all was
recorded may be a week away: with probability ``away`` it says nothing.

Everything is elementwise with explicit loops over phases, levels and kinds, and people lie on the
last axis: so nobody's numbers depend on who else is computed, nor on how people are split.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..maturity.vocabulary import PHASES, Phase
from .observations import NO_ANSWER, Bools, Floats, Ints, Observations
from .parameters import Parameters

PHASE_COUNT = len(PHASES)

LEAST = 1e-200
"""No likelihood relative to the week's largest goes below this, so that a week which contradicts all
that was seen before never leaves a probability of 0 for everything."""


def count_odds(
    parameters: Parameters,
    kind: str,
    over: Phase,
    against: Phase,
    *,
    activity: float = 1.0,
    exposure: Mapping[str, float] | None = None,
) -> float:
    """The factor by which one more count of ``kind`` in a week shifts the odds of phase ``over``
    against phase ``against``, for someone of activity level ``activity``.

    r_kA / r_kB · (a + m R_B / c) / (a + m R_A / c), to the power 1 / c, where R sums the rates over
    the kinds that could be recorded and c is the clump. ``exposure`` gives each kind's share of the week, 0 to 1; all whole weeks if ``None``.
    Raises `KeyError` for a kind that the model does not know.
    """
    first, second = PHASES.index(over), PHASES.index(against)
    seen = dict.fromkeys(parameters.kinds, 1.0) if exposure is None else exposure
    total = [
        sum(share * parameters.rates[name][phase] for name, share in seen.items())
        for phase in (first, second)
    ]
    rate = parameters.rates[kind]
    shape, clump = parameters.burst_shape, parameters.clump
    each = [shape + activity * means / clump for means in total]
    return float((rate[first] / rate[second] * each[1] / each[0]) ** (1 / clump))


@frozen(eq=False)
class Model:
    """`Parameters` as arrays, for given kinds. Z = 5 phases, L levels, K kinds."""

    start: Floats  # (Z,)
    transitions: Floats  # (Z, Z)
    rates: Floats  # (K, Z)
    log_rates: Floats  # (K, Z)
    reliability: Floats  # (Z, Z): phase, answer
    activity: Floats  # (L,)
    burst_shape: float
    clump: float
    away: float
    moves: tuple[tuple[tuple[int, float], ...], ...]
    # For each phase those before it, with the share that comes from there. A move that never
    # happens is left out: adding 0 changes nothing. Each holds one at least.

    @classmethod
    def of(cls, parameters: Parameters, kinds: tuple[str, ...]) -> Model:
        rates = np.array([parameters.rates[kind] for kind in kinds], dtype=np.float64)
        rates = rates.reshape(-1, PHASE_COUNT)
        return cls(
            start=np.array(parameters.startprob, dtype=np.float64),
            transitions=np.array(parameters.transmat, dtype=np.float64),
            rates=rates,
            log_rates=np.log(rates),
            reliability=np.array(parameters.reliability, dtype=np.float64),
            activity=np.array(parameters.activity_levels, dtype=np.float64),
            burst_shape=parameters.burst_shape,
            clump=parameters.clump,
            away=parameters.away,
            moves=tuple(
                tuple((phase, share) for phase, share in enumerate(shares) if share) or ((0, 0.0),)
                for shares in zip(*parameters.transmat, strict=True)
            ),
        )

    @property
    def levels(self) -> int:
        """L."""
        return len(self.activity)


@frozen(eq=False)
class Chunk:
    """n people as dense arrays, with what the model says of each week.

    evidence
        (W, Z, n) Σ x_k log r_kz.
    total
        (W, n) Σ x_k.
    silent
        (W, n) 1 where nothing at all was recorded, else 0.
    groups
        (n,) place of each person's group on the last axis of the arrays per group.
    expected
        (W, Z, g) Σ e_k r_kz, divided by the clump.
    present, first
        (W, n) whether the clock runs, and whether it starts.
    report_week, report_person, report_answer
        Own answers, sorted by week.
    """

    model: Model
    evidence: Floats
    total: Floats
    silent: Floats
    groups: Ints
    expected: Floats
    present: Bools
    first: Bools
    report_week: Ints
    report_person: Ints
    report_answer: Ints

    @classmethod
    def of(cls, observations: Observations, model: Model, low: int, high: int) -> Chunk:
        """The people from number ``low`` up to ``high``."""
        n, weeks = high - low, observations.weeks
        numbers, groups = np.unique(observations.group[low:high], return_inverse=True)
        counts = observations.counts
        rows = slice(*np.searchsorted(counts.person, (low, high)))
        place = counts.week[rows] * n + (counts.person[rows] - low)
        kind, count = counts.kind[rows], counts.count[rows] / model.clump
        # bincount adds in the order of the rows, which is that of the kinds.
        evidence = np.empty((weeks, PHASE_COUNT, n))
        for phase in range(PHASE_COUNT):
            said = np.bincount(place, count * model.log_rates[kind, phase], minlength=weeks * n)
            evidence[:, phase] = said.reshape(weeks, n)
        total: Floats = np.bincount(place, count, minlength=weeks * n).astype(np.float64)
        present = np.ascontiguousarray(observations.present[numbers].T)[:, groups]
        started = np.logical_or.accumulate(present, axis=0)
        first = started.copy()
        first[1:] &= ~started[:-1]
        reports = observations.reports
        found = slice(*np.searchsorted(reports.person, (low, high)))
        answered = np.flatnonzero(reports.answer[found] != NO_ANSWER)
        answered = answered[np.argsort(reports.week[found][answered], kind="stable")]
        return cls(
            model=model,
            evidence=evidence,
            total=total.reshape(weeks, n),
            silent=(~observations.used[low:high].T).astype(np.float64),
            groups=groups,
            expected=_expected(observations.visible_days[numbers], model),
            present=present,
            first=first,
            report_week=reports.week[found][answered],
            report_person=reports.person[found][answered] - low,
            report_answer=reports.answer[found][answered],
        )

    @property
    def people(self) -> int:
        """n."""
        return int(self.total.shape[1])

    @property
    def weeks(self) -> int:
        """W."""
        return int(self.total.shape[0])

    def burst(self, low: int, high: int) -> tuple[Floats, Floats]:
        """(w, Z, L, g) twice, of the weeks ``low`` up to ``high``: the slope and the base, so that
        log p = evidence − total · slope − base."""
        return slope_and_base(
            self.expected[low:high, :, None, :], self.model.activity[:, None], self.model
        )

    def likelihood(self, low: int, high: int) -> tuple[Floats, Floats]:
        """(w, Z, L, n) and (w, n): the likelihood of each of the weeks ``low`` up to ``high``
        given phase and level, and the logarithm of the factor that was taken out of it.
        """
        weeks = slice(low, high)
        n, model = self.people, self.model
        total = self.total[weeks]
        slope, base = self.burst(low, high)
        result = self._per_person(slope)
        result *= total[:, None, None, :]
        result += self._per_person(base)
        np.subtract(self.evidence[weeks][:, :, None, :], result, out=result)
        cells = result.reshape(high - low, PHASE_COUNT * model.levels, n)
        # A week without counts needs no scaling, and an away week compares with it as it is.
        top = np.where(total > 0, cells.max(axis=1), 0.0)
        result -= top[:, None, None, :]
        np.exp(result, out=result)
        np.maximum(result, LEAST, out=result)
        if model.away:
            result += (model.away / (1 - model.away) * self.silent[weeks])[:, None, None, :]
            top += log(1 - model.away)
        reports = slice(*np.searchsorted(self.report_week, (low, high)))
        for week, person, answer in zip(
            self.report_week[reports],
            self.report_person[reports],
            self.report_answer[reports],
            strict=True,
        ):
            result[week - low, :, :, person] *= model.reliability[:, answer, None]
        return result, top

    def likelihood_at(self, level: Ints) -> Floats:
        """(W, Z, n) logarithm of the likelihood for each person at level number ``level`` (n,)."""
        expected = self.expected[:, :, self.groups]
        slope, base = slope_and_base(expected, self.model.activity[level], self.model)
        result = self.evidence - self.total[:, None, :] * slope - base
        away = self.model.away
        if away:
            silent = self.silent[:, None, :] > 0
            # Where nothing was recorded the evidence is 0 and the likelihood at most 1.
            known = np.log(np.exp(np.where(silent, result, 0.0)) + away / (1 - away))
            result = np.where(silent, known, result)
        with np.errstate(divide="ignore"):
            reliability = np.log(self.model.reliability)
        result[self.report_week, :, self.report_person] += reliability[:, self.report_answer].T
        return result

    def _per_person(self, values: Floats) -> Floats:
        """(w, Z, L, g) → (w, Z, L, n), a copy."""
        return np.take(values, self.groups, axis=3)


def _expected(visible_days: npt.NDArray[np.int8], model: Model) -> Floats:
    """(W, Z, g) of groups with ``visible_days`` (g, W, K)."""
    groups, weeks, kinds = visible_days.shape
    expected = np.zeros((weeks, PHASE_COUNT, groups))
    for kind in range(kinds):
        exposure = np.ascontiguousarray(visible_days[:, :, kind].T) / 7.0
        expected += exposure[:, None, :] * model.rates[kind][None, :, None]
    expected /= model.clump
    return expected


def slope_and_base(expected: Floats, activity: Floats, model: Model) -> tuple[Floats, Floats]:
    """The slope and the base at a level of ``activity``, of the same shape as ``expected``."""
    shape = model.burst_shape
    spread = np.log(shape + activity * expected)
    return spread - np.log(activity), shape * (spread - log(shape))
