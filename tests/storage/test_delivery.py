"""The outbox: once in, taken once, and every receipt kept."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import EvidenceRules
from leercultuur_core.storage import Consent, Identifier, OutboxPrompt, Store, StoredReceipt

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
        assert [one.answer for one in tx.delivery.answers([sanne])] == ["not_now", "done"]
        assert tx.delivery.answers([piet]) == []
        assert {one.person for one in tx.delivery.answers()} == {sanne}


def test_what_was_asked_is_read_without_its_text(store: Store, people: tuple[str, str]) -> None:
    sanne, piet = people
    with store.transaction() as tx:
        tx.delivery.add([prompt(2, sanne, asks="question"), prompt(1, sanne), prompt(3, piet)])
        tx.delivery.bundle("m3", ["p3"], sink="files", at=NOON)
        entries = tx.delivery.entries([sanne])
        assert [(one.prompt_id, one.asks) for one in entries] == [
            ("p1", "step"),
            ("p2", "question"),
        ]
        assert [one.message_id for one in tx.delivery.entries(people)] == [None, None, "m3"]
        assert tx.delivery.entries([]) == []
        assert [one.message_id for one in tx.delivery.messages_to([sanne])] == []
        assert [one.recipient for one in tx.delivery.messages_to(people)] == [piet]
        whole = tx.delivery.prompt("p2")
        assert whole is not None
        assert (whole.asks, whole.prompt_id) == ("question", entries[1].prompt_id)


def test_years_of_texts_are_not_read(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan of the statement names an index that holds all it asks for."""
    asked: list[tuple[str, tuple[Any, ...]]] = []
    with file_store.reading() as tx:
        whole = tx.all

        def noted(sql: str, *values: Any) -> Any:
            asked.append((sql, values))
            return whole(sql, *values)

        monkeypatch.setattr(tx, "all", noted)
        tx.delivery.entries(["somebody", "another"])
        tx.delivery.episodes()
        for sql, values in asked:
            plan = [row[-1] for row in whole(f"EXPLAIN QUERY PLAN {sql}", *values)]
            assert any("USING COVERING INDEX outbox_past" in step for step in plan), plan
    assert len(asked) == 2


def test_when_somebody_last_said_yes(store: Store, people: tuple[str, str]) -> None:
    sanne, _ = people
    said = [(True, 1), (True, 9), (False, 10), (True, 3)]
    with store.transaction() as tx:
        assert tx.privacy.last_yes("own_prompts", [sanne]) == {}
        for given, day in said:
            at = NOON + timedelta(days=day)
            tx.privacy.consent(Consent(sanne, "own_prompts", given, at))
            tx.privacy.consent(Consent(sanne, "effect", True, NOON + timedelta(days=20)))
        assert tx.privacy.last_yes("own_prompts", [sanne]) == {sanne: NOON + timedelta(days=9)}


def test_a_link_is_used_once_and_by_somebody(store: Store, people: tuple[str, str]) -> None:
    sanne, piet = people
    with store.transaction() as tx:
        assert not tx.delivery.link_used("p1", "done")
        assert not tx.delivery.use_link("p1", "done", person="nobody", at=NOON)
        assert tx.delivery.use_link("p1", "done", person=sanne, at=NOON)
        assert not tx.delivery.use_link("p1", "done", person=piet, at=NOON)
        assert tx.delivery.use_link("p1", "wrong", person=sanne, at=NOON)
        assert tx.delivery.link_used("p1", "done")


def test_what_a_sink_refused_goes_to_another_once(store: Store, people: tuple[str, str]) -> None:
    sanne, _ = people
    with store.transaction() as tx:
        tx.delivery.add([prompt(1, sanne)])
        tx.delivery.bundle("m1", ["p1"], sink="mail", at=NOON)
        assert not tx.delivery.reroute("m1", "mail", "moodle", at=NOON)  # it was not sent yet
        tx.delivery.take("m1", "ready", "sending", at=NOON)
        assert not tx.delivery.reroute("m1", "moodle", "mail", at=NOON)
        assert tx.delivery.reroute("m1", "mail", "moodle", at=NOON)
        assert not tx.delivery.reroute("m1", "mail", "moodle", at=NOON)
        message, kept = tx.delivery.message("m1"), tx.delivery.prompt("p1")
    assert message is not None
    assert kept is not None
    assert (message.sink, message.state, message.attempts) == ("moodle", "ready", 0)
    assert (kept.sink, kept.state) == ("moodle", "ready")


def test_what_stands_is_what_was_sent_there_and_not_taken_back(
    store: Store, people: tuple[str, str]
) -> None:
    sanne, piet = people
    with store.transaction() as tx:
        for number, (who, sink) in enumerate(
            [(sanne, "calendar"), (piet, "calendar"), (sanne, "mail"), (sanne, "calendar")]
        ):
            tx.delivery.add([prompt(number, who)])
            tx.delivery.bundle(f"m{number}", [f"p{number}"], sink=sink, at=NOON)
            if number < 3:
                tx.delivery.take(f"m{number}", "ready", "sending", at=NOON)
                tx.delivery.take(f"m{number}", "sending", "sent", at=NOON)

        def standing(**more: Any) -> list[str]:
            found = tx.delivery.standing(["calendar"], **{"since": NOON, **more})
            return [one.message_id for one in found]

        assert standing() == ["m0", "m1"]
        assert standing(recipient=piet) == ["m1"]
        assert standing(since=NOON + timedelta(seconds=1)) == []
        tx.delivery.receive(StoredReceipt("m0", "withdrawn", "done", NOON, "calendar"))
        tx.delivery.receive(StoredReceipt("m1", "failed", "", NOON, "calendar"))
        assert standing() == ["m1"]


@pytest.mark.parametrize("state", ["ready", "failed"])
def test_what_is_withdrawn_takes_nothing_else_along(
    store: Store, people: tuple[str, str], state: Any
) -> None:
    sanne, _ = people
    with store.transaction() as tx:
        tx.delivery.add([prompt(number, sanne, state="ready") for number in range(4)])
        assert tx.delivery.bundle("m1", ["p0", "p1", "p2"], sink="mail", at=NOON)
        assert state == "ready" or tx.delivery.take("m1", "ready", state, at=NOON)
        gone = [one for one in tx.delivery.prompts() if one.prompt_id != "p1"]
        tx.delivery.withdraw(gone, reason="preconditions", at=NOON)
        found = {one.prompt_id: (one.state, one.reason) for one in tx.delivery.prompts()}
        message = tx.delivery.message("m1")
    assert found.pop("p1") == ("ready", "")
    assert set(found.values()) == {("withdrawn", "preconditions")}
    assert message is not None
    assert message.state == "withdrawn"
