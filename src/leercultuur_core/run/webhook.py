"""Messages to a system of somebody else's: one signed POST each, and how a receiver checks it."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from attrs import field, frozen

from ..errors import SourceUnavailable
from ..extension import Delivery, Finding, Message, Receipt, Secret, Sink
from ..extension.http import Answer, HttpClient, Limits
from .sinks import message_row

TIMESTAMP_HEADER = "X-Leercultuur-Timestamp"
"""When the request was signed, in whole seconds since 1970 (UTC)."""

SIGNATURE_HEADER = "X-Leercultuur-Signature"
"""``sha256=`` and the signature in lower-case hexadecimal."""

KEY_HEADER = "Idempotency-Key"
"""The id of the message: the same each time it is sent."""

TOLERANCE = timedelta(minutes=5)
"""How far apart the clocks of sender and receiver may be, with the time on the way."""

_SHORTEST_SECRET = 32
# All tries of one signature together stay well within the tolerance.
_LIMITS = Limits(connect=10, read=20, whole=30, attempts=3, longest_wait=20)


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA-256 (RFC 2104) of ``<timestamp>.<body>`` under ``secret`` as UTF-8, in hexadecimal."""
    return hmac.new(secret.encode(), b"%d." % timestamp + body, sha256).hexdigest()


def verify_signature(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> bool:
    """Whether ``body`` came from who holds ``secret``, at most ``tolerance`` from ``now``.

    For receivers. ``body`` must be the bytes as they came, before any parsing; the case of header
    names does not matter; ``now`` is aware. Takes the same time for any wrong signature. Raises
    nothing for what a stranger sends, `ValueError` for a ``now`` without offset or an empty secret.
    """
    if now.tzinfo is None:
        raise ValueError("now: expected a time with an offset, found none")
    if not secret:
        raise ValueError("secret: expected a secret, found an empty one")
    lower = {name.lower(): value for name, value in headers.items()}
    stamp = lower.get(TIMESTAMP_HEADER.lower(), "")
    given = lower.get(SIGNATURE_HEADER.lower(), "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        return False
    timestamp = int(stamp)
    right = f"sha256={sign(secret, timestamp, body)}"
    fits = hmac.compare_digest(right.encode(), given.encode("utf-8", "surrogateescape"))
    return fits and abs(now.timestamp() - timestamp) <= tolerance.total_seconds()


@frozen
class WebhookSettings:
    """Where messages go and with which secret they are signed.

    channel
        The kind of address that goes along, such as ``mail`` or ``employee``; who has none is not
        sent anything. Without it, receivers know people by the random id only.
    token
        For a receiver that asks for ``Authorization: Bearer`` besides.
    plain_http
        Allow ``http://`` to other machines than this one.
    """

    url: str
    secret: Secret = field(repr=False)
    channel: str = ""
    token: Secret | None = field(default=None, repr=False)
    plain_http: bool = False


class WebhookSink(Sink):
    """Posts each message as JSON, signed (see `docs/webhook.md`).

    ``Idempotency-Key`` lets the receiver take in a message once however often it comes; 409 says
    that it has it already.
    """

    name = "webhook"
    settings = WebhookSettings
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(
        self,
        settings: WebhookSettings,
        *,
        limits: Limits = _LIMITS,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises `ConfigError` for an address or token that cannot be used.

        ``limits``, ``clock`` (seconds since 1970) and ``sleep`` are for tests.
        """
        super().__init__(settings)
        self._clock = clock
        self._client = HttpClient(
            settings.url,
            token=settings.token,
            limits=limits,
            plain_http=settings.plain_http,
            clock=clock,
            sleep=sleep,
        )

    def check(self) -> Iterable[Finding]:
        """Whether the secret is long enough. Asks the receiver nothing."""
        if len(self.settings.secret.reveal()) < _SHORTEST_SECRET:
            yield Finding(
                "warning",
                f"{self.name}: the secret has fewer than {_SHORTEST_SECRET} characters",
                "make one with: openssl rand -hex 32",
            )
        else:
            yield Finding("ok", f"{self.name}: messages are signed")

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Posts the messages in order.

        Raises `SourceUnavailable` where the receiver does not answer, asks to wait, or fails at two
        messages in a row; `AccessDenied` where it does not know us (401, 403).
        """
        failed_before = False
        for message in messages:
            row = message_row(message, self.settings.channel)
            if self.settings.channel and row["recipient"]["address"] is None:
                yield Receipt(message.id, "refused", "no-address")
                continue
            answer = self._post(message.id, json.dumps(row, ensure_ascii=False).encode())
            if answer.status == 500 and failed_before:
                raise SourceUnavailable(f"{answer.about}: fails at each message (500)")
            failed_before = answer.status == 500
            yield _receipt(message.id, answer)

    def _post(self, key: str, body: bytes) -> Answer:
        timestamp = int(self._clock())
        signature = sign(self.settings.secret.reveal(), timestamp, body)
        return self._client.send(
            "POST",
            content=body,
            headers={
                "Content-Type": "application/json",
                TIMESTAMP_HEADER: str(timestamp),
                SIGNATURE_HEADER: f"sha256={signature}",
                KEY_HEADER: key,
            },
            idempotent=True,
        )


def _receipt(message: str, answer: Answer) -> Receipt:
    """What the status says about one message; raises where it says something about them all."""
    status = answer.status
    if status == 409:
        return Receipt(message, "sent", "already-there")
    if status == 410:
        return Receipt(message, "refused", "gone")
    if status in {400, 413, 415, 422}:
        return Receipt(message, "refused", "not-accepted")
    if status == 404:
        # Not refused: most often it is the address in the configuration.
        return Receipt(message, "failed", "not-found")
    if status == 500:
        return Receipt(message, "failed", "server-error")
    answer.checked()
    return Receipt(message, "sent")
