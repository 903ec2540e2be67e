"""The contract suites, on what a real Kolibri answered and on a stand-in that changes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, ClassVar

import pytest

from leercultuur_core import Secret
from leercultuur_core.testing import (
    DirectoryContract,
    Employee,
    Event,
    RecordedFile,
    Responder,
    ScriptedServer,
    Seen,
    Serve,
    SinkContract,
    SourceContract,
    Step,
    as_json,
    recorded,
)
from leercultuur_core.testing.directories import Employs
from leercultuur_core.testing.sinks import Inbox
from leercultuur_kolibri import (
    KolibriLessons,
    KolibriPeople,
    KolibriSource,
    LessonsSettings,
    PeopleSettings,
    SourceSettings,
)

FACILITY = "f" * 32
CLASSROOM = "c" * 32
COLUMNS = (
    "Username",
    "Channel id",
    "Content id",
    "Time of first interaction",
    "Time of last interaction",
    "Time of completion",
    "Progress (0-1)",
    "Content kind",
)


def reach(server: ScriptedServer) -> dict[str, Any]:
    return {"url": server.url, "username": "beheer", "password": Secret("wachtwoord-5f2c9e7a")}


def user_id(name: str) -> str:
    return blake2b(name.encode(), digest_size=16).hexdigest()


class StandIn:
    """As much of Kolibri as the adapters ask, with what is put in it."""

    def __init__(self, now: datetime, names: Mapping[str, str]) -> None:
        self.now = now
        self.users = [
            {"id": user_id(name), "username": name, "full_name": full, "facility": FACILITY}
            for name, full in names.items()
        ]
        self.visits: Sequence[Event] = ()
        self.lessons: list[dict[str, Any]] = []
        self._export: dict[str, Any] = {}

    def __call__(self, seen: Seen) -> Step:
        if seen.path == "/api/lessons/lesson/" and seen.method == "POST":
            return self._put(json.loads(seen.body))
        if seen.path == "/api/tasks/tasks/":
            self._export = json.loads(seen.body)
        if seen.path.startswith("/facility/api/downloadcsvfile/"):
            return self._download(seen.path.split("/")[4])
        return as_json(self._listed(seen.path), set_cookie="kolibri_csrftoken=made-up; Path=/")

    def _listed(self, path: str) -> Any:
        login = {
            "kind": ["admin"],
            "user_id": "a" * 32,
            "facility_id": FACILITY,
            "server_time": self.now.isoformat(),
        }
        first = min((one.occurred_at for one in self.visits), default=self.now)
        answers: dict[str, Any] = {
            "/api/public/info/": {"application": "kolibri", "kolibri_version": "0.19.5"},
            "/api/auth/session/": login,
            "/api/auth/session/current/": login,
            "/api/auth/facilityuser/": self.users,
            "/api/auth/classroom/": [{"id": CLASSROOM, "name": "Stap", "parent": FACILITY}],
            "/api/auth/membership/": [
                {"user": one["id"], "collection": CLASSROOM} for one in self.users
            ],
            "/api/lessons/lesson/": self.lessons,
            "/api/tasks/tasks/": {"id": "1", "status": "COMPLETED"},
            f"/facility/api/firstlogdate/{FACILITY}/": {"first_log_date": first.isoformat()},
            f"/coach/api/classsummary/{CLASSROOM}/": {"id": CLASSROOM},
        }
        return answers.get(path, [])

    def _download(self, log: str) -> Step:
        first, last = self._export["start_date"], self._export["end_date"]
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for one in self.visits if log == "session" else ():
            if first <= one.occurred_at.date().isoformat() <= last:
                times = one.occurred_at, max(one.occurred_at, one.stored_at)
                who = one.learner, "", one.id
                writer.writerow([*who, *times, "", f"{one.score:.4f}", "video"])
        name = f"attachment; filename=x_logs_from{first}_to{last}.csv"
        headers = {"Content-Type": "text/csv", "Content-Disposition": name}
        return Step(200, b"\xef\xbb\xbf" + out.getvalue().encode(), headers)

    def _put(self, lesson: dict[str, Any]) -> Step:
        if any(one["title"].casefold() == lesson["title"].casefold() for one in self.lessons):
            return as_json([{"id": "UNIQUE", "metadata": {}}], 400)
        number = f"{len(self.lessons):032x}"
        self.lessons.append({**lesson, "id": number, "date_created": self.now.isoformat()})
        return as_json(self.lessons[-1], 201)


class TestKolibriSource(SourceContract):
    does_not_apply: ClassVar[Mapping[str, str]] = {
        "next_page_at_another_host": "no answer holds a link"
    }

    # A device that was offline for months.
    late: ClassVar[timedelta] = timedelta(days=90)

    @pytest.fixture
    def source(self, scripted: ScriptedServer) -> KolibriSource:
        return KolibriSource(SourceSettings(**reach(scripted)))

    @pytest.fixture
    def script(self) -> RecordedFile:
        return recorded("recordings/source.json")

    @pytest.fixture
    def serve(self) -> Serve:
        def serve(events: Sequence[Event]) -> Responder:
            now = max(
                (one.stored_at for one in events), default=datetime(2026, 3, 2, 8, tzinfo=UTC)
            )
            there = StandIn(now, {f"learner{number}": "" for number in range(3)})
            there.visits = events
            return there

        return serve


class TestKolibriPeople(DirectoryContract):
    @pytest.fixture
    def directory(self, scripted: ScriptedServer) -> KolibriPeople:
        return KolibriPeople(PeopleSettings(**reach(scripted)))

    @pytest.fixture
    def script(self) -> RecordedFile:
        return recorded("recordings/people.json")

    @pytest.fixture
    def employs(self) -> Employs:
        def employs(people: Sequence[Employee]) -> Responder:
            names = {f"werker{one.number}": one.name for one in people}
            return StandIn(datetime(2026, 3, 2, tzinfo=UTC), names)

        return employs


class TestKolibriLessons(SinkContract):
    does_not_apply: ClassVar[Mapping[str, str]] = {"twice_is_once": "its promise is lookup"}

    def address(self, number: int) -> Mapping[str, str]:
        return {"kolibri": user_id(f"werker{number}")}

    @pytest.fixture
    def sink(self, scripted: ScriptedServer) -> KolibriLessons:
        return KolibriLessons(LessonsSettings(**reach(scripted), classroom="Stap"))

    @pytest.fixture
    def inbox(self) -> Inbox:
        names = {f"werker{number}": "" for number in range(1, 20)}
        there = StandIn(datetime(2026, 3, 2, tzinfo=UTC), names)
        return Inbox(
            lambda: [f"{one['title']}\n{one['description']}" for one in there.lessons], there
        )
