"""How fast the phase filter is, and what it needs of memory.

    python bench/run_filter.py

For 20,000 people over 52 weeks with nine activity levels, and for one person: the forward filter,
and the filter with what is shown and the most likely path. Min, median and max of a few rounds, and
the median as a ratio to ``np.exp`` in the same run: over as many numbers as there are cells (people
× weeks × levels × phases); for one person, where calls cost more than numbers, a thousand calls.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np

from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases import Parameters, default_parameters
from leercultuur_core.phases.filtering import filter_weeks, most_likely_path
from leercultuur_core.phases.observations import Counts, Observations, Reports
from leercultuur_core.phases.shown import cycles, shown_phases

WEEKS = 52


def made_up(people: int, seed: int = 1) -> Observations:
    """Made-up weeks at three sites of which two cannot record some kinds."""
    random = np.random.default_rng(seed)
    kinds = default_parameters().kinds
    counts = random.poisson(0.15, (people, WEEKS, len(kinds)))
    visible_days = np.full((3, WEEKS, len(kinds)), 7, dtype=np.int8)
    visible_days[1, :, 3:6] = 0
    visible_days[2, :, 9:12] = 0
    group = random.integers(0, 3, people)
    counts *= visible_days[group] > 0
    person, week, kind = np.nonzero(counts)
    asked = np.sort(random.choice(people, max(people // 10, 1), replace=False))
    return Observations(
        identifiers=tuple(f"p{number:06}" for number in range(people)),
        kinds=kinds,
        first_week=2900,
        cut=2952 * 7 - 3,
        weeks=WEEKS,
        group=group,
        visible_days=visible_days,
        visible=np.ones((3, WEEKS), dtype=np.bool_),
        present=np.ones((3, WEEKS), dtype=np.bool_),
        used=np.logical_or.reduce(counts > 0, axis=2),
        counts=Counts(person, week, kind, counts[person, week, kind]),
        reports=Reports(
            asked,
            np.full(len(asked), WEEKS - 4),
            random.integers(0, len(PHASES), len(asked)),
            np.full(len(asked), 2948 * 7),
        ),
    )


def only_filter(observations: Observations, parameters: Parameters) -> None:
    """Weekly probabilities."""
    filter_weeks(observations, parameters)


def everything(observations: Observations, parameters: Parameters) -> None:
    """What an estimate needs: probabilities, shown phase, path and cycles."""
    filtered = filter_weeks(observations, parameters)
    shown_phases(observations, filtered.millionths, parameters.show)
    cycles(most_likely_path(observations, parameters, filtered.level))


def seconds(job: Callable[[], object], rounds: int) -> list[float]:
    """Wall time of each round, after one round to warm up."""
    job()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        job()
        found.append(time.perf_counter() - start)
    return found


def peak(job: Callable[[], object]) -> float:
    """MB that ``job`` had allocated at its peak, beyond what was there."""
    tracemalloc.start()
    job()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def many_exponents(cells: int) -> None:
    """``np.exp`` of as many numbers, a piece at a time that fits in a processor's cache."""
    piece = np.linspace(-3, 0, 10_000)
    out = np.empty_like(piece)
    for _ in range(cells // len(piece)):
        np.exp(piece, out=out)


def many_calls(calls: int) -> None:
    """``np.exp`` of nine numbers, so often."""
    piece = np.linspace(-3, 0, 9)
    out = np.empty_like(piece)
    for _ in range(calls):
        np.exp(piece, out=out)


def table(people: int, rounds: int, unit: list[float], of: str, scale: float) -> None:
    """Prints both jobs for ``people``, next to a unit."""
    observations, parameters = made_up(people), default_parameters()
    print(f"{people:,} people, {WEEKS} weeks: min, median, max")
    jobs = (("filter", only_filter), ("filter, shown phase and path", everything))
    for name, job in jobs:
        found = seconds(partial(job, observations, parameters), rounds)
        low, middle, high = (scale * value for value in (min(found), median(found), max(found)))
        print(f"  {name:29}{low:7.2f}{middle:7.2f}{high:7.2f}", end="")
        print(f"   {median(found) / median(unit):6.1f} × {of}")
    print(f"  peak memory {peak(partial(everything, observations, parameters)):.1f} MB")


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    people, rounds = options.people, options.rounds
    cells = people * WEEKS * default_parameters().levels * len(PHASES)
    unit = seconds(partial(many_exponents, cells), rounds)
    print("seconds")
    table(people, rounds, unit, f"np.exp of {cells / 1e6:.0f}M numbers", 1)
    calls = seconds(partial(many_calls, 1000), 20 * rounds)
    print("\nmilliseconds")
    table(1, 20 * rounds, calls, "a thousand calls of np.exp", 1000)


if __name__ == "__main__":
    main()
