"""Against a real Kolibri: a learner works, the phase moves, a first step stands on their page."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import holidays
import pytest

from leercultuur_core import AccessDenied, Engine, HttpClient, Secret, State
from leercultuur_core.extension import Adapter
from leercultuur_core.testing import proved_live
from leercultuur_core.testing.messages import message
from leercultuur_kolibri import (
    KolibriLessons,
    KolibriPeople,
    KolibriSource,
    LessonsSettings,
    PeopleSettings,
    SourceSettings,
)

pytestmark = pytest.mark.server

RECORDINGS = Path(__file__).parent / "recordings"
FIRST_STEPS = "Een stap voor jou"


def working_day(after: date) -> datetime:
    """Ten o'clock on the first Monday to Thursday after that day that is no holiday."""
    day = after + timedelta(days=1)
    while day.weekday() > 3 or day in holidays.country_holidays("NL"):
        day += timedelta(days=1)
    return datetime.combine(day, time(9, 30), UTC)


@pytest.fixture
def engine(kolibri: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An organisation that reads this Kolibri and writes to it."""
    monkeypatch.setenv("KOLIBRI_PASSWORD", kolibri.settings["password"].reveal())
    (tmp_path / "identity.key").write_text("k" * 40)
    (tmp_path / "identity.key").chmod(0o600)
    reach = f"""
url = "{kolibri.url}"
username = "beheer"
password = {{ env = "KOLIBRI_PASSWORD" }}
"""
    (tmp_path / "leercultuur.toml").write_text(f"""
[organisation]
name = "De Korenaar"
identity_key = {{ file = "identity.key" }}
go_live = {{ date = 2026-01-01, reference = "OR-besluit 2026-01", scope = "alle medewerkers" }}
[privacy]
own_prompts = "opt-out"
[[source]]
name = "kolibri"
{reach}
[[directory]]
name = "kolibri"
not_units = ["{FIRST_STEPS}"]
{reach}
[[sink]]
name = "kolibri"
classroom = "{FIRST_STEPS}"
{reach}
""")
    with Engine.from_config(tmp_path / "leercultuur.toml", create=True) as made:
        yield made


def test_from_work_to_a_step_on_the_page(
    kolibri: Any, engine: Engine, request: pytest.FixtureRequest
) -> None:
    for adapter in (KolibriSource, KolibriPeople, KolibriLessons):
        proved_live(request, adapter, system="Kolibri", version=kolibri.version)
    today = datetime.now(UTC)
    collected = engine.collect(today)
    assert collected.complete, collected.problems
    home = f"urn:leercultuur:kolibri:{kolibri.admin.facility}"
    (sanne,) = engine.find(f"account|{home}|sanne", today)
    before = engine.believed(sanne, today, by="test")
    assert before is None or before.phase == "unknown"

    learner = kolibri.log_in("sanne")
    for _ in range(2):
        learner.go_on(learner.open("video"), 0.5)
    learner.go_on(learner.open("exercise"), 0.3, item="a")
    learner.go_on(learner.open("html5", lesson_id=kolibri.lesson), 1)
    learner.do_quiz(kolibri.quiz)

    morning = working_day(today.date())
    first = engine.run(morning)
    assert first.complete
    after = engine.believed(sanne, morning, by="test")
    assert after is not None
    assert after.phase == "acting"

    def first_steps() -> list[Any]:
        return [one for one in learner.lessons() if one["title"].startswith(FIRST_STEPS)]

    steps = first_steps()
    assert len(steps) == 1
    assert steps[0]["description"]
    # Bram has an account and is not in the class for first steps.
    assert not kolibri.log_in("bram").lessons()

    # The second run of the same night: nothing twice.
    engine.run(morning + timedelta(hours=1))
    assert [one["id"] for one in first_steps()] == [steps[0]["id"]]
    # Two months on there is room for another step, and none comes twice.
    engine.run(working_day((morning + timedelta(days=60)).date()))
    titles = [one["title"] for one in first_steps()]
    assert steps[0]["title"] in titles
    assert len(titles) == len(set(titles)) <= 2


def test_deliver_again_is_once(kolibri: Any) -> None:
    sink = KolibriLessons(LessonsSettings(**kolibri.settings, classroom=FIRST_STEPS))
    learner = kolibri.log_in("sanne")
    before = len(learner.lessons())
    known = message(1, {"kolibri": kolibri.people["sanne"]})
    outside = message(2, {"kolibri": kolibri.people["bram"]})
    nobody = message(3, {})
    assert sink.find(known) is None
    for _ in range(2):
        receipts = list(sink.deliver([known, outside, nobody]))
        assert [(one.state, one.reason) for one in receipts] == [
            ("sent", ""),
            ("refused", "not-in-class"),
            ("refused", "no-address"),
        ]
    assert sink.find(known) is not None
    assert sink.find(outside) is None
    assert len(learner.lessons()) == before + 1
    sink.http.close()


def test_people_of_a_facility(kolibri: Any) -> None:
    settings = PeopleSettings(
        **kolibri.settings, not_units=(FIRST_STEPS,), organisation="korenaar.example"
    )
    directory = KolibriPeople(settings)
    assert [finding.level for finding in directory.check()] == ["ok", "ok"]
    people = {one.addresses["kolibri"]: one for page in directory.people() for one in page}
    directory.http.close()
    assert people.keys() == set(kolibri.people.values())  # and not the admin
    sanne, coach, left = (people[kolibri.people[name]] for name in ("sanne", "coach", "weg"))
    assert (sanne.roles, sanne.unit, sanne.active) == (("worker",), "Bakkers", True)
    assert "employee|korenaar.example|K-sanne" in sanne.identifiers
    assert coach.roles == ("coach",)
    assert not left.active


def test_a_coach_may_not_export(kolibri: Any) -> None:
    account = {**kolibri.settings, "username": "coach", "password": Secret("wachtwoord-coach")}
    source = KolibriSource(SourceSettings(**account))
    with pytest.raises(AccessDenied, match="admin of the facility"):
        list(source.fetch(State()))
    source.http.close()


def test_an_ended_session_is_no_empty_list(kolibri: Any) -> None:
    """Kolibri answers 200 and an empty list of people to whoever is no longer logged in."""
    directory = KolibriPeople(PeopleSettings(**kolibri.settings))
    session = directory.log_in()
    directory.http.close()
    session._send("DELETE", "/api/auth/session/current/", {}, True, {})
    from leercultuur_kolibri.answers import User

    assert session._send("GET", "/api/auth/facilityuser/", None, None, {}).json() == []
    assert len(session.rows("/api/auth/facilityuser/", User)) >= 4
    directory.http.close()


def test_the_recordings_are_what_kolibri_answers(
    kolibri: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Makes them again; with LEERCULTUUR_RECORD set they take the place of those that are there."""
    learner = kolibri.log_in("sanne")
    learner.go_on(learner.open("video"), 0.5)
    folder = RECORDINGS if os.environ.get("LEERCULTUUR_RECORD") else tmp_path
    reach = kolibri.settings
    known = [message(number, {"kolibri": kolibri.people["sanne"]}) for number in (11, 12)]
    adapters: dict[str, tuple[Adapter, Any]] = {
        "source": (
            source := KolibriSource(SourceSettings(**reach)),
            lambda: list(source.fetch(State())),
        ),
        "people": (people := KolibriPeople(PeopleSettings(**reach)), lambda: list(people.people())),
        "lessons": (
            sink := KolibriLessons(LessonsSettings(**reach, classroom=FIRST_STEPS)),
            lambda: list(sink.deliver(known)),
        ),
    }
    for name, (adapter, read) in adapters.items():
        exchanges: list[dict[str, Any]] = []
        with monkeypatch.context() as patch:
            plain = HttpClient.send

            def send(
                client: HttpClient,
                method: str,
                path: str = "",
                /,
                _plain: Any = plain,
                _kept: list[dict[str, Any]] = exchanges,
                **more: Any,
            ) -> Any:
                answer = _plain(client, method, path, **more)
                _kept.append(exchange(method, path, more.get("query") or {}, answer))
                return answer

            patch.setattr(HttpClient, "send", send)
            list(adapter.check())
            read()
        adapter.http.close()
        content = {
            "system": "Kolibri",
            "version": kolibri.version,
            "recorded": date.today().isoformat(),  # noqa: DTZ011
            "volatile": [],
            "exchanges": exchanges,
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        (folder / f"{name}.json").write_text(text, "utf-8")
        kept = json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))
        assert {_shape(one) for one in exchanges} >= {_shape(one) for one in kept["exchanges"]}


def exchange(method: str, path: str, query: dict[str, str], answer: Any) -> dict[str, Any]:
    """One of a recording, without tokens; names and ids are made up already."""
    headers = {
        name: answer.headers[name]
        for name in ("content-type", "content-disposition")
        if name in answer.headers
    }
    if "kolibri_csrftoken" in answer.headers.get("set-cookie", ""):
        headers["set-cookie"] = "kolibri_csrftoken=made-up-token; Path=/; SameSite=Lax"
    body: dict[str, Any] = {}
    if answer.body:
        text = answer.body.decode()
        body = (
            {"text": text}
            if "csv" in headers.get("content-type", "")
            else {"json": json.loads(text)}
        )
    parts = path.split("/")
    if parts[:4] == ["", "api", "tasks", "tasks"] and parts[4]:
        path = "/".join([*parts[:4], "*", *parts[5:]])
    return {
        "request": {"method": method, "path": path, "query": query},
        "response": {"status": answer.status, "headers": headers, **body},
    }


def _shape(one: dict[str, Any]) -> tuple[str, str, int, tuple[str, ...]]:
    """What must stay the same: method, path without ids, status, and the fields of an answer."""
    path = "/".join(part if len(part) != 32 else "*" for part in one["request"]["path"].split("/"))
    body = one["response"].get("json")
    first = body[0] if isinstance(body, list) and body else body
    fields = tuple(sorted(first)) if isinstance(first, dict) else ()
    return one["request"]["method"], path, one["response"]["status"], fields
