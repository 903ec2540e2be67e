"""Against a real Tryton (8.2, SQLite) that runs on this machine for the length of these tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from leercultuur_core import (
    AccessDenied,
    Activity,
    Engine,
    Retraction,
    SourceUnavailable,
    default_rules,
)
from leercultuur_core.extension import Message, Receipt, Recipient, Secret, State
from leercultuur_core.extension.http import HttpClient
from leercultuur_core.testing import Seen, Step, proved_live
from leercultuur_core.testing.messages import message
from leercultuur_core.testing.scripted import scripted
from leercultuur_core.testing.servers import free_port, python_environment, running
from leercultuur_core.testing.taking import Taken, counted, take
from leercultuur_tryton import (
    Allocations,
    Hours,
    Requests,
    TrytonNotifications,
    TrytonPeople,
    TrytonPeopleSettings,
    TrytonSettings,
    TrytonSource,
    TrytonSourceSettings,
)

pytestmark = pytest.mark.server

HERE = Path(__file__).parent
PASSWORD = "a-password-for-tests-only"  # noqa: S105 - of the database that provision.py makes
MODULES = ("timesheet", "project_plan", "purchase_requisition")
VERSION = "8.2.1"

HOURS = (Hours("Ontwikkelgesprek", "development talk"), Hours("Mentor zijn", "mentoring"))
ALLOCATIONS = (
    Allocations("Ontwikkelplannen", "development plan"),
    Allocations("Rotatie", "new task"),
)
_NO_TIME = timedelta()
REQUESTS = (Requests("Opleidingen", "training request"),)


@frozen
class Live:
    """A server under way, and the ids of what is in it."""

    url: str
    ids: Mapping[str, Any]

    def access(self, user: str = "leercultuur", password: str = PASSWORD) -> dict[str, Any]:
        """Settings that get a user in."""
        return {
            "url": self.url,
            "database": "hr",
            "user": user,
            "password": Secret(password),
            "organisation": "korenaar",
        }

    def source(self, **more: Any) -> TrytonSource:
        """A source that reads all that the bakery's Tryton holds."""
        wanted = {"hours": HOURS, "allocations": ALLOCATIONS, "requests": REQUESTS, **more}
        return TrytonSource(TrytonSourceSettings(**self.access(), **wanted))

    def call(self, user: str, method: str, *params: Any) -> Any:
        """What Tryton's own API gives a user, without anything of the adapter."""
        login = HttpClient(self.url).post_json(
            "hr/rpc/",
            {"id": 1, "method": "common.db.login", "params": [user, {"password": PASSWORD}]},
        )["result"]
        session = HttpClient(self.url, headers=_session(user, login))
        context = {"company": self.ids["company"], "active_test": False}
        answer = session.post_json(
            "hr/rpc/", {"id": 2, "method": f"model.{method}", "params": [*params, context]}
        )
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def hours(self, code: str, work: str, day: date) -> int:
        """An hour of an employee on a work, filled in by somebody else."""
        values = {
            "company": self.ids["company"],
            "employee": self.ids["employees"][code],
            "work": self.ids["works"][work],
            "date": {"__class__": "date", "year": day.year, "month": day.month, "day": day.day},
            "duration": {"__class__": "timedelta", "seconds": 3600},
            "description": "Ging over de ruzie met haar broer",
        }
        number: int = self.call("admin", "timesheet.line.create", [values])[0]
        return number

    def request(self, code: str, product: str) -> int:
        """A requisition, still a draft."""
        values = {
            "company": self.ids["company"],
            "employee": self.ids["employees"][code],
            "supply_date": {"__class__": "date", "year": 2027, "month": 1, "day": 4},
            "lines": [
                [
                    "create",
                    [
                        {
                            "product": self.ids["products"][product],
                            "quantity": 1,
                            "unit": self.ids["unit"],
                        }
                    ],
                ]
            ],
        }
        number: int = self.call("admin", "purchase.requisition.create", [values])[0]
        return number

    def allocate(self, code: str, project: str) -> int:
        """Puts an employee on the task of a project."""
        values = {
            "employee": self.ids["employees"][code],
            "work": self.ids["tasks"][project],
            "percentage": 20.0,
        }
        number: int = self.call("admin", "project.allocation.create", [values])[0]
        return number


def _session(user: str, login: list[Any]) -> dict[str, str]:
    from base64 import b64encode

    pair = f"{user}:{login[0]}:{login[1]}"
    return {"Authorization": f"Session {b64encode(pair.encode()).decode()}"}


@pytest.fixture(scope="session")
def bin_folder() -> Path:
    """The programs of Tryton."""
    return python_environment(HERE / "servers" / "tryton.txt")


@pytest.fixture(scope="session")
def prepared(bin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the filled database and its ids, made once and kept with the programs: it takes
    half a minute."""
    content = (HERE / "servers" / "provision.py").read_bytes()
    kept = bin_folder.parent / f"database-{blake2b(content, digest_size=8).hexdigest()}"
    if kept.exists():
        return kept
    folder = tmp_path_factory.mktemp("tryton")
    _configure(folder, free_port())
    (folder / "hr.sqlite").touch()
    (folder / "password").write_text(PASSWORD)
    configuration = ["-c", str(folder / "trytond.conf")]
    setup = [
        str(bin_folder / "trytond-admin"), *configuration, "-d", "hr", "-p",
        "--email", "admin@bakery.example", "--activate-dependencies", "-u", *MODULES,
    ]  # fmt: skip
    _run(setup, {"TRYTONPASSFILE": str(folder / "password")})
    fill = [str(bin_folder / "python"), str(HERE / "servers" / "provision.py")]
    ids = _run([*fill, configuration[1], "hr"], {})
    (folder / "ids.json").write_text(ids)
    made = kept.with_suffix(f".{os.getpid()}")
    shutil.copytree(folder, made)
    try:
        made.rename(kept)
    except OSError:  # another process was first
        shutil.rmtree(made)
    return kept


@pytest.fixture(scope="module")
def live(
    bin_folder: Path, prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """Tryton, with a copy of that database."""
    folder = tmp_path_factory.mktemp("tryton")
    shutil.copy(prepared / "hr.sqlite", folder)
    port = free_port()
    _configure(folder, port)
    url = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [bin_folder / "trytond", "-c", folder / "trytond.conf", "-d", "hr"]
    with running(command, ready=f"{url}/", patience=60):
        yield Live(url, json.loads((prepared / "ids.json").read_text("utf-8")))


def _configure(folder: Path, port: int) -> None:
    (folder / "trytond.conf").write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
    )


def _run(command: list[str], env: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - programs of the environment
        command,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def kinds(taken: Taken) -> Counter[tuple[str, str | None]]:
    """(Employee, kind of evidence) → how often."""
    rules = default_rules()
    return Counter(
        (one.identities[0].rpartition("|")[2], rules.kind(one))
        for one in taken.records
        if isinstance(one, Activity)
    )


def test_it_is_the_version_that_is_proved(live: Live, request: pytest.FixtureRequest) -> None:
    """Tryton says its series; the exact version is pinned in servers/tryton.txt."""
    for adapter in (TrytonSource, TrytonPeople, TrytonNotifications):
        proved_live(request, adapter, system="Tryton", version=VERSION)
    answer = HttpClient(live.url).post_json(
        "rpc/", {"id": 1, "method": "common.server.version", "params": []}
    )
    assert answer["result"] == "8.2"
    assert f"trytond=={VERSION}" in (HERE / "servers" / "tryton.txt").read_text("utf-8")


def test_night_after_night(live: Live, request: pytest.FixtureRequest) -> None:
    """All at first; then only what changed; what was deleted, moved or taken back no longer counts."""
    proved_live(request, TrytonSource, system="Tryton", version=VERSION)
    talk = live.hours("E2", "Ontwikkelgesprek", date(2026, 11, 2))
    live.hours("E1", "Ontwikkelgesprek", date(2026, 11, 2))  # the manager's side of it
    live.hours("E3", "Deeg kneden", date(2026, 11, 2))
    mentoring = live.hours("E1", "Mentor zijn", date(2026, 11, 3))
    plan = live.allocate("E2", "Ontwikkelplannen")
    live.allocate("E3", "Rotatie")
    draft = live.request("E2", "Cursus zuurdesem")
    asked = live.request("E3", "Cursus zuurdesem")
    live.call("admin", "purchase.requisition.wait", [asked])
    pens = live.request("E3", "Pennen")
    live.call("admin", "purchase.requisition.wait", [pens])

    first = take(live.source())
    assert first.error is None
    assert kinds(first) == {
        ("E2", "talk-held"): 1,
        ("E1", "mentored"): 1,
        ("E2", "planned"): 1,
        ("E3", "task-changed"): 1,
        ("E3", "means-requested"): 1,
    }
    assert {
        one.occurred_at
        for one in first.records
        if isinstance(one, Activity) and "timesheet" in one.id
    } == {
        datetime(2026, 11, 2, 12, tzinfo=UTC),
        datetime(2026, 11, 3, 12, tzinfo=UTC),
    }
    assert "broer" not in repr([(page.records, page.learners, page.mark) for page in first.pages])

    quick = {"overlap": _NO_TIME}
    quiet = take(live.source(**quick), first.state)
    assert len(quiet.records) <= 5  # what was last changed in each list is read once more
    assert counted(first, quiet) == counted(first)

    # Sanne's request goes out; her plan is deleted; the talk turns out to be Tomasz's, and the time
    # as a mentor was kneading.
    live.call("admin", "purchase.requisition.wait", [draft])
    live.call("admin", "project.allocation.delete", [plan])
    other = {"employee": live.ids["employees"]["E3"]}
    live.call("admin", "timesheet.line.write", [talk], other)
    live.hours("E1", "Mentor zijn", date(2026, 11, 5))
    live.call("admin", "project.allocation.create", [_allocation(live, "E3", "Ontwikkelplannen")])
    kneading = {"work": live.ids["works"]["Deeg kneden"]}
    live.call("admin", "timesheet.line.write", [mentoring], kneading)
    third = take(live.source(**quick), quiet.state)
    assert third.error is None
    assert sum(isinstance(one, Retraction) for one in third.records) == 3
    assert counted(first, quiet, third).keys() == counted(take(live.source())).keys()
    assert kinds(take(live.source())) == {
        ("E3", "talk-held"): 1,
        ("E1", "mentored"): 1,
        ("E3", "planned"): 1,
        ("E3", "task-changed"): 1,
        ("E3", "means-requested"): 1,
        ("E2", "means-requested"): 1,
    }


NIGHT = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)  # a Tuesday


@pytest.fixture
def engine(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An organisation that reads this Tryton and writes to it."""
    monkeypatch.setenv("TRYTON_PASSWORD", PASSWORD)
    (tmp_path / "identity.key").write_text("k" * 40)
    (tmp_path / "identity.key").chmod(0o600)
    reach = f"""
name = "tryton"
url = "{live.url}"
database = "hr"
user = "leercultuur"
password = {{ env = "TRYTON_PASSWORD" }}
organisation = "korenaar"
"""
    (tmp_path / "leercultuur.toml").write_text(f"""
[organisation]
name = "De Korenaar"
identity_key = {{ file = "identity.key" }}
go_live = {{ date = 2026-01-01, reference = "OR-besluit 2026-01", scope = "alle medewerkers" }}
[privacy]
own_prompts = "opt-out"
[[source]]
{reach}
overlap = "0s"
[[source.hours]]
work = "Studieverlof"
counts_as = "learning leave"
[[directory]]
{reach}
departments = "Afdelingen"
[[sink]]
{reach}
""")
    with Engine.from_config(tmp_path / "leercultuur.toml", create=True) as made:
        yield made


def test_whole_nights(live: Live, engine: Engine, request: pytest.FixtureRequest) -> None:
    """People and what they did come in, phases and steps come of it, and what Tryton lets go of is
    taken back: of somebody who works here, and of somebody who has left."""
    for adapter in (TrytonSource, TrytonPeople, TrytonNotifications):
        proved_live(request, adapter, system="Tryton", version=VERSION)
    days = [date(2026, 10, 13) + timedelta(weeks=week) for week in range(4)]
    hours = [live.hours("E2", "Studieverlof", day) for day in days]
    of_who_left = live.hours("E4", "Studieverlof", date(2025, 12, 1))

    def notifications() -> int:
        return len(live.call("sanne", "res.notification.get", 100))

    earlier = notifications()
    first = engine.run(NIGHT)
    assert first.complete, (first.collected.problems, first.delivered.problems)
    (read,) = first.collected.sources
    (people,) = first.collected.directories
    assert (people.people, read.new, read.retracted) == (4, 5, 0)
    (sanne,) = engine.find("employee|korenaar|E2", NIGHT)
    before = engine.believed(sanne, NIGHT, by="test")
    assert before is not None
    assert before.phase != "unknown"
    assert notifications() == earlier + 1

    # Nothing new: the last change is read once more, the step stands there once.
    second = engine.run(NIGHT + timedelta(days=1))
    (read,) = second.collected.sources
    assert second.complete
    assert (read.new, read.duplicates, read.retracted) == (0, 1, 0)
    assert notifications() == earlier + 1

    # One more, and two are deleted.
    live.hours("E2", "Studieverlof", date(2026, 11, 9))
    live.call("admin", "timesheet.line.delete", [hours[0], of_who_left])
    third = engine.collect(NIGHT + timedelta(days=2))
    (read,) = third.sources
    assert third.complete, third.problems
    assert (read.new, read.retracted) == (1, 2)

    # All of hers but one: what is believed follows.
    live.call("admin", "timesheet.line.delete", hours[1:])
    last = NIGHT + timedelta(days=3)
    assert engine.collect(last).sources[0].retracted == 3
    after = engine.believed(sanne, last, by="test")
    assert after is not None
    assert after.probabilities != before.probabilities
    assert engine.collect(last).sources[0].retracted == 0


def test_an_answer_that_was_lost(live: Live) -> None:
    """Tryton made the notification and the answer did not come: the next run finds it."""
    dropped: list[int] = []

    def passes_on(seen: Seen) -> Step:
        more = {name: seen.headers[name] for name in ("authorization",) if name in seen.headers}
        answer = HttpClient(live.url, headers=more).send(
            "POST",
            seen.path,
            content=seen.body,
            headers={"Content-Type": "application/json"},
            idempotent=False,
        )
        if json.loads(seen.body)["method"] == "model.res.notification.create":
            dropped.append(answer.status)
            return Step(hang_up=True)
        return Step(answer.status, answer.body, {"Content-Type": "application/json"})

    lost = message(7, {"tryton": str(live.ids["employees"]["E2"])})
    with scripted(passes_on) as between:
        sink = TrytonNotifications(TrytonSettings(**live.access() | {"url": between.url}))
        with pytest.raises(SourceUnavailable):
            list(sink.deliver([lost]))
    assert dropped == [200]
    again = TrytonNotifications(TrytonSettings(**live.access()))
    assert again.find(lost) == Receipt(lost.id, "sent")
    assert again.find(message(8, {"tryton": str(live.ids["employees"]["E2"])})) is None


def _allocation(live: Live, code: str, project: str) -> dict[str, Any]:
    return {
        "employee": live.ids["employees"][code],
        "work": live.ids["tasks"][project],
        "percentage": 10.0,
    }


def test_a_session_that_ended(live: Live) -> None:
    """Tryton ends sessions; the adapter logs in again by itself."""
    source = live.source()
    assert not list(
        source.tryton.read("company.company", [["id", "=", -1]], ["id"], "id ASC", limit=1)
    )
    source.tryton._session = Secret("Session bGVlcmN1bHR1dXI6Mjpub25l")
    assert source.tryton.count("company.employee", []) == 4


def test_people(live: Live, request: pytest.FixtureRequest) -> None:
    """Employees, also who left, with manager, department and language."""
    proved_live(request, TrytonPeople, system="Tryton", version=VERSION)
    settings = TrytonPeopleSettings(**live.access(), departments="Afdelingen")
    people = [one for page in TrytonPeople(settings).people() for one in page]
    by_code = {one.identifiers[0].rpartition("|")[2]: one for one in people}
    assert {
        code: (one.roles, one.language, one.unit, one.active) for code, one in by_code.items()
    } == {
        "E1": (("worker", "manager"), "nl", "Bakkerij De Korenaar/Oven", True),
        "E2": (("worker",), "nl", "Bakkerij De Korenaar/Oven", True),
        "E3": (("worker",), "en", "Bakkerij De Korenaar/Winkel", True),
        "E4": (("worker",), None, "Bakkerij De Korenaar/Winkel", False),
    }
    assert by_code["E2"].manager == by_code["E1"].identifiers[0] == "employee|korenaar|E1"
    assert by_code["E2"].addresses["mail"] == "e2@bakery.example"


def test_a_message_that_colleagues_do_not_see(live: Live, request: pytest.FixtureRequest) -> None:
    """Found by who it is for and by the lookup, not by a colleague or a manager. Record rules do not
    hold for a Tryton administrator, who sees it; docs/adapters/tryton.md says so."""
    proved_live(request, TrytonNotifications, system="Tryton", version=VERSION)
    sink = TrytonNotifications(TrytonSettings(**live.access()))
    sanne = message(1, {"tryton": str(live.ids["employees"]["E2"])})
    nobody = message(2, {"tryton": str(live.ids["employees"]["E3"])})  # has no user
    assert sink.find(sanne) is None
    assert [(one.state, one.reason) for one in sink.deliver([sanne, nobody])] == [
        ("sent", ""),
        ("refused", "no-user"),
    ]
    assert sink.find(sanne) is not None
    every = live.call("sanne", "res.notification.get", 100)
    (seen,) = [one for one in every if "stap-0001" in one["description"]]
    assert seen["unread"]
    assert seen["label"] == "Een kleine stap"
    assert seen["description"].startswith("Kies één ding dat je morgen kunt gebruiken (stap-0001).")
    asked = [["description", "like", "%stap-0001%"]]
    seen_by = {
        user: live.call(user, "res.notification.search_count", asked)
        for user in ("sanne", "manager", "weak", "admin")
    }
    assert seen_by == {"sanne": 1, "manager": 0, "weak": 0, "admin": 1}


def test_a_note_would_be_seen_by_everybody(live: Live) -> None:
    """Why messages are no notes: a user without any group reads a note on somebody else."""
    resource = f"company.employee,{live.ids['employees']['E2']}"
    live.call("admin", "ir.note.create", [{"resource": resource, "message": "voor Sanne"}])
    found = live.call(
        "weak", "ir.note.search_read", [["resource", "=", resource]], 0, 1, None, ["message"]
    )
    assert [one["message"] for one in found] == ["voor Sanne"]


def test_rights_that_are_missing(live: Live) -> None:
    """A user without the group: it is said which right, to read and in the check."""
    weak = live.access("weak")
    source = TrytonSource(TrytonSourceSettings(**weak, requests=REQUESTS))
    denied = take(source).error
    assert isinstance(denied, AccessDenied)
    assert denied.right == "purchase.requisition"
    (problem,) = [one for one in source.check() if one.level == "problem"]
    assert "let the user's group read Purchase Requisition" in problem.hint
    sink = TrytonNotifications(TrytonSettings(**weak))
    (problem,) = [one for one in sink.check() if one.level == "problem"]
    assert 'record rule "Any notification"' in problem.hint
    message_to = Message("a", Recipient("p", "", "nl", {"tryton": "2"}), ())
    with pytest.raises(AccessDenied):
        list(sink.deliver([message_to]))


def test_a_wrong_password_or_database(live: Live) -> None:
    """Said in words, without either."""
    wrong = TrytonPeople(TrytonPeopleSettings(**live.access("leercultuur", "wrong-word-0815")))
    with pytest.raises(AccessDenied, match="does not accept this user and password"):
        list(wrong.people())
    elsewhere = live.access() | {"database": "salaris"}
    with pytest.raises(SourceUnavailable, match="no database of this name"):
        list(TrytonPeople(TrytonPeopleSettings(**elsewhere)).people())


def test_a_module_that_is_not_active(live: Live) -> None:
    """It is said which module to activate."""
    source = live.source()
    with pytest.raises(SourceUnavailable, match="Tryton has no attendance"):
        source.tryton.count("attendance.line", [])


def test_the_check_of_a_tryton_that_is_well(live: Live) -> None:
    """Counts what each row of the settings names."""
    findings = list(live.source().check())
    assert {one.level for one in findings} == {"ok"}
    assert len(findings) == 1 + len(HOURS) + len(ALLOCATIONS) + len(REQUESTS)


def test_a_state_of_nothing(live: Live) -> None:
    """Names that Tryton does not know bring nothing, and the check says so."""
    source = TrytonSource(
        TrytonSourceSettings(**live.access(), hours=(Hours("Bestaat niet", "mentoring"),))
    )
    assert take(source, State()).records == []
    (problem,) = [one for one in source.check() if one.level == "problem"]
    assert 'no timesheet.work named "Bestaat niet"' in problem.text
