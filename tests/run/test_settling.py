"""A receipt makes the same of a message whether a sink gives it at night or a program brings it by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from leercultuur_core.extension import Message, Receipt, Sink
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.settling import RETRY_AFTER
from leercultuur_core.run.sinks import PullSettings, PullSink

from .conftest import NOW, Make, workers
from .outside import Boundary, LookupSink, Mailbox, SameAgainSink, Stopped
from .test_delivering import Scripted

TRIES = [NOW]
for wait in RETRY_AFTER[:2]:
    TRIES.append(TRIES[-1] + wait)
# The other waits end at night.
TRIES += [TRIES[-1] + timedelta(days=1), TRIES[-1] + timedelta(days=6)]


Became = tuple[str, str, str, int, list[tuple[str, str, datetime, str]]]
"""Sink, state, reason, attempts; and of each receipt its state, reason, moment and sink."""


def became(engine: Engine) -> Became:
    """What stands in the store of the one message and of its receipts."""
    with engine.store.reading() as tx:
        (message,) = tx.delivery.messages()
        (prompt,) = tx.delivery.prompts()
        told = tx.delivery.receipts(message.message_id)
    assert (prompt.state, prompt.sink) == (message.state, message.sink)
    receipts = [(one.state, one.reason, one.at, one.sink) for one in told]
    return message.sink, message.state, message.reason, message.attempts, receipts


def by_night(make: Make, answers: Sequence[str], other: dict[str, Sink]) -> list[Became]:
    engine = make(directories={"people": workers(1)}, sinks={"sink": Scripted(*answers), **other})
    engine.collect(NOW)
    engine.plan(NOW)
    found = []
    for at, _ in zip(TRIES, answers, strict=False):
        engine.deliver(at)
        found.append(became(engine))
    return found


def by_day(make: Make, answers: Sequence[str], other: dict[str, Sink]) -> list[Became]:
    sinks = {"sink": PullSink(PullSettings()), **other}
    engine = make(directories={"people": workers(1)}, sinks=sinks)
    engine.collect(NOW)
    engine.plan(NOW)
    found = []
    for at, answer in zip(TRIES, answers, strict=False):
        engine.deliver(at)
        (row,) = engine.fetch("sink", at)
        assert engine.receive("sink", [Receipt(row["id"], answer, "why")], at) == ("noted",)  # type: ignore[arg-type]
        engine.deliver(at)
        found.append(became(engine))
    return found


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize(
    "answers",
    [
        ("sent",),
        ("refused",),
        ("failed", "sent"),
        ("failed", "refused"),
        ("failed", "failed", "failed", "failed", "sent"),
        ("failed", "failed", "failed", "failed", "failed"),
    ],
)
def test_night_and_day_make_the_same_of_the_same_receipts(
    make: Make, tmp_path: Path, answers: Sequence[str], elsewhere: bool
) -> None:
    def other(name: str) -> dict[str, Sink]:
        return {"other": SameAgainSink(Mailbox(tmp_path / name))} if elsewhere else {}

    night, day = by_night(make, answers, other("night")), by_day(make, answers, other("day"))
    assert night == day
    sink, state, reason, *_ = night[-1]
    if answers[-1] == "sent":
        assert (sink, state) == ("sink", "sent")
    elif elsewhere:
        assert (sink, state) == ("other", "sent")
    else:
        assert (state, reason) == ("dead", "gave_up" if answers[-1] == "failed" else "why")


class Failed(LookupSink):
    """Was sent a message that it could not bring, which it says when it is asked."""

    def find(self, message: Message) -> Receipt | None:
        return Receipt(message.id, "failed", "why")


def test_a_stop_costs_no_try(make: Make, tmp_path: Path) -> None:
    """The first three fail, a fourth is stopped and turns out to have failed: there is a fifth."""
    failing = Scripted("failed", "failed", "failed", delivery="lookup")
    engine = make(directories={"people": workers(1)}, sinks={"sink": failing})
    engine.collect(NOW)
    engine.plan(NOW)
    for at in TRIES[:3]:
        engine.deliver(at)
    mailbox = Mailbox(tmp_path / "lines")
    path = Path(engine.store.name)
    stopping = make(path=path, sinks={"sink": LookupSink(mailbox, Boundary(stop_at=1))})
    with pytest.raises(Stopped):
        stopping.deliver(TRIES[3])
    later: datetime = TRIES[3] + timedelta(hours=1)
    asked = make(path=path, sinks={"sink": Failed(mailbox)})
    assert asked.deliver(later).states == {"failed": 1}
    assert became(asked)[:4] == ("sink", "failed", "why", 4)
    last = make(path=path, sinks={"sink": LookupSink(mailbox)})
    assert last.deliver(TRIES[4]).states == {"sent": 1}
