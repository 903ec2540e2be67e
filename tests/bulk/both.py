"""The same files by one pass and by a bulk engine, to be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from leercultuur_core.activity.ledger import Fold
from leercultuur_core.bulk.engines import BulkEngine, open_engine
from leercultuur_core.cli.infer import as_row
from leercultuur_core.cli.reading import choose_reader, load_rules
from leercultuur_core.errors import SourceUnavailable
from leercultuur_core.extension import FileSource, Page
from leercultuur_core.phases import Estimate, default_parameters, estimate

AT = datetime(2026, 3, 2, tzinfo=UTC)


@frozen
class Outcome:
    """All that a user can see of a run."""

    counts: dict[Any, int]
    conflicts: tuple[str, ...]
    unknown: dict[Any, int]
    activities: int
    after: int
    rejects: list[tuple[str, int | None, str, bytes]]
    labels: dict[str, str]
    unreadable: list[str]
    rows: list[dict[str, object]]


def streamed(paths: Sequence[Path], reader: str = "xapi", at: datetime = AT) -> Outcome:
    """By one pass."""
    plugins, adapter = choose_reader(reader)
    fold = Fold(load_rules(plugins))
    pages, unreadable = [], []
    for path in paths:
        try:
            for page in adapter(path).pages():
                fold.add(page.records)
                pages.append(page)
        except SourceUnavailable as error:
            unreadable.append(str(error))
    labels = labels_of(pages)
    found = estimate(fold.ledger, at=at, parameters=default_parameters(), labels=labels)
    return Outcome(
        dict(fold.ledger.counts),
        fold.conflicts,
        dict(fold.unknown_verbs),
        fold.activities,
        fold.after(at),
        rejects_of(pages),
        labels,
        unreadable,
        [json.loads(write(one)) for one in found.values()],
    )


@contextmanager
def duckdb() -> Iterator[BulkEngine]:
    with open_engine("duckdb") as engine:
        yield engine


def in_bulk(
    engine: BulkEngine, paths: Sequence[Path], reader: str = "xapi", at: datetime = AT
) -> Outcome:
    """By ``engine``."""
    plugins, adapter = choose_reader(reader)
    pages = list(engine.pages([adapter(path) for path in paths]))
    folded = engine.fold(load_rules(plugins))
    labels = labels_of(pages)
    lines = engine.lines(folded, write, at=at, parameters=default_parameters(), labels=labels)
    rows = [json.loads(line) for line in lines]
    return Outcome(
        dict(folded.ledger.counts),
        folded.conflicts,
        dict(folded.unknown_verbs),
        folded.activities,
        folded.after(at),
        rejects_of(pages),
        labels,
        [str(error) for error in engine.unreadable],
        rows,
    )


def by_duckdb(paths: Sequence[Path], reader: str = "xapi", at: datetime = AT) -> Outcome:
    with duckdb() as engine:
        return in_bulk(engine, paths, reader, at)


def write(one: Estimate) -> str:
    return json.dumps(as_row(one))


def took_over(path: Path, adapter: type[FileSource]) -> bool:
    """Whether SQL reads ``path``, and not only the reader."""
    import duckdb

    with duckdb.connect() as connection:
        return adapter(path).bulk(connection, "one") is not None


def labels_of(pages: Sequence[Page]) -> dict[str, str]:
    return {name: label for page in pages for name, label in page.labels.items()}


def rejects_of(pages: Sequence[Page]) -> list[tuple[str, int | None, str, bytes]]:
    return [(one.place, one.line, one.reason, one.raw) for page in pages for one in page.rejects]
