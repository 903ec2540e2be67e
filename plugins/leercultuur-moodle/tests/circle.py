"""The whole circle with one Moodle: people and activity in, a phase, a step back, and what comes of it.

The same steps for a live Moodle and for the scripted one. Only the learner says yes to messages, so on a
live site nobody else gets one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from leercultuur_core import Engine, Message, Receipt
from leercultuur_core.extension import Secret
from leercultuur_core.run.delivering import Delivered
from leercultuur_moodle import MoodleClient, MoodleSettings
from leercultuur_moodle.messages import MoodleMessages
from leercultuur_moodle.source import MoodleSource
from leercultuur_moodle.words import mark

_CONFIGURATION = """\
store = "circle.db"

[organisation]
name = "Bakkerij De Korenaar"
identity_key = {{ file = "identity.key" }}
go_live = {{ date = 2026-01-01, reference = "made up", scope = "for a test" }}

[[source]]
name = "activity"
kind = "moodle"
url = "{url}"
token = {{ env = "TOKEN" }}
rate = 25

[[directory]]
name = "people"
kind = "moodle"
url = "{url}"
token = {{ env = "TOKEN" }}
rate = 25

[[sink]]
name = "messages"
kind = "moodle"
url = "{url}"
token = {{ env = "TOKEN" }}
rate = 25

[privacy]
# On a live site nobody but the learner may get anything.
group_releases = "off"
"""

_WEEK = timedelta(days=7)


@frozen
class Entrance:
    """How to get into a Moodle, as the service user and as a learner in one of its courses."""

    url: str
    token: str
    learner_token: str


class Learner:
    """Somebody who reads their messages, and may block the sender."""

    def __init__(self, site: Entrance) -> None:
        self._client = MoodleClient(MoodleSettings(site.url, Secret(site.learner_token), rate=50))
        self._sender = MoodleClient(MoodleSettings(site.url, Secret(site.token))).site().user
        self.number = self._client.site().user

    def received(self, message: Message) -> int:
        """How often a message came, read or not."""
        return sum(mark(message) in text for text in self.inbox())

    def inbox(self) -> Sequence[str]:
        """What came from the service user, as Moodle shows it."""
        answer = self._client.read(
            "core_message_get_messages",
            useridto=self.number,
            useridfrom=self._sender,
            type="conversations",
            read=2,
            newestfirst=True,
            limitnum=100,
        )
        return [one["text"] for one in answer["messages"]]

    def block(self) -> None:
        """Wants nothing of the service user."""
        self._block("core_message_block_user", blockeduserid=self._sender)

    def unblock(self) -> None:
        """Takes that back."""
        self._block("core_message_unblock_user", unblockeduserid=self._sender)

    def _block(self, function: str, **whom: int) -> None:
        self._client.write(function, userid=self.number, **whom)


class Cut:
    """A sink whose answers are lost: what it sent arrived, and nobody heard so."""

    def __init__(self, sink: MoodleMessages) -> None:
        self._deliver = sink.deliver
        self.sent: list[Message] = []

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Sends, and breaks before the receipt."""
        for message, receipt in zip(messages, self._deliver(messages), strict=True):
            assert receipt.state == "sent", receipt
            self.sent.append(message)
            raise ConnectionError
        yield from ()


def configure(folder: Path, url: str) -> Path:
    """Writes a configuration and a key into ``folder``."""
    path = folder / "leercultuur.toml"
    path.write_text(_CONFIGURATION.format(url=url), "utf-8")
    key = folder / "identity.key"
    key.write_text(secrets.token_hex(32), "utf-8")
    key.chmod(0o600)
    return path


def whole_circle(folder: Path, site: Entrance, at: datetime) -> dict[str, Any]:
    """Goes round once, with every promise on the way; ``at`` is a moment in working hours.

    Gives what came of it in numbers, to print.
    """
    learner = Learner(site)
    environ = {"TOKEN": site.token}
    with Engine.from_config(configure(folder, site.url), environ, create=True) as engine:
        assert engine.adapters.broken == {}
        return _round(engine, learner, at)


def _round(engine: Engine, learner: Learner, at: datetime) -> dict[str, Any]:
    collected = engine.collect(at)
    (directory,), (activity,) = collected.directories, collected.sources
    assert (directory.problem, activity.problem) == ("", "")
    assert activity.new > 0
    before = _calls(engine)
    again = engine.collect(at + timedelta(hours=1))
    assert (again.sources[0].new, again.sources[0].retracted, again.sources[0].problem) == (
        0,
        0,
        "",
    )

    (person,) = engine.find(f"account|{_url(engine)}|{learner.number}", at)
    # Without a yes there is no phase, and nobody gets anything.
    assert person not in engine.estimate(at).estimates
    engine.plan(at)
    assert engine.deliver(at).states.get("sent", 0) == 0
    engine.consent(person, "own_prompts", True, by="the learner", now=at)
    estimate = engine.estimate(at).estimates[person]
    assert sum(estimate.probabilities.values()) == pytest.approx(1)
    engine.plan(at)

    # The answer to the first message is lost. The next run looks, and sends nothing.
    sink = engine.adapters.sinks["messages"]
    assert isinstance(sink, MoodleMessages)
    cut = Cut(sink)
    sink.deliver = cut.deliver  # type: ignore[method-assign]
    assert engine.deliver(at).problems.keys() == {"messages"}
    del sink.deliver
    (message,) = cut.sent
    assert learner.received(message) == 1
    assert engine.deliver(at + timedelta(minutes=10)).states == {"sent": 1}
    assert learner.received(message) == 1

    # Another night: nothing twice.
    engine.plan(at + timedelta(days=1))
    assert engine.deliver(at + timedelta(days=1)).states.get("sent", 0) == 0
    assert learner.received(message) == 1

    # Who blocks the sender gets a receipt, and no message.
    learner.block()
    try:
        blocked = _next_message(engine, at)
    finally:
        learner.unblock()
    assert (blocked.states, blocked.problems) == ({"dead": 1}, {})
    with engine.store.reading() as tx:
        assert [one.reason for one in tx.delivery.messages(states=["dead"])] == ["blocked"]
    assert sum(mark(message) in text for text in learner.inbox()) == 1
    return {
        "people": directory.people,
        "activities": activity.new,
        "phase": estimate.phase,
        "calls of the first reading": before,
        "calls of the second": _calls(engine) - before,
    }


def _next_message(engine: Engine, at: datetime) -> Delivered:
    """What became of the next message; care for people decides in which week there is one."""
    for week in range(1, 9):
        now = at + week * _WEEK
        engine.estimate(now)
        engine.plan(now)
        delivered = engine.deliver(now)
        if delivered.states.keys() & {"sent", "dead", "failed"}:
            return delivered
    raise AssertionError("no next message in eight weeks")


def _url(engine: Engine) -> str:
    return str(engine.adapters.sinks["messages"].settings.url).rstrip("/")


def _calls(engine: Engine) -> int:
    source = engine.adapters.sources["activity"]
    assert isinstance(source, MoodleSource)
    return source.client.calls
