"""One exchange with one server: three time-outs, a bound on the answer, and words for what failed.

What `requests` raises holds whole addresses, and with them queries and passwords of proxies. None of
it leaves this module: a failure comes back as a `Trouble`, a value with words of our own.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import requests
import urllib3
from attrs import field, frozen
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_CHUNK = 64 * 1024


@frozen
class Limits:
    """How long and how much; seconds and bytes.

    connect, read, whole
        To get a connection; between two pieces of an answer; for one request and all of its answer.
    attempts, longest_wait
        How often a request is made in all, and how long it may wait before the next: a server that
        asks for more than that is asked again in a later run.
    largest
        Of an answer, after decompression.
    interval
        Between the starts of two requests.
    pages
        That one list may have.
    """

    connect: float = 10.0
    read: float = 30.0
    whole: float = 120.0
    attempts: int = 4
    longest_wait: float = 60.0
    largest: int = 32 * 1024 * 1024
    interval: float = 0.0
    pages: int = 100_000


@frozen
class Reply:
    """A server's whole answer. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@frozen
class Trouble:
    """Why there is no answer.

    ``sent``: the server may have received the request. ``again``: another try may go better.
    """

    reason: str
    sent: bool = True
    again: bool = True


class Transport:
    """Sends prepared requests, one at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._line = _Line()
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(self._line))

    def prepare(self, method: str, url: str, **parts: Any) -> requests.PreparedRequest | Trouble:
        """The request, with the session's cookies; a `Trouble` where the address is none."""
        # An auth of its own keeps `requests` from putting in one of a .netrc file.
        request = requests.Request(method, url, auth=lambda prepared: prepared, **parts)
        try:
            return self._session.prepare_request(request)
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError):
            return Trouble("cannot be asked: expected an address", sent=False, again=False)

    def exchange(self, request: requests.PreparedRequest) -> Reply | Trouble:
        """What the server answered, redirects included, or why it did not."""
        limits = self._limits
        with self._line.deadline(limits.whole) as over:
            try:
                result = self._exchange(request)
            except (
                requests.RequestException,
                urllib3.exceptions.HTTPError,
                http.client.HTTPException,
                OSError,
                UnicodeError,
            ) as error:
                result = _trouble(error, limits)
        # A connection we shut ourselves looks like any other end, even like a whole answer.
        if over.is_set():
            return Trouble(f"took longer than {limits.whole:g} s for one answer")
        return result

    def _exchange(self, request: requests.PreparedRequest) -> Reply | Trouble:
        limits = self._limits
        settings = self._session.merge_environment_settings(request.url, {}, True, None, None)
        # Not by the session: it reads the whole of a redirect, and prepares to follow it.
        adapter = self._session.get_adapter(request.url or "")
        with adapter.send(
            request,
            timeout=(limits.connect, limits.read),
            stream=True,
            verify=settings["verify"] or True,
            cert=settings["cert"],
            proxies=settings["proxies"],
        ) as response:
            extract_cookies_to_jar(  # type: ignore[no-untyped-call]
                self._session.cookies, request, response.raw
            )
            headers = {name.lower(): value for name, value in response.headers.items()}
            announced = headers.get("content-length", "")
            body = bytearray()
            too_large = announced.isdecimal() and int(announced[:18]) > limits.largest
            if not too_large:
                for chunk in response.iter_content(_CHUNK):
                    body += chunk
                    if too_large := len(body) > limits.largest:
                        break
        if too_large:
            return Trouble(
                f"its answer is larger than {limits.largest:,} bytes; ask for less at a time",
                again=False,
            )
        return Reply(response.status_code, headers, bytes(body))

    def close(self) -> None:
        """Lets go of the connection."""
        self._session.close()


def _trouble(error: Exception, limits: Limits) -> Trouble:
    """Words for ``error``, of which nothing is quoted."""
    text = str(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return Trouble("cannot be reached: the proxy does not let through", sent=False)
    if isinstance(error, requests.exceptions.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" in text:
            return Trouble(
                "has a certificate that this machine does not trust; a certificate authority of "
                "your own can be named in REQUESTS_CA_BUNDLE",
                sent=False,
                again=False,
            )
        return Trouble("does not agree on a secure connection", sent=False)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Trouble(f"gives no connection within {limits.connect:g} s", sent=False)
    if isinstance(error, requests.exceptions.ReadTimeout) or "Read timed out" in text:
        return Trouble(f"was silent for {limits.read:g} s")
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return Trouble("its answer cannot be decompressed", again=False)
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return Trouble("its answer broke off halfway")
    if "NameResolutionError" in text or "Failed to resolve" in text:
        return Trouble("cannot be found: no host of that name is known here", sent=False)
    if "NewConnectionError" in text or "Failed to establish" in text:
        return Trouble("refuses the connection", sent=False)
    if isinstance(
        error,
        UnicodeError | requests.exceptions.InvalidURL | urllib3.exceptions.LocationValueError,
    ):
        return Trouble("cannot be asked: expected an address", sent=False, again=False)
    return Trouble("broke off the connection")


class _Line:
    """The connection in use, so that a deadline can shut it whatever it waits for.

    Time-outs of sockets count from the last byte: a server that sends one a minute never meets
    them.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._over = threading.Event()

    def connected(self, sock: Any) -> None:
        self._socket = sock
        if self._over.is_set():
            self._shut()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[threading.Event]:
        self._over = over = threading.Event()

        def end() -> None:
            over.set()
            self._shut()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield over
        finally:
            timer.cancel()
            timer.join()

    def _shut(self) -> None:
        if self._socket is None:
            return
        with suppress(OSError):  # it is closed already
            # Not SSLSocket's own: it takes the connection from under the thread that reads.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Tells the line of each connection that is made."""

    def __init__(self, line: _Line) -> None:
        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                line.connected(self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                line.connected(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self._pools = {"http": PlainPool, "https": SecurePool}
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager
