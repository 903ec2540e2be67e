"""A real Kolibri on this machine, and people who work in it over its own API."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from attrs import field, frozen

from leercultuur_core import Secret
from leercultuur_core.testing.servers import free_port, python_environment, running

HERE = Path(__file__).parent
ADMIN, PASSWORD = "beheer", "proef-wachtwoord"
FIRST_STEPS = "Een stap voor jou"


def made_up(name: str) -> str:
    """The same ids as in servers/content.py."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.leer.example").hex


class Visitor:
    """Somebody who is logged in to Kolibri, as its own pages would have them."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        account = {"username": username, "password": password}
        login = self.post("/api/auth/session/", account)
        self.id: str = login["user_id"]
        self.facility: str = login["facility_id"]

    def get(self, path: str, **query: str) -> Any:
        """What the API answers to this person."""
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Any) -> Any:
        """The same, for something new."""
        return self._ask("POST", path, json=body)

    def put(self, path: str, body: Any) -> Any:
        """The same, for something that changes."""
        return self._ask("PUT", path, json=body)

    def delete(self, path: str) -> None:
        """The same, for something that goes."""
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        token = self._session.cookies.get("kolibri_csrftoken", "")
        answer = self._session.request(
            method, self._url + path, headers={"X-CSRFToken": token}, timeout=30, **more
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    def close(self) -> None:
        """Lets go of the connection."""
        self._session.close()

    # -- what a learner does -------------------------------------------------------------------

    def open(self, kind: str, **context: str) -> str:
        """Opens the resource of that kind; gives the visit's id."""
        body: dict[str, Any] = {
            "node_id": made_up(f"node {kind}"),
            "content_id": made_up(f"content {kind}"),
            "channel_id": made_up("channel"),
            "kind": kind,
            **context,
        }
        if kind == "exercise":
            body["mastery_model"] = {"type": "do_all"}
        visit: str = self.post("/api/logger/trackprogress/", body)["session_id"]
        return visit

    def go_on(self, visit: str, progress: float, *, item: str = "") -> None:
        """Comes that much further; ``item`` is a question that is answered."""
        body: dict[str, Any] = {"progress_delta": progress, "time_spent_delta": 60}
        if item:
            answer = {"correct": 1, "complete": True, "time_spent": 5, "answer": {"x": 1}}
            body["interactions"] = [{"item": item, "simple_answer": "vrij antwoord", **answer}]
        self.put(f"/api/logger/trackprogress/{visit}/", body)

    def do_quiz(self, quiz: str) -> None:
        """Answers its one question, and hands it in."""
        visit = self.post("/api/logger/trackprogress/", {"quiz_id": quiz})["session_id"]
        self.go_on(visit, 0, item=f"{made_up('node exercise')}:a")
        self.go_on(visit, 1)

    def lessons(self) -> list[dict[str, Any]]:
        """What stands on this person's page."""
        found: list[dict[str, Any]] = self.get("/learn/api/learnerlesson/")
        return found


@frozen
class Kolibri:
    """A server under way. ``people`` maps user names to ids, ``classes`` names to ids."""

    url: str
    version: str
    admin: Visitor
    people: Mapping[str, str]
    classes: Mapping[str, str]
    quiz: str
    lesson: str
    opened: list[Visitor] = field(factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        """How an adapter reaches it as its admin."""
        return {"url": self.url, "username": ADMIN, "password": Secret(PASSWORD)}

    def log_in(self, username: str) -> Visitor:
        """Somebody else, logged in."""
        visitor = Visitor(self.url, username, f"wachtwoord-{username}")
        self.opened.append(visitor)
        return visitor


@pytest.fixture(scope="session")
def kolibri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kolibri]:
    """Kolibri with one facility, four people and two classes."""
    programs = python_environment(HERE / "servers/kolibri.txt")
    home = tmp_path_factory.mktemp("kolibri")
    env = {"KOLIBRI_HOME": str(home), "KOLIBRI_LISTEN_ADDRESS": "127.0.0.1", "TZ": "UTC"}
    given = ["--facility", "De Korenaar", "--superusername", ADMIN, "--superuserpassword", PASSWORD]
    more = ["--preset", "nonformal", "--language_id", "en", "--noinput"]
    _manage(programs, env, "provisiondevice", "--", *given, *more)
    content = f"exec(open({str(HERE / 'servers/content.py')!r}).read())"
    _manage(programs, env, "shell", "--", "-c", content)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    start: list[str | Path] = [programs / "kolibri", "start", "--foreground", "--port", str(port)]
    with running(start, ready=f"{url}/api/public/info/", env=env, patience=120):
        there = _furnished(url)
        yield there
        for visitor in (there.admin, *there.opened):
            visitor.close()


def _manage(programs: Path, env: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - commands of this module
        [str(programs / "kolibri"), "manage", *arguments],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]


def _furnished(url: str) -> Kolibri:
    admin = Visitor(url, ADMIN, PASSWORD)
    people = {}
    for username in ("sanne", "bram", "coach", "weg"):
        account = {
            "username": username,
            "full_name": f"{username.title()} Proef",
            "password": f"wachtwoord-{username}",
            "facility": admin.facility,
            "id_number": f"K-{username}",
        }
        people[username] = admin.post("/api/auth/facilityuser/", account)["id"]
    classes = {
        name: admin.post("/api/auth/classroom/", {"name": name, "parent": admin.facility})["id"]
        for name in ("Bakkers", FIRST_STEPS)
    }
    for collection in classes.values():
        body = {"user": people["sanne"], "collection": collection}
        admin.post("/api/auth/membership/", body)
    body = {"user": people["coach"], "collection": classes["Bakkers"], "kind": "coach"}
    admin.post("/api/auth/role/", body)
    admin.delete(f"/api/auth/facilityuser/{people['weg']}/")
    lesson = {
        "title": "Rijzen",
        "description": "",
        "resources": [
            {
                "content_id": made_up("content html5"),
                "contentnode_id": made_up("node html5"),
                "channel_id": made_up("channel"),
            }
        ],
        "active": True,
        "collection": classes["Bakkers"],
        "assignments": [classes["Bakkers"]],
    }
    exercise = made_up("node exercise")
    question = {"exercise_id": exercise, "question_id": exercise, "counter_in_exercise": 1}
    quiz = {
        "title": "Toets",
        "question_sources": [{"section_title": "", "questions": [{**question, "title": "Kneden"}]}],
        "collection": classes["Bakkers"],
        "assignments": [classes["Bakkers"]],
        "draft": False,
        "active": True,
        "learners_see_fixed_order": True,
        "instant_report_visibility": True,
    }
    return Kolibri(
        url=url,
        version=admin.get("/api/public/info/")["kolibri_version"],
        admin=admin,
        people=people,
        classes=classes,
        lesson=admin.post("/api/lessons/lesson/", lesson)["id"],
        quiz=admin.post("/api/exams/exam/", quiz)["id"],
    )
