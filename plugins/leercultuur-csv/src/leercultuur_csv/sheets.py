"""A table as DuckDB sees it, where it surely sees the cells that the reader sees.

Of text these are files in UTF-8 without a quote in them, whose lines all end alike and have at most as
many cells as there are headings; of Parquet, columns of one plain value. DuckDB only takes lines
apart at the delimiter: no other rule for CSV is asked of it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from leercultuur_core import SourceUnavailable

from .mapping import ActivityMapping
from .parquet import row_of, values_of
from .table import Row
from .text import DELIMITERS, LONGEST, TextTable

_PATTERN = re.compile(r"[*?\[{]")
_BLOCK = 1 << 20
_CAST = {"time": "::TIMESTAMP", "instant": "::TIMESTAMPTZ"}
"""DuckDB counts with microseconds only."""

_TEXT = """
CREATE OR REPLACE TEMP TABLE {table}_cells AS
SELECT {columns}, trim(concat({beyond}'')) <> '' AS wider FROM read_csv(
    $path, columns = $columns, auto_detect = false, delim = $delimiter, quote = '', escape = '',
    comment = '', header = false, skip = $skip, null_padding = true, max_line_size = $longest,
    compression = 'none', hive_partitioning = false
) WHERE CASE WHEN trim({id}, ' ;,|' || chr(9)) <> '' THEN true
    ELSE trim(concat({every}), ' ;,|' || chr(9)) <> '' END
"""


@frozen
class Sheet:
    """The rows of a file.

    rows
        SQL that gives them, to stand after ``FROM``; with ``named`` as its parameters.
    columns
        Column of ours → SQL of its cell.
    forms
        Column of ours → whether its cells are a ``text``, a ``time`` without an offset, an ``instant``,
        or something else.
    read
        Rows of cells of some columns, as DuckDB gives them → as the reader sees them; of a cell
        that the reader refuses there is a reason.
    """

    rows: str
    columns: Mapping[str, str]
    forms: Mapping[str, str]
    read: Callable[[Any], Iterator[Row]]
    named: Mapping[str, object]


def open_sheet(connection: Any, table: str, path: Path, mapping: ActivityMapping) -> Sheet | None:
    """The file at ``path``; ``None`` where only the reader surely knows what is in it."""
    if _PATTERN.search(str(path)):
        return None  # DuckDB would take the name for those of several files
    try:
        if path.suffix.lower() == ".parquet":
            return _parquet(path, mapping)
        return _text(connection, table, path, mapping)
    except (ImportError, OSError, ValueError, SourceUnavailable):
        return None


def _parquet(path: Path, mapping: ActivityMapping) -> Sheet | None:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
    import pyarrow.parquet as pq  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415

    schema = pq.read_schema(path)
    names = list(schema.names)
    places = mapping.wanted.places(names, path)
    types = {ours: schema.field(place).type for ours, place in places.items()}
    plain = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_float64,
        pa.types.is_boolean, pa.types.is_timestamp, pa.types.is_date32,
    )  # fmt: skip
    if not all(any(is_one(type_) for is_one in plain) for type_ in types.values()):
        return None
    forms = {ours: _form(type_, pa) for ours, type_ in types.items()}
    if forms.get("id") != "text" and "id" in types and not pa.types.is_integer(types["id"]):
        return None

    def read(batch: Any) -> Iterator[Row]:
        columns = [values_of(pa, column) for column in batch.columns]
        for number, values in enumerate(zip(*columns, strict=True)):
            yield row_of(number, dict(zip(batch.column_names, values, strict=True)))

    return Sheet(
        "read_parquet($path, hive_partitioning = false)",
        {
            ours: _quoted(names[place]) + _CAST.get(forms[ours], "")
            for ours, place in places.items()
        },
        forms,
        read,
        {"path": str(path)},
    )


def _form(type_: Any, pa: Any) -> str:
    if pa.types.is_timestamp(type_):
        return "instant" if type_.tz else "time"
    return "text" if pa.types.is_string(type_) or pa.types.is_large_string(type_) else "other"


def _text(connection: Any, table: str, path: Path, mapping: ActivityMapping) -> Sheet | None:
    records = TextTable(path, mapping.encoding, mapping.delimiter).records(mapping.wanted.found)
    first = next(records, None)
    if first is None or first.line is None:
        return None
    headings = first.text.rstrip("\r\n")
    delimiter = next((one for one in DELIMITERS if headings.split(one) == first.cells), "")
    width = len(first.cells)
    if mapping.encoding not in {"auto", "utf-8"} or width < 2:
        return None
    if not delimiter or not _plain(path, delimiter, width):
        return None
    import duckdb  # noqa: PLC0415 - who asks for this has it

    every = [f"c{number}" for number in range(len(first.cells))]
    while not first.cells[width - 1].strip():
        width -= 1
    places = mapping.wanted.places(first.cells[:width], path)
    if "id" not in places:
        return None
    sql = _TEXT.format(
        table=table,
        columns=", ".join(f"c{place} AS {ours}" for ours, place in places.items()),
        beyond="".join(f"{one}, " for one in every[width:]),
        id=f"c{places['id']}",
        every=", ".join(every),
    )
    named = {
        "path": str(path),
        "columns": dict.fromkeys(every, "VARCHAR"),
        "delimiter": delimiter,
        "skip": first.line,
        "longest": LONGEST,
    }
    try:
        connection.execute(sql, named)
    except duckdb.Error:
        return None
    if connection.execute(f"SELECT bool_or(wider) FROM {table}_cells").fetchone()[0]:  # noqa: S608 - names of tables are our own
        return None

    def read(batch: Any) -> Iterator[Row]:
        columns = [column.to_pylist() for column in batch.columns]
        for number, cells in enumerate(zip(*columns, strict=True)):
            there = zip(batch.column_names, cells, strict=True)
            yield Row(number, {ours: cell.strip() for ours, cell in there if cell and cell.strip()})

    cells = {ours: _quoted(ours) for ours in places}
    return Sheet(f"{table}_cells", cells, dict.fromkeys(cells, "text"), read, {})


def _plain(path: Path, delimiter: str, width: int) -> bool:
    """Whether the file is UTF-8 without quotes, marks and signs that end a line for the one and not
    for the other, and was not cut short."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    pairs: bool | None = None
    last = b""
    with path.open("rb") as file:
        # One more byte of each line end that would be taken apart.
        while block := file.read(_BLOCK):
            block += file.read(1) if block.endswith(b"\r") else b""
            if pairs is None:
                pairs = b"\r" in block
            if b'"' in block or b"\0" in block or b"\x01" in block:
                return False
            if pairs and not block.count(b"\r\n") == block.count(b"\r") == block.count(b"\n"):
                return False
            if not pairs and b"\r" in block:
                return False
            if not (block.isascii() and decoder.getstate()[0] == b""):
                decoder.decode(block)  # raises a ValueError
            last = block if len(block) > LONGEST else last[-LONGEST:] + block
    decoder.decode(b"", final=True)
    return last.endswith(b"\n") or last.rpartition(b"\n")[2].count(delimiter.encode()) >= width - 1


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
