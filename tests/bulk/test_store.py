"""Files that are taken in at once leave in the store what their pages would have left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.activity import Activity, Retraction, utc_day
from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.activity.ledger import Ledger, fold
from leercultuur_core.cli.reading import choose_reader
from leercultuur_core.demo import statements
from leercultuur_core.errors import SourceUnavailable, StoreError
from leercultuur_core.extension import FileSource, Page, Record, Reject
from leercultuur_core.run.bulk_collecting import collect_files
from leercultuur_core.run.collecting import SourceCollected, take_in
from leercultuur_core.storage import Identifier, Store
from leercultuur_core.storage.bulk import _Writing
from leercultuur_core.testing.servers import needs

from ..conftest import Databases, Files
from .both import by_duckdb, in_bulk
from .left import Given, dump
from .statements import MESSY, group, line, void

# Ibis 12 calls DuckDB 2 by a name that is going away.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

_, XAPI = choose_reader("xapi")
NOW = datetime(2026, 3, 2, tzinfo=UTC)
KEY, NEWER = b"an old key, for tests", b"a new key, for tests!"
IDENTIFY = Identifier([KEY])
RULES = default_rules()
WELL = [line(number) for number in range(8)]

New = Callable[[], Store]


@pytest.fixture
def new(stores: Files | Databases) -> Iterator[New]:
    """Opens another empty store each time."""
    opened: list[tuple[Store, str]] = []

    def make() -> Store:
        url = stores.new()
        opened.append((Store.open(url), url))
        return opened[-1][0]

    yield make
    for store, url in opened:
        store.close()
        stores.done(url)


@pytest.fixture
def file_store(files: Files) -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def make() -> Store:
        opened.append(Store.open(files.new()))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def bulk(
    store: Store, *readers: FileSource, identify: Identifier = IDENTIFY, together: int = 200_000
) -> SourceCollected:
    return collect_files(
        "lrs", readers, store, rules=RULES, identify=identify, now=NOW, together=together
    )


def stream(store: Store, *readers: FileSource, identify: Identifier = IDENTIFY) -> SourceCollected:
    pages = (page for reader in readers for page in reader.pages())
    return take_in("lrs", pages, store, rules=RULES, identify=identify, now=NOW)


def same(new: New, *loads: Sequence[FileSource], together: int = 200_000) -> Store:
    """Compares both ways, after each of ``loads``; gives the store that was filled in bulk."""
    one, other = new(), new()
    for readers in loads:
        streamed, loaded = stream(one, *readers), bulk(other, *readers, together=together)
        assert dump(other) == dump(one)
        assert evolve(loaded, pages=0).counts == evolve(streamed, pages=0).counts
        assert loaded.unknown == streamed.unknown
    with other.transaction() as tx:
        assert not tx.ledger.recount()
    return other


def write(path: Path, *lines: bytes) -> FileSource:
    path.write_bytes(b"".join(lines))
    return XAPI(path)


def activity(number: int, **changes: Any) -> Activity:
    given = {
        "id": f"a{number}",
        "identities": (f"account|home|u{number % 3}",),
        "verb": "http://adlnet.gov/expapi/verbs/progressed",
        "occurred_at": NOW - timedelta(days=number % 9, minutes=number),
        "source": "lms",
    }
    return Activity(**{**given, **changes})


@pytest.mark.parametrize("together", [200_000, 3])
def test_odd_files_leave_the_same(new: New, tmp_path: Path, together: int) -> None:
    first = write(
        tmp_path / "1.ndjson",
        *WELL,
        *MESSY.values(),
        void(50, 1),  # after its target
        void(51, 60),  # before it
        line(3, result={"success": True}),  # a second content
        line(4, stored="2026-02-20T10:00:00Z"),  # the same content
        group(70),
        line(71, actor={"mbox": "mailto:a@b.example", "openid": "https://id.example/a"}),
    )
    second = write(tmp_path / "2.ndjson", line(60), *WELL[:3], line(5, result={"success": False}))
    # Two loads of one page each: what counts as taken back or replaced is then told alike.
    store = same(new, [first], [second], together=together)
    assert dump(store)["tombstones"]
    assert dump(store)["conflicts"]
    assert dump(store)["suggested"]
    assert dump(store)["rejects"]


def test_the_same_file_again_changes_nothing(new: New, tmp_path: Path) -> None:
    reader = write(tmp_path / "a.ndjson", *WELL, void(50, 1), b"{no json}\n", group(70))
    store = same(new, [reader], [reader])
    before = dump(store)
    done = bulk(store, reader)
    assert (done.new, done.retracted, done.replaced, done.rejected) == (0, 0, 0, 1)
    assert dump(store) == before


def test_what_collect_brought_counts_once(new: New) -> None:
    one, other = new(), new()
    night: list[Record] = [activity(number) for number in range(6)]
    files: list[Record] = [
        *[activity(number) for number in range(4, 12)],
        activity(2, revision=1, topic="changed"),
        activity(3, success=True),  # a second content
        Retraction(id="a5"),
        Retraction(id="a99"),
    ]
    for store in (one, other):
        stream(store, Given(Page(night)))
    told = stream(one, Given(Page(files))), bulk(other, Given(Page(files[:5]), Page(files[5:])))
    assert dump(one) == dump(other)
    assert evolve(told[0], pages=2) == told[1]
    assert (told[1].new, told[1].replaced, told[1].retracted, told[1].conflicts) == (6, 2, 2, 1)


def test_of_who_was_erased_nothing_comes_back(new: New) -> None:
    both = "account|home|gone", "account|home|also"
    page: list[Record] = [
        activity(1),
        activity(20, identities=("account|home|gone",)),
        activity(20, identities=("account|home|gone",)),
        activity(21, identities=("account|home|u1", "account|home|gone")),
        activity(22, identities=("account|home|gone",), group=(("account|home|u2",),)),
        activity(23, identities=both),
    ]
    one, other = new(), new()
    for store in (one, other):
        stream(store, Given(Page([activity(19, identities=("account|home|gone",))])))
        with store.transaction() as tx:
            ((uuid_,),) = tx.all("SELECT uuid FROM persons")
            tx.privacy.erase(uuid_, at=NOW)
    told = stream(one, Given(Page(page))), bulk(other, Given(Page(page)))
    assert dump(one) == dump(other)
    assert told[0] == told[1]
    assert told[1].erased == 4


def test_days_that_retention_removed_stay_away(new: New) -> None:
    one, other = new(), new()
    for store in (one, other):
        with store.transaction() as tx:
            tx.privacy.keep_until(
                payload_from=0, ledger_from=utc_day(NOW) - 4, rejects_from=NOW, at=NOW
            )
    page = [activity(number) for number in range(9)]
    told = stream(one, Given(Page(page))), bulk(other, Given(Page(page)))
    assert dump(one) == dump(other)
    assert told[0] == told[1]
    assert 0 < told[1].too_old < 9


def test_after_a_change_of_keys_ids_are_known(new: New) -> None:
    one, other = new(), new()
    newest = Identifier([NEWER, KEY])
    page = [activity(number) for number in range(9)]
    for store in (one, other):
        stream(store, Given(Page(page[:6])))
    told = (
        stream(one, Given(Page(page)), identify=newest),
        bulk(other, Given(Page(page)), identify=newest),
    )
    assert told[0] == told[1]
    assert told[1].new == 3
    assert dump(one) == dump(other)


def test_another_key_is_refused_and_leaves_nothing(new: New) -> None:
    store = new()
    stream(store, Given(Page([activity(1)])))
    before = dump(store)
    with pytest.raises(StoreError, match="identity key"):
        bulk(store, Given(Page([activity(2)])), identify=Identifier([NEWER]))
    assert dump(store) == before


def test_ids_of_a_large_load_go_straight_to_their_table(
    new: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leercultuur_core.storage.pages.Pages.recent_ids", 5)
    store = same(
        new,
        [Given(Page([activity(number) for number in range(4)]))],
        [Given(Page([activity(number) for number in range(30)]))],
    )
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM recent_ids") == 4
        assert tx.value("SELECT count(*) FROM ids") == 26
        assert tx.value("SELECT value FROM settings WHERE name = 'settled_ids'") == "26"


def test_nothing_and_a_file_that_cannot_be_read(new: New) -> None:
    store = new()
    assert bulk(store).new == 0
    done = bulk(
        store,
        Given(Page([activity(1)]), SourceUnavailable("half: cut short")),
        Given(Page([activity(2)])),
        Given(ValueError("Sanne was here")),
    )
    assert done.new == 2
    assert done.problem == ("half: cut short; stopped on something it did not expect (ValueError)")
    with store.reading() as tx:
        assert list(tx.sources.names()) == ["lrs"]


def kill_after(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has a load stop inside its next transaction, once so many are kept."""
    count = 0
    original = _Writing._add_ids

    def stop(self: Any, ids: Any) -> None:
        nonlocal count
        count += 1
        if count > parts:
            raise KeyboardInterrupt
        original(self, ids)

    monkeypatch.setattr(_Writing, "_add_ids", stop)


@pytest.mark.parametrize("parts", [0, 2])
def test_a_load_that_is_stopped_leaves_whole_days_and_is_finished_by_the_next(
    new: New, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    page = Page([activity(number) for number in range(27)], [Reject("f", 1, "no")])
    one, other = new(), new()
    stream(one, Given(page))
    empty = dump(other)
    with monkeypatch.context() as patch:
        kill_after(parts, patch)
        with pytest.raises(KeyboardInterrupt):
            bulk(other, Given(page), together=3)
    if parts == 0:  # what could not be read is in a transaction before
        assert dump(other)["entries"] == empty["entries"]
    with other.reading() as tx:
        assert tx.value("SELECT count(*) FROM log") == 3 * parts
        assert tx.value("SELECT coalesce(sum(count), 0) FROM ledger") == 3 * parts
    assert bulk(other, Given(page), together=3).new == 27 - 3 * parts
    assert dump(one) == dump(other)


def test_a_small_load_is_one_transaction(new: New, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new()
    stream(store, Given(Page([activity(1)])))
    before = dump(store)
    page = Page(
        [*[activity(number) for number in range(27)], Retraction(id="a2"), activity(1, revision=1)],
        [Reject("f", 1, "no")],
    )
    with monkeypatch.context() as patch:
        kill_after(0, patch)
        with pytest.raises(KeyboardInterrupt):
            bulk(store, Given(page))
    assert dump(store) == before
    assert bulk(store, Given(page)).new == 25


_RECORDS = st.lists(
    st.one_of(
        st.builds(
            lambda number, revision, success, who, day, others: activity(
                number,
                revision=revision,
                success=success,
                identities=who,
                occurred_at=NOW - timedelta(days=day, hours=1),
                group=others,
            ),
            st.integers(0, 5),
            st.integers(0, 2),
            st.sampled_from([None, True]),
            st.sampled_from([("account|h|a",), ("account|h|b", "account|h|c"), ("account|h|c",)]),
            st.integers(0, 3),
            st.sampled_from([(), (), (("account|h|d",),)]),
        ),
        st.builds(
            lambda number, revision: Retraction(id=f"a{number}", revision=revision),
            st.integers(0, 5),
            st.sampled_from([0, 1, 2**63 - 1]),
        ),
    ),
    max_size=12,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=_RECORDS, records=_RECORDS, together=st.sampled_from([1, 4, 100]))
def test_any_records_leave_the_same(
    file_store: New, before: list[Record], records: list[Record], together: int
) -> None:
    one, other = file_store(), file_store()
    for store in (one, other):
        stream(store, Given(Page(before)))
    stream(one, Given(Page(records)))
    bulk(other, Given(Page(records)), together=together)
    assert dump(one) == dump(other)


def by_name(store: Store, names: Sequence[str]) -> Ledger:
    """The ledger of a store, by the identifiers that it does not hold."""
    owners = {IDENTIFY.digests(name)[0]: name for name in names}
    with store.reading() as tx:
        return Ledger(
            {
                (owners[digest], *rest): count
                for digest, *rest, count in tx.all(
                    "SELECT n.digest, f.source, f.topic, f.kind, l.day, l.count FROM ledger l "
                    "JOIN identities n ON n.identity = l.identity "
                    "JOIN facets f ON f.facet = l.facet"
                )
            }
        )


def demo(path: Path) -> FileSource:
    return write(path, *(json.dumps(one).encode() + b"\n" for one in statements()), void(1, 2))


def test_one_pass_the_store_and_duckdb_have_one_ledger(new: New, tmp_path: Path) -> None:
    reader = demo(tmp_path / "demo.ndjson")
    ledger = fold((record for page in reader.pages() for record in page.records), RULES)
    store = new()
    assert bulk(store, reader).new > 1000
    assert by_name(store, [key[0] for key, _ in ledger]) == ledger
    assert by_duckdb([reader.path]).counts == ledger.counts


@pytest.mark.server
@needs("java")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_and_spark_has_the_same(file_store: New, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    from leercultuur_core.bulk.engines import open_engine

    reader = write(tmp_path / "a.ndjson", *WELL, *MESSY.values(), void(50, 1), group(70), WELL[0])
    store = file_store()
    bulk(store, reader)
    with open_engine("spark=local[2]") as spark:
        counts = in_bulk(spark, [reader.path]).counts
    assert by_name(store, [key[0] for key in counts]).counts == counts
