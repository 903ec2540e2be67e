"""The reader ``csv``: one file, read as a mapping beside it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from leercultuur_core import ConfigError, SourceUnavailable
from leercultuur_core.extension import Bulk, FileSource, Page, settings_beside

from .mapping import ActivityMapping
from .pages import read_pages

FOLDER_MAPPING = "leercultuur-csv.toml"
"""The mapping of all files in a folder that have none of their own."""


class CsvFile(FileSource):
    """Activities from one CSV, TSV or Parquet file.

    The mapping is ``<file>.toml``, else `FOLDER_MAPPING` in the same folder; without either the
    headings are the names of `ActivityColumns`. A program may give ``mapping`` itself.
    """

    name: ClassVar[str] = "csv"

    def __init__(self, path: Path, *, mapping: ActivityMapping | None = None) -> None:
        super().__init__(path)
        self._mapping = mapping

    def pages(self) -> Iterator[Page]:
        """The file's records. What cannot be read is a `Reject` with its line and the reason.

        Raises `SourceUnavailable` where nothing can be read, for a mistake in the mapping too.
        """
        yield from read_pages(self.path, self._checked())

    def bulk(self, connection: Any, table: str) -> Bulk | None:
        """A table with ids, as far as DuckDB can surely read it; see `leercultuur_csv.bulk`."""
        from .bulk import bulk_table  # noqa: PLC0415 - only for who has an engine

        try:
            return bulk_table(connection, table, self.path, self._checked())
        except SourceUnavailable:
            return None  # reading it says why

    def _checked(self) -> ActivityMapping:
        try:
            mapping = self._mapping or mapping_for(self.path)
            mapping.check("the mapping")
        except ConfigError as error:
            raise SourceUnavailable(f"{self.path}: {error}") from None
        return mapping


def mapping_for(path: Path) -> ActivityMapping:
    """The mapping that stands beside ``path``. Raises `ConfigError` with every mistake in it."""
    found = settings_beside(path, ActivityMapping, folder_file=FOLDER_MAPPING)
    return found or ActivityMapping()
