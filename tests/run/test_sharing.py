"""Two that deliver at once: in a file one at a time, in PostgreSQL each what the other has not taken."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leercultuur_core.errors import StoreError
from leercultuur_core.extension import Message, Receipt
from leercultuur_core.run.delivering import BATCH
from leercultuur_core.run.engine import Engine

from ..conftest import KINDS
from .conftest import NOW, Make, workers
from .outside import LookupSink, Mailbox, OnceSink, SameAgainSink, Stopped

PEOPLE = 3 * BATCH

in_postgresql = pytest.mark.parametrize("database", KINDS[1:], scope="session")


class Meeting(OnceSink):
    """At its first message it waits until the other has one too."""

    def __init__(self, mailbox: Mailbox, meet: threading.Barrier) -> None:
        super().__init__(mailbox)
        self.meet: threading.Barrier | None = meet
        self.sent: list[str] = []

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            if self.meet is not None:
                self.meet.wait(20)
                self.meet = None
            self.sent.append(message.recipient.person)
            yield Receipt(message.id, "sent")


class MeetingAgain(Meeting):
    """In batches."""

    name = "same-again"
    delivery = SameAgainSink.delivery


def planned(make: Make) -> Engine:
    sink = OnceSink(Mailbox(Path("unused")))
    engine = make(directories={"people": workers(PEOPLE)}, sinks={"sink": sink})
    engine.collect(NOW)
    assert engine.plan(NOW).made == PEOPLE
    return engine


def same(make: Make, engine: Engine, sink: OnceSink) -> Engine:
    return make(path=Path(engine.store.name), sinks={"sink": sink})


@in_postgresql
@pytest.mark.parametrize("kind", [Meeting, MeetingAgain])
def test_two_send_what_the_other_has_not_taken(
    make: Make, tmp_path: Path, kind: type[Meeting]
) -> None:
    first = planned(make)
    meet = threading.Barrier(2)
    sinks = [kind(Mailbox(tmp_path / "unused"), meet) for _ in range(2)]
    engines = [same(make, first, sink) for sink in sinks]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda engine: engine.deliver(NOW), engines))
    one, other = (Counter(sink.sent) for sink in sinks)
    assert min(len(one), len(other)) > 0
    assert not one.keys() & other.keys()
    assert (one + other).total() == len(one + other) == PEOPLE
    assert sorted(each.states["sent"] for each in done) == sorted([len(one), len(other)])
    with first.store.reading() as tx:
        assert {message.state for message in tx.delivery.messages()} == {"sent"}
        assert [run.outcome for run in tx.results.runs(last=2)] == ["done", "done"]
    assert first.deliver(NOW).states == {}


def test_in_a_file_the_second_is_told_to_wait(make: Make, tmp_path: Path) -> None:
    first = planned(make)
    second = same(make, first, OnceSink(Mailbox(tmp_path / "second")))

    class Between(OnceSink):
        def take_in(self, message: Message) -> None:
            with pytest.raises(StoreError, match="another run"):
                second.deliver(NOW)
            super().take_in(message)

    both = same(make, first, Between(Mailbox(tmp_path / "first")))
    assert both.deliver(NOW).states == {"sent": PEOPLE}


@in_postgresql
def test_what_a_stopped_one_left_waits_for_who_is_alone(make: Make, tmp_path: Path) -> None:
    """The other cannot tell a message that was left from one that is on its way."""
    first = planned(make)
    mailbox = Mailbox(tmp_path / "arrived")
    left: list[dict[str, int]] = []

    class Stops(LookupSink):
        def take_in(self, message: Message) -> None:
            other = same(make, first, LookupSink(mailbox))
            left.append(dict(other.deliver(NOW).states))
            raise Stopped

    with pytest.raises(Stopped):
        same(make, first, Stops(mailbox)).deliver(NOW)
    assert left == [{"sent": PEOPLE - BATCH}]
    last = same(make, first, LookupSink(mailbox))
    assert last.deliver(NOW).states == {"sent": BATCH}
    assert set(mailbox.arrived.values()) == {1}
    assert len(mailbox.arrived) == PEOPLE
