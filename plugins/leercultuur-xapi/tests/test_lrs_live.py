"""Against a real LRS, Ralph 5.1.0 on its file back end (servers/start_ralph.py mends two bugs of it)."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leercultuur_core import AccessDenied, Engine, HttpClient, Secret
from leercultuur_core.extension import Record, State
from leercultuur_core.testing import proved_live, recording
from leercultuur_core.testing.messages import message
from leercultuur_core.testing.servers import Running, free_port, python_environment, running
from leercultuur_xapi.profile import is_own
from leercultuur_xapi.sink import LrsSink, LrsSinkSettings
from leercultuur_xapi.source import LrsSource, LrsSourceSettings

pytestmark = pytest.mark.server

HERE = Path(__file__).parent
RECORDINGS = HERE / "recordings"
VERSION = "5.1.0"
PASSWORD = "secret-5f2c9e7a"  # noqa: S105 - of the LRS that these tests start
HOME = "https://lms.example"
MANY = 10_000
MINUTE = timedelta(minutes=1)


class Ralph:
    """A Ralph with a folder of its own, which is the same after it was stopped."""

    def __init__(self, folder: Path, page: int = 500) -> None:
        self._folder = folder
        self._page = page
        self._port = free_port()
        self._stack = ExitStack()
        self.url = f"http://127.0.0.1:{self._port}/xAPI"
        self.server: Running

    def start(self) -> None:
        """Starts it, or starts it again."""
        requirements = HERE / "servers/ralph.txt"
        assert f"ralph-malph=={VERSION}" in requirements.read_text()
        python = python_environment(requirements) / "python"
        self.server = self._stack.enter_context(
            running(
                [python, HERE / "servers/start_ralph.py", str(self._port), self._folder],
                ready=f"http://127.0.0.1:{self._port}/__heartbeat__",
                env={"RALPH_PAGE": str(self._page)},
            )
        )

    def stop(self) -> None:
        """Stops it, if it still runs."""
        self._stack.close()

    def login(self, name: str = "key") -> dict[str, Any]:
        """Settings of a client of this server."""
        return {"url": self.url, "key": name, "secret": Secret(PASSWORD)}

    def put(self, statements: Sequence[dict[str, Any]]) -> None:
        """Stores them as a system that teaches would."""
        with HttpClient(self.url, login=("key", Secret(PASSWORD))) as http:
            for start in range(0, len(statements), 2_500):
                http.post_json("/statements", statements[start : start + 2_500])

    def everything(self) -> list[dict[str, Any]]:
        """All statements, as they are kept."""
        lines = (self._folder / "fs_lrs.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@contextmanager
def ralph_in(folder: Path, page: int = 500) -> Iterator[Ralph]:
    ralph = Ralph(folder, page)
    try:
        ralph.start()
        yield ralph
    finally:
        ralph.stop()


def statement(number: int, at: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"6f1d2c3b-0000-4000-8000-{number:012d}",
        "actor": {"account": {"homePage": HOME, "name": f"learner{number % 200}"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": f"{HOME}/{number}"},
        "timestamp": at.isoformat(),
        **changes,
    }


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> Iterator[Ralph]:
    """Ralph with ten thousand statements, the last of two hours ago."""
    with ralph_in(tmp_path_factory.mktemp("full")) as ralph:
        first = now - timedelta(hours=2) - MANY * MINUTE
        ralph.put([statement(number, first + number * MINUTE) for number in range(MANY)])
        yield ralph


@pytest.fixture
def engine(
    full: Ralph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Engine]]:
    """Opens the organisation that reads this Ralph, as each night does."""
    monkeypatch.setenv("LRS_SECRET", PASSWORD)
    (tmp_path / "identity.key").write_text("k" * 40)
    (tmp_path / "identity.key").chmod(0o600)
    (tmp_path / "leercultuur.toml").write_text(f"""
[organisation]
name = "De Korenaar"
identity_key = {{ file = "identity.key" }}
[[source]]
name = "ralph"
kind = "xapi"
url = "{full.url}"
key = "key"
secret = {{ env = "LRS_SECRET" }}
""")
    with ExitStack() as stack:

        def night() -> Engine:
            made = Engine.from_config(tmp_path / "leercultuur.toml", create=True)
            return stack.enter_context(made)

        yield night


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request that an adapter made."""
    calls: list[str] = []
    plain = HttpClient.send

    def send(client: HttpClient, method: str, path: str = "", /, **more: Any) -> Any:
        calls.append(f"{method} {path}")
        return plain(client, method, path, **more)

    monkeypatch.setattr(HttpClient, "send", send)
    return calls


def collect(engine: Engine, now: datetime) -> Any:
    (read,) = engine.collect(now).sources
    return read


def proved(request: pytest.FixtureRequest, adapter: type[LrsSource | LrsSink]) -> None:
    proved_live(request, adapter, system="Ralph", version=VERSION)


# The source


def test_ten_thousand_and_then_only_what_is_new(
    full: Ralph,
    engine: Callable[[], Engine],
    asked: list[str],
    now: datetime,
    request: pytest.FixtureRequest,
) -> None:
    proved(request, LrsSource)
    first = collect(engine(), now)
    assert not first.problem
    assert (first.new, first.duplicates, first.rejected) == (MANY, 0, 0)
    # Pages of 500, and an empty one: Ralph cannot tell that the last full page is the last.
    assert len(asked) == MANY // 500 + 1

    full.put([statement(MANY + number, now + number * MINUTE / 10) for number in range(7)])
    asked.clear()
    second = collect(engine(), now + timedelta(days=1))
    assert not second.problem
    assert (second.new, second.duplicates) == (7, 0)
    assert len(asked) == 1


def test_killed_in_the_middle_of_a_page_and_started_again(
    full: Ralph,
    engine: Callable[[], Engine],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    proved(request, LrsSource)
    stored = full.everything()
    plain, count = HttpClient.send, 0

    def send(client: HttpClient, method: str, path: str = "", /, **more: Any) -> Any:
        nonlocal count
        count += 1
        if count == 9:
            # While it looks through its file for the ninth page.
            threading.Timer(0.02, full.server.kill).start()
        return plain(client, method, path, **more)

    monkeypatch.setattr(HttpClient, "send", send)
    broken = collect(engine(), now)
    assert not full.server.alive
    assert broken.problem
    assert broken.new in {8 * 500, 9 * 500}  # the ninth came whole where that took no time

    monkeypatch.setattr(HttpClient, "send", plain)
    full.start()
    rest = collect(engine(), now)
    assert not rest.problem
    assert broken.new + rest.new == len({one["id"] for one in stored})
    # What comes again is what the overlap of the next window asks for, and nothing else.
    again = sum(one["timestamp"] > (now - timedelta(hours=1)).isoformat() for one in stored)
    assert (broken.duplicates, rest.duplicates) == (0, again)


def test_since_is_compared_with_when_it_happened(
    full: Ralph, now: datetime, request: pytest.FixtureRequest
) -> None:
    """So what a device brings that was offline needs an overlap as long as that; check says so."""
    proved(request, LrsSource)
    late = statement(MANY + 100, now - timedelta(days=3, seconds=1))
    mark = list(source(full).fetch(State()))[-1].mark
    full.put([late])

    def found(**changes: Any) -> bool:
        pages = source(full, **changes).fetch(State(mark))
        return late["id"] in {record_id(one) for page in pages for one in page.records}

    assert not found()
    assert found(overlap=timedelta(days=4))
    last = list(source(full).check())[-1]
    assert last.level == "warning"
    assert "overlap" in last.hint


def source(ralph: Ralph, **changes: Any) -> LrsSource:
    return LrsSource(LrsSourceSettings(**ralph.login(), **changes))


def record_id(record: Record) -> str:
    return record.id


# The sink


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Ralph]:
    """Ralph with nothing in it, and three statements to a page."""
    with ralph_in(tmp_path / "small", page=3) as ralph:
        yield ralph


@pytest.mark.parametrize("client", ["key", "writer"])
def test_twice_is_once(small: Ralph, client: str, request: pytest.FixtureRequest) -> None:
    """``writer`` may not read, and so cannot look at what is there already."""
    proved(request, LrsSink)
    login = small.login(client)
    own = LrsSink(LrsSinkSettings(**login, channel="moodle", home_page=HOME, text=True))
    nobody = LrsSink(LrsSinkSettings(**login))
    messages = [message(number, {"moodle": f"{number}"}) for number in range(1, 4)]
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert [one.level for one in own.check()] == ["warning", "ok"]  # it has no /about
    for _ in range(2):
        for sink in (own, nobody):
            assert [one.state for one in sink.deliver(messages)] == ["sent"] * 3
        assert own.answered(messages[0].prompts[0].id, "done", "1", at=at).state == "sent"
    stored = small.everything()
    assert len(stored) == 7
    assert all(map(is_own, stored))
    # What leercultuur says of itself is not read back.
    assert not any(page.records or page.rejects for page in source(small).fetch(State()))


def test_who_may_not_read_is_told_so(small: Ralph, request: pytest.FixtureRequest) -> None:
    proved(request, LrsSource)
    reader = LrsSource(LrsSourceSettings(**small.login("writer")))
    with pytest.raises(AccessDenied):
        list(reader.fetch(State()))
    finding = list(reader.check())[-1]
    assert finding.level == "problem"


# What the scripted tests are played by


def test_the_recordings_are_what_ralph_answers(small: Ralph, tmp_path: Path) -> None:
    """Makes them again; with LEERCULTUUR_RECORD set they take the place of those that are there."""
    folder = RECORDINGS if os.environ.get("LEERCULTUUR_RECORD") else tmp_path
    folder.mkdir(exist_ok=True)
    root = small.url.removesuffix("/xAPI")
    start = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    void = statement(
        8,
        start + 8 * MINUTE,
        verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
        object={"objectType": "StatementRef", "id": statement(2, start)["id"]},
    )
    small.put([*(statement(number, start + number * MINUTE) for number in range(8)), void])

    @contextmanager
    def kept(name: str, *volatile: str) -> Iterator[dict[str, Any]]:
        on = datetime.now(UTC).date()
        path = folder / f"ralph-{name}.json"
        with recording(
            root, path, system="Ralph", version=VERSION, on=on, volatile=volatile
        ) as url:
            yield {"url": f"{url}/xAPI", "key": "key", "secret": Secret(PASSWORD)}

    with kept("source", "since", "until") as login:
        reader = LrsSource(LrsSourceSettings(**login))
        list(reader.check())
        list(reader.fetch(State()))
    with kept("sink", "statementId") as login:
        sink = LrsSink(LrsSinkSettings(**login))
        for _ in range(2):
            list(sink.deliver([message(21, {})]))
    for name in ("source", "sink"):
        fresh, there = (
            json.loads((where / f"ralph-{name}.json").read_text()) for where in (folder, RECORDINGS)
        )
        assert PASSWORD not in json.dumps(fresh)
        assert [shape(one) for one in fresh["exchanges"]] == [
            shape(one) for one in there["exchanges"]
        ]


def shape(exchange: dict[str, Any]) -> tuple[Any, ...]:
    """What of an exchange is the same each time."""
    asked, said = exchange["request"], exchange["response"]
    body = said.get("json", {})
    return (
        asked["method"],
        asked["path"],
        sorted(asked["query"]),
        said["status"],
        sorted(body) if isinstance(body, dict) else [],
    )
