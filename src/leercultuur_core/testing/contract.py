"""What all contract suites share: a server that misbehaves on request, no real waiting, secrets."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, ClassVar, TypeVar

import attrs
import pytest

from ..extension import Adapter, Secret
from ..extension.http import HttpClient, Limits
from .faults import Change
from .recordings import SERVER, RecordedFile, Recording, Responder, UnknownRequest
from .scripted import Scripted, Seen, Step, scripted

_T = TypeVar("_T")
_A = TypeVar("_A", bound=Adapter)

MOST_REQUESTS = 1_000
"""A server of this kit is asked no more than this in one test: after that somebody goes round."""

SHORTEST_SECRET = 8


def expect(right: object, message: str) -> None:
    """Fails the test with ``message``, which says the fault and what to do, unless ``right``."""
    if not right:
        pytest.fail(message, pytrace=False)


class Pace:
    """How patient `HttpClient` is in a test. Waiting takes no time and is written down.

    ``read``, ``whole`` and ``attempts`` are upper bounds for clients made from now on.
    """

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.read = self.whole = 30.0
        self.attempts = 4
        self._ahead = 0.0

    def hurry(self) -> None:
        """For servers that hang: gives up soon."""
        self.read, self.whole, self.attempts = 0.5, 1.0, 2

    def clock(self) -> float:
        """The time, with what was slept."""
        return time.time() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Notes it and goes on."""
        self.slept.append(seconds)
        self._ahead += seconds

    def limits(self, given: Limits | None) -> Limits:
        """``given``, but no more patient than this."""
        own = given or Limits()
        return attrs.evolve(
            own,
            read=min(own.read, self.read),
            whole=min(own.whole, self.whole),
            attempts=min(own.attempts, self.attempts),
        )


class ScriptedServer:
    """A server on this machine that a test gives its answers and its faults."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[Seen] = []
        """Every request since `play`."""
        self.unknown: list[str] = []
        """What was asked that nobody said how to answer."""
        self._answers: Responder | None = None
        self._change: Change | None = None
        self._spots = range(0)

    def play(self, answers: Responder) -> None:
        """Answers like this from now on, without faults; requests are counted from 0 again."""
        self._answers = answers
        self.seen = []
        self.heal()

    def fault(self, change: Change, *, first: int = 0, times: int = MOST_REQUESTS) -> None:
        """Changes ``times`` answers, from that to request number ``first`` since `play`."""
        self._change = change
        self._spots = range(first, first + times)

    def heal(self) -> None:
        """No faults from now on."""
        self._change = None

    @property
    def endless(self) -> bool:
        """Whether more was asked than anybody needs."""
        return len(self.seen) > MOST_REQUESTS

    def respond(self, seen: Seen) -> Step:
        """The answer, faults included."""
        number = len(self.seen)
        self.seen.append(seen)
        if self._answers is None or self.endless:
            return Step(503, b"no answers", {"Content-Type": "text/plain"})
        try:
            step = self._answers(seen)
        except UnknownRequest as error:
            self.unknown.append(str(error))
            return Step(501, str(error).encode(), {"Content-Type": "text/plain"})
        headers = {name: text.replace(SERVER, self.url) for name, text in step.headers.items()}
        body = step.body.replace(SERVER.encode(), self.url.encode())
        step = attrs.evolve(step, headers=headers, body=body)
        if self._change is not None and number in self._spots:
            return self._change(step)
        return step


class Contract:
    """Base of the suites. Inherit one of those, not this."""

    adapter: ClassVar[str]
    """The fixture that gives the adapter."""

    patience: ClassVar[float] = 20.0
    """Seconds in which an adapter must have given up on a server that hangs."""

    does_not_apply: ClassVar[Mapping[str, str]] = {}
    """Check, or fixture that checks rest on → why it says nothing about this adapter. Those are left
    out (pytest counts them as deselected) and are not in the report; a name that stands for no check
    is an error."""

    # -- fixtures ------------------------------------------------------------------------------

    @pytest.fixture(autouse=True)
    def pace(self, monkeypatch: pytest.MonkeyPatch) -> Pace:
        """No `HttpClient` really waits during these tests."""
        pace = Pace()
        plain = HttpClient.__init__

        @wraps(plain)
        def paced(client: HttpClient, url: str, **more: Any) -> None:
            more["limits"] = pace.limits(more.get("limits"))
            more["clock"], more["sleep"] = pace.clock, pace.sleep
            plain(client, url, **more)

        monkeypatch.setattr(HttpClient, "__init__", paced)
        return pace

    @pytest.fixture
    def scripted(self) -> Iterator[ScriptedServer]:
        """The server that the adapter talks to; ``scripted.url`` is its address."""
        server = ScriptedServer()
        with scripted(server.respond) as running:
            server.url = running.url
            yield server

    @pytest.fixture
    def other_host(self) -> Iterator[Scripted]:
        """A server that the adapter was not told of; it takes down what it is asked."""
        with scripted(lambda _: Step(200, b"{}", {"Content-Type": "application/json"})) as running:
            yield running

    @pytest.fixture
    def script(self) -> RecordedFile | Recording | None:
        """What the system answers: override it with ``return recorded("….json")``."""
        return None

    @pytest.fixture
    def recording(
        self, script: RecordedFile | Recording | None, request: pytest.FixtureRequest
    ) -> Recording | None:
        """The script, read; a relative path starts beside the test file."""
        return script.read(request.path.parent) if isinstance(script, RecordedFile) else script

    @pytest.fixture(autouse=True)
    def _adapter_under_test(self, request: pytest.FixtureRequest) -> None:
        """Tells the report which adapter this test is about."""
        cls = type(request.getfixturevalue(self.adapter))
        request.node.user_properties.append(
            ("leercultuur_adapter", f"{cls.__module__}:{cls.__qualname__}")
        )
        request.node.user_properties.append(("leercultuur_contract", self._contract()))

    # -- for the suites ------------------------------------------------------------------------

    def again(self, adapter: _A) -> _A:
        """Another adapter with the same settings, as the next run makes it: knows nothing yet.

        Override it where a class takes more than its settings.
        """
        return type(adapter)(adapter.settings)

    @classmethod
    def _contract(cls) -> str:
        return next(
            one.__name__ for one in cls.__mro__ if one.__module__.startswith(f"{__package__}.")
        )

    def within(self, seconds: float, call: Callable[[], _T], fault: str) -> _T:
        """What ``call`` gives; fails where it takes longer than ``seconds``."""
        outcome: list[_T] = []
        failed: list[BaseException] = []

        def work() -> None:
            try:
                outcome.append(call())
            except BaseException as error:  # noqa: BLE001 - raised again where the test is
                failed.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(seconds)
        expect(
            not thread.is_alive(),
            f"{fault}: still waiting after {seconds:g} s; give each request a time-out, "
            "also as a whole (self.http has them)",
        )
        if failed:
            raise failed[0]
        return outcome[0]


def secrets_of(adapter: Adapter) -> list[str]:
    """Every `Secret` in the adapter's settings, in the plain; skips the test where there is none.

    Fails where one is too short to be told from other text.
    """
    values = _secrets(adapter.settings)
    if not values:
        pytest.skip("the settings hold no Secret: nothing to give away")
    expect(
        all(len(value) >= SHORTEST_SECRET for value in values),
        f"a secret in the fixture is too short to look for: give at least {SHORTEST_SECRET} "
        'characters, such as Secret("token-5f2c9e7a")',
    )
    return values


def _secrets(settings: Any) -> list[str]:
    if isinstance(settings, Secret):
        return [settings.reveal()]
    if not attrs.has(type(settings)):
        return []
    return [
        secret
        for one in attrs.fields(type(settings))
        for secret in _secrets(getattr(settings, one.name))
    ]


def texts_of(error: BaseException | None) -> str:
    """All that an error and the errors behind it say: what a traceback would show of them."""
    texts: list[str] = []
    while error is not None:
        texts += [str(error), repr(error)]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(texts)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Every line that was logged, but for what urllib3 says on its own at debug level."""
    return "\n".join(
        one.getMessage()
        for one in caplog.records
        if not (one.name.startswith("urllib3") and one.levelno <= logging.DEBUG)
    )
