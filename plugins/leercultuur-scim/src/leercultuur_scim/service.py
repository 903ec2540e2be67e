"""The service: lists read whole or not at all, over the client that all adapters use.

`scim2_client` brings a client of its own, whose time-outs, redirects and errors are not those that
`HttpClient` promises, and reads no more than one page; so only the parsing is a library's here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from leercultuur_core import SourceUnavailable

from .settings import ENTERPRISE, ScimSettings

if TYPE_CHECKING:
    from leercultuur_core import HttpClient

    from .resources import Person, Team

    _R = TypeVar("_R", Person, Team)

_READINGS = 3
"""How often a list is begun in all, where people come and go while it is read."""


class _Moved(Exception):
    """The list changed between two of its pages."""


class Service:
    """What is asked of a SCIM service. Nothing is ever written to it."""

    def __init__(self, settings: ScimSettings, http: HttpClient) -> None:
        self._settings = settings
        self._http = http

    def features(self) -> Mapping[str, Any] | None:
        """What the service says it can do (RFC 7643, section 5); ``None`` where it does not say."""
        answer = self._http.send("GET", "ServiceProviderConfig")
        if answer.status in {404, 501}:
            return None
        found: Mapping[str, Any] = answer.checked().json("schemas")
        return found

    def people(self) -> list[Person]:
        """Everybody, in the order of the service. Raises `SourceUnavailable` or `AccessDenied`."""
        from .resources import Person  # noqa: PLC0415 - brings pydantic; only who reads needs it

        return self._all("Users", Person, self._attributes(), self._settings.filter)

    def groups(self) -> list[Team]:
        """All groups with their members; raises likewise."""
        from .resources import Team  # noqa: PLC0415 - brings pydantic; only who reads needs it

        return self._all("Groups", Team, ("displayName", "members"), "")

    def _attributes(self) -> tuple[str, ...]:
        """What is asked of a person: no more than what is used."""
        settings = self._settings
        enterprise = ["employeeNumber", *settings.unit, "manager"]
        return (
            "userName",
            "externalId",
            "displayName",
            "name",
            "emails",
            "active",
            "userType",
            "preferredLanguage",
            "locale",
            *(["title"] if settings.roles.titles else []),
            *(["roles"] if settings.roles.roles else []),
            *(f"{ENTERPRISE}:{one}" for one in enterprise),
        )

    def _all(self, path: str, kind: type[_R], attributes: Sequence[str], only: str) -> list[_R]:
        for _ in range(_READINGS):
            try:
                return self._once(path, kind, attributes, only)
            except _Moved:
                continue
        raise SourceUnavailable(
            f"SCIM, {path}: expected each once, found pages that overlap or a number that changes, "
            f'{_READINGS} times; try sort_by = "id", or read it at a quieter hour'
        )

    def _once(self, path: str, kind: type[_R], attributes: Sequence[str], only: str) -> list[_R]:
        from .resources import read_list  # noqa: PLC0415 - brings pydantic; only who reads needs it

        found: dict[str, _R] = {}
        total: int | None = None
        more = True
        while more:
            payload = self._http.get_json(
                path,
                startIndex=len(found) + 1,
                count=self._settings.page_size,
                attributes=",".join(attributes),
                filter=only or None,
                sortBy=self._settings.sort_by or None,
            )
            said, rows = read_list(kind, payload, f"SCIM, {path}")
            keys = {row.key for row in rows}
            if total not in {None, said} or len(keys) < len(rows) or keys & found.keys():
                raise _Moved
            total = said
            found.update((row.key, row) for row in rows)
            # Some services say how many are in the page: then the first is full and seems to be all.
            more = len(found) < total or len(rows) == len(found) == self._settings.page_size
            if not rows and len(found) < total:
                raise SourceUnavailable(
                    f"SCIM, {path}: expected {total:,}, as it says, found {len(found):,}; may the "
                    "token see all?"
                )
            if len(found) > total:
                raise _Moved
        return list(found.values())
