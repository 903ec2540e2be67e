"""Messages that a program comes for: handed over until there is a receipt, and decided about each time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leercultuur_core.errors import SourceUnavailable
from leercultuur_core.extension import DirectoryPerson, Receipt
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.settling import RETRY_AFTER
from leercultuur_core.run.sinks import PullSettings, PullSink

from .conftest import NOW, ListDirectory, Make, workers
from .outside import Mailbox, SameAgainSink

SOON = NOW + timedelta(minutes=10)


def waiting(make: Make, people: int = 3, **sinks: object) -> Engine:
    """An engine after a night in which the messages of these people wait."""
    every = {"portal": PullSink(PullSettings()), **sinks}
    engine = make(directories={"people": workers(people)}, sinks=every)
    assert engine.run(NOW).complete
    return engine


def state(engine: Engine, message: str) -> tuple[str, str]:
    """Its state, and the sink it is at."""
    with engine.store.reading() as tx:
        found = tx.delivery.message(message)
    assert found is not None
    return found.state, found.sink


def ids(engine: Engine, at: object = SOON) -> list[str]:
    return [row["id"] for row in engine.fetch("portal", at)]  # type: ignore[arg-type]


def told(engine: Engine, message: str, what: str, at: object = SOON) -> str:
    (word,) = engine.receive("portal", [Receipt(message, what)], at)  # type: ignore[arg-type]
    return word


def test_a_night_leaves_them_waiting_and_a_program_gets_them(make: Make) -> None:
    engine = waiting(make)
    found = ids(engine)
    assert len(found) == 3
    assert {state(engine, one) for one in found} == {("sending", "portal")}
    assert ids(engine) == found


def test_a_sink_of_another_kind_is_not_fetched_from(make: Make, tmp_path: object) -> None:
    engine = waiting(make)
    assert engine.fetch("nobody", SOON) == ()
    sinks = {"portal": SameAgainSink(Mailbox(tmp_path / "box"))}  # type: ignore[operator]
    assert make(sinks=sinks).fetch("portal", SOON) == ()


def test_it_says_that_it_sends_nothing() -> None:
    with pytest.raises(SourceUnavailable):
        PullSink(PullSettings()).deliver([])
    (finding,) = PullSink(PullSettings()).check()
    assert finding.level == "ok"


def test_the_nights_after_do_not_send_them_and_do_not_lose_them(make: Make) -> None:
    engine = waiting(make)
    found = ids(engine)
    for days in (1, 2, 3):
        assert engine.run(NOW + timedelta(days=days)).delivered.complete
    assert ids(engine, NOW + timedelta(days=3)) == found


def test_a_receipt_counts_once(make: Make) -> None:
    engine = waiting(make)
    first, *others = ids(engine)
    assert [told(engine, first, "sent") for _ in range(2)] == ["noted", "known"]
    assert state(engine, first) == ("sent", "portal")
    assert ids(engine) == others
    with engine.store.reading() as tx:
        assert [one.state for one in tx.delivery.receipts(first)] == ["sent"]
        assert tx.delivery.states() == {"sending": 2, "sent": 1}


def test_a_receipt_comes_after_a_night_put_the_message_back(make: Make) -> None:
    engine = waiting(make, people=1)
    (one,) = ids(engine)
    engine.deliver(NOW + timedelta(hours=1))
    assert state(engine, one) == ("ready", "portal")
    assert told(engine, one, "sent") == "noted"
    assert state(engine, one) == ("sent", "portal")


def test_somebody_who_had_it_had_it_whatever_was_decided_meanwhile(make: Make) -> None:
    engine = waiting(make, people=1)
    ((one, person),) = [
        (row["id"], row["recipient"]["person"]) for row in engine.fetch("portal", SOON)
    ]
    engine.deliver(NOW + timedelta(hours=1))
    engine.consent(person, "own_prompts", False, SOON)
    assert state(engine, one)[0] == "withdrawn"
    assert ids(engine) == []
    assert told(engine, one, "failed") == "known"
    assert told(engine, one, "sent") == "noted"
    assert state(engine, one)[0] == "sent"


def test_who_says_no_between_the_night_and_the_fetching_is_left_alone(make: Make) -> None:
    engine = waiting(make, people=2)
    with engine.store.reading() as tx:
        person = tx.delivery.messages()[0].recipient
    engine.consent(person, "own_prompts", False, SOON)
    rows = engine.fetch("portal", SOON)
    assert len(rows) == 1
    assert person not in {row["recipient"]["person"] for row in rows}


def test_outside_working_time_nothing_is_handed_over(make: Make) -> None:
    engine = waiting(make)
    assert ids(engine, NOW + timedelta(hours=12)) == []
    assert len(ids(engine)) == 3


def test_what_was_refused_goes_another_way(make: Make, tmp_path: object) -> None:
    mailbox = Mailbox(tmp_path / "box")  # type: ignore[operator]
    engine = waiting(make, people=1, other=SameAgainSink(mailbox))
    (one,) = ids(engine)
    assert told(engine, one, "refused") == "noted"
    assert state(engine, one) == ("ready", "other")
    assert told(engine, one, "refused") == "known"
    engine.deliver(NOW + timedelta(hours=1))
    assert mailbox.arrived[one] == 1
    assert state(engine, one) == ("sent", "other")
    assert told(engine, one, "sent") == "known"


def test_what_was_refused_and_has_no_other_way_ends(make: Make) -> None:
    engine = waiting(make, people=1)
    (one,) = ids(engine)
    assert told(engine, one, "refused") == "noted"
    assert state(engine, one)[0] == "dead"
    assert told(engine, one, "sent") == "known"
    assert ids(engine) == []


def test_who_has_no_address_is_nobodys_message(make: Make, tmp_path: object) -> None:
    mailbox = Mailbox(tmp_path / "box")  # type: ignore[operator]
    people = ListDirectory(
        [
            DirectoryPerson(("employee|bakery|1",), addresses={"badge": "b-1"}),
            DirectoryPerson(("employee|bakery|2",)),
        ]
    )
    sinks = {"portal": PullSink(PullSettings("badge")), "box": SameAgainSink(mailbox)}
    engine = make(directories={"people": people}, sinks=sinks)
    engine.run(NOW)
    (row,) = engine.fetch("portal", SOON)
    assert row["recipient"]["address"] == "b-1"
    assert sum(mailbox.arrived.values()) == 1


def test_where_only_that_address_would_do_the_message_ends(make: Make) -> None:
    sinks = {"portal": PullSink(PullSettings("badge"))}
    engine = make(directories={"people": workers(1)}, sinks=sinks)
    engine.run(NOW)
    assert engine.fetch("portal", SOON) == ()
    with engine.store.reading() as tx:
        (message,) = tx.delivery.messages()
    assert (message.state, message.reason) == ("dead", "no-address")


def test_what_failed_waits_and_is_given_up_in_the_end(make: Make) -> None:
    engine = waiting(make, people=1)
    at = SOON
    (one,) = ids(engine, at)
    for wait in RETRY_AFTER[:2]:
        assert [told(engine, one, "failed", at) for _ in range(2)] == ["noted", "known"]
        assert state(engine, one)[0] == "failed"
        assert ids(engine, at + wait / 2) == []
        at += wait
        assert ids(engine, at) == [one]
    with engine.store.transaction() as tx:
        for _ in range(3):
            tx.delivery.take(one, "sending", "failed", at=at)
            tx.delivery.take(one, "failed", "sending", at=at)
    assert told(engine, one, "failed", at) == "noted"
    assert state(engine, one)[0] == "dead"


def test_a_receipt_of_what_was_not_fetched_is_unknown(make: Make) -> None:
    engine = waiting(make, people=1)
    with engine.store.reading() as tx:
        (message,) = tx.delivery.messages()
    assert told(engine, message.message_id, "sent") == "unknown"
    assert told(engine, "nothing", "sent") == "unknown"
    ids(engine)
    assert engine.receive("other", [Receipt(message.message_id, "sent")], SOON) == ("unknown",)
    assert state(engine, message.message_id)[0] == "sending"


def test_an_answer_asks_for_a_prompt_that_was_fetched(make: Make) -> None:
    engine = waiting(make, people=1)
    with engine.store.reading() as tx:
        (prompt,) = tx.delivery.prompts()
    one = prompt.prompt_id
    assert engine.answer_fetched("portal", one, "done", SOON) == "unknown"
    ids(engine)
    assert engine.answer_fetched("other", one, "done", SOON) == "unknown"
    given = [engine.answer_fetched("portal", one, what, SOON) for what in ("not_now", "not_now")]
    assert given == ["noted", "known"]
    assert engine.answer_fetched("portal", one, "done", SOON) == "noted"
    with engine.store.reading() as tx:
        assert [each.answer for each in tx.delivery.answers()] == ["not_now", "done"]
