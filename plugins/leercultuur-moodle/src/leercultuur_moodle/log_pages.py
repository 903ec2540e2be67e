"""An export of Moodle's log as pages of records, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator, Set

from leercultuur_core.extension import Page, Record, Reject

from .log_export import Export
from .log_mapper import LogMapper

_PAGE = 1000


def log_pages(export: Export, mapper: LogMapper, only: Set[int] | None = None) -> Iterator[Page]:
    """What the rows of ``export`` tell; with ``only``, those with these numbers, each on one line.

    Raises `SourceUnavailable` where the file cannot be read.
    """
    records: list[Record] = []
    rejects: list[Reject] = []
    for line, row in export.rows(only):
        found = (
            Reject(export.place, line, row)
            if isinstance(row, str)
            else mapper.read(row, export.place)
        )
        if isinstance(found, Reject):
            rejects.append(found)
        elif found is not None:
            records.append(found)
        if len(records) + len(rejects) >= _PAGE:
            yield Page(records, rejects)
            records, rejects = [], []
    if records or rejects:
        yield Page(records, rejects)
