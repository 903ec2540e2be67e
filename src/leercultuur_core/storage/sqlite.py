"""A store in a file: SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event

from ..errors import StoreError
from .database import Database, Trouble, Turn, at_work
from .lock import locked
from .rows import Rows

_CACHE_KIB = 64 * 1024
_CHECKPOINT_PAGES = 8192  # 32 MB of journal: a page that many nights' ids touch is written once

# What SQLite's result codes mean to whoever runs the library: beginning of the name → what to do.
_TROUBLES: dict[str, Trouble] = {
    "SQLITE_BUSY": (
        "busy",
        "another run holds it; wait until that is done, or stop it, and run again",
    ),
    "SQLITE_LOCKED": ("busy", "another run holds it; run again when that is done"),
    "SQLITE_READONLY": (
        "read-only",
        "it cannot be written to; give this user write access to the file and its folder",
    ),
    "SQLITE_FULL": ("full", "the disk is full; make room and run again"),
    "SQLITE_CORRUPT": ("damaged", "it is damaged; put the last backup back and run again"),
    "SQLITE_NOTADB": ("not-a-store", "it is not a database; check the path in `store`"),
    "SQLITE_CANTOPEN": (
        "missing",
        "it cannot be opened; check that the folder exists and that this user may write there",
    ),
    "SQLITE_IOERR": ("failed", "the disk gave an error; check the disk and run again"),
}


class SQLite(Database):
    """A store in a file."""

    def __init__(self, address: URL, wait: float) -> None:
        if not address.database or address.database == ":memory:":
            raise StoreError("store: expected the path of a file", "missing")
        engine = create_engine(address, connect_args={"timeout": wait}, hide_parameters=True)
        super().__init__(engine, address.database)
        is_uri = address.database.startswith("file:")
        self._path = None if is_uri else Path(address.database)

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: object) -> None:
            connection.isolation_level = None  # we begin and end ourselves, also round CREATE TABLE
            for pragma in (
                "foreign_keys = ON",
                "secure_delete = ON",
                "synchronous = NORMAL",
                f"cache_size = -{_CACHE_KIB}",
                f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
            ):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def _start(connection: Connection) -> None:
            mode = connection.get_execution_options().get("leercultuur_begin", "")
            # A snapshot to read from refuses to write.
            connection.exec_driver_sql(f"PRAGMA query_only = {int(mode == '')}")
            if mode is None:
                return
            if mode:
                # Kept in the file; the first writer sets it. Not allowed inside a transaction.
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                durable = connection.get_execution_options().get("leercultuur_durable", False)
                connection.exec_driver_sql(
                    f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}"
                )
            connection.exec_driver_sql(f"BEGIN {mode}")

    def exists(self) -> bool:
        return self._path is None or self._path.exists()

    def empty(self) -> Trouble:
        return "not-a-store", "it is not one of leercultuur's"

    @contextmanager
    def begin(
        self,
        *,
        write: bool,
        durable: bool = False,
        beside: bool = False,  # noqa: ARG002 - one writer at a time, always
    ) -> Iterator[Connection]:
        with self.errors(), self.engine.connect() as plain:
            connection = plain.execution_options(
                leercultuur_begin="IMMEDIATE" if write else "", leercultuur_durable=durable
            )
            with connection.begin():
                yield connection

    @contextmanager
    def hold(self, *, share: bool = False) -> Iterator[Turn]:  # noqa: ARG002 - never shared
        with locked(Path(f"{self.name}.lock")) as got:
            if not got:
                raise at_work()
            yield Turn()

    def scrub(self) -> None:
        with self.errors(), self.engine.connect() as connection:
            rows = Rows(connection.execution_options(leercultuur_begin=None))
            rows.run("VACUUM")
            busy = rows.value("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise StoreError(
                f"store {self.name}: another run still reads the old journal; run "
                "`leercultuur person erase` again when that is done",
                "busy",
            )

    def trouble(self, cause: BaseException | None) -> Trouble | None:
        code = getattr(cause, "sqlite_errorname", "")
        found = (trouble for prefix, trouble in _TROUBLES.items() if code.startswith(prefix))
        return next(found, None)
