"""What the report of an organisation takes: read, drawn and written, at 20,000 people in 400 teams.

    python bench/run_report.py [--people 20000] [--each 10]

The store is filled directly and one night's estimates and plan are made, so that the teams are
released; that is not in the figures. What is measured is what `leercultuur report` does in a process of
its own, less its start: what may be shown is read, with the plan in concert, and drawn as a page.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from measure import report, value
from run_pages import AT, made

from leercultuur_web.charts import bars, grids, warm_up
from leercultuur_web.report import as_html, as_json

RUNS = 3


def main() -> None:
    """Measures and reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--each", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leercultuur-report-") as folder:
        engine = made(Path(folder), asked.people, asked.each)
        with engine:
            engine.plan(AT)
            warm_up()
            first, again, drawn, data = [], [], [], []
            for _ in range(RUNS):
                for kept in ("_plans", "_everybody"):  # kept for as long as they hold
                    engine.__dict__.pop(kept, None)
                start = time.perf_counter()
                culture = engine.culture(AT)
                first.append(time.perf_counter() - start)
                start = time.perf_counter()
                engine.culture(AT)
                again.append(time.perf_counter() - start)
                for drawer in (grids._shares, grids._phase_map, bars._year):
                    drawer.cache_clear()
                start = time.perf_counter()
                page = as_html(culture, engine.model, "nl")
                drawn.append(time.perf_counter() - start)
                start = time.perf_counter()
                as_json(culture)
                data.append(time.perf_counter() - start)
            shown = sum(one.release is not None for one in culture.units)
    size = f"{asked.people:,} people"
    whole = [one + other for one, other in zip(first, drawn, strict=True)]
    report(
        value(f"report of {size}", whole, "s", at_most=10, note=f"{len(page) / 1e6:.1f} MB"),
        value(f"what may be shown of {size}, read the first time", first, "s"),
        value(f"what may be shown of {size}, read again", again, "s"),
        value(f"the page of {size}, drawn", drawn, "s"),
        value(f"the data of {size}, written", data, "s", note=f"{shown} units"),
    )


if __name__ == "__main__":
    main()
