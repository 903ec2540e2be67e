"""A new store for each test; an empty one is made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leercultuur_core.storage import Store


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "store.db"
    Store.open(path, create=True).close()
    return path


@pytest.fixture(scope="session")
def new_store(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Store]:
    """Opens another empty store each time; the caller closes it."""

    def open_new() -> Store:
        path = tmp_path_factory.mktemp("store") / "store.db"
        shutil.copy(empty, path)
        return Store.open(path)

    return open_new


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Iterator[Store]:
    with new_store() as opened:
        yield opened
