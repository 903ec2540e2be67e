"""The bakery after a night in which its messages wait for a program, and clients of its API."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from httpx2 import Response
from starlette.testclient import TestClient

from leercultuur_core import Engine
from leercultuur_core.demo import write_bakery
from leercultuur_web.api.clients import SCOPES, Clients
from leercultuur_web.app import create_app
from leercultuur_web.settings import WebSettings, checked

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
URL = "https://leren.korenaar.example"
LOGIN = "https://login.korenaar.example"

CONFIGURATION = """
plugins = ["web", "records"]

[organisation]
name = "Bakkerij De Korenaar"
identity_key = { file = "identity.key" }
go_live = { date = 2026-02-01, reference = "OR-besluit 2026-03", scope = "alle medewerkers" }

[[source]]
name = "drop"
kind = "files"
path = "*.ndjson.gz"

[[directory]]
name = "people"
kind = "people-file"
path = "people.csv"

[[sink]]
name = "portal"
kind = "pull"

[privacy]
own_prompts = "opt-out"
"""


@pytest.fixture(scope="session")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("api")
    write_bakery(folder)
    (folder / "identity.key").write_text("i" * 40, "utf-8")
    (folder / "identity.key").chmod(0o600)
    (folder / "leercultuur.toml").write_text(CONFIGURATION, "utf-8")
    with Engine.from_config(folder / "leercultuur.toml", {}, create=True) as engine:
        assert engine.run(NOW).complete
    return folder


@pytest.fixture
def folder(one_night: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(one_night, tmp_path / "bakery"))


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    with Engine.from_config(folder / "leercultuur.toml", {}) as engine:
        yield engine


@define
class Clock:
    now: datetime = NOW + timedelta(minutes=5)

    def __call__(self) -> datetime:
        return self.now


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
    return Clock()


@pytest.fixture
def http(engine: Engine, clock: Clock) -> Iterator[TestClient]:
    app = create_app(engine, checked(WebSettings(URL)), clock=clock)
    with TestClient(app, base_url=URL, follow_redirects=False) as client:
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
