"""Moodle's log as columns: what can be read of an export without going through it row by row.

Only rows that can be read in one way are in the columns; of all others there is the number, and the
reader (`leercultuur_moodle.log_export`) says what they are. Where rows may begin elsewhere than it
seems, such as in a text of several lines, `Unsure` is raised and the whole file is the reader's.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from gzip import GzipFile
from io import BufferedReader
from itertools import chain
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from leercultuur_core import SourceUnavailable

from .log_export import (
    ASKED_FOR,
    MAY_BE_EMPTY,
    NOTHING,
    PARQUET,
    TEXTS,
    ZERO_WHERE_EMPTY,
    Export,
    check_columns,
    is_object,
)

_BLOCK = 4 * 1024 * 1024
"""Bytes that are read at a time; a line that is longer is the reader's."""

_ROWS = 50_000
"""Rows of Parquet that are read at a time."""

_BOM = b"\xef\xbb\xbf"
_DIGITS = "-?[0-9]{1,18}"
_LARGEST = 10**18

# A field of CSV that every program takes for the same: no quote that is not around all of it.
_ANY_TEXT = r'[^",\r\n\x00]*|"(?:[^"\r\n\x00]|"")*"'
_NUMBER = f'{_DIGITS}|"{_DIGITS}"'
_NOTHING = r"\\N|NULL|"
_NUMBER_OR_NOT = f'{_NUMBER}|{_NOTHING}|"(?:{_NOTHING})"'


# The reader says what is wrong with the file.
_UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    UnicodeDecodeError,
    csv.Error,
    pa.ArrowException,
    SourceUnavailable,
)


class Unsure(Exception):
    """Only reading the file line by line can sort it out."""


class Columns(NamedTuple):
    """Some of the rows, in the order of the file.

    rows
        ``row``, the number of the line or row, and `ASKED_FOR`: numbers as int64, null only where
        the reader has ``None``; texts never null.
    odd
        The numbers of rows that only the reader can read.
    """

    rows: Any
    odd: Any


def columns_of(export: Export) -> Iterator[Columns]:
    """``export`` in columns, in bounded memory. Raises `Unsure`, also where it cannot be read."""
    try:
        with export.path.open("rb") as file:
            packed = file.read(len(PARQUET)) == PARQUET
        if packed:
            yield from _from_parquet(export)
            return
        with export.open_bytes() as file:
            yield from _from_text(file)
    except _UNREADABLE:
        raise Unsure from None


def _from_text(file: GzipFile | BufferedReader) -> Iterator[Columns]:
    blocks = _blocks(file)
    first = next(blocks, b"")
    names, _, after = first.partition(b"\n")
    line, read = 1, _Lines().columns
    if not is_object(names.decode()):
        line, read, first = 2, _Csv(names).columns, after
    for block in chain([first], blocks):
        yield read(block, line)
        line += block.count(b"\n")


def _blocks(file: GzipFile | BufferedReader) -> Iterator[bytes]:
    """Whole lines, the last one with a line break too. A ``\\r`` alone would be one as well."""
    kept = file.read(len(_BOM)).removeprefix(_BOM)
    while read := file.read(_BLOCK):
        lines, cut, after = read.rpartition(b"\n")
        if not cut:
            kept += read
            if len(kept) > _BLOCK:
                raise Unsure
            continue
        yield _checked(b"".join((kept, lines, cut)))
        kept = after
    if kept:
        yield _checked(kept + b"\n")


def _checked(block: bytes) -> bytes:
    block.decode()
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        raise Unsure
    return block


class _Csv:
    """Lines of CSV. Raises `Unsure` and `SourceUnavailable` for a first line that the reader refuses."""

    def __init__(self, first: bytes) -> None:
        names = next(csv.reader([first.decode()]), [])
        check_columns(names)
        if len(set(names)) < len(names) or not _ends(first.decode()):
            raise Unsure
        self._sure = f"^(?:{'),(?:'.join(map(_field, names))})\r?\n$"
        self._read = pyarrow.csv.ReadOptions(
            column_names=names, use_threads=False, block_size=2 * _BLOCK
        )
        self._as = pyarrow.csv.ConvertOptions(
            include_columns=[name for name in ASKED_FOR if name in names],
            column_types={name: pa.string() if name in TEXTS else pa.int64() for name in ASKED_FOR},
            null_values=["", *NOTHING],
            strings_can_be_null=False,
        )

    def columns(self, block: bytes, first: int) -> Columns:
        """The rows of whole lines, of which the first has the number ``first``."""
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
        starts = np.concatenate(([0], ends)).astype(np.int32)
        if len(ends) and np.diff(starts).max() > csv.field_size_limit():
            raise Unsure
        lines = pa.StringArray.from_buffers(len(ends), pa.py_buffer(starts), pa.py_buffer(block))
        sure = pc.match_substring_regex(lines, self._sure)
        if not pc.all(sure).as_py():
            if not all(map(_ends, lines.filter(pc.invert(sure)).to_pylist())):
                raise Unsure
            block = "".join(lines.filter(sure).to_pylist()).encode()
        found: dict[str, Any] = {}
        if block:
            table = pyarrow.csv.read_csv(pa.BufferReader(block), self._read, None, self._as)
            found = _arrays(table)
        return _columns(first, sure.to_numpy(zero_copy_only=False), found)


def _ends(line: str) -> bool:
    """Whether a row ends where ``line`` does, and not in a later one."""
    return len(list(csv.reader([line, "."]))) == 2


def _field(name: str) -> str:
    if name in TEXTS or name not in ASKED_FOR:
        return _ANY_TEXT
    return _NUMBER_OR_NOT if name in MAY_BE_EMPTY else _NUMBER


_Digits = Annotated[int, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)]
_Needed = _Digits | str
_Optional = _Digits | str | None


class _Row(msgspec.Struct, gc=False):
    id: _Needed
    eventname: str
    timecreated: _Needed
    userid: _Needed
    contextlevel: _Needed
    contextinstanceid: _Needed
    relateduserid: _Optional = None
    objectid: _Optional = None
    courseid: _Optional = None
    component: str | None = None
    anonymous: _Optional = None
    realuserid: _Optional = None
    other: str | None = None
    modname: str | None = None
    username: str | None = None


_decoder = msgspec.json.Decoder(_Row)


class _Lines:
    """Lines with a JSON object. What msgspec takes for one the reader takes for the same."""

    def columns(self, block: bytes, first: int) -> Columns:
        """The rows of whole lines, of which the first has the number ``first``."""
        count = block.count(b"\n")
        rows: list[_Row | None]
        try:
            rows = [*_decoder.decode_lines(block)]
        except (msgspec.MsgspecError, ValueError, RecursionError):
            rows = []
        if len(rows) != count:  # a line with nothing on it would be left out, too
            rows = [_decoded(line) for line in block.split(b"\n")[:count]]
        sure = np.array([row is not None for row in rows], bool)
        values = zip(
            *(msgspec.structs.astuple(row) for row in rows if row is not None), strict=True
        )
        names = _Row.__struct_fields__
        found = {name: _array(name, column) for name, column in zip(names, values, strict=False)}
        return _columns(first, sure, found)


def _decoded(line: bytes) -> _Row | None:
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _array(name: str, column: Sequence[Any]) -> Any:
    if name not in TEXTS:
        try:
            return pa.array(column, pa.int64())
        except pa.ArrowException:
            column = [None if value is None else str(value) for value in column]
    return pa.array(column, pa.string())


def _from_parquet(export: Export) -> Iterator[Columns]:
    with pyarrow.parquet.ParquetFile(export.path) as file:
        names = file.schema_arrow.names
        check_columns(names)
        wanted = [name for name in ASKED_FOR if name in names]
        if any(names.count(name) > 1 for name in wanted):
            raise Unsure
        first = 1
        for batch in file.iter_batches(batch_size=_ROWS, columns=wanted):
            batch.validate(full=True)
            yield _columns(first, np.ones(len(batch), bool), _arrays(batch))
            first += len(batch)


def _arrays(rows: Any) -> dict[str, Any]:
    """The columns of a table or batch, each as one array."""
    return {
        name: column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        for name, column in zip(rows.schema.names, rows.columns, strict=True)
    }


def _columns(first: int, sure: Any, found: dict[str, Any]) -> Columns:
    """``found`` has the columns of the rows that are ``sure``, as they were written."""
    numbers = np.arange(first, first + len(sure))
    seemed = numbers[sure]
    well = np.ones(len(seemed), bool)
    columns = {"row": pa.array(seemed, pa.int64())}
    for name in ASKED_FOR:
        written = found.get(name)
        if written is None:
            written = pa.nulls(len(seemed))
        if pa.types.is_dictionary(written.type):
            written = written.cast(written.type.value_type)
        columns[name], fits = _texts(written) if name in TEXTS else _numbers(written)
        if name == "eventname":
            fits = pc.and_(fits, pc.not_equal(columns[name], ""))
        elif name in ZERO_WHERE_EMPTY:
            columns[name] = pc.fill_null(columns[name], 0)
        elif name == "id":
            fits = pc.and_(fits, pc.fill_null(pc.greater(columns[name], 0), False))
        elif name not in MAY_BE_EMPTY | TEXTS:
            fits = pc.and_(fits, pc.is_valid(columns[name]))
        well &= fits.to_numpy(zero_copy_only=False)
    rows = pa.table(columns)
    if not well.all():
        rows = rows.filter(pa.array(well))
    return Columns(rows, np.concatenate((numbers[~sure], seemed[~well])))


def _texts(written: Any) -> tuple[Any, Any]:
    """Texts that are never null, and for which the reader has the same."""
    if not _is_text(written.type):
        return pa.array([""] * len(written), pa.string()), pc.is_null(written)
    texts = pc.fill_null(written.cast(pa.string()), "")
    nothing = pc.is_in(texts, value_set=pa.array(NOTHING))
    return pc.if_else(nothing, "", texts), pa.array(np.ones(len(texts), bool))


def _numbers(written: Any) -> tuple[Any, Any]:
    """Numbers, and for which the reader has the same."""
    if pa.types.is_uint64(written.type):
        fits = pc.fill_null(pc.less_equal(written, pa.scalar(_LARGEST, pa.uint64())), True)
        return pc.if_else(fits, written, None).cast(pa.int64()), fits
    if pa.types.is_integer(written.type):
        return written.cast(pa.int64()), pa.array(np.ones(len(written), bool))
    if not _is_text(written.type):
        return pa.nulls(len(written), pa.int64()), pc.is_null(written)
    nothing = pc.is_in(written.cast(pa.string()), value_set=pa.array(["", *NOTHING]))
    texts = pc.if_else(nothing, None, written.cast(pa.string()))
    fits = pc.fill_null(pc.match_substring_regex(texts, f"^{_DIGITS}$"), True)
    return pc.if_else(fits, texts, None).cast(pa.int64()), fits


def _is_text(type_: Any) -> bool:
    return bool(
        pa.types.is_string(type_)
        or pa.types.is_large_string(type_)
        or pa.types.is_string_view(type_)
    )
