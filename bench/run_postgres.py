"""Pages of activities into SQLite and into PostgreSQL, in turns, on this machine.

    python bench/run_postgres.py [--size 50000] [--pages 6] [--log 200000]

Each store begins with a log; then each page goes into both: new activities, and the page before again,
which changes nothing. Also what an erase with its scrub takes on that log. The server is a new one,
with PostgreSQL's own settings and a real disk (``fsync``); both wait for it as `Store.transaction`
says: not at each page.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from measure import ratio, report, value

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.storage import Identifier, Store
from leercultuur_core.testing.postgresql import postgresql_server

AT = datetime(2026, 3, 2, tzinfo=UTC)
PEOPLE = 20_000
COURSES = 60
VERBS = ("initialized", "progressed", "completed", "experienced", "asked", "shared", "answered")
IDENTIFY = Identifier([b"a made-up key for a measurement"])


def activities(count: int, seed: int) -> Iterator[Activity]:
    """Made-up activities of one day, in the order of time."""
    chance = random.Random(seed)
    for number in range(count):
        when = AT + timedelta(days=seed, seconds=number * 86_000 // count)
        course = chance.randrange(COURSES)
        yield Activity(
            id=str(UUID(int=chance.getrandbits(128), version=4)),
            identities=(f"account|https://leren.example|user{chance.randrange(PEOPLE)}",),
            source="https://leren.example",
            verb=f"http://adlnet.gov/expapi/verbs/{chance.choice(VERBS)}",
            object_id=f"https://leren.example/courses/{course}/lessons/{chance.randrange(40)}",
            object_type="http://adlnet.gov/expapi/activities/lesson",
            topic=f"https://leren.example/courses/{course}",
            occurred_at=when,
            stored_at=when,
        )


def commit(store: Store, page: list[Activity]) -> float:
    """Seconds that a page takes."""
    start = time.perf_counter()
    store.commit_page(page, rules=default_rules(), identify=IDENTIFY, source_name="lms", at=AT)
    return time.perf_counter() - start


def erase(store: Store) -> float:
    """Seconds that an erase of somebody takes, with its scrub."""
    with store.reading() as tx:
        (somebody,) = tx.all("SELECT uuid FROM persons ORDER BY uuid LIMIT 1")[0]
    start = time.perf_counter()
    store.erase_person(somebody, at=AT)
    return time.perf_counter() - start


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=50_000)
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--log", type=int, default=200_000)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="leercultuur-bench-"))
        server = stack.enter_context(postgresql_server({"fsync": "on"}))
        addresses = {
            "SQLite": str(Path(folder) / "store.db"),
            "PostgreSQL": server.url(server.new_database()),
        }
        stores = {
            name: stack.enter_context(Store.open(address, create=True))
            for name, address in addresses.items()
        }
        for first in range(0, asked.log, asked.size):
            size = min(asked.size, asked.log - first)
            page = list(activities(size, first // asked.size - 1000))
            for store in stores.values():
                commit(store, page)
        new: dict[str, list[float]] = {name: [] for name in stores}
        again: dict[str, list[float]] = {name: [] for name in stores}
        for number in range(asked.pages):
            page = list(activities(asked.size, number))
            for name in stores if number % 2 else reversed(stores):
                new[name].append(commit(stores[name], page))
                again[name].append(commit(stores[name], page))
        gone = {name: [erase(store)] for name, store in stores.items()}
    pages = f"a page of {asked.size:,} on a log of {asked.log:,}"
    log = f"a log of {asked.log + asked.size * asked.pages:,}"
    rate = [asked.size / seconds for seconds in new["PostgreSQL"]]
    report(
        ratio(
            f"{pages}: the rate of PostgreSQL",
            *(new["SQLite"], new["PostgreSQL"]),
            of="that of SQLite",
            at_least=0.5,
        ),
        ratio(
            f"{pages}, read again: the rate of PostgreSQL",
            *(again["SQLite"], again["PostgreSQL"]),
            of="that of SQLite",
            at_least=0.5,
        ),
        value(f"{pages}: PostgreSQL", rate, "activities/s"),
        *(
            value(f"an erase with its scrub on {log}: {name}", seconds, "s")
            for name, seconds in gone.items()
        ),
    )


if __name__ == "__main__":
    main()
