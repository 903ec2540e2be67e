"""A server on this machine that answers by a script, and misbehaves where the script says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen

_PATIENCE = 30.0
"""The longest that anything here waits, in seconds, whatever the script says."""


@frozen
class Seen:
    """A request as it came in. Names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@frozen
class Step:
    """One answer.

    silence
        Seconds before anything is said.
    drip
        Seconds between one byte of the body and the next.
    cut
        The number of bytes of the body after which the connection breaks; the length announced is
        still the whole.
    hang_up
        Break the connection without an answer.
    """

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(factory=dict)
    silence: float = 0.0
    drip: float = 0.0
    cut: int | None = None
    hang_up: bool = False


def as_json(value: Any, status: int = 200, **headers: str) -> Step:
    """The answer of a server that works; underscores in names of headers become hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    body = json.dumps(value).encode()
    return Step(status, body, {"Content-Type": "application/json", **named})


def in_order(*steps: Step) -> Callable[[Seen], Step]:
    """Answers with ``steps``, one by one; after the last, status 500 and that the script is over."""
    left = iter(steps)
    return lambda _: next(left, Step(500, b"the script is over", {"Content-Type": "text/plain"}))


class Scripted:
    """A server under way: where it is, and what it was asked."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        host, port = server.server_address[:2]
        self.url = f"http://{host!s}:{port}"
        self.seen: list[Seen] = []
        self.closing = threading.Event()


@contextmanager
def scripted(respond: Callable[[Seen], Step]) -> Iterator[Scripted]:
    """A server on a free port of 127.0.0.1 that answers each request with ``respond(request)``."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two writes: with Nagle's algorithm each answer would take 40 ms.
        disable_nagle_algorithm = True
        timeout = _PATIENCE

        def log_message(self, *_: object) -> None:  # it would end up among the tests' output
            pass

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):  # one for each method of HTTP
                return self._play
            raise AttributeError(name)

        def _play(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            request = Seen(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            with lock:
                running.seen.append(request)
                step = respond(request)
            try:
                self._answer(step)
            except OSError:  # whoever asked gave up
                self.close_connection = True

        def _answer(self, step: Step) -> None:
            if running.closing.wait(min(step.silence, _PATIENCE)) or step.hang_up:
                self.close_connection = True
                return
            self.send_response(step.status)
            for name, value in step.headers.items():
                self.send_header(name, value)
            if not {"content-length", "transfer-encoding"} & {n.lower() for n in step.headers}:
                self.send_header("Content-Length", str(len(step.body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            body = step.body if step.cut is None else step.body[: step.cut]
            if step.drip:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    if running.closing.wait(step.drip):
                        break
            else:
                self.wfile.write(body)
            if step.cut is not None:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    # Threads wait on connections kept alive by clients that are done: not waited for.
    server.block_on_close = False
    running = Scripted(server)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield running
    finally:
        running.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(_PATIENCE)
