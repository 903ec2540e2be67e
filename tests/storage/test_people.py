"""People, directories and links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from leercultuur_core.activity.activity import Activity, utc_day
from leercultuur_core.activity.evidence import EvidenceRules, Rule
from leercultuur_core.storage import Consent, DirectoryResult, Identifier, Store, StoredPerson

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDENTIFY = Identifier([b"a made-up key of the tests"])
RULES = EvidenceRules((Rule(verb="read", kind="viewed"),), "test")


@frozen
class Entry:
    identifiers: tuple[str, ...]
    name: str = ""
    roles: tuple[str, ...] = ("worker",)
    manager: str | None = None
    unit: str = ""
    language: str | None = None
    employment: str = "employee"
    working_days: tuple[int, ...] | None = None
    addresses: Mapping[str, str] = field(factory=dict)
    active: bool = True
    away: tuple[tuple[date, date], ...] = ()


SANNE = Entry(
    ("mail|s", "employee|korenaar|7"),
    "Sanne",
    manager="mail|m",
    unit="Bakkerij/Productie",
    language="nl",
    working_days=(1, 2, 4),
    addresses={"mail": "s@korenaar.example"},
)
MAAIKE = Entry(("mail|m",), "Maaike", roles=("worker", "manager"))


def put(
    store: Store, *entries: Entry, name: str = "people.csv", at: datetime = NOON
) -> DirectoryResult:
    with store.transaction() as tx:
        return tx.people.put_directory(name, entries, identify=IDENTIFY, at=at)


def did(store: Store, *who: str, **more: Any) -> None:
    page = [
        Activity(id=f"{name}-{number}", identities=(name,), verb="read", occurred_at=NOON, **more)
        for number, name in enumerate(who)
    ]
    store.commit_page(page, rules=RULES, identify=IDENTIFY, source_name="lms", at=NOON)


def find(store: Store, identifier: str) -> str:
    with store.reading() as tx:
        uuid = tx.people.find(identifier, IDENTIFY)
    assert uuid is not None
    return uuid


def person(store: Store, identifier: str) -> StoredPerson:
    with store.reading() as tx:
        return tx.people.all()[find(store, identifier)]


def everyone(store: Store) -> int:
    with store.reading() as tx:
        return len(tx.people.all())


def test_who_is_seen_is_somebody_at_once(store: Store) -> None:
    did(store, "account|lms|sanne", "account|lms|piet", "account|lms|sanne")
    assert everyone(store) == 2
    seen = person(store, "account|lms|sanne")
    assert (seen.name, seen.directory, seen.active, seen.since) == ("", None, True, utc_day(NOON))
    with store.reading() as tx:
        assert tx.people.find("account|lms|nobody", IDENTIFY) is None


def test_a_directory_says_who_people_are(store: Store) -> None:
    assert put(store, SANNE, MAAIKE) == DirectoryResult(new=2)
    sanne, maaike = person(store, "mail|s"), person(store, "mail|m")
    assert sanne == person(store, "employee|korenaar|7")
    assert (sanne.name, sanne.roles, sanne.unit, sanne.language) == (
        "Sanne",
        ("worker",),
        "Bakkerij/Productie",
        "nl",
    )
    assert (sanne.working_days, sanne.addresses) == ((1, 2, 4), {"mail": "s@korenaar.example"})
    assert (sanne.manager, maaike.manager, maaike.roles) == (
        maaike.uuid,
        None,
        ("worker", "manager"),
    )
    assert "Sanne" not in repr(sanne)


def test_the_same_list_again_changes_nothing(store: Store) -> None:
    put(store, SANNE, MAAIKE)
    before = person(store, "mail|s")
    assert put(store, SANNE, MAAIKE, at=NOON + timedelta(days=1)) == DirectoryResult()
    assert person(store, "mail|s") == before


def test_who_changes_leaves_and_comes_back(store: Store) -> None:
    put(store, SANNE, MAAIKE)
    uuid = find(store, "mail|s")
    changed = evolve(SANNE, unit="Bakkerij/Winkel")
    assert put(store, changed, MAAIKE) == DirectoryResult(changed=1)
    later = NOON + timedelta(days=9)
    assert put(store, MAAIKE, at=later) == DirectoryResult(gone=1)
    assert put(store, MAAIKE, at=later + timedelta(days=1)) == DirectoryResult()
    gone = person(store, "mail|s")
    assert (gone.active, gone.until, gone.unit) == (False, utc_day(later), "Bakkerij/Winkel")
    assert put(store, changed, MAAIKE) == DirectoryResult(changed=1)
    back = person(store, "mail|s")
    assert (back.uuid, back.active, back.until) == (uuid, True, None)


def test_who_a_directory_calls_inactive_left_on_the_first_day_it_said_so(store: Store) -> None:
    left = evolve(SANNE, active=False)
    put(store, left, MAAIKE)
    assert put(store, left, MAAIKE, at=NOON + timedelta(days=3)) == DirectoryResult()
    assert person(store, "mail|s").until == utc_day(NOON)


def test_another_directory_s_people_do_not_leave(store: Store) -> None:
    put(store, SANNE, name="hr")
    assert put(store, MAAIKE, name="people.csv") == DirectoryResult(new=1)
    assert person(store, "mail|s").active


def test_a_directory_may_come_after_the_activities(store: Store) -> None:
    did(store, "mail|s", "employee|korenaar|7", "account|lms|sanne")
    with store.transaction() as tx:
        uuid = tx.people.find("employee|korenaar|7", IDENTIFY)
        assert uuid is not None
        tx.privacy.consent(Consent(uuid, "own-prompts", True, NOON))
    assert everyone(store) == 3
    assert put(store, SANNE, MAAIKE) == DirectoryResult(new=2)
    assert everyone(store) == 3
    one = find(store, "mail|s")
    with store.reading() as tx:
        assert tx.ledger.read([one]).total() == 2
        assert tx.privacy.consents("own-prompts") == {one: True}


def test_entries_that_cannot_be_told_apart_are_reported_and_left_out(store: Store) -> None:
    put(store, SANNE, MAAIKE)
    both = Entry(("mail|s", "mail|m"), "Who")
    result = put(store, both)
    assert result.ambiguous == (("mail|s", "mail|m"),)
    twice = put(store, Entry(("mail|x", "mail|y")), Entry(("mail|y",)), Entry(("mail|z",)))
    assert twice.ambiguous == (("mail|x", "mail|y"), ("mail|y",))
    assert twice.new == 1
    assert put(store, Entry(())).ambiguous == ((),)


def test_a_link_by_hand_is_not_undone_by_an_entry_that_lacks_it(store: Store) -> None:
    did(store, "account|lms|a", "account|lms|b", "mail|s")
    with store.transaction() as tx:
        assert tx.people.link(
            "account|lms|b", find_in(tx, "account|lms|a"), identify=IDENTIFY, at=NOON
        )
        assert tx.people.link("mail|s", find_in(tx, "account|lms|a"), identify=IDENTIFY, at=NOON)
    assert everyone(store) == 1
    put(store, SANNE)
    assert (
        find(store, "account|lms|b") == find(store, "mail|s") == find(store, "employee|korenaar|7")
    )


def find_in(tx: Any, identifier: str) -> str:
    return str(tx.people.find(identifier, IDENTIFY))


def test_linking_and_unlinking_leave_the_ledger_as_it_is(store: Store) -> None:
    did(store, "account|lms|sanne", "mail|s", "mail|s")
    with store.transaction() as tx:
        rows = tx.all("SELECT * FROM ledger")
        sanne = find_in(tx, "account|lms|sanne")
        assert tx.people.link("mail|s", sanne, identify=IDENTIFY, at=NOON)
        assert tx.ledger.read([sanne]).total() == 3
        assert len(tx.people.all()) == 1
        other = tx.people.unlink("mail|s", identify=IDENTIFY, at=NOON)
        assert other is not None
        assert other != sanne
        assert tx.ledger.read([other]).total() == 2
        assert tx.ledger.read([sanne]).total() == 1
        assert tx.all("SELECT * FROM ledger") == rows
        assert tx.people.unlink("mail|s", identify=IDENTIFY, at=NOON) == other
        assert tx.people.unlink("mail|unknown", identify=IDENTIFY, at=NOON) is None
        assert not tx.people.link("mail|s", "no such person", identify=IDENTIFY, at=NOON)


def test_merging_two_people_keeps_what_they_said(store: Store) -> None:
    did(store, "account|lms|sanne", "mail|s")
    with store.transaction() as tx:
        sanne, other = find_in(tx, "account|lms|sanne"), find_in(tx, "mail|s")
        tx.privacy.consent(Consent(other, "effect", False, NOON))
        tx.run("UPDATE persons SET manager = (SELECT person FROM persons WHERE uuid = ?)", other)
        assert tx.people.merge(other, sanne, at=NOON)
        assert tx.people.all()[sanne].manager == sanne
        assert not tx.people.merge(other, sanne, at=NOON)
        assert not tx.people.merge(sanne, sanne, at=NOON)
        assert tx.privacy.consents("effect") == {sanne: False}
        assert list(tx.people.all()) == [sanne]


def test_a_directory_does_not_bring_back_who_was_erased(store: Store) -> None:
    put(store, SANNE, MAAIKE)
    store.erase_person(find(store, "mail|s"), at=NOON)
    assert put(store, SANNE, MAAIKE) == DirectoryResult(erased=1)
    assert everyone(store) == 1
    with store.transaction() as tx:
        maaike = find_in(tx, "mail|m")
        assert not tx.people.link("mail|s", maaike, identify=IDENTIFY, at=NOON)


def test_when_somebody_is_away_is_what_the_directory_last_said(store: Store) -> None:
    leave = ((date(2026, 3, 2), date(2026, 3, 13)), (date(2026, 7, 6), date(2026, 7, 6)))
    away = evolve(SANNE, away=leave[::-1])
    with store.transaction() as tx:
        assert tx.people.put_directory("hr", [away], identify=IDENTIFY, at=NOON).new == 1
        assert tx.people.put_directory("hr", [away], identify=IDENTIFY, at=NOON).changed == 0
        (sanne,) = tx.people.all().values()
        assert sanne.away == leave
        assert tx.privacy.export(sanne.uuid)["person"]["away"][1] == ["2026-07-06", "2026-07-06"]
        assert tx.people.put_directory("hr", [SANNE], identify=IDENTIFY, at=NOON).changed == 1
        assert [one.away for one in tx.people.all().values()] == [()]
