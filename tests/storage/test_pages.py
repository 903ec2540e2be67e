"""Taking in pages: what the store counts is what a fold of the same records counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from leercultuur_core.activity.activity import Activity, Record, Retraction, utc_day
from leercultuur_core.activity.evidence import EvidenceRules, Rule
from leercultuur_core.activity.ledger import Fold
from leercultuur_core.errors import StoreError
from leercultuur_core.storage import Identifier, PageResult, Pages, Store
from leercultuur_core.storage.rows import TOGETHER

from .conftest import Find, NewStore, tables

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULES = EvidenceRules((Rule(verb="read", kind="viewed"), Rule(verb="did", kind="applied")), "test")
OLD, NEW = b"the first made-up key", b"the second made-up key"
IDENTIFY = Identifier([OLD])


def activity(
    name: str = "a",
    who: str = "sanne",
    verb: str = "read",
    day: int = 0,
    revision: int = 0,
    **more: Any,
) -> Activity:
    given_more: dict[str, Any] = {"identities": (f"account|lms|{who}",), **more}
    return Activity(
        id=name, verb=verb, occurred_at=NOON + timedelta(days=day), revision=revision, **given_more
    )


def commit(
    store: Store, records: Sequence[Record], identify: Identifier = IDENTIFY, **more: Any
) -> PageResult:
    return store.commit_page(
        records, rules=RULES, identify=identify, source_name="lms", at=NOON, **more
    )


def counts(store: Store, who: Sequence[str], identify: Identifier = IDENTIFY) -> Counter[Any]:
    """The ledger with the identifiers that the test knows in place of the uuids."""
    with store.reading() as tx:
        people = {tx.people.find(name, identify): name for name in who}
        return Counter({(people[key[0]], *key[1:]): count for key, count in tx.ledger.read()})


def dump(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store.reading() as tx:
        return {name: sorted(tx.all(f"SELECT * FROM {name}"), key=repr) for name in tables(tx)}  # noqa: S608


WHO = [f"account|lms|{name}" for name in ("sanne", "piet", "jan")]
activities = st.builds(
    activity,
    name=st.sampled_from("abcd"),
    who=st.sampled_from(["sanne", "piet"]),
    verb=st.sampled_from(["read", "did", "sang"]),
    day=st.integers(0, 2),
    revision=st.integers(0, 2),
    group=st.sampled_from([(), (("account|lms|jan",), ("account|lms|sanne",))]),
    topic=st.sampled_from(["general", "bread"]),
)
retractions = st.builds(
    Retraction, id=st.sampled_from("abcd"), revision=st.sampled_from([0, 1, 2, 2**63 - 1])
)
streams = st.lists(activities | retractions, max_size=10)


@given(
    stream=streams,
    cuts=st.lists(st.integers(0, 10), max_size=3),
    again=st.booleans(),
    data=st.data(),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_store_counts_what_a_fold_counts(
    new_store: NewStore,
    stream: list[Record],
    cuts: list[int],
    again: bool,
    data: st.DataObject,
) -> None:
    expected = Fold(RULES)
    expected.add(stream)
    shuffled = data.draw(st.permutations(stream))
    with new_store() as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pages, "recent_ids", data.draw(st.sampled_from([1, 3, 100])))
        edges = [0, *sorted(cuts), len(shuffled)]
        pages = [shuffled[first:last] for first, last in pairwise(edges)]
        for page in pages + (pages if again else []):
            commit(store, page)
        assert counts(store, WHO) == Counter(dict(expected.ledger))
        with store.transaction() as tx:
            assert tx.value("SELECT count(*) FROM conflicts") == len(expected.conflicts)
            assert tx.value("SELECT count(*) FROM tombstones") == expected.retracted
            assert tx.value("SELECT count(*) FROM log") == expected.ledger.total()
            assert not tx.ledger.recount()
            seen = Counter({(key[1], key[3], key[4]): 0 for key, _ in expected.ledger})
            for key, count in expected.ledger:
                seen[key[1], key[3], key[4]] += count
            rows = tx.all("SELECT source, kind, day, count FROM sightings")
            assert {tuple(row[:3]): row[3] for row in rows} == seen


def test_a_page_of_more_rows_than_one_statement_holds(store: Store) -> None:
    people = [f"p{number}" for number in range(7)]
    days = range(TOGETHER * 2 // 7)
    page: list[Record] = [
        activity(f"{who}-{day}", who=who, day=-day, verb="sang" if day == 1 else "read")
        for who in people
        for day in days
    ]
    page += [activity("p0-3", revision=1, day=-3, who="p0"), Retraction(id="p0-4"), page[0]]
    result = commit(store, page)
    assert (result.new, result.retracted, result.duplicates) == (len(days) * 7 - 1, 1, 1)
    assert result.unknown == {("sang", ""): 7}
    expected = Fold(RULES)
    expected.add(page)
    who = [f"account|lms|{name}" for name in people]
    assert counts(store, who) == Counter(dict(expected.ledger))
    again = commit(store, page)
    assert (again.new, again.replaced, again.retracted) == (0, 0, 0)
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM log") == expected.ledger.total()
        assert tx.value("SELECT sum(count) FROM sightings") == expected.ledger.total()
        assert not tx.ledger.recount()


def test_a_page_says_what_it_brought(store: Store) -> None:
    first = commit(store, [activity("a"), activity("b"), activity("c", verb="sang"), activity("a")])
    assert (first.new, first.duplicates, first.unknown) == (3, 1, {("sang", ""): 1})
    second = commit(
        store,
        [activity("a", revision=1), activity("b", who="piet"), Retraction(id="c"), activity("d")],
    )
    assert (second.new, second.retracted, second.conflicts) == (1, 1, 1)
    assert second.replaced + second.duplicates >= 1


def test_reading_a_page_again_writes_nothing(store: Store) -> None:
    page: list[Record] = [
        activity("a"),
        activity("b", group=(("account|lms|piet",),)),
        Retraction(id="z"),
    ]
    commit(store, page)
    before = dump(store)
    result = commit(store, page)
    assert (result.new, result.replaced, result.retracted, result.duplicates) == (0, 0, 0, 2)
    assert dump(store) == before


def test_a_void_that_comes_first_and_one_after_a_restart(store: Store, url: str) -> None:
    commit(store, [Retraction(id="a"), activity("b")])
    store.close()
    with Store.open(url) as again:
        commit(again, [activity("a"), Retraction(id="b")])
        assert counts(again, WHO) == Counter()


def test_what_a_page_would_write_is_written_whole_or_not_at_all(
    new_store: NewStore,
) -> None:
    first = [activity("a"), activity("b"), activity("c")]
    second: list[Record] = [
        activity("a", revision=1, verb="did"),
        activity("b", who="piet"),
        Retraction(id="c"),
        activity("d", who="jan", topic="bread", group=(("account|lms|piet", "mail|p"),)),
    ]

    class Killed(Exception):
        pass

    class Reject:
        place, line, reason, raw = "file", 3, "expected a statement, found a list", b"[]"

    def everything(store: Store) -> None:
        commit(store, second, mark="2", learners={WHO[0]: "page 3"}, rejects=[Reject()])

    with new_store() as store:
        commit(store, first, mark="1")
        before = dump(store)
        statement = 0
        while True:
            statement += 1
            left = [statement]

            def count_down(*_: object, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] == 0:
                    raise Killed

            event.listen(store.engine, "before_cursor_execute", count_down)
            try:
                everything(store)
            except Killed:
                assert dump(store) == before
            else:
                break
            finally:
                event.remove(store.engine, "before_cursor_execute", count_down)
        assert statement > 20
        assert dump(store) != before
        with store.reading() as tx:
            assert tx.sources.state("lms", IDENTIFY).mark == "2"


def test_nothing_on_disk_names_anyone_or_can_be_guessed(store: Store, find_strings: Find) -> None:
    one = activity("user-sanne-7", identities=("account|lms|sanne", "mbox_sha1sum|abcdef"))
    commit(store, [one], learners={"account|lms|sanne": "cursor"})
    with store.transaction() as tx:
        (content, entry_digest) = tx.first(
            "SELECT d.content, i.id_digest FROM dedupe d JOIN recent_ids i ON i.entry = d.entry"
        ) or (b"", b"")
    from hashlib import blake2b

    from leercultuur_core.activity.activity import content_digest

    assert content != content_digest(one)
    assert entry_digest != blake2b(b"user-sanne-7", digest_size=16).digest()
    store.scrub()
    assert find_strings(store, "sanne", "abcdef") == []


def test_with_a_new_key_the_same_people_and_activities_are_known(store: Store) -> None:
    both = Identifier([NEW, OLD])
    commit(store, [activity("a"), activity("b")])
    again = commit(store, [activity("a"), activity("c"), Retraction(id="b")], both)
    assert (again.new, again.duplicates, again.retracted) == (1, 1, 1)
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM persons") == 1
        by_age = "SELECT key_id FROM identities GROUP BY key_id ORDER BY min(identity)"
        assert tx.all(by_age) == [(key_id,) for key_id in reversed(both.key_ids)]
    assert counts(store, WHO, both).total() == 2
    replaced = commit(store, [activity("a", revision=1, day=1)], both)
    assert (replaced.new, replaced.replaced) == (0, 1)
    assert commit(store, [activity("a", revision=1, day=1)], both).duplicates == 1
    with store.reading() as tx:
        newest = tx.value("SELECT identity FROM identities WHERE key_id = ?", both.key_ids[0])
        assert tx.all("SELECT DISTINCT identity FROM dedupe") == [(newest,)]


def test_a_wrong_key_is_refused_before_anything_counts_twice(store: Store) -> None:
    commit(store, [activity("a")])
    before = dump(store)
    with pytest.raises(
        StoreError, match="identity key: expected the one this store was made with"
    ) as caught:
        commit(store, [activity("a")], Identifier([NEW]))
    assert caught.value.trouble == "key"
    assert dump(store) == before


def test_an_erased_person_does_not_come_back(store: Store) -> None:
    alone = activity("a", identities=("account|lms|sanne", "mail|sanne"))
    together = activity("b", who="piet", group=(("account|lms|sanne",),))
    commit(store, [alone, together, activity("c", who="piet")])
    with store.reading() as tx:
        sanne = tx.people.find("account|lms|sanne", IDENTIFY)
    assert sanne is not None
    store.erase_person(sanne, at=NOON)
    before = dump(store)
    beside = activity("d", identities=("account|elsewhere|s", "account|lms|sanne"))
    grouped = activity("e", who="piet", group=(("account|elsewhere|s", "account|lms|sanne"),))
    result = commit(store, [alone, together, beside])
    assert (result.erased, result.duplicates, result.conflicts) == (2, 1, 0)
    after = dump(store)
    assert after["dedupe"] == before["dedupe"]
    assert after["ledger"] == before["ledger"]
    commit(store, [grouped, activity("f", identities=("mail|sanne",))])
    assert counts(store, WHO) == Counter(
        {("account|lms|piet", "default", "general", "viewed", utc_day(NOON)): 3}
    )


def test_days_that_retention_removed_do_not_come_back(store: Store) -> None:
    old, young = activity("a", day=-800), activity("b")
    commit(store, [old, young])
    with store.transaction() as tx:
        tx.privacy.keep_until(
            payload_from=utc_day(NOON) - 400,
            ledger_from=utc_day(NOON) - 700,
            rejects_from=NOON,
            at=NOON,
        )
    result = commit(store, [old, young])
    assert (result.too_old, result.new, result.duplicates) == (1, 0, 1)
    assert counts(store, WHO).total() == 1


def test_other_identifiers_of_a_learner_suggest_a_link_and_make_no_person(store: Store) -> None:
    commit(store, [activity("a", identities=("account|lms|sanne", "mail|s"))])
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM persons") == 1
        assert tx.people.suggestions() == []
    commit(store, [activity("b", identities=("mail|s",))])
    with store.reading() as tx:
        pair = (tx.people.find("account|lms|sanne", IDENTIFY), tx.people.find("mail|s", IDENTIFY))
        assert tx.people.suggestions() == [pair]
