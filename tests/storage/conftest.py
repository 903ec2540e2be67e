"""A new store for each test, in each kind of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import inspect

from leercultuur_core.storage import Store, Transaction

from ..conftest import Databases, Files

NewStore = Callable[[], AbstractContextManager[Store]]
"""Opens another empty store."""

Find = Callable[..., list[str]]
"""Which of some texts a store has on disk, whatever their case: in a file and its journal, or in the
files of a database (not in its write-ahead log)."""


@pytest.fixture(scope="session")
def new_store(stores: Files | Databases) -> NewStore:
    """Opens another empty store each time."""

    @contextmanager
    def open_new() -> Iterator[Store]:
        url = stores.new()
        with Store.open(url) as opened:
            yield opened
        stores.done(url)

    return open_new


@pytest.fixture
def url(stores: Files | Databases) -> Iterator[str]:
    """The address of a new empty store."""
    address = stores.new()
    yield address
    stores.done(address)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


@pytest.fixture
def file_store(files: Files) -> Iterator[Store]:
    """A store in a file, for what is about files."""
    with Store.open(files.new()) as opened:
        yield opened


def tables(tx: Transaction) -> list[str]:
    """Every table of a store."""
    return sorted(inspect(tx.connection).get_table_names())


@pytest.fixture
def find_strings(stores: Files | Databases, url: str) -> Find:
    def on_disk() -> Iterator[Path]:
        if isinstance(stores, Files):
            yield from (Path(url + suffix) for suffix in ("", "-wal", "-journal"))
        else:
            server, name = stores.server, url.rpartition("/")[2]
            server.run("CHECKPOINT")
            ((number,),) = server.run(
                "SELECT oid FROM pg_database WHERE datname = current_database()", name
            )
            yield from (server.folder / "data" / "base" / str(number)).iterdir()

    def find(_store: Store, *strings: str) -> list[str]:
        data = b"\n".join(path.read_bytes() for path in on_disk() if path.exists()).lower()
        return [text for text in strings if text.lower().encode() in data]

    return find
