"""The forward filter and the most likely path, over chunks of people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from attrs import frozen

from .model import PHASE_COUNT, Chunk, Model
from .observations import Bools, Floats, Ints, Observations
from .parameters import Parameters

MILLION = 1_000_000

Millionths = npt.NDArray[np.int32]

CHUNK = 1024
"""People computed together: many to a call, yet so few that what is in use stays near the processor."""

_BLOCK = 512  # person-weeks whose likelihoods are computed at once


@frozen(eq=False)
class Filtered:
    """What was believed at the end of each week, from that week and those before it.

    millionths
        (W, 5, P) probability of each phase in millionths; 0 before a person's first week.
    last
        (5, P) the same at the end, not rounded.
    level
        (P,) number of the most probable activity level at the end.
    """

    millionths: Millionths
    last: Floats
    level: Ints


def filter_weeks(observations: Observations, parameters: Parameters) -> Filtered:
    """Forward-filters everyone: the activity level is integrated out over its grid."""
    model = Model.of(parameters, observations.kinds)
    people, weeks = observations.people, observations.weeks
    millionths = np.zeros((weeks, PHASE_COUNT, people), dtype=np.int32)
    last = np.zeros((PHASE_COUNT, people))
    level = np.zeros(people, dtype=np.int64)
    for low in range(0, people, CHUNK):
        high = min(low + CHUNK, people)
        chunk = Chunk.of(observations, model, low, high)
        part = slice(low, high)
        last[:, part], level[part] = _forward(chunk, millionths[:, :, part])
    return Filtered(millionths, last, level)


def _forward(chunk: Chunk, millionths: Millionths) -> tuple[Floats, Ints]:
    """Fills ``millionths`` (W, 5, n); gives the last probabilities (5, n) and level (n,)."""
    model, n = chunk.model, chunk.people
    state = prior(model, n)
    start, ahead = state.copy(), np.empty_like(state)
    phases = by_phase(state)
    running: Bools = np.logical_and.reduce(chunk.present, axis=1)
    running &= ~np.logical_or.reduce(chunk.first, axis=1)
    block = max(1, _BLOCK // n)
    for low in range(0, chunk.weeks, block):
        likelihood, _ = chunk.likelihood(low, min(low + block, chunk.weeks))
        for week, seen in enumerate(likelihood, low):
            step(state, model, out=ahead)
            if running[week]:
                ahead *= seen
            else:
                before = np.where(chunk.first[week], start, ahead)
                np.copyto(ahead, np.where(chunk.present[week], before * seen, state))
            state, ahead = ahead, state
            phases = by_phase(state)
            total = over_phases(phases)
            state /= total
            phases /= total
            np.rint(phases * MILLION, out=millionths[week], casting="unsafe")
    # The first week of someone who is still to come must not show as a belief.
    started = np.logical_or.accumulate(chunk.present, axis=0)
    millionths *= started[:, None, :]
    return phases, best_level(state)


def prior(model: Model, people: int) -> Floats:
    """(Z, L, n) start probabilities, spread evenly over the levels."""
    start = np.empty((PHASE_COUNT, model.levels, people))
    start[:] = model.start[:, None, None] / model.levels
    return start


def step(state: Floats, model: Model, *, out: Floats | None = None) -> Floats:
    """(Z, L, n) a week later: Σ over the phase before, in a fixed order; in ``out`` when given,
    which must be another array."""
    result = np.empty_like(state) if out is None else out
    moved = np.empty_like(state[0])
    for ahead, ((phase, share), *others) in zip(result, model.moves, strict=True):
        np.multiply(state[phase], share, out=ahead)
        for other, part in others:
            np.multiply(state[other], part, out=moved)
            np.add(ahead, moved, out=ahead)
    return result


def by_phase(state: Floats) -> Floats:
    """(Z, L, n) → (Z, n): summed over the levels, in a fixed order."""
    result: Floats = state[:, 0].copy()
    for level in range(1, state.shape[1]):
        result += state[:, level]
    return result


def over_phases(values: Floats) -> Floats:
    """(Z, …) → (…): summed over the phases, in a fixed order."""
    result: Floats = values[0].copy()
    for phase in range(1, PHASE_COUNT):
        result += values[phase]
    return result


def best_level(state: Floats) -> Ints:
    """(n,) the most probable level, in whole millionths; the lowest of equals."""
    weight = over_phases(state)
    best: Ints = np.rint(weight * MILLION).argmax(axis=0)
    return best


def most_likely_path(
    observations: Observations, parameters: Parameters, level: Ints
) -> npt.NDArray[np.int8]:
    """(W, P) the most likely sequence of phases, given activity level number ``level`` (P,).

    Viterbi's algorithm, for drawing and for counting cycles. A week without presence repeats the
    week before; −1 before a person's first week.
    """
    model = Model.of(parameters, observations.kinds)
    path = np.full((observations.weeks, observations.people), -1, dtype=np.int8)
    for low in range(0, observations.people, CHUNK):
        part = slice(low, min(low + CHUNK, observations.people))
        chunk = Chunk.of(observations, model, part.start, part.stop)
        path[:, part] = _viterbi(chunk, level[part])
    return path


def _viterbi(chunk: Chunk, level: Ints) -> npt.NDArray[np.int8]:
    model, n, weeks = chunk.model, chunk.people, chunk.weeks
    likelihood = chunk.likelihood_at(level)
    with np.errstate(divide="ignore"):
        start, moves = np.log(model.start)[:, None], np.log(model.transitions)[:, :, None]
    came_from = np.empty((weeks, PHASE_COUNT, n), dtype=np.int8)
    stay = np.arange(PHASE_COUNT, dtype=np.int8)[:, None]
    score = np.zeros((PHASE_COUNT, n))
    for week in range(weeks):
        ways = score[:, None, :] + moves
        best = ways.max(axis=0)
        origin = ways.argmax(axis=0).astype(np.int8)
        first, present = chunk.first[week], chunk.present[week]
        score = np.where(present, np.where(first, start, best) + likelihood[week], score)
        came_from[week] = np.where(present & ~first, origin, stay)
    path = np.full((weeks, n), -1, dtype=np.int8)
    here = score.argmax(axis=0)
    people = np.arange(n)
    for week in range(weeks - 1, -1, -1):
        path[week] = here
        here = came_from[week, here, people].astype(np.int64)
    started = np.logical_or.accumulate(chunk.present, axis=0)
    path[~started] = -1
    return path
