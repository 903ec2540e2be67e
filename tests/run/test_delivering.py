"""Deliver: what may go goes once, wherever a run is stopped."""

from __future__ import annotations

import os
import random
import signal
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from leercultuur_core.errors import SourceUnavailable
from leercultuur_core.extension import Message, Plugins, Receipt, hookimpl
from leercultuur_core.run.delivering import Delivered
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.settling import RETRY_AFTER
from leercultuur_core.storage import Store, Transaction

from .conftest import NOW, Make, workers
from .outside import SINKS, Boundary, LookupSink, Mailbox, OnceSink, Stopped, StoppingStore

HOUR = timedelta(hours=1)


def states(engine: Engine) -> dict[str, str]:
    """Message id → state."""
    with engine.store.reading() as tx:
        return {one.message_id: one.state for one in tx.delivery.messages()}


def held_to_account(
    engine: Engine, sink: type[OnceSink], mailbox: Mailbox, people: int, stops: int
) -> None:
    """Nothing lost, nothing doubled, and no more uncertain than there were stops."""
    assert max(mailbox.arrived.values()) == 1
    found = states(engine)
    assert len(found) == people
    unsure = {one for one, state in found.items() if state == "uncertain"}
    assert {one for one, state in found.items() if state == "sent"} | unsure == set(found)
    assert set(found) - set(mailbox.arrived) <= unsure
    if sink is OnceSink:
        assert len(unsure) <= stops
    else:
        assert not unsure


@pytest.mark.parametrize("sink", SINKS)
def test_a_stop_at_any_boundary_loses_nothing_and_doubles_nothing(
    make: Make, tmp_path: Path, sink: type[OnceSink]
) -> None:
    people = 2
    stop_at = 0
    while True:
        stop_at += 1
        mailbox = Mailbox(tmp_path / f"{stop_at}.lines")
        boundary = Boundary(stop_at)
        stopped = False
        engine = make(
            store_class=StoppingStore,
            directories={"people": workers(people)},
            sinks={"sink": sink(mailbox, boundary)},
        )
        engine.store.boundary = boundary  # type: ignore[attr-defined]
        try:
            engine.run(NOW)
        except Stopped:
            stopped = True
        engine.close()
        again = make(
            path=Path(engine.store.name),
            directories={"people": workers(people)},
            sinks={"sink": sink(mailbox)},
        )
        again.run(NOW + HOUR)
        again.run(NOW + 2 * HOUR)
        held_to_account(again, sink, mailbox, people, int(stopped))
        again.close()
        if not stopped:
            break
    assert stop_at > 20


@pytest.mark.parametrize("sink", SINKS)
def test_real_kills(make: Make, tmp_path: Path, sink: type[OnceSink]) -> None:
    people, chance = 40, random.Random(7)
    mailbox = Mailbox(tmp_path / "lines", slow=0.003)
    directories = {"people": workers(people)}
    engine = make(directories=directories, sinks={"sink": sink(mailbox)})
    engine.collect(NOW)
    engine.plan(NOW)
    path = Path(engine.store.name)
    engine.close()

    def child() -> None:
        make(path=path, directories=directories, sinks={"sink": sink(mailbox)}).deliver(NOW)

    started = time.monotonic()
    kills = 0
    for _ in range(7):  # times three sinks
        kills += killed(child, after=chance.uniform(0.02, 0.2))
    assert time.monotonic() - started < 20
    assert kills > 0
    last = make(path=path, directories=directories, sinks={"sink": sink(mailbox)})
    last.deliver(NOW)
    last.deliver(NOW)
    held_to_account(last, sink, mailbox, people, kills)


def killed(work: object, after: float) -> bool:
    """Runs ``work`` in a process and kills it after some seconds; whether it was not done yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: other threads do no harm here
        child = os.fork()
    if child == 0:
        try:
            work()  # type: ignore[operator]
        finally:
            os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_what_leaves_is_on_disk_as_sending_first(make: Make, tmp_path: Path) -> None:
    told: list[tuple[str, bool]] = []
    durable: list[bool] = []

    class Noting(Store):
        @contextmanager
        def transaction(self, **how: bool) -> Iterator[Transaction]:
            durable.append(how.get("durable", False))
            with super().transaction(**how) as tx:
                yield tx

    class Looking(OnceSink):
        def take_in(self, message: Message) -> None:
            told.append((states(engine)[message.id], durable[-1]))
            super().take_in(message)

    first = planned(make, OnceSink(Mailbox(tmp_path / "none")), 2)
    sinks = {"sink": Looking(Mailbox(tmp_path / "lines"))}
    engine = make(path=Path(first.store.name), store_class=Noting, sinks=sinks)
    engine.deliver(NOW)
    assert told == [("sending", True)] * 2


def test_observers_hear_what_went(make: Make, tmp_path: Path) -> None:
    heard: list[tuple[str, dict[str, int]]] = []

    class Monitor:
        @hookimpl
        def leercultuur_delivered(self, sink: str, counts: dict[str, int]) -> None:
            heard.append((sink, counts))

    plugins = Plugins()
    plugins.register(Monitor(), "monitor")
    sinks = {"sink": OnceSink(Mailbox(tmp_path / "lines"))}
    engine = make(directories={"people": workers(2)}, sinks=sinks, plugins=plugins)
    engine.run(NOW)
    assert heard == [("sink", {"sent": 2})]


class Scripted(OnceSink):
    """Answers as told: a receipt's state, or something to raise."""

    def __init__(self, *answers: object, delivery: str = "idempotent") -> None:
        super().__init__(Mailbox(Path(os.devnull)))
        self.answers = list(answers)
        self.delivery = delivery  # type: ignore[misc,assignment]
        self.seen: list[str] = []

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            self.seen.append(message.id)
            answer = self.answers.pop(0) if self.answers else "sent"
            if isinstance(answer, Exception):
                raise answer
            if answer is not None:
                yield Receipt(message.id, answer, "why")  # type: ignore[arg-type]


def planned(make: Make, sink: OnceSink, people: int = 2) -> Engine:
    engine = make(directories={"people": workers(people)}, sinks={"sink": sink})
    engine.collect(NOW)
    assert engine.plan(NOW).made == people
    return engine


def test_what_failed_is_tried_again_later_and_given_up_in_the_end(make: Make) -> None:
    sink = Scripted(*["failed"] * 20)
    engine = planned(make, sink, 1)
    at = NOW
    assert engine.deliver(at).states == {"failed": 1}
    assert engine.deliver(at + HOUR / 2) == Delivered()
    waits = [RETRY_AFTER[0], RETRY_AFTER[1], timedelta(days=1), timedelta(days=5)]
    outcomes = []
    for wait in waits:
        at += wait
        outcomes.append(dict(engine.deliver(at).states))
    assert outcomes == [{"failed": 1}, {"failed": 1}, {"failed": 1}, {"dead": 1}]
    with engine.store.reading() as tx:
        (message,) = tx.delivery.messages()
        assert message.reason == "gave_up"
        assert len(tx.delivery.receipts(message.message_id)) == 5
    assert "1 prompts could not be delivered" in engine.status(at).left


def test_who_does_not_want_it_is_not_tried_again(make: Make) -> None:
    sink = Scripted("refused")
    engine = planned(make, sink)
    assert engine.deliver(NOW).states == {"dead": 1, "sent": 1}
    engine.run(NOW + timedelta(days=1))
    assert len(sink.seen) == 2


@pytest.mark.parametrize(
    ("delivery", "error", "state"),
    [
        ("idempotent", SourceUnavailable("down"), "ready"),
        ("lookup", SourceUnavailable("down"), "sending"),
        ("at_most_once", SourceUnavailable("down"), "ready"),
        ("idempotent", RuntimeError("Sanne"), "ready"),
        ("lookup", RuntimeError("Sanne"), "sending"),
        ("at_most_once", RuntimeError("Sanne"), "uncertain"),
        ("at_most_once", None, "uncertain"),
        ("idempotent", None, "ready"),
    ],
)
def test_a_sink_that_breaks_stops_only_itself(
    make: Make, delivery: str, error: Exception | None, state: str
) -> None:
    sink = Scripted("sent", error, delivery=delivery)
    engine = planned(make, sink, 3)
    done = engine.deliver(NOW)
    assert list(done.problems) == ["sink"]
    assert "Sanne" not in str(done.problems)
    found = list(states(engine).values())
    assert found.count("sent") + found.count(state) >= 2
    assert found.count(state) >= 1


def test_a_lookup_that_cannot_be_asked_waits(make: Make, tmp_path: Path) -> None:
    class Mute(LookupSink):
        def find(self, message: Message) -> Receipt | None:
            raise SourceUnavailable("down")

    mailbox = Mailbox(tmp_path / "lines")
    engine = planned(make, LookupSink(mailbox, Boundary(stop_at=2)), 1)
    with pytest.raises(Stopped):
        engine.deliver(NOW)
    path = Path(engine.store.name)
    mute = make(path=path, sinks={"sink": Mute(mailbox)})
    assert mute.deliver(NOW).problems == {"sink": "down"}
    assert list(states(mute).values()) == ["sending"]
    good = make(path=path, sinks={"sink": LookupSink(mailbox)})
    assert good.deliver(NOW).states == {"sent": 1}
    assert list(mailbox.arrived.values()) == [1]


def test_a_sink_that_is_gone_is_told_and_its_messages_wait(make: Make, tmp_path: Path) -> None:
    engine = planned(make, OnceSink(Mailbox(tmp_path / "lines"), Boundary(stop_at=1)), 1)
    with pytest.raises(Stopped):
        engine.deliver(NOW)
    without = make(path=Path(engine.store.name))
    assert without.deliver(NOW).problems == {
        "sink": "is not in the configuration; its messages wait"
    }


def test_quiet_hours_hold_and_the_morning_lets_go(make: Make, tmp_path: Path) -> None:
    night = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    mailbox = Mailbox(tmp_path / "lines")
    engine = make(directories={"people": workers(2)}, sinks={"sink": OnceSink(mailbox)})
    ran = engine.run(night)
    assert (ran.planned.held, ran.delivered.states) == (2, {"held": 2})
    assert ran.delivered.reasons == {"quiet_hours": 2}
    assert not mailbox.arrived
    assert engine.deliver(night + 8 * HOUR).states == {"sent": 2}


def test_a_no_takes_what_waits_away_at_once(make: Make, tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "lines")
    engine = planned(make, OnceSink(mailbox))
    (person,) = engine.find("Worker 0", NOW)
    assert engine.consent(person, "own_prompts", False, NOW)
    assert engine.deliver(NOW).states == {"sent": 1}
    with engine.store.reading() as tx:
        (prompt,) = tx.delivery.prompts(recipient=person)
    assert (prompt.state, prompt.reason) == ("withdrawn", "objected")


def test_who_left_gets_nothing_any_more(make: Make, tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "lines")
    engine = planned(make, OnceSink(mailbox))
    later = make(
        path=Path(engine.store.name),
        directories={"people": workers(1)},
        sinks={"sink": OnceSink(mailbox)},
    )
    later.collect(NOW)
    done = later.deliver(NOW)
    assert (done.states, done.reasons) == ({"sent": 1, "withdrawn": 1}, {"left": 1})


def test_two_workers_never_take_one_message(make: Make, tmp_path: Path) -> None:
    engine = planned(make, OnceSink(Mailbox(tmp_path / "lines")), 1)
    engine.deliver(NOW)
    (message,) = states(engine)
    other = make(path=Path(engine.store.name))
    with other.store.transaction() as tx:
        assert not tx.delivery.take(message, "ready", "sending", at=NOW)
