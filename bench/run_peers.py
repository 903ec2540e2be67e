"""The same question of the same file, by programs that anybody would write.

    python bench/run_peers.py [statements] [statements for pandas and dlt]

The question: of each person the verb that weighs most, where every statement counts once and is worth
half after four weeks. All of them must give the same answer. Each is a process of its own; they run in
turns; the unit is a bare orjson parse of the file in the same round. `leercultuur infer` does more
than asked here: all evidence rules, rejects, and the phase model.

pandas and dlt get a tenth of the file: at a million one needs 10 GB and the other half an hour.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from measure import processes, ratio, report
from statements import write_statements

PEOPLE = 20_000
RUNS = 3
HALF_LIFE = 4.0  # weeks

# Read by DuckDB, and what is asked of the rows of a table ``one``.
COLUMNS = (
    "{id: 'VARCHAR', actor: 'STRUCT(account STRUCT(\"name\" VARCHAR))', "
    "verb: 'STRUCT(id VARCHAR)', \"timestamp\": 'TIMESTAMPTZ'}"
)
WEIGHED = f"""
    , last AS (SELECT max(week) AS week FROM one)
    , counts AS (
        SELECT person, verb, one.week, count(*) AS n,
               date_diff('day', one.week, last.week) / 7.0 AS age
        FROM one, last GROUP BY ALL
    )
    SELECT person, verb, round(sum(n * pow(0.5, age / {HALF_LIFE})), 9) AS weight
    FROM counts GROUP BY person, verb
    QUALIFY row_number() OVER (PARTITION BY person ORDER BY weight DESC, verb) = 1
"""  # noqa: S608 - nothing in it comes from outside


def bare(path: Path) -> None:
    """The unit: what any program must at least do with such a file."""
    import orjson  # noqa: PLC0415

    seen = 0
    with path.open("rb") as file:
        for line in file:
            one = orjson.loads(line)
            seen += len(one["id"]) + len(one["actor"]) + len(one["verb"]["id"])
            seen += len(one["timestamp"])
    print(seen)


def scan(path: Path) -> None:
    """The honest floor of an engine: all four columns decoded, and nothing done with them."""
    import duckdb  # noqa: PLC0415

    print(
        duckdb.execute(
            'SELECT bit_xor(hash(id, actor.account.name, verb.id, "timestamp")) FROM '  # noqa: S608 - ours
            f"read_ndjson(?, columns = {COLUMNS})",
            [str(path)],
        ).fetchone()
    )


def engine(path: Path) -> None:
    """DuckDB: a deduplicating group by."""
    import duckdb  # noqa: PLC0415

    rows = duckdb.execute(
        f"""
        WITH one AS (
            SELECT DISTINCT id, actor.account.name AS person, verb.id AS verb,
                   date_trunc('week', "timestamp" AT TIME ZONE 'UTC') AS week
            FROM read_ndjson(?, columns = {COLUMNS})
        ) {WEIGHED}
        """,  # noqa: S608 - nothing in it comes from outside
        [str(path)],
    ).fetchall()
    answer({person: verb for person, verb, _ in rows})


def plain(path: Path) -> None:
    """Python with a fast parser and dictionaries."""
    from collections import Counter, defaultdict  # noqa: PLC0415
    from datetime import datetime  # noqa: PLC0415

    import orjson  # noqa: PLC0415

    seen: set[str] = set()
    counts: Counter[tuple[str, str, int]] = Counter()
    with path.open("rb") as file:
        for line in file:
            one = orjson.loads(line)
            if one["id"] in seen:
                continue
            seen.add(one["id"])
            week = (datetime.fromisoformat(one["timestamp"]).toordinal() - 1) // 7
            counts[one["actor"]["account"]["name"], one["verb"]["id"], week] += 1
    last = max(week for _, _, week in counts)
    weights: dict[str, Counter[str]] = defaultdict(Counter)
    for (person, verb, week), count in counts.items():
        weights[person][verb] += count * 0.5 ** ((last - week) / HALF_LIFE)
    answer(
        {
            person: min(own, key=lambda verb: (-round(own[verb], 9), verb))
            for person, own in weights.items()
        }
    )


def polars(path: Path) -> None:
    """polars, lazily."""
    import polars as pl  # noqa: PLC0415

    week = pl.col("timestamp").str.to_datetime(time_zone="UTC").dt.truncate("1w")
    schema = pl.Schema(
        {
            "id": pl.String(),
            "actor": pl.Struct({"account": pl.Struct({"name": pl.String})}),
            "verb": pl.Struct({"id": pl.String}),
            "timestamp": pl.String(),
        }
    )
    counts = (
        pl.scan_ndjson(path, schema=schema)
        .unique("id", keep="any")
        .select(
            person=pl.col("actor").struct.field("account").struct.field("name"),
            verb=pl.col("verb").struct.field("id"),
            week=week,
        )
        .group_by("person", "verb", "week")
        .len("n")
        .with_columns(age=(pl.col("week").max() - pl.col("week")).dt.total_days() / 7)
        .with_columns(weight=pl.col("n") * 0.5 ** (pl.col("age") / HALF_LIFE))
        .group_by("person", "verb")
        .agg(pl.col("weight").sum().round(9))
        .sort(["weight", "verb"], descending=[True, False])
        .group_by("person", maintain_order=True)
        .first()
        .collect()
    )
    answer(dict(zip(counts["person"], counts["verb"], strict=True)))


def pandas(path: Path) -> None:
    """pandas, as it is first written."""
    import pandas as pd  # noqa: PLC0415

    frame = pd.read_json(path, lines=True).drop_duplicates("id")
    flat = pd.json_normalize(frame[["actor", "verb"]].to_dict("records"))
    when = pd.to_datetime(frame["timestamp"].to_numpy(), utc=True, format="ISO8601")
    flat["week"] = when.tz_localize(None).to_period("W").start_time
    counts = flat.groupby(["actor.account.name", "verb.id", "week"]).size().reset_index(name="n")
    age = (counts["week"].max() - counts["week"]).dt.days / 7
    counts["weight"] = counts["n"] * 0.5 ** (age / HALF_LIFE)
    table = counts.pivot_table(
        index="actor.account.name", columns="verb.id", values="weight", aggfunc="sum"
    ).round(9)
    answer(table.idxmax(axis=1).to_dict())


def dlt(path: Path) -> None:
    """dlt: the file loaded into DuckDB, merged on the id, then the same group by."""
    import json  # noqa: PLC0415
    from collections.abc import Iterator  # noqa: PLC0415

    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    import dlt as loader  # noqa: PLC0415

    @loader.resource(  # type: ignore[untyped-decorator,unused-ignore]
        name="statements", primary_key="id", write_disposition="merge", max_table_nesting=2
    )
    def lines() -> Iterator[object]:
        with path.open("rb") as file:
            for line in file:
                one = json.loads(line)
                yield {name: one[name] for name in ("id", "actor", "verb", "timestamp")}

    with tempfile.TemporaryDirectory(prefix="leercultuur-dlt-") as folder:
        pipeline = loader.pipeline(
            "peers",
            destination=loader.destinations.duckdb(f"{folder}/peers.duckdb"),
            dataset_name="xapi",
            pipelines_dir=folder,
        )
        pipeline.run(lines())
        with pipeline.sql_client() as client:
            rows = client.execute_sql(
                f"""
                WITH one AS (
                    SELECT actor__account__name AS person, verb__id AS verb,
                           date_trunc('week', "timestamp" AT TIME ZONE 'UTC') AS week
                    FROM statements
                ) {WEIGHED}
                """  # noqa: S608 - nothing in it comes from outside
            )
        answer({str(person): str(verb) for person, verb, _ in rows or ()})


JOBS: Mapping[str, tuple[str, Callable[[Path], None]]] = {
    "bare": ("bare orjson parse", bare),
    "scan": ("DuckDB, honest scan", scan),
    "engine": ("DuckDB, deduplicating group by", engine),
    "plain": ("plain Python, orjson and dictionaries", plain),
    "polars": ("polars", polars),
    "pandas": ("pandas", pandas),
    "dlt": ("dlt into DuckDB", dlt),
}
LARGE = ("scan", "engine", "plain", "polars")
SMALL = ("plain", "pandas", "dlt")
NO_ANSWER = {"bare", "scan"}


def answer(found: Mapping[str, str]) -> None:
    """Prints what all programs must agree on: how many people, and a digest of who has which."""
    lines = "\n".join(f"{person} {verb}" for person, verb in sorted(found.items()))
    print(len(found), hashlib.sha256(lines.encode()).hexdigest())


def compared(path: Path, jobs: tuple[str, ...], runs: int, title: str) -> None:
    """Measures the jobs on a file, and checks that their answers are one."""
    own = [sys.executable, __file__, "--job"]
    commands = {job: [*own, job, str(path)] for job in ("bare", *jobs)}
    infer = [str(Path(sys.executable).with_name("leercultuur")), "infer", str(path)]
    commands["infer"] = [*infer, "--at", "2026-03-02", "--format", "jsonl"]
    found = processes(commands, runs)
    answers = {job: found[job].printed for job in jobs if job not in NO_ANSWER}
    if len(set(answers.values())) != 1:
        raise AssertionError(f"the answers differ: {answers}")
    for job in (*jobs, "infer"):
        name = JOBS[job][0] if job in JOBS else "`leercultuur infer`, which answers more"
        report(
            ratio(
                f"{title}: {name}",
                found[job].seconds,
                found["bare"].seconds,
                of="bare orjson parse",
                peak_mb=found[job].megabytes,
            )
        )
    if "pandas" in jobs:
        report(
            ratio(
                f"{title}: pandas against `leercultuur infer`",
                found["pandas"].seconds,
                found["infer"].seconds,
                of="`leercultuur infer`",
                at_least=10,
            ),
            ratio(
                f"{title}: memory of `leercultuur infer` against pandas",
                [found["infer"].megabytes],
                [found["pandas"].megabytes],
                of="the peak of pandas",
                at_most=0.2,
            ),
        )


def main() -> None:
    """Runs one job where ``--job`` says so, else all of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("statements", type=int, nargs="?", default=1_000_000)
    parser.add_argument("small", type=int, nargs="?", default=100_000)
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leercultuur-bench-") as folder:
        for count, jobs in ((options.statements, LARGE), (options.small, SMALL)):
            path = Path(folder, f"{count}.ndjson")
            write_statements(path, count, max(1, PEOPLE * count // 1_000_000))
            compared(path, jobs, options.runs, f"{count:,} statements")
            path.unlink()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        JOBS[sys.argv[2]][1](Path(sys.argv[3]))
    else:
        main()
