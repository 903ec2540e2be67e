"""The reader ``csv``: one file, read as a mapping beside it says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from leercultuur_core import ConfigError, SourceUnavailable
from leercultuur_core.extension import FileSource, Page, structure

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
        try:
            mapping = self._mapping or mapping_for(self.path)
            mapping.check("the mapping")
        except ConfigError as error:
            raise SourceUnavailable(f"{self.path}: {error}") from None
        yield from read_pages(self.path, mapping)


def mapping_for(path: Path) -> ActivityMapping:
    """The mapping that stands beside ``path``. Raises `ConfigError` with every mistake in it."""
    for beside in (path.with_name(f"{path.name}.toml"), path.with_name(FOLDER_MAPPING)):
        try:
            data = tomllib.loads(beside.read_text("utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError) as error:
            raise SourceUnavailable(f"{beside}: expected a readable TOML file; {error}") from None
        try:
            return structure(ActivityMapping, data)
        except ConfigError as error:
            raise ConfigError(str(beside), error.problems) from None
    return ActivityMapping()
