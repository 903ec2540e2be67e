"""From a file of statements to phases, as whole processes: against a bare parse, and against pandas.

    python bench/run_infer.py [statements] [people]

Prints ratios within this run; seconds mean little on a shared machine. About five minutes at the
default of a million statements.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from statements import Measured, machine, measure, write_statements

RUNS = 3

# The unit: what any program must at least do with such a file.
BARE = """
import sys, orjson
n = 0
for line in open(sys.argv[1], "rb"):
    s = orjson.loads(line)
    n += len(s["id"]) + len(s["actor"]) + len(s["verb"]["id"]) + len(s["timestamp"])
print(n)
"""

# The same question as a data scientist would first answer it: weeks of counts per person and verb,
# decayed, and the verb group that weighs most.
PANDAS = """
import sys, pandas as pd
frame = pd.read_json(sys.argv[1], lines=True)
frame = frame.drop_duplicates("id")
flat = pd.json_normalize(frame[["actor", "verb", "object"]].to_dict("records"))
flat["when"] = pd.to_datetime(frame["timestamp"].to_numpy(), utc=True, format="ISO8601")
flat["week"] = flat["when"].dt.strftime("%G-%V")
counts = flat.groupby(["actor.account.name", "verb.id", "week"]).size().reset_index(name="n")
age = counts["week"].rank(method="dense", ascending=False) - 1
counts["weight"] = counts["n"] * 0.5 ** (age / 4)
table = counts.pivot_table(index="actor.account.name", columns="verb.id", values="weight", aggfunc="sum")
print(table.idxmax(axis=1).value_counts())
"""


def main() -> None:
    """Measures and prints."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    people = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    leercultuur = str(Path(sys.executable).with_name("leercultuur"))
    at = ["--at", "2026-03-02", "--format", "jsonl"]
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.ndjson", Path(folder) / "small.ndjson"
        write_statements(large, count, people)
        write_statements(small, count // 10, people // 10)
        size = large.stat().st_size / 1e6
        print(f"{count:,} statements, {size:,.0f} MB, {people:,} people, 1 % twice\n")
        bare = measure([sys.executable, "-c", BARE, str(large)], RUNS)
        infer = measure([leercultuur, "infer", str(large), *at], RUNS)
        table("whole process", bare, {"bare orjson parse": bare, "leercultuur infer": infer})
        small_infer = measure([leercultuur, "infer", str(small), *at], RUNS)
        pandas = measure([sys.executable, "-c", PANDAS, str(small)], RUNS)
        print()
        table(
            f"at {count // 10:,}",
            small_infer,
            {"leercultuur infer": small_infer, "pandas script": pandas},
        )
    print()
    bare_import = measure([sys.executable, "-c", "import attrs, cattrs, pluggy"], 5)
    rows = {
        "import attrs, cattrs, pluggy": bare_import,
        "import leercultuur_core": measure([sys.executable, "-c", "import leercultuur_core"], 5),
        "leercultuur --help": measure([leercultuur, "--help"], 5),
        "leercultuur try": measure([leercultuur, "try"], 5),
    }
    table("start-up", bare_import, rows)


def table(title: str, unit: Measured, rows: dict[str, Measured]) -> None:
    """One row per command: median seconds with their spread, the ratio to ``unit``, memory."""
    print(f"{title:30} {'seconds':>8} {'min–max':>14} {'ratio':>7} {'peak MB':>8}")
    for name, row in rows.items():
        spread = f"{min(row.seconds):.2f}–{max(row.seconds):.2f}"
        ratio = row.middle / unit.middle
        print(f"{name:30} {row.middle:8.2f} {spread:>14} {ratio:7.2f} {row.megabytes:8.0f}")


if __name__ == "__main__":
    main()
