"""How the scripts here measure, and what they leave for the table of ``docs/performance.md``.

A script runs its jobs in turns and reports each figure by one call:

    from measure import ratio, report, value

    taken = in_turns({"bare": parse, "ours": collect}, runs=3)      # seconds of each run
    report(
        ratio("`collect` of 1M statements", taken["ours"], taken["bare"],
              of="bare orjson parse", at_most=4, peak_mb=210),
        value("one person", [6.1, 6.4, 6.2], "ms", at_most=8),
    )

``report`` prints the figures and, where ``LEERCULTUUR_BENCH`` names a file, adds each to it as a line
of JSON: ``python bench`` sets that, one file a script. A script that is stopped at the end of its
time has left what it had reported by then. A line holds ``what``, ``median``, ``least``, ``most``,
``runs``, ``unit`` (``×`` for a ratio, then ``of`` says to what), ``at_most`` or ``at_least`` (the
target, or neither), ``met`` (null without a target), ``peak_mb`` and ``note``.

``what`` is the row in the table: it names sizes where they matter, and stays the same between runs.
The target is that of a full run; at smaller sizes ``python bench --quick`` shows no verdict.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from attrs import asdict, frozen

RESULTS = "LEERCULTUUR_BENCH"


@frozen(kw_only=True)
class Figure:
    """One row of the table. ``at_most`` and ``at_least`` are in ``unit``, as the median is."""

    what: str
    median: float
    least: float
    most: float
    runs: int
    unit: str = "×"
    of: str = ""
    at_most: float | None = None
    at_least: float | None = None
    peak_mb: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the median meets the target; None where there is none."""
        if self.at_most is None and self.at_least is None:
            return None
        return (self.at_most is None or self.median <= self.at_most) and (
            self.at_least is None or self.median >= self.at_least
        )


def ratio(
    what: str,
    ours: Sequence[float],
    unit: Sequence[float],
    *,
    of: str,
    at_most: float | None = None,
    at_least: float | None = None,
    peak_mb: float | None = None,
    note: str = "",
) -> Figure:
    """How much ``ours`` is of ``unit``, round by round: both hold one number for each round of the
    same run, so that what slows the machine for a while slows both.

    Raises:
        ValueError: There is no round, or the two have not the same number of them.
    """
    rounds = [one / other for one, other in zip(ours, unit, strict=True)]
    return _figure(what, rounds, "×", of, at_most, at_least, peak_mb, note)


def value(
    what: str,
    rounds: Sequence[float],
    unit: str,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    peak_mb: float | None = None,
    note: str = "",
) -> Figure:
    """A number that is no ratio: seconds, MB, things lost.

    Raises:
        ValueError: There is no round.
    """
    return _figure(what, rounds, unit, "", at_most, at_least, peak_mb, note)


def _figure(
    what: str,
    rounds: Sequence[float],
    unit: str,
    of: str,
    at_most: float | None,
    at_least: float | None,
    peak_mb: float | None,
    note: str,
) -> Figure:
    if not rounds:
        raise ValueError(f"{what}: expected at least one round, found none")
    return Figure(
        what=what,
        median=median(rounds),
        least=min(rounds),
        most=max(rounds),
        runs=len(rounds),
        unit=unit,
        of=of,
        at_most=at_most,
        at_least=at_least,
        peak_mb=peak_mb,
        note=note,
    )


def report(*figures: Figure) -> None:
    """Prints the figures, and adds them to the file of results where one is asked for."""
    for one in figures:
        spread = (
            f" ({number(one.least)}–{number(one.most)}, {one.runs} runs)" if one.runs > 1 else ""
        )
        of = f" {one.of}" if one.of else ""
        peak = f", peak {one.peak_mb:,.0f} MB" if one.peak_mb is not None else ""
        goal = f"; target {target(one)}" if one.met is not None else ""
        print(f"{one.what}: {number(one.median)} {one.unit}{of}{spread}{peak}{goal}", flush=True)
    if path := os.environ.get(RESULTS):
        with Path(path).open("a", encoding="utf-8") as out:
            for one in figures:
                out.write(json.dumps(asdict(one) | {"met": one.met}, ensure_ascii=False) + "\n")


def target(one: Figure) -> str:
    """What was asked of it: ``≤ 0.8``; empty where nothing was."""
    sides = (("≤", one.at_most), ("≥", one.at_least))
    return " and ".join(f"{sign} {side:,g}" for sign, side in sides if side is not None)


def number(one: float) -> str:
    """Three figures that mean something: 0.0123, 1.23, 12.3, 1,234."""
    if one == int(one) and abs(one) < 1000:
        return f"{int(one)}"
    return f"{one:,.0f}" if abs(one) >= 100 else f"{one:#.3g}"


def in_turns(jobs: Mapping[str, Callable[[], object]], runs: int = 3) -> dict[str, list[float]]:
    """Seconds of each run of each job, in this process: every round runs all of them once."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(runs):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            seconds[name].append(time.perf_counter() - start)
    return seconds


class Measured(NamedTuple):
    """Seconds of each run of a whole process, its peak memory in MB, and what it printed last."""

    seconds: list[float]
    megabytes: float
    printed: str = ""


# A process knows the peak of those it started, all together: each command gets a parent of its own.
_PARENT = (
    "import resource, subprocess, sys, time;"
    "start = time.perf_counter();"
    "out = open(sys.argv[1], 'wb');"
    "subprocess.run(sys.argv[2:], check=True, stdout=out);"
    "print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
_TAIL = 500


def processes(commands: Mapping[str, Sequence[str]], runs: int = 3) -> dict[str, Measured]:
    """Runs each command as a process of its own, in turns. Of what it prints the end is kept, so that
    answers can be compared.

    Raises:
        subprocess.CalledProcessError: One of them failed; what it wrote to stderr was shown.
    """
    found = {name: Measured([], 0.0) for name in commands}
    with tempfile.NamedTemporaryFile(prefix="leercultuur-bench-") as out:
        for _ in range(runs):
            for name, command in commands.items():
                done = subprocess.run(
                    [sys.executable, "-c", _PARENT, out.name, *command],
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                seconds, peak = done.stdout.split()
                printed = Path(out.name).read_bytes()[-_TAIL:].decode("utf-8", "replace")
                found[name] = Measured(
                    [*found[name].seconds, float(seconds)],
                    max(found[name].megabytes, int(peak) / 1024),
                    printed.strip(),
                )
    return found
