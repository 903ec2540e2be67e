"""What is PostgreSQL's own: its server stops, its connections drop, it is asked for a password."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import event

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.errors import StoreError
from leercultuur_core.storage import Identifier, Pages, Store
from leercultuur_core.testing.postgresql import (
    PASSWORD,
    PostgreSQLServer,
    needs_postgresql,
    postgresql_server,
)

from ..conftest import Databases

pytestmark = [needs_postgresql, pytest.mark.server]

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDENTIFY = Identifier([b"a made-up key of the tests"])


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    address = databases.new()
    yield address
    databases.done(address)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


@pytest.fixture(scope="module")
def own() -> Iterator[PostgreSQLServer]:
    """A server to stop."""
    with postgresql_server() as server:
        yield server


def trouble(action: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(StoreError) as caught:
        action()
    chained: list[str] = []
    error: BaseException | None = caught.value
    while error is not None:
        chained += [str(error), repr(error)]
        error = error.__cause__ or error.__context__
    assert PASSWORD not in " ".join(chained)
    return caught.value.trouble, str(caught.value)


def page(count: int, *, day: int = 0, **more: Any) -> list[Activity]:
    return [
        Activity(
            id=f"{day}-{number}",
            identities=(f"account|lms|p{number % 97}",),
            verb="http://adlnet.gov/expapi/verbs/completed",
            occurred_at=NOON + timedelta(days=day),
            **more,
        )
        for number in range(count)
    ]


def commit(store: Store, records: list[Activity], mark: str | None = None) -> int:
    return store.commit_page(
        records,
        rules=default_rules(),
        identify=IDENTIFY,
        source_name="lms",
        at=NOON,
        mark=mark,
    ).new


def note(store: Store, name: str) -> None:
    with store.transaction() as tx:
        tx.run("INSERT INTO settings (name, value) VALUES (?, '')", name)


def names(store: Store) -> list[str]:
    with store.reading() as tx:
        return [name for (name,) in tx.all("SELECT name FROM settings ORDER BY name")]


def test_it_is_called_by_its_place_and_never_by_its_password(url: str, store: Store) -> None:
    assert repr(store) == f"<Store {store.name}>"
    assert store.name.startswith("postgresql://127.0.0.1:")
    assert PASSWORD not in "".join([store.name, repr(store.engine), repr(store.engine.url)])
    with Store.open(url.replace("+psycopg", "")) as same:
        assert same.name == store.name


def test_an_empty_database_is_made_a_store_when_asked(databases: Databases) -> None:
    url = databases.without_tables()
    code, text = trouble(lambda: Store.open(url))
    assert code == "missing"
    assert "leercultuur init" in text
    Store.open(url, create=True).close()
    Store.open(url).close()


def test_another_program_s_database_is_left_alone(databases: Databases) -> None:
    url = databases.without_tables()
    databases.server.run("CREATE TABLE theirs (x int)", url.rpartition("/")[2])
    code, _ = trouble(lambda: Store.open(url, create=True))
    assert code == "not-a-store"


def test_two_stores_in_two_schemas_know_nothing_of_each_other(databases: Databases) -> None:
    url = databases.without_tables()
    for schema in ("north", "south"):
        databases.server.run(f"CREATE SCHEMA {schema}", url.rpartition("/")[2])
    north, south = (f"{url}?options=-csearch_path%3D{schema}" for schema in ("north", "south"))
    with Store.open(north, create=True) as one, Store.open(south, create=True) as other:
        note(one, "north")
        assert names(other) == []
        with one.alone(), other.alone(), one.transaction(), other.transaction():
            pass


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda url: url.replace(PASSWORD, "another"), "does not let you in"),
        (lambda url: f"{url}_nowhere", "does not let you in"),
        (lambda url: "postgresql+psycopg://127.0.0.1:1/leren", "does not answer"),
    ],
)
def test_a_door_that_stays_shut(url: str, change: Callable[[str], str], found: str) -> None:
    code, text = trouble(lambda: Store.open(change(url), wait=2))
    assert code == "failed"
    assert found in text
    assert "the address, the user and the password in `store`" in text


def test_a_user_who_may_only_read(databases: Databases, url: str) -> None:
    name = url.rpartition("/")[2]
    server = databases.server
    server.run("DROP ROLE IF EXISTS reader")
    server.run(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    server.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", name)
    with Store.open(url.replace("postgres:", "reader:")) as store:
        assert names(store) == []
        code, text = trouble(lambda: note(store, "x"))
    assert code == "read-only"
    assert "it should own the schema" in text
    server.run("DROP OWNED BY reader", name)


def test_what_stands_in_no_text_of_its_does_not_stop_a_page(store: Store) -> None:
    """U+0000, and more than an index takes in."""
    long = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000))
    for topic in ("nul\0nul", long):
        records = page(30, topic=topic, object_type=topic)
        assert commit(store, records) + commit(store, records) in {30, 0}
    with store.reading() as tx:
        topics = {topic for (topic,) in tx.all("SELECT topic FROM facets")}
    assert topics >= {"nul\ufffdnul"}


def test_facets_are_there_once_also_when_all_are_read(store: Store) -> None:
    records = [
        activity for number in range(60) for activity in page(1, day=number, topic=f"t{number}\0")
    ]
    commit(store, records)
    commit(store, page(1, day=99, topic="t7\0") + records)
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM facets") == 60
        assert tx.value("SELECT count(DISTINCT topic) FROM facets") == 60


def test_a_server_that_is_restarted_loses_nothing_and_doubles_nothing(
    own: PostgreSQLServer,
) -> None:
    url = own.url(own.new_database())
    with Store.open(url, create=True, wait=5) as store:
        assert commit(store, page(50), mark="1") == 50

        def torn() -> None:
            with store.transaction() as tx:
                tx.run("INSERT INTO settings (name, value) VALUES ('torn', '')")
                own.restart(signal.SIGQUIT)
                tx.run("INSERT INTO settings (name, value) VALUES ('torn 2', '')")

        code, text = trouble(torn)
        assert code == "failed"
        assert "run again" in text or "does not answer" in text
        # What was kept without waiting for the disk may be gone, its mark with it.
        with store.reading() as tx:
            mark = tx.sources.state("lms", IDENTIFY).mark
        assert commit(store, page(50) + page(50, day=1), mark="2") == (50 if mark else 100)
        with store.reading() as tx:
            assert tx.value("SELECT sum(count) FROM ledger") == 100
            assert tx.value("SELECT count(*) FROM log") == 100
        assert names(store) == [name for name in names(store) if "torn" not in name]


def test_a_run_that_lost_its_lock_writes_nothing_more(own: PostgreSQLServer) -> None:
    """Another may have begun by then."""
    url = own.url(own.new_database())
    with Store.open(url, create=True) as store, Store.open(url) as other:

        def work() -> None:
            with store.alone():
                note(store, "before")
                own.run(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()",
                    url.rpartition("/")[2],
                )
                for again in ("after", "and after", "and after that"):
                    with other.alone():
                        assert trouble(lambda again=again: note(store, again))[0] == "failed"  # type: ignore[misc]
                note(store, "in the end")

        assert trouble(work)[0] == "failed"
        assert names(store) == ["before"]
        with store.alone():
            note(store, "again")
        assert names(store) == ["again", "before"]


def test_one_run_at_a_time_and_deliverers_together(url: str) -> None:
    with (
        Store.open(url, wait=0.2) as one,
        Store.open(url, wait=0.2) as two,
        Store.open(url, wait=0.2) as three,
    ):
        with one.alone():
            for more in ({}, {"share": True}):
                assert trouble(lambda more=more: two.alone(**more).__enter__())[0] == "busy"  # type: ignore[misc]
        with one.alone(share=True) as first:
            assert first.first
            # Until it says that others may join it settles what they would send.
            assert trouble(lambda: two.alone(share=True).__enter__())[0] == "busy"
            first.share()
            with two.alone(share=True) as second:
                assert not second.first
                assert trouble(lambda: three.alone().__enter__())[0] == "busy"
                assert not first.last()
                assert second.last()
                assert second.last()
        with three.alone():
            pass


def test_what_one_takes_another_leaves(url: str, store: Store) -> None:
    from leercultuur_core.storage import OutboxPrompt

    with store.transaction() as tx:
        tx.run(
            "INSERT INTO persons (uuid, name, roles, unit, employment, addresses, active, since) "
            "VALUES ('u', 'Sanne', 'worker', '', 'employee', '{}', 1, 20000)"
        )
        for name in "abcd":
            prompt = OutboxPrompt(
                prompt_id=name,
                recipient="u",
                subject_person="u",
                layer="tasks",
                intervention="look",
                episode=name,
                occasion=1,
                sink="files",
                language="nl",
                payload={},
                created=NOON,
                due=NOON,
            )
            assert tx.delivery.add([prompt]) == 1
            assert tx.delivery.bundle(f"m{name}", [name], sink="files", at=NOON)
        messages = tx.delivery.messages()
    with Store.open(url, wait=0.5) as other:
        with store.transaction(beside=True) as tx:
            assert tx.delivery.claim(messages[:2], at=NOON) == {"ma", "mb"}
            with other.transaction(beside=True) as beside:
                assert beside.delivery.claim(messages, at=NOON) == {"mc", "md"}
            # Who does not say so waits, as everywhere.
            assert trouble(lambda: note(other, "x"))[0] == "busy"
        with other.transaction(beside=True) as beside:
            assert beside.delivery.claim(messages, at=NOON) == set()


def test_a_snapshot_is_streamed(store: Store) -> None:
    with store.transaction() as tx:
        tx.run(
            "INSERT INTO settings (name, value) "
            "SELECT CAST(n AS TEXT), '' FROM generate_series(1, 25000) n"
        )
        both = zip(
            tx.stream("SELECT name FROM settings ORDER BY name"),
            tx.stream("SELECT name FROM settings ORDER BY name"),
            strict=True,
        )
        assert sum(one == other for one, other in both) == 25_000


def test_statistics_hold_nobody_s_texts(databases: Databases, url: str, store: Store) -> None:
    commit(store, page(3000, topic="cursus van Sanne"))
    with store.transaction() as tx:
        tx.run("UPDATE persons SET name = 'Sanne van Wijk', addresses = '{\"mail\": \"sanne@x\"}'")
        uuids = list(tx.people.all())
    store.scrub()
    rows = databases.server.run(
        "SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats "
        "WHERE schemaname = 'public'",
        url.rpartition("/")[2],
    )
    kept = " ".join(str(value) for value in chain.from_iterable(rows))
    assert "20514" in kept  # the statistics of days are there
    assert "anne" not in kept
    assert not [uuid for uuid in uuids if uuid in kept]


LOG = 60_000


def test_a_night_reads_no_large_table_from_end_to_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a log with its statistics, and with a page that is new, old, and changed."""
    monkeypatch.setattr(Pages, "recent_ids", LOG * 2 // 3)
    for day in range(6):
        commit(store, page(LOG // 6, day=day - 10))
    store.scrub()
    plans: list[tuple[str, dict[str, Any]]] = []

    def explain(
        connection: Any, cursor: Any, sql: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if sql.split(maxsplit=1)[0] in {"SELECT", "WITH", "INSERT", "DELETE", "UPDATE"}:
            with connection.connection.driver_connection.cursor() as own:
                own.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters[0] if many else parameters)
                (found,) = own.fetchone()
            plans.append((sql, found[0]["Plan"]))

    again = [*page(3000), *page(40, day=-9), *page(40, day=-8, score=0.5, revision=1)]
    event.listen(store.engine, "before_cursor_execute", explain)
    try:
        commit(store, again)
        with store.reading() as tx:
            tx.ledger.read(["somebody"])
    finally:
        event.remove(store.engine, "before_cursor_execute", explain)
    assert len(plans) > 20
    large = {"log", "dedupe", "ids", "recent_ids", "ledger"}
    scanned = [
        (node["Relation Name"], sql)
        for sql, plan in plans
        for node in _nodes(plan)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in large
    ]
    # How many recent ids there are is counted: a small part, moved on in time.
    scanned = [one for one in scanned if one != ("recent_ids", "SELECT count(*) FROM recent_ids")]
    assert scanned == []


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
