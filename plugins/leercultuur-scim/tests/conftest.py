"""A small SCIM service that answers from memory, in the shapes that the real one was recorded in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from leercultuur_core import Secret
from leercultuur_core.testing.scripted import Scripted, Seen, Step, as_json, scripted
from leercultuur_scim import ScimPeople, ScimSettings

TOKEN = Secret("token-5f2c9e7a")
HOME = "https://leren.korenaar.example"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
RECORDED: list[dict[str, Any]] = json.loads(
    Path(__file__).parent.joinpath("recorded", "people.json").read_text("utf-8")
)["exchanges"]


def recorded_answer(path: str) -> dict[str, Any]:
    """The first answer of the real service at ``path``."""
    answer: dict[str, Any] = next(
        one["response"]["json"] for one in RECORDED if one["request"]["path"] == path
    )
    return answer


class SmallScim:
    """Users and groups, in pages as small as a test wants, with the habits that services have.

    most
        As many as a page has, whatever is asked for.
    promised
        How many more than there are ``totalResults`` says.
    before_page
        Called before each page of users.
    counts_the_page
        ``totalResults`` is how many are in the page.
    configured
        Whether there is a ServiceProviderConfig.
    """

    def __init__(self) -> None:
        self.users: list[dict[str, Any]] = []
        self.groups: list[dict[str, Any]] = []
        self.most = 100
        self.promised = 0
        self.before_page: Callable[[], None] = lambda: None
        self.counts_the_page = False
        self.features: Mapping[str, Any] | None = recorded_answer("/ServiceProviderConfig")
        self.asked: list[Mapping[str, str]] = []

    def hire(self, number: str, *, id: str = "", **more: Any) -> dict[str, Any]:  # noqa: A002 - SCIM's own word
        """Puts a user in; ``department``, ``manager`` and such go in the extension."""
        enterprise: dict[str, Any] = {"employeeNumber": number} if number else {}
        for name in ("department", "division", "organization", "costCenter"):
            if name in more:
                enterprise[name] = more.pop(name)
        if "manager" in more:
            enterprise["manager"] = {"value": more.pop("manager")}
        user = {
            "schemas": [CORE, ENTERPRISE],
            "id": id or f"id-{len(self.users) + 1}",
            "userName": f"user{len(self.users) + 1}",
            ENTERPRISE: enterprise,
            **more,
        }
        self.users.append(user)
        return user

    def gather(self, name: str, *members: str, id: str = "") -> None:  # noqa: A002 - SCIM's own word
        """Puts a group in, with the ids of its members."""
        self.groups.append(
            {
                "id": id or f"group-{len(self.groups) + 1}",
                "displayName": name,
                "members": [{"value": one, "$ref": f"../Users/{one}"} for one in members],
            }
        )

    def answers(self, seen: Seen) -> Step:
        """The answer to a request."""
        if seen.headers.get("authorization") != f"Bearer {TOKEN.reveal()}":
            return as_json({"detail": "Authorization failure.", "status": "401"}, 401)
        if seen.path == "/ServiceProviderConfig":
            return as_json(self.features) if self.features else as_json({"status": "404"}, 404)
        if seen.path == "/Users":
            self.before_page()
        self.asked.append(seen.query)
        every = {"/Users": self.users, "/Groups": self.groups}[seen.path]
        start = int(seen.query["startIndex"]) - 1
        page = every[start : start + min(self.most, int(seen.query["count"]))]
        total = len(page) if self.counts_the_page else len(every) + self.promised
        return as_json(
            {
                **recorded_answer(seen.path),
                "totalResults": total,
                "startIndex": start + 1,
                "itemsPerPage": len(page),
                "Resources": page,
            }
        )


@pytest.fixture
def new_scim() -> type[SmallScim]:
    """Makes a service in which nobody is yet."""
    return SmallScim


@pytest.fixture
def scim() -> SmallScim:
    return SmallScim()


@pytest.fixture
def server(scim: SmallScim) -> Iterator[Scripted]:
    with scripted(scim.answers) as running:
        yield running


@pytest.fixture
def access() -> dict[str, Any]:
    """The settings that get into it, but for the address."""
    return {"token": TOKEN, "organisation": "korenaar", "home_pages": (HOME,)}


@pytest.fixture
def directory(server: Scripted, access: dict[str, Any]) -> Iterator[Callable[..., ScimPeople]]:
    """Makes the adapter; what is given are settings."""
    made: list[ScimPeople] = []

    def make(**more: Any) -> ScimPeople:
        made.append(ScimPeople(ScimSettings(url=server.url, **{**access, **more})))
        return made[-1]

    yield make
    for one in made:
        one.http.close()
