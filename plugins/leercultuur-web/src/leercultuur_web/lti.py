"""The tool side of LTI 1.3: a platform (LMS) says who comes, and we check that it is the platform.

Spec: 1EdTech Security Framework 1.0, section 5.1 (OpenID Connect launch), and LTI Core 1.3. Only a
resource link launch is taken: nothing is read from the platform or written to it, so that this tool
needs no keys of its own.

Signatures and times are checked by *joserfc*, which `leercultuur-records` uses too; what is left is
comparing claims. *pylti1p3* would bring a second JOSE library and an HTTP client beside the core's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import token_bytes, token_urlsafe
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from attrs import frozen
from itsdangerous import BadData, URLSafeSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from leercultuur_core import HttpClient, LeercultuurError, identity

from .security import Refused
from .settings import Platform, WebSettings

LAUNCH_PATH = "/lti/launch"

LAUNCH_WITHIN = timedelta(minutes=10)
"""From the login to the launch, with signing in at the LMS in between."""

_LEEWAY = 60  # seconds that clocks may differ
_KEYS_FOR = timedelta(hours=1)
_KEYS_AGAIN = timedelta(minutes=1)
_MOST_SEEN = 100_000
_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


class Find(Protocol):
    """Who an identifier is: the uuids it may be."""

    def __call__(self, identifier: str, now: datetime, /) -> tuple[str, ...]:
        """None, one, or more than one."""


FetchKeys = Callable[[Platform], Mapping[str, Any]]


@frozen
class Login:
    """Where to send the browser, and what its cookie must hold when it comes back."""

    address: str
    browser: str


@frozen
class Launched:
    """Who came (identifiers, the surest first), and the language they read in the LMS."""

    identifiers: tuple[str, ...]
    language: str


class Lti:
    """The launches of the configured platforms. Keeps keys of platforms and nonces that were used,
    both in memory: after a restart a login that was under way must begin again."""

    def __init__(self, settings: WebSettings, fetch_keys: FetchKeys | None = None) -> None:
        self._url = settings.url
        self._platforms = settings.platform
        self._fetch = fetch_keys or fetched_keys
        self._signer = URLSafeSerializer(
            token_bytes(32),
            salt="leercultuur.web.lti.1",
            signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
        )
        self._keys: dict[str, tuple[datetime, KeySet]] = {}
        self._used: dict[str, datetime] = {}
        self._lock = Lock()

    def login(self, asked: Mapping[str, str], browser: str, now: datetime) -> Login:
        """Answers a platform's login initiation. ``browser`` is what the cookie holds, or ``""``.

        Nothing is kept of it. Raises `Refused`.
        """
        issuer, client = asked.get("iss", ""), asked.get("client_id", "")
        fitting = [
            one for one in self._platforms if one.issuer == issuer and client in {"", one.client_id}
        ]
        if len(fitting) != 1 or not asked.get("login_hint"):
            raise Refused(400, "launch")
        platform = fitting[0]
        deployment = asked.get("lti_deployment_id", "")
        if deployment and deployment not in platform.deployments:
            raise Refused(400, "launch")
        # We never go there, but a launch that is meant for elsewhere is no launch of ours.
        if not _ours(asked.get("target_link_uri", ""), self._url):
            raise Refused(400, "launch")
        browser = browser if _token(browser) else token_urlsafe(32)
        nonce = token_urlsafe(32)
        expires = int((now + LAUNCH_WITHIN).timestamp())
        state = self._signer.dumps([platform.name, nonce, _hash(browser), expires])
        query = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client_id,
            "redirect_uri": f"{self._url}{LAUNCH_PATH}",
            "login_hint": asked["login_hint"],
            "state": state,
            "nonce": nonce,
        }
        if asked.get("lti_message_hint"):
            query["lti_message_hint"] = asked["lti_message_hint"]
        joint = "&" if urlsplit(platform.login).query else "?"
        return Login(f"{platform.login}{joint}{urlencode(query)}", browser)

    def launch(self, sent: Mapping[str, str], browser: str, now: datetime) -> Launched:
        """Who comes by a launch, once. Raises `Refused` for anything that does not fit."""
        platform, nonce = self._state(sent.get("state", ""), browser, now)
        claims = self._claims(platform, sent.get("id_token", ""), now)
        _check(claims, platform, nonce)
        if not _ours(claims.get(f"{_CLAIM}target_link_uri", ""), self._url):
            raise Refused(400, "launch")
        self._use(nonce, now)
        return Launched(_identifiers(claims, platform), _language(claims))

    def _state(self, state: str, browser: str, now: datetime) -> tuple[Platform, str]:
        try:
            written = self._signer.loads(state)
        except BadData:
            raise Refused(400, "launch") from None
        name, nonce, begun_in, expires = written
        if not compare_digest(begun_in, _hash(browser)):
            raise Refused(400, "launch_cookie")
        if now.timestamp() >= expires:
            raise Refused(400, "launch")
        return next(one for one in self._platforms if one.name == name), nonce

    def _use(self, nonce: str, now: datetime) -> None:
        with self._lock:
            self._used = {one: until for one, until in self._used.items() if until > now}
            if nonce in self._used or len(self._used) >= _MOST_SEEN:
                raise Refused(400, "launch")
            self._used[nonce] = now + LAUNCH_WITHIN

    def _claims(self, platform: Platform, token: str, now: datetime) -> dict[str, Any]:
        try:
            key_id = extract_compact(token.encode()).headers().get("kid")
            if not isinstance(key_id, str):
                raise Refused(400, "launch")
            keys = self._key_set(platform, key_id, now)
            decoded = jwt.decode(token, keys, algorithms=["RS256"])
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=_LEEWAY,
                iss={"essential": True, "value": platform.issuer},
                aud={"essential": True, "value": platform.client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True},
            ).validate(decoded.claims)
        except (JoseError, ValueError):
            raise Refused(400, "launch") from None
        return decoded.claims

    def _key_set(self, platform: Platform, key_id: str, now: datetime) -> KeySet:
        """The platform's keys: those we have for at most an hour, and anew for a key we do not know,
        which is how platforms change keys; not oftener than once a minute."""
        with self._lock:
            read, keys = self._keys.get(platform.name, (None, None))
            if read is not None and keys is not None:
                known = any(key.kid == key_id for key in keys)
                if now - read < (_KEYS_FOR if known else _KEYS_AGAIN):
                    return keys
            try:
                listed = self._fetch(platform)["keys"]
                rsa = [key for key in listed if key.get("kty") == "RSA"]
                fresh = KeySet.import_key_set({"keys": rsa})
            except (LeercultuurError, JoseError, ValueError, TypeError, KeyError, AttributeError):
                raise Refused(503, "launch_later") from None
            self._keys[platform.name] = (now, fresh)
            return fresh


def fetched_keys(platform: Platform) -> Mapping[str, Any]:
    """What a platform publishes as its keys, over HTTP. Raises as `HttpClient.get_json` does."""
    with HttpClient(platform.keys, agent="leercultuur-web") as http:
        found: Mapping[str, Any] = http.get_json(having=("keys",))
        return found


def person_of(launched: Launched, find: Find, now: datetime) -> str:
    """The uuid of who came. Raises `Refused` where nobody is known by what the platform said, or by
    one identifier somebody else than by another."""
    found = {uuid for one in launched.identifiers for uuid in find(one, now)}
    if len(found) != 1:
        raise Refused(403, "unknown_person" if not found else "unclear_person")
    return found.pop()


def _check(claims: Mapping[str, Any], platform: Platform, nonce: str) -> None:
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    fits = (
        claims["nonce"] == nonce
        # More than one audience: the platform must name for whom it is, and that must be us.
        and (claims.get("azp", None if several else platform.client_id) == platform.client_id)
        and claims.get(f"{_CLAIM}message_type") == "LtiResourceLinkRequest"
        and claims.get(f"{_CLAIM}version") == "1.3.0"
        and claims.get(f"{_CLAIM}deployment_id") in platform.deployments
        and claims["sub"] != ""
    )
    if not fits:
        raise Refused(400, "launch")


def _identifiers(claims: Mapping[str, Any], platform: Platform) -> tuple[str, ...]:
    found: list[str] = []
    for known in platform.people:
        if known == "sub":
            found.append(identity.account(platform.home_page, claims["sub"]))
        elif known == "username" and (name := _user_name(claims)):
            found.append(identity.account(platform.home_page, name))
        elif known == "mail":
            mail = claims.get("email")
            if isinstance(mail, str) and "@" in mail:
                found.append(identity.mailbox(mail))
    return tuple(found)


def _user_name(claims: Mapping[str, Any]) -> str:
    """The user name, where each LMS puts it: Moodle in its extension, Brightspace in a claim of its
    own, Canvas in a custom field that its administrator adds (``username=$Canvas.user.loginId``)."""
    places = (
        (f"{_CLAIM}ext", "user_username"),
        ("http://www.brightspace.com", "username"),
        (f"{_CLAIM}custom", "username"),
    )
    for claim, name in places:
        inside = claims.get(claim)
        value = inside.get(name) if isinstance(inside, dict) else None
        if isinstance(value, str) and value and not value.startswith("$"):
            return value
    return ""


def _language(claims: Mapping[str, Any]) -> str:
    presentation = claims.get(f"{_CLAIM}launch_presentation")
    inside = presentation.get("locale") if isinstance(presentation, dict) else None
    for spoken in (inside, claims.get("locale")):
        if isinstance(spoken, str) and spoken:
            return spoken[:2].lower()
    return ""


def _ours(address: object, url: str) -> bool:
    return isinstance(address, str) and (address == url or address.startswith(f"{url}/"))


def _token(text: str) -> bool:
    return len(text) == 43 and all(one.isalnum() or one in "-_" for one in text) and text.isascii()


def _hash(browser: str) -> str:
    return sha256(browser.encode()).hexdigest()
