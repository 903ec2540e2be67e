"""By which sink somebody is reached, and where a message goes that one refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import frozen

from leercultuur_core.errors import SourceUnavailable
from leercultuur_core.extension import (
    Delivery,
    DirectoryPerson,
    Message,
    Receipt,
    Sink,
)
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.settling import RETRY_AFTER

from .conftest import NOW, ListDirectory, Make
from .outside import Boundary, Stopped, StoppingStore, nothing

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@frozen
class ChannelSettings:
    channel: str = ""


class Post(Sink):
    """Answers as told, by the channel of its addresses; ``log`` is shared by the sinks of a test."""

    name = "post"
    settings = ChannelSettings
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(
        self,
        channel: str,
        log: list[tuple[str, str]],
        answer: str | Exception = "sent",
        boundary: Callable[[], None] = nothing,
    ) -> None:
        super().__init__(ChannelSettings(channel))
        self.log = log
        self.answer = answer
        self.boundary = boundary

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            self.boundary()
            if isinstance(self.answer, Exception):
                raise self.answer
            self.log.append((self.settings.channel, message.id))
            self.boundary()
            yield Receipt(message.id, self.answer, f"{self.answer}-here")  # type: ignore[arg-type]


def person(*channels: str) -> ListDirectory:
    addresses = {channel: f"{channel} address" for channel in channels}
    return ListDirectory(
        [DirectoryPerson(("employee|bakery|1",), name="Sanne", addresses=addresses, language="en")]
    )


def by(log: list[tuple[str, str]]) -> list[str]:
    return [channel for channel, _ in log]


def the_message(engine: Engine) -> tuple[str, str, str]:
    with engine.store.reading() as tx:
        (message,) = tx.delivery.messages()
        assert all(one.sink == message.sink for one in tx.delivery.prompts())
        return message.sink, message.state, message.reason


def receipts(engine: Engine) -> list[tuple[str, str]]:
    with engine.store.reading() as tx:
        (message,) = tx.delivery.messages()
        return [(one.sink, one.state) for one in tx.delivery.receipts(message.message_id)]


ALL = ("mail", "moodle", "calendar")


@pytest.mark.parametrize(
    ("addresses", "chosen", "goes"),
    [
        (ALL, (), "mail"),
        (("moodle", "calendar"), (), "moodle"),
        (ALL, ("calendar",), "calendar"),
        (ALL, ("calendar", "moodle"), "calendar"),
        (("mail", "moodle"), ("calendar", "moodle"), "moodle"),  # no calendar: their next choice
        (("mail",), ("calendar",), "mail"),
    ],
)
def test_ones_own_choice_then_the_order_of_the_configuration(
    make: Make, addresses: tuple[str, ...], chosen: tuple[str, ...], goes: str
) -> None:
    log: list[tuple[str, str]] = []
    sinks = {channel: Post(channel, log) for channel in ALL}
    engine = make(directories={"people": person(*addresses)}, sinks=sinks)
    engine.collect(NOW)
    (sanne,) = engine.find("Sanne", NOW)
    assert engine.choose_channels(sanne, chosen, NOW)
    engine.run(NOW)
    assert by(log) == [goes]


def test_a_choice_counts_for_what_waits_and_no_directory_takes_it_away(make: Make) -> None:
    log: list[tuple[str, str]] = []
    engine = make(directories={"people": person(*ALL)}, sinks={one: Post(one, log) for one in ALL})
    night = NOW - 8 * HOUR
    engine.run(night)
    (sanne,) = engine.find("Sanne", NOW)
    engine.choose_channels(sanne, ["moodle"], night)
    engine.collect(night)
    engine.deliver(NOW)
    assert by(log) == ["moodle"]
    with engine.store.reading() as tx:
        assert [one.what for one in tx.privacy.audit(subject=sanne)] == ["channel"]


def test_a_channel_there_is_not_is_no_choice(make: Make) -> None:
    engine = make(directories={"people": person("mail")}, sinks={"post": Post("mail", [])})
    engine.collect(NOW)
    (sanne,) = engine.find("Sanne", NOW)
    with pytest.raises(ValueError, match="expected one of mail; found 'pigeon'"):
        engine.choose_channels(sanne, ["mail", "pigeon"], NOW)
    assert not engine.choose_channels("nobody", ["mail"], NOW)
    without = make(path=Path(engine.store.name))
    with pytest.raises(ValueError, match="without a"):
        without.choose_channels(sanne, ["mail"], NOW)


@pytest.mark.parametrize(
    "order", [ALL, ("calendar", "moodle", "mail"), ("moodle", "mail", "calendar")]
)
def test_what_one_refuses_goes_by_the_next_at_once_as_one_message(
    make: Make, order: tuple[str, ...]
) -> None:
    log: list[tuple[str, str]] = []
    answers = {"mail": "refused", "moodle": "refused", "calendar": "sent"}
    sinks = {one: Post(one, log, answers[one]) for one in ALL}
    engine = make(directories={"people": person(*ALL)}, sinks=sinks)
    engine.collect(NOW)
    (sanne,) = engine.find("Sanne", NOW)
    engine.choose_channels(sanne, order, NOW)
    done = engine.run(NOW).delivered
    expected = list(order[: order.index("calendar") + 1])
    assert by(log) == expected
    assert len({message for _, message in log}) == 1
    assert done.states == {"sent": 1}
    assert the_message(engine) == ("calendar", "sent", "sent-here")
    assert receipts(engine) == [(one, answers[one]) for one in expected]
    # It went, and counts as the one message that it is.
    assert engine.plan(NOW + DAY).made == 0


def test_what_is_refused_goes_where_its_recipient_wants_it_by_then(make: Make) -> None:
    log: list[tuple[str, str]] = []
    sinks = {one: Post(one, log) for one in ALL}
    engine = make(directories={"people": person(*ALL)}, sinks=sinks)
    engine.collect(NOW)
    (sanne,) = engine.find("Sanne", NOW)

    def chosen_by_day_while_the_night_is_at_work() -> None:
        engine.choose_channels(sanne, ["calendar"], NOW)

    sinks["mail"].boundary = chosen_by_day_while_the_night_is_at_work
    sinks["mail"].answer = "refused"
    engine.run(NOW)
    assert by(log) == ["mail", "calendar"]


def test_where_nobody_takes_it_it_is_dead_with_the_last_reason(make: Make) -> None:
    log: list[tuple[str, str]] = []
    sinks = {one: Post(one, log, "refused") for one in ALL}
    engine = make(directories={"people": person("mail", "moodle")}, sinks=sinks)
    assert engine.run(NOW).delivered.states == {"dead": 1}
    assert by(log) == ["mail", "moodle"]  # the calendar has no address
    assert the_message(engine) == ("moodle", "dead", "refused-here")
    engine.run(NOW + DAY)
    assert len(log) == 2


def test_what_is_given_up_goes_by_the_next_too(make: Make) -> None:
    log: list[tuple[str, str]] = []
    sinks = {"mail": Post("mail", log, "failed"), "moodle": Post("moodle", log)}
    engine = make(directories={"people": person("mail", "moodle")}, sinks=sinks)
    engine.run(NOW)
    at = NOW
    for wait in (RETRY_AFTER[0], RETRY_AFTER[1], DAY, 5 * DAY):
        at += wait
        engine.deliver(at)
    assert by(log) == ["mail"] * 5 + ["moodle"]
    assert the_message(engine) == ("moodle", "sent", "sent-here")


def test_a_sink_that_is_down_is_waited_for(make: Make) -> None:
    log: list[tuple[str, str]] = []
    mail = Post("mail", log, SourceUnavailable("down"))
    engine = make(
        directories={"people": person("mail", "moodle")},
        sinks={"mail": mail, "moodle": Post("moodle", log)},
    )
    assert engine.run(NOW).delivered.problems == {"mail": "down"}
    assert (by(log), the_message(engine)[:2]) == ([], ("mail", "ready"))
    mail.answer = "sent"
    engine.deliver(NOW + HOUR)
    assert by(log) == ["mail"]


def test_a_fallback_that_is_down_leaves_it_ready_there(make: Make) -> None:
    log: list[tuple[str, str]] = []
    moodle = Post("moodle", log, SourceUnavailable("down"))
    engine = make(
        directories={"people": person("mail", "moodle")},
        sinks={"moodle": moodle, "mail": Post("mail", log, "refused")},
    )
    engine.collect(NOW)
    (sanne,) = engine.find("Sanne", NOW)
    engine.choose_channels(sanne, ["mail"], NOW)
    assert engine.run(NOW).delivered.problems == {"moodle": "down"}
    assert the_message(engine)[:2] == ("moodle", "ready")
    moodle.answer = "sent"
    engine.deliver(NOW + HOUR)
    assert by(log) == ["mail", "moodle"]


def test_a_stop_at_any_boundary_brings_it_by_one_channel_only(
    make: Make, empty_store: Path, tmp_path: Path
) -> None:
    stop_at = 0
    stopped = True
    while stopped:
        stop_at += 1
        path = tmp_path / f"{stop_at}.db"
        shutil.copy(empty_store, path)
        log: list[tuple[str, str]] = []
        boundary = Boundary(stop_at)

        def sinks(stop: Callable[[], None], into: list[tuple[str, str]] = log) -> dict[str, Any]:
            return {
                "mail": Post("mail", into, "refused", stop),
                "moodle": Post("moodle", into, "sent", stop),
            }

        people = {"people": person("mail", "moodle")}
        first = make(
            path=path, store_class=StoppingStore, directories=people, sinks=sinks(boundary)
        )
        first.store.boundary = boundary  # type: ignore[attr-defined]
        stopped = False
        try:
            first.run(NOW)
        except Stopped:
            stopped = True
        first.close()
        again = make(path=path, directories=people, sinks=sinks(nothing))
        again.run(NOW + HOUR)
        again.run(NOW + 2 * HOUR)
        assert the_message(again)[:2] == ("moodle", "sent")
        # One message, and the refusing one is never asked after the next was.
        assert len({message for _, message in log}) == 1
        assert by(log) == sorted(by(log))
        again.close()
    assert stop_at > 20
