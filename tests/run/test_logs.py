"""Logs of a night: every step is an event, and nobody is in any of them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from leercultuur_core.activity.activity import Activity
from leercultuur_core.errors import SourceUnavailable, StoreError
from leercultuur_core.extension import (
    Delivery,
    Directory,
    DirectoryPerson,
    Message,
    Page,
    Plugins,
    Receipt,
    Reject,
    Sink,
    hookimpl,
)
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.logs import event, logging_to

from .conftest import NOW, ListDirectory, ListSource, Make
from .outside import Mailbox, SameAgainSink

HOUR = timedelta(hours=1)

PLANTED = (
    "Sanne",
    "sanne@planted.example",
    "planted-account",
    "planted-secret",
    "planted-course",
    "planted words of a person",
)
"""What stands in activities, people, rejects, addresses and errors, and may be in no record."""


class TornDirectory(Directory):
    """Cannot be read, and says whose row it was."""

    name = "torn"

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        raise ValueError("Sanne sanne@planted.example planted-secret")


class RefusingSink(Sink):
    """Gives a receipt that says too much, and the first time fails."""

    name = "refusing"
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        self.calls += 1
        for message in messages:
            yield Receipt(message.id, "failed" if self.calls == 1 else "sent", "planted-account")


class LoudSink(Sink):
    """Stops with an error that names people."""

    name = "loud"
    delivery: ClassVar[Delivery] = "idempotent"

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        raise SourceUnavailable(f"no room for {messages[0].recipient.name}: planted-secret")


class LoudObserver:
    """Breaks on what it hears."""

    @hookimpl
    def leercultuur_collected(self, source: str) -> None:
        raise RuntimeError(f"{source}: Sanne planted-secret")


@pytest.fixture
def engine(make: Make, tmp_path: Path) -> Engine:
    """A night on which everything that can be logged happens."""
    activities = [
        Activity(
            id=f"planted-account-{day}",
            identities=("account|home|planted-account",),
            verb="http://adlnet.gov/expapi/verbs/progressed",
            topic="planted-course",
            object_id="https://home/planted-course",
            occurred_at=NOW - timedelta(days=day),
        )
        for day in range(1, 40)
    ]
    reject = Reject("planted-account.ndjson", 3, "found Sanne", b"planted words of a person")
    sanne = DirectoryPerson(
        ("account|home|planted-account",), name="Sanne", addresses={"mail": "sanne@planted.example"}
    )
    plugins = Plugins()
    plugins.register(LoudObserver(), "observer")
    return make(
        sources={
            "lms": ListSource([Page(activities, rejects=[reject])]),
            "stopped": ListSource([RuntimeError("planted-secret of Sanne")]),
            "away": ListSource([SourceUnavailable("planted-secret in the address")]),
        },
        directories={"people": ListDirectory([sanne]), "torn": TornDirectory()},
        sinks={"refusing": RefusingSink(), "loud": LoudSink()},
        plugins=plugins,
    )


def events(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [record.leercultuur_event for record in caplog.records]  # type: ignore[attr-defined]


def test_a_night_logs_each_step_and_names_nobody(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    engine.run(NOW)
    engine.deliver(NOW + 2 * HOUR)
    with engine.store.transaction() as tx:
        tx.run("UPDATE messages SET sink = 'loud', state = 'ready'")
        tx.run("UPDATE outbox SET sink = 'loud', state = 'ready'")
    engine.deliver(NOW + 3 * HOUR)
    seen = events(caplog)
    assert [(one["event"], one.get("outcome")) for one in seen] == [
        ("directory", "done"),
        ("directory", "failed"),
        ("source", "done"),
        ("rejects", None),
        ("plugin", "failed"),
        ("source", "failed"),
        ("source", "failed"),
        ("collect", "part"),
        ("estimate", "done"),
        ("plan", "done"),
        ("sink", None),
        ("deliver", "part"),
        ("tidy", None),
        ("retry", None),
        ("sink", None),
        ("deliver", "done"),
        ("retry", None),
        ("sink", "failed"),
        ("deliver", "part"),
    ]
    source = next(one for one in seen if one.get("source") == "lms")
    assert (source["new"], source["rejected"]) == (39, 1)
    assert all(isinstance(one["seconds"], float) for one in seen if one["event"] == "source")
    assert seen[3] == {"event": "rejects", "source": "lms", "kept": 1}
    assert {record.name for record in caplog.records} <= {
        f"leercultuur.{part}"
        for part in ("collect", "estimate", "plan", "deliver", "plugins", "tidy")
    }
    with engine.store.reading() as tx:
        (uuid,) = tx.people.all()
        ids = [one.prompt_id for one in tx.delivery.prompts()]
    told = "\n".join(repr(vars(record)) + record.getMessage() for record in caplog.records)
    assert ids
    for text in (*PLANTED, uuid, *ids):
        assert text.lower() not in told.lower()


def test_what_stops_a_verb_is_logged_by_its_kind(
    make: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    engine = make()

    def full(*_: object, **__: object) -> None:
        raise StoreError("planted-secret", "full")

    monkeypatch.setattr("leercultuur_core.run.estimating.believe", full)
    with pytest.raises(StoreError):
        engine.estimate(NOW)
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert events(caplog)[0]["error"] == "StoreError"
    assert "planted-secret" not in repr(vars(record))


@pytest.mark.parametrize("form", ["json", "text"])
def test_one_line_an_event_and_nothing_of_others(form: str) -> None:
    stream = io.StringIO()
    with logging_to(stream, "json" if form == "json" else "text"):
        event("collect", "source", {"source": "the drop", "new": 3, "seconds": 0.25})
        logging.getLogger("leercultuur.acme").warning("Sanne was here")
    event("collect", "source", {"source": "after"})
    (line,) = stream.getvalue().splitlines()
    if form == "json":
        row = json.loads(line)
        assert row.pop("time").endswith("+00:00")
        assert row == {
            "level": "info",
            "logger": "leercultuur.collect",
            "event": "source",
            "source": "the drop",
            "new": 3,
            "seconds": 0.25,
        }
    else:
        assert line.endswith(
            'info leercultuur.collect event=source source="the drop" new=3 seconds=0.25'
        )


def test_without_asking_nothing_is_written(
    make: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = make(
        sources={"stopped": ListSource([RuntimeError("x")])},
        sinks={"sink": SameAgainSink(Mailbox(tmp_path / "lines"))},
    )
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []  # pytest's own
    try:
        engine.run(NOW)
    finally:
        root.handlers = handlers
    assert capfd.readouterr() == ("", "")
