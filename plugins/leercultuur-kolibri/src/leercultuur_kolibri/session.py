"""Logging in to Kolibri, and what its three adapters share.

Kolibri knows no tokens: its API takes the session of a user. Three of its habits are dealt with here
and nowhere else:

* What changes something needs the token of the ``kolibri_csrftoken`` cookie in a header, and behind
  https a ``Referer`` of its own site.
* A session ends after twenty minutes. Most of the API then answers 403, and lists of people and
  lessons answer 200 with *nothing in them*. So an empty list is believed only while the session is
  seen to be ours.
* It is made for Kolibri's own pages and may change with each release; see `TESTED`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from attrs import frozen

from leercultuur_core import (
    AccessDenied,
    Finding,
    HttpClient,
    Secret,
    SourceUnavailable,
)
from leercultuur_core.extension import Adapter
from leercultuur_core.extension.http import Answer, Limits

from .answers import Info, Login

TESTED = "0.19"
"""The release of Kolibri this was tested with."""

_LIMITS = Limits(whole=600.0, largest=256 * 1024 * 1024)
"""Room for the log of a month of a large facility: more than a million visits."""
_CSRF = re.compile(r"\bkolibri_csrftoken=([^;,\s]+)")
_ADMINS = frozenset({"admin", "superuser"})
_T = TypeVar("_T")


@frozen(kw_only=True)
class KolibriSettings:
    """How to reach Kolibri.

    url
        Its address, such as ``https://kolibri.example``.
    username, password
        The account to log in with.
    facility
        The id of the facility that the account is in, where the device has several; by default the
        device's own.
    plain_http
        Allow ``http://`` to another machine. The password can then be read along the way.
    """

    url: str
    username: str
    password: Secret
    facility: str = ""
    plain_http: bool = False


class Session:
    """Somebody logged in; call `log_in` first.

    ``facility`` and ``user`` are ids of the account, ``now`` is the server's time at login.
    """

    facility: str
    user: str
    now: datetime

    def __init__(self, http: HttpClient, settings: KolibriSettings) -> None:
        self._http = http
        self._settings = settings
        self._csrf = Secret("")
        self._kinds: frozenset[str] = frozenset()

    def log_in(self) -> None:
        """Begins a session. Raises `AccessDenied` where Kolibri does not accept the account."""
        account: dict[str, str] = {
            "username": self._settings.username,
            "password": self._settings.password.reveal(),
        }
        if self._settings.facility:
            account["facility"] = self._settings.facility
        answer = self._http.send(
            "POST",
            "/api/auth/session/",
            content=msgspec.json.encode(account),
            # Who is logged in already must show the token to log in again.
            headers={"Content-Type": "application/json", "X-CSRFToken": self._csrf},
            idempotent=True,
        )
        if answer.status == 400:
            raise AccessDenied(
                f"{answer.about}: expected a facility of this device, found none (400); "
                "look at username, password and facility",
                "log in",
            )
        answer = answer.checked()
        login = convert(answer, Login)
        if login.user_id is None or login.facility_id is None:
            raise AccessDenied(f"{answer.about}: nobody is logged in", "log in")
        self.facility = login.facility_id
        self.now = login.server_time
        self.user = login.user_id
        self._kinds = frozenset(login.kind)
        token = _CSRF.search(answer.headers.get("set-cookie", ""))
        if token:
            self._csrf = Secret(token[1])

    @property
    def is_admin(self) -> bool:
        """Whether the account sees all people of the facility and may export its logs."""
        return bool(self._kinds & _ADMINS)

    def need_admin(self, what: str) -> None:
        """Raises `AccessDenied` where the account is no admin; ``what`` is what it is needed for."""
        if not self.is_admin:
            raise AccessDenied(
                f"{self._settings.url}: {what} needs an admin of the facility; the account is "
                f"{' and '.join(sorted(self._kinds)) or 'nothing'}",
                "admin of the facility",
            )

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
    ) -> Answer:
        """The answer, whatever its status. Logs in again where the session has ended."""
        answer = self._send(method, path, body, idempotent, query or {})
        if answer.status in {401, 403}:
            self.log_in()
            answer = self._send(method, path, body, idempotent, query or {})
        return answer

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        idempotent: bool | None,
        query: Mapping[str, str],
    ) -> Answer:
        headers: dict[str, str | Secret] = {}
        if body is not None:
            headers = {"Content-Type": "application/json", "X-CSRFToken": self._csrf}
        return self._http.send(
            method,
            path,
            query=query,
            content=None if body is None else msgspec.json.encode(body),
            headers=headers,
            idempotent=idempotent,
        )

    def get(self, path: str, kind: type[_T], **query: str) -> _T:
        """What stands at ``path``, as a ``kind``."""
        return convert(self.send("GET", path, query=query).checked(), kind)

    def rows(self, path: str, kind: type[_T], **query: str) -> list[_T]:
        """The whole list at ``path``. Empty only where it is, and not because the session ended.

        Asked for in one piece: Kolibri's pages of people cut in rows of roles, so that somebody
        with two roles stands on two pages and somebody else on none.
        """
        found = self.get(path, list[kind], **query)  # type: ignore[valid-type]
        if not found and not self._still_ours():
            self.log_in()
            found = self.get(path, list[kind], **query)  # type: ignore[valid-type]
        return found

    def _still_ours(self) -> bool:
        answer = self._send("PUT", "/api/auth/session/current/", {"active": False}, True, {})
        return answer.status == 200 and convert(answer, Login).user_id == self.user


def convert(answer: Answer, kind: type[_T]) -> _T:
    """The JSON of ``answer`` as a ``kind``. Raises `SourceUnavailable` where it is something else."""
    try:
        return msgspec.convert(answer.json(), kind)
    except msgspec.ValidationError:
        pass  # its text may quote what was found
    raise SourceUnavailable(
        f"{answer.about}: expected what Kolibri {TESTED} answers, found another shape; "
        "leercultuur check names the version"
    )


class KolibriAdapter(Adapter):
    """What the three adapters share: the client, the session, and most of the check."""

    @cached_property
    def http(self) -> HttpClient:
        """A client without credentials; a `Session` logs in with it."""
        settings: KolibriSettings = self.settings
        return HttpClient(
            settings.url,
            plain_http=settings.plain_http,
            # In English, so that columns of an export have one name.
            headers={"Accept-Language": "en", "Referer": settings.url.rstrip("/") + "/"},
            limits=_LIMITS,
            agent=f"leercultuur-{self.name}",
        )

    @cached_property
    def _session(self) -> Session:
        return Session(self.http, self.settings)

    def log_in(self) -> Session:
        """A session that begins now."""
        self._session.log_in()
        return self._session

    def check(self) -> Iterable[Finding]:
        """Which Kolibri answers, and whether the account may do what is needed."""
        info = convert(self.http.send("GET", "/api/public/info/").checked(), Info)
        yield _version(self.settings.url, info)
        yield from self.findings(self.log_in())

    def findings(self, session: Session) -> Iterator[Finding]:
        """What this adapter has to say once it is logged in."""
        session.need_admin("reading the logs and people of a facility")
        yield Finding("ok", f"{self.settings.url}: logged in as an admin of the facility")


def _version(url: str, info: Info) -> Finding:
    if info.application != "kolibri":
        return Finding("problem", f"{url}: expected Kolibri, found another application")
    if info.kolibri_version.startswith(f"{TESTED}."):
        return Finding("ok", f"{url}: Kolibri {info.kolibri_version}")
    return Finding(
        "warning",
        f"{url}: Kolibri {info.kolibri_version}; this plugin was tested with {TESTED}",
        "its API may change with each release; try it on a copy first",
    )


def home_page(facility: str) -> str:
    """What accounts and activities of a facility are named after.

    The facility and not the address: it stays the same when a device moves, is renamed, or is synced
    with another.
    """
    return f"urn:leercultuur:kolibri:{facility}"
