"""How fast the phase filter is, and what it needs of memory.

    python bench/run_filter.py

For 20,000 people over 52 weeks with nine activity levels, and for one person: the forward filter,
the filter with what is shown and the most likely path, why each phase is shown, and the one reason
of those that a prompt says. Beside the time a
ratio to ``np.exp`` in the same rounds: over as many numbers as there are cells (people × weeks ×
levels × phases); for one person, where calls cost more than numbers, a thousand calls. All times are
processor time of this one process.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from measure import ratio, report, value

from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases import Parameters, default_parameters
from leercultuur_core.phases.filtering import filter_weeks, most_likely_path
from leercultuur_core.phases.observations import Counts, Observations, Reports
from leercultuur_core.phases.reasons import reasons_for, seen_for
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


def spent(jobs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of processor time of each round of each job, in turns: all is computed in this one
    process, and so what else runs on the machine counts little."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            seconds[name].append(time.process_time() - start)
    return seconds


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


def measured(people: int, rounds: int, unit: Callable[[], object], of: str) -> None:
    """Reports all jobs for ``people``, next to a unit."""
    observations, parameters = made_up(people), default_parameters()
    everybody, last = np.arange(people), filter_weeks(observations, parameters).last
    shown = np.zeros(people, dtype=np.int64)
    jobs: dict[str, Callable[[], object]] = {
        "unit": unit,
        "filter": partial(only_filter, observations, parameters),
        "all": partial(everything, observations, parameters),
        "why": partial(reasons_for, observations, parameters, last, everybody, shown, "en"),
        "seen": partial(seen_for, observations, parameters, last, everybody, shown, "en"),
    }
    spent(jobs, 1)  # to warm up
    taken = spent(jobs, rounds)
    alone = people == 1
    who = "one person" if alone else f"{people:,} people"
    scale, sign, most = (1000, "ms", 8.0) if alone else (1, "s", 2.5)
    report(
        value(
            f"the filter for {who}, {WEEKS} weeks, nine levels",
            [scale * one for one in taken["filter"]],
            sign,
            at_most=most,
            peak_mb=peak(jobs["filter"]),
        ),
        ratio(f"the filter for {who}", taken["filter"], taken["unit"], of=of),
        ratio(
            f"the filter with shown phase and path for {who}",
            taken["all"],
            taken["filter"],
            of="the filter",
            peak_mb=peak(jobs["all"]),
        ),
        ratio(f"the reasons of {who}", taken["why"], taken["filter"], of="the filter"),
        ratio(
            f"the one reason that a prompt says, of {who}",
            taken["seen"],
            taken["filter"],
            of="the filter",
        ),
    )
    if not alone:
        megabytes = [peak(jobs["all"])]
        report(value(f"memory of an estimate of {who}", megabytes, "MB", at_most=300))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    people, rounds = options.people, options.rounds
    cells = people * WEEKS * default_parameters().levels * len(PHASES)
    exponents = f"np.exp of {cells / 1e6:,.0f}M numbers"
    measured(people, rounds, partial(many_exponents, cells), exponents)
    measured(1, 20 * rounds, partial(many_calls, 1000), "a thousand calls of np.exp")


if __name__ == "__main__":
    main()
