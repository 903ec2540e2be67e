"""Statements in a Parquet file: one to a row, as JSON text in the column ``statement``.

Warehouses keep statements so: the text as it came, beside columns of their own that are not read.
Needs pyarrow, which ``leercultuur-core[bulk]`` brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leercultuur_core import SourceUnavailable

MAGIC = b"PAR1"
"""The first bytes of every Parquet file."""

COLUMN = "statement"

_ROWS = 4096


class ParquetStatements:
    """Iterate for lists of rows, in their order. An empty row is a line with nothing on it.

    ``position`` and ``damage`` are as in `leercultuur_xapi.blocks.Blocks`. Iterating raises
    `SourceUnavailable` where the file cannot be read, also halfway.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
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
            total, number = file.metadata.num_rows, 0
            size = self.path.stat().st_size
            for batch in file.iter_batches(batch_size=_ROWS, columns=[COLUMN]):
                number += batch.num_rows
                self.position = size * number // max(total, 1)
                # Whatever bytes they are: whether they are text is seen where they are read.
                found = batch.column(0).cast(pyarrow.large_binary()).to_pylist()
                yield [one or b"" for one in found]


def _is_text(types: Any, type_: Any) -> bool:
    return any(
        is_(type_)
        for is_ in (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    )
