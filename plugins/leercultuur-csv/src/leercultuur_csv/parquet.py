"""A Parquet file as a table, in batches. Needs the extra ``leercultuur-csv[parquet]`` (pyarrow)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from leercultuur_core import SourceUnavailable

from .cells import Cell
from .table import Row, Wanted

_BATCH = 4096


class ParquetTable:
    """Rows of a Parquet file; only the columns that are wanted are read."""

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self.path = path
        self.position = 0
        self._wanted = wanted

    def rows(self) -> Iterator[Row]:
        """All rows, in order. Raises `SourceUnavailable` where the file cannot be read, also
        halfway: a damaged file says nothing about its rows."""
        try:
            import pyarrow  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
            import pyarrow.parquet  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
        except ImportError:
            raise SourceUnavailable(
                f"{self.path}: expected what reads Parquet, found nothing; "
                "pip install 'leercultuur-csv[parquet]'"
            ) from None
        try:
            yield from self._rows(pyarrow)
        except (OSError, pyarrow.ArrowException) as error:
            why = error.strerror if isinstance(error, OSError) else None
            raise SourceUnavailable(
                f"{self.path}: cannot be read as Parquet ({why or type(error).__name__})"
            ) from None

    def _rows(self, pyarrow: Any) -> Iterator[Row]:
        with pyarrow.parquet.ParquetFile(self.path) as file:
            names: list[str] = list(file.schema_arrow.names)
            places = self._wanted.places(names, self.path)
            total, number = file.metadata.num_rows, 0
            size = self.path.stat().st_size
            columns = [names[place] for place in places.values()]
            for batch in file.iter_batches(batch_size=_BATCH, columns=columns):
                values = {
                    ours: values_of(pyarrow, batch.column(names[place]))
                    for ours, place in places.items()
                }
                for at in range(batch.num_rows):
                    number += 1
                    row = {ours: column[at] for ours, column in values.items()}
                    yield row_of(number, row)
                self.position = size * number // total


def values_of(pyarrow: Any, column: Any) -> list[Any]:
    """A column as Python values; of times that are finer than Python's, the rest is cut off."""
    if pyarrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
    found: list[Any] = column.to_pylist()
    return found


def row_of(number: int, values: dict[str, Any]) -> Row:
    """Values of one row by column of ours; a reason where one of them is no plain value."""
    cells: dict[str, Cell] = {}
    for ours, value in values.items():
        plain = float(value) if isinstance(value, Decimal) else value
        if plain is None or (isinstance(plain, str) and not plain.strip()):
            continue
        if not isinstance(plain, Cell):
            return Row(number, reason=f"{ours}: expected one value, found a {type(value).__name__}")
        cells[ours] = plain
    return Row(number, cells)
