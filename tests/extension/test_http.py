"""The client for adapters, against a server on this machine that misbehaves."""

from __future__ import annotations

import gzip
import json
import logging
import time
import traceback
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.errors import (
    AccessDenied,
    BadRecord,
    ConfigError,
    LeercultuurError,
    SourceUnavailable,
)
from leercultuur_core.extension import Secret
from leercultuur_core.extension.http import HttpClient, Limits
from leercultuur_core.extension.http.masking import Mask
from leercultuur_core.testing.scripted import Scripted, Seen, Step, as_json, in_order, scripted

TOKEN = "tok/s3cr3t+Zz9 &<ü'\"end"[:14]
QUICK = Limits(connect=1, read=0.3, whole=0.8, attempts=2)
HTML = Step(200, b"<!doctype html><title>Onderhoud</title>", {"Content-Type": "text/html"})


class Waits(list[float]):
    """A ``sleep`` that only remembers."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client_of(server: Scripted, limits: Limits = QUICK, **options: Any) -> HttpClient:
    options.setdefault("token", Secret(TOKEN))
    options.setdefault("sleep", Waits())
    return HttpClient(server.url, limits=limits, **options)


def asked(*steps: Step, limits: Limits = QUICK, **query: Any) -> tuple[Any, list[Seen]]:
    """What ``get_json`` gives when the server answers with ``steps``, and what it was asked."""
    with scripted(in_order(*steps)) as server, client_of(server, limits) as client:
        return client.get_json("/v3/events", **query), server.seen


def test_asks_with_token_agent_and_query() -> None:
    since = datetime(2026, 3, 2, 8, tzinfo=UTC)
    answer, (seen,) = asked(
        as_json({"events": []}), since=since, limit=50, full=True, tags=["a"], until=None
    )
    assert answer == {"events": []}
    assert seen.path == "/v3/events"
    assert seen.query == {
        "since": "2026-03-02T08:00:00Z",
        "limit": "50",
        "full": "true",
        "tags": "a",
    }
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.headers["user-agent"].startswith("leercultuur-core/")


def test_login_headers_and_agent_of_an_adapter() -> None:
    with (
        scripted(in_order(as_json({}))) as server,
        client_of(
            server,
            token=None,
            login=("sanne", Secret("wacht woord")),
            headers={"X-Api-Key": Secret("k3y"), "X-Experience-API-Version": "1.0.3"},
            agent="leercultuur-acme/1.2",
        ) as client,
    ):
        client.get_json("x")
        (seen,) = server.seen
    assert seen.path == "/x"
    assert seen.headers["authorization"] == "Basic " + b64encode(b"sanne:wacht woord").decode()
    assert seen.headers["x-api-key"] == "k3y"
    assert seen.headers["x-experience-api-version"] == "1.0.3"
    assert seen.headers["user-agent"].startswith("leercultuur-acme/1.2 leercultuur-core/")


def test_a_netrc_file_is_not_read(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password thing\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    _, (seen,) = asked(as_json(1))
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"


def test_posts_json_and_forms() -> None:
    with (
        scripted(in_order(as_json({"id": 7}), Step(204), as_json([1]))) as server,
        client_of(server) as client,
    ):
        assert client.post_json("/notes", {"text": "é"}) == {"id": 7}
        assert client.post_json("/notes", {"text": "é"}) is None
        assert client.post_form("/rest", {"wstoken": Secret("w5"), "ids": [1, 2]}) == [1]
        json_seen, _, form_seen = server.seen
    assert json.loads(json_seen.body) == {"text": "é"}
    assert json_seen.headers["content-type"] == "application/json"
    assert form_seen.body == b"wstoken=w5&ids=1&ids=2"


def test_answers_compressed_and_with_a_byte_order_mark() -> None:
    body = gzip.compress(b'\xef\xbb\xbf{"name": "Caf\xc3\xa9"}')
    answer, _ = asked(Step(200, body, {"Content-Encoding": "gzip"}))
    assert answer == {"name": "Café"}


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ('"Café"'.encode(), "iso-8859-1"),  # names the wrong one
        ('"Café"'.encode("cp1252"), "windows-1252"),  # names the right one
        ('"Café"'.encode(), "no-such-charset"),
    ],
)
def test_reads_utf8_first_and_then_the_named_charset(body: bytes, charset: str) -> None:
    answer, _ = asked(Step(200, body, {"Content-Type": f'application/json; charset="{charset}"'}))
    assert answer == "Café"


# Retries


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_asked_again(status: int) -> None:
    answer, seen = asked(Step(status), as_json("well"))
    assert answer == "well"
    assert len(seen) == 2


@pytest.mark.parametrize(
    "step", [Step(hang_up=True), Step(body=b"[1, 2, 3]", cut=4), Step(silence=0.6)]
)
def test_a_broken_connection_is_asked_again(step: Step) -> None:
    answer, seen = asked(step, as_json("well"))
    assert answer == "well"
    assert len(seen) == 2


@pytest.mark.parametrize("status", [400, 404, 410, 418])
def test_a_lasting_failure_is_asked_once(status: int) -> None:
    with scripted(in_order(Step(status))) as server, client_of(server) as client:
        with pytest.raises(SourceUnavailable, match=str(status)):
            client.get_json("/x")
        assert client.calls == len(server.seen) == 1


def test_gives_up_after_the_attempts_and_waits_longer_each_time() -> None:
    waits = Waits()
    limits = evolve(QUICK, attempts=4, longest_wait=60)
    with (
        scripted(lambda _: Step(503)) as server,
        client_of(server, limits, sleep=waits) as client,
        pytest.raises(SourceUnavailable, match="cannot answer now"),
    ):
        client.get_json("/x")
    assert client.calls == 4
    assert [0.5 * 2**n <= wait <= 0.5 * 2**n + 1 for n, wait in enumerate(waits)] == [True] * 3


@pytest.mark.parametrize(
    "step", [Step(503), Step(hang_up=True), Step(body=b"[1]", cut=1), Step(silence=2)]
)
def test_what_was_sent_is_not_sent_twice_unless_that_does_no_harm(step: Step) -> None:
    for idempotent, calls in ((False, 1), (True, 2)):
        with scripted(lambda _: step) as server, client_of(server) as client:
            with pytest.raises(SourceUnavailable):
                client.post_json("/x", {}, idempotent=idempotent)
            assert len(server.seen) == calls


def test_what_was_surely_not_taken_in_is_sent_again() -> None:
    with scripted(in_order(Step(429), as_json(1))) as server, client_of(server) as client:
        assert client.post_json("/x", {}) == 1
    waits = Waits()
    with HttpClient(server.url, limits=QUICK, sleep=waits) as client:  # nobody listens any more
        with pytest.raises(SourceUnavailable, match="refuses the connection"):
            client.post_json("/x", {})
        assert len(waits) == 1


def test_waits_as_long_as_the_server_asks() -> None:
    waits = Waits()
    now = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
    date = format_datetime(now.replace(second=20), usegmt=True)
    steps = [
        Step(429, headers={"Retry-After": "7"}),
        Step(503, headers={"Retry-After": date, "X": "our clock"}),
        as_json(1),
    ]
    with (
        scripted(in_order(*steps)) as server,
        client_of(server, evolve(QUICK, attempts=3), sleep=waits) as client,
    ):
        assert client.get_json("/x") == 1
    assert 7 <= waits[0] <= 8
    assert waits[1] <= 1  # the server's own clock (today) is past the date


def test_asked_to_wait_too_long_it_leaves_that_to_a_later_run() -> None:
    waits = Waits()
    with (
        scripted(lambda _: Step(429, headers={"Retry-After": "3600"})) as server,
        client_of(server, sleep=waits) as client,
        pytest.raises(SourceUnavailable) as caught,
    ):
        client.get_json("/x")
    assert caught.value.retry_after == 3600
    assert not waits
    assert client.calls == 1


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", "", 120),
        ("9" * 400, "", 86_400),
        ("Mon, 02 Mar 2026 08:00:20 GMT", "Mon, 02 Mar 2026 08:00:00 GMT", 20),
        ("Mon, 02 Mar 2026 08:00:20 GMT", "", 30),
        ("Mon, 02 Mar 2026 07:00:00 GMT", "", 0),
        ("soon", "", None),
        ("-5", "", None),
        ("", "", None),
        ("Mon, 02 Mar 99999999 08:00:20 GMT", "", None),
    ],
)
def test_reads_retry_after(value: str, date: str, seconds: float | None) -> None:
    from leercultuur_core.extension.http.answer import retry_after

    now = datetime(2026, 3, 2, 7, 59, 50, tzinfo=UTC).timestamp()
    assert retry_after({"retry-after": value, "date": date}, now) == seconds


def test_keeps_its_distance() -> None:
    now = [1000.0]
    waits = Waits()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    with (
        scripted(lambda _: as_json(1)) as server,
        client_of(server, evolve(QUICK, interval=2.0), sleep=sleep, clock=lambda: now[0]) as client,
    ):
        client.get_json("/x")
        now[0] += 0.5
        client.get_json("/x")
        now[0] -= 500  # the clock goes back
        client.get_json("/x")
        now[0] += 10
        client.get_json("/x")
    assert waits == [1.5, 2.0]


# Bounds


@pytest.mark.parametrize("length", [{}, {"Connection": "close", "Transfer-Encoding": "identity"}])
def test_a_slow_drip_ends_with_the_whole_time_out(length: dict[str, str]) -> None:
    started = time.monotonic()
    with (
        scripted(lambda _: Step(200, b"1" * 500, length, drip=0.05)) as server,
        client_of(server, evolve(QUICK, attempts=1)) as client,
        pytest.raises(SourceUnavailable, match=r"took longer than 0\.8 s"),
    ):
        client.get_json("/x")
    assert time.monotonic() - started < 2


def test_silence_ends_with_the_read_time_out() -> None:
    with (
        scripted(lambda _: Step(silence=3)) as server,
        client_of(server, evolve(QUICK, attempts=1)) as client,
        pytest.raises(SourceUnavailable, match=r"was silent for 0\.3 s"),
    ):
        client.get_json("/x")


@pytest.mark.parametrize(
    "step",
    [
        Step(body=b"[" + b"1," * 600 + b"1]"),
        Step(body=gzip.compress(b" " * 100_000), headers={"Content-Encoding": "gzip"}),
    ],
)
def test_an_answer_that_is_too_large_is_left(step: Step) -> None:
    with (
        scripted(lambda _: step) as server,
        client_of(server, evolve(QUICK, largest=1000)) as client,
        pytest.raises(SourceUnavailable, match="larger than 1,000 bytes"),
    ):
        client.get_json("/x")
    assert client.calls == 1


# Answers that are no answer


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (HTML, "expected JSON, found a web page"),
        (Step(200, b""), "found an empty answer"),
        (Step(200, b'{"events": [1, 2'), "breaks off or is not well formed"),
        (Step(200, b"[" * 100_000), "breaks off or is not well formed"),
        (Step(200, b'{"a": NaN}'), "breaks off or is not well formed"),
        (Step(200, '"Café"'.encode("cp1252")), "another character set"),
        (
            Step(200, b"this is not compressed at all", {"Content-Encoding": "gzip"}),
            "cannot be decompressed",
        ),
        (Step(200, b"[1, 2, 3]", cut=4), "broke off halfway"),
        (Step(hang_up=True), "broke off the connection"),
    ],
)
def test_says_what_is_wrong_with_an_answer(step: Step, words: str) -> None:
    with (
        scripted(lambda _: step) as server,
        client_of(server) as client,
        pytest.raises(SourceUnavailable, match=words),
    ):
        client.get_json("/x")


@pytest.mark.parametrize(
    ("method", "status", "error"),
    [
        ("GET", 401, AccessDenied),
        ("GET", 403, AccessDenied),
        ("POST", 401, AccessDenied),
        ("POST", 400, BadRecord),
        ("PUT", 409, BadRecord),
        ("POST", 422, BadRecord),
        ("GET", 400, SourceUnavailable),
        ("POST", 404, SourceUnavailable),
        ("GET", 304, SourceUnavailable),
    ],
)
def test_the_error_says_what_one_can_do(
    method: str, status: int, error: type[LeercultuurError]
) -> None:
    with scripted(lambda _: Step(status)) as server, client_of(server) as client:
        answer = client.send(method, "/x")
        assert answer.status == status
        with pytest.raises(error, match=str(status)):
            answer.checked()


@pytest.mark.parametrize(
    ("host", "words"),
    [("leren.invalid", "cannot be found"), ("a" * 70 + ".invalid", "cannot be")],
)
def test_no_such_host(host: str, words: str) -> None:
    with (
        HttpClient(f"https://{host}", limits=QUICK, sleep=Waits()) as client,
        pytest.raises(SourceUnavailable, match=f"https://{host}/x: {words}"),
    ):
        client.get_json("/x")


def test_a_server_without_tls() -> None:
    with scripted(lambda _: as_json(1)) as server:  # plain, where TLS is asked for
        url = server.url.replace("http:", "https:")
        with (
            HttpClient(url, limits=QUICK, sleep=Waits()) as client,
            pytest.raises(SourceUnavailable, match="does not agree on a secure connection"),
        ):
            client.get_json("/x")


# Credentials stay at home


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_refused(status: int) -> None:
    with scripted(lambda _: as_json("theirs")) as other:
        elsewhere = f"{other.url}/v3/events?token=abc"
        with (
            scripted(lambda _: Step(status, headers={"Location": elsewhere})) as server,
            client_of(server) as client,
            pytest.raises(SourceUnavailable, match="another host") as caught,
        ):
            client.get_json("/x")
        assert not other.seen
    assert other.url in str(caught.value)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    "location",
    [
        "//example.org/x",
        "http:\\\\example.org",
        "ftp://127.0.0.1/x",
        "http://example.org\\@{host}/x",
        "http://{host}@example.org/",
        "http://localhost:{port}/x",
        "http://[broken",
    ],
)
def test_no_odd_address_leads_elsewhere(location: str) -> None:
    with scripted(lambda _: as_json("theirs")) as server, client_of(server) as client:
        host = server.url.removeprefix("http://")
        target = location.format(host=host, port=host.partition(":")[2])
        with (
            scripted(lambda _: Step(302, headers={"Location": target})) as first,
            client_of(first) as asking,
            pytest.raises(SourceUnavailable),
        ):
            asking.get_json("/x")
        if "://" in target:
            with pytest.raises(SourceUnavailable):
                client.get_json(target)
        assert not server.seen


def test_a_redirect_at_the_same_host_is_followed() -> None:
    steps = [Step(301, headers={"Location": "/v3/events/?page=1"}), as_json([1])]
    answer, seen = asked(*steps, since="x")
    assert answer == [1]
    assert (seen[1].path, seen[1].query) == ("/v3/events/", {"page": "1"})
    assert seen[1].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_session_is_kept() -> None:
    steps = [as_json(1, Set_Cookie="session=abc; Path=/"), as_json(2)]
    with scripted(in_order(*steps)) as server, client_of(server) as client:
        client.get_json("/login")
        client.get_json("/x")
        assert server.seen[1].headers["cookie"] == "session=abc"


def test_redirects_end() -> None:
    with (
        scripted(lambda _: Step(302, headers={"Location": "/again"})) as server,
        client_of(server) as client,
        pytest.raises(SourceUnavailable, match="redirects without end"),
    ):
        client.get_json("/x")
    assert client.calls == 6


def test_what_is_sent_follows_only_a_redirect_that_keeps_it() -> None:
    with (
        scripted(in_order(Step(308, headers={"Location": "/y"}), as_json(1))) as server,
        client_of(server) as client,
    ):
        assert client.post_json("/x", {"a": 1}) == 1
        assert json.loads(server.seen[1].body) == {"a": 1}
    with (
        scripted(lambda _: Step(302, headers={"Location": "/y"})) as server,
        client_of(server) as client,
        pytest.raises(SourceUnavailable, match="does not survive"),
    ):
        client.post_json("/x", {"a": 1})


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("leren.korenaar", r'https://, found "leren.korenaar"'),
        ("ftp://x.example", "https://"),
        ("", "https://"),
        ("https://", "https://"),
        ("https://a b.example", "https://"),
        ("https://x.example\\@y.example", "without user and password"),
        ("http://leren.korenaar.example", "plain http can be read along the way"),
        ("https://sanne:hunter22@x.example", "without user and password"),
        ("https://x.example/?key=hunter22", "without \\? and #"),
    ],
)
def test_an_address_it_is_not_made_for(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        HttpClient(url)
    assert "hunter22" not in str(caught.value)


def test_plain_http_where_it_is_allowed() -> None:
    HttpClient("http://leren.korenaar.example", plain_http=True).close()
    for host in ("localhost", "127.0.0.1", "[::1]", "127.9.9.9"):
        HttpClient(f"http://{host}:1").close()


@pytest.mark.parametrize("token", ["hunter22\n", "hünter22", " hunter22", "hunter22\r\nX: y"])
def test_a_token_that_fits_in_no_header_is_not_shown(token: str) -> None:
    with pytest.raises(ConfigError, match="is there a line end") as caught:
        HttpClient("https://x.example", token=Secret(token))
    assert "nter22" not in "".join(traceback.format_exception(caught.value))


def test_a_secret_does_not_go_in_an_address() -> None:
    with HttpClient("https://x.example") as client, pytest.raises(TypeError, match="never"):
        client.get_json("/x", token=Secret("t"))  # type: ignore[arg-type]


def test_a_time_without_offset_is_refused() -> None:
    with HttpClient("https://x.example") as client, pytest.raises(ValueError, match="offset"):
        client.get_json("/x", since=datetime(2026, 3, 2))  # noqa: DTZ001


# No secret in any error, log or repr

SECRET = "S3cr3t/+Zz9 &<'end"  # noqa: S105 - it opens nothing
BASIC = b64encode(f"sanne:{SECRET}".encode()).decode()
QUERY = "sanne@korenaar.example"
LONG = "Abcd1234Efgh5678"


def echoing(seen: Seen) -> Step:
    """Everything it was told, in every spelling, and half a token."""
    said = {
        "message": f"no such token {SECRET}, {quote(SECRET)}, {BASIC}, {LONG[:12]}",
        "headers": dict(seen.headers),
        "query": dict(seen.query),
    }
    body = json.dumps(said).replace("/", "\\/")[:3000]
    return Step(401, body.encode(), {"Content-Type": "application/json"})


FAULTS: dict[str, Callable[[Seen], Step]] = {
    "echo": echoing,
    "echo in text": lambda _: Step(400, f"bad: {SECRET} for {QUERY}".encode()),
    "echo to a 500": lambda seen: evolve(echoing(seen), status=500),
    "echo in a redirect": lambda _: Step(
        302, headers={"Location": f"http://{quote(LONG)}.example/?k={quote(SECRET)}"}
    ),
    "echo in retry-after": lambda _: Step(429, headers={"Retry-After": LONG}),
    "html": lambda _: Step(200, f"<html>{SECRET}</html>".encode()),
    "html with 403": lambda _: Step(403, f"<html>{SECRET}</html>".encode()),
    "not json": lambda _: Step(200, f"{SECRET} {QUERY}".encode()),
    "hang": lambda _: Step(silence=2),
    "drip": lambda _: Step(body=SECRET.encode() * 9, drip=0.1),
    "cut": lambda _: Step(body=SECRET.encode(), cut=5),
    "hang up": lambda _: Step(hang_up=True),
    "too large": lambda _: Step(body=SECRET.encode() * 1000),
    "404": lambda _: Step(404, SECRET.encode()),
    "not http": lambda _: Step(200, b"", {"Content-Length": SECRET}),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("fault", FAULTS)
def test_no_failure_gives_a_secret_away(
    fault: str, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    limits = Limits(connect=1, read=0.2, whole=0.4, attempts=2, largest=2000)
    login = ("sanne", Secret(SECRET))

    def ask(client: HttpClient) -> None:
        if method == "GET":
            client.get_json(f"/users/{LONG}", actor=QUERY, key=LONG)
        else:
            client.post_form("/x", {"key": Secret(LONG), "who": QUERY}, idempotent=True)

    with (
        scripted(FAULTS[fault]) as server,
        client_of(
            server, limits, token=None, login=login, headers={"X-Key": Secret(LONG)}
        ) as client,
        pytest.raises(LeercultuurError) as caught,
    ):
        ask(client)
    told = (
        "".join(traceback.format_exception(caught.value, chain=True))
        + str(caught.value)
        + repr(caught.value)
        + repr(client)
        + caplog.text
    )
    error: BaseException | None = caught.value
    assert error is not None
    assert error.__context__ is None  # what requests raised holds the whole address
    assert server.url in told
    for hidden in (SECRET, quote(SECRET), BASIC, LONG, LONG[:12], QUERY, "sanne", "S3cr3t"):
        assert hidden not in told


def test_says_what_the_server_says() -> None:
    with (
        scripted(lambda _: as_json({"message": "expired yesterday"}, 401)) as server,
        client_of(server) as client,
    ):
        with pytest.raises(AccessDenied, match="expired yesterday") as caught:
            client.get_json("/x")
        assert caught.value.right
        with pytest.raises(AccessDenied) as caught:
            client.post_json("/x", {})
        assert "expired" not in str(caught.value)  # it may quote what was sent


@given(
    secret=st.text(
        alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Z", "C"]), min_size=6
    ),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_a_mask_hides_a_secret_wherever_it_stands(secret: str, before: str, after: str) -> None:
    mask = Mask([secret])
    for spelling in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
        text = f"{before}{spelling}{after}"
        assert spelling not in mask(text)
        assert spelling not in mask.excerpt(text.encode("utf-8", "replace"))


def test_a_mask_is_quick_on_what_was_made_to_be_slow() -> None:
    mask = Mask(["x" * 40])
    started = time.monotonic()
    for text in ("a" * 4000, "a@" * 2000, "?" * 4000, "?a=" * 1300, "%40" * 1300, "x" * 3999):
        mask.excerpt(text.encode())
    assert time.monotonic() - started < 1


# Pages


def test_pages_by_address() -> None:
    def respond(seen: Seen) -> Step:
        number = int(seen.query.get("page", 1))
        onward = {1: "/v3/events?page=2", 2: "?page=3"}.get(number, "")
        return as_json({"events": [number], "links": {"next": onward}})

    with scripted(respond) as server, client_of(server) as client:
        pages = list(client.pages("/v3/events", since="x", next="links.next"))
        assert [page["events"] for page in pages] == [[1], [2], [3]]
        assert [seen.query for seen in server.seen] == [
            {"since": "x"},
            {"page": "2"},
            {"page": "3"},
        ]


def test_pages_by_cursor_keep_the_query() -> None:
    def respond(seen: Seen) -> Step:
        number = int(seen.query.get("after", 0))
        return as_json({"items": [number], "@odata.next": number + 1 if number < 2 else None})

    with scripted(respond) as server, client_of(server) as client:
        pages = list(client.pages("/x", next="@odata.next", cursor="after", size=1))
        assert len(pages) == 3
        assert server.seen[2].query == {"after": "2", "size": "1"}


def test_pages_by_function_and_of_a_bare_list() -> None:
    with scripted(in_order(as_json([1]), as_json([]))) as server, client_of(server) as client:
        found = client.pages("/x", next=lambda page: "/y" if page else None)
        assert list(found) == [[1], []]
    with scripted(in_order(as_json([1]))) as server, client_of(server) as client:
        assert list(client.pages("/x", next="next")) == [[1]]


def test_a_page_is_asked_for_when_the_one_before_is_used() -> None:
    with scripted(lambda _: as_json({"next": "/y"})) as server, client_of(server) as client:
        next(client.pages("/x", next="next"))
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("respond", "limits", "words", "calls"),
    [
        (lambda _: as_json({"next": "/x?page=2"}), QUICK, "in a circle", 2),
        (
            lambda seen: as_json({"next": f"/x?page={int(seen.query.get('page', 1)) + 1}"}),
            QUICK,
            "in a circle",
            101,
        ),
        (
            lambda seen: as_json(
                {"next": f"?p={int(seen.query.get('p', 1)) + 1}", "n": seen.query.get("p")}
            ),
            evolve(QUICK, pages=7),
            "more than 7 pages",
            7,
        ),
        (lambda _: as_json({"next": {"href": "/y"}}), QUICK, "found dict", 1),
        (lambda _: as_json({"next": True}), QUICK, "found bool", 1),
        (lambda _: as_json({"next": "https://example.org/x"}), QUICK, "another host", 1),
    ],
)
def test_a_list_of_pages_ends(
    respond: Callable[[Seen], Step], limits: Limits, words: str, calls: int
) -> None:
    with scripted(respond) as server, client_of(server, limits) as client:
        with pytest.raises(SourceUnavailable, match=words):
            list(client.pages("/x", next="next"))
        assert len(server.seen) == calls


def test_one_connection_serves_many_requests() -> None:
    with scripted(lambda _: as_json(1)) as server, client_of(server) as client:
        started = time.monotonic()
        for _ in range(50):
            client.get_json("/x")
        assert time.monotonic() - started < 5
