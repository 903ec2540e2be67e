"""What every answer carries and every request is held to, whatever page it is for."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 65_536
"""Bytes of a form. A launch with all its claims is some 5,000."""

_MOST_FIELDS = 200
_GUESSES = parse("20/10 minutes")

log = logging.getLogger("leercultuur.web")


class Refused(Exception):
    """A request that is not done. ``reason`` is a key of the texts, for the page; never more."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Headers:
    """Adds the headers that tell a browser what the pages may do: nothing that they do not need."""

    def __init__(self, app: ASGIApp, *, frames: Sequence[str], https: bool) -> None:
        self._app = app
        ancestors = " ".join(frames) or "'none'"
        self._headers = {
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
            f"form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}",
            "X-Content-Type-Options": "nosniff",
            # Not `no-referrer`: with that a browser hides the origin of our own forms from us too.
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "X-Robots-Tag": "noindex, nofollow",
        }
        if not frames:
            self._headers["X-Frame-Options"] = "DENY"
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on all but web requests as they are."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                looks = scope["path"].startswith("/static/")
                headers["Cache-Control"] = "max-age=3600" if looks else "no-store"
            await send(message)

        await self._app(scope, receive, with_headers)


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a form, each once. Raises `Refused` for what is too large or no form of ours.

    Files cannot be sent: a body of parts is not read at all.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, "no_form")
    if int(_digits(request.headers.get("content-length", "0"))) > LARGEST_BODY:
        raise Refused(413, "too_large")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise Refused(413, "too_large")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
            errors="strict",
        )
    except (UnicodeError, ValueError):
        raise Refused(400, "no_form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused(400, "no_form")
    return fields


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) < 12 else "0"


def from_our_own_page(request: Request, url: str) -> bool:
    """Whether a form was sent from a page at ``url``, as far as the browser tells. Beside the token
    in the form, not in its place."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or origin == url


class Guesses:
    """Counts tokens that were wrong, by where they came from; who guessed too often waits.

    Only wrong ones count, so that a whole office behind one address is not held up by working links.
    """

    def __init__(self, limit: RateLimitItem = _GUESSES) -> None:
        self._limit = limit
        self._counts = MovingWindowRateLimiter(MemoryStorage())

    def check(self, request: Request) -> None:
        """Raises `Refused` (429) where there were too many."""
        if not self._counts.test(self._limit, _client(request)):
            raise Refused(429, "too_many")

    def wrong(self, request: Request) -> None:
        """Counts one more."""
        self._counts.hit(self._limit, _client(request))


def _client(request: Request) -> str:
    return request.client.host if request.client else "unknown"
