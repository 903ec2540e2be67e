"""The source ``csv``: files that a pattern names, read as the configuration says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from attrs import frozen

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import (
    Finding,
    Page,
    Source,
    State,
    matching_files,
    read_changed,
)

from .mapping import ActivityMapping
from .pages import read_pages

__all__ = ["CsvActivities", "CsvActivitiesSettings"]


@frozen(kw_only=True)
class CsvActivitiesSettings(ActivityMapping):
    """``path``: the files to read, ``*`` stands for any, as in ``drop/*.csv``; the rest as in
    `ActivityMapping`."""

    path: Path


class CsvActivities(Source):
    """Activities from CSV, TSV and Parquet files, each read once for as long as it stays the same.

    A file that has grown or was replaced is read again from its start: what was read before has the
    same ids and counts once.
    """

    name: ClassVar[str] = "csv"
    settings = CsvActivitiesSettings

    def __init__(self, settings: CsvActivitiesSettings) -> None:
        """Raises `ConfigError` for a mapping that makes no sense."""
        super().__init__(settings)
        self._own = settings
        settings.check(f"source {self.name}")

    def check(self) -> Iterable[Finding]:
        """Whether each file that the pattern names can be read, and how many rows cannot."""
        paths = self._files()
        if not paths:
            text = f"{self._own.path}: no files"
            yield Finding("warning", text, "is the path right? (* stands for any)")
        for path in paths:
            count, first = 0, ""
            try:
                for page in read_pages(path, self._own):
                    count += len(page.rejects)
                    first = first or (str(page.rejects[0]) if page.rejects else "")
            except SourceUnavailable as error:
                yield Finding("problem", str(error))
                continue
            if count:
                yield Finding("warning", f"{path}: {count:,} rows cannot be used; first {first}")
            else:
                yield Finding("ok", f"{path}: every row can be used")

    def fetch(self, state: State) -> Iterator[Page]:
        """The records of all files that are new or changed, by name of file.

        A file that cannot be read does not stop the others: `SourceUnavailable` comes at the end,
        and the file is tried again next time.
        """
        yield from read_changed(self._files(), state, lambda path: read_pages(path, self._own))

    def _files(self) -> list[Path]:
        """What the pattern names; a mapping beside a file is no table."""
        return [path for path in matching_files(self._own.path) if path.suffix != ".toml"]
