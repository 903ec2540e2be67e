"""A file of made-up xAPI statements of about a kilobyte each, and how other tools are measured."""

from __future__ import annotations

import json
import os
import platform
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import NamedTuple
from uuid import UUID

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 364

_ADL = "http://adlnet.gov/expapi"
_VERBS = (
    (f"{_ADL}/verbs/experienced", "module"),
    (f"{_ADL}/verbs/progressed", "lesson"),
    (f"{_ADL}/verbs/progressed", "lesson"),
    (f"{_ADL}/verbs/completed", "course"),
    (f"{_ADL}/verbs/answered", "question"),
    (f"{_ADL}/verbs/shared", "media"),
    (f"{_ADL}/verbs/asked", "question"),
    ("http://activitystrea.ms/schema/1.0/search", "course"),
    ("https://w3id.org/xapi/dod-isd/verbs/applied", "performance"),
    ("https://w3id.org/xapi/dod-isd/verbs/reflected", "performance"),
)


def statement(chance: random.Random, people: int) -> dict[str, object]:
    """One statement, as an LMS writes it."""
    course = chance.randrange(60)
    verb, kind = chance.choice(_VERBS)
    when = AT - timedelta(seconds=chance.randrange(1, DAYS * 86400))
    base = f"https://leren.example/courses/{course}"
    text = "In deze les oefen je met wat je op je werk tegenkomt. "
    return {
        "id": str(UUID(int=chance.getrandbits(128), version=4)),
        "version": "1.0.3",
        "actor": {
            "objectType": "Agent",
            "account": {
                "homePage": "https://leren.example",
                "name": f"u{chance.randrange(people)}",
            },
        },
        "verb": {"id": verb, "display": {"nl-NL": verb[-12:], "en-GB": verb[-12:]}},
        "object": {
            "id": base if kind == "course" else f"{base}/{kind}/{chance.randrange(40)}",
            "definition": {
                "type": f"{_ADL}/activities/{kind}",
                "name": {"nl-NL": f"Les {course}", "en-GB": f"Lesson {course}"},
                "description": {"nl-NL": text * 3},
            },
        },
        "result": {"completion": chance.random() < 0.5, "score": {"scaled": 0.7}},
        "context": {
            "platform": f"site-{chance.randrange(3)}",
            "contextActivities": {
                "grouping": [{"id": base, "definition": {"type": f"{_ADL}/activities/course"}}]
            },
        },
        "timestamp": when.isoformat().replace("+00:00", "Z"),
        "stored": (when + timedelta(seconds=2)).isoformat().replace("+00:00", "Z"),
    }


def write_statements(path: Path, count: int, people: int, repeated: float = 0.01) -> None:
    """``count`` statements as NDJSON, a share of ``repeated`` of them written twice."""
    chance = random.Random(count)
    with path.open("w", encoding="utf-8") as out:
        line = ""
        for _ in range(count):
            if not line or chance.random() >= repeated:
                line = json.dumps(statement(chance, people), ensure_ascii=False) + "\n"
            out.write(line)


class Measured(NamedTuple):
    """Seconds of each run of a whole process, and its peak memory in MB."""

    seconds: list[float]
    megabytes: float

    @property
    def middle(self) -> float:
        """The median time."""
        return median(self.seconds)


def measure(command: list[str], runs: int = 3) -> Measured:
    """Runs ``command`` ``runs`` times as processes of their own, output thrown away."""
    seconds, peak = [], 0.0
    for _ in range(runs):
        started = time.perf_counter()
        code = (
            "import resource, subprocess, sys;"
            "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, *command], check=True, capture_output=True, text=True
        )
        seconds.append(time.perf_counter() - started)
        peak = max(peak, int(done.stdout.splitlines()[-1]) / 1024)
    return Measured(seconds, peak)


def machine() -> str:
    """One line on where this ran."""
    versions = " ".join(
        f"{name} {metadata.version(name)}" for name in ("numpy", "msgspec", "orjson")
    )
    return f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; {versions}"
