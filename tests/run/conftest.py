"""A small organisation with a store of its own, in a file or, in the files that `TWICE` names, in each
kind of database."""

from __future__ import annotations

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

from ..conftest import KINDS, Databases, Files

TWICE = ("test_collecting", "test_delivering", "test_plugin_data")
"""Where the database matters: pages, the outbox and its compare-and-set, kills. What the other files
try is a layer above, and the statements under it are tried in `tests/storage`: twice would be a minute
more."""

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
def empty_store(files: Files) -> Path:
    return files.empty


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    twice = metafunc.module.__name__.rpartition(".")[2] in TWICE
    # Some thirty stores a test: in a file each is a moment.
    twice = twice and "_at_any_boundary_" not in metafunc.function.__name__
    own = any(
        "database" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")
    )
    if "database" in metafunc.fixturenames and not own:
        metafunc.parametrize("database", KINDS if twice else KINDS[:1], scope="session")


@pytest.fixture
def make(database: str, request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes an engine around adapters, by default with a new store and everybody opted in. ``path``
    is that of another's store (`Store.name`)."""
    stores: Files | Databases
    stores = request.getfixturevalue("files" if database == "sqlite" else "databases")
    opened: list[Engine] = []
    urls: dict[Path, str] = {}

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
        url = stores.new() if path is None else urls.get(path, str(path))
        configuration = Configuration(
            organisation=Organisation(
                name="Bakkerij", identity_key=Secret("k" * 40), go_live=go_live
            ),
            store=Secret(url) if "://" in url else url,
            privacy=Privacy(own_prompts="opt-in" if own_prompts == "opt-in" else "opt-out"),
        )
        engine = Engine(
            configuration,
            store_class.open(url),
            plugins=plugins or Plugins(),
            adapters=Adapters(sources or {}, directories or {}, sinks or {}, recorders or {}),
        )
        opened.append(engine)
        urls[Path(engine.store.name)] = url
        return engine

    yield call
    for engine in opened:
        engine.close()
    for url in set(urls.values()):
        stores.done(url)
