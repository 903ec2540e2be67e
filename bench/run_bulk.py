"""The bulk engines: files to phases, the compiled fold against SQL by hand, Parquet, and Spark.

    python bench/run_bulk.py [--statements 300000] [--rows 3000000] [--spark 4000000] [--runs 2]

A few minutes at the default on two quiet cores. ``--statements 1000000 --rows 10000000`` are the
sizes of the targets. Rows are `leercultuur_core.bulk.columns.RECORDS`, one id in a hundred twice;
what `floor` does is decode all columns of the same file. ``--spark 0`` leaves Spark out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from measure import in_turns, processes, ratio, report, value
from run_infer import BARE
from statements import write_statements

from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.bulk.engines import open_engine
from leercultuur_core.bulk.expression import rule_table
from leercultuur_core.bulk.files import Files
from leercultuur_core.bulk.spark import SparkFiles, session

FILES = 8
"""Of Parquet for Spark, each a task or two."""

AT = ("--at", "2026-03-02", "--format", "jsonl")

# Made by the engine: in Python it would take longer than all that is measured.
_ROWS = """
COPY (
    SELECT h[1:8] || '-' || h[9:12] || '-4' || h[14:16] || '-8' || h[18:20] || '-' || h[21:32] AS id,
        0::BIGINT AS revision, false AS retracts, h AS digest,
        'account|https://leren.example|u' || (hash(k, 1) % {people}) AS learner,
        NULL::VARCHAR[] AS others,
        'site-' || (hash(k, 2) % 3) AS source,
        'https://leren.example/courses/' || (hash(k, 3) % 60) AS topic,
        'http://adlnet.gov/expapi/verbs/' ||
            ['experienced', 'progressed', 'completed', 'answered', 'shared', 'asked']
            [1 + (hash(k, 4) % 6)::INT] AS verb,
        'http://adlnet.gov/expapi/activities/' ||
            ['lesson', 'course', 'question', 'media'][1 + (hash(k, 5) % 4)::INT] AS object_type,
        'https://leren.example/courses/' || (hash(k, 3) % 60) || '/' || (hash(k, 6) % 40) AS object_id,
        ['http://adlnet.gov/expapi/activities/course'] AS context_types,
        false AS required, NULL::VARCHAR AS answer, (20150 + hash(k, 7) % 364)::INTEGER AS day
    FROM (
        SELECT k, md5(k::VARCHAR) AS h
        FROM (SELECT n - (n % 100 = 99)::INT AS k FROM range({count}) AS t(n))
    )
) TO '{path}' (FORMAT parquet)
"""

_FLOOR = """
SELECT max(strlen(id)), max(revision), bool_or(retracts), max(strlen(digest)), max(strlen(learner)),
    max(len(others)), max(strlen(source)), max(strlen(topic)), max(strlen(verb)),
    max(strlen(object_type)), max(strlen(object_id)), max(len(context_types)), bool_or(required),
    max(strlen(answer)), max(day)
FROM '{path}'
"""

# As somebody writes it who knows what the answer must be.
_BY_HAND = """
CREATE OR REPLACE TEMP TABLE by_hand AS
WITH kinds AS (
    SELECT verb, object_type, object_id, context_types, required, answer, arg_min(kind, rank) AS kind
    FROM (
        SELECT DISTINCT verb, object_type, object_id, context_types, required, answer FROM '{path}'
    )
    LEFT JOIN rules ON (of_verb IS NULL OR of_verb = verb)
        AND (of_object_type IS NULL OR of_object_type = object_type)
        AND (of_object_id IS NULL OR of_object_id = object_id)
        AND (of_context_type IS NULL OR list_contains(context_types, of_context_type))
        AND (of_answer IS NULL OR of_answer = answer)
        AND (of_required IS NULL OR of_required = required)
    GROUP BY ALL
),
again AS (SELECT hash(id) AS key FROM '{path}' GROUP BY key HAVING count(*) > 1),
counted AS (
    SELECT * FROM '{path}' WHERE hash(id) NOT IN (FROM again) AND NOT retracts
    UNION ALL
    SELECT * FROM (
        SELECT * FROM '{path}' WHERE hash(id) IN (FROM again)
        QUALIFY row_number() OVER (
            PARTITION BY id ORDER BY revision DESC, retracts DESC, digest) = 1
    ) WHERE NOT retracts
)
SELECT learner, source, topic, coalesce(kind, 'other') AS kind, day, count(*) AS count
FROM counted JOIN kinds ON counted.verb = kinds.verb AND counted.object_type = kinds.object_type
    AND counted.object_id = kinds.object_id AND counted.context_types = kinds.context_types
    AND counted.required = kinds.required AND counted.answer IS NOT DISTINCT FROM kinds.answer
GROUP BY ALL
"""


def main() -> None:
    """Measures and reports; or does one job, when started as one of its own processes."""
    if sys.argv[1:2] == ["job"]:
        name, *arguments = sys.argv[2:]
        print(JOBS[name](*arguments))
        return
    asked = argparse.ArgumentParser()
    asked.add_argument("--statements", type=int, default=300_000)
    asked.add_argument("--rows", type=int, default=3_000_000)
    asked.add_argument("--spark", type=int, default=4_000_000)
    asked.add_argument("--runs", type=int, default=2)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files(Path(folder), given.statements, given.runs)
        parquet(Path(folder), given.rows, given.runs)
        if given.spark:
            spark(Path(folder), given.spark)


def files(folder: Path, count: int, runs: int) -> None:
    """A file of statements to phases, as whole processes."""
    path = folder / "statements.ndjson"
    write_statements(path, count, count // 50)
    infer = [str(Path(sys.executable).with_name("leercultuur")), "infer", str(path), *AT]
    ran = processes(
        {
            "bare": [sys.executable, "-c", BARE, str(path)],
            "duckdb": [*infer, "--engine", "duckdb"],
            "stream": [*infer, "--engine", "stream"],
        },
        runs,
    )
    assert ran["duckdb"].printed == ran["stream"].printed
    of = "bare orjson parse"
    for name, at_most in (("duckdb", 0.8), ("stream", None)):
        report(
            ratio(
                f"`infer --engine {name}` of {count:,} statements",
                ran[name].seconds,
                ran["bare"].seconds,
                of=of,
                at_most=at_most,
                peak_mb=ran[name].megabytes,
            )
        )
    path.unlink()


def parquet(folder: Path, count: int, runs: int) -> None:
    """The fold of Parquet rows: against SQL by hand in this process, and against a scan in others."""
    rules = default_rules()
    small, large = folder / "small.parquet", folder / "large.parquet"
    write_rows(small, count // 10)
    with duckdb.connect() as compiled, duckdb.connect() as hand:
        hand.register("rules", rule_table(rules))
        by_hand = _BY_HAND.format(path=small)
        taken = in_turns(
            {
                "ours": lambda: Files(compiled).fold_parquet(str(small), rules),
                "hand": lambda: hand.execute(by_hand),
            },
            runs + 2,
        )
        same = (
            "SELECT count(*), sum(count), bit_xor(hash(learner, source, topic, kind, day, count))"
        )
        ours = compiled.execute(f"{same} FROM ledger").fetchall()
        assert ours == hand.execute(f"{same} FROM by_hand").fetchall()
    # The first round of each pays for what is loaded once.
    report(
        ratio(
            f"compiled fold of {count // 10:,} Parquet rows",
            taken["ours"][1:],
            taken["hand"][1:],
            of="SQL by hand",
            at_most=1.3,
        )
    )
    write_rows(large, count)
    job = [sys.executable, __file__, "job"]
    ran = processes(
        {"floor": [*job, "floor", str(large)], "fold": [*job, "fold", str(large)]}, runs
    )
    inner = {name: [float(one.printed)] for name, one in ran.items()}
    report(
        ratio(
            f"exact fold of {count:,} Parquet rows",
            inner["fold"],
            inner["floor"],
            of="decoding all columns",
            at_most=7,
            peak_mb=ran["fold"].megabytes,
            note="the last round, without starting Python",
        )
    )
    large.unlink()


def spark(folder: Path, count: int) -> None:
    """The same fold on one core and on two, each in a process of its own, and what it shuffles."""
    path, little = folder / "spark.parquet", folder / "little.parquet"
    write_rows(path, count)
    write_rows(little, count // 20)
    parts = folder / "parts"
    parts.mkdir()
    with duckdb.connect() as connection:
        for part in range(FILES):  # one file would be two tasks, and seldom two equal ones
            connection.execute(
                f"COPY (FROM '{path}' WHERE hash(id, 1) % {FILES} = {part}) "
                f"TO '{parts}/{part}.parquet'"
            )
    job = [sys.executable, __file__, "job"]
    ran = processes(
        {
            "1": [*job, "spark", str(parts), str(little), "local[1]"],
            "2": [*job, "spark", str(parts), str(little), "local[2]"],
            "shuffle": [*job, "shuffle", str(parts)],
        },
        1,
    )
    report(
        ratio(
            f"Spark fold of {count:,} Parquet rows, one core against two",
            [float(ran["1"].printed)],
            [float(ran["2"].printed)],
            of="the time on two cores",
            at_least=1.6,
        ),
        value("shuffle of that fold", [float(ran["shuffle"].printed) / count], "bytes a record"),
    )


def write_rows(path: Path, count: int) -> None:
    """``count`` made-up records as Parquet, of one person for each fifty."""
    with duckdb.connect() as connection:
        connection.execute(_ROWS.format(path=path, count=count, people=count // 50))


def job_floor(path: str) -> float:
    """Seconds that decoding every column takes."""
    with duckdb.connect() as connection:
        start = time.perf_counter()
        connection.execute(_FLOOR.format(path=path)).fetchall()
        return time.perf_counter() - start


def job_fold(path: str) -> float:
    """Seconds of the fold on DuckDB, in at most a gigabyte with all that is around it."""
    rules = default_rules()
    with open_engine("duckdb", memory="700MB") as engine:
        start = time.perf_counter()
        engine.fold_parquet(path, rules)
        return time.perf_counter() - start


def job_spark(path: str, little: str, master: str) -> float:
    """Seconds of the fold on Spark, after two of a little file: Java loads and compiles in those, which
    takes a second core also where Spark has one."""
    rules = default_rules()
    with session(master) as spark_session:
        engine = SparkFiles(spark_session)
        for paths in (little, little, path):
            spark_session.catalog.clearCache()
            start = time.perf_counter()
            folded = engine.fold_parquet(paths, rules)
            folded.rows.count().to_pyarrow()
            seconds = time.perf_counter() - start
        return seconds


def job_shuffle(path: str) -> float:
    """Bytes that the tasks of one fold on Spark wrote for others to read, as Spark counts them."""
    with session("local[2]") as spark_session:
        SparkFiles(spark_session).fold_parquet(path, default_rules()).rows.count().to_pyarrow()
        java: Any = spark_session.sparkContext
        quantiles = java._gateway.new_array(java._jvm.double, 0)
        nothing = java._jvm.java.util.ArrayList()
        stages = java._jsc.sc().statusStore().stageList(None, False, False, quantiles, nothing)
        written = [stages.apply(number).shuffleWriteBytes() for number in range(stages.size())]
        return float(sum(written))


JOBS: dict[str, Callable[..., float]] = {
    "floor": job_floor,
    "fold": job_fold,
    "spark": job_spark,
    "shuffle": job_shuffle,
}


if __name__ == "__main__":
    main()
