"""What ten and a hundred times as many statements cost: time for each statement, and memory.

    python bench/run_growth.py [--base 300000] [--runs 2] [--log 10000000]

At base and ten times base the file is NDJSON as an LRS writes it, and the unit a bare orjson parse; at
a hundred times base it is Parquet with the columns of an activity, and the unit an engine's honest
scan: all columns decoded. People grow along, one for each fifty statements. Beside it stands what
`collect` needs for a tenth of ``log`` and for all of it: activities made as they are taken in.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import run_peers
from measure import Measured, processes, ratio, report
from statements import AT, DAYS

PEOPLE = 50  # statements for each of them
PAGE = 10_000
LEERCULTUUR = str(Path(sys.executable).with_name("leercultuur"))

# One row each, made by an engine: at these sizes making them in Python costs more than all that is
# measured. One id in a hundred is there twice, with the very same row.
MADE = """
    SELECT m[1:8] || '-' || m[9:12] || '-4' || m[14:16] || '-8' || m[18:20] || '-' || m[21:32] AS id,
           'u' || (hash(k, 1) % {people}) AS person,
           'https://leren.example/courses/' || (hash(k, 2) % 60) AS course,
           hash(k, 3) % 40 AS lesson,
           ['experienced', 'progressed', 'completed', 'answered', 'shared', 'asked']
               [(hash(k, 4) % 6)::INT + 1] AS verb,
           TIMESTAMP '{first}' + to_seconds((hash(k, 5) % {seconds})::BIGINT) AS moment
    FROM (SELECT k, md5(k::VARCHAR) AS m
          FROM (SELECT n - (n % 100 = 99)::INT AS k FROM range({count}) AS t(n)))
"""
AS_STATEMENT = """
    SELECT {id: id, version: '1.0.3',
            actor: {objectType: 'Agent',
                    account: {homePage: 'https://leren.example', "name": person}},
            verb: {id: 'http://adlnet.gov/expapi/verbs/' || verb, display: {"nl-NL": verb}},
            object: {id: course || '/lessons/' || lesson,
                     definition: {type: 'http://adlnet.gov/expapi/activities/lesson',
                                  "name": {"nl-NL": 'Les ' || lesson},
                                  description: {"nl-NL": repeat('In deze les oefen je. ', 8)}}},
            result: {completion: lesson % 2 = 0, score: {scaled: 0.7}},
            context: {platform: 'https://leren.example',
                      contextActivities: {grouping: [
                          {id: course,
                           definition: {type: 'http://adlnet.gov/expapi/activities/course'}}]}},
            "timestamp": strftime(moment, '%Y-%m-%dT%H:%M:%SZ'),
            stored: strftime(moment + INTERVAL 2 SECOND, '%Y-%m-%dT%H:%M:%SZ')}::JSON AS line
    FROM made
"""
AS_ACTIVITY = """
    SELECT id, 'account|https://leren.example|' || person AS identity,
           'http://adlnet.gov/expapi/verbs/' || verb AS verb,
           moment AT TIME ZONE 'UTC' AS occurred_at, 'https://leren.example' AS source,
           course || '/lessons/' || lesson AS object_id,
           'http://adlnet.gov/expapi/activities/lesson' AS object_type, course AS topic
    FROM made
"""
ROWS = {
    ".parquet": "SELECT DISTINCT id, identity AS person, verb, occurred_at FROM read_parquet(?)",
    ".ndjson": (
        "SELECT DISTINCT id, actor.account.name AS person, verb.id AS verb, "  # noqa: S608 - ours
        f'"timestamp" AS occurred_at FROM read_ndjson(?, columns = {run_peers.COLUMNS})'
    ),
}


def write(path: Path, count: int) -> None:
    """Writes ``count`` statements, as NDJSON or as Parquet by the ending of ``path``."""
    rows = MADE.format(
        people=max(count // PEOPLE, 1),
        first=(AT - timedelta(days=DAYS)).strftime("%Y-%m-%d"),
        seconds=DAYS * 86_400,
        count=count,
    )
    form, shape = "FORMAT PARQUET", AS_ACTIVITY
    if path.suffix == ".ndjson":
        form, shape = (
            "FORMAT CSV, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01'",
            AS_STATEMENT,
        )
    import duckdb  # noqa: PLC0415 - importing it would count in what others take

    with duckdb.connect() as engine:
        engine.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        engine.execute(f"COPY (WITH made AS ({rows}) {shape}) TO '{path}' ({form})")


def scan(path: Path) -> None:
    """All columns of a Parquet file decoded, and nothing done with them."""
    import duckdb  # noqa: PLC0415

    print(
        duckdb.execute(
            "SELECT bit_xor(hash(id, identity, verb, occurred_at, source, object_id, object_type, "
            "topic)) FROM read_parquet(?)",
            [str(path)],
        ).fetchone()
    )


def fold(path: Path) -> None:
    """Statements of each person, verb and day, each id once: what an engine needs for a ledger."""
    import duckdb  # noqa: PLC0415

    counted = (
        f"SELECT count(*) AS n FROM ({ROWS[path.suffix]}) "  # noqa: S608 - ours
        "GROUP BY person, verb, date_trunc('day', occurred_at)"
    )
    found = duckdb.execute(f"SELECT count(*), sum(n) FROM ({counted})", [str(path)])  # noqa: S608
    print(found.fetchone())


def collect(count: int) -> None:
    """``count`` activities into a store, as pages of `PAGE`."""
    from run_collect import IDENTIFY, activities  # noqa: PLC0415

    from leercultuur_core.activity.evidence import default_rules  # noqa: PLC0415
    from leercultuur_core.storage import Store  # noqa: PLC0415

    rules = default_rules()
    with (
        tempfile.TemporaryDirectory(prefix="leercultuur-bench-") as folder,
        Store.open(Path(folder, "store.db"), create=True) as store,
    ):
        for first in range(0, count, PAGE):
            size = min(PAGE, count - first)
            page = list(activities(size, first, first * DAYS // count - DAYS, 1))
            store.commit_page(page, rules=rules, identify=IDENTIFY, source_name="lms", at=AT)
    print(count)


JOBS: Mapping[str, Callable[[Path], None]] = {"scan": scan, "fold": fold}


def job(name: str, argument: object) -> list[str]:
    """The command that runs a job in a process of its own."""
    script = run_peers.__file__ if name == "bare" else __file__
    return [sys.executable, script, "--job", name, str(argument)]


def files(folder: Path, count: int, suffix: str, runs: int) -> dict[str, Measured]:
    """The jobs on one file: the unit, the engine's fold, and `infer`."""
    path = folder / f"{count}{suffix}"
    write(path, count)
    infer = [LEERCULTUUR, "infer", str(path), "--at", f"{AT:%Y-%m-%d}", "--format", "jsonl"]
    unit, of = "bare", "bare orjson parse"
    if suffix == ".parquet":
        unit, of = "scan", "honest scan"
        infer += ["--reader", "csv", "--engine", "duckdb"]
    jobs = {"unit": job(unit, path), "fold": job("fold", path), "infer": infer}
    found = processes(jobs, runs)
    path.unlink()
    title = f"{count:,} as {'Parquet' if suffix == '.parquet' else 'NDJSON'}"
    for name, label in (("fold", "DuckDB, deduplicating group by"), ("infer", "`infer`")):
        one = found[name]
        report(
            ratio(
                f"{title}: {label}",
                one.seconds,
                found["unit"].seconds,
                of=of,
                peak_mb=one.megabytes,
            )
        )
    return found


def grown(what: str, large: Measured, small: Measured, times: float, peak: float | None) -> None:
    """Reports what each statement costs among more of them, and how memory grew."""
    report(
        ratio(
            f"{what}: time for each",
            [seconds / times for seconds in large.seconds],
            small.seconds,
            of="that of the smaller",
        ),
        ratio(
            f"{what}: peak memory",
            [large.megabytes],
            [small.megabytes],
            of="that of the smaller",
            at_most=peak,
            peak_mb=large.megabytes,
        ),
    )


def main() -> None:
    """Runs one job where ``--job`` says so, else measures and reports."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--base", type=int, default=300_000)
    parser.add_argument("--log", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    base, runs = options.base, options.runs
    with tempfile.TemporaryDirectory(prefix="leercultuur-bench-") as name:
        folder = Path(name)
        small = files(folder, base, ".ndjson", runs)
        large = files(folder, 10 * base, ".ndjson", runs)
        grown(
            f"`infer` of {10 * base:,} against {base:,}", large["infer"], small["infer"], 10, None
        )
        files(folder, 100 * base, ".parquet", 1)
    few, many = options.log // 10, options.log
    logs = processes({"few": job("collect", few), "many": job("collect", many)}, 1)
    grown(f"`collect` of {many:,} against {few:,}", logs["many"], logs["few"], 10, 1.5)


if __name__ == "__main__":
    if sys.argv[1:3] == ["--job", "collect"]:
        collect(int(sys.argv[3]))
    elif sys.argv[1:2] == ["--job"]:
        JOBS[sys.argv[2]](Path(sys.argv[3]))
    else:
        main()
