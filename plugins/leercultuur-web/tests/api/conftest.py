"""The bakery after a night in which its messages wait for a program, and clients of its API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from httpx2 import Response
from starlette.testclient import TestClient

from leercultuur_core import Engine
from leercultuur_web.api.clients import SCOPES, Clients
from leercultuur_web.app import create_app
from leercultuur_web.settings import WebSettings, checked

from ..bakery import ACTIVITY, LOGIN, NOW, ORGANISATION, PEOPLE, URL, Clock, bakery, engine_of
from ..visiting import client_of

CONFIGURATION = f"""
plugins = ["web", "records"]
{ORGANISATION}{ACTIVITY}{PEOPLE}
[[sink]]
name = "portal"
kind = "pull"

[privacy]
own_prompts = "opt-out"
"""


@pytest.fixture(scope="session")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("api")
    bakery(folder, CONFIGURATION, identity="i" * 40)
    with engine_of(folder, create=True) as engine:
        assert engine.run(NOW).complete
    return folder


@define
class Program:
    """A program with a token."""

    http: TestClient
    token: str

    def get(self, path: str, **query: Any) -> Response:
        return self.http.get(f"/api/v1{path}", params=query, headers=self._headers)

    def post(self, path: str, body: Any) -> Response:
        return self.http.post(f"/api/v1{path}", json=body, headers=self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW + timedelta(minutes=5))


@pytest.fixture
def http(engine: Engine, clock: Clock) -> Iterator[TestClient]:
    app = create_app(engine, checked(WebSettings(URL)), clock=clock)
    with client_of(app) as client:
        yield client


@pytest.fixture
def program(engine: Engine, http: TestClient, clock: Clock) -> Callable[..., Program]:
    """Makes a program with the scopes that are named, or all."""

    def make(*scopes: Any, name: str = "portal", per_minute: int = 1000) -> Program:
        token = Clients(engine.database).add(
            name,
            frozenset(scopes or SCOPES),
            now=clock(),
            lifetime=timedelta(days=30),
            per_minute=per_minute,
        )
        assert token is not None
        return Program(http, token)

    return make


@pytest.fixture
def portal(program: Callable[..., Program]) -> Program:
    """A program that may do all."""
    return program()


@pytest.fixture
def jan(engine: Engine) -> str:
    found = engine.identified(f"account|{LOGIN}|jan")
    assert found is not None
    return found
