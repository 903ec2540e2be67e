"""The LRS as a source: the whole contract, and the habits of servers, by a made-up LRS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import evolve, field, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leercultuur_core import (
    AccessDenied,
    Activity,
    ConfigError,
    Retraction,
    Secret,
    SourceUnavailable,
)
from leercultuur_core.extension import Page, State, structure
from leercultuur_core.extension.http import HttpClient
from leercultuur_core.testing import (
    Event,
    RecordedFile,
    ScriptedServer,
    Serve,
    SourceContract,
    paged,
    recorded,
)
from leercultuur_core.testing.scripted import Seen, Step, as_json, scripted
from leercultuur_xapi.profile import answered, received, sent
from leercultuur_xapi.source import LrsSource, LrsSourceSettings

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KEY, SECRET = "bakery", Secret("secret-5f2c9e7a")


def statement(number: int, stored: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"6f1d2c3b-0000-4000-8000-{number:012d}",
        "actor": {"account": {"homePage": "https://lms.example", "name": f"learner{number % 3}"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": f"https://lms.example/{number}"},
        "timestamp": stored.isoformat(),
        "stored": stored.isoformat(),
        **changes,
    }


@frozen
class Lrs:
    """An LRS of our own, with the habits that real ones have."""

    statements: list[dict[str, Any]] = field(factory=list)
    size: int = 3
    newest_first: bool = False
    heeds_ascending: bool = True
    absolute: bool = False
    last_more: str | None = ""
    through: datetime | None = None
    expired: set[str] = field(factory=set)
    status: int = 404
    version: str = "1.0.3"

    def __call__(self, seen: Seen) -> Step:
        if seen.path == "/xapi/about":
            return as_json({"version": [self.version]})
        if seen.headers["x-experience-api-version"] != self.version:
            return Step(400, b"X-Experience-API-Version: unknown", {"Content-Type": "text/plain"})
        if seen.query.get("at") in self.expired:
            return Step(self.status, b"that list is gone", {"Content-Type": "text/plain"})
        rows = sorted(self.statements, key=lambda one: str(one["stored"]))
        if since := seen.query.get("since"):
            moment = datetime.fromisoformat(since)
            rows = [one for one in rows if datetime.fromisoformat(one["stored"]) > moment]
        ascending = self.heeds_ascending and seen.query.get("ascending") == "true"
        if self.newest_first and not ascending:
            rows.reverse()
        size = min(self.size, int(seen.query.get("limit", self.size)))
        page, path = paged(seen, rows, size=size, parameter="at")
        more: str | None = self.last_more
        if path is not None:
            more = f"http://{seen.headers['host']}{path}" if self.absolute else path
        answer = {"statements": page} | ({} if more is None else {"more": more})
        if self.through is None:
            return as_json(answer)
        return as_json(answer, X_Experience_API_Consistent_Through=self.through.isoformat())


def source_of(url: str, **changes: Any) -> LrsSource:
    return LrsSource(LrsSourceSettings(f"{url}/xapi", key=KEY, secret=SECRET, **changes))


def ids(pages: Sequence[Page]) -> list[int]:
    return [int(record.id[-12:]) for page in pages for record in page.records]


def read(lrs: Lrs, state: State | None = None, **changes: Any) -> tuple[list[Page], list[Seen]]:
    with scripted(lrs) as server:
        return list(source_of(server.url, **changes).fetch(state or State())), server.seen


def after(pages: Sequence[Page]) -> State:
    return State(pages[-1].mark)


def daily(count: int, first: int = 1) -> list[dict[str, Any]]:
    return [statement(n, START + timedelta(days=n)) for n in range(first, first + count)]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries the client waits, and a test does not."""
    plain = HttpClient.__init__

    def hasty(client: HttpClient, url: str, **more: Any) -> None:
        plain(client, url, **{"sleep": lambda _: None, **more})

    monkeypatch.setattr(HttpClient, "__init__", hasty)


# The contract, by an LRS of our own with each habit


def serving(lrs: Lrs) -> Serve:
    """Made-up events as statements. A statement never changes: what does is voided and stored anew."""

    def serve(events: Sequence[Event]) -> Lrs:
        rows = []
        for one in events:
            for revision in range(1, one.revision + 1):
                rows.append(_version(one, revision))
                if revision > 1:
                    rows.append(_void(one, revision))
        return evolve(lrs, statements=rows)

    return serve


def _id(one: Event, revision: int) -> str:
    return one.id if revision == 1 else f"{one.id[:9]}{revision:04x}{one.id[13:]}"


def _version(one: Event, revision: int) -> dict[str, Any]:
    return statement(
        one.number,
        one.stored_at,
        id=_id(one, revision),
        actor={"account": {"homePage": "https://lms.example", "name": one.learner}},
        timestamp=one.occurred_at.isoformat(),
        result={"score": {"scaled": one.score}},
    )


def _void(one: Event, revision: int) -> dict[str, Any]:
    return statement(
        one.number,
        one.stored_at,
        id=f"{_id(one, revision)[:14]}5{one.id[15:]}",
        verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
        object={"objectType": "StatementRef", "id": _id(one, revision - 1)},
    )


class TestOldestFirst(SourceContract):
    """By what Ralph 5.1.0 answered, and night after night by an LRS of our own."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "next_page_at_another_host": "no answer holds a whole address; TestNewestFirst has those",
    }

    @pytest.fixture
    def source(self, scripted: ScriptedServer) -> LrsSource:
        return LrsSource(LrsSourceSettings(f"{scripted.url}/xAPI", key=KEY, secret=SECRET))

    @pytest.fixture
    def script(self) -> RecordedFile:
        return recorded("recordings/ralph-source.json")

    @pytest.fixture
    def serve(self) -> Serve:
        return serving(Lrs())


class TestNewestFirst(SourceContract):
    """By a server that does not heed ``ascending`` and writes whole addresses."""

    @pytest.fixture
    def source(self, scripted: ScriptedServer) -> LrsSource:
        return source_of(scripted.url)

    @pytest.fixture
    def serve(self) -> Serve:
        return serving(Lrs(newest_first=True, heeds_ascending=False, absolute=True))


def test_what_ralph_answered_is_read_whole() -> None:
    recording = recorded("recordings/ralph-source.json").read(Path(__file__).parent)
    with scripted(recording.responder()) as server:
        settings = LrsSourceSettings(f"{server.url}/xAPI", key=KEY, secret=SECRET)
        pages = list(LrsSource(settings).fetch(State()))
    # It turns each page round when it is asked for the oldest first, and ends with an empty one.
    assert ids(pages) == [2, 1, 0, 5, 4, 3, 2, 7, 6]
    assert [len(page.records) for page in pages] == [3, 3, 3, 0]
    assert sum(isinstance(one, Retraction) for page in pages for one in page.records) == 1


# What is asked


def test_asks_for_what_was_stored_since_the_mark_less_the_overlap() -> None:
    pages, first = read(Lrs(daily(4)))
    _, second = read(Lrs(daily(4)), after(pages), overlap=timedelta(hours=2))
    assert dict(first[0].query) == {"limit": "1000", "ascending": "true"}
    assert second[0].query["since"] == "2026-03-06T06:00:00Z"
    assert first[0].headers["x-experience-api-version"] == "1.0.3"
    assert first[0].headers["authorization"].startswith("Basic ")
    assert all("attachments" not in seen.query for seen in (*first, *second))


def test_nothing_before_since() -> None:
    midnight = statement(9, datetime(2026, 3, 4, tzinfo=UTC))
    lrs, day = Lrs([*daily(4), midnight]), date(2026, 3, 4)
    pages, first = read(lrs, since=day)
    assert ids(pages) == [9, 2, 3, 4]
    _, second = read(lrs, after(pages), since=day, overlap=timedelta(days=90))
    _, third = read(lrs, after(pages), since=day)
    asked = [seen[0].query["since"] for seen in (first, second, third)]
    assert asked == ["2026-03-03T23:59:59.999000Z"] * 2 + ["2026-03-06T07:00:00Z"]


def test_speaks_version_2_and_with_a_token() -> None:
    lrs = Lrs(daily(1), version="2.0.0")
    with scripted(lrs) as server:
        settings = LrsSourceSettings(f"{server.url}/xapi", token=SECRET, version="2.0.0")
        assert ids(list(LrsSource(settings).fetch(State()))) == [1]
        assert server.seen[0].headers["authorization"] == "Bearer secret-5f2c9e7a"
        assert server.seen[0].headers["x-experience-api-version"] == "2.0.0"


@pytest.mark.parametrize("last_more", ["", None])
@pytest.mark.parametrize("absolute", [False, True])
def test_follows_more_to_its_end(*, absolute: bool, last_more: str | None) -> None:
    pages, seen = read(Lrs(daily(7), absolute=absolute, last_more=last_more))
    assert ids(pages) == [1, 2, 3, 4, 5, 6, 7]
    assert [len(page.records) for page in pages] == [3, 3, 1]
    assert len(seen) == 3


def test_more_with_the_scheme_and_port_behind_a_proxy_is_asked_at_our_own_address() -> None:
    lrs = Lrs(daily(4))

    def behind(seen: Seen) -> Step:
        step = lrs(seen)
        return evolve(step, body=step.body.replace(b'"/xapi', b'"https://127.0.0.1:8443/xapi'))

    with scripted(behind) as server:
        assert ids(list(source_of(server.url).fetch(State()))) == [1, 2, 3, 4]


def test_more_at_another_host_is_refused_and_what_came_before_is_kept() -> None:
    with scripted(lambda _: Step()) as other:
        elsewhere = other.url.replace("127.0.0.1", "localhost")

        def lead_away(seen: Seen) -> Step:
            return as_json({"statements": daily(1), "more": f"{elsewhere}/xapi/statements?at=1"})

        with scripted(lead_away) as server:
            pages = source_of(server.url).fetch(State())
            with pytest.raises(SourceUnavailable, match="another host"):
                next(pages)
        assert other.seen == []


def test_expired_more_starts_the_window_again() -> None:
    lrs = Lrs(daily(7))
    with scripted(lrs) as server:
        pages = source_of(server.url).fetch(State())
        first = next(pages)
        lrs.expired.add("1")
        # Expires while it reads: once it was read again, it is well.
        second = next(pages)
        assert "at" not in server.seen[-1].query
        lrs.expired.clear()
        rest = list(pages)
    assert ids([first, second, *rest]) == [1, 2, 3, 1, 2, 3, 4, 5, 6, 7]


def test_a_stopped_run_goes_on_with_the_next_page() -> None:
    lrs = Lrs(daily(7))
    with scripted(lrs) as server:
        stopped = next(source_of(server.url).fetch(State()))
        lrs.statements.extend(daily(1, first=8))
        rest = list(source_of(server.url, overlap=timedelta()).fetch(State(stopped.mark)))
    assert ids(rest) == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("status", [400, 404, 410, 500])
def test_a_stopped_run_whose_next_page_has_expired_starts_the_window_again(status: int) -> None:
    lrs = Lrs(daily(7), status=status)
    with scripted(lrs) as server:
        stopped = next(source_of(server.url).fetch(State()))
        lrs.expired.add("1")
        pages = source_of(server.url).fetch(State(stopped.mark))
        again = next(pages)
        lrs.expired.clear()
        assert ids([again, *pages]) == [1, 2, 3, 4, 5, 6, 7]


def test_a_server_error_at_a_next_page_of_today_ends_the_run() -> None:
    lrs = Lrs(daily(7), expired={"1"}, status=500)
    with scripted(lrs) as server:
        pages = source_of(server.url).fetch(State())
        with pytest.raises(SourceUnavailable, match="cannot answer now"):
            list(pages)


def test_pages_that_always_expire_are_given_up() -> None:
    lrs = Lrs(daily(7), expired={"1"})
    with scripted(lrs) as server:
        pages = source_of(server.url).fetch(State())
        with pytest.raises(SourceUnavailable, match="expires before it can be asked for"):
            list(pages)
        assert len(server.seen) == 6


# The mark


def test_newest_first_stopped_midway_loses_nothing() -> None:
    lrs = Lrs(daily(7), newest_first=True, heeds_ascending=False)
    with scripted(lrs) as server:
        first = next(source_of(server.url).fetch(State()))
        assert ids([first]) == [7, 6, 5]
        lrs.statements.extend(daily(1, first=8))
        rest = list(source_of(server.url, overlap=timedelta()).fetch(State(first.mark)))
        # Its pages are numbered, so that 5 is there once more; 8 comes when the window is whole.
        assert ids(rest) == [5, 4, 3, 2, 1, 8]


def test_the_mark_stays_until_the_window_is_whole() -> None:
    """Half a window from a server that gives the newest first must not count as all of it."""
    lrs = Lrs(daily(7), newest_first=True, heeds_ascending=False)
    with scripted(lrs) as server:
        first = next(source_of(server.url).fetch(State()))
        lrs.expired.add("1")
        again = source_of(server.url).fetch(State(first.mark))
        assert ids([next(again)]) == [7, 6, 5]


def test_the_mark_never_passes_consistent_through() -> None:
    through = START + timedelta(days=3)
    lrs = Lrs(daily(5), through=through)
    pages, _ = read(lrs)
    _, seen = read(lrs, after(pages), overlap=timedelta())
    assert datetime.fromisoformat(seen[0].query["since"]) == through
    # Statement 6 was stored before 4 and 5 were read, and could not be seen yet.
    late = statement(6, START + timedelta(days=3, hours=1))
    found, _ = read(Lrs([*daily(5), late]), after(pages), overlap=timedelta())
    assert ids(found) == [6, 4, 5]


def test_the_mark_never_goes_back() -> None:
    pages, _ = read(Lrs(daily(5)))
    lrs = Lrs(daily(5), through=START)
    again, _ = read(lrs, after(pages))
    _, seen = read(Lrs(daily(5)), after(again), overlap=timedelta())
    assert datetime.fromisoformat(seen[0].query["since"]) == START + timedelta(days=5)


def test_a_statement_stored_in_the_future_does_not_take_the_mark_along() -> None:
    wrong_clock = statement(1, datetime(2199, 1, 1, tzinfo=UTC))
    pages, _ = read(Lrs([wrong_clock]))
    _, seen = read(Lrs([wrong_clock]), after(pages))
    assert datetime.fromisoformat(seen[0].query["since"]) < datetime(2190, 1, 1, tzinfo=UTC)


def test_an_empty_lrs_leaves_the_mark_where_it_is() -> None:
    pages, _ = read(Lrs())
    assert ids(pages) == []
    assert ids(read(Lrs(daily(2)), after(pages))[0]) == [1, 2]


@pytest.mark.parametrize(
    "mark", ["", "2026-03-02", '{"type":"lrs-0"}', "[]", '{"type":"lrs-1","since":1}']
)
def test_a_mark_of_another_kind_reads_all_again(mark: str) -> None:
    assert ids(read(Lrs(daily(2)), State(mark))[0]) == [1, 2]


def test_an_overlap_of_ages_starts_at_the_beginning() -> None:
    pages, _ = read(Lrs(daily(2)))
    _, seen = read(Lrs(daily(2)), after(pages), overlap=timedelta(days=999_999))
    assert "since" not in seen[0].query


def test_the_mark_says_nothing_about_anyone() -> None:
    pages, _ = read(Lrs(daily(7)))
    assert all("learner" not in str(page.mark) for page in pages)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    nights=st.lists(
        st.tuples(
            st.lists(st.integers(0, 50), max_size=8),  # minutes before the clock it is stored
            st.integers(0, 3),  # pages until the run is stopped; 0: to its end
            st.booleans(),  # the next page expires before the following night
        ),
        min_size=1,
        max_size=5,
    ),
    newest_first=st.booleans(),
    size=st.integers(1, 4),
)
def test_whatever_the_order_and_wherever_it_stops_nothing_is_lost(
    nights: list[tuple[list[int], int, bool]], newest_first: bool, size: int
) -> None:
    lrs = Lrs(size=size, newest_first=newest_first, heeds_ascending=not newest_first)
    state, seen = State(), set[int]()
    with scripted(lrs) as server:
        source = source_of(server.url)
        for number, (rows, stop, expires) in enumerate([*nights, ([], 0, False)]):
            clock = START + timedelta(days=number)
            for late in rows:
                count = len(lrs.statements) + 1
                lrs.statements.append(statement(count, clock - timedelta(minutes=late)))
            for taken, page in enumerate(source.fetch(state), 1):
                seen.update(ids([page]))
                state = State(page.mark)
                if taken == stop:
                    break
            lrs.expired.clear()
            if expires:
                # Only what was handed out so far: a new list gets new addresses.
                state = State((state.mark or "").replace("at=", "at=9999"))
                lrs.expired.update(f"9999{one}" for one in range(20))
    assert seen == set(range(1, len(lrs.statements) + 1))


# What stands on a page


def test_a_void_is_a_retraction() -> None:
    void = statement(
        2,
        START + timedelta(days=2),
        verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
        object={"objectType": "StatementRef", "id": "6f1d2c3b-0000-4000-8000-000000000001"},
    )
    pages, _ = read(Lrs([*daily(1), void]))
    activity, retraction = pages[0].records
    assert isinstance(activity, Activity)
    assert retraction == Retraction(id=activity.id)


def test_one_bad_statement_does_not_stop_the_rest_nor_the_mark() -> None:
    bad = statement(2, START + timedelta(days=2), actor={"name": "Sanne de Vries"})
    pages, _ = read(Lrs([*daily(1), bad, *daily(1, first=3)]))
    assert ids(pages) == [1, 3]
    (reject,) = pages[0].rejects
    assert reject.line == 2
    assert reject.place.endswith("/xapi/statements")
    assert "Sanne" not in str(reject)
    assert b"Sanne" in reject.raw
    # A bad one at the end is not read again for ever.
    only, _ = read(Lrs([bad]))
    assert ids(read(Lrs([bad]), after(only), overlap=timedelta())[0]) == []


def test_a_statement_in_another_character_set_is_rejected_by_itself() -> None:
    lrs = Lrs([statement(1, START, object={"id": "https://lms.example/caf__"}), *daily(1, first=2)])

    def latin(seen: Seen) -> Step:
        step = lrs(seen)
        return evolve(step, body=step.body.replace(b"caf__", b"caf\xe9"))

    with scripted(latin) as server:
        (page,) = source_of(server.url).fetch(State())
    assert ids([page]) == [2]
    assert "UTF-8" in page.rejects[0].reason


def test_what_leercultuur_says_of_itself_is_passed_over() -> None:
    person = {"account": {"homePage": "https://lms.example", "name": "sanne"}}
    own = [
        sent("m", "p", intervention="tasks.choose", layer="tasks", by="https://lms.example"),
        received("m", "p", person),
        answered("p", "done", person, at=START),
    ]
    stored = {"stored": START.isoformat(), "timestamp": START.isoformat()}
    pages, _ = read(Lrs([*({**one, **stored} for one in own), *daily(1)]))
    assert ids(pages) == [1]
    assert not pages[0].rejects


# What goes wrong


def test_400_in_plain_text_is_said_with_what_to_do() -> None:
    with pytest.raises(SourceUnavailable) as error:
        read(Lrs(daily(1)), version="2.0.0")
    assert "does not understand what is asked in xAPI 2.0.0 (400)" in str(error.value)
    assert "X-Experience-API-Version: unknown" in str(error.value)
    assert "leercultuur check" in str(error.value)


def test_403_names_the_right() -> None:
    with (
        scripted(lambda _: Step(403)) as server,
        pytest.raises(AccessDenied, match="statements/read") as error,
    ):
        list(source_of(server.url).fetch(State()))
    assert error.value.right == "statements/read"


def test_pages_that_differ_in_their_address_alone_end() -> None:
    count = iter(range(10_000))

    def endless(_: Seen) -> Step:
        return as_json({"statements": daily(1), "more": f"/xapi/statements?at={next(count)}"})

    with scripted(endless) as server:
        with pytest.raises(SourceUnavailable, match="round in a circle"):
            list(source_of(server.url).fetch(State()))
        assert len(server.seen) < 200


@pytest.mark.parametrize(
    ("changes", "place"),
    [({"key": "bakery"}, "secret"), ({"secret": SECRET}, "key"),
     ({"key": "bakery", "secret": SECRET, "token": SECRET}, "token")],
)  # fmt: skip
def test_credentials_that_do_not_fit_each_other(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ConfigError) as error:
        LrsSource(LrsSourceSettings("https://lrs.example/xapi", **changes))
    assert [problem.place for problem in error.value.problems] == [place]


def test_settings_as_they_stand_in_a_configuration() -> None:
    found = structure(
        LrsSourceSettings,
        {
            "url": "https://lrs.example/xapi",
            "key": "bakery",
            "secret": {"env": "LRS_SECRET"},
            "version": "2.0.0",
            "overlap": "7d",
            "since": date(2026, 1, 1),
        },
        environ={"LRS_SECRET": "s3cret"},
    )
    assert found == LrsSourceSettings(
        "https://lrs.example/xapi",
        key="bakery",
        secret=Secret("s3cret"),
        version="2.0.0",
        overlap=timedelta(days=7),
        since=date(2026, 1, 1),
    )
    assert "s3cret" not in repr(found)


# check


def findings(respond: Callable[[Seen], Step], **changes: Any) -> list[tuple[str, str]]:
    with scripted(respond) as server:
        found = list(source_of(server.url, **changes).check())
        assert all(seen.method == "GET" for seen in server.seen)
    return [(one.level, f"{one.text} {one.hint}") for one in found]


def test_check_of_a_good_lrs() -> None:
    found = findings(Lrs(daily(2)))
    assert [level for level, _ in found] == ["ok", "ok"]
    assert "speaks xAPI 1.0.3" in found[0][1]
    assert "statements can be read" in found[1][1]


def test_check_names_the_version_to_set() -> None:
    found = findings(Lrs(version="2.0.0"))
    assert found[0][0] == "problem"
    assert 'set version = "2.0.0"' in found[0][1]
    assert found[1][0] == "problem"


def test_check_of_an_lrs_without_about() -> None:
    lrs = Lrs()
    found = findings(lambda seen: Step(404) if seen.path == "/xapi/about" else lrs(seen))
    assert [level for level, _ in found] == ["warning", "ok"]


@pytest.mark.parametrize(
    ("status", "words"), [(401, "key and secret"), (403, "statements/read"), (404, "url is what")]
)
def test_check_says_what_to_do_about_access(status: int, words: str) -> None:
    found = findings(lambda _: Step(status))
    assert found[-1][0] == "problem"
    assert words in found[-1][1]


def test_check_finds_an_lrs_that_goes_by_when_it_happened() -> None:
    offline = statement(1, START, timestamp=(START - timedelta(days=3)).isoformat())

    def by_timestamp(seen: Seen) -> Step:
        if seen.path == "/xapi/about":
            return as_json({"version": ["1.0.3"]})
        since = seen.query.get("since")
        late = since is not None and datetime.fromisoformat(since) >= START - timedelta(days=3)
        return as_json({"statements": [] if late else [offline]})

    found = findings(by_timestamp)
    assert found[-1][0] == "warning"
    assert "overlap" in found[-1][1]


def test_check_does_not_judge_by_half_a_list() -> None:
    def crowded(seen: Seen) -> Step:
        if seen.path == "/xapi/about":
            return as_json({"version": ["1.0.3"]})
        number = 2 if "since" in seen.query else 1
        return as_json({"statements": daily(1, first=number), "more": "/xapi/statements?at=1"})

    assert [level for level, _ in findings(crowded)] == ["ok", "ok"]


def test_check_of_a_server_that_is_not_there() -> None:
    found = list(LrsSource(LrsSourceSettings("http://127.0.0.1:1/xapi")).check())
    assert [one.level for one in found] == ["problem"]
