"""The store: one organisation's database, opened, versioned, and changed in whole transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ..activity.activity import Record
from ..activity.evidence import EvidenceRules
from ..errors import StoreError
from .database import Database, Turn
from .delivery import Delivery
from .effect import EffectTables
from .identifier import Identifier
from .ledgers import LedgerTables
from .migrations import migrate
from .pages import PageResult, Pages, RejectLike
from .people import People
from .postgresql import PostgreSQL
from .preconditions import PreconditionTables
from .privacy import Privacy
from .results import Results
from .rows import Rows
from .schema import VERSION
from .sources import Sources
from .sqlite import SQLite

WAIT = 10.0
"""Seconds to wait for another run before giving up."""

_EXPECTED = "expected a path, sqlite:///path or postgresql+psycopg://user@host/database"


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

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def name(self) -> str:
        """What it is called in errors: the file, or the address without user and password."""
        return self._database.name

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's, for what has no other way."""
        return self._database.engine

    @classmethod
    def open(
        cls, url: str | Path, *, create: bool = False, upgrade: bool = False, wait: float = WAIT
    ) -> Self:
        """The store at ``url``: a path, ``sqlite:///path``, or an address of a PostgreSQL database
        such as ``postgresql+psycopg://user@host/database``.

        ``create`` makes one where there is none, in PostgreSQL in a database that is there;
        ``upgrade`` brings an older one up to date. ``wait`` is how many seconds a transaction waits
        for another run to finish.

        Raises `StoreError` where it is missing, newer than this program, older (without
        ``upgrade``), or cannot be read as a store.
        """
        store = cls(_database(url, wait))
        try:
            if not store._database.exists() and not create:
                raise StoreError(
                    f"store {store.name}: there is none; run `leercultuur init` to make one, or "
                    "check the path in `store`",
                    "missing",
                )
            store._check_version(create=create, upgrade=upgrade)
        except BaseException:
            store.close()
            raise
        return store

    def _check_version(self, *, create: bool, upgrade: bool) -> None:
        version = self.version()
        if version == VERSION:
            return
        if version is None and not create:
            trouble, text = self._database.empty()
            raise StoreError(f"store {self.name}: {text}", trouble)
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
        with self._database.begin(write=True, durable=True) as connection:
            migrate(connection)

    def version(self) -> str | None:
        """The schema version of the database; ``None`` where it has no store yet.

        Raises `StoreError` where there are tables, but none of a store.
        """
        with self._database.begin(write=False) as connection:
            tables = inspect(connection).get_table_names()
            if "alembic_version" in tables:
                version = Rows(connection).value("SELECT version_num FROM alembic_version")
                return None if version is None else str(version)
        if tables:
            raise StoreError(f"store {self.name}: it is another program's database", "not-a-store")
        return None

    @contextmanager
    def transaction(self, *, durable: bool = False, beside: bool = False) -> Iterator[Transaction]:
        """Everything in the block is kept, or nothing where anything in it raises.

        One writer at a time; waits for another, then raises `StoreError` (``busy``). A transaction
        that was kept outlives the program; one that is ``durable`` a power cut too, at the price
        of waiting for the disk. Without it a power cut may take the last ones together.

        ``beside``: others who say so may write at the same time, where the database can have it
        (PostgreSQL); each must lock what it looked at.
        """
        with self._database.begin(write=True, durable=durable, beside=beside) as connection:
            yield Transaction(connection)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A snapshot to read from; never waits for a writer."""
        with self._database.begin(write=False) as connection:
            yield Transaction(connection)

    def alone(self, *, share: bool = False) -> AbstractContextManager[Turn]:
        """A ``with`` block in which no other run is at work; it ends with its process, whatever
        stops that. Raises `StoreError` (``busy``) where another is.

        ``share``: where the other shares too, this one may join (PostgreSQL); see `Turn`.
        """
        return self._database.hold(share=share)

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
        """Writes the store anew, so that it holds nothing deleted. Needs as much free room as it is
        large. Raises `StoreError` (``busy``) while another run reads; what was erased is gone from
        the tables by then, and only this needs doing again.

        SQLite overwrites what is deleted (``secure_delete``), but copies that it left behind when
        it moved rows between pages stay: measured, one or two in two thousand. After this neither
        the file nor its journal has any. PostgreSQL leaves deleted rows where they were until
        something is written over them; after this they are in no table or index. Its write-ahead
        log, and what is made of that (standbys, archives, backups), have them for longer.
        """
        self._database.scrub()
        with self.transaction() as tx:
            tx.privacy.scrubbed()

    def close(self) -> None:
        """Closes all connections."""
        self._database.engine.dispose()

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


def _database(url: str | Path, wait: float) -> Database:
    """The database at ``url``. Raises `StoreError` where that is no address of one."""
    text = str(url)
    try:
        address = make_url(text if "://" in text else f"sqlite:///{text}")
    except (ArgumentError, ValueError):  # neither goes along: it may hold a password
        raise StoreError(f"store: {_EXPECTED}", "missing") from None
    if address.get_backend_name() == "sqlite":
        return SQLite(address, wait)
    if address.drivername in {"postgresql", "postgresql+psycopg"}:
        return PostgreSQL(address, wait)
    raise StoreError(f"store: {_EXPECTED}, found {address.drivername}://", "missing")
