"""Statements in a Parquet file: one to a row, as JSON text in the column ``statement``.

Warehouses keep statements so: the text as it came, beside columns of their own that are not read.
Needs pyarrow, which ``leercultuur-core[bulk]`` brings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import frozen

from leercultuur_core import SourceUnavailable

MAGIC = b"PAR1"
"""The first bytes of every Parquet file."""

COLUMN = "statement"

_ROWS = 4096


@frozen
class RowGroups:
    """Row groups of a Parquet file that has so many of them, and so many rows, in all."""

    numbers: range
    groups: int
    rows: int


class ParquetStatements:
    """Iterate for lists of rows, in their order. An empty row is a line with nothing on it.
    Of ``part``, where one is given, and else of all.

    ``position`` and ``damage`` are as in `leercultuur_xapi.blocks.Blocks`. Iterating raises
    `SourceUnavailable` where the file cannot be read, also halfway.
    """

    def __init__(self, path: Path, part: RowGroups | None = None) -> None:
        self.path = path
        self._part = part
        self.position = 0
        self.damage = ""

    def __iter__(self) -> Iterator[list[bytes]]:
        try:
            import pyarrow  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
            import pyarrow.parquet  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
        except ImportError:
            raise SourceUnavailable(
                f"{self.path}: expected what reads Parquet, found nothing; "
                "pip install 'leercultuur-core[bulk]'"
            ) from None
        why = ""
        try:
            yield from self._rows(pyarrow)
        except (OSError, pyarrow.ArrowException) as error:
            why = type(error).__name__
        if why:
            raise SourceUnavailable(f"{self.path}: cannot be read as Parquet ({why})")

    def _rows(self, pyarrow: Any) -> Iterator[list[bytes]]:
        with pyarrow.parquet.ParquetFile(self.path) as file:
            schema = file.schema_arrow
            if COLUMN not in schema.names:
                raise SourceUnavailable(
                    f'{self.path}: expected a column "{COLUMN}" with a statement as JSON in each row, '
                    f"found {len(schema.names)} other columns"
                )
            if not _is_text(pyarrow.types, schema.field(COLUMN).type):
                raise SourceUnavailable(
                    f'{self.path}: expected text in the column "{COLUMN}", found another type'
                )
            total, groups = file.metadata.num_rows, file.metadata.num_row_groups
            part = self._part or RowGroups(range(groups), groups, total)
            if (groups, total) != (part.groups, part.rows):
                raise SourceUnavailable(
                    f"{self.path}: expected {part.rows:,} rows as before, found {total:,}: the file "
                    "was changed; read it again once nothing writes to it"
                )
            number, size = 0, self.path.stat().st_size
            for batch in file.iter_batches(_ROWS, row_groups=part.numbers, columns=[COLUMN]):
                number += batch.num_rows
                self.position = size * number // max(total, 1)
                # Whatever bytes they are: whether they are text is seen where they are read.
                found = batch.column(0).cast(pyarrow.large_binary()).to_pylist()
                yield [one or b"" for one in found]


def row_groups(path: Path, size: int) -> Sequence[RowGroups]:
    """The row groups of a file in parts of some ``size`` bytes of statements, unpacked. None where it
    cannot be read as Parquet with statements in it."""
    try:
        import pyarrow  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
        import pyarrow.parquet  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
    except ImportError:
        return ()
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            found = file.metadata
            names = [found.schema.column(at).path for at in range(found.num_columns)]
            column = names.index(COLUMN)
            sizes = [
                found.row_group(number).column(column).total_uncompressed_size
                for number in range(found.num_row_groups)
            ]
    except (OSError, ValueError, pyarrow.ArrowException):
        return ()
    starts, taken = [0], 0
    for number, bytes_ in enumerate(sizes):
        if taken >= size:
            starts.append(number)
            taken = 0
        taken += bytes_
    parts = pairwise([*starts, len(sizes)])
    return [RowGroups(range(*part), len(sizes), found.num_rows) for part in parts]


def _is_text(types: Any, type_: Any) -> bool:
    return any(
        is_(type_)
        for is_ in (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    )
