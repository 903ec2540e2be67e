"""Consents, releases and the audit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import EvidenceRules
from leercultuur_core.storage import AuditEntry, Consent, Identifier, KeptRelease, Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDENTIFY = Identifier([b"a made-up key of the tests"])


@pytest.fixture
def sanne(store: Store) -> str:
    page = [Activity(id="a", identities=("account|lms|sanne",), verb="read", occurred_at=NOON)]
    rules = EvidenceRules((), "test")
    store.commit_page(page, rules=rules, identify=IDENTIFY, source_name="lms", at=NOON)
    with store.reading() as tx:
        return str(tx.people.find("account|lms|sanne", IDENTIFY))


def test_the_latest_consent_holds_and_none_is_overwritten(store: Store, sanne: str) -> None:
    given = [
        Consent(sanne, "own-prompts", True, NOON),
        Consent(sanne, "group", False, NOON, "hr"),
        Consent(sanne, "own-prompts", False, NOON + timedelta(hours=1)),
    ]
    with store.transaction() as tx:
        assert all(tx.privacy.consent(one) for one in given)
        assert not tx.privacy.consent(Consent("nobody", "group", True, NOON))
        assert tx.privacy.consents("own-prompts") == {sanne: False}
        assert tx.privacy.consents("effect") == {}
        assert sorted(tx.privacy.consents_of(sanne), key=repr) == sorted(given, key=repr)
        # What was recorded last holds, also after a clock that went back.
        tx.privacy.consent(Consent(sanne, "own-prompts", True, NOON))
        assert tx.privacy.consents("own-prompts") == {sanne: True}


def test_a_release_is_frozen(store: Store) -> None:
    first = KeptRelease(
        "Bakkerij", "group", "2026-Q1", {"acting": [25, 50]}, frozenset({"a", "b"}), NOON
    )
    with store.transaction() as tx:
        assert tx.privacy.put_release(first)
        other = KeptRelease("Bakkerij", "group", "2026-Q1", {}, frozenset({"c"}), NOON)
        assert not tx.privacy.put_release(other)
        assert tx.privacy.put_release(KeptRelease("", "group", "2026-Q1", {}, frozenset(), NOON))
        assert tx.privacy.releases(unit="Bakkerij") == [first]
        assert [one.unit for one in tx.privacy.releases(purpose="group")] == ["", "Bakkerij"]
        assert tx.privacy.releases(quarter="2026-Q2") == []
    assert "'a'" not in repr(first)


def test_the_audit_says_who_read_what_about_whom(store: Store, sanne: str) -> None:
    about = AuditEntry(NOON, "hr", "explained", sanne, "phase")
    general = AuditEntry(NOON, "hr", "released", None, "2026-Q1")
    with store.transaction() as tx:
        tx.privacy.note(about)
        tx.privacy.note(general)
        assert tx.privacy.audit() == [about, general]
        assert tx.privacy.audit(subject=sanne) == [about]


def test_an_erase_that_stops_anywhere_has_erased_nothing(store: Store, sanne: str) -> None:
    class Killed(Exception):
        pass

    statement = 0
    while True:
        statement += 1
        left = [statement]

        def count_down(*_: object, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Killed

        with store.reading() as tx:
            assert tx.ledger.read([sanne]).total() == 1
        event.listen(store.engine, "before_cursor_execute", count_down)
        try:
            with store.transaction() as tx:
                counts = tx.privacy.erase(sanne, at=NOON)
        except Killed:
            continue
        finally:
            event.remove(store.engine, "before_cursor_execute", count_down)
        break
    assert counts["persons"] == 1
    assert statement > 20
