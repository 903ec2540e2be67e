"""Reads what people did from Moodle's log: its database, read-only, or an export of the table."""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from attrs import field, frozen, validators

from leercultuur_core import AccessDenied, PluginError, Retraction, SourceUnavailable, Visibility
from leercultuur_core.extension import Finding, Page, Record, Reject, Secret, Source, State

from .facts import Names, revision_until
from .log_events import LOG_KINDS, ONLY_SEEN, READERS, Gone, LogRow

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.sql import Executable

_DAY = 86_400
_PAGE = 1000
_COLUMNS = (
    "id",
    "eventname",
    "timecreated",
    "userid",
    "relateduserid",
    "objectid",
    "courseid",
    "contextlevel",
    "contextinstanceid",
    "component",
    "anonymous",
    "realuserid",
    "other",
)
_MAY_BE_EMPTY = {"relateduserid", "objectid", "courseid", "anonymous", "realuserid"}
_TEXTS = {"eventname", "component", "modname", "username", "other"}
_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_LONGEST = 1024 * 1024  # characters in a line of an export


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
        names = Names(self.settings.url)
        reader = self._reader()
        last, since = _read_mark(state.mark)
        if reader.span()[1] < last:  # the table was emptied, or it is another one
            last = 0
        start = max(0, last - self.settings.overlap)
        for rows, rejects, until in reader.pages(start):
            days = [row.timecreated // _DAY for row in rows]
            since = min(days if since is None else [since, *days], default=None)
            records, unfit = self.records(rows, names, reader.place)
            last = max(last, until)
            yield Page(records, [*rejects, *unfit], mark=_write_mark(last, since))
        if since is not None:
            self._seen = Visibility({(names.url, kind): ((since, None),) for kind in LOG_KINDS})

    def visibility(self) -> Visibility | None:
        """What the last run could see: the kinds in the log, from its first row that was read."""
        return self._seen

    def records(
        self, rows: Iterable[LogRow], names: Names, place: str
    ) -> tuple[list[Record], list[Reject]]:
        """What ``rows`` tell, and those that are not as Moodle writes them."""
        records: list[Record] = []
        rejects: list[Reject] = []
        for row in rows:
            try:
                records += self._record(row, names)
            except (
                ValueError,
                KeyError,
                TypeError,
                AttributeError,
                OverflowError,
                RecursionError,
            ):
                reason = f"expected {row.eventname} as Moodle 4.5 writes it, found another"
                rejects.append(Reject(place, row.id, reason))
        return records, rejects

    def _record(self, row: LogRow, names: Names) -> Iterator[Record]:
        settings = self.settings
        if row.anonymous or row.realuserid or row.eventname not in READERS:
            return
        if settings.service_user and settings.service_user in {row.userid, row.learner}:
            return
        if settings.courses and row.courseid not in settings.courses and row.courseid > 1:
            return
        said = READERS[row.eventname](row, names)
        if said is None:
            return
        if isinstance(said, Gone):
            yield Retraction(id=names.activity_id(said.key), revision=revision_until(said.at))
            return
        if not said.done:
            yield Retraction(id=names.activity_id(said.key), revision=said.revision)
            return
        who = row.username if settings.account == "username" else row.learner
        if not who:
            raise ValueError("expected a learner")
        yield names.activity(said, names.account(who), said.revision)

    def _reader(self) -> _Database | Export:
        if self.settings.export is not None:
            return Export(self.settings.export)
        return _Database(self.settings)


class _Database:
    """The table in Moodle's own database, or in the one that logstore_database writes."""

    place = "Moodle's log"

    def __init__(self, settings: MoodleLogSettings) -> None:
        self._settings = settings
        self._table = f"{settings.prefix}logstore_standard_log"

    def span(self) -> tuple[int, int]:
        """The first and the last id; 0 where there is none."""
        ((first, last),) = self._ask(
            f"SELECT min(id), max(id) FROM {self._table}"  # noqa: S608 - the prefix is checked
        )
        return int(first or 0), int(last or 0)

    def pages(self, start: int) -> Iterator[tuple[list[LogRow], list[Reject], int]]:
        """Rows after id ``start``, their rejects, and until which id they go."""
        while True:
            found = self._ask(self._query(), start=start, size=_PAGE, events=sorted(READERS))
            rows: list[LogRow] = []
            rejects: list[Reject] = []
            for one in found:
                try:
                    rows.append(_row(one._mapping))
                except (ValueError, TypeError, KeyError):
                    rejects.append(Reject(self.place, None, "expected a row of the log"))
            if not found:
                return
            start = int(found[-1][0])
            yield rows, rejects, start
            if len(found) < _PAGE:
                return

    def _query(self) -> str:
        prefix = self._settings.prefix
        columns = ", ".join(f"l.{name}" for name in _COLUMNS)
        user = join = ""
        if self._settings.account == "username":
            seen = ", ".join(f"'{name}'" for name in sorted(ONLY_SEEN))
            user = ", u.username AS username"
            join = (
                f" LEFT JOIN {prefix}user u ON u.id = CASE WHEN l.eventname IN ({seen}) "
                "THEN l.userid ELSE coalesce(l.relateduserid, l.userid) END"
            )
        return (  # names of tables cannot be parameters; the prefix is checked
            f"SELECT {columns}, m.name AS modname{user} FROM {self._table} l "  # noqa: S608
            f"LEFT JOIN {prefix}course_modules cm ON l.contextlevel = 70 "
            f"AND cm.id = l.contextinstanceid LEFT JOIN {prefix}modules m ON m.id = cm.module{join} "
            "WHERE l.id > :start AND l.eventname IN :events ORDER BY l.id LIMIT :size"
        )

    def _ask(self, query: str, **values: Any) -> list[Any]:
        try:
            from sqlalchemy import bindparam, text  # noqa: PLC0415 - only who reads a database
            from sqlalchemy.exc import (  # noqa: PLC0415
                ArgumentError,
                DBAPIError,
                NoSuchModuleError,
                ProgrammingError,
            )
        except ImportError:
            raise _no_driver() from None
        asked: Executable = text(query)
        if "events" in values:
            asked = text(query).bindparams(bindparam("events", expanding=True))
        why = ""
        try:
            engine = self._engine()
            try:
                with engine.connect() as connection:
                    return list(connection.execute(asked, values))
            finally:
                engine.dispose()
        except (ArgumentError, NoSuchModuleError, ImportError):
            raise _no_driver() from None
        except ProgrammingError:
            why = "denied"
        except DBAPIError as error:
            # What a database says holds names of hosts and users, and may hold a password.
            why = type(error).__name__
        if why == "denied":
            prefix = self._settings.prefix
            raise AccessDenied(
                f"moodle-log: expected to read {self._table}, {prefix}course_modules and "
                f"{prefix}modules (and {prefix}user for usernames), found no such table or no right; "
                "is the prefix right? else GRANT SELECT on them",
                "read the log",
            )
        raise SourceUnavailable(
            f"moodle-log: the database does not answer, or lets nobody in ({why}); is it up, and are "
            "address, user and password in the dsn right?"
        )

    def _engine(self) -> Engine:
        from sqlalchemy import create_engine  # noqa: PLC0415
        from sqlalchemy.pool import NullPool  # noqa: PLC0415

        assert self._settings.dsn is not None  # noqa: S101 - else it is an export
        return create_engine(self._settings.dsn.reveal(), poolclass=NullPool, hide_parameters=True)


def _no_driver() -> PluginError:
    return PluginError(
        "moodle",
        "cannot use the dsn: expected an address such as postgresql+psycopg://…, and its driver; pip "
        "install 'leercultuur-moodle[log]'",
    )


class Export:
    """The table in a file: CSV, JSON Lines or Parquet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.place = path.name

    def span(self) -> tuple[int, int]:
        """The first and the last id; 0 where there is none."""
        numbers = [row.id for _, row in self._rows() if isinstance(row, LogRow)]
        return (min(numbers), max(numbers)) if numbers else (0, 0)

    def pages(self, start: int) -> Iterator[tuple[list[LogRow], list[Reject], int]]:
        """Rows after id ``start``, their rejects, and until which id they go."""
        rows: list[LogRow] = []
        rejects: list[Reject] = []
        highest = 0
        for line, one in self._rows():
            if isinstance(one, str):
                rejects.append(Reject(self.place, line, one))
            elif one.id > start:
                rows.append(one)
                highest = max(highest, one.id)
            if len(rows) + len(rejects) >= _PAGE:
                yield rows, rejects, 0  # an export need not be in order: the mark waits for its end
                rows, rejects = [], []
        yield rows, rejects, highest

    def _rows(self) -> Iterator[tuple[int, LogRow | str]]:
        """The number of each line or row, with the row or what is wrong with it."""
        why = ""
        try:
            with self._path.open("rb") as file:
                head = file.read(len(_PARQUET))
            if head == _PARQUET:
                yield from self._from_parquet()
            else:
                opened = gzip.open if head.startswith(_GZIP) else open
                with opened(self._path, "rt", encoding="utf-8-sig", newline="") as text:
                    yield from _parsed(text)
        except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
            why = type(error).__name__
        if why:
            raise SourceUnavailable(
                f"{self.place}: cannot be read ({why}); is it CSV, JSON Lines or Parquet?"
            )

    def _from_parquet(self) -> Iterator[tuple[int, LogRow | str]]:
        try:
            import pyarrow  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
            import pyarrow.parquet  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
        except ImportError:
            raise SourceUnavailable(
                f"{self.place}: expected what reads Parquet, found nothing; "
                "pip install 'leercultuur-core[bulk]'"
            ) from None
        why = ""
        try:
            with pyarrow.parquet.ParquetFile(self._path) as file:
                names = file.schema_arrow.names
                _all_columns(names)
                wanted = [name for name in (*_COLUMNS, "modname", "username") if name in names]
                numbers = count(1)
                for batch in file.iter_batches(batch_size=_PAGE, columns=wanted):
                    for number, one in zip(numbers, batch.to_pylist(), strict=False):
                        yield number, _row_or_why(one)
        except pyarrow.ArrowException as error:
            why = type(error).__name__
        if why:
            raise SourceUnavailable(f"{self.place}: cannot be read as Parquet ({why})")


_EXPECTED = "expected a row of logstore_standard_log, found another"


def _parsed(file: IO[str]) -> Iterator[tuple[int, LogRow | str]]:
    first = file.readline(_LONGEST)
    file.seek(0)
    if first.lstrip().startswith("{"):
        for number, line in enumerate(file, 1):
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                yield number, _EXPECTED
            else:
                yield number, _row_or_why(found)
        return
    table = csv.DictReader(file)
    _all_columns(table.fieldnames or ())
    for one in table:
        yield table.line_num, _row_or_why(one)


def _all_columns(found: Iterable[str]) -> None:
    missing = set(_COLUMNS) - {"realuserid", "anonymous"} - set(found)
    if missing:
        raise SourceUnavailable(
            "the export of Moodle's log: expected the columns of logstore_standard_log on the first "
            f"line; missing: {', '.join(sorted(missing))}"
        )


def _row_or_why(found: Any) -> LogRow | str:
    try:
        return _row(found)
    except (ValueError, TypeError, KeyError, AttributeError):
        return _EXPECTED


def _row(found: Mapping[str, Any]) -> LogRow:
    """A row, whichever way its numbers are written. Raises `ValueError`, `TypeError`, `KeyError`."""
    values: dict[str, Any] = {}
    for name in (*_COLUMNS, "modname", "username"):
        value = found.get(name)
        if name in _TEXTS:
            # PostgreSQL may give JSON as it is, exports give "null" or \N for nothing.
            values[name] = "" if value in {None, "\\N", "NULL"} else _text(value)
        elif value in {None, "", "\\N", "NULL"}:
            if name not in _MAY_BE_EMPTY:
                raise ValueError(f"{name}: expected a number")
            values[name] = 0 if name in {"courseid", "anonymous"} else None
        else:
            values[name] = _number(value)
    if not values["eventname"]:
        raise ValueError("eventname: expected a text")
    return LogRow(**values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected a text")
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError("expected a whole number")
    return int(value)


_MARK = re.compile(r"row:(\d+) day:(-|\d+)")


def _read_mark(mark: str | None) -> tuple[int, int | None]:
    """The last row and the first day; none in a mark that is not ours."""
    found = _MARK.fullmatch(mark or "")
    if not found:
        return 0, None
    return int(found[1]), None if found[2] == "-" else int(found[2])


def _write_mark(last: int, since: int | None) -> str:
    return f"row:{last} day:{'-' if since is None else since}"
