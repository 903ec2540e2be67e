"""Strict reading of tables that people edit: UTF-8, tab separated, a header row, no quoting.

A `Schema` declares the columns. `read_table` never stops at the first mistake: it adds a `Problem`
with file, row and field for each, and returns what could be read, so that checks between tables can
add theirs before all are raised together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from attrs import field, frozen

from ..errors import Problem

_SHOWN = 60


class CellError(Exception):
    """A cell does not hold what its column expects."""

    def __init__(self, expected: str, found: str, hint: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = found
        self.hint = hint


@frozen
class Column:
    """A column: its name, and ``read`` from a stripped cell to a value, which raises `CellError`."""

    name: str
    read: Callable[[str], Any]


def text(name: str, *, required: bool = True) -> Column:
    """A column of words; empty cells read as ``""`` unless ``required``."""

    def read(cell: str) -> str:
        if required and not cell:
            raise CellError("a text", "an empty cell")
        # One pair around a whole cell is a spreadsheet's quoting; a quoted word inside is text.
        if len(cell) > 1 and cell[0] == cell[-1] == '"':
            raise CellError(
                "a text without quotes around it",
                shown(cell),
                "save as tab separated, without quoting",
            )
        return cell

    return Column(name, read)


def choice(name: str, choices: Sequence[str]) -> Column:
    """A column holding one of ``choices``."""

    def read(cell: str) -> str:
        if cell not in choices:
            raise _no_choice(cell, choices)
        return cell

    return Column(name, read)


def choices_of(name: str, choices: Sequence[str], *, required: bool = True) -> Column:
    """A column of some of ``choices``, separated by commas, read as a tuple in the order given."""

    def read(cell: str) -> tuple[str, ...]:
        values = _split(cell, required=required, expected=f"one or more of {', '.join(choices)}")
        for value in values:
            if value not in choices:
                raise _no_choice(value, choices)
        return values

    return Column(name, read)


def names(name: str) -> Column:
    """A column of ids, separated by commas, read as a tuple; may be empty. What they refer to is
    checked with `check_references`."""
    return Column(name, lambda cell: _split(cell, required=False, expected="ids"))


def yes_no(name: str) -> Column:
    """A column of ``yes`` or ``no``, read as a bool."""

    def read(cell: str) -> bool:
        if cell not in ("yes", "no"):
            raise CellError("yes or no", shown(cell))
        return cell == "yes"

    return Column(name, read)


def whole_number(name: str, *, required: bool = True) -> Column:
    """A column of whole numbers from 0; empty cells read as ``None`` unless ``required``."""

    def read(cell: str) -> int | None:
        if not cell and not required:
            return None
        # isdigit alone would let through other scripts' digits and superscripts.
        if not (cell.isascii() and cell.isdigit() and len(cell) < 10):
            raise CellError("a whole number", shown(cell))
        return int(cell)

    return Column(name, read)


@frozen
class Schema:
    """A table: its file name, its columns, and the columns that together name a row (may be none)."""

    file: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("id",)


@frozen
class Row:
    """One row: ``number`` as a spreadsheet counts (the header is row 1), and the values by column.

    A cell that could not be read is absent from ``values``; its problem has been told.
    """

    file: str
    number: int
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def place(self, column: str) -> str:
        """Where a cell of this row stands, for a `Problem`."""
        return f"{self.file}, row {self.number}, {column}"


@frozen
class Table:
    """The rows of one file, those with a mistake too, and the first row of each one-column key."""

    file: str
    rows: tuple[Row, ...] = ()
    readable: bool = True
    by_id: Mapping[str, Row] = field(init=False, repr=False, eq=False)

    @by_id.default
    def _by_id(self) -> Mapping[str, Row]:
        found: dict[str, Row] = {}
        for row in self.rows:
            if isinstance(name := row.values.get("id"), str):
                found.setdefault(name, row)
        return found


def read_table(content: bytes, schema: Schema, problems: list[Problem]) -> Table:
    """The table in ``content``; each mistake is added to ``problems``.

    A table whose header is not what ``schema`` declares has ``readable`` false where a whole column
    is missing: what other tables say about it cannot be judged then.
    """
    try:
        # Spreadsheets like to begin with a byte order mark and to end lines with \r\n.
        lines = content.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        problems.append(
            Problem(
                f"{schema.file}, row {row}",
                "UTF-8",
                f"byte 0x{content[error.start]:02x}",
                "save the file as UTF-8",
            )
        )
        return Table(schema.file, readable=False)
    header = [cell.strip() for cell in lines[0].split("\t")]
    missing = list(_check_header(header, schema, problems))
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            rows.append(_read_row(line.split("\t"), number, header, schema, problems))
    _check_keys(rows, schema, problems)
    return Table(schema.file, tuple(rows), readable=not missing)


def _check_header(header: Sequence[str], schema: Schema, problems: list[Problem]) -> Iterator[str]:
    """Yields the declared columns that are missing."""
    place = f"{schema.file}, row 1"
    declared = [column.name for column in schema.columns]
    missing = [name for name in declared if name not in header]
    for name in missing:
        problems.append(Problem(place, f"a column {name}", "no such column"))
        yield name
    for position, name in enumerate(header, start=1):
        if name in header[: position - 1]:
            problems.append(
                Problem(place, "each column once", f"{shown(name)} again in column {position}")
            )
        elif name not in declared:
            problems.append(
                Problem(
                    place,
                    "only declared columns",
                    f"{shown(name)} in column {position}",
                    did_you_mean(name, declared),
                )
            )


def _read_row(
    cells: Sequence[str],
    number: int,
    header: Sequence[str],
    schema: Schema,
    problems: list[Problem],
) -> Row:
    values: dict[str, Any] = {}
    if len(cells) != len(header):
        hint = (
            "a tab too few"
            if len(cells) < len(header)
            else "a tab too many, or a tab inside a text"
        )
        problems.append(
            Problem(f"{schema.file}, row {number}", f"{len(header)} cells", f"{len(cells)}", hint)
        )
        # The cells may have shifted, but what names the row still helps the checks between tables.
        if header[0] == "id" and cells[0].strip():
            values["id"] = cells[0].strip()
        return Row(schema.file, number, values)
    by_name = dict(zip(header, cells, strict=True))
    for column in schema.columns:
        if column.name not in by_name:
            continue
        try:
            values[column.name] = column.read(by_name[column.name].strip())
        except CellError as error:
            place = f"{schema.file}, row {number}, {column.name}"
            problems.append(Problem(place, error.expected, error.found, error.hint))
    return Row(schema.file, number, values)


def _check_keys(rows: Iterable[Row], schema: Schema, problems: list[Problem]) -> None:
    first: dict[tuple[Any, ...], int] = {}
    for row in rows:
        if not schema.key or any(name not in row.values for name in schema.key):
            continue
        key = tuple(row[name] for name in schema.key)
        if key in first:
            found = shown(" ".join(map(str, key)))
            problems.append(
                Problem(
                    row.place(schema.key[-1]), "each row once", f"{found}, also in row {first[key]}"
                )
            )
        else:
            first[key] = row.number


def check_references(
    table: Table, column: str, known: Collection[str], what: str, problems: list[Problem]
) -> None:
    """Adds a problem for each id in ``column`` (one id, or a tuple of them) not among ``known``."""
    for row in table.rows:
        value = row.values.get(column, ())
        problems.extend(
            Problem(row.place(column), what, shown(name), did_you_mean(name, known))
            for name in ((value,) if isinstance(value, str) else value)
            if name not in known
        )


def check_same_ids(table: Table, other: Table, problems: list[Problem]) -> None:
    """Adds a problem for each id that only one of two tables has: every row has its pair."""
    if not (table.readable and other.readable):
        return
    for name, row in table.by_id.items():
        if name not in other.by_id:
            problems.append(
                Problem(
                    row.place("id"),
                    f"a row with this id in {other.file} too",
                    shown(name),
                    did_you_mean(name, set(other.by_id) - set(table.by_id)),
                )
            )
    for name, row in other.by_id.items():
        if name not in table.by_id:
            problems.append(
                Problem(
                    row.place("id"),
                    f"a row with this id in {table.file} too",
                    shown(name),
                    did_you_mean(name, set(table.by_id) - set(other.by_id)),
                )
            )


def shown(found: str) -> str:
    """``found`` in quotes, short enough for one line of a message."""
    cut = found if len(found) <= _SHOWN else found[: _SHOWN - 1] + "…"
    return '"' + "".join(sign if sign.isprintable() else " " for sign in cut) + '"'


def did_you_mean(found: str, choices: Iterable[str]) -> str:
    """A hint with the nearest of ``choices``, or ``""`` where none is near."""
    near = get_close_matches(found, sorted(choices), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""


def _split(cell: str, *, required: bool, expected: str) -> tuple[str, ...]:
    if not cell:
        if required:
            raise CellError(expected, "an empty cell")
        return ()
    values = tuple(value.strip() for value in cell.split(","))
    if "" in values:
        raise CellError(f"{expected}, separated by commas", shown(cell), "a comma too many")
    if len(set(values)) < len(values):
        raise CellError("each value once", shown(cell))
    return values


def _no_choice(found: str, choices: Sequence[str]) -> CellError:
    what = f"one of {', '.join(choices)}"
    return CellError(what, shown(found) if found else "an empty cell", did_you_mean(found, choices))
