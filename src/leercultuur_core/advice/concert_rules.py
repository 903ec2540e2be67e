"""What a plan in concert weighs, as data: ``data/concert.toml``, ``concert_links.tsv``,
``concert_groups.tsv``. Every row with its ground."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from ..errors import ConfigError, Problem
from ..maturity.shipped import shipped_rows
from ..maturity.tables import Schema, choice, did_you_mean, text
from ..maturity.vocabulary import LANGUAGES, LAYERS, Language

ROLES = ("worker", "manager", "hr", "director", "education_contact")
"""Who acts for a layer (`leercultuur_core.advice.roles`)."""

WEIGHTS = (
    "effort",
    "phase",
    "layer",
    "formal_informal",
    "students_professionals",
    "builds_on",
    "repairs",
    "chosen",
    "caution",
    "stays",
)

GROUPS = ("students", "professionals", "temporary", "self_employed")

WEEKS = 13
"""Weeks in a quarter."""

_MOST_ACTIONS, _MOST_WEIGHT = 10, 10_000


@frozen
class Link:
    """That the intervention ``then`` builds on ``first``; ``texts`` say what each does meanwhile."""

    first: str
    then: str
    texts: Mapping[Language, str] = field(hash=False)
    ground: str


@frozen
class ConcertRules:
    """The numbers and links of a plan.

    budget
        Role → actions that somebody in it takes up in a quarter.
    weights
        Name (`WEIGHTS`) → thousandths of a perfect fit.
    begin
        Layer → the weeks, 1 to 13, in which its first, second, … action begins.
    links, groups
        Which intervention builds on which; group (`GROUPS`) → its interventions.
    grounds
        ``budget.manager`` and so on → what the number rests on.
    """

    version: str
    budget: Mapping[str, int]
    weights: Mapping[str, int]
    begin: Mapping[str, tuple[int, ...]]
    links: tuple[Link, ...] = field(repr=False)
    groups: Mapping[str, frozenset[str]] = field(repr=False)
    grounds: Mapping[str, str] = field(repr=False)


@cache
def default_concert_rules() -> ConcertRules:
    """The rules shipped with the library: judgements, each with its reason."""
    shipped = resources.files("leercultuur_core.data").joinpath("concert.toml")
    return parse_concert_rules(shipped.read_text("utf-8"), "leercultuur_core/data/concert.toml")


def read_concert_rules(path: str | Path) -> ConcertRules:
    """Rules from a TOML file of the shape of ``data/concert.toml``.

    Raises `ConfigError` where it cannot be read or used, with every problem at once.
    """
    try:
        content = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = (error.strerror or "an error") if isinstance(error, OSError) else "other bytes"
        problem = Problem(str(path), "a readable UTF-8 file", found)
        raise ConfigError(str(path), [problem]) from error
    return parse_concert_rules(content, str(path))


def parse_concert_rules(content: str, place: str = "concert.toml") -> ConcertRules:
    """Rules from TOML text; ``place`` names it in errors. Raises `ConfigError`, all at once."""
    try:
        document = tomllib.loads(content)
    except (ValueError, RecursionError) as error:  # a number or a list without end too
        raise ConfigError(place, [Problem(place, "a TOML file", str(error))]) from error
    reader = _Reader(document)
    rules = reader.rules()
    if reader.problems:
        raise ConfigError(place, reader.problems)
    return rules


@cache
def _links() -> tuple[Link, ...]:
    columns = (text("first"), text("then"), *(text(each) for each in LANGUAGES), text("ground"))
    rows = shipped_rows(Schema("concert_links.tsv", columns, key=("first", "then")))
    return tuple(
        Link(row["first"], row["then"], {each: row[each] for each in LANGUAGES}, row["ground"])
        for row in rows
    )


@cache
def _groups() -> Mapping[str, frozenset[str]]:
    columns = (choice("group", GROUPS), text("intervention"), text("ground"))
    rows = shipped_rows(Schema("concert_groups.tsv", columns, key=("group", "intervention")))
    return {
        group: frozenset(row["intervention"] for row in rows if row["group"] == group)
        for group in GROUPS
    }


@define
class _Reader:
    """Reads one document; what is wrong is added to ``problems``."""

    document: Mapping[str, Any]
    problems: list[Problem] = field(factory=list)
    grounds: dict[str, str] = field(factory=dict)

    def rules(self) -> ConcertRules:
        self._known(self.document, ("version", "budget", "weights", "weeks"), "")
        version = self.document.get("version")
        if not isinstance(version, str) or not version:
            self._wrong("version", "a text", version)
        return ConcertRules(
            version=str(version),
            budget=self._table("budget", ROLES, "actions", _whole(_MOST_ACTIONS)),
            weights=self._table("weights", WEIGHTS, "value", _whole(_MOST_WEIGHT)),
            begin=self._table("weeks", LAYERS, "begin", _weeks),
            links=_links(),
            groups=_groups(),
            grounds=self.grounds,
        )

    def _table(
        self, name: str, keys: Iterable[str], value: str, read: Callable[[object], Any]
    ) -> dict[str, Any]:
        rows = self.document.get(name)
        if not isinstance(rows, dict):
            self._wrong(name, "a table", rows)
            return {}
        keys = tuple(keys)
        self._known(rows, keys, f"{name}.")
        found: dict[str, Any] = {}
        for key in keys:
            place, row = f"{name}.{key}", rows.get(key)
            if not isinstance(row, dict):
                self._wrong(place, f"{{ {value} = …, ground = … }}", row)
                continue
            self._known(row, (value, "ground"), f"{place}.")
            try:
                found[key] = read(row.get(value))
            except ValueError as error:
                self._wrong(f"{place}.{value}", str(error), row.get(value))
            ground = row.get("ground")
            if isinstance(ground, str) and ground.strip():
                self.grounds[place] = ground
            else:
                self._wrong(f"{place}.ground", "a text: what this rests on", ground)
        return found

    def _known(self, table: Mapping[str, Any], keys: Iterable[str], place: str) -> None:
        known = tuple(keys)
        for key in table:
            if key not in known:
                self._wrong(f"{place}{key}", "a known key", key, did_you_mean(key, known))

    def _wrong(self, place: str, expected: str, found: object, hint: str = "") -> None:
        shown = "nothing" if found is None else repr(found)
        self.problems.append(
            Problem(place, expected, shown if len(shown) <= 80 else f"{shown[:77]}…", hint)
        )


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _whole(most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or not _is_whole(value, 0, most):
            raise ValueError(f"a whole number from 0 to {most}")
        return value

    return read


def _weeks(value: object) -> tuple[int, ...]:
    good = isinstance(value, list) and value and all(_is_whole(one, 1, WEEKS) for one in value)
    if not isinstance(value, list) or not good or value != sorted(value):
        raise ValueError(f"one or more weeks from 1 to {WEEKS}, in order")
    return tuple(value)


__all__ = [
    "GROUPS",
    "ROLES",
    "WEEKS",
    "WEIGHTS",
    "ConcertRules",
    "Link",
    "default_concert_rules",
    "parse_concert_rules",
    "read_concert_rules",
]
