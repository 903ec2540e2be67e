"""The store: one organisation's database, opened, versioned, and changed in whole transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ..activity.activity import Record
from ..activity.evidence import EvidenceRules
from ..errors import StoreError
from .delivery import Delivery
from .effect import EffectTables
from .identifier import Identifier
from .ledgers import LedgerTables
from .migrations import migrate
from .pages import PageResult, Pages, RejectLike
from .people import People
from .preconditions import PreconditionTables
from .privacy import Privacy
from .results import Results
from .rows import Rows, store_errors
from .schema import VERSION
from .sources import Sources

WAIT = 10.0
"""Seconds to wait for another run before giving up."""

_CACHE_KIB = 64 * 1024
_CHECKPOINT_PAGES = 8192  # 32 MB of journal: a page that many nights' ids touch is written once


class Transaction(Rows):
    """One transaction, by topic. All of it is kept when the ``with`` block ends, or nothing is.

    In `Store.reading` it is a snapshot: nothing changes under you, and nothing can be changed.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.pages = Pages(self)
        self.ledger = LedgerTables(self)
        self.sources = Sources(self)
        self.people = People(self)
        self.results = Results(self)
        self.delivery = Delivery(self)
        self.privacy = Privacy(self)
        self.preconditions = PreconditionTables(self)
        self.effect = EffectTables(self)


class Store:
    """An open store; make one with `Store.open`. A context manager: it closes at the end.

    May be shared by threads; each transaction has a connection of its own.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name
        """What it is called in errors: the file, or the address without its password."""

    @classmethod
    def open(
        cls, url: str | Path, *, create: bool = False, upgrade: bool = False, wait: float = WAIT
    ) -> Store:
        """The store at ``url``: a path, or ``sqlite:///path``.

        ``create`` makes one where there is none; ``upgrade`` brings an older one up to date.
        ``wait`` is how many seconds a transaction waits for another run to finish.

        Raises `StoreError` where it is missing, newer than this program, older (without
        ``upgrade``), or cannot be read as a store.
        """
        engine, name, path = _engine(url, wait)
        store = cls(engine, name)
        try:
            if path is not None and not path.exists() and not create:
                raise StoreError(
                    f"store {name}: there is none; run `leercultuur init` to make one, or check the "
                    "path in `store`",
                    "missing",
                )
            store._check_version(create=create, upgrade=upgrade)
        except BaseException:
            engine.dispose()
            raise
        return store

    def _check_version(self, *, create: bool, upgrade: bool) -> None:
        version = self.version()
        if version == VERSION:
            return
        if version is None and not create:
            raise StoreError(f"store {self.name}: it is not one of leercultuur's", "not-a-store")
        if version is not None and version > VERSION:
            raise StoreError(
                f"store {self.name}: it was written by a newer leercultuur (schema {version}, this "
                f"program knows {VERSION}); install that version, or put the backup back that was "
                "made before the upgrade",
                "newer",
            )
        if version is not None and not upgrade:
            raise StoreError(
                f"store {self.name}: it was written by an older leercultuur (schema {version}, this "
                f"program needs {VERSION}); make a backup, then run `leercultuur upgrade`",
                "older",
            )
        with self._begin("IMMEDIATE") as connection:
            migrate(connection)

    def version(self) -> str | None:
        """The schema version of the database; ``None`` where it has no store yet.

        Raises `StoreError` where there are tables, but none of a store.
        """
        with self._begin("") as connection:
            tables = inspect(connection).get_table_names()
            if "alembic_version" in tables:
                version = Rows(connection).value("SELECT version_num FROM alembic_version")
                return None if version is None else str(version)
        if tables:
            raise StoreError(f"store {self.name}: it is another program's database", "not-a-store")
        return None

    @contextmanager
    def _begin(self, mode: str, *, durable: bool = False) -> Iterator[Connection]:
        with store_errors(self.name), self.engine.connect() as plain:
            connection = plain.execution_options(
                leercultuur_begin=mode, leercultuur_durable=durable
            )
            with connection.begin():
                yield connection

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Transaction]:
        """Everything in the block is kept, or nothing where anything in it raises.

        One writer at a time; waits for another, then raises `StoreError` (``busy``). A transaction
        that was kept outlives the program; one that is ``durable`` a power cut too, at the price
        of waiting for the disk. Without it a power cut may take the last ones together.
        """
        with self._begin("IMMEDIATE", durable=durable) as connection:
            yield Transaction(connection)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A snapshot to read from; never waits for a writer."""
        with self._begin("") as connection:
            yield Transaction(connection)

    def commit_page(
        self,
        records: Iterable[Record],
        *,
        rules: EvidenceRules,
        identify: Identifier,
        source_name: str,
        at: datetime,
        mark: str | None = None,
        learners: dict[str, str | None] | None = None,
        rejects: Iterable[RejectLike] = (),
    ) -> PageResult:
        """Takes in one page of a source in one transaction: its records, where to go on (``mark``),
        what to remember of single ``learners``, and what could not be read.

        A page that is read again changes nothing. See `Pages.take_in`.
        """
        with self.transaction() as tx:
            tx.sources.keep_rejects(source_name, rejects, at=at)
            result = tx.pages.take_in(records, rules=rules, identify=identify, at=at)
            tx.sources.remember(
                source_name, mark=mark, learners=learners or {}, identify=identify, at=at
            )
        return result

    def erase_person(
        self, uuid: str, *, at: datetime, strings: Iterable[str] = ()
    ) -> dict[str, int]:
        """`Privacy.erase`, then `scrub`. Gives how many rows of which table are gone."""
        with self.transaction() as tx:
            counts = tx.privacy.erase(uuid, at=at, strings=strings)
        self.scrub()
        return counts

    def scrub(self) -> None:
        """Writes the file anew, so that neither it nor the journal holds anything deleted.

        SQLite overwrites what is deleted (``secure_delete``), but copies that it left behind when
        it moved rows between pages stay: measured, one or two in two thousand. Needs as much free
        room as the store is large. Raises `StoreError` (``busy``) while another run reads; what was
        erased is gone from the tables by then, and only this needs doing again.
        """
        if self.engine.dialect.name != "sqlite":
            return
        with store_errors(self.name), self.engine.connect() as connection:
            rows = Rows(connection.execution_options(leercultuur_begin=None))
            rows.run("VACUUM")
            busy = rows.value("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise StoreError(
                f"store {self.name}: another run still reads the old journal; run "
                "`leercultuur person erase` again when that is done",
                "busy",
            )

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Store {self.name}>"


def upgrade(url: str | Path) -> None:
    """Brings the store at ``url`` to the schema of this program, in one transaction.

    Raises `StoreError` as `Store.open` does.
    """
    Store.open(url, upgrade=True).close()


def _engine(url: str | Path, wait: float) -> tuple[Engine, str, Path | None]:
    """The engine, the name for errors, and the file where there is one."""
    text = str(url)
    try:
        address = make_url(text if "://" in text else f"sqlite:///{text}")
    except ArgumentError as error:
        raise StoreError(
            "store: expected a path or an address such as sqlite:///path", "missing"
        ) from error
    if address.get_backend_name() != "sqlite":
        raise StoreError(
            f"store {address.render_as_string()}: expected a path or sqlite:///path; no other "
            "database is supported yet",
            "missing",
        )
    if not address.database or address.database == ":memory:":
        raise StoreError("store: expected the path of a file", "missing")
    engine = create_engine(address, connect_args={"timeout": wait})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin and end ourselves, also around CREATE TABLE
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
            connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.exec_driver_sql(f"BEGIN {mode}")

    is_uri = address.database.startswith("file:")
    path = None if is_uri else Path(address.database)
    return engine, address.database, path
