"""A store of the oldest schema becomes one of today: how long its migration takes.

    python bench/run_migration.py [--rows 10000000] [--postgresql 1000000]

Rows stand in the tables that grow with every activity (an activity is one in each), and one in a
thousand is a prompt in the outbox, the largest table that a migration so far goes through. A number of
0 leaves that database out.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from measure import report, value

from leercultuur_core.storage import Store, upgrade
from leercultuur_core.storage.migrations import migrate
from leercultuur_core.storage.rows import Rows
from leercultuur_core.storage.store import _database
from leercultuur_core.testing.postgresql import postgresql_server

PEOPLE = 20_000
FACETS = 400

_NUMBERS = (
    "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
)
# A digest of 16 bytes from a number, in no order, as each database can make it.
_DIGESTS = {
    "sqlite": "CAST(printf('%016x', (n * 2654435761) % 4294967296) AS BLOB)",
    "postgresql": "decode(md5(CAST(n AS TEXT)), 'hex')",
}
_TABLES = (
    (
        "INSERT INTO persons (person, uuid, name, roles, unit, employment, addresses, active, since) "
        "SELECT n, CAST(n AS TEXT), '', 'worker', '', 'employee', '{{}}', 1, 20000 FROM numbers "
        "WHERE n <= {people}"
    ),
    (
        "INSERT INTO dedupe (entry, identity, facet, day, revision, content, ruleset) "
        "SELECT n, n % {people} + 1, n % {facets} + 1, 20000 + n / {daily}, 0, {digest}, 1 FROM numbers"
    ),
    (
        "INSERT INTO ids (id_digest, entry) SELECT {digest} AS id_digest, n FROM numbers "
        "ORDER BY id_digest"
    ),
    "INSERT INTO log (entry, payload) SELECT n, {digest} FROM numbers",
    (
        "INSERT INTO ledger (day, identity, facet, count) "
        "SELECT day, identity, facet, count(*) FROM dedupe GROUP BY day, identity, facet"
    ),
    (
        "INSERT INTO outbox (prompt_id, recipient, subject_person, subject, layer, intervention, "
        "episode, occasion, sink, language, payload, state, reason, created, due, updated) "
        "SELECT 'p' || n, n % {people} + 1, n % {people} + 1, '', 'tasks', 'look', '', 1, 'files', 'nl', "
        "'{{\"text\": \"Kijk terug op vandaag.\", \"question\": false}}', 'sent', '', n, n, n "
        "FROM numbers WHERE n % 1000 = 0"
    ),
)


def fill(url: str, rows: int) -> None:
    """Makes a store of the first schema with so many activities."""
    database = _database(url, 10)
    kind = database.engine.dialect.name
    words = {
        "people": PEOPLE,
        "facets": FACETS,
        "daily": max(1, rows // 365),
        "digest": _DIGESTS[kind],
    }
    with database.begin(write=True) as connection:
        migrate(connection, "0001")
        for table in _TABLES:
            text = table.format(**words)
            columns, _, select = text.partition("SELECT")
            # The numbers before the SELECT: so both databases read it.
            if "FROM numbers" in text:
                Rows(connection).run(f"{columns}{_NUMBERS}SELECT{select}", rows)
            else:
                Rows(connection).run(text)
    database.engine.dispose()


def migrated(url: str) -> float:
    """Seconds that the whole upgrade takes."""
    start = time.perf_counter()
    upgrade(url)
    seconds = time.perf_counter() - start
    with Store.open(url) as store, store.reading() as tx:
        assert tx.value("SELECT count(*) FROM outbox WHERE asks = 'step'") > 0
    return seconds


def main() -> None:
    """Prints the times."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--postgresql", type=int, default=1_000_000)
    asked = parser.parse_args()
    with ExitStack() as stack:
        if asked.rows:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="leercultuur-bench-"))
            path = Path(folder, "store.db")
            fill(str(path), asked.rows)
            size = path.stat().st_size / 1e9
            what = f"a SQLite store of {asked.rows:,} activities to today's schema"
            report(value(what, [migrated(str(path))], "s", note=f"{size:.1f} GB"))
        if asked.postgresql:
            server = stack.enter_context(postgresql_server({"fsync": "on"}))
            url = server.url(server.new_database())
            fill(url, asked.postgresql)
            what = f"a PostgreSQL store of {asked.postgresql:,} activities to today's schema"
            report(value(what, [migrated(url)], "s"))


if __name__ == "__main__":
    main()
