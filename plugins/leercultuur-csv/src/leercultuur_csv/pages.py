"""A file of activities as pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from leercultuur_core.extension import Page, Record, Reject

from .cells import text_of
from .mapping import ActivityMapping, RowMapper
from .occurrences import Occurrences
from .table import Row, open_table
from .who import Unusable

PAGE = 10_000
"""Rows in a page, those that were kept aside among them."""


def read_pages(
    path: Path, mapping: ActivityMapping, asked: Callable[[Row], bool] | None = None
) -> Iterator[Page]:
    """The records of ``path``, in its order, in bounded memory; of the rows that are ``asked`` for.

    A row that does not fit is a `Reject` with its line, and never stops the rest. Raises
    `SourceUnavailable` where the file cannot be read, or misses a column.
    """
    table = open_table(path, mapping.wanted, mapping.encoding, mapping.delimiter)
    records: list[Record] = []
    rejects: list[Reject] = []
    labels: dict[str, str] = {}
    with Occurrences() as seen:
        mapper = RowMapper(mapping, seen)
        for row in filter(asked, table.rows()) if asked else table.rows():
            reason = row.reason
            try:
                record = None if reason else mapper.record(row.cells)
            except Unusable as error:
                record, reason = None, str(error)
            if reason:
                rejects.append(Reject(str(path), row.line, reason, row.raw))
            elif record is not None:
                records.append(record)
                _label(row, mapping, labels)
            if len(records) + len(rejects) >= PAGE:
                yield Page(records, rejects, labels, bytes_read=table.position)
                records, rejects, labels = [], [], {}
        if records or rejects:
            yield Page(records, rejects, labels, bytes_read=table.position)


def _label(row: Row, mapping: ActivityMapping, labels: dict[str, str]) -> None:
    """Keeps the address as it stands in the file: the identifier holds its hash only."""
    if "mail" in row.cells:
        address = text_of(row.cells["mail"])
        labels.setdefault(mapping.canonical("mail", address), address.removeprefix("mailto:"))
