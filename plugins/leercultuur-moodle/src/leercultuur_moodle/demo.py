"""A recorded Moodle to look around in: what ``leercultuur demo --source moodle`` reads.

``demo_site.json`` holds what a Moodle 4.5.6 with six made-up people answered in November 2026, in the
shapes it was recorded in; ``tests/make_demo.py`` makes it. It is played on this machine alone, on a port
that is free. Messages are taken in and kept in memory, nothing else changes.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

NIGHTS = ("2026-12-01T09:00:00Z", "2026-12-02T09:00:00Z")
"""Two moments in working hours, a week after the site was recorded."""

_LISTS = """\
[[source]]
name = "moodle"
kind = "moodle"
url = "{url}"
token = {{ env = "MOODLE_TOKEN" }}
rate = 1000  # nobody waits for this site

[[directory]]
name = "people"
kind = "moodle"
url = "{url}"
token = {{ env = "MOODLE_TOKEN" }}
rate = 1000

[[sink]]
name = "messages"
kind = "moodle"
url = "{url}"
token = {{ env = "MOODLE_TOKEN" }}
rate = 1000
"""

_TAG = re.compile(r"<[^>]*>")

_SITE = "http://demo.invalid"
"""Stands in the answers for the address at which they are played."""

_ENVELOPE = frozenset({"wstoken", "wsfunction", "moodlewsrestformat"})
_ACCOUNTS = "core_user_get_users_by_field"
_CHANGES = "core_course_get_updates_since"
_SEND = "core_message_send_instant_messages"
_LOOK = "core_message_get_messages"

Form = Mapping[str, str]


class RecordedSite:
    """A Moodle that answers as it was recorded, and takes messages.

    url, token
        How to get in.
    unknown
        Functions that were asked for in a way that nobody recorded; they are refused.
    """

    def __init__(self) -> None:
        text = resources.files(__package__).joinpath("demo_site.json").read_text("utf-8")
        self.url = ""
        self.token = secrets.token_hex(16)
        self.unknown: list[str] = []
        self._text = text
        self._answers: dict[str, Any] = {}
        self._messages: list[tuple[int, str]] = []

    def opened(self, url: str) -> None:
        """The site stands at ``url``."""
        self.url = url
        self._answers = json.loads(self._text.replace(_SITE, url))

    @property
    def received(self) -> Sequence[tuple[int, str]]:
        """What came: Moodle's number of the recipient, and the message in HTML."""
        return tuple(self._messages)

    @property
    def texts(self) -> Sequence[str]:
        """The same as somebody reads it."""
        return [
            unescape(_TAG.sub("", html.replace("<br>", "\n").replace("</p>", "\n\n"))).strip()
            for _, html in self._messages
        ]

    @property
    def lists(self) -> str:
        """``[[source]]``, ``[[directory]]`` and ``[[sink]]`` for a configuration, with the token in the
        environment as ``MOODLE_TOKEN``."""
        return _LISTS.format(url=self.url)

    def answer(self, form: Form) -> Any:
        """What the site says to a call, as JSON."""
        if not secrets.compare_digest(form.get("wstoken", "").encode(), self.token.encode()):
            return _refused("invalidtoken")
        function = form.get("wsfunction", "")
        if function == _SEND:
            return self._take(form)
        if function == _LOOK:
            return self._kept(form)
        if function == _ACCOUNTS:
            asked = {value for key, value in form.items() if key.startswith("values[")}
            everybody = self._answers["accounts"]
            return [one for one in everybody if str(one.get(form.get("field", ""))) in asked]
        if function == _CHANGES:
            return {"instances": [], "warnings": []}  # nothing happens here any more
        try:
            return self._answers["calls"][key_of(form)]
        except KeyError:
            self.unknown.append(function)
            return _refused("accessexception")

    def _take(self, form: Form) -> list[dict[str, Any]]:
        self._messages.append((int(form["messages[0][touserid]"]), form["messages[0][text]"]))
        return [{"msgid": len(self._messages)}]

    def _kept(self, form: Form) -> dict[str, Any]:
        found = [
            {"id": number, "text": text}
            for number, (to, text) in enumerate(self._messages, start=1)
            if str(to) == form.get("useridto")
        ]
        return {"messages": found[::-1], "warnings": []}


@contextmanager
def recorded_site() -> Iterator[RecordedSite]:
    """Plays the recorded site for the length of a ``with`` block, for programs on this machine."""
    site = RecordedSite()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
            body = json.dumps(site.answer(form)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base calls it
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.opened(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def key_of(form: Form) -> str:
    """What tells one recorded call from another. Not since when something is asked: all that is kept
    here is old."""
    fields = sorted((k, v) for k, v in form.items() if k not in _ENVELOPE | {"since"})
    return json.dumps([form["wsfunction"], *fields])


def _refused(errorcode: str) -> dict[str, str]:
    return {"exception": "moodle_exception", "errorcode": errorcode, "message": ""}
