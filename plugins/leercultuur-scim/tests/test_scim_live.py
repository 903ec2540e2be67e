"""Against a real SCIM service (scim2-server) that runs on this machine for these tests."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from attrs import field, frozen

from leercultuur_core import AccessDenied, Engine, Secret, SourceUnavailable, identity
from leercultuur_core.testing import proved_live, recording
from leercultuur_core.testing.servers import free_port, python_environment, running
from leercultuur_scim import RoleWords, ScimPeople, ScimSettings

pytestmark = pytest.mark.server

HERE = Path(__file__).parent
RECORDED = HERE / "recorded" / "people.json"
VERSION = "0.8.3"
TOKEN = "token-for-tests-only"  # noqa: S105 - of the server that these tests start
HOME = "https://leren.korenaar.example"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@frozen
class Live:
    """A tenant of the server of its own, and its HR officer."""

    url: str
    session: requests.Session = field(repr=False)

    def hire(self, name: str, number: str, **more: Any) -> str:
        """Somebody new; gives the id of their resource."""
        enterprise = {"employeeNumber": number, "department": "Oven"}
        for key in ("department", "division"):
            if key in more:
                enterprise[key] = more.pop(key)
        if "manager" in more:
            enterprise["manager"] = {"value": more.pop("manager")}  # type: ignore[assignment]
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "userName": name,
            "externalId": f"hr-{number}",
            "displayName": f"{name.title()} de Vries",
            "emails": [{"value": f"{name}@korenaar.example", "type": "work", "primary": True}],
            "preferredLanguage": "nl-NL",
            "active": True,
            ENTERPRISE: enterprise,
            **more,
        }
        made = self.send("POST", "/Users", body)
        found: str = made["id"]
        return found

    def change(self, number: str, path: str, value: Any) -> None:
        """One attribute of somebody."""
        operation = {"op": "replace", "path": path, "value": value}
        schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        self.send("PATCH", f"/Users/{number}", {"schemas": schemas, "Operations": [operation]})

    def gather(self, name: str, *members: str) -> str:
        """A group."""
        schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"]
        values = [{"value": member} for member in members]
        body = {"schemas": schemas, "displayName": name, "members": values}
        found: str = self.send("POST", "/Groups", body)["id"]
        return found

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(
            method,
            self.url + path,
            data=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/scim+json"},
            timeout=30,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def directory(self, url: str = "", token: str = TOKEN, **more: Any) -> ScimPeople:
        """The adapter."""
        settings = ScimSettings(
            url=url or self.url,
            token=Secret(token),
            organisation="korenaar",
            home_pages=(HOME,),
            **more,
        )
        return ScimPeople(settings)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    programs = python_environment(HERE / "servers" / "scim.txt")
    url = f"http://127.0.0.1:{(port := free_port())}"
    command: list[str | Path] = [
        programs / "scim2-server",
        "--port",
        str(port),
        "--dynamic-tenants",
    ]
    with running([*command, "--bearer-token", TOKEN], ready=f"{url}/v2/ServiceProviderConfig"):
        yield url


@pytest.fixture
def live(server: str, request: pytest.FixtureRequest) -> Iterator[Live]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        tenant = request.node.originalname.replace("_", "-")
        yield Live(f"{server}/{tenant}/v2", session)


def fill(live: Live) -> dict[str, str]:
    """The bakery: name → id."""
    ids = {"marja": live.hire("marja", "E1", title="Directeur")}
    ids["sanne"] = live.hire("sanne", "E2", manager=ids["marja"])
    ids["bram"] = live.hire("bram", "E3", manager=ids["sanne"], preferredLanguage="en")
    ids["noor"] = live.hire("noor", "E4", department="Winkel", userType="Stagiair")
    ids["oud"] = live.hire("oud", "E5", active=False)
    ids["hr"] = live.gather("HR-team", ids["noor"])
    return ids


WORDS: dict[str, Any] = {
    "roles": RoleWords(groups={"HR-team": "hr"}, titles={"Directeur": "director"}),
    "employments": {"Stagiair": "student"},
    "page_size": 2,
}


def read(directory: ScimPeople) -> dict[str, Any]:
    """Employee number → person."""
    people = [one for page in directory.people() for one in page]
    directory.http.close()
    return {one.identifiers[0].rpartition("|")[2]: one for one in people}


def test_people_managers_groups_and_pages(live: Live, request: pytest.FixtureRequest) -> None:
    proved_live(request, ScimPeople, system="scim2-server", version=VERSION)
    fill(live)
    people = read(live.directory(**WORDS))
    assert {
        number: (one.roles, one.manager, one.unit, one.language, one.employment, one.active)
        for number, one in people.items()
    } == {
        "E1": (("worker", "manager", "director"), None, "Oven", "nl", "employee", True),
        "E2": (("worker", "manager"), "employee|korenaar|E1", "Oven", "nl", "employee", True),
        "E3": (("worker",), "employee|korenaar|E2", "Oven", "en", "employee", True),
        "E4": (("worker", "hr"), None, "Winkel", "nl", "student", True),
        "E5": (("worker",), None, "Oven", "nl", "employee", False),
    }
    assert identity.mailbox("sanne@korenaar.example") in people["E2"].identifiers
    assert identity.account(HOME, "sanne") in people["E2"].identifiers
    assert people["E2"].addresses["mail"] == "sanne@korenaar.example"
    assert read(live.directory(**WORDS)) == people


def test_a_filter_that_the_service_heeds(live: Live) -> None:
    fill(live)
    assert set(read(live.directory(filter="active eq true"))) == {"E1", "E2", "E3", "E4"}
    with pytest.raises(SourceUnavailable, match="answered 400"):
        read(live.directory(filter="active is true"))


def test_the_check_counts_and_names_what_is_missing(live: Live) -> None:
    ids = fill(live)
    assert [one.level for one in live.directory(**WORDS).check()] == ["ok"]
    live.send("DELETE", f"/Users/{ids['marja']}")
    live.change(ids["bram"], "userType", "Inhuur")
    roles = RoleWords(groups={"Opleiders": "education_contact"})
    found = list(live.directory(roles=roles).check())
    assert found[0].text == "scim: 4 people, 3 active"
    assert [one.text for one in found if one.level == "warning"] == [
        "scim: no members of the group Opleiders",
        f"scim: 1 with a manager who is not in the list (id {ids['sanne']})",
        'scim: userType without an employment: "Inhuur" (1), "Stagiair" (1); they count as employee',
    ]


def test_a_wrong_token(live: Live) -> None:
    fill(live)
    with pytest.raises(AccessDenied) as caught:
        read(live.directory(token="another-token-5f2c"))  # noqa: S106 - of nobody
    assert "another-token" not in str(caught.value)
    (problem,) = live.directory(token="another-token-5f2c").check()  # noqa: S106 - of nobody
    assert problem.level == "problem"


def test_a_service_without_people(live: Live) -> None:
    """A tenant in which nobody is: nobody has left."""
    with pytest.raises(SourceUnavailable, match="expected people, found none"):
        read(live.directory())


def test_managers_in_a_circle_are_passed_on(live: Live) -> None:
    marja = live.hire("marja", "E1")
    sanne = live.hire("sanne", "E2", manager=marja)
    live.change(marja, f"{ENTERPRISE}:manager", {"value": sanne})
    bram = live.hire("bram", "E3")
    live.change(bram, f"{ENTERPRISE}:manager", {"value": bram})
    people = read(live.directory())
    assert {number: one.manager[-2:] for number, one in people.items()} == {
        "E1": "E2",
        "E2": "E1",
        "E3": "E3",
    }
    assert people["E3"].roles == ("worker",)


def test_the_recording_is_what_the_service_answers(live: Live, tmp_path: Path) -> None:
    """Set LEERCULTUUR_RECORD to write the recording anew."""
    fill(live)
    path = RECORDED if os.environ.get("LEERCULTUUR_RECORD") else tmp_path / "people.json"
    replace = {TOKEN: "TOKEN", "de Vries": "Werker"}
    about: dict[str, Any] = {"system": "scim2-server", "version": VERSION, "replace": replace}
    with recording(live.url, path, on=date(2026, 11, 24), **about) as url:
        directory = live.directory(url, **WORDS)
        assert len(read(directory)) == 5
        assert [one.level for one in directory.check()] == ["ok"]
        directory.http.close()
    assert shapes(path) == shapes(RECORDED)


def shapes(path: Path) -> dict[str, Any]:
    """Path → what was asked there, and the keys of the answers and of who is in them."""
    found: dict[str, Any] = {}
    for one in json.loads(path.read_text("utf-8"))["exchanges"]:
        asked, body = one["request"], one["response"]["json"]
        queries, keys, row_keys = found.setdefault(asked["path"], ([], set(), set()))
        queries.append(asked["query"])
        keys.update(body)
        row_keys.update(key for row in body.get("Resources", ()) for key in row)
    return found


# -- through the engine -------------------------------------------------------------------------


@pytest.fixture
def engine(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("SCIM_TOKEN", TOKEN)
    (tmp_path / "identity.key").write_text("k" * 40)
    (tmp_path / "identity.key").chmod(0o600)
    (tmp_path / "leercultuur.toml").write_text(f"""
[organisation]
name = "Bakkerij De Korenaar"
identity_key = {{ file = "identity.key" }}

[[source]]
name = "drop"
kind = "files"
reader = "activities"
path = "*.ndjson"

[[directory]]
name = "scim"
url = "{live.url}"
token = {{ env = "SCIM_TOKEN" }}
organisation = "korenaar"
home_pages = ["{HOME}"]
""")
    with Engine.from_config(tmp_path / "leercultuur.toml", create=True) as made:
        yield made


def learn(folder: Path, name: str, at: datetime, who: Sequence[str]) -> None:
    """An activity of each of ``who`` (canonical identifiers), in a file of its own."""
    lines = [
        json.dumps(
            {
                "type": "activity",
                "id": f"{name}-{number}",
                "identities": [identifier],
                "verb": "http://adlnet.gov/expapi/verbs/completed",
                "occurred_at": at.isoformat(),
            }
        )
        for number, identifier in enumerate(who)
    ]
    (folder / f"{name}.ndjson").write_text("\n".join(lines) + "\n")


def history(engine: Engine, person: str, now: datetime) -> int:
    """How many activities are this person's."""
    return len(engine.export(person, now, by="test")["activities"])


def test_people_after_their_activity_and_the_history_of_who_moves_leaves_and_comes_back(
    live: Live, engine: Engine, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    proved_live(request, ScimPeople, system="scim2-server", version=VERSION)
    day = timedelta(days=1)
    marja = live.hire("marja", "E1")
    known_by = {
        "sanne": identity.account(HOME, "sanne"),
        "bram": identity.mailbox("bram@korenaar.example"),
        "noor": identity.employee("korenaar", "E4"),
    }
    learn(tmp_path, "before", START - day, list(known_by.values()))
    first = engine.collect(START)
    assert first.complete
    (seen,) = first.directories
    assert (seen.people, seen.new) == (1, 1)
    who = {name: engine.find(one, START)[0] for name, one in known_by.items()}

    # They arrive: who was only seen becomes somebody the directory knows.
    ids = {"sanne": live.hire("sanne", "E2", manager=marja)}
    ids["bram"] = live.hire("bram", "E3", manager=marja)
    ids["noor"] = live.hire("noor", "E4", manager=marja)
    (seen,) = engine.collect(START + day).directories
    assert (seen.people, seen.new, seen.ambiguous) == (4, 3, 0)
    (seen,) = engine.collect(START + day).directories
    assert (seen.new, seen.changed, seen.gone) == (0, 0, 0)
    assert {name: history(engine, one, START + day) for name, one in who.items()} == {
        "sanne": 1,
        "bram": 1,
        "noor": 1,
    }

    # Sanne moves and has another name, Bram leaves, Noor is taken off the list.
    live.change(ids["sanne"], f"{ENTERPRISE}:department", "Winkel")
    live.change(ids["sanne"], "userName", "sanne.jansen")
    live.change(ids["sanne"], "emails", [{"value": "sanne.jansen@korenaar.example"}])
    live.change(ids["bram"], "active", False)
    live.send("DELETE", f"/Users/{ids['noor']}")
    learn(tmp_path, "moved", START + day, [identity.account(HOME, "sanne.jansen")])
    now = START + 2 * day
    (seen,) = engine.collect(now).directories
    assert (seen.new, seen.changed, seen.gone) == (0, 2, 1)
    with engine.store.reading() as tx:
        people = tx.people.all()
    assert people[who["sanne"]].unit == "Winkel"
    assert {name: people[one].active for name, one in who.items()} == {
        "sanne": True,
        "bram": False,
        "noor": False,
    }
    assert {name: history(engine, one, now) for name, one in who.items()} == {
        "sanne": 2,
        "bram": 1,
        "noor": 1,
    }

    # Bram comes back beside his old entry, Noor as a new one; both under other names.
    live.hire("bram2", "E3", manager=marja)
    live.hire("noor2", "E4", manager=ids["sanne"])
    again = [identity.account(HOME, "bram2"), identity.mailbox("noor2@korenaar.example")]
    learn(tmp_path, "back", START + 2 * day, again)
    now = START + 3 * day
    (seen,) = engine.collect(now).directories
    # Sanne is changed too: she leads somebody now.
    assert (seen.people, seen.new, seen.changed, seen.ambiguous) == (4, 0, 3, 0)
    with engine.store.reading() as tx:
        people = tx.people.all()
    assert all(people[one].active for one in who.values())
    assert people[who["noor"]].manager == who["sanne"]
    assert {name: history(engine, one, now) for name, one in who.items()} == {
        "sanne": 2,
        "bram": 2,
        "noor": 2,
    }

    # The service forgets who we are: nobody has left.
    live.session.headers["Authorization"] = "Bearer none"
    (problem,) = [
        one.problem
        for one in _with_token(engine, tmp_path, "another-token-5f2c").directories
        if one.problem
    ]
    assert "does not accept the token" in problem
    with engine.store.reading() as tx:
        assert tx.people.all() == people


def _with_token(engine: Engine, folder: Path, token: str) -> Any:
    """A night in which the token is another one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCIM_TOKEN", token)
        engine.close()
        with Engine.from_config(folder / "leercultuur.toml") as other:
            return other.collect(START + timedelta(days=4))
