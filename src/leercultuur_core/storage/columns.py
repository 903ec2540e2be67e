"""The table of the ledger as columns of numbers.

Imported where it is used: a store must not need NumPy to open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ..activity.columns import Numbers
from .rows import Row, Rows

# SQLite and PostgreSQL have no name in common for this.
_JOINED = {"sqlite": "group_concat({})", "postgresql": "string_agg(CAST({} AS text), ',')"}


def every_day(rows: Rows) -> Iterator[Numbers]:
    """All rows, of a day at a time.

    A day comes as one row with a text of its numbers for each column: to make the Python number for
    each of them would take three times as long as all the rest. All texts are made from the rows in
    the same order.
    """
    joined = _JOINED[rows.connection.dialect.name]
    texts = ", ".join(joined.format(name) for name in ("identity", "facet", "count"))
    for day, *columns in rows.stream(f"SELECT day, {texts} FROM ledger GROUP BY day"):  # noqa: S608
        parts = [np.fromstring(column, dtype=np.int64, sep=",") for column in columns]
        yield np.stack([np.full(len(parts[0]), day), *parts])


def of_rows(rows: Iterable[Row]) -> Numbers:
    """Rows of day, identity, facet and count."""
    return np.array(list(rows), dtype=np.int64).reshape(-1, 4).T


__all__ = ["every_day", "of_rows"]
