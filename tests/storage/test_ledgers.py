"""Reading the ledger: estimates from the store are those of the files, for all or for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from leercultuur_core.activity.activity import Activity, utc_day
from leercultuur_core.activity.evidence import EvidenceRules, Rule
from leercultuur_core.activity.ledger import fold
from leercultuur_core.activity.visibility import assumed_presence, learned_visibility
from leercultuur_core.storage import Identifier, LedgerTables, Store, Transaction, ledgers

from ..ledger_rows import rows, without_topics
from .conftest import NewStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNTIL = utc_day(NOON)
IDENTIFY = Identifier([b"a made-up key of the tests"])
RULES = EvidenceRules(
    (
        Rule(verb="read", kind="viewed"),
        Rule(verb="did", kind="applied"),
        Rule(verb="asked", kind="asked"),
    ),
    "first",
)


def history(count: int = 300) -> list[Activity]:
    chance = Random(5)
    return [
        Activity(
            id=str(number),
            identities=(f"account|lms|{chance.randrange(12)}",),
            source=chance.choice(["lms", "forum"]),
            topic=chance.choice(["general", "bread"]),
            verb=chance.choice(["read", "did", "asked", "sang"]),
            occurred_at=NOON + timedelta(days=chance.randrange(-200, 8)),
        )
        for number in range(count)
    ]


@pytest.fixture
def filled(store: Store) -> Store:
    activities = history()
    for first in range(0, len(activities), 70):
        page = activities[first : first + 70]
        store.commit_page(page, rules=RULES, identify=IDENTIFY, source_name="lms", at=NOON)
    return store


def test_visibility_and_presence_are_those_of_a_run_on_the_files(filled: Store) -> None:
    expected = fold(history(), RULES)
    with filled.reading() as tx:
        assert tx.ledger.visibility(until=UNTIL) == learned_visibility(expected, until=UNTIL)
        ledger = tx.ledger.read()
        assert tx.ledger.presence(ledger, until=UNTIL) == assumed_presence(ledger, until=UNTIL)
        names = {
            tx.people.find(f"account|lms|{n}", IDENTIFY): f"account|lms|{n}" for n in range(12)
        }
    assert {(names[key[0]], *key[1:]): count for key, count in ledger} == dict(expected)


def test_one_person_is_read_as_in_a_run_over_everybody(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled.reading() as tx:
        everybody = tx.ledger.read()
        presence = tx.ledger.presence(everybody, until=UNTIL)
        for uuid in tx.people.all():
            mine = tx.ledger.read([uuid])
            assert dict(mine) == {key: count for key, count in everybody if key[0] == uuid}
            assert tx.ledger.presence(mine, until=UNTIL).intervals == {
                uuid: presence.intervals[uuid]
            }
        assert len(tx.ledger.read([])) == 0
        few = sorted(tx.people.all())[:5]
        by_day = dict(tx.ledger.read(few))
        monkeypatch.setattr(ledgers, "_FEW", 0)
        assert dict(tx.ledger.read(few)) == by_day


SAID = EvidenceRules(
    (Rule(verb="did", kind="self-report.applying"), Rule(verb="asked", kind="self-report.acting")),
    "said",
)


@pytest.mark.parametrize("few", [0, 200])
def test_own_answers_are_the_rows_of_the_ledger_that_are_such(
    filled: Store, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(ledgers, "_FEW", few)
    with filled.transaction() as tx:
        people = sorted(tx.people.all())[:5]
        assert len(tx.ledger.own_answers(people)) == 0
        tx.ledger.rederive(SAID)
        said = {
            key: count for key, count in tx.ledger.read(people) if key[3].startswith("self-report.")
        }
        assert dict(tx.ledger.own_answers(people)) == said
        assert len({key[3] for key in said}) == 2
        assert len(tx.ledger.own_answers([])) == 0


@pytest.mark.parametrize("few", [0, 200])
def test_of_several_identities_of_a_person_the_rows_are_added_up(
    filled: Store, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(ledgers, "_FEW", few)
    with filled.transaction() as tx:
        one = str(tx.people.find("account|lms|0", IDENTIFY))
        tx.ledger.rederive(SAID)
        apart = tx.ledger.read()
        for number in range(1, 11):
            assert tx.people.link(f"account|lms|{number}", one, identify=IDENTIFY, at=NOON)
        other = str(tx.people.find("account|lms|11", IDENTIFY))
        added: Counter[tuple[str, str, str, int]] = Counter()
        for key, count in apart:
            if key[0] != other:
                added[key[1:]] += count
        mine = tx.ledger.read([one])
        assert {key[1:]: count for key, count in mine} == added
        assert len(added) + len(tx.ledger.read([other])) < len(apart)
        assert {key[0] for key, _ in mine} == {one}
        assert tx.ledger.read().total() == apart.total()
        assert {key[1:]: count for key, count in tx.ledger.own_answers([one])} == {
            key: count for key, count in added.items() if key[2].startswith("self-report.")
        }


def test_presence_is_told_without_the_ledger_of_those_asked_about(filled: Store) -> None:
    with filled.transaction() as tx:
        told = [(UNTIL - 50, UNTIL - 20), (UNTIL - 10, None)]
        for number, source in ((1, "lms"), (2, "elsewhere"), (999, "lms")):
            name = f"account|lms|{number}"
            tx.sources.set_presence(name, source, told, identify=IDENTIFY, at=NOON)
        for until in (UNTIL, UNTIL - 150, UNTIL - 195, UNTIL - 300):
            for people in (sorted(tx.people.all()), sorted(tx.people.all())[3:6], []):
                expected = tx.ledger.presence(tx.ledger.read(people), until=until)
                found = tx.ledger.presence_of(people, until=until)
                assert found == expected
                assert list(found.intervals) == list(expected.intervals)


def nothing(_tx: Transaction) -> None:
    pass


def linked(tx: Transaction) -> None:
    one = str(tx.people.find("account|lms|0", IDENTIFY))
    for number in (1, 2, 7):
        assert tx.people.link(f"account|lms|{number}", one, identify=IDENTIFY, at=NOON)


def erased(tx: Transaction) -> None:
    tx.privacy.erase(str(tx.people.find("account|lms|3", IDENTIFY)), at=NOON)


def kept_no_longer(tx: Transaction) -> None:
    tx.privacy.keep_until(
        payload_from=UNTIL - 60, ledger_from=UNTIL - 60, rejects_from=NOON, at=NOON
    )


def read_by_other_rules(tx: Transaction) -> None:
    tx.ledger.rederive(SAID)


def linked_to_nobody(tx: Transaction) -> None:
    """So that there are rows which are nobody's."""
    tx.run("DELETE FROM links WHERE identity IN (SELECT max(identity) FROM ledger)")


@pytest.mark.parametrize(
    "change", [nothing, linked, erased, kept_no_longer, read_by_other_rules, linked_to_nobody]
)
def test_columns_are_the_rows_of_the_mapping(
    filled: Store, monkeypatch: pytest.MonkeyPatch, change: Callable[[Transaction], None]
) -> None:
    with filled.transaction() as tx:
        tx.sources.set_presence(
            "account|lms|5", "forum", [(UNTIL - 30, None)], identify=IDENTIFY, at=NOON
        )
        before = rows(tx.ledger.columns())
        change(tx)
        everybody = sorted(tx.people.all())
        for few in (200, 0):
            monkeypatch.setattr(ledgers, "_FEW", few)
            for people in (None, everybody, everybody[2:5], []):
                mapping, columns = tx.ledger.read(people), tx.ledger.columns(people)
                assert rows(columns) == without_topics(mapping)
                assert set(columns.identities) == mapping.identities
                for until in (UNTIL, UNTIL - 150):
                    expected = tx.ledger.presence(mapping, until=until)
                    assert tx.ledger.presence(columns, until=until) == expected
        assert (rows(tx.ledger.columns()) == before) == (change is nothing)


def test_who_was_seen_only_later_is_present_where_a_directory_tells(filled: Store) -> None:
    early = UNTIL - 300  # before anybody was seen
    with filled.transaction() as tx:
        tx.sources.set_presence(
            "account|lms|5", "forum", [(early - 9, None)], identify=IDENTIFY, at=NOON
        )
        uuid = str(tx.people.find("account|lms|5", IDENTIFY))
        found = tx.ledger.presence(tx.ledger.columns(), until=early)
        assert found.intervals == {uuid: {"forum": ((early - 9, None),)}}


def test_one_person_is_found_by_day_and_not_by_reading_all(file_store: Store) -> None:
    with file_store.reading() as tx:
        sql = ledgers._OF_FEW.replace("IN (?)", "IN (1)")
        plan = "\n".join(row[3] for row in tx.all(f"EXPLAIN QUERY PLAN {sql}"))
    assert "SEARCH l USING PRIMARY KEY (day=? AND identity=?)" in plan


def test_a_directory_s_presence_comes_in_place_of_the_assumed(filled: Store) -> None:
    with filled.transaction() as tx:
        told = [(UNTIL - 50, UNTIL - 20), (UNTIL - 10, None)]
        tx.sources.set_presence("account|lms|1", "lms", told, identify=IDENTIFY, at=NOON)
        tx.sources.set_presence("account|lms|new", "lms", told, identify=IDENTIFY, at=NOON)
        uuid = str(tx.people.find("account|lms|1", IDENTIFY))
        presence = tx.ledger.presence(tx.ledger.read(), until=UNTIL)
        assert presence.intervals[uuid]["lms"] == tuple(told)
        assert len(presence.intervals[uuid]["forum"]) == 1
        assert len(presence.intervals) == 12


def test_an_erase_takes_nothing_from_what_could_be_seen(filled: Store) -> None:
    with filled.transaction() as tx:
        before = tx.ledger.visibility(until=UNTIL)
        for uuid in tx.people.all():
            tx.privacy.erase(uuid, at=NOON)
        assert len(tx.ledger.read()) == 0
        assert tx.ledger.visibility(until=UNTIL) == before


def test_other_rules_read_the_kept_activities_again(
    filled: Store, new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "_BATCH", 64)
    other = EvidenceRules(
        (Rule(verb="sang", kind="shared"), Rule(verb="read", kind="viewed")), "second"
    )
    was = [activity.verb for activity in history()]
    expected = {
        ("applied", "other"): was.count("did"),
        ("asked", "other"): was.count("asked"),
        ("other", "shared"): was.count("sang"),
    }
    with filled.transaction() as tx:
        before = tx.all("SELECT * FROM ledger"), tx.all("SELECT * FROM sightings")
        assert tx.ledger.rederive(other, dry_run=True) == expected
        assert (tx.all("SELECT * FROM ledger"), tx.all("SELECT * FROM sightings")) == before
        assert tx.ledger.rederive(other) == expected
        assert tx.ledger.rederive(other) == {}
        assert not tx.ledger.recount()
        after = tx.ledger.read()
        visibility = tx.ledger.visibility(until=UNTIL)
        assert tx.all(
            "SELECT DISTINCT version FROM dedupe d JOIN rulesets r ON r.ruleset = d.ruleset"
        ) == [("second",)]
    fresh = fold(history(), other)
    assert sorted((key[1:], count) for key, count in after) == sorted(
        (key[1:], count) for key, count in fresh
    )
    assert visibility == learned_visibility(fresh, until=UNTIL)


def test_what_has_no_payload_any_more_keeps_its_kind(filled: Store) -> None:
    with filled.transaction() as tx:
        tx.run("DELETE FROM log")
        before = tx.ledger.read()
        assert tx.ledger.rederive(EvidenceRules((), "none")) == {}
        assert tx.ledger.read() == before
        versions = "SELECT DISTINCT version FROM dedupe d JOIN rulesets r ON r.ruleset = d.ruleset"
        assert tx.all(versions) == [("first",)]


def test_a_ledger_that_went_wrong_is_made_anew(filled: Store) -> None:
    with filled.transaction() as tx:
        right = tx.ledger.read()
        assert not tx.ledger.recount()
        tx.run("UPDATE ledger SET count = count + 1 WHERE day = (SELECT min(day) FROM ledger)")
        assert tx.ledger.read() != right
        assert tx.ledger.recount()
        assert tx.ledger.read() == right
        tx.run("DELETE FROM ledger WHERE day = (SELECT min(day) FROM ledger)")
        assert tx.ledger.recount()
        assert tx.ledger.read() == right
        assert isinstance(tx.ledger, LedgerTables)
