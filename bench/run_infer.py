"""From a file of statements to phases, as whole processes: against a bare parse of the same file.

    python bench/run_infer.py [statements] [people] [--engine NAME ...]

Without ``--engine`` the one that `leercultuur infer` takes by itself. About five minutes at the default
of a million statements. What other programs need for the same question: `run_peers.py`; what starting
costs: `run_start.py`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measure import processes, ratio, report
from statements import write_statements

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


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("statements", type=int, nargs="?", default=1_000_000)
    parser.add_argument("people", type=int, nargs="?", default=20_000)
    parser.add_argument("--engine", action="append", default=[])
    options = parser.parse_args()
    infer = [str(Path(sys.executable).with_name("leercultuur")), "infer"]
    asked = ["--at", "2026-03-02", "--format", "jsonl"]
    with tempfile.TemporaryDirectory(prefix="leercultuur-bench-") as folder:
        path = Path(folder) / "statements.ndjson"
        write_statements(path, options.statements, options.people)
        commands = {"bare": [sys.executable, "-c", BARE, str(path)]}
        if options.engine:
            for engine in options.engine:
                name = f"`leercultuur infer --engine {engine}`"
                commands[name] = [*infer, str(path), *asked, "--engine", engine]
        else:
            commands["`leercultuur infer`"] = [*infer, str(path), *asked]
        found = processes(commands, RUNS)
    bare = found.pop("bare")
    for name, one in found.items():
        report(
            ratio(
                f"{name} on {options.statements:,} statements",
                one.seconds,
                bare.seconds,
                of="bare orjson parse",
                at_most=0.8,
                peak_mb=one.megabytes,
            )
        )


if __name__ == "__main__":
    main()
