"""Reading xAPI from a file, beside a bare parse of the same file.

    python bench/run_parse.py [statements]

Each job runs in a process of its own, three times, in turns; reported are ratios to the bare parse
within this run, and the peak memory.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import orjson
from measure import ratio, report
from statements import statement

from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.activity.ledger import Fold
from leercultuur_xapi import XapiFile
from leercultuur_xapi.fields import Statement

PEOPLE = 20_000
TIMES = 3


def write(count: int, lines: Path, listed: Path, packed: Path) -> None:
    """Writes the same statements a line each, as a list, and gzipped; one by one, because the
    memory of this process would count in the peaks of those it starts."""
    chance = random.Random(1)
    with lines.open("wb") as one, listed.open("wb") as two, gzip.open(packed, "wb", 5) as three:
        for number in range(count):
            line = orjson.dumps(statement(chance, PEOPLE))
            one.write(line + b"\n")
            two.write((b",\n" if number else b"[") + line)
            three.write(line + b"\n")
        two.write(b"]")


def iterate(path: Path) -> int:
    """The least that any reader does."""
    with path.open("rb") as file:
        return sum(1 for _ in file)


def bare(path: Path) -> int:
    """The unit: orjson, five fields picked."""
    count = 0
    with path.open("rb") as file:
        for line in file:
            one = orjson.loads(line)
            _ = (
                one["id"],
                one["actor"]["account"],
                one["verb"]["id"],
                one["object"]["id"],
                one["timestamp"],
            )
            count += 1
    return count


def typed(path: Path) -> int:
    """The statement decoded into what the reader decodes it into, and nothing done with it."""
    decode = msgspec.json.Decoder(Statement).decode
    count = 0
    with path.open("rb") as file:
        for line in file:
            decode(line)
            count += 1
    return count


def reader(path: Path) -> int:
    """Pages of activities."""
    return sum(len(page.records) for page in XapiFile(path).pages())


def folded(path: Path) -> int:
    """Pages of activities, each by the evidence rules into the ledger, once."""
    fold = Fold(default_rules())
    for page in XapiFile(path).pages():
        fold.add(page.records)
    return fold.activities


JOBS: dict[str, tuple[str, Callable[[Path], int]]] = {
    "iterate": ("iterate lines", iterate),
    "bare": ("orjson, fields picked", bare),
    "typed": ("msgspec typed decode", typed),
    "reader": ("reader: activities", reader),
    "list": ("reader: the same as a list", reader),
    "gzip": ("reader: the same, gzipped", reader),
    "folded": ("reader and ledger", folded),
}


def one(job: str, path: Path) -> None:
    """Runs one job here; prints its count, seconds and peak memory in MB."""
    start = time.perf_counter()
    count = JOBS[job][1](path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([count, seconds, peak]))


def main(count: int) -> None:
    """Measures and reports."""
    with tempfile.TemporaryDirectory(prefix="leercultuur-bench-") as folder:
        lines, listed, packed = (Path(folder, name) for name in ("lines", "list", "gzip"))
        write(count, lines, listed, packed)
        paths = {"list": listed, "gzip": packed}
        seconds: dict[str, list[float]] = {job: [] for job in JOBS}
        memory: dict[str, float] = {}
        for _ in range(TIMES):
            for job in JOBS:
                command = [sys.executable, __file__, "--job", job, str(paths.get(job, lines))]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                read, taken, memory[job] = json.loads(done.stdout)
                assert read == count, (job, read)
                seconds[job].append(taken)
        for job, (label, _) in JOBS.items():
            report(
                ratio(
                    f"xAPI file of {count:,}: {label}",
                    seconds[job],
                    seconds["bare"],
                    of="bare orjson parse",
                    at_most=1.2 if job == "reader" else None,
                    peak_mb=memory[job],
                )
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
