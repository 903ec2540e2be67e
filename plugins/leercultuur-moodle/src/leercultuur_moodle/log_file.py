"""The reader ``moodle-log``: one file with Moodle's log, read as the settings beside it say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

from attrs import frozen

from leercultuur_core import ConfigError, SourceUnavailable
from leercultuur_core.extension import Bulk, FileSource, Page, settings_beside

from .facts import Names
from .log_export import Export
from .log_mapper import LogMapper
from .log_pages import log_pages

FOLDER_SETTINGS = "leercultuur-moodle.toml"
"""The settings of all files in a folder that have none of their own."""


@frozen
class MoodleLogFileSettings:
    """What a file of the log does not say itself; each as in
    `leercultuur_moodle.log_source.MoodleLogSettings`."""

    url: str
    service_user: int = 0
    courses: tuple[int, ...] = ()
    account: Literal["id", "username"] = "id"


class MoodleLogFile(FileSource):
    """What people did, from one file with the table ``logstore_standard_log``: CSV with its columns on
    the first line, a JSON object on each, both plain or gzip, or Parquet.

    The settings are ``<file>.toml``, else `FOLDER_SETTINGS` in the same folder. A program may give
    ``settings`` itself.
    """

    name: ClassVar[str] = "moodle-log"

    def __init__(self, path: Path, *, settings: MoodleLogFileSettings | None = None) -> None:
        super().__init__(path)
        self._own = settings

    def pages(self) -> Iterator[Page]:
        """The file's records, in its order. A row that is not as Moodle writes it is a `Reject`.

        Raises `SourceUnavailable` where nothing can be read, for a mistake in the settings too.
        """
        yield from log_pages(Export(self.path), self._mapper())

    def bulk(self, connection: Any, table: str) -> Bulk | None:
        """See `leercultuur_moodle.log_bulk`. ``None`` where `pages` must sort the file out, or says what
        is wrong with it."""
        from .log_bulk import bulk_log  # noqa: PLC0415 - brings pyarrow; only who has an engine needs it

        try:
            mapper = self._mapper()
        except SourceUnavailable:
            return None
        return bulk_log(connection, table, Export(self.path), mapper)

    def _mapper(self) -> LogMapper:
        try:
            own = self._own or settings_for(self.path)
        except ConfigError as error:
            raise SourceUnavailable(f"{self.path}: {error}") from None
        return LogMapper(Names(own.url), own.service_user, own.courses, own.account)


def settings_for(path: Path) -> MoodleLogFileSettings:
    """The settings that stand beside ``path``. Raises `ConfigError` with every mistake in them, and
    `SourceUnavailable` where there are none."""
    found = settings_beside(path, MoodleLogFileSettings, folder_file=FOLDER_SETTINGS)
    if found is not None:
        return found
    raise SourceUnavailable(
        f"{path}: expected the address of the site in {path.name}.toml or {FOLDER_SETTINGS} beside it "
        '(url = "https://leren.example"), found neither'
    )
