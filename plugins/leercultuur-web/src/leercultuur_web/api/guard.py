"""What every request to the API goes through: who calls, how often, and how much is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import ceil
from time import time
from typing import Annotated

from attrs import frozen
from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leercultuur_core import StoreError

from ..security import log
from ..web import Web
from .clients import Client, Clients
from .problems import Trouble

LARGEST_BODY = 5_000_000
"""Bytes of a batch of activities; of anything else `LARGEST_OTHER`."""

LARGEST_OTHER = 256_000

DOCUMENT = "/openapi.json"
"""The one address that asks for no token: it says nothing about anybody."""

_WRONG = parse("20/10 minutes")

_bearer = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="The token that `leercultuur api-client new` printed, with the scopes it was given.",
)


@frozen
class Caller:
    """The client that calls, and what it calls with.

    ``by`` is how the audit names it.
    """

    client: Client
    web: Web
    now: datetime

    @property
    def name(self) -> str:
        """The client's name: that of its source and its sink too."""
        return self.client.name

    @property
    def by(self) -> str:
        """How the audit and a record's shares name it."""
        return f"client:{self.client.name}"


async def caller(
    scopes: SecurityScopes,
    request: Request,
    _: Annotated[object, Security(_bearer)],
) -> Caller:
    """Who calls, if they have the scopes of what they call. Raises `Trouble` (403)."""
    found: Caller = request.state.caller
    missing = sorted(set(scopes.scopes) - found.client.scopes)
    if missing:
        raise Trouble(403, "scope", f"expected a client with the scope {', '.join(missing)}")
    return found


class Limits:
    """Counts requests of a client, and wrong tokens of an address."""

    def __init__(self) -> None:
        self._counts = MovingWindowRateLimiter(MemoryStorage())

    def held_up(self, address: str) -> int:
        """Seconds that an address waits after too many wrong tokens; 0 where it need not."""
        if self._counts.test(_WRONG, "wrong", address):
            return 0
        return self._seconds(_WRONG, "wrong", address)

    def wrong(self, address: str) -> None:
        """Counts a wrong token."""
        self._counts.hit(_WRONG, "wrong", address)

    def too_many(self, client: Client) -> int:
        """Counts a request; seconds that the client waits, 0 where it need not."""
        limit = RateLimitItemPerMinute(client.per_minute)
        if self._counts.hit(limit, "client", client.name):
            return 0
        return self._seconds(limit, "client", client.name)

    def _seconds(self, limit: RateLimitItem, *of: str) -> int:
        reset = self._counts.get_window_stats(limit, *of).reset_time
        return max(1, ceil(reset - time()))


class Guard:
    """Lets in who has a token, reads no more than may be sent, and keeps what goes wrong inside."""

    def __init__(
        self, app: ASGIApp, *, web: Web, clients: Clients, clock: Callable[[], datetime]
    ) -> None:
        self._app = app
        self._web = web
        self._clients = clients
        self._clock = clock
        self._limits = Limits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on all but web requests as they are."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            request = Request(scope, receive)
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if path != DOCUMENT:
                await self._admit(request)
                body = await _body(
                    request, LARGEST_BODY if path == "/activities" else LARGEST_OTHER
                )
                receive = _again(body, receive)
            await self._app(scope, receive, noting)
            return
        except Trouble as error:
            trouble = error
        except StoreError as error:
            log.warning("store: %s", error.trouble)
            detail = "nothing was changed; try again in a minute"
            trouble = Trouble(503, "busy", detail, headers={"Retry-After": "60"})
        except Exception as error:  # noqa: BLE001 - what went wrong inside is never shown or logged
            log.error("api: %s", type(error).__name__)
            trouble = Trouble(500, "unexpected", "nothing was changed; tell who runs this server")
        if not begun:
            await trouble.response()(scope, receive, send)

    async def _admit(self, request: Request) -> None:
        """Finds the client. Raises `Trouble`: 401 for a wrong token, 429 for too many of anything."""
        address = request.client.host if request.client else "unknown"
        if wait := self._limits.held_up(address):
            raise _too_many("wrong tokens from this address", wait)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = scheme.lower() == "bearer" and bool(token)
        now = self._clock()
        client = await run_in_threadpool(self._clients.look, token.strip(), now) if given else None
        if client is None:
            if given:
                self._limits.wrong(address)
            raise Trouble(
                401,
                "token",
                "expected Authorization: Bearer and the token of a client",
                headers={"WWW-Authenticate": 'Bearer realm="leercultuur"'},
            )
        if wait := self._limits.too_many(client):
            raise _too_many(f"more than {client.per_minute} requests in a minute", wait)
        request.state.caller = Caller(client, self._web, now)


def _too_many(what: str, wait: int) -> Trouble:
    return Trouble(
        429,
        "too-many",
        f"{what}; wait as long as Retry-After says",
        headers={"Retry-After": str(wait)},
    )


async def _body(request: Request, largest: int) -> bytes:
    """The body. Raises `Trouble` for one that is too large or not called JSON."""
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and (len(said) > 12 or int(said) > largest):
        raise _too_large(largest)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for part in request.stream():
        if part and kind != "application/json":
            raise Trouble(415, "media-type", "expected Content-Type: application/json")
        body += part
        if len(body) > largest:
            raise _too_large(largest)
    return bytes(body)


def _too_large(largest: int) -> Trouble:
    return Trouble(413, "too-large", f"expected at most {largest:,} bytes; send fewer at once")


def _again(body: bytes, receive: Receive) -> Receive:
    """Hands over a body that was read, then whatever comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


__all__ = ["DOCUMENT", "LARGEST_BODY", "LARGEST_OTHER", "Caller", "Guard", "caller"]
