"""A small Tryton that answers from memory, in the shapes that the real one was recorded in."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from leercultuur_core.extension import Secret
from leercultuur_core.testing import Seen, Step, as_json

PASSWORD = "wachtwoord-5f2c9e7a"  # noqa: S105 - of a Tryton in memory
ANSWERS: Mapping[str, Any] = json.loads(
    Path(__file__).parent.joinpath("recorded", "tryton.json").read_text("utf-8")
)["answers"]
NAMES = {
    "timesheet.work": {"Ontwikkelgesprek": 1},
    "project.work": {"Ontwikkelplannen": 1},
    "product.category": {"Opleidingen": 1},
}


def recorded_step(name: str) -> Step:
    """An answer of the real Tryton."""
    answer = ANSWERS[name]
    if "json" in answer:
        return as_json(answer["json"], answer["status"])
    return Step(answer["status"], answer["text"].encode(), {"Content-Type": "text/html"})


class SmallTryton:
    """Records by model, and the methods that the adapter calls. ``denied`` are models that the user
    may not use, ``absent`` those of modules that are not active."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {
            model: [
                {"id": number, "rec_name": name, "name": name, "parent": None}
                for name, number in names.items()
            ]
            for model, names in NAMES.items()
        }
        self.denied: set[str] = set()
        self.absent: set[str] = set()
        self.calls: list[str] = []

    def employ(self, codes: Iterable[str]) -> None:
        """An employee for each code that has none yet."""
        table = self.tables.setdefault("company.employee", [])
        known = {row["party."]["code"] for row in table}
        for code in dict.fromkeys(codes):
            if code not in known:
                row = self.row_like("company.employee") | {"id": len(table) + 1}
                row["party."]["code"] = code
                table.append(row)

    @staticmethod
    def row_like(model: str) -> dict[str, Any]:
        """A record as the real Tryton gave it, to change."""
        row: dict[str, Any] = copy.deepcopy(ANSWERS[model]["json"]["result"][0])
        return row

    @staticmethod
    def moment(value: datetime) -> dict[str, Any]:
        """A time as Tryton writes it."""
        utc = value.astimezone(UTC)
        parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return {"__class__": "datetime", **{part: getattr(utc, part) for part in parts}}

    @staticmethod
    def day(value: date) -> dict[str, Any]:
        """A date as Tryton writes it."""
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}

    def answers(self, seen: Seen) -> Step:
        """The answer to a request."""
        if seen.path != "/hr/rpc/":
            return recorded_step("no such database")
        asked = json.loads(seen.body)
        method, params = asked["method"], asked["params"]
        self.calls.append(method)
        if method == "common.db.login":
            right = params[:2] == ["leercultuur", {"password": PASSWORD}]
            return recorded_step("login" if right else "login refused")
        if not seen.headers.get("authorization", "").startswith("Session "):
            return recorded_step("session over")
        model, _, name = method.removeprefix("model.").rpartition(".")
        if name == "get_preferences":
            return recorded_step("preferences")
        if name == "get_access":
            return recorded_step("access")
        if model in self.denied:
            return recorded_step("not allowed")
        if model in self.absent:
            return as_json({"id": asked["id"], "error": [f"'{model}'", ""]})
        result = getattr(self, f"_{name}")(self.tables.setdefault(model, []), *params[:-1])
        return as_json({"id": asked["id"], "result": result})

    def _search_read(
        self,
        table: list[dict[str, Any]],
        domain: Sequence[Any],
        offset: int,
        limit: int,
        order: Sequence[Sequence[str]],
        _: Sequence[str],
    ) -> list[dict[str, Any]]:
        ((name, direction),) = order
        found = [row for row in table if _fits(row, domain)]
        found.sort(key=lambda row: _plain(row.get(name)), reverse=direction == "DESC")
        return found[offset : offset + limit]

    def _search_count(self, table: list[dict[str, Any]], domain: Sequence[Any]) -> int:
        return sum(_fits(row, domain) for row in table)

    def _create(self, table: list[dict[str, Any]], values: Sequence[dict[str, Any]]) -> list[int]:
        made = []
        for one in values:
            table.append({"id": len(table) + 1, **one})
            made.append(len(table))
        return made


def _fits(row: Mapping[str, Any], domain: Sequence[Any]) -> bool:
    if domain and domain[0] == "OR":
        return any(_fits(row, [one]) for one in domain[1:])
    return all(
        _fits(row, one) if not isinstance(one[0], str) or one[0] == "OR" else _holds(row, *one)
        for one in domain
    )


def _holds(row: Mapping[str, Any], name: str, operator: str, value: Any, *_: Any) -> bool:
    if name in {"work", "lines.product.categories", "state", "duration", "active"}:
        return True  # everything in a table is of one work, and sent in
    own = row.get(name)
    if operator == "in":
        return own in value
    if operator == "like":
        return str(own).endswith(value.removeprefix("%"))
    if operator == "!=":
        return bool(_plain(own) != _plain(value))
    if name == "employees":
        return value in (own or ())
    if operator == "=":
        return bool(own == value)
    if own is None:
        return False
    left, right = _plain(own), _plain(value)
    return bool(left > right or (operator == ">=" and left == right))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(part for key, part in value.items() if key != "__class__")
    return () if value is None else value


@pytest.fixture
def new_tryton() -> type[SmallTryton]:
    """Makes a Tryton in which nothing happened yet."""
    return SmallTryton


@pytest.fixture
def access() -> dict[str, Any]:
    """The settings that get into it, but for the address."""
    return {
        "database": "hr",
        "user": "leercultuur",
        "password": Secret(PASSWORD),
        "organisation": "korenaar",
    }


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three records a page, so that ten make several."""
    monkeypatch.setattr("leercultuur_tryton.client.Tryton.page_size", 3)
