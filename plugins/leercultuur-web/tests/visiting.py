"""A platform that signs whatever a test wants, and somebody's browser at the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, field
from httpx2 import Response
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from leercultuur_core import Engine, SourceUnavailable
from leercultuur_web.app import create_app
from leercultuur_web.settings import Platform, WebSettings, checked

from .bakery import LOGIN, URL, Clock

LMS = "https://lms.korenaar.example"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"

PLATFORM = Platform(
    name="moodle",
    site=LMS,
    client_id="tool-1",
    deployments=("7",),
    login=f"{LMS}/mod/lti/auth.php",
    keys=f"{LMS}/mod/lti/certs.php",
    people=("username",),
    home_page=LOGIN,
)
SETTINGS = checked(WebSettings(URL, platform=(PLATFORM,)))


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

    def launch(self, username: str = "jan", /, **claims: Any) -> Response:
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


def client_of(app: Any) -> TestClient:
    """Somebody's requests to the pages: with their own cookies, and led nowhere by themselves."""
    return TestClient(app, base_url=URL, follow_redirects=False)


@contextmanager
def visited(engine: Engine, clock: Clock, lms: Lms) -> Iterator[Browser]:
    """The pages of an engine, in a browser."""
    app = create_app(engine, SETTINGS, clock=clock, fetch_keys=lms.keys)
    with client_of(app) as client:
        yield Browser(client, lms)
