"""Erase, export and retention: nothing of one person stays, everything of all others does."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import frozen

from leercultuur_core.activity.activity import Activity, utc_day
from leercultuur_core.activity.evidence import EvidenceRules, Rule
from leercultuur_core.activity.identity import mailbox
from leercultuur_core.storage import (
    AuditEntry,
    Consent,
    Identifier,
    ItemAnswer,
    KeptArm,
    KeptEstimate,
    KeptRelease,
    OutboxPrompt,
    Practice,
    Store,
    StoredReceipt,
)

from .conftest import Find, tables

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = utc_day(NOON)
IDENTIFY = Identifier([b"a made-up key of the tests"])
RULES = EvidenceRules((Rule(verb="read", kind="viewed"),), "test")
NAMES = ("Sanne", "Pieter", "Jolijn")


@frozen
class Entry:
    identifiers: tuple[str, ...]
    name: str
    addresses: dict[str, str]
    manager: str | None = None
    roles: tuple[str, ...] = ("worker",)
    unit: str = "Bakkerij"
    language: str | None = "nl"
    employment: str = "employee"
    working_days: tuple[int, ...] | None = None
    active: bool = True
    away: tuple[tuple[date, date], ...] = ()


@frozen
class Reject:
    raw: bytes
    place: str = "statements.ndjson"
    line: int | None = 7
    reason: str = "expected a verb, found none"


def fill(store: Store) -> dict[str, str]:
    """Everything the store can hold of three people, each with their name in every text. Gives
    name → uuid."""
    page = []
    for name in NAMES:
        who = (f"account|lms|{name}", f"mail|{name}")
        page += [
            Activity(
                id=f"{name}-{number}",
                identities=who,
                verb="read",
                topic=f"Course of {name}" if number else "general",
                object_id=f"https://lms.example/profile/{name}",
                context_types=("a", "b"),
                occurred_at=NOON - timedelta(days=number),
                score=0.5,
            )
            for number in range(4)
        ]
    page.append(
        Activity(
            id="together",
            identities=("account|lms|Sanne",),
            group=(("account|lms|Pieter",),),
            verb="sang",
            occurred_at=NOON,
        )
    )
    clash = [
        Activity(id="clash", identities=("account|lms|Sanne",), verb=verb, occurred_at=NOON)
        for verb in ("read", "sang")
    ]
    store.commit_page(
        [*page, *clash],
        rules=RULES,
        identify=IDENTIFY,
        source_name="lms",
        at=NOON,
        mark="7",
        learners={f"account|lms|{name}": f"cursor of {name}" for name in NAMES},
        rejects=[
            Reject(f'{{"actor": "{name.lower()}@korenaar.example"}}'.encode()) for name in NAMES
        ]
        + [Reject(b"[]")],
    )
    with store.transaction() as tx:
        people = [
            Entry(
                (f"account|lms|{name}", f"hr|{name}"),
                name,
                {"mail": f"{name.lower()}@korenaar.example"},
                manager="hr|Sanne",
            )
            for name in NAMES
        ]
        tx.people.put_directory("hr", people, identify=IDENTIFY, at=NOON)
        uuids = {name: str(tx.people.find(f"hr|{name}", IDENTIFY)) for name in NAMES}
        tx.privacy.put_release(
            KeptRelease(
                "", "group", "2026-Q1", {"acting": [25, 50]}, frozenset(uuids.values()), NOON
            )
        )
        asked = tx.preconditions.open_round("Bakkerij", ["a", "b", "c"], at=NOON)
        study = tx.effect.write({"seed": "zout"}, "digest", at=NOON)
        arms = [KeptArm(uuid, 1, "later", "acting/small", TODAY) for uuid in uuids.values()]
        tx.effect.assign(study.number, arms, at=NOON)
        for number, (name, uuid) in enumerate(uuids.items()):
            tx.sources.set_presence(
                f"account|lms|{name}", "lms", [(TODAY, None)], identify=IDENTIFY, at=NOON
            )
            for day in (TODAY - 1, TODAY):
                shares = (0, 400_000, 600_000, 0, 0)
                tx.results.put_estimates([KeptEstimate(uuid, day, "acting", shares, "2026-W05", 1)])
            tx.results.put_practice(Practice(f"unit of {number}", "try-it", "doing", TODAY, uuid))
            tx.delivery.add(
                [
                    OutboxPrompt(
                        prompt_id=f"p{number}{kind}",
                        recipient=uuid,
                        subject_person=subject,
                        layer="tasks",
                        intervention="try-it",
                        episode="2026-W05",
                        occasion=1,
                        sink="files",
                        language="nl",
                        payload={"text": f"Hoi {name}"},
                        created=NOON,
                        due=NOON,
                    )
                    for kind, subject in (("own", uuid), ("unit", None))
                ]
            )
            tx.delivery.bundle(f"m{number}", [f"p{number}own"], sink="files", at=NOON)
            tx.delivery.receive(StoredReceipt(f"m{number}", "sent", "", NOON))
            tx.delivery.answer(f"p{number}own", "done", at=NOON)
            tx.delivery.use_link(f"p{number}own", "done", person=uuid, at=NOON)
            tx.people.choose_channels(uuid, ["mail"])
            tx.privacy.consent(Consent(uuid, "own-prompts", True, NOON, recorded_by=uuid))
            tx.preconditions.answer(ItemAnswer(uuid, "safety", number + 1, TODAY))
            tx.preconditions.cast(asked, uuid, f"choice of {number}", at=NOON)
            tx.privacy.note(AuditEntry(NOON, uuids["Sanne"], "explained", uuid, "phase"))
    return uuids


def dump(store: Store) -> dict[str, set[Any]]:
    with store.reading() as tx:
        return {name: set(tx.all(f"SELECT * FROM {name}")) for name in tables(tx)}  # noqa: S608


def test_everything_of_a_person_is_there_before_and_nothing_after(
    store: Store, find_strings: Find
) -> None:
    uuids = fill(store)
    assert find_strings(store, "sanne", uuids["Sanne"]) == ["sanne", uuids["Sanne"]]
    counts = store.erase_person(uuids["Sanne"], at=NOON, strings=["account|lms|Sanne"])
    assert find_strings(store, "sanne", uuids["Sanne"]) == []
    assert find_strings(store, *NAMES[1:], *(uuids[name] for name in NAMES[1:])) == [
        *NAMES[1:],
        *(uuids[name] for name in NAMES[1:]),
    ]
    assert counts == {
        "rejects": 1,
        "log": 6,
        "dedupe": 6,
        "recent_ids": 6,
        "conflicts": 1,
        "ledger": 5,
        "presence": 1,
        "learner_state": 1,
        "links": 2,
        "suggested": 1,
        "receipts": 1,
        "outbox": 2,
        "messages": 1,
        "answers": 1,
        "used_links": 1,
        "precondition_answers": 1,
        "votes": 1,
        "effect_arms": 1,
        "consents": 1,
        "estimates": 2,
        "persons": 1,
        "identities": 3,
        "facets": 1,
    }
    assert store.erase_person(uuids["Sanne"], at=NOON) == {}


def test_every_other_row_stays_as_it_was(store: Store) -> None:
    uuids = fill(store)
    before = dump(store)
    store.erase_person(uuids["Jolijn"], at=NOON)
    after = dump(store)
    added = {name: after[name] - before[name] for name in after if after[name] - before[name]}
    # What named her is nobody's now; her identities are barred; and that people changed is counted.
    assert set(added) == {"audit", "contributors", "do_not_ingest", "practice", "settings"}
    assert {row[0] for row in added["settings"]} == {"people", "forgotten"}
    assert [row[:4] for row in added["practice"]] == [("unit of 2", "try-it", "doing", TODAY)]
    assert [row[4] for row in added["audit"]] == [None]
    assert len(added["do_not_ingest"]) == 3
    gone = {name: before[name] - after[name] for name in before if before[name] - after[name]}
    others = {uuids["Sanne"], uuids["Pieter"], "Sanne", "Pieter"}
    for rows in gone.values():
        for row in rows:
            assert (
                not others & {str(value) for value in row} or row[2] == uuids["Sanne"]
            )  # the audit
    with store.transaction() as tx:
        assert not tx.ledger.recount()
        (kept,) = tx.privacy.releases()
        assert len(kept.contributors) == 3
        assert len(kept.contributors & set(uuids.values())) == 2


def test_whoever_did_the_reading_is_taken_out_of_the_audit(store: Store) -> None:
    uuids = fill(store)
    store.erase_person(uuids["Sanne"], at=NOON)
    with store.reading() as tx:
        assert {entry.who for entry in tx.privacy.audit()} == {"erased"}
        assert [entry.subject for entry in tx.privacy.audit(subject=uuids["Pieter"])] == [
            uuids["Pieter"]
        ]
        assert {one.manager for one in tx.people.all().values()} == {None}


def test_rejects_go_by_any_way_somebody_is_written(store: Store, find_strings: Find) -> None:
    """Rejects carry no identity; what stands in them does."""
    uuids = fill(store)
    hash_of_sanne = mailbox("sanne@korenaar.example").rpartition("|")[2]
    theirs = [
        b'{"actor": {"mbox": "mailto:SANNE@korenaar.example"}}',
        b'{"actor": {"name": "Sanne"}, "verb": 7}',
        f'{{"actor": {{"mbox_sha1sum": "{hash_of_sanne}"}}}}'.encode(),
        b'{"actor": {"account": {"homePage": "https://lms.example", "name": "s-0417"}}}',
        rb'{"actor": {"name": "Sann\u00e9"}}',
    ]
    others = [
        b'{"actor": {"account": {"homePage": "https://lms.example", "name": "p-0418"}}}',
        b'{"actor": {"account": {"homePage": "https://other.example", "name": "s-0417"}}}',
    ]
    with store.transaction() as tx:
        tx.run("DELETE FROM rejects")
        tx.sources.keep_rejects(
            "lms", [Reject(raw, line=n) for n, raw in enumerate([*theirs, *others])], at=NOON
        )
        tx.sources.keep_rejects("lms", [Reject(b"[]", reason="found sanne")], at=NOON)
        tx.sources.keep_rejects("lms", [Reject(b"[]", "of-sanne.ndjson")], at=NOON)
    gone = store.erase_person(
        uuids["Sanne"], at=NOON, strings=["account|https://lms.example|s-0417", "Sanné"]
    )
    assert gone["rejects"] == len(theirs) + 2
    assert [row[5] for row in sorted(dump(store)["rejects"])] == others
    assert find_strings(store, "Sanne", hash_of_sanne) == []


def test_an_erased_contributor_counts_as_the_same_nobody_in_every_release(store: Store) -> None:
    uuids = fill(store)
    with store.transaction() as tx:
        release = KeptRelease("", "group", "2026-Q2", {}, frozenset({uuids["Sanne"]}), NOON)
        tx.privacy.put_release(release)
    store.erase_person(uuids["Sanne"], at=NOON)
    with store.reading() as tx:
        first, second = tx.privacy.releases()
        assert len(first.contributors) == 3
        assert second.contributors < first.contributors
        assert uuids["Sanne"] not in first.contributors


def test_export_gives_everything_that_is_held(store: Store) -> None:
    uuids = fill(store)
    with store.reading() as tx:
        held = tx.privacy.export(uuids["Sanne"])
        assert tx.privacy.export("nobody") == {}
    assert json.loads(json.dumps(held)) == held
    assert held["person"]["name"] == "Sanne"
    assert held["person"]["channels"] == ["mail"]
    assert held["person"]["addresses"] == {"mail": "sanne@korenaar.example"}
    assert held["person"]["since"] == "2026-03-02"
    sizes = {key: len(value) for key, value in held.items() if key != "person"}
    assert sizes == {
        "identities": 3,
        "activities": 6,
        "ledger": 5,
        "presence": 1,
        "remembered_by_sources": 1,
        "estimates": 2,
        "prompts": 2,
        "prompts_about_them": 0,
        "receipts": 1,
        "answers": 1,
        "used_links": 1,
        "precondition_answers": 1,
        "votes": 1,
        "effect_arms": 1,
        "consents": 1,
        "releases": 1,
        "read_by": 1,
        "rejects": 1,
    }
    assert sum(row["count"] for row in held["ledger"]) == 6
    first = next(one for one in held["activities"] if one["day"] == "2026-02-27")
    assert first["object_id"] == "https://lms.example/profile/Sanne"
    assert (first["kind"], first["topic"], first["score"]) == ("viewed", "Course of Sanne", 0.5)
    assert first["occurred_at"] == "2026-02-27T12:00:00+00:00"
    assert held["prompts"][0]["payload"] == {"text": "Hoi Sanne"}
    assert held["consents"][0]["given"] is True
    assert "Pieter" not in json.dumps(held)
    assert "Jolijn" not in json.dumps(held)


def test_every_table_with_somebody_in_it_is_covered_by_erase(store: Store) -> None:
    """A table added later must be thought of here: it names people, or it does not."""
    nobody = {
        "alembic_version",
        "conflicts",
        "declared",
        "do_not_ingest",
        "effect_studies",
        "facets",
        "identity_keys",
        "ids",
        "recent_ids",
        "releases",
        "rulesets",
        "runs",
        "settings",
        "shapes",
        "sightings",
        "source_state",
        "tombstones",
        "vote_rounds",
    }
    uuids = fill(store)
    for uuid in uuids.values():
        store.erase_person(uuid, at=NOON)
    left = {name: rows for name, rows in dump(store).items() if rows and name not in nobody}
    assert set(left) == {"audit", "contributors", "practice", "rejects"}
    assert [row[5] for row in left["rejects"]] == [b"[]"]
    assert not {str(value) for rows in left.values() for row in rows for value in row} & set(
        uuids.values()
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_trace_is_left_where_rows_moved_between_pages(file_store: Store, seed: int) -> None:
    """What `secure_delete` alone misses: copies that stay behind when a page is split or joined."""
    chance = Random(seed)
    made: list[str] = []
    alive: set[str] = set()
    for _ in range(60):
        with file_store.transaction() as tx:
            new = [f"{chance.getrandbits(64):016x}-{len(made) + n:05d}q" for n in range(40)]
            tx.many(
                "INSERT INTO persons (uuid, name, roles, unit, employment, addresses, active, since)"
                " VALUES (?, ?, '', '', '', '', 1, 0)",
                [(one, one[-6:] * chance.randrange(1, 60)) for one in new],
            )
            made += new
            alive.update(new)
            gone = chance.sample(sorted(alive), chance.randrange(40))
            tx.many("DELETE FROM persons WHERE uuid = ?", [(one,) for one in gone])
            alive.difference_update(gone)
    file_store.scrub()
    files = [Path(file_store.name + suffix) for suffix in ("", "-wal", "-journal")]
    content = b"".join(path.read_bytes() for path in files if path.exists())
    assert {one for one in made if one[-6:].encode() in content} == alive


def test_retention_lets_go_of_payload_first_and_of_the_rest_later(store: Store) -> None:
    days = (0, 100, 500, 900)
    page = [
        Activity(
            id=f"{who}{ago}", identities=(who,), verb="read", occurred_at=NOON - timedelta(days=ago)
        )
        for who, ago in [("sanne", ago) for ago in days] + [("piet", 900)]
    ]
    old = NOON - timedelta(days=900)
    store.commit_page(
        page, rules=RULES, identify=IDENTIFY, source_name="lms", at=old, rejects=[Reject(b"x")]
    )
    with store.transaction() as tx:
        before = tx.ledger.visibility(until=TODAY + 1)
        assert tx.privacy.ledger_from() is None
        counts = tx.privacy.keep_until(
            payload_from=TODAY - 395,
            ledger_from=TODAY - 730,
            rejects_from=NOON - timedelta(days=30),
            at=NOON,
        )
        assert counts == {
            "log": 3,
            "recent_ids": 2,
            "dedupe": 2,
            "ledger": 2,
            "rejects": 1,
            "links": 1,
            "persons": 1,
            "identities": 1,
        }
        assert tx.ledger.read().total() == 3
        assert tx.value("SELECT count(*) FROM log") == 2
        assert tx.ledger.visibility(until=TODAY + 1) == before
        assert not tx.ledger.recount()
        # It never goes back, whatever is asked.
        tx.privacy.keep_until(
            payload_from=0, ledger_from=0, rejects_from=NOON - timedelta(days=30), at=NOON
        )
        assert tx.privacy.ledger_from() == TODAY - 730


def test_who_left_long_ago_is_forgotten_and_who_works_here_is_not(store: Store) -> None:
    long_ago = NOON - timedelta(days=800)
    here = Entry(("hr|here",), "Hier", {})
    gone = Entry(("hr|gone",), "Weg", {}, active=False)
    with store.transaction() as tx:
        tx.people.put_directory("hr", [here, gone], identify=IDENTIFY, at=long_ago)
        tx.privacy.keep_until(
            payload_from=TODAY - 395, ledger_from=TODAY - 730, rejects_from=NOON, at=NOON
        )
        assert [one.name for one in tx.people.all().values()] == ["Hier"]
        assert tx.value("SELECT count(*) FROM do_not_ingest") == 0


def test_a_suggestion_to_who_was_erased_goes_too(store: Store) -> None:
    page = [
        Activity(
            id="a", identities=("account|lms|piet", "mail|shared"), verb="read", occurred_at=NOON
        ),
        Activity(id="b", identities=("mail|shared",), verb="read", occurred_at=NOON),
    ]
    store.commit_page(page, rules=RULES, identify=IDENTIFY, source_name="lms", at=NOON)
    with store.transaction() as tx:
        assert len(tx.people.suggestions()) == 1
        tx.privacy.erase(str(tx.people.find("mail|shared", IDENTIFY)), at=NOON)
        assert tx.all("SELECT * FROM suggested") == []
