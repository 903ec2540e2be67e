"""The server of the store is restarted in the middle of a night; the next one goes on from there."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from leercultuur_core.activity.activity import Activity
from leercultuur_core.errors import StoreError
from leercultuur_core.extension import Message, Page, Plugins, Secret, Source, State
from leercultuur_core.run.builtin import Adapters
from leercultuur_core.run.config import Configuration, Organisation, Privacy
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import Store
from leercultuur_core.testing.postgresql import (
    PASSWORD,
    PostgreSQLServer,
    needs_postgresql,
    postgresql_server,
)

from .conftest import GO_LIVE, NOW, workers
from .outside import LookupSink, Mailbox, OnceSink

pytestmark = [needs_postgresql, pytest.mark.server]

PAGES, SIZE = 6, 40


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQLServer]:
    with postgresql_server() as running:
        yield running


class Restarting(Source):
    """Restarts the server before one of its pages; its marks are numbers of pages."""

    name = "restarting"

    def __init__(self, server: PostgreSQLServer, how: signal.Signals, before: int | None) -> None:
        super().__init__()
        self.server, self.how, self.before = server, how, before

    def fetch(self, state: State) -> Iterator[Page]:
        for number in range(int(state.mark or 0), PAGES):
            if number == self.before:
                self.server.restart(self.how)
            records = [
                Activity(
                    id=f"{number}-{one}",
                    identities=(f"employee|bakery|{one % 7}",),
                    verb="http://adlnet.gov/expapi/verbs/completed",
                    occurred_at=NOW - timedelta(days=number + 1),
                )
                for one in range(SIZE)
            ]
            yield Page(records, mark=str(number + 1))


def engine(url: str, source: Source, sink: OnceSink, *, create: bool = False) -> Engine:
    return Engine(
        Configuration(
            organisation=Organisation("Bakkerij", Secret("k" * 40), go_live=GO_LIVE),
            store=Secret(url),
            privacy=Privacy(own_prompts="opt-out"),
        ),
        Store.open(url, create=create),
        plugins=Plugins(),
        adapters=Adapters({"source": source}, {"people": workers(7)}, {"sink": sink}),
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_restart_while_pages_come_in(
    server: PostgreSQLServer, tmp_path: Path, how: signal.Signals
) -> None:
    url = server.url(server.new_database())
    sink = OnceSink(Mailbox(tmp_path / "lines"))
    first = engine(url, Restarting(server, how, 3), sink, create=True)
    with first, pytest.raises(StoreError) as caught:
        first.run(NOW)
    assert caught.value.trouble == "failed"
    assert PASSWORD not in str(caught.value)
    assert "run again" in str(caught.value) or "check that it runs" in str(caught.value)
    with engine(url, Restarting(server, how, None), sink) as second:
        ran = second.run(NOW)
        assert ran.complete
        with second.store.reading() as tx:
            assert tx.ledger.read().total() == PAGES * SIZE
            assert tx.value("SELECT count(*) FROM log") == PAGES * SIZE
        assert second.collect(NOW).sources[0].new == 0
    assert sink.mailbox.arrived.total() == len(sink.mailbox.arrived) == 7


def test_a_restart_while_messages_leave(server: PostgreSQLServer, tmp_path: Path) -> None:
    url = server.url(server.new_database())
    mailbox = Mailbox(tmp_path / "lines")
    quiet = Restarting(server, signal.SIGQUIT, None)

    class Restarts(LookupSink):
        def take_in(self, message: Message) -> None:
            super().take_in(message)
            if len(mailbox.arrived) == 3:
                server.restart(signal.SIGQUIT)

    with engine(url, quiet, Restarts(mailbox), create=True) as first, pytest.raises(StoreError):
        first.run(NOW)
    assert len(mailbox.arrived) == 3
    with engine(url, quiet, LookupSink(mailbox)) as second:
        assert second.deliver(NOW).complete
        with second.store.reading() as tx:
            states = Counter(message.state for message in tx.delivery.messages())
    assert states == {"sent": 7}
    assert mailbox.arrived.total() == len(mailbox.arrived) == 7
