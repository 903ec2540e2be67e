"""The system that a source reads, as the suites have it, and the fixtures they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from ..activity.activity import Activity
from ..errors import LeercultuurError, SourceUnavailable
from ..extension import Source, State
from .contract import MOST_REQUESTS, Contract, ScriptedServer, expect
from .events import Event, Serve, event
from .faults import Change
from .recordings import Recording, Responder
from .taking import Taken, counted, take


class System:
    """The system that the adapter reads: with what in it, and with what faults."""

    def __init__(
        self,
        source: Source,
        again: Callable[[Source], Source],
        server: ScriptedServer,
        fill: Callable[[], Responder | None],
    ) -> None:
        self.source = source
        self.server = server
        self._again = again
        self._fill = fill
        self.start()
        self.well = self.read()
        """What a run brings when nothing is wrong."""
        self.requests = len(server.seen)
        expect(
            self.well.error is None and not self.well.endless,
            f"a run without faults: expected that it ends well, found {told(self.well)}"
            + "".join(f"; {one}" for one in dict.fromkeys(server.unknown)),
        )

    def start(self) -> None:
        """All is well, nothing was asked yet."""
        answers = self._fill()
        if answers is not None:
            self.server.play(answers)

    def read(self, state: State | None = None, **more: Any) -> Taken:
        """A run as the next night makes it: by an adapter that knows nothing but ``state``."""
        return take(self._again(self.source), state, **more)

    @property
    def spots(self) -> list[int]:
        """The requests at which a fault is tried: the first, the last, and one between."""
        return sorted({0, self.requests // 2, self.requests - 1})

    def is_ours(self, taken: Taken) -> bool:
        """Whether it ended with an error that tells people what to do."""
        return isinstance(taken.error, LeercultuurError)

    def activities(self) -> list[Activity]:
        """The activities of a run without faults."""
        return [one for one in self.well.records if isinstance(one, Activity)]


class Noted:
    """What became of the faults of one test: for the table and the report."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def __call__(self, fault: str, *, lost: int, doubled: int, ended: bool = True) -> None:
        """One fault: how many activities were lost or came twice, and whether the run ended well."""
        row = {"fault": fault, "survived": ended, "lost": lost, "doubled": doubled}
        self._node.user_properties.append(("leercultuur_fault", row))


class SourceFixtures(Contract):
    """Base of the parts of `leercultuur_core.testing.SourceContract`."""

    adapter = "source"

    late: ClassVar[timedelta] = timedelta(minutes=5)
    """How late this system may show a row that it stored before others it showed already."""

    @pytest.fixture
    def source(self) -> Source:
        """The adapter: override it."""
        pytest.fail("give a fixture `source` that makes your adapter", pytrace=False)

    @pytest.fixture
    def serve(self) -> Serve | None:
        """How the system shows made-up events: override it, so that late rows can be tested."""
        return None

    @pytest.fixture
    def noted(self, request: pytest.FixtureRequest) -> Noted:
        """Takes down what became of a fault."""
        return Noted(request.node)

    @pytest.fixture
    def fill(
        self, recording: Recording | None, serve: Serve | None
    ) -> Callable[[], Responder | None]:
        """Puts in the system what was recorded; made-up events where there is no recording."""
        if recording is not None:
            return recording.responder
        if serve is None:
            pytest.fail(
                "give a fixture `script` (what the system answered) or `serve`", pytrace=False
            )
        return lambda: serve(ordinary())

    @pytest.fixture
    def system(
        self,
        source: Source,
        scripted: ScriptedServer,
        fill: Callable[[], Responder | None],
    ) -> System:
        """The system as `fill` fills it."""
        return System(source, self.again, scripted, fill)

    @pytest.fixture
    def online(
        self,
        source: Source,
        scripted: ScriptedServer,
        recording: Recording | None,
        serve: Serve | None,
    ) -> System:
        """A system behind HTTP, with made-up events where it can have them: it heeds marks then."""
        if serve is not None and serve(ordinary()) is not None:
            return System(source, self.again, scripted, lambda: serve(ordinary()))
        if recording is None:
            pytest.skip("not read over HTTP: the faults of a server do not reach it")
        return System(source, self.again, scripted, recording.responder)

    def survives(
        self,
        system: System,
        noted: Noted,
        fault: str,
        change: Callable[[], Change],
        *,
        spots: Sequence[int] | None = None,
        times: int = MOST_REQUESTS,
        raises: type[Exception] = SourceUnavailable,
        advice: str = "",
    ) -> None:
        """A run in which the server has the fault, and the next night, when it is mended.

        The first either brings all or raises ``raises``; together they bring each activity once.
        """
        whole = counted(system.well)
        lost = doubled = 0
        silent: list[str] = []
        for spot in system.spots if spots is None else spots:
            system.start()
            system.server.fault(change(), first=spot, times=times)
            first = system.read()
            right = isinstance(first.error, raises) if first.error else whole == counted(first)
            if not right or first.endless or system.server.endless:
                silent.append(told(first))
            system.start()
            second = system.read(first.state)
            if second.error is not None:
                silent.append(f"{told(second)} in the night after")
            both = counted(first, second)
            lost = max(lost, len(whole.keys() - both.keys()))
            doubled = max(doubled, len(both.keys() - whole.keys()))
        noted(fault, lost=lost, doubled=doubled, ended=not silent)
        expect(
            not silent,
            f"{fault}: expected {raises.__name__} or all activities, found "
            f"{', '.join(dict.fromkeys(silent))}; {advice}",
        )
        expect(
            not lost,
            f"{fault}: {lost} activities are lost; a page's mark may not go beyond what is in that "
            "page and those before it",
        )
        expect(
            not doubled,
            f"{fault}: {doubled} activities count twice; give what is read again the same id",
        )


def told(taken: Taken) -> str:
    """How a run ended, without a word of what it read."""
    if taken.endless:
        return "pages without end"
    if taken.error is None:
        return f"{len(counted(taken))} activities and no error"
    return type(taken.error).__name__


def ordinary() -> list[Event]:
    """Ten events on ten days."""
    return [event(number, stored=timedelta(days=number)) for number in range(1, 11)]
