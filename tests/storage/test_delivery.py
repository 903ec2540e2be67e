"""The outbox: once in, taken once, and every receipt kept."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import EvidenceRules
from leercultuur_core.storage import Identifier, OutboxPrompt, Store, StoredReceipt

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDENTIFY = Identifier([b"a made-up key of the tests"])


@pytest.fixture
def people(store: Store) -> tuple[str, str]:
    names = ("account|lms|sanne", "account|lms|piet")
    page = [Activity(id=name, identities=(name,), verb="read", occurred_at=NOON) for name in names]
    rules = EvidenceRules((), "test")
    store.commit_page(page, rules=rules, identify=IDENTIFY, source_name="lms", at=NOON)
    with store.reading() as tx:
        sanne, piet = (str(tx.people.find(name, IDENTIFY)) for name in names)
    return sanne, piet


def prompt(number: int, recipient: str, **more: Any) -> OutboxPrompt:
    given: dict[str, Any] = {
        "prompt_id": f"p{number}",
        "recipient": recipient,
        "subject_person": recipient,
        "layer": "tasks",
        "intervention": "try-it",
        "episode": "2026-W05",
        "occasion": 1,
        "sink": "files",
        "language": "nl",
        "payload": {"step": "Kies één ding.", "phase_mix": {"acting": 0.6}},
        "created": NOON + timedelta(minutes=number),
        "due": NOON,
        **more,
    }
    return OutboxPrompt(**given)


def test_a_prompt_is_in_the_outbox_once(store: Store, people: tuple[str, str]) -> None:
    sanne, _ = people
    with store.transaction() as tx:
        assert (
            tx.delivery.add(
                [prompt(1, sanne), prompt(2, sanne, subject_person=None, subject="unit|")]
            )
            == 2
        )
        assert tx.delivery.move("p1", "ready", "held", reason="quiet-hours", at=NOON)
        assert tx.delivery.add([prompt(1, sanne, layer="hr"), prompt(3, "nobody")]) == 0
        kept = tx.delivery.prompt("p1")
        assert kept is not None
        assert (kept.state, kept.reason, kept.layer, kept.recipient) == (
            "held",
            "quiet-hours",
            "tasks",
            sanne,
        )
        assert kept.payload == prompt(1, sanne).payload
        assert (kept.created, kept.due, kept.subject_person) == (
            NOON + timedelta(minutes=1),
            NOON,
            sanne,
        )
        assert tx.delivery.prompt("p3") is None
        assert [one.prompt_id for one in tx.delivery.prompts(recipient=sanne)] == ["p1", "p2"]
        assert [one.prompt_id for one in tx.delivery.prompts(states=["ready"])] == ["p2"]
        assert tx.delivery.prompts(states=[]) == []
        assert "één" not in repr(kept)


def test_a_state_changes_only_from_what_it_was(store: Store, people: tuple[str, str]) -> None:
    with store.transaction() as tx:
        tx.delivery.add([prompt(1, people[0])])
        later = NOON + timedelta(days=1)
        assert tx.delivery.move("p1", "ready", "held", reason="cap", due=later, at=NOON)
        assert not tx.delivery.move("p1", "ready", "sent", at=NOON)
        assert not tx.delivery.move("p9", "held", "sent", at=NOON)
        kept = tx.delivery.prompt("p1")
        assert kept is not None
        assert (kept.state, kept.due) == ("held", later)


def test_a_message_carries_the_ready_prompts_of_one_person(
    store: Store, people: tuple[str, str]
) -> None:
    sanne, piet = people
    with store.transaction() as tx:
        tx.delivery.add([prompt(1, sanne), prompt(2, sanne), prompt(3, piet), prompt(4, sanne)])
        tx.delivery.move("p4", "ready", "held", at=NOON)
        assert not tx.delivery.bundle("m1", ["p1", "p3"], sink="mail", at=NOON)
        assert not tx.delivery.bundle("m1", ["p1", "p4"], sink="mail", at=NOON)
        assert not tx.delivery.bundle("m1", [], sink="mail", at=NOON)
        assert tx.delivery.messages() == []
        assert tx.delivery.bundle("m1", ["p1", "p2", "p1"], sink="mail", at=NOON)
        assert not tx.delivery.bundle("m2", ["p1"], sink="mail", at=NOON)
        (message,) = tx.delivery.messages(recipient=sanne)
        assert (message.message_id, message.sink, message.state, message.attempts) == (
            "m1",
            "mail",
            "ready",
            0,
        )
        assert [one.prompt_id for one in tx.delivery.prompts(message_id="m1")] == ["p1", "p2"]
        assert tx.delivery.messages(states=["sent"]) == []
        assert tx.delivery.messages(since=NOON + timedelta(seconds=1)) == []
        assert len(tx.delivery.messages(states=["ready"], since=NOON)) == 1


def test_taking_counts_attempts_and_moves_the_prompts_along(
    store: Store, people: tuple[str, str]
) -> None:
    with store.transaction() as tx:
        tx.delivery.add([prompt(1, people[0])])
        tx.delivery.bundle("m1", ["p1"], sink="mail", at=NOON)
        assert tx.delivery.take("m1", "ready", "sending", at=NOON)
        assert not tx.delivery.take("m1", "ready", "sending", at=NOON)
        assert tx.delivery.take("m1", "sending", "failed", reason="mailbox-full", at=NOON)
        assert tx.delivery.take("m1", "failed", "sending", at=NOON)
        (message,) = tx.delivery.messages()
        assert (message.state, message.attempts) == ("sending", 2)
        (kept,) = tx.delivery.prompts()
        assert kept.state == "sending"


def test_two_workers_never_take_one_message(store: Store, people: tuple[str, str]) -> None:
    with store.transaction() as tx:
        tx.delivery.add([prompt(number, people[0]) for number in range(8)])
        for number in range(8):
            tx.delivery.bundle(f"m{number}", [f"p{number}"], sink="mail", at=NOON)
    taken: list[str] = []

    def work() -> None:
        for number in range(8):
            with store.transaction() as tx:
                if tx.delivery.take(f"m{number}", "ready", "sending", at=NOON):
                    taken.append(f"m{number}")

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(taken) == [f"m{number}" for number in range(8)]


def test_receipts_are_kept_in_order(store: Store, people: tuple[str, str]) -> None:
    with store.transaction() as tx:
        tx.delivery.add([prompt(1, people[0])])
        tx.delivery.bundle("m1", ["p1"], sink="mail", at=NOON)
        given = [
            StoredReceipt("m1", "failed", "no-answer", NOON),
            StoredReceipt("m1", "sent", "", NOON),
        ]
        for receipt in given:
            tx.delivery.receive(receipt)
        assert tx.delivery.receipts("m1") == given
        assert tx.delivery.receipts("m2") == []


def test_answers_are_the_recipient_s(store: Store, people: tuple[str, str]) -> None:
    sanne, piet = people
    with store.transaction() as tx:
        tx.delivery.add([prompt(1, sanne)])
        assert tx.delivery.answer("p1", "not_now", at=NOON)
        assert tx.delivery.answer("p1", "done", at=NOON + timedelta(days=1))
        assert not tx.delivery.answer("p2", "done", at=NOON)
        assert [one.answer for one in tx.delivery.answers(sanne)] == ["not_now", "done"]
        assert tx.delivery.answers(piet) == []
        assert {one.person for one in tx.delivery.answers()} == {sanne}
