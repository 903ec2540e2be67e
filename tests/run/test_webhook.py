"""The signed webhook, from both ends."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.advice import Prompt
from leercultuur_core.advice.recommend import Grounds
from leercultuur_core.errors import (
    AccessDenied,
    ConfigError,
    LeercultuurError,
    SourceUnavailable,
)
from leercultuur_core.extension import Message, Receipt, Recipient, Secret
from leercultuur_core.extension.http import Limits
from leercultuur_core.maturity.vocabulary import Phase
from leercultuur_core.run.sinks import message_row
from leercultuur_core.run.webhook import (
    WebhookSettings,
    WebhookSink,
    sign,
    verify_signature,
)
from leercultuur_core.testing.scripted import Scripted, Seen, Step, in_order, scripted

KEY = "4f1c0d5e9b7a4f1c0d5e9b7a4f1c0d5e"
SURELY: dict[Phase, float] = {"acting": 1.0}
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUICK = Limits(connect=1, read=0.3, whole=0.6, attempts=2)


def message(number: int = 1, **addresses: str) -> Message:
    prompt = Prompt(
        recipient="account|https://leren.korenaar.example|sanne",
        recipient_role="worker",
        subject="account|https://leren.korenaar.example|sanne",
        layer="tasks",
        intervention="try-it-at-work",
        language="nl",
        text="**Kies één ding.**",
        step="Kies één ding.",
        why="",
        when_question="",
        grounds=Grounds("stated", ""),
        phase_mix=SURELY,
        episode="2026-W05",
        occasion=number,
    )
    recipient = Recipient(f"person-{number}", "Sanne de Wit", "nl", addresses)
    return Message(f"message-{number}", recipient, (prompt,))


@contextmanager
def hooked(
    respond: Callable[[Seen], Step], **settings: Any
) -> Iterator[tuple[WebhookSink, Scripted]]:
    with scripted(respond) as server:
        sink = WebhookSink(
            WebhookSettings(f"{server.url}/hook", Secret(KEY), **settings),
            limits=QUICK,
            clock=NOW.timestamp,
            sleep=lambda _: None,
        )
        yield sink, server


def ok(_: Seen) -> Step:
    return Step(202)


def test_posts_each_message_signed() -> None:
    with hooked(ok, channel="employee", token=Secret("t0ken")) as (sink, server):
        receipts = list(sink.deliver([message(1, employee="e-1"), message(2, employee="e-2")]))
        first, second = server.seen
    assert receipts == [Receipt("message-1", "sent"), Receipt("message-2", "sent")]
    assert (first.method, first.path) == ("POST", "/hook")
    assert json.loads(first.body) == message_row(message(1, employee="e-1"), "employee")
    assert first.headers["idempotency-key"] == "message-1"
    assert first.headers["authorization"] == "Bearer t0ken"
    assert first.headers["content-type"] == "application/json"
    for seen in (first, second):
        assert verify_signature(KEY, seen.headers, seen.body, now=NOW)
    assert not verify_signature(KEY, first.headers, second.body, now=NOW)
    assert not verify_signature(KEY[::-1], first.headers, first.body, now=NOW)


def test_nothing_is_sent_about_who_has_no_address() -> None:
    with hooked(ok, channel="employee") as (sink, server):
        receipts = list(sink.deliver([message(1, mail="x@y.example"), message(2, employee="e")]))
        assert [seen.headers["idempotency-key"] for seen in server.seen] == ["message-2"]
    assert receipts[0] == Receipt("message-1", "refused", "no-address")


@pytest.mark.parametrize(
    ("status", "receipt"),
    [
        (200, Receipt("message-1", "sent")),
        (204, Receipt("message-1", "sent")),
        (409, Receipt("message-1", "sent", "already-there")),
        (410, Receipt("message-1", "refused", "gone")),
        (400, Receipt("message-1", "refused", "not-accepted")),
        (422, Receipt("message-1", "refused", "not-accepted")),
        (404, Receipt("message-1", "failed", "not-found")),
        (500, Receipt("message-1", "failed", "server-error")),
    ],
)
def test_what_the_receiver_says_about_one_message(status: int, receipt: Receipt) -> None:
    steps = [Step(status)] * (2 if status == 500 else 1)
    with hooked(in_order(*steps, Step(200))) as (sink, _):
        receipts = list(sink.deliver([message(1), message(2)]))
    assert receipts == [receipt, Receipt("message-2", "sent")]


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (Step(401), AccessDenied),
        (Step(403), AccessDenied),
        (Step(503), SourceUnavailable),
        (Step(302, headers={"Location": "/login"}), SourceUnavailable),
        (Step(418), SourceUnavailable),
        (Step(429, headers={"Retry-After": "7200"}), SourceUnavailable),
        (Step(silence=2), SourceUnavailable),
        (Step(hang_up=True), SourceUnavailable),
    ],
)
def test_what_holds_for_all_messages_stops_the_delivery(
    step: Step, error: type[LeercultuurError]
) -> None:
    receipts: list[Receipt] = []
    with (
        hooked(in_order(Step(200), step, step)) as (sink, server),
        pytest.raises(error) as caught,
    ):
        receipts.extend(sink.deliver([message(1), message(2), message(3)]))
    assert receipts == [Receipt("message-1", "sent")]
    assert "message-3" not in [seen.headers["idempotency-key"] for seen in server.seen]
    told = "".join(traceback.format_exception(caught.value))
    for hidden in (KEY, "Sanne", "Kies", "person-2"):
        assert hidden not in told


def test_one_failing_message_does_not_hold_up_the_rest_and_a_failing_receiver_does() -> None:
    def poisoned(seen: Seen) -> Step:
        return Step(500 if seen.headers["idempotency-key"] == "message-1" else 200)

    with hooked(poisoned) as (sink, _):
        receipts = list(sink.deliver([message(1), message(2), message(3)]))
    assert [receipt.state for receipt in receipts] == ["failed", "sent", "sent"]
    received: list[Receipt] = []
    with (
        hooked(lambda _: Step(500)) as (sink, server),
        pytest.raises(SourceUnavailable, match="fails at each message"),
    ):
        received.extend(sink.deliver([message(n) for n in range(9)]))
    assert len(server.seen) == 4


def test_a_repeat_after_a_lost_answer_is_recognised() -> None:
    taken: dict[str, bytes] = {}

    def receiver(seen: Seen) -> Step:
        key = seen.headers["idempotency-key"]
        if key in taken:
            assert taken[key] == seen.body
            return Step(409)
        taken[key] = seen.body
        return Step(hang_up=True)  # taken in, and the answer lost

    with hooked(receiver) as (sink, _):
        assert list(sink.deliver([message(1)])) == [Receipt("message-1", "sent", "already-there")]
    assert list(taken) == ["message-1"]


def test_all_tries_of_a_signature_stay_within_the_tolerance() -> None:
    from leercultuur_core.run.webhook import _LIMITS, TOLERANCE

    tries = _LIMITS.attempts * (_LIMITS.connect + _LIMITS.whole)
    waits = (_LIMITS.attempts - 1) * (_LIMITS.longest_wait + 1)
    assert tries + waits < TOLERANCE.total_seconds() / 1.5


def test_check_and_settings() -> None:
    sink = WebhookSink(WebhookSettings("https://hr.example/hook", Secret(KEY)))
    assert [found.level for found in sink.check()] == ["ok"]
    short = WebhookSink(WebhookSettings("https://hr.example/hook", Secret("short-key")))
    (found,) = short.check()
    assert found.level == "warning"
    assert "short-key" not in repr((found, short.settings))
    with pytest.raises(ConfigError, match="plain http"):
        WebhookSink(WebhookSettings("http://hr.example/hook", Secret(KEY)))


# Signatures

SECRETS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def signed(secret: str, body: bytes, moment: datetime) -> dict[str, str]:
    stamp = int(moment.timestamp())
    return {
        "X-Leercultuur-Timestamp": str(stamp),
        "x-leercultuur-signature": f"sha256={sign(secret, stamp, body)}",
    }


def test_a_signature_anyone_can_compute() -> None:
    # printf '1772442000.{"id":"5a3c9e"}' | openssl dgst -sha256 -hmac "een geheim van de bakkerij"
    expected = "164f86d48da3b0123869c18c38974691d461e592585f8e954b48fbe40d25240c"
    found = sign("een geheim van de bakkerij", 1772442000, b'{"id":"5a3c9e"}')
    assert found == expected


@given(SECRETS, st.binary(max_size=200), MOMENTS, st.integers(-300, 300))
def test_a_signature_holds_within_the_tolerance(
    secret: str, body: bytes, moment: datetime, seconds: int
) -> None:
    moment = moment.replace(microsecond=0)
    headers = signed(secret, body, moment)
    assert verify_signature(secret, headers, body, now=moment + timedelta(seconds=seconds))


@given(SECRETS, st.binary(max_size=200), MOMENTS, st.integers(301, 10**7), st.booleans())
def test_and_not_outside_it(
    secret: str, body: bytes, moment: datetime, seconds: int, before: bool
) -> None:
    headers = signed(secret, body, moment.replace(microsecond=0))
    now = moment.replace(microsecond=0) + timedelta(seconds=-seconds if before else seconds)
    assert not verify_signature(secret, headers, body, now=now)


@given(SECRETS, SECRETS, st.binary(max_size=200), st.binary(max_size=200), st.integers(0, 10**6))
def test_a_signature_is_for_one_secret_body_and_time(
    secret: str, other: str, body: bytes, changed: bytes, later: int
) -> None:
    headers = signed(secret, body, NOW)
    # HMAC fills a short key up with zeros, so that these two are one key.
    if other.encode().rstrip(b"\0") != secret.encode().rstrip(b"\0"):
        assert not verify_signature(other, headers, body, now=NOW)
    if changed != body:
        assert not verify_signature(secret, headers, changed, now=NOW)
    if later:
        moved = {**headers, "X-Leercultuur-Timestamp": str(int(NOW.timestamp()) + later)}
        assert not verify_signature(secret, moved, body, now=NOW, tolerance=timedelta(days=365))


@given(
    st.dictionaries(
        st.sampled_from(["X-Leercultuur-Timestamp", "X-Leercultuur-Signature"]), st.text()
    )
)
def test_what_a_stranger_sends_is_false_and_no_error(headers: dict[str, str]) -> None:
    assert not verify_signature(KEY, headers, b"{}", now=NOW)


@pytest.mark.parametrize("stamp", ["", "-1", "1e9", "٣", " 1772442000", "9" * 5000, "NaN"])
def test_odd_times(stamp: str) -> None:
    headers = {**signed(KEY, b"", NOW), "X-Leercultuur-Timestamp": stamp}
    assert not verify_signature(KEY, headers, b"", now=NOW)


def test_wrong_use_is_an_error() -> None:
    headers = signed(KEY, b"", NOW)
    with pytest.raises(ValueError, match="offset"):
        verify_signature(KEY, headers, b"", now=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="secret"):
        verify_signature("", headers, b"", now=NOW)


def test_messages_differ_and_one_message_does_not() -> None:
    assert message_row(message(1)) == message_row(message(1))
    assert message_row(message(1)) != message_row(evolve(message(1), id="x"))
