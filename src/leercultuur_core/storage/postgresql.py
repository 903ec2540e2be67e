"""A store in a PostgreSQL database, as its user finds it there: in the first schema of its
``search_path``.

The same rules as in a file: one writer at a time (a lock of the transaction), readers that see one
moment and wait for nobody, one run at a time (a lock of the session, which dies with its process).
What is beside that: several may deliver at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from ..errors import StoreError
from .database import Database, Trouble, Turn, at_work

if TYPE_CHECKING:
    from psycopg import Connection as Psycopg

# Locks are named by two numbers: what for, and in which schema.
_RUN = 0x6C63_0001
_WRITE = 0x6C63_0002

_ANSWER = "it does not answer, or does not let you in"
_CHECK = "check that it runs, and the address, the user and the password in `store`"
_LOST = "the connection was lost; run again when the database answers"
_AGAIN = "another transaction holds it; wait until that is done, or stop it, and run again"

# SQLSTATE, or its class, to what it means. The longest that fits counts.
_TROUBLES: dict[str, Trouble] = {
    "08": ("failed", _LOST),
    "22P05": ("failed", "it cannot hold every text; make it with ENCODING 'UTF8'"),
    "25006": (
        "read-only",
        "it cannot be written to: a standby, perhaps; check the address in `store`",
    ),
    "28": ("failed", f"{_ANSWER}; check the user and the password"),
    "3D000": ("missing", "there is no such database; make it with createdb"),
    "40": ("busy", _AGAIN),
    "42501": (
        "read-only",
        "this user may not do that; it should own the schema and all its tables",
    ),
    "53100": ("full", "the disk is full; make room and run again"),
    "53300": ("busy", "it takes no more connections; run again when others are done"),
    "54000": ("failed", "a name of a source or unit is longer than an index takes (2.7 kB)"),
    "55P03": ("busy", _AGAIN),
    "57": ("failed", "it is being stopped or started; run again when it runs"),
    "57014": ("failed", "a statement was stopped: by hand, or by its `statement_timeout`"),
    "58": ("failed", "the disk gave an error; check the disk and run again"),
    "XX001": ("damaged", "it is damaged; put the last backup back and run again"),
    "XX002": ("damaged", "an index is damaged; run REINDEX DATABASE, and run again"),
}


class PostgreSQL(Database):
    """A store in a database of a server; ``wait`` is for a lock, in seconds."""

    def __init__(self, address: URL, wait: float) -> None:
        given = address.query
        host = address.host or given.get("host", "")
        where = f"{host}{f':{address.port}' if address.port else ''}/{address.database or ''}"
        name = f"postgresql://{where}"  # without the user, the password and all that may be behind
        limits: dict[str, Any] = {
            "connect_timeout": max(2, round(wait)),
            "application_name": "leercultuur",
        }
        try:
            engine = create_engine(
                address.set(drivername="postgresql+psycopg"),
                connect_args={key: limit for key, limit in limits.items() if key not in given},
                hide_parameters=True,
                # A firewall or a restart may have closed a connection since it was used.
                pool_pre_ping=True,
            )
        except ModuleNotFoundError as error:
            raise StoreError(
                f"store {name}: the library for PostgreSQL is not there; run "
                "`pip install 'leercultuur-core[postgresql]'`",
                "missing",
            ) from error
        super().__init__(engine, name)
        self._moment = f"{round(min(wait, 1) * 1000)}ms"
        self._holder = local()  # .connection: with which this thread has the store to itself

        @event.listens_for(engine, "connect")
        def _prepare(connection: Psycopg[Any], _record: object) -> None:
            _without_nul(connection)
            # Compiling a plan pays for queries of seconds: these are many, and short.
            connection.execute(
                "SELECT set_config('lock_timeout', %s, false), set_config('jit', 'off', false)",
                [f"{round(wait * 1000)}ms"],
            )
            connection.commit()

    def exists(self) -> bool:
        return True

    def empty(self) -> Trouble:
        return "missing", "there is none in this database yet; run `leercultuur init` to make one"

    @contextmanager
    def begin(
        self, *, write: bool, durable: bool = False, beside: bool = False
    ) -> Iterator[Connection]:
        with self.errors(), self._connection(write=write) as connection, connection.begin():
            if write:
                # Each statement from here on sees what the last writer left: not a snapshot of
                # before the lock.
                connection.exec_driver_sql(
                    "SELECT set_config('synchronous_commit', %s, true), "
                    f"pg_advisory_xact_lock{'_shared' if beside else ''}"
                    "(%s, hashtext(current_schema()))",
                    ("on" if durable else "off", _WRITE),
                )
            yield connection

    @contextmanager
    def _connection(self, *, write: bool) -> Iterator[Connection]:
        mine: Connection | None = getattr(self._holder, "connection", None)
        if write and mine is not None:
            # By the connection with the run's lock. Where that is lost another run may have begun.
            if mine.invalidated or mine.connection.driver_connection.closed:  # type: ignore[union-attr]
                raise StoreError(f"store {self.name}: {_LOST}", "failed")
            yield mine
            return
        with self.engine.connect() as connection:
            yield (
                connection
                if write
                else connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            )

    @contextmanager
    def hold(self, *, share: bool = False) -> Iterator[Turn]:
        with self.errors():
            connection = self.engine.connect()
        turn = _Turn(self, connection, self._moment)
        try:
            if not turn.take(share=share):
                raise at_work()
            self._holder.connection = connection
            yield turn
        finally:
            self._holder.connection = None
            turn.let_go()

    def scrub(self) -> None:
        with self.errors(), self.engine.connect() as plain:
            tables = inspect(plain).get_table_names()
            plain.rollback()
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            quote = connection.dialect.identifier_preparer.quote
            # New statistics too: the old ones hold values.
            connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {', '.join(map(quote, tables))}")

    def trouble(self, cause: BaseException | None) -> Trouble | None:
        state = getattr(cause, "sqlstate", None)
        if state is None:
            # Without a code it is about the connection; with one such as 42601, about a statement.
            dbapi: Any = self.engine.dialect.dbapi
            lost = isinstance(cause, dbapi.OperationalError)
            return ("failed", f"{_ANSWER}; {_CHECK}") if lost else None
        fits = [code for code in _TROUBLES if state.startswith(code)]
        return _TROUBLES[max(fits, key=len)] if fits else None


class _Turn(Turn):
    """Held by a session: alone, or shared with who says that they share."""

    def __init__(self, database: PostgreSQL, connection: Connection, moment: str) -> None:
        self._database = database
        self._moment = moment
        self._connection = connection
        self._last: bool | None = None

    def take(self, *, share: bool) -> bool:
        """Takes it alone, else shares where that is asked; whether it did."""
        self.first = self._lock("", patience=self._moment)  # one that was killed may linger
        if not self.first and share:
            # Waits for who settles what may go.
            return self._lock("_shared", patience=None)
        return self.first

    def share(self) -> None:
        if self.first:
            self._ask("pg_advisory_lock_shared")
            self._ask("pg_advisory_unlock")

    def last(self) -> bool:
        if self._last is None:
            self._ask("pg_advisory_unlock_shared")
            self._last = self._ask("pg_try_advisory_lock")
        return self._last

    def let_go(self) -> None:
        """Gives back the connection, without any lock."""
        try:
            with self._connection.begin():
                self._connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
        except (DBAPIError, InvalidRequestError):
            self._connection.invalidate()
        finally:
            self._connection.close()

    def _lock(self, how: str, *, patience: str | None) -> bool:
        try:
            self._ask(f"pg_advisory_lock{how}", patience=patience)
        except StoreError as error:
            if error.trouble != "busy":
                raise
            return False
        return True

    def _ask(self, function: str, *, patience: str | None = None) -> bool:
        with self._database.errors(), self._connection.begin():
            if patience is not None:
                self._connection.exec_driver_sql(
                    "SELECT set_config('lock_timeout', %s, true)", (patience,)
                )
            answer = self._connection.exec_driver_sql(
                f"SELECT {function}(%s, hashtext(current_schema()))", (_RUN,)
            )
            return bool(answer.scalar())


def _without_nul(connection: Psycopg[Any]) -> None:
    """Has texts written with U+FFFD in the place of U+0000, which JSON may hold and PostgreSQL
    may not: one such name must not stop a page."""
    from psycopg.types.string import StrBinaryDumper, StrDumperUnknown  # noqa: PLC0415 - an extra

    class Binary(StrBinaryDumper):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd"))

    class Unknown(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd"))

    connection.adapters.register_dumper(str, Binary)
    connection.adapters.register_dumper(str, Unknown)
