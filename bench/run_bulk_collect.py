"""A history into SQLite: by `collect FILE…` against the pages of a nightly collect and a bare parse.

    python bench/run_bulk_collect.py [--statements 1000000] [--runs 2] [--kills 0]

Whole processes, in turns. Both stores must hold the same number of everything. `again` takes the same
file in once more; `waiting` is the longest that another writer would have waited. ``--kills`` kills it so
many times in each kind of store that is here (`bulk_kills`); exit code 1 where anything is lost, doubled
or left behind.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure import processes, ratio, report, value
from run_infer import BARE
from statements import AT, write_statements

from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.run.bulk_collecting import collect_files
from leercultuur_core.run.collecting import take_in
from leercultuur_core.storage import Identifier, Store, Transaction
from leercultuur_xapi import XapiFile

IDENTIFY = Identifier([b"a made-up key for a measurement"])
PAGES, BULK = "pages", "bulk"
KILLING = 15.0
"""Seconds in which a kind of store is killed at most."""

TABLES = ("dedupe", "log", "ledger", "sightings", "persons", "identities", "facets", "shapes")


class Watched(Store):
    """A store that knows how long its longest transaction took."""

    longest = 0.0

    @contextmanager
    def transaction(self, **how: Any) -> Iterator[Transaction]:
        with super().transaction(**how) as tx:
            start = time.perf_counter()
            yield tx
        self.longest = max(self.longest, time.perf_counter() - start)


def job(way: str, path: str, store_path: str) -> None:
    """Takes ``path`` in and prints how many rows there are, and the longest transaction."""
    with Watched.open(store_path, create=True) as store:
        how = {"rules": default_rules(), "identify": IDENTIFY, "now": AT}
        if way == PAGES:
            done = take_in("lrs", XapiFile(Path(path)).pages(), store, **how)  # type: ignore[arg-type]
        else:
            done = collect_files("lrs", [XapiFile(Path(path))], store, **how)  # type: ignore[arg-type]
        assert not done.problem
        with store.reading() as tx:
            counts = [tx.value(f"SELECT count(*) FROM {table}") for table in TABLES]  # noqa: S608
        print(*counts, round(store.longest, 2))


def main() -> int:
    """Measures and reports; or does one job, when started as one of its own processes."""
    if sys.argv[1:2] == ["job"]:
        job(*sys.argv[2:])
        return 0
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--statements", type=int, default=1_000_000)
    asked.add_argument("--runs", type=int, default=2)
    asked.add_argument("--kills", type=int, default=0)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="leercultuur-bench-") as name:
        measure(Path(name), given.statements, given.runs)
    return killed(given.kills) if given.kills else 0


def killed(kills: int) -> int:
    """Kills, in each kind of store; the exit code."""
    import bulk_kills  # noqa: PLC0415 - brings what the measured processes should not load

    wrong = [bulk_kills.measure(store, kills, KILLING) for store in bulk_kills.stores_here()]
    return int(any(wrong))


def measure(folder: Path, count: int, runs: int) -> None:
    """Each round both ways into new stores, then the file again into each."""
    path = folder / "statements.ndjson"
    write_statements(path, count, count // 50)

    def command(way: str) -> list[str]:
        return [sys.executable, __file__, "job", way, str(path), str(folder / f"{way}.db")]

    seconds: dict[str, list[float]] = {}
    peak: dict[str, float] = {}
    waits: dict[str, list[float]] = {}
    jobs: dict[str, Callable[[], list[str]]] = {
        "bare": lambda: [sys.executable, "-c", BARE, str(path)],
        PAGES: lambda: command(PAGES),
        BULK: lambda: command(BULK),
        "pages again": lambda: command(PAGES),
        "bulk again": lambda: command(BULK),
    }
    for _ in range(runs):
        printed: dict[str, str] = {}
        for one, made in jobs.items():
            ran = processes({one: made()}, 1)[one]
            seconds.setdefault(one, []).extend(ran.seconds)
            peak[one] = max(peak.get(one, 0.0), ran.megabytes)
            *counts, longest = ran.printed.split()
            printed[one] = " ".join(counts)
            waits.setdefault(one, []).append(float(longest))
        assert len({printed[one] for one in jobs if one != "bare"}) == 1, printed
        for left in folder.glob("*.db*"):
            left.unlink()
    bare = "bare orjson parse"
    for one, what in (
        (PAGES, f"{count:,} statements into SQLite, page by page"),
        (BULK, f"`collect FILE` of {count:,} statements into SQLite"),
    ):
        report(ratio(what, seconds[one], seconds["bare"], of=bare, peak_mb=peak[one]))
    report(
        ratio(
            f"`collect FILE` of {count:,} statements",
            seconds[BULK],
            seconds[PAGES],
            of="the same page by page",
        ),
        ratio(
            f"`collect FILE` of {count:,} statements that are there",
            seconds["bulk again"],
            seconds["pages again"],
            of="the same page by page",
            peak_mb=peak["bulk again"],
        ),
        value(f"longest wait beside `collect FILE` of {count:,} statements", waits[BULK], "s"),
        value("longest wait beside pages", waits[PAGES], "s"),
    )


if __name__ == "__main__":
    raise SystemExit(main())
