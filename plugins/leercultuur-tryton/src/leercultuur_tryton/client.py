"""Tryton's JSON-RPC: one session, reads in pages, and errors in words an administrator can use.

What Tryton says about an error is left out: it names records, and those are people. Nothing here is
specific to learning.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from urllib.parse import quote

from leercultuur_core import AccessDenied, SourceUnavailable
from leercultuur_core.extension import Finding, Secret
from leercultuur_core.extension.http import Answer, HttpClient

from .settings import TrytonSettings

MODULES = {
    "company.employee": "company",
    "timesheet.line": "timesheet",
    "timesheet.work": "timesheet",
    "project.work": "project",
    "project.allocation": "project_plan",
    "product.category": "product",
    "purchase.requisition": "purchase_requisition",
}
"""Model → the Tryton module that brings it."""

_MOST_PAGES = 2_000
"""Of a list that is read whole: a million records."""

Domain = list[Any]
Row = dict[str, Any]


class Tryton:
    """A user's session. Logs in when it is first asked something, and again when that has ended."""

    page_size: ClassVar[int] = 500
    """Records asked for at once; a server may allow no more than 1,000 (``records_limit``)."""

    def __init__(self, settings: TrytonSettings, http: HttpClient) -> None:
        self._settings = settings
        self._http = http
        self._path = f"{quote(settings.database, safe='')}/rpc/"
        self._session: Secret | None = None
        self._context: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<Tryton of {self._http!r}>"

    def read(
        self, model: str, domain: Domain, fields: Sequence[str], order: str, *, limit: int
    ) -> list[Row]:
        """At most ``limit`` records, ended ones included; ``order`` is such as ``id ASC``.

        Raises `AccessDenied` where the user may not read them, `SourceUnavailable` for all else.
        """
        rows = self._rows(model, domain, fields, order, limit)
        good = [row for row in rows if _is_record(row)]
        if len(good) < len(rows):
            raise SourceUnavailable(f"Tryton, {model}: expected records, found something else")
        return good

    def next_page(
        self, model: str, domain: Domain, fields: Sequence[str], after: int
    ) -> tuple[list[Row], int, int]:
        """The records with an id above ``after``, how many of the list are no records, and the id
        to go on after; 0 where there are no more. Raises as `read` does."""
        above = [*domain, ["id", ">", after]]
        rows = self._rows(model, above, fields, "id ASC", self.page_size)
        good = [row for row in rows if _is_record(row)]
        full = len(rows) >= self.page_size
        last = max((row["id"] for row in good), default=after)
        if last <= after and (good or full):
            raise SourceUnavailable(f"Tryton, {model}: its pages go round in a circle")
        return good, len(rows) - len(good), last if full else 0

    def read_all(self, model: str, fields: Sequence[str]) -> list[Row]:
        """All records, by id. Raises as `read` does, also where one of them is no record, and where
        there is no end to them."""
        every: dict[int, Row] = {}
        after = 0
        for _ in range(_MOST_PAGES):
            rows, strange, after = self.next_page(model, [], fields, after)
            if strange:
                raise SourceUnavailable(f"Tryton, {model}: expected records, found something else")
            every |= {row["id"]: row for row in rows}
            if not after:
                return [every[number] for number in sorted(every)]
        raise SourceUnavailable(f"Tryton, {model}: expected a list, found no end to it")

    def _rows(
        self, model: str, domain: Domain, fields: Sequence[str], order: str, limit: int
    ) -> list[Any]:
        name, _, direction = order.partition(" ")
        rows = self.model(model, "search_read", domain, 0, limit, [[name, direction]], list(fields))
        if not isinstance(rows, list):
            raise SourceUnavailable(f"Tryton, {model}: expected a list, found something else")
        return rows

    def count(self, model: str, domain: Domain) -> int:
        """How many there are."""
        found = self.model(model, "search_count", domain)
        if not isinstance(found, int):
            raise SourceUnavailable(f"Tryton, {model}: expected a number, found something else")
        return found

    def create(self, model: str, values: Row) -> None:
        """Makes a record. Not repeated when no answer came: it may be there."""
        self.model(model, "create", [values], repeat=False)

    def look(self) -> Finding:
        """Whether the user gets in, and is in a company: without one it sees nothing of it."""
        try:
            self._log_in()
        except AccessDenied as error:
            return Finding("problem", str(error), "look at user and password")
        except SourceUnavailable as error:
            return Finding("problem", str(error), "look at url and database")
        if not self._context.get("companies"):
            return Finding(
                "problem",
                "tryton: the user is in no company, and sees nobody",
                "in Tryton, Administration, Users, Preferences: give it the companies to read",
            )
        return Finding("ok", f"tryton: logged in to {self._settings.database}")

    def model(self, model: str, method: str, *params: Any, repeat: bool = True) -> Any:
        """What a method of a model gives. Raises as `read` does."""
        name = f"model.{model}.{method}"
        for again in (True, False):
            if self._session is None:
                self._log_in()
            whole = [*params, self._context]
            answer = self._post(name, whole, session=self._session, repeat=repeat)
            if answer.status != 401 or not again:
                break
            # A session ends after some minutes without a call; nothing was done then.
            self._session = None
        return self._result(answer, model)

    def _log_in(self) -> None:
        settings = self._settings
        self._session = None
        password = {"password": settings.password.reveal()}
        answer = self._post("common.db.login", [settings.user, password, "en"], repeat=True)
        if answer.status == 401:
            raise AccessDenied(
                f"{answer.about}: Tryton does not accept this user and password", "log in"
            )
        if answer.status == 404:
            raise SourceUnavailable(
                f"{answer.about}: there is no database of this name; are url and database right?"
            )
        given = self._result(answer, "common.db.login")
        if not (isinstance(given, list) and len(given) >= 2 and isinstance(given[1], str)):
            raise AccessDenied(
                f"{answer.about}: Tryton wants more than a password; give this user a log-in by "
                "password alone",
                "log in",
            )
        whole = f"{settings.user}:{given[0]}:{given[1]}"
        session = Secret(f"Session {b64encode(whole.encode()).decode()}")
        asked = self._post(
            "model.res.user.get_preferences", [True, {}], session=session, repeat=True
        )
        wishes = self._result(asked, "res.user")
        kept = ("language", "company", "companies", "employee")
        own = wishes if isinstance(wishes, dict) else {}
        # Without the last, whoever has left would be missing.
        self._context = {name: own[name] for name in kept if name in own} | {"active_test": False}
        self._session = session

    def _post(
        self, method: str, params: list[Any], *, session: Secret | None = None, repeat: bool
    ) -> Answer:
        headers: dict[str, str | Secret] = {"Content-Type": "application/json"}
        if session is not None:
            headers["Authorization"] = session
        body = json.dumps({"id": 1, "method": method, "params": params}).encode()
        return self._http.send("POST", self._path, content=body, headers=headers, idempotent=repeat)

    def _result(self, answer: Answer, model: str) -> Any:
        body = answer.checked().json()
        if not isinstance(body, dict) or not {"result", "error"} & set(body):
            raise SourceUnavailable(f"{answer.about}: expected JSON-RPC, found other JSON")
        if "error" not in body:
            return body["result"]
        error = body["error"]
        kind = str(error[0]) if isinstance(error, list) and error else ""
        if kind == "UserError":
            raise AccessDenied(
                f"Tryton does not let the user of leercultuur use {model}; its rights are in "
                "docs/adapters/tryton.md",
                model,
            )
        if kind.strip("'") == model:  # a KeyError of Tryton's own list of models
            raise SourceUnavailable(
                f"Tryton has no {model}; activate the module {MODULES.get(model, model)}, or take "
                "what needs it out of the configuration"
            )
        raise SourceUnavailable(f"{answer.about}: Tryton could not do this for {model}")


def _is_record(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int)


def as_moment(value: Any) -> datetime:
    """The moment, in UTC, that Tryton wrote. Raises `ValueError`."""
    year, month, day, hour, minute, second, micro = _parts(
        value, "datetime", "year", "month", "day", "hour", "minute", "second", "microsecond"
    )
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)


def as_date(value: Any) -> date:
    """The date that Tryton wrote. Raises `ValueError`."""
    year, month, day = _parts(value, "date", "year", "month", "day")
    return date(year, month, day)


def _parts(value: Any, kind: str, *names: str) -> list[int]:
    given = value if isinstance(value, dict) and value.get("__class__") == kind else {}
    parts = [part for name in names if isinstance(part := given.get(name), int)]
    if len(parts) != len(names):
        raise ValueError(f"expected a {kind} as Tryton writes it, found something else")
    return parts


def inside(row: Row, name: str) -> Row:
    """What a dotted field is of, as Tryton nests it: ``party.`` holds the fields of the party."""
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def written(moment: datetime) -> Row:
    """A moment as Tryton reads it: in UTC, without saying so."""
    utc = moment.astimezone(UTC)
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{name: getattr(utc, name) for name in names}}
