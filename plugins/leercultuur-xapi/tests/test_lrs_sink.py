"""The LRS as a sink: the whole contract, and what an LRS says of statements that it does not take."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import evolve, field, frozen

from leercultuur_core import AccessDenied, ConfigError, Secret, SourceUnavailable
from leercultuur_core.extension import Happening, Message, Receipt, structure
from leercultuur_core.extension.http import HttpClient
from leercultuur_core.testing import (
    Inbox,
    ScriptedServer,
    SinkContract,
    recorded,
)
from leercultuur_core.testing.messages import message
from leercultuur_core.testing.scripted import Seen, Step, as_json, in_order, scripted
from leercultuur_xapi.sink import LrsSink, LrsSinkSettings
from leercultuur_xapi.source import LrsSource, LrsSourceSettings

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOME = "https://moodle.example"
SECRET = Secret("secret-5f2c9e7a")
NO_CONTENT = Step(204)
RALPH = recorded("recordings/ralph-sink.json").read(Path(__file__).parent)
"""A statement put, put again (409), and asked for."""


@frozen
class Lrs:
    """As much of an LRS as takes statements in."""

    stored: dict[str, dict[str, Any]] = field(factory=dict)
    taken: Step = NO_CONTENT
    compares: bool = True
    """Whether a statement that is the same as what is there is taken (204), as the standard says."""

    def __call__(self, seen: Seen) -> Step:
        number = seen.query.get("statementId", "")
        if seen.method == "GET":
            return as_json(self.stored[number]) if number in self.stored else Step(404)
        if seen.method == "POST":
            return Step(400, b"no statements", {"Content-Type": "text/plain"})
        statement = json.loads(seen.body)
        assert statement["id"] == number
        if number in self.stored and not (self.compares and self.stored[number] == statement):
            return Step(409, b"a different statement", {"Content-Type": "text/plain"})
        self.stored.setdefault(number, statement)
        return self.taken


def sink_of(url: str, **changes: Any) -> LrsSink:
    return LrsSink(LrsSinkSettings(f"{url}/xapi", key="bakery", secret=SECRET, **changes))


def to(number: int, address: str | None = None) -> Message:
    """Message ``number``, to somebody with that address in Moodle."""
    return message(number, {"moodle": address if address is not None else f"learner{number}"})


def deliver(
    respond: Callable[[Seen], Step], messages: Sequence[Message], **changes: Any
) -> tuple[list[Receipt], list[Seen], Exception | None]:
    receipts: list[Receipt] = []
    with scripted(respond) as server:
        try:
            receipts.extend(sink_of(server.url, **changes).deliver(messages))
        except (SourceUnavailable, AccessDenied) as error:
            return receipts, server.seen, error
        return receipts, server.seen, None


def reasons(receipts: Sequence[Receipt]) -> list[tuple[str, str]]:
    return [(one.state, one.reason) for one in receipts]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries the client waits, and a test does not."""
    plain = HttpClient.__init__

    def hasty(client: HttpClient, url: str, **more: Any) -> None:
        plain(client, url, **{"sleep": lambda _: None, **more})

    monkeypatch.setattr(HttpClient, "__init__", hasty)


# The contract


class TestInTheirOwnRecord(SinkContract):
    """With the text, so that the inbox shows which message came; by the answers of Ralph 5.1.0."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "can_be_asked": "its promise is idempotent",
    }

    @pytest.fixture
    def sink(self, scripted: ScriptedServer) -> LrsSink:
        return sink_of(scripted.url, channel="moodle", home_page=HOME, text=True)

    @pytest.fixture
    def inbox(self) -> Inbox:
        there = Lrs(taken=RALPH.exchanges[0].answer)

        def arrived() -> list[str]:
            objects = [one["object"] for one in there.stored.values()]
            return [text for o in objects for text in o["definition"]["description"].values()]

        return Inbox(arrived, there)


def test_the_sample_in_the_readme_makes_both() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    sample = tomllib.loads(readme.split("```toml\n")[1].split("```")[0])
    environ = {"LRS_SECRET": "s3cret", "LRS_WRITER_SECRET": "s3cret"}
    for kind in ("source", "sink"):
        (entry,) = sample[kind]
        assert entry.pop("name")
        assert entry.pop("kind") == "xapi"
        if kind == "source":
            LrsSource(structure(LrsSourceSettings, entry, environ=environ))
        else:
            LrsSink(structure(LrsSinkSettings, entry, environ=environ))


# What is stored


def test_without_a_channel_which_and_not_who() -> None:
    lrs = Lrs()
    receipts, seen, _ = deliver(lrs, [to(1)])
    assert reasons(receipts) == [("sent", "")]
    (statement,) = lrs.stored.values()
    assert statement["actor"]["account"]["name"] == "leercultuur"
    assert statement["object"]["id"] == "urn:leercultuur:intervention:choose-one-thing"
    assert statement["context"]["contextActivities"]["grouping"][0]["id"].endswith("layer:tasks")
    assert "learner1" not in seen[0].body.decode()
    assert seen[0].headers["x-experience-api-version"] == "1.0.3"
    assert seen[0].headers["authorization"].startswith("Basic ")


def test_with_a_channel_who_and_not_which() -> None:
    lrs = Lrs()
    _, seen, _ = deliver(lrs, [to(1)], channel="moodle", home_page=HOME)
    (statement,) = lrs.stored.values()
    assert statement["actor"]["account"] == {"homePage": HOME, "name": "learner1"}
    body = seen[0].body.decode()
    for hidden in ("choose-one-thing", "tasks", "acting", "stap-0001", "Proefpersoon"):
        assert hidden not in body


def test_the_text_only_where_it_is_asked_for() -> None:
    lrs = Lrs()
    deliver(lrs, [to(1)], channel="moodle", home_page=HOME, text=True)
    (statement,) = lrs.stored.values()
    assert "stap-0001" in statement["object"]["definition"]["description"]["nl"]
    assert statement["context"]["language"] == "nl"


def test_a_mail_address_is_a_mailbox() -> None:
    lrs = Lrs()
    receipts, _, _ = deliver(lrs, [to(1, "een@leer.example"), to(2)], channel="moodle")
    assert reasons(receipts) == [("sent", ""), ("refused", "no-address")]
    (statement,) = lrs.stored.values()
    assert statement["actor"] == {"objectType": "Agent", "mbox": "mailto:een@leer.example"}


def test_a_statement_for_each_prompt() -> None:
    lrs = Lrs()
    two = evolve(to(1), prompts=(*to(1).prompts, *to(2).prompts))
    receipts, _, _ = deliver(lrs, [two])
    assert reasons(receipts) == [("sent", "")]
    assert len(lrs.stored) == 2


def test_the_same_message_has_the_same_statements_everywhere() -> None:
    first, second = Lrs(), Lrs()
    deliver(first, [to(1)])
    deliver(second, [to(1)])
    assert first.stored.keys() == second.stored.keys()


def test_text_without_a_channel_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        sink_of("https://lrs.example", text=True)
    assert [problem.place for problem in error.value.problems] == ["channel"]


def test_settings_as_they_stand_in_a_configuration() -> None:
    given = {"url": "https://lrs.example/xapi", "token": {"env": "LRS"}, "channel": "mail"}
    found = structure(LrsSinkSettings, given, environ={"LRS": "s3cret"})
    assert found == LrsSinkSettings(
        "https://lrs.example/xapi", token=Secret("s3cret"), channel="mail"
    )
    assert "s3cret" not in repr(found)


# What an LRS answers


def test_ralph_says_409_of_what_it_has_and_it_is_sent() -> None:
    with scripted(RALPH.responder()) as server:
        sink = LrsSink(LrsSinkSettings(f"{server.url}/xAPI", key="bakery", secret=SECRET))
        first, second = (list(sink.deliver([to(21)])) for _ in range(2))
    assert [one.answer.status for one in RALPH.exchanges] == [204, 409, 200]
    assert reasons([*first, *second]) == [("sent", ""), ("sent", "already-there")]


def test_twice_is_once_at_an_lrs_that_never_finds_two_statements_the_same() -> None:
    """It adds a timestamp of its own, and compares that too."""
    lrs = Lrs(compares=False)
    messages = [*map(to, range(3))]
    first, second = (deliver(lrs, messages)[0] for _ in range(2))
    assert {one.state for one in (*first, *second)} == {"sent"}
    assert {one.reason for one in second} == {"already-there"}
    assert len(lrs.stored) == 3


def test_no_statement_when_it_is_read_back_is_nobody_elses() -> None:
    receipts, _, _ = deliver(in_order(Step(409), as_json({"statements": []})), [to(1)])
    assert reasons(receipts) == [("sent", "already-there")]


@pytest.mark.parametrize("listed", [False, True])
def test_an_id_that_somebody_else_took_is_refused(*, listed: bool) -> None:
    other = {"id": "x", "context": {"contextActivities": {"category": [{"id": "urn:x"}]}}}
    there = as_json({"statements": [other]} if listed else other)
    receipts, seen, _ = deliver(in_order(Step(409), there), [to(1)])
    assert reasons(receipts) == [("refused", "id-taken")]
    assert [one.method for one in seen] == ["PUT", "GET"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_may_not_be_read_back_is_sent(status: int) -> None:
    receipts, _, _ = deliver(in_order(Step(409), Step(status), NO_CONTENT), [to(1), to(2)])
    assert reasons(receipts) == [("sent", "already-there"), ("sent", "")]


def test_400_once_is_about_one_statement() -> None:
    said = Step(400, b"mbox: bad", {"Content-Type": "text/plain"})
    receipts, _, error = deliver(in_order(said, NO_CONTENT, said, NO_CONTENT), [*map(to, range(4))])
    assert error is None
    odd = ("failed", "not-understood")
    assert reasons(receipts) == [odd, ("sent", ""), odd, ("sent", "")]


def test_400_twice_in_a_row_is_about_all_and_says_what_to_do() -> None:
    said = Step(400, b"learner1 is unknown", {"Content-Type": "text/plain"})
    receipts, seen, error = deliver(lambda _: said, [*map(to, range(4))])
    assert reasons(receipts) == [("failed", "not-understood")]
    assert isinstance(error, SourceUnavailable)
    assert "in xAPI 1.0.3 (400); leercultuur check asks which version" in str(error)
    assert "learner1" not in str(error)  # an LRS may quote what it was sent
    assert len(seen) == 2


def test_500_once_is_about_one_statement_and_twice_about_all() -> None:
    fails = {1, 3, 4}  # at each try
    ids: list[str] = []

    def respond(seen: Seen) -> Step:
        if seen.query["statementId"] not in ids:
            ids.append(seen.query["statementId"])
        return Step(500) if len(ids) in fails else NO_CONTENT

    receipts, _, error = deliver(respond, [*map(to, range(5))])
    assert reasons(receipts) == [
        ("failed", "server-error"), ("sent", ""), ("failed", "server-error"),
    ]  # fmt: skip
    assert isinstance(error, SourceUnavailable)


def test_a_web_page_with_200_is_no_yes() -> None:
    page = Step(200, b"<html><title>Log in</title></html>", {"Content-Type": "text/html"})
    receipts, _, error = deliver(lambda _: page, [to(1)])
    assert receipts == []
    assert isinstance(error, SourceUnavailable)


def test_a_web_page_when_it_is_read_back_is_no_yes() -> None:
    page = Step(200, b"<html><title>Log in</title></html>", {"Content-Type": "text/html"})
    receipts, _, error = deliver(in_order(Step(409), page), [to(1)])
    assert receipts == []
    assert isinstance(error, SourceUnavailable)


def test_a_200_with_the_id_is_a_yes() -> None:
    receipts, _, _ = deliver(lambda seen: as_json([seen.query["statementId"]]), [to(1)])
    assert reasons(receipts) == [("sent", "")]


@pytest.mark.parametrize("status", [413, 415, 422])
def test_what_is_not_accepted_is_refused(status: int) -> None:
    receipts, _, _ = deliver(in_order(Step(status), NO_CONTENT), [to(1), to(2)])
    assert reasons(receipts) == [("refused", "not-accepted"), ("sent", "")]


def test_403_names_the_right() -> None:
    _, _, error = deliver(lambda _: Step(403), [to(1)])
    assert isinstance(error, AccessDenied)
    assert error.right == "statements/write"
    assert "statements/write" in str(error)


# What people answered


def answer(sink: LrsSink, address: str, at: datetime = AT) -> Receipt:
    return sink.answered("prompt-1", "done", address, at=at)


def test_an_answer_is_stored_once() -> None:
    lrs = Lrs()
    with scripted(lrs) as server:
        sink = sink_of(server.url, channel="moodle", home_page=HOME)
        receipts = [answer(sink, "learner1") for _ in range(2)]
    assert reasons(receipts) == [("sent", ""), ("sent", "")]
    (statement,) = lrs.stored.values()
    assert statement["verb"]["id"] == "http://activitystrea.ms/schema/1.0/complete"
    assert statement["timestamp"] == "2026-03-02T09:00:00+00:00"


def test_an_answer_of_nobody_is_not_stored() -> None:
    with scripted(Lrs()) as server:
        assert answer(sink_of(server.url), "learner1").reason == "no-channel"
        with_mail = sink_of(server.url, channel="mail")
        assert answer(with_mail, "learner1").reason == "no-address"
        with pytest.raises(ValueError, match="offset"):
            answer(with_mail, "een@leer.example", AT.replace(tzinfo=None))
        assert server.seen == []


# What others brought


def test_what_others_brought_is_noted_and_what_was_answered() -> None:
    lrs = Lrs()
    one = to(1)
    told = [
        Happening(one, "sent", AT),
        Happening(to(2), "refused", AT),
        Happening(one, "not_now", AT, one.prompts[0].id),
    ]
    with scripted(lrs) as server:
        sink = sink_of(server.url, channel="moodle", home_page=HOME)
        sink.note(told)
        sink.note(told)
    verbs = sorted(statement["verb"]["id"].rpartition("/")[2] for statement in lrs.stored.values())
    assert len(verbs) == 2
    assert "receive" in verbs


def test_answers_of_nobody_are_not_noted() -> None:
    lrs = Lrs()
    one = to(1)
    with scripted(lrs) as server:
        sink_of(server.url).note([Happening(one, "done", AT, one.prompts[0].id)])
    assert not lrs.stored


def test_what_the_store_does_not_take_comes_again() -> None:
    with (
        scripted(lambda _: Step(404)) as server,
        pytest.raises(SourceUnavailable, match="not-found"),
    ):
        sink_of(server.url).note([Happening(to(1), "sent", AT)])


# check


READ = {"channel": "moodle", "home_page": HOME, "text": True}


def findings(respond: Callable[[Seen], Step], **changes: Any) -> list[tuple[str, str]]:
    with scripted(respond) as server:
        found = list(sink_of(server.url, **(changes or READ)).check())
        assert all(one.body in {b"", b"[]"} for one in server.seen)
    return [(one.level, f"{one.text} {one.hint}") for one in found]


def answering(about: Mapping[str, Any] | None, post: Step) -> Callable[[Seen], Step]:
    def respond(seen: Seen) -> Step:
        if seen.path == "/xapi/about":
            return Step(404) if about is None else as_json(about)
        return post

    return respond


@pytest.mark.parametrize("status", [200, 204, 400, 422])
def test_check_of_a_good_lrs(status: int) -> None:
    found = findings(answering({"version": ["1.0.3"]}, Step(status)))
    assert [level for level, _ in found] == ["ok", "ok"]
    assert "takes statements of this client" in found[1][1]


@pytest.mark.parametrize(
    ("status", "words"), [(401, "key and secret"), (403, "statements/write"), (404, "url is what")]
)
def test_check_says_what_to_do_about_access(status: int, words: str) -> None:
    found = findings(answering(None, Step(status)))
    assert [level for level, _ in found] == ["warning", "problem"]
    assert words in found[1][1]


@pytest.mark.parametrize("changes", [{"channel": ""}, {"channel": "moodle"}])
def test_check_warns_that_nobody_reads_a_suggestion_without_its_text(
    changes: dict[str, Any],
) -> None:
    found = findings(answering({"version": ["1.0.3"]}, Step(400)), **changes)
    assert [level for level, _ in found] == ["ok", "ok", "warning"]
    assert "set record = true" in found[2][1]


def test_check_of_a_server_that_is_not_there() -> None:
    found = list(LrsSink(LrsSinkSettings("http://127.0.0.1:1/xapi")).check())
    assert [one.level for one in found] == ["problem"]
