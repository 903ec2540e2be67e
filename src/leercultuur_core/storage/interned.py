"""Texts that come back in every row, kept once and called by number."""

from __future__ import annotations

import json
from typing import Any, ClassVar, TypeVar

from .rows import Rows

_Key = TypeVar("_Key")

_MISSES = 50
"""After so many texts that were looked up one by one, all of a table are read at once: a small night
reads little, and a large page does not ask thousands of times."""


class _Numbered(dict[_Key, int]):
    """A text, or some that go together → number; one that is not there yet is added."""

    table: ClassVar[str]
    number: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self._rows = rows
        self._misses = 0

    def row(self, key: _Key) -> tuple[Any, ...]:
        """``key`` as the columns hold it."""
        raise NotImplementedError

    def key(self, row: tuple[Any, ...]) -> _Key:
        """What `row` made a row of."""
        raise NotImplementedError

    def __missing__(self, key: _Key) -> int:
        self._misses += 1
        if self._misses == _MISSES:
            self.update(self.everything())
            if key in self:
                return self[key]
        row = self.row(key)
        # Names of tables and columns are this module's own; values are always parameters.
        equal = " AND ".join(f"{column} = ?" for column in self.columns)
        select = f"SELECT {self.number} FROM {self.table} WHERE {equal}"  # noqa: S608
        found = self._rows.value(select, *row)
        if found is None:
            names, marks = ", ".join(self.columns), ", ".join("?" for _ in self.columns)
            insert = f"INSERT INTO {self.table} ({names}) VALUES ({marks})"  # noqa: S608
            found = self._rows.value(f"{insert} RETURNING {self.number}", *row)
        self[key] = int(found)
        return int(found)

    def everything(self) -> dict[_Key, int]:
        """All that is in the table."""
        names = ", ".join((self.number, *self.columns))
        rows = self._rows.all(f"SELECT {names} FROM {self.table}")  # noqa: S608
        return {self.key(tuple(row)): int(number) for number, *row in rows}


Facet = tuple[str, str, str]
"""(source, topic, kind)"""


class Facets(_Numbered[Facet]):
    """`Facet` → number."""

    table, number, columns = "facets", "facet", ("source", "topic", "kind")

    def row(self, key: Facet) -> tuple[Any, ...]:
        return key

    def key(self, row: tuple[Any, ...]) -> Facet:
        source, topic, kind = row
        return source, topic, kind


Shape = tuple[str, str, tuple[str, ...], bool]
"""(verb, object type, context types, required): what evidence rules mostly look at."""


class Shapes(_Numbered[Shape]):
    """`Shape` → number."""

    table, number = "shapes", "shape"
    columns = ("verb", "object_type", "context_types", "required")

    def row(self, key: Shape) -> tuple[Any, ...]:
        verb, object_type, context_types, required = key
        return verb, object_type, json.dumps(context_types), int(required)

    def key(self, row: tuple[Any, ...]) -> Shape:
        verb, object_type, context_types, required = row
        return verb, object_type, tuple(json.loads(context_types)), bool(required)


def all_shapes(rows: Rows) -> dict[int, Shape]:
    """Number → `Shape`."""
    return {number: shape for shape, number in Shapes(rows).everything().items()}


def ruleset(rows: Rows, version: str) -> int:
    """The number of a rules version; added where it is not there yet."""
    number = rows.value("SELECT ruleset FROM rulesets WHERE version = ?", version)
    if number is None:
        number = rows.value("INSERT INTO rulesets (version) VALUES (?) RETURNING ruleset", version)
    return int(number)
