"""Reads what people did from Moodle's log: its database, read-only, or an export of the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen, validators

from leercultuur_core import AccessDenied, PluginError, SourceUnavailable, Visibility
from leercultuur_core.extension import Finding, Page, Record, Reject, Secret, Source, State

from .facts import Names
from .log_database import LogDatabase
from .log_events import LOG_KINDS, LogRow
from .log_export import Export
from .log_mapper import LogMapper

_DAY = 86_400


def _one_of_two(settings: Any, _: Any, export: Path | None) -> None:
    if (export is None) == (settings.dsn is None):
        raise ValueError("either dsn or export")


@frozen
class MoodleLogSettings:
    r"""Where the log is, and what of it counts.

    url
        The site's address, as people open it: things and accounts are named by it.
    dsn
        The database, as SQLAlchemy writes it (``postgresql+psycopg://user:password@host/moodle``,
        ``mysql+pymysql://…``), of a user that may do no more than read. Or
    export
        a file with the table: CSV with its columns on the first line, a JSON object on each (both may
        be gzipped), or Parquet.
    service_user
        Moodle's number of the web service user: what it does is no learning. 0 for none.
    prefix
        Of the tables.
    courses
        Numbers of courses; without, all of them.
    account
        As in `leercultuur_moodle.MoodleSettings`. With ``username`` an export must have that column.
    overlap
        How many rows before the last one are read again: rows that were written at one time may
        become visible in another order.
    """

    url: str
    dsn: Secret | None = field(default=None, repr=False)
    export: Path | None = field(default=None, validator=_one_of_two)
    service_user: int = 0
    prefix: str = field(default="mdl_", validator=validators.matches_re(r"[A-Za-z0-9_]*"))
    courses: tuple[int, ...] = ()
    account: Literal["id", "username"] = "id"
    overlap: int = field(default=1000, validator=validators.ge(0))


class MoodleLogSource(Source):
    """What people did, as Moodle's standard log tells it: all that the services know and their views,
    searches and log-ins, each with its own time.

    For sites that are too large to ask person by person. A site is read in this way or by
    `leercultuur_moodle.MoodleSource`, not both: what both know has one id and counts once, but of a
    grade, a rating or an enrolment they tell different things.

    What is anonymous, done by somebody who logged in as another, or done by the service user is left
    out. The log does not know roles: what teachers do counts as theirs.
    """

    name = "moodle-log"
    settings: Any = MoodleLogSettings

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._seen: Visibility | None = None

    def check(self) -> Iterable[Finding]:
        """Whether the log can be read, and how far back it goes."""
        try:
            oldest, newest = self._reader().span()
        except (AccessDenied, SourceUnavailable, PluginError) as error:
            yield Finding(
                "problem", str(error), "docs/adapters/moodle-developer.md says what is needed"
            )
            return
        if not newest:
            yield Finding(
                "warning", "moodle-log: the log is empty", "is logging switched on in Moodle?"
            )
            return
        yield Finding("ok", f"moodle-log: rows {oldest:,} to {newest:,}")
        if not self.settings.service_user:
            yield Finding(
                "warning",
                "moodle-log: no service_user is set",
                "where a web service user reads this site, give its number, so that what it does is "
                "left out",
            )

    def fetch(self, state: State) -> Iterator[Page]:
        """The rows since the last one that was read, in their order.

        Raises `SourceUnavailable` and `AccessDenied`; the pages before that stay.
        """
        settings = self.settings
        names = Names(settings.url)
        mapper = LogMapper(names, settings.service_user, settings.courses, settings.account)
        reader = self._reader()
        last, since = _read_mark(state.mark)
        if reader.span()[1] < last:  # the table was emptied, or it is another one
            last = 0
        start = max(0, last - settings.overlap)
        for rows, rejects, until in reader.pages(start):
            days = [row.timecreated // _DAY for row in rows]
            since = min(days if since is None else [since, *days], default=None)
            records, unfit = _read(rows, mapper, reader.place)
            last = max(last, until)
            yield Page(records, [*rejects, *unfit], mark=_write_mark(last, since))
        if since is not None:
            self._seen = Visibility({(names.url, kind): ((since, None),) for kind in LOG_KINDS})

    def visibility(self) -> Visibility | None:
        """What the last run could see: the kinds in the log, from its first row that was read."""
        return self._seen

    def _reader(self) -> LogDatabase | Export:
        settings = self.settings
        if settings.export is not None:
            return Export(settings.export)
        usernames = settings.account == "username"
        return LogDatabase(settings.dsn, settings.prefix, usernames=usernames)


def _read(
    rows: Iterable[LogRow], mapper: LogMapper, place: str
) -> tuple[list[Record], list[Reject]]:
    records: list[Record] = []
    rejects: list[Reject] = []
    for row in rows:
        found = mapper.read(row, place)
        if isinstance(found, Reject):
            rejects.append(found)
        elif found is not None:
            records.append(found)
    return records, rejects


_MARK = re.compile(r"row:(\d+) day:(-|\d+)")


def _read_mark(mark: str | None) -> tuple[int, int | None]:
    """The last row and the first day; none in a mark that is not ours."""
    found = _MARK.fullmatch(mark or "")
    if not found:
        return 0, None
    return int(found[1]), None if found[2] == "-" else int(found[2])


def _write_mark(last: int, since: int | None) -> str:
    return f"row:{last} day:{'-' if since is None else since}"
