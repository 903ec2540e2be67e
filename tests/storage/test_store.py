"""Opening a store: versions, faults, and what each says."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from leercultuur_core.errors import StoreError
from leercultuur_core.storage import Store, upgrade
from leercultuur_core.storage.schema import VERSION, metadata
from leercultuur_core.storage.store import _database

from ..conftest import Databases, Files

AT = datetime(2026, 3, 2, tzinfo=UTC)


def trouble(action: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(StoreError) as caught:
        action()
    return caught.value.trouble, str(caught.value)


def write(store: Store, text: str = "x") -> None:
    with store.transaction() as tx:
        tx.run("INSERT INTO settings (name, value) VALUES (?, ?)", text, text * 100)


def test_a_store_is_made_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    code, text = trouble(lambda: Store.open(path))
    assert code == "missing"
    assert "leercultuur init" in text
    assert not path.exists()
    with Store.open(f"sqlite:///{path}", create=True) as store:
        assert store.version() == VERSION
        assert repr(store) == f"<Store {path}>"
    with Store.open(path, create=True) as again:
        assert again.version() == VERSION


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    code, text = trouble(lambda: Store.open(tmp_path / "no" / "store.db", create=True))
    assert code == "missing"
    assert "the folder exists" in text


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", ":memory:", "store://", "x://y:z/"])
def test_an_address_that_is_no_store(url: str) -> None:
    assert trouble(lambda: Store.open(url, create=True))[0] == "missing"


def test_the_tables_are_those_of_the_migrations(store: Store) -> None:
    kind = store.engine.dialect.name
    elsewhere = {
        index.name
        for table in metadata.tables.values()
        for index in table.indexes
        if (rule := index._ddl_if) is not None and rule.dialect != kind
    }
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, what, _: what != "index" or name not in elsewhere,
                "include_object": lambda _, name, what, *__: (
                    what != "index" or name not in elsewhere
                ),
            },
        )
        assert compare_metadata(context, metadata) == []


def test_an_empty_and_a_filled_store_are_upgraded(url: str, store: Store) -> None:
    upgrade(url)
    write(store, "kept")
    upgrade(url)
    with store.reading() as tx:
        assert tx.all("SELECT name FROM settings") == [("kept",)]


def test_a_migration_that_stops_leaves_nothing(
    stores: Files | Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic.operations import Operations

    url = stores.without_tables()
    made = []
    whole = Operations.create_table

    def stop(self: Operations, name: str, *columns: Any, **more: Any) -> None:
        made.append(name)
        if len(made) == 5:
            raise KeyboardInterrupt
        whole(self, name, *columns, **more)

    monkeypatch.setattr(Operations, "create_table", stop)
    with pytest.raises(KeyboardInterrupt):
        Store.open(url, create=True)
    monkeypatch.undo()
    engine = _database(url, 1).engine
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    Store.open(url, create=True).close()


def test_newer_and_older_stores_are_refused_with_what_to_do(url: str, store: Store) -> None:
    with store.transaction() as tx:
        tx.run("UPDATE alembic_version SET version_num = '9999'")
    code, text = trouble(lambda: Store.open(url, upgrade=True))
    assert code == "newer"
    assert "schema 9999, this program knows" in text
    with store.transaction() as tx:
        tx.run("UPDATE alembic_version SET version_num = '0000'")
    code, text = trouble(lambda: Store.open(url))
    assert code == "older"
    assert "leercultuur upgrade" in text


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE theirs (x)")
    plain.close()
    before = path.read_bytes()
    assert trouble(lambda: Store.open(path, create=True))[0] == "not-a-store"
    assert path.read_bytes() == before
    (tmp_path / "empty.db").touch()
    assert trouble(lambda: Store.open(tmp_path / "empty.db"))[0] == "not-a-store"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("identifier,name\n" * 100)
    code, text = trouble(lambda: Store.open(path, create=True))
    assert code == "not-a-store"
    assert str(path) in text


def test_a_damaged_page_is_named_and_the_backup_asked_for(file_store: Store) -> None:
    for number in range(200):
        write(file_store, f"row {number}")
    file_store.scrub()
    file_store.close()
    path = Path(file_store.name)
    bytes_ = bytearray(path.read_bytes())
    for start in range(4096, len(bytes_), 4096):
        bytes_[start : start + 12] = b"\xff" * 12
    path.write_bytes(bytes_)
    code, text = trouble(lambda: Store.open(path).close())
    assert code == "damaged"
    assert "backup" in text


def test_a_store_that_cannot_be_written(file_store: Store) -> None:
    write(file_store)
    file_store.close()
    with Store.open(f"sqlite:///file:{file_store.name}?mode=ro&uri=true") as reader:
        with reader.reading() as tx:
            assert tx.value("SELECT count(*) FROM settings") == 1
        code, text = trouble(lambda: write(reader, "y"))
    assert code == "read-only"
    assert "write access" in text


def test_a_full_disk_keeps_what_was_there(file_store: Store) -> None:
    write(file_store, "kept")
    with file_store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.commit()
    code, text = trouble(lambda: write(file_store, "y" * 10_000))
    assert code == "full"
    assert "make room" in text
    with file_store.reading() as tx:
        assert tx.all("SELECT name FROM settings") == [("kept",)]


def test_a_second_writer_waits_and_then_says_who_holds_it(store: Store, url: str) -> None:
    with Store.open(url, wait=0.1) as second:
        with store.transaction() as tx:
            tx.run("INSERT INTO settings (name, value) VALUES ('a', 'b')")
            code, text = trouble(lambda: write(second))
            assert code == "busy"
            assert " holds it; wait until that is done, or stop it, and run again" in text
            with second.reading() as snapshot:
                assert snapshot.value("SELECT count(*) FROM settings") == 0
        write(second)


def test_a_transaction_holds_the_store_from_its_start(store: Store, url: str) -> None:
    """So that what it reads first is still true when it writes."""
    with Store.open(url, wait=0.1) as second, store.transaction():
        assert trouble(lambda: write(second))[0] == "busy"


def test_a_second_writer_goes_on_when_the_first_is_done(store: Store, url: str) -> None:
    with Store.open(url, wait=10) as second:
        with store.transaction() as tx:
            tx.run("INSERT INTO settings (name, value) VALUES ('a', 'b')")
            waiting = threading.Thread(target=write, args=(second,))
            waiting.start()
        waiting.join(10)
        assert not waiting.is_alive()
        with store.reading() as tx:
            assert tx.value("SELECT count(*) FROM settings") == 2


def test_reading_cannot_write_and_sees_one_moment(store: Store) -> None:
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM settings") == 0
        write(store)
        assert tx.value("SELECT count(*) FROM settings") == 0

    def change() -> None:
        with store.reading() as snapshot:
            snapshot.run("DELETE FROM settings")

    assert trouble(change)[0] == "read-only"
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM settings") == 1
    write(store, "after")


def test_an_error_of_the_caller_undoes_everything(store: Store) -> None:
    def stop() -> None:
        with store.transaction() as tx:
            tx.run("INSERT INTO settings (name, value) VALUES ('a', 'b')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stop()
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM settings") == 0


def test_the_pragmas_that_privacy_and_safety_rest_on(file_store: Store) -> None:
    with file_store.reading() as tx:
        values = {
            name: tx.value(f"PRAGMA {name}")
            for name in ("secure_delete", "foreign_keys", "journal_mode", "synchronous")
        }
    assert values == {
        "secure_delete": 1,
        "foreign_keys": 1,
        "journal_mode": "wal",
        "synchronous": 1,
    }


def test_scrubbing_waits_for_readers(store: Store, url: str) -> None:
    write(store)
    with Store.open(url, wait=0.1) as impatient:
        with store.reading() as tx:
            tx.value("SELECT count(*) FROM settings")
            assert trouble(impatient.scrub)[0] == "busy"
        impatient.scrub()
