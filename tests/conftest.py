"""Empty stores, in each kind of database that there is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from leercultuur_core.storage import Store
from leercultuur_core.storage.schema import VERSION, metadata
from leercultuur_core.testing.postgresql import (
    PostgreSQLServer,
    needs_postgresql,
    postgresql_server,
)

KINDS = [
    "sqlite",
    pytest.param("postgresql", marks=[needs_postgresql, pytest.mark.server]),
]
"""For tests that ask for `kind`."""


class Files:
    """Makes stores in files: an empty one is made once and copied."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self.empty = factory.mktemp("empty") / "store.db"
        Store.open(self.empty, create=True).close()

    def new(self) -> str:
        """The address of a new empty store."""
        path = self._factory.mktemp("store") / "store.db"
        shutil.copy(self.empty, path)
        return str(path)

    def without_tables(self) -> str:
        """The address where a store may be made."""
        return str(self._factory.mktemp("store") / "store.db")

    def done(self, url: str) -> None:
        """Nobody uses this one any more."""


class Databases:
    """Makes stores in databases: an empty one is made once and copied, and used again when a test
    is done with it."""

    def __init__(self, server: PostgreSQLServer) -> None:
        self.server = server
        self._empty = server.new_database()
        Store.open(server.url(self._empty), create=True).close()
        self._free: list[str] = []

    def new(self) -> str:
        """The address of a new empty store."""
        if self._free:
            name = self._free.pop()
            tables = ", ".join(f"'{table}'" for table in (*metadata.tables, "alembic_version"))
            self.server.run(_EMPTY.replace("VERSION", VERSION).replace("TABLES", tables), name)
        else:
            name = self.server.new_database(self._empty)
        return self.server.url(name)

    def without_tables(self) -> str:
        """The address where a store may be made."""
        return self.server.url(self.server.new_database())

    def done(self, url: str) -> None:
        """Nobody uses this one any more."""
        self._free.append(url.rpartition("/")[2])


# Deletes, since a truncate makes some hundred files anew.
_EMPTY = """
DO $$ DECLARE one record; BEGIN
    SET session_replication_role = replica;
    SET lock_timeout = '5s';
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        IF one.name IN (TABLES) THEN
            EXECUTE format('DELETE FROM %I', one.name);
        ELSE
            EXECUTE format('DROP TABLE %I', one.name);
        END IF;
    END LOOP;
    FOR one IN SELECT sequencename AS name FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', one.name);
    END LOOP;
    INSERT INTO alembic_version VALUES ('VERSION');
END $$
"""


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory)


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQLServer]:
    """A server for all tests of this process; one that stops it has one of its own."""
    with postgresql_server() as running:
        yield running


@pytest.fixture(scope="session")
def databases(server: PostgreSQLServer) -> Databases:
    return Databases(server)


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database: a test that asks for it runs once for each."""
    return str(request.param)


@pytest.fixture(scope="session")
def stores(kind: str, request: pytest.FixtureRequest) -> Files | Databases:
    """Makes empty stores of that kind."""
    made: Files | Databases = request.getfixturevalue("files" if kind == "sqlite" else "databases")
    return made
