"""What `import leercultuur_core` costs, and that it loads nothing heavy.

    python bench/run_start.py [rounds]

Each import in a fresh interpreter, in turns: the statement alone, and the whole process with the
interpreter's own start. Beside it two commands that an embedding program or a person starts with.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from measure import processes, ratio, report, value

HEAVY = ("numpy", "sqlalchemy", "requests", "duckdb")

UNIT = "attrs, cattrs, pluggy"

OURS = "leercultuur_core"

_TIMED = """
import time
start = time.perf_counter()
import {modules}
print(time.perf_counter() - start)
"""

_LOADED = """
import sys, {modules}
print(*[name for name in {heavy!r} if name in sys.modules])
"""


def printed(code: str) -> str:
    """What ``code`` prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def main() -> None:
    """Measures and prints."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    loaded = printed(_LOADED.format(modules=OURS, heavy=HEAVY)).split()
    alone: dict[str, list[float]] = {UNIT: [], OURS: []}
    for _ in range(rounds):
        for modules, seconds in alone.items():
            seconds.append(float(printed(_TIMED.format(modules=modules))))
    command = str(Path(sys.executable).with_name("leercultuur"))
    whole = processes(
        {
            UNIT: [sys.executable, "-c", f"import {UNIT}"],
            OURS: [sys.executable, "-c", f"import {OURS}"],
            "--help": [command, "--help"],
            "try": [command, "try"],
        },
        rounds,
    )
    unit = whole[UNIT].seconds
    of = f"importing {UNIT}"
    report(
        value(
            f"`import leercultuur_core`: how many of {', '.join(HEAVY)} it loads",
            [len(loaded)],
            "modules",
            at_most=0,
            note=", ".join(loaded),
        ),
        ratio("`import leercultuur_core`", alone[OURS], alone[UNIT], of=of, at_most=1.3),
        ratio(
            "`import leercultuur_core`, whole process",
            whole[OURS].seconds,
            unit,
            of=of,
            at_most=1.3,
            peak_mb=whole[OURS].megabytes,
        ),
        ratio(
            "`leercultuur --help`, whole process",
            whole["--help"].seconds,
            unit,
            of=of,
            peak_mb=whole["--help"].megabytes,
        ),
        ratio(
            "`leercultuur try`, whole process",
            whole["try"].seconds,
            unit,
            of=of,
            peak_mb=whole["try"].megabytes,
        ),
    )


if __name__ == "__main__":
    main()
