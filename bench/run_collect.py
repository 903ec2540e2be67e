"""Collecting into SQLite: against a bare parse of the same file, and one night on a longer log.

    python bench/run_collect.py [statements] [nights' log] [rounds]

Reports ratios within this run; seconds mean little on a shared machine.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson
from measure import in_turns, ratio, report, value
from statements import AT, write_statements

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.run.collecting import take_in
from leercultuur_core.storage import Identifier, Store
from leercultuur_xapi import XapiFile

PEOPLE = 20_000
COURSES = 60
DAYS = 365
VERBS = ("initialized", "progressed", "completed", "experienced", "asked", "shared", "answered")
IDENTIFY = Identifier([b"a made-up key for a measurement"])
NIGHTS = 7


def bare_parse(path: Path) -> int:
    """The unit: every line through orjson, six fields picked."""
    seen = 0
    with path.open("rb") as file:
        for line in file:
            one = orjson.loads(line)
            _ = (
                one["id"],
                one["actor"]["account"]["name"],
                one["verb"]["id"],
                one["object"]["id"],
                one["timestamp"],
                one["context"]["platform"],
            )
            seen += 1
    return seen


def collect(path: Path, store_path: Path) -> int:
    """All of `leercultuur collect`: parse, rules, log, ledger, rejects, mark."""
    with Store.open(store_path, create=True) as store:
        done = take_in(
            "file",
            XapiFile(path).pages(),
            store,
            rules=default_rules(),
            identify=IDENTIFY,
            now=AT,
        )
    assert not done.problem
    return done.new


def activities(count: int, seed: int, day: int, days: int) -> Iterator[Activity]:
    """Made-up activities in the order of time."""
    chance = random.Random(seed)
    for number in range(count):
        when = AT + timedelta(days=day + number * days / count)
        course = chance.randrange(COURSES)
        yield Activity(
            id=str(UUID(int=chance.getrandbits(128), version=4)),
            identities=(f"account|https://leren.example|user{chance.randrange(PEOPLE)}",),
            source="https://leren.example",
            verb=f"http://adlnet.gov/expapi/verbs/{chance.choice(VERBS)}",
            object_id=f"https://leren.example/courses/{course}/lessons/{chance.randrange(40)}",
            object_type="http://adlnet.gov/expapi/activities/lesson",
            topic=f"https://leren.example/courses/{course}",
            occurred_at=when,
            stored_at=when,
        )


def nights(folder: Path, log: int) -> list[float]:
    """Seconds of each of some nights of 10,000 new activities on a log of ``log``."""
    rules = default_rules()
    taken: list[float] = []
    with Store.open(folder / f"log-{log}.db", create=True) as store:

        def commit(page: list[Activity]) -> None:
            store.commit_page(page, rules=rules, identify=IDENTIFY, source_name="lms", at=AT)

        step = 50_000
        for first in range(0, log, step):
            size = min(step, log - first)
            commit(
                list(
                    activities(size, first, -DAYS + first * DAYS // log, max(1, DAYS * size // log))
                )
            )
        for night in range(NIGHTS):
            page = list(activities(10_000, 10**9 + night, night, 1))
            taken.append(timed(lambda page=page: commit(page)))  # type: ignore[misc]
    return taken


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Reports both measurements."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    log = int(sys.argv[2]) if len(sys.argv) > 2 else 3_000_000
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory(prefix="leercultuur-bench-") as name:
        folder = Path(name)
        if count:
            path = folder / "statements.ndjson"
            write_statements(path, count, PEOPLE)
            new = 0
            sizes: list[int] = []

            def whole() -> None:
                nonlocal new
                store = folder / f"store-{len(sizes)}.db"
                new = collect(path, store)
                sizes.append(store.stat().st_size)
                for left in folder.glob(f"{store.name}*"):
                    left.unlink()

            taken = in_turns({"bare": lambda: bare_parse(path), "collect": whole}, runs)
            assert 0.98 * count < new <= count  # 1 % are written twice
            report(
                ratio(
                    f"`collect` of {count:,} statements into SQLite",
                    taken["collect"],
                    taken["bare"],
                    of="bare orjson parse",
                    at_most=4,
                ),
                value("the store against the file", [sizes[0] / path.stat().st_size], "×"),
            )
            path.unlink()
        if log:
            short, long = nights(folder, log // 10), nights(folder, log)
            report(
                ratio(
                    f"a night of 10,000 on a log of {log:,}",
                    long,
                    short,
                    of=f"the same on {log // 10:,}",
                    at_most=1.2,
                )
            )


if __name__ == "__main__":
    main()
