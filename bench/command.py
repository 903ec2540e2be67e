"""Runs the measurements, each within its time, and writes ``docs/performance.md``.

    python bench [script ...] [--quick | --page] [--out docs/performance.md]

Without names all scripts run: an hour at most. With names only these do, and the page keeps of the
others what they left before. ``--quick`` runs with small files, some minutes in all, to see that it
works: what comes out is printed and kept nowhere, for a ratio at a small size says little. ``--page``
runs nothing and writes the page from what was left.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from attrs import asdict, frozen
from measure import RESULTS, Figure
from page import Ran, page

HERE = Path(__file__).resolve().parent
KEPT = HERE / "data" / "results"
LONGEST_QUICK = 120
LIBRARIES = (
    "leercultuur-core", "numpy", "msgspec", "orjson", "sqlalchemy", "psycopg", "scipy", "pyarrow",
    "ibis-framework", "duckdb", "pyspark", "polars", "pandas", "dlt",
)  # fmt: skip


@frozen
class Script:
    """A script: how long it may take, and its arguments for a full and for a quick run."""

    name: str
    seconds: int
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()


SCRIPTS = (
    Script("run_parse.py", 60, quick=("2000",)),
    Script("run_infer.py", 100, quick=("5000", "500")),
    Script("run_peers.py", 400, quick=("5000", "1000", "--runs", "1")),
    Script(
        "run_bulk.py",
        300,
        ("--statements", "1000000", "--rows", "10000000"),
        ("--statements", "3000", "--rows", "20000", "--spark", "0", "--runs", "1"),
    ),
    Script(
        "run_bulk_collect.py",
        120,
        ("--statements", "300000", "--runs", "1", "--kills", "20"),
        ("--statements", "3000", "--runs", "1", "--kills", "2"),
    ),
    Script("run_moodle_log.py", 120, quick=("--rows", "3000", "--runs", "1")),
    Script("run_growth.py", 800, quick=("--base", "2000", "--runs", "1", "--log", "20000")),
    Script("run_collect.py", 260, quick=("5000", "20000")),
    Script("run_postgres.py", 80, quick=("--size", "500", "--pages", "2", "--log", "2000")),
    Script("run_migration.py", 200, quick=("--rows", "40000", "--postgresql", "20000")),
    Script("run_filter.py", 80, quick=("--people", "500", "--rounds", "2")),
    Script("run_advise.py", 150, quick=("--people", "200", "--rounds", "1")),
    Script("run_start.py", 20, quick=("1",)),
    Script("run_pages.py", 60, quick=("--people", "300", "--views", "3")),
    Script("run_web.py", 110, quick=("--people", "300", "--seconds", "2", "--rounds", "1")),
    Script("run_report.py", 60, quick=("--people", "300")),
    Script("run_kills.py", 130, ("--seconds", "120"), ("--kills", "3", "--people", "20")),
    Script("run_kills_live.py", 110, ("--seconds", "90"), ("--kills", "3", "--people", "20")),
    Script("run_moodle.py", 80, ("2000", "60", "5"), ("50", "10", "3")),
    Script(
        "run_year.py", 110, ("--people", "200", "--days", "240"), ("--people", "60", "--days", "60")
    ),
    Script("run_phase_models.py", 40, ("--people", "500"), ("--people", "60")),
    Script("run_effect.py", 35, ("--studies", "100"), ("--studies", "4")),
    Script(
        "run_perturb.py", 30, ("--tries", "100", "--stays", "60"), ("--tries", "5", "--stays", "3")
    ),
    Script("run_credentials.py", 45, ("1000", "30"), ("20", "5")),
)
"""In the order in which they run. Together they may take an hour."""


def about(script: Path) -> str:
    """The first paragraph of what a script says of itself."""
    text = ast.get_docstring(ast.parse(script.read_text("utf-8"))) or script.name
    return " ".join(text.partition("\n\n")[0].split())


def machine() -> str:
    """One line on where this ran."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Python {platform.python_version()}"
    )


def versions() -> dict[str, str]:
    """Of what is measured or compared with, as far as it is installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def run(script: Path, arguments: tuple[str, ...], seconds: float) -> Ran:
    """Runs one script, at most so long, and gives what it reported until then."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="leercultuur-results-") as folder:
        results = Path(folder, "results.jsonl")
        results.touch()
        # In a session of its own: at the end of its time what it started ends with it.
        process = subprocess.Popen(
            [sys.executable, str(script), *arguments],
            env={**os.environ, RESULTS: str(results)},
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
            ended = "ok" if code == 0 else f"ended with exit code {code}"
        except subprocess.TimeoutExpired:
            ended = f"stopped at the end of its time, {seconds:,.0f} s"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        figures = tuple(map(figure, results.read_text("utf-8").splitlines()))
    took = time.monotonic() - start
    return Ran(script.name, about(script), at, machine(), took, ended, figures, versions())


def figure(line: str) -> Figure:
    """A figure as `measure.report` wrote it."""
    found = json.loads(line)
    found.pop("met")
    return Figure(**found)


def keep(ran: Ran) -> None:
    """Keeps what a script left, for the page."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{ran.script}.json").write_text(
        json.dumps(asdict(ran), ensure_ascii=False, indent=1), "utf-8"
    )


def kept(name: str) -> Ran | None:
    """What a script left last time; ``None`` where it never ran."""
    try:
        found = json.loads((KEPT / f"{name}.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    figures = tuple(Figure(**one) for one in found.pop("figures"))
    return Ran(**found, figures=figures)


def main() -> int:
    """Exit code 1 where a script failed or was stopped; the page is written all the same."""
    names = [one.name for one in SCRIPTS]
    parser = ArgumentParser(prog="python bench", description=__doc__.partition("\n")[0])
    parser.add_argument("scripts", nargs="*", metavar="script", help="such as run_parse.py")
    parser.add_argument("--quick", action="store_true", help="small files, to see that it works")
    parser.add_argument("--page", action="store_true", help="only write the page")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "performance.md")
    options = parser.parse_args()
    if unknown := sorted(set(options.scripts) - set(names)):
        parser.error(f"expected some of {', '.join(names)}; found {', '.join(unknown)}")
    done: list[Ran] = []
    for one in SCRIPTS:
        if options.page or (options.scripts and one.name not in options.scripts):
            continue
        seconds = min(LONGEST_QUICK, one.seconds) if options.quick else one.seconds
        print(f"\n== {one.name} (at most {seconds} s)", flush=True)
        ran = run(HERE / one.name, one.quick if options.quick else one.full, seconds)
        print(f"-- {ran.ended}, {ran.seconds:.0f} s", flush=True)
        done.append(ran)
        if not options.quick:
            keep(ran)
    if not options.quick:
        found = {name: kept(name) for name in names}
        there = [ran for ran in found.values() if ran is not None]
        options.out.write_text(
            page(there, [name for name in names if found[name] is None]), "utf-8"
        )
        print(f"\nwritten: {options.out}")
    wrong = [ran for ran in done if ran.ended != "ok"]
    for ran in wrong:
        print(f"{ran.script}: {ran.ended}", file=sys.stderr)
    return 1 if wrong else 0
