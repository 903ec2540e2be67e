"""The bakery after one night, its pages, and a platform that signs whatever a test wants."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import define, field
from httpx2 import Response
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from leercultuur_core import Engine, SourceUnavailable
from leercultuur_core.demo import write_bakery
from leercultuur_web.app import create_app
from leercultuur_web.settings import Platform, WebSettings, checked

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
URL = "https://leren.korenaar.example"
LMS = "https://lms.korenaar.example"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"

CONFIGURATION = """
plugins = ["web"]

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
name = "prompts"
kind = "files"
folder = "prompts"

[answers]
url = "https://leren.korenaar.example/a"
key = { file = "links.key" }

[privacy]
own_prompts = "opt-out"
"""

PLATFORM = Platform(
    name="moodle",
    site=LMS,
    client_id="tool-1",
    deployments=("7",),
    login=f"{LMS}/mod/lti/auth.php",
    keys=f"{LMS}/mod/lti/certs.php",
    people=("username",),
    home_page="https://login.korenaar.example",
)
SETTINGS = checked(WebSettings(URL, platform=(PLATFORM,)))


@pytest.fixture(scope="session")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bakery's configuration and its store after a night."""
    folder = tmp_path_factory.mktemp("night")
    write_bakery(folder)
    for name in ("identity.key", "links.key"):
        (folder / name).write_text(name[0] * 40, "utf-8")
        (folder / name).chmod(0o600)
    (folder / "leercultuur.toml").write_text(CONFIGURATION, "utf-8")
    with Engine.from_config(folder / "leercultuur.toml", {}, create=True) as engine:
        assert engine.run(NOW).complete
    return folder


@pytest.fixture
def folder(one_night: Path, tmp_path: Path) -> Path:
    """A copy of that folder, for one test."""
    return Path(shutil.copytree(one_night, tmp_path / "bakery"))


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    with Engine.from_config(folder / "leercultuur.toml", {}) as engine:
        yield engine


@define
class Clock:
    """Stands still until a test moves it."""

    now: datetime = NOW + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@define
class Lms:
    """A platform: its keys, and launches of anybody with any claims."""

    clock: Clock
    key: RSAKey = field(factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False))
    fetched: int = 0
    down: bool = False

    def keys(self, platform: Platform) -> Mapping[str, Any]:
        self.fetched += 1
        if self.down:
            raise SourceUnavailable("the LMS does not answer")
        return {"keys": [self.key.as_dict(private=False)]}

    def initiation(self, **other: str) -> dict[str, str]:
        """What the browser brings from the LMS."""
        return {
            "iss": LMS,
            "client_id": "tool-1",
            "login_hint": "12",
            "lti_message_hint": "34",
            "lti_deployment_id": "7",
            "target_link_uri": f"{URL}/",
            **other,
        }

    def claims(self, nonce_: str, username: str = "jan", /, **other: Any) -> dict[str, Any]:
        """The claims of a launch as Moodle 4.5 writes them."""
        seconds = int(self.clock().timestamp())
        return {
            "iss": LMS,
            "aud": "tool-1",
            "sub": "12",
            "nonce": nonce_,
            "iat": seconds,
            "exp": seconds + 60,
            f"{CLAIM}message_type": "LtiResourceLinkRequest",
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}deployment_id": "7",
            f"{CLAIM}target_link_uri": f"{URL}/",
            f"{CLAIM}resource_link": {"id": "3"},
            f"{CLAIM}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            f"{CLAIM}ext": {"lms": "moodle-2", "user_username": username},
            f"{CLAIM}launch_presentation": {"locale": "nl"},
            **other,
        }

    def token(self, claims: Mapping[str, Any], key: RSAKey | None = None, **header: Any) -> str:
        return jwt.encode(
            {"alg": "RS256", "kid": "k1", **header}, dict(claims), key or self.key, ["RS256"]
        )


@define
class Browser:
    """Somebody's browser at the pages."""

    client: TestClient
    lms: Lms

    def begin(self, **other: str) -> dict[str, str]:
        """Begins a launch; gives what the platform is asked."""
        answer = self.client.get("/lti/login", params=self.lms.initiation(**other))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"{LMS}/mod/lti/auth.php?")
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: value for name, (value,) in query.items()}

    def launch(self, username: str = "jan", **claims: Any) -> Response:
        """A whole launch."""
        asked = self.begin()
        token = self.lms.token(self.lms.claims(asked["nonce"], username, **claims))
        return self.client.post("/lti/launch", data={"id_token": token, "state": asked["state"]})

    def read(self, path: str = "/") -> str:
        """A page, as text."""
        return unescape(self.client.get(path).text)

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get("/").text)
        assert found, "nobody is signed in"
        return found[1]

    def send(self, path: str, **fields: str) -> Response:
        """Sends a form of the page."""
        return self.client.post(path, data={"csrf": self.csrf(), **fields})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def lms_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False)


@pytest.fixture
def lms(clock: Clock, lms_key: RSAKey) -> Lms:
    return Lms(clock, lms_key)


@pytest.fixture
def browser(engine: Engine, clock: Clock, lms: Lms) -> Iterator[Browser]:
    app = create_app(engine, SETTINGS, clock=clock, fetch_keys=lms.keys)
    with TestClient(app, base_url=URL, follow_redirects=False) as client:
        yield Browser(client, lms)


@pytest.fixture
def other(engine: Engine, clock: Clock, lms: Lms, browser: Browser) -> Iterator[Browser]:
    """Somebody else, at the same pages."""
    with TestClient(browser.client.app, base_url=URL, follow_redirects=False) as client:
        yield Browser(client, lms)
