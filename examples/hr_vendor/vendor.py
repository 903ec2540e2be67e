"""The vendor's side: an export of people, events as JSON Lines, and a receiver for messages.

Everybody in it is made up. Only the standard library is used, and one function that checks the
signature; in another language that is five lines (`docs/webhook.md`).
"""

from __future__ import annotations

import csv
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from leercultuur_core.run.webhook import verify_signature

WEEKS = 26
LAST = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SOURCE = "https://hr.delinde.example"

COURSE = "http://adlnet.gov/expapi/activities/course"
EVENTS = {
    "asked for training": ("http://activitystrea.ms/schema/1.0/request", COURSE),
    "made a plan": ("http://www.tincanapi.co.uk/verbs/planned_learning", ""),
    "enrolled": ("http://adlnet.gov/expapi/verbs/registered", COURSE),
    "completed": ("http://adlnet.gov/expapi/verbs/completed", COURSE),
    "took on a task": (
        "https://w3id.org/xapi/acrossx/verbs/was-assigned",
        "urn:leercultuur:type:work-task",
    ),
    "looked back": ("https://w3id.org/xapi/dod-isd/verbs/reflected", ""),
    "mentored": ("http://id.tincanapi.com/verb/mentored", "Agent"),
    "talked": ("http://id.tincanapi.com/verb/talked-with", "Agent"),
}
"""What the HR system records → verb and type of object (`docs/vocabularies.md`)."""

# How often a year each happens to people of four kinds.
_HABITS = (
    {"talked": 2},
    {"talked": 2, "made a plan": 8, "asked for training": 6},
    {"enrolled": 10, "completed": 18, "asked for training": 3, "talked": 3},
    {"completed": 10, "took on a task": 14, "looked back": 16, "mentored": 10},
)
_UNITS = {
    "De Linde/Magazijn": 15,
    "De Linde/Verkoop": 14,
    "De Linde/Kantoor": 13,
    "De Linde/ICT": 4,
}
_FIRST = ("Sam", "Noor", "Daan", "Lotte", "Amir", "Fleur", "Bram", "Yara", "Teun", "Mila", "Koen")
_LAST = ("Vos", "Smit", "Bakker", "Visser", "Mulder", "Bos", "Dekker", "Brouwer", "Kok", "Prins")


def write_people(path: Path) -> None:
    """The export: semicolons, Windows-1252, a manager for each unit, HR and a director."""
    rows = [["9001", "Ans", "de Groot", "", "De Linde", "Directeur", "ja"]]
    rows.append(["9002", "Zoë", "Peters", "9001", "De Linde", "HR-adviseur", "ja"])
    for unit, numbers in _numbers().items():
        for number in numbers:
            names = [_FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]]
            manager = "9001" if number == numbers[0] else f"{numbers[0]:04d}"
            rows.append([f"{number:04d}", *names, manager, unit, "", "ja"])
    with path.open("w", encoding="cp1252", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(
            ["Personeelsnummer", "Roepnaam", "Achternaam", "Leidinggevende", "Afdeling", "Functie", "In dienst"]
        )  # fmt: skip
        out.writerows(rows)


def events() -> Iterator[dict[str, Any]]:
    """Half a year of events, the same each time, as `leercultuur push` takes them in."""
    chance = random.Random(2026)
    number = 0
    for numbers in _numbers().values():
        for employee in numbers:
            habits = _HABITS[chance.randrange(len(_HABITS))]
            for what, a_year in habits.items():
                verb, object_type = EVENTS[what]
                for week in range(WEEKS):
                    if chance.random() * 52 > a_year:
                        continue
                    number += 1
                    moment = LAST - timedelta(weeks=week + 1, hours=-chance.randrange(9 * 5))
                    event = {
                        "type": "activity",
                        "id": f"{SOURCE}/events/{number}",
                        "identities": [f"employee|delinde|{employee:04d}"],
                        "verb": verb,
                        "object_type": object_type,
                        "occurred_at": moment.isoformat(),
                        "source": SOURCE,
                    }
                    yield {key: value for key, value in event.items() if value}


def _numbers() -> dict[str, range]:
    """Unit → employee numbers; the first is its manager."""
    found, start = {}, 101
    for unit, size in _UNITS.items():
        found[unit] = range(start, start + size)
        start += size
    return found


class Inbox:
    """What came in: each message once, whatever is sent twice."""

    def __init__(self, secret: str) -> None:
        self.url = ""
        self.messages: dict[str, dict[str, Any]] = {}
        self.refused = 0
        self._secret = secret
        self._lock = threading.Lock()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Takes a request in and gives the status to answer with."""
        # Over the bytes as they came, before anything is parsed.
        if not verify_signature(self._secret, headers, body, now=datetime.now(UTC)):
            self.refused += 1
            return 401
        message = json.loads(body)
        with self._lock:
            if message["id"] in self.messages:
                return 409
            self.messages[message["id"]] = message
        return 202


@contextmanager
def receiver(secret: str) -> Iterator[Inbox]:
    """An inbox behind HTTP on a free port of this machine."""
    inbox = Inbox(secret)

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(inbox.take(dict(self.headers.items()), body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:  # a log of requests is a log of people
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    inbox.url = f"http://127.0.0.1:{server.server_address[1]}/leercultuur"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
