"""Moodle's log in its database, read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from leercultuur_core import AccessDenied, PluginError, SourceUnavailable
from leercultuur_core.extension import Reject, Secret

from .log_events import ONLY_SEEN, READERS, LogRow
from .log_export import COLUMNS, row_of

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.sql import Executable

_PAGE = 1000


class LogDatabase:
    """The table in Moodle's own database, or in the one that logstore_database writes.

    ``dsn`` and ``prefix`` are as in `leercultuur_moodle.log_source.MoodleLogSettings`; ``usernames``:
    whether rows have the username of the learner.
    """

    place = "Moodle's log"

    def __init__(self, dsn: Secret, prefix: str, *, usernames: bool) -> None:
        self._dsn = dsn
        self._prefix = prefix
        self._usernames = usernames
        self._table = f"{prefix}logstore_standard_log"

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
                    rows.append(row_of(one._mapping))
                except (ValueError, TypeError, KeyError):
                    rejects.append(Reject(self.place, None, "expected a row of the log"))
            if not found:
                return
            start = int(found[-1][0])
            yield rows, rejects, start
            if len(found) < _PAGE:
                return

    def _query(self) -> str:
        prefix = self._prefix
        columns = ", ".join(f"l.{name}" for name in COLUMNS)
        user = join = ""
        if self._usernames:
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
            prefix = self._prefix
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

        return create_engine(self._dsn.reveal(), poolclass=NullPool, hide_parameters=True)


def _no_driver() -> PluginError:
    return PluginError(
        "moodle",
        "cannot use the dsn: expected an address such as postgresql+psycopg://…, and its driver; pip "
        "install 'leercultuur-moodle[log]'",
    )
