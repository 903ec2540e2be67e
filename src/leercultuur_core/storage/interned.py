"""Texts that come back in every row, kept once and called by number."""

from __future__ import annotations

import json

from .rows import Rows


class Facets(dict[tuple[str, str, str], int]):
    """(source, topic, kind) → number; one that is not there yet is added."""

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, key: tuple[str, str, str]) -> int:
        number = self._rows.value(
            "SELECT facet FROM facets WHERE source = ? AND topic = ? AND kind = ?", *key
        )
        if number is None:
            number = self._rows.value(
                "INSERT INTO facets (source, topic, kind) VALUES (?, ?, ?) RETURNING facet", *key
            )
        self[key] = int(number)
        return int(number)


Shape = tuple[str, str, tuple[str, ...], bool]
"""(verb, object type, context types, required): what evidence rules mostly look at."""


class Shapes(dict[Shape, int]):
    """`Shape` → number; one that is not there yet is added."""

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, key: Shape) -> int:
        verb, object_type, context_types, required = key
        row = (verb, object_type, json.dumps(context_types), int(required))
        number = self._rows.value(
            "SELECT shape FROM shapes "
            "WHERE verb = ? AND object_type = ? AND context_types = ? AND required = ?",
            *row,
        )
        if number is None:
            number = self._rows.value(
                "INSERT INTO shapes (verb, object_type, context_types, required) "
                "VALUES (?, ?, ?, ?) RETURNING shape",
                *row,
            )
        self[key] = int(number)
        return int(number)


def all_shapes(rows: Rows) -> dict[int, Shape]:
    """Number → `Shape`."""
    return {
        number: (verb, object_type, tuple(json.loads(context_types)), bool(required))
        for number, verb, object_type, context_types, required in rows.all(
            "SELECT shape, verb, object_type, context_types, required FROM shapes"
        )
    }


def ruleset(rows: Rows, version: str) -> int:
    """The number of a rules version; added where it is not there yet."""
    number = rows.value("SELECT ruleset FROM rulesets WHERE version = ?", version)
    if number is None:
        number = rows.value("INSERT INTO rulesets (version) VALUES (?) RETURNING ruleset", version)
    return int(number)
