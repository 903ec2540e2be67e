"""Rows of a CSV file that somebody filled in, with every problem and its place."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from datetime import date
from typing import TypeVar

from leercultuur_core import ConfigError, Problem

_T = TypeVar("_T")


class Reading:
    """One row: cells by column, stripped; a column that is not in the file is empty."""

    def __init__(
        self, cells: Mapping[str, str], place: str, line: int, problems: list[Problem]
    ) -> None:
        self._cells, self._place, self.line, self._problems = cells, place, line, problems
        self.fits = True
        """Whether nothing was wrong with it so far."""

    def __getitem__(self, column: str) -> str:
        return self._cells.get(column, "")

    def wrong(self, column: str, expected: str, found: str, hint: str = "") -> None:
        """Notes a problem in a column."""
        self.fits = False
        where = f"{self._place}, line {self.line}, {column}"
        self._problems.append(Problem(where, expected, found, hint))

    def filled(self, column: str) -> str:
        """The text of a cell that may not be empty."""
        if not self[column]:
            self.wrong(column, "a text", "nothing")
        return self[column]

    def choice(self, column: str, choices: Mapping[str, _T]) -> _T | None:
        """What a cell stands for, of ``choices``; ``None`` where it is none of them."""
        value = self[column].lower() if self[column].lower() in choices else self[column]
        if value not in choices:
            expected = "one of " + ", ".join(one or "nothing" for one in choices)
            self.wrong(column, expected, "something else")
            return None
        return choices[value]

    def day(self, column: str) -> date | None:
        """The date in a cell, ``None`` where it is empty or no date."""
        if not self[column]:
            return None
        try:
            return date.fromisoformat(self[column])
        except ValueError:
            self.wrong(column, "a date such as 2026-03-02", "something else")
            return None


def read_rows(
    content: str,
    place: str,
    *,
    required: Collection[str],
    optional: Collection[str],
    problems: list[Problem],
) -> list[Reading]:
    """The rows of a CSV text, separated by commas or semicolons; empty lines are passed over.

    ``required`` columns must be there, ``optional`` ones may. Adds to ``problems`` what is wrong with
    a row; raises `ConfigError` where the head line is no use. Cells are not quoted in problems: they
    may be somebody's words.
    """
    head = content.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(content.removeprefix("\ufeff"), newline=""),
        delimiter=";" if head.count(";") > head.count(",") else ",",
        strict=True,
    )
    rows: list[Reading] = []
    try:
        columns = [cell.strip().lower() for cell in next(reader, [])]
        wrong = [
            *(f"no column {name}" for name in required if name not in columns),
            # Without a head line the first one is somebody's.
            *(
                f"another one (column {number})"
                for number, name in enumerate(columns, 1)
                if name not in {*required, *optional}
            ),
            *(f"{name!r} twice" for name in optional if columns.count(name) > 1),
        ]
        if wrong:
            expected = f"the columns {', '.join(required)}; there may be {', '.join(optional)}"
            raise ConfigError(place, [Problem(f"{place}, line 1", expected, one) for one in wrong])
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                where = f"{place}, line {reader.line_num}"
                problems.append(Problem(where, f"{len(columns)} cells", str(len(cells))))
                continue
            named = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
            rows.append(Reading(named, place, reader.line_num, problems))
    except csv.Error as error:
        where = f"{place}, line {reader.line_num}"
        problems.append(Problem(where, "comma separated values", str(error)))
    return rows
