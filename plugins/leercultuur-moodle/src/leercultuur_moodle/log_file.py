"""The reader ``moodle-log``: one file with Moodle's log, read as the settings beside it say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from attrs import frozen

from leercultuur_core import ConfigError, SourceUnavailable
from leercultuur_core.extension import FileSource, Page, structure

from .facts import Names
from .log_source import Export, MoodleLogSettings, MoodleLogSource

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
        try:
            own = self._own or settings_for(self.path)
        except ConfigError as error:
            raise SourceUnavailable(f"{self.path}: {error}") from None
        source = MoodleLogSource(
            MoodleLogSettings(
                own.url,
                export=self.path,
                service_user=own.service_user,
                courses=own.courses,
                account=own.account,
            )
        )
        names = Names(own.url)
        for rows, rejects, _ in Export(self.path).pages(0):
            records, unfit = source.records(rows, names, self.path.name)
            if records or rejects or unfit:
                yield Page(records, [*rejects, *unfit])


def settings_for(path: Path) -> MoodleLogFileSettings:
    """The settings that stand beside ``path``. Raises `ConfigError` with every mistake in them, and
    `SourceUnavailable` where there are none."""
    for beside in (path.with_name(f"{path.name}.toml"), path.with_name(FOLDER_SETTINGS)):
        try:
            data = tomllib.loads(beside.read_text("utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError) as error:
            raise SourceUnavailable(f"{beside}: expected a readable TOML file; {error}") from None
        try:
            return structure(MoodleLogFileSettings, data)
        except ConfigError as error:
            raise ConfigError(str(beside), error.problems) from None
    raise SourceUnavailable(
        f"{path}: expected the address of the site in {path.name}.toml or {FOLDER_SETTINGS} beside it "
        '(url = "https://leren.example"), found neither'
    )
