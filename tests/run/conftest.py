"""A small organisation with a store of its own; an empty store is made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from leercultuur_core.extension import (
    Directory,
    DirectoryPerson,
    Page,
    Plugins,
    Secret,
    Sink,
    Source,
    State,
)
from leercultuur_core.run.builtin import Adapters
from leercultuur_core.run.config import Configuration, GoLive, Organisation, Privacy
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import Store

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
"""A Tuesday at ten o'clock in the Netherlands."""

GO_LIVE = GoLive(date(2026, 1, 1), "OR-besluit 2026-01", "alle medewerkers")


class ListSource(Source):
    """Gives the pages it was made with; an exception among them is raised."""

    name = "list"

    def __init__(self, pages: Sequence[Page | Exception]) -> None:
        super().__init__()
        self.pages = pages
        self.states: list[State] = []

    def fetch(self, state: State) -> Iterator[Page]:
        self.states.append(state)
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield page


class ListDirectory(Directory):
    """Gives the people it was made with."""

    name = "people"

    def __init__(self, people: Sequence[DirectoryPerson]) -> None:
        super().__init__()
        self.list = people

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        yield self.list


def workers(count: int) -> ListDirectory:
    return ListDirectory(
        [
            DirectoryPerson((f"employee|bakery|{number}",), name=f"Worker {number}", language="en")
            for number in range(count)
        ]
    )


Make = Callable[..., Engine]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "store.db"
    Store.open(path, create=True).close()
    return path


@pytest.fixture
def make(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes an engine around adapters, by default with a new store and everybody opted in."""
    opened: list[Engine] = []

    def call(
        *,
        sources: Mapping[str, Source] | None = None,
        directories: Mapping[str, Directory] | None = None,
        sinks: Mapping[str, Sink] | None = None,
        recorders: Mapping[str, Sink] | None = None,
        path: Path | None = None,
        store_class: type[Store] = Store,
        go_live: GoLive | None = GO_LIVE,
        own_prompts: str = "opt-out",
        plugins: Plugins | None = None,
    ) -> Engine:
        if path is None:
            path = tmp_path_factory.mktemp("organisation") / "store.db"
            shutil.copy(empty_store, path)
        configuration = Configuration(
            organisation=Organisation(
                name="Bakkerij", identity_key=Secret("k" * 40), go_live=go_live
            ),
            store=str(path),
            privacy=Privacy(own_prompts="opt-in" if own_prompts == "opt-in" else "opt-out"),
        )
        engine = Engine(
            configuration,
            store_class.open(path),
            plugins=plugins or Plugins(),
            adapters=Adapters(sources or {}, directories or {}, sinks or {}, recorders or {}),
        )
        opened.append(engine)
        return engine

    yield call
    for engine in opened:
        engine.close()
