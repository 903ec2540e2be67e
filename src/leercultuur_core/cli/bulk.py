"""Which engine ``leercultuur infer`` uses, and reading files with a bulk engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import define

from ..extension import FileSource
from ..phases import Estimate
from .asked import Asked
from .reading import Kept, choose_reader, keeper, load_rules, no_garbage_collection, report

if TYPE_CHECKING:
    from ..bulk.engines import BulkEngine
    from ..bulk.folded import Folded

LARGE = 128 * 1024 * 1024
"""Below so many bytes of statements what a bulk engine takes to start is more than what it saves."""


class Engine(click.ParamType[str]):
    """``stream``, ``duckdb``, ``spark`` or ``spark=URL``."""

    name = "engine"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in {"stream", "duckdb", "spark"} and not str(value).startswith("spark="):
            self.fail(f"expected stream, duckdb, spark or spark=URL, found {value!r}", param, ctx)
        return str(value)


def chosen(engine: str | None, asked: Asked) -> str:
    """``engine``, or the one that suits the files best where none was named."""
    if engine is not None:
        missing = [] if engine == "stream" else [n for n in _needs(engine) if not find_spec(n)]
        if missing:
            extra = "spark" if engine.startswith("spark") else "bulk"
            raise click.UsageError(
                f"--engine {engine}: {' and '.join(missing)} not found; "
                f"pip install 'leercultuur-core[{extra}]'"
            )
        return engine
    sizes = [path.stat().st_size for path in map(Path, asked.files) if path.is_file()]
    if sum(sizes) < LARGE or not all(map(find_spec, _needs("duckdb"))):
        return "stream"
    _, reader = choose_reader(asked.reader)
    return "duckdb" if reader.bulk is not FileSource.bulk else "stream"


def _needs(engine: str) -> tuple[str, ...]:
    return ("ibis", "duckdb", "pyarrow", *(("pyspark",) if engine.startswith("spark") else ()))


@define
class InBulk:
    """Files read by a bulk engine: what was kept aside, and everybody's estimates."""

    asked: Asked
    kept: Kept
    engine: BulkEngine
    folded: Folded

    def estimates(self) -> dict[str, Estimate]:
        """All of them, by identifier."""
        from ..bulk.estimating import estimates  # noqa: PLC0415 - only who has the extra

        asked = self.asked
        parts = estimates(
            self.folded, at=asked.at, parameters=asked.parameters, labels=self.kept.labels
        )
        return {name: one for part in parts for name, one in part.items()}

    def lines(self, write: Callable[[Estimate], str]) -> Iterator[str]:
        """What ``write`` says of each, by identifier; not held in memory."""
        asked = self.asked
        return self.engine.lines(
            self.folded,
            write,
            at=asked.at,
            parameters=asked.parameters,
            labels=self.kept.labels,
        )


@contextmanager
def read_in_bulk(asked: Asked, engine: str) -> Iterator[InBulk]:
    """Reads the files of ``asked`` with ``engine``; says on standard error what was kept aside.

    Exit code 2 when no file could be read at all.
    """
    from ..bulk.engines import open_engine  # noqa: PLC0415 - only who has the extra
    from ..bulk.folded import HashCollision  # noqa: PLC0415

    plugins, adapter = choose_reader(asked.reader)
    rules = load_rules(plugins, asked.rule_files)
    paths = [Path(name) for name in dict.fromkeys(asked.files)]
    kept = Kept()
    with no_garbage_collection(), open_engine(engine) as bulk:
        with keeper(asked.rejects) as keep:
            for page in bulk.pages([adapter(path) for path in paths]):
                kept.take(page)
                keep(page.rejects)
        kept.unreadable += bulk.unreadable
        try:
            folded = bulk.fold(rules)
        except HashCollision as error:
            raise click.ClickException(str(error)) from None
        report(kept, folded, plugins, asked.rejects, asked.at)
        if len(kept.unreadable) == len(paths):
            click.get_current_context().exit(2)
        yield InBulk(asked, kept, bulk, folded)
