"""A year of Moodle's log to phases, as whole processes: by SQL on DuckDB against one pass, from CSV, JSON
Lines and Parquet.

    python bench/run_moodle_log.py [--rows 300000] [--runs 3]

The log is made up in the shape of `logstore_standard_log` of Moodle 4.5, with `modname`: mostly views, and a
quarter of it events that say nothing of learning. Ratios are of processor time, all threads together, and both print the
same. About two minutes at the default.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from measure import ratio, report

SITE = "https://leren.example"
START = 1_735_700_000
YEAR = 360 * 86_400
COLUMNS = (
    "id",
    "eventname",
    "component",
    "action",
    "target",
    "objecttable",
    "objectid",
    "crud",
    "edulevel",
    "contextid",
    "contextlevel",
    "contextinstanceid",
    "userid",
    "courseid",
    "relateduserid",
    "anonymous",
    "other",
    "timecreated",
    "origin",
    "ip",
    "realuserid",
    "modname",
)

TEXTS = {
    "eventname",
    "component",
    "action",
    "target",
    "objecttable",
    "crud",
    "other",
    "origin",
    "ip",
    "modname",
}
SCHEMA = pa.schema([(name, pa.string() if name in TEXTS else pa.int64()) for name in COLUMNS])

# Event, how often, on what, by whom, and what it tells beside.
EVENTS: tuple[tuple[str, int, str, bool, str], ...] = (
    ("\\mod_page\\event\\course_module_viewed", 20, "module", False, ""),
    ("\\core\\event\\course_viewed", 18, "course", False, '{"coursesectionnumber":%(small)d}'),
    ("\\core\\event\\dashboard_viewed", 10, "site", False, ""),
    ("\\core\\event\\user_loggedin", 6, "site", False, '{"username":"u%(user)d"}'),
    ("\\mod_quiz\\event\\attempt_viewed", 10, "module", False, '{"quizid":"%(small)d","page":0}'),
    ("\\mod_quiz\\event\\attempt_summary_viewed", 4, "module", False, '{"quizid":"%(small)d"}'),
    ("\\mod_quiz\\event\\attempt_started", 3, "module", False, '{"quizid":"%(small)d"}'),
    ("\\mod_quiz\\event\\attempt_submitted", 3, "module", False, '{"quizid":"%(small)d"}'),
    ("\\mod_forum\\event\\discussion_viewed", 5, "module", False, ""),
    ("\\mod_forum\\event\\post_created", 2, "module", False, '{"discussionid":"%(small)d"}'),
    ("\\core\\event\\webservice_function_called", 4, "site", False, '{"function":"core_get"}'),
    (
        "\\core\\event\\course_module_completion_updated",
        7,
        "module",
        True,
        '{"relateduserid":"%(user)d","overrideby":null,"completionstate":1}',
    ),
    (
        "\\core\\event\\user_graded",
        5,
        "course",
        True,
        '{"itemid":"%(small)d","overridden":false,"finalgrade":%(grade)d.5}',
    ),
    ("\\core\\event\\user_enrolment_created", 1, "course", True, '{"enrol":"manual"}'),
    ("\\mod_assign\\event\\assessable_submitted", 2, "module", False, '{"submission_editable":1}'),
)
LEVELS = {"site": 10, "course": 50, "module": 70}


def made_up(rows: int, people: int) -> Iterator[dict[str, object]]:
    """Rows of a log in the order of their ids, of ``people`` in 120 courses."""
    dice = random.Random(11)
    chosen = dice.choices(EVENTS, [one[1] for one in EVENTS], k=rows)
    for number, (event, _, where, by_another, tells) in enumerate(chosen, 1):
        user, course, own = dice.randrange(3, 3 + people), dice.randrange(2, 122), number // 3 + 1
        place = {"site": 0, "course": course, "module": course * 20 + dice.randrange(20)}[where]
        _, component, _, name = event.split("\\")
        said = tells % {
            "small": dice.randrange(400),
            "user": user,
            "object": own,
            "grade": dice.randrange(100),
        }
        yield {
            "id": number,
            "eventname": event,
            "component": component,
            "action": name.rpartition("_")[2],
            "target": name.rpartition("_")[0],
            "objecttable": None if where == "site" else component.removeprefix("mod_"),
            "objectid": None if where == "site" else own,
            "crud": "r",
            "edulevel": 2,
            "contextid": place + 1,
            "contextlevel": LEVELS[where],
            "contextinstanceid": place,
            "userid": 2 if by_another else user,
            "courseid": 0 if where == "site" else course,
            "relateduserid": user if by_another else None,
            "anonymous": 0,
            "other": said or "null",
            "timecreated": START + number * YEAR // rows,
            "origin": "web",
            "ip": f"192.0.2.{number % 200}",
            "realuserid": None,
            "modname": "page" if where == "module" else None,
        }


def write(folder: Path, rows: int) -> dict[str, Path]:
    """The same log in each form that the reader knows, with its settings beside it."""
    people = max(50, rows // 100)
    paths = {
        name: folder / f"log.{end}"
        for name, end in (("CSV", "csv"), ("JSON Lines", "jsonl"), ("Parquet", "parquet"))
    }
    with ExitStack() as stack:
        text = stack.enter_context(paths["CSV"].open("w", encoding="utf-8", newline=""))
        lines = stack.enter_context(paths["JSON Lines"].open("w", encoding="utf-8"))
        parquet = stack.enter_context(pq.ParquetWriter(paths["Parquet"], SCHEMA))
        table = csv.DictWriter(text, COLUMNS)
        table.writeheader()
        log = made_up(rows, people)
        # A few at a time: what this process takes is taken for the peak of those that it starts.
        while some := list(islice(log, 50_000)):
            table.writerows(some)
            lines.writelines(json.dumps(row) + "\n" for row in some)
            parquet.write_table(pa.Table.from_pylist(some, SCHEMA))
    (folder / "leercultuur-moodle.toml").write_text(f'url = "{SITE}"\nservice_user = 900001\n')
    return paths


class Ran(NamedTuple):
    """Seconds of processor time of a process and its threads, its peak in MB, and what it printed."""

    seconds: float
    megabytes: float
    printed: bytes


def ran(command: list[str], out: Path) -> Ran:
    """Runs ``command``, which must succeed."""
    with out.open("wb") as file, subprocess.Popen(command, stdout=file) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Ran(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.read_bytes())


def main() -> None:
    """Measures and reports."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--rows", type=int, default=300_000)
    asked.add_argument("--runs", type=int, default=3)
    given = asked.parse_args()
    infer = [str(Path(sys.executable).with_name("leercultuur")), "infer", "--reader", "moodle-log"]
    infer += ["--at", "2026-03-02", "--format", "jsonl"]
    with tempfile.TemporaryDirectory(prefix="leercultuur-bench-") as folder:
        out = Path(folder) / "phases.jsonl"
        for form, path in write(Path(folder), given.rows).items():
            stream, duckdb = [], []
            for _ in range(given.runs):
                stream.append(ran([*infer, str(path), "--engine", "stream"], out))
                duckdb.append(ran([*infer, str(path), "--engine", "duckdb"], out))
                assert stream[-1].printed == duckdb[-1].printed
            report(
                ratio(
                    f"`infer` of {given.rows:,} rows of Moodle's log ({form}) by SQL",
                    [one.seconds for one in duckdb],
                    [one.seconds for one in stream],
                    of="one pass, in processor time",
                    peak_mb=max(one.megabytes for one in duckdb),
                    note=f"{median(one.seconds for one in duckdb):.1f} s of the processor",
                )
            )


if __name__ == "__main__":
    main()
