"""Collecting whole files into the store at once; see `leercultuur_core.storage.bulk`.

Needs the extra ``bulk`` (DuckDB, Arrow).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

from attrs import asdict, evolve

from ..activity.evidence import EvidenceRules
from ..extension import FileSource, Page
from ..storage import Identifier, Store
from ..storage.bulk import write
from ..storage.load import MEMORY, TOGETHER, loading
from .collecting import Collected, Progress, SourceCollected, _next
from .engine import Engine, _log_read
from .logs import Stopwatch, event


def collect_in_bulk(
    engine: Engine,
    name: str,
    readers: Iterable[FileSource],
    now: datetime,
    *,
    progress: Progress | None = None,
) -> Collected:
    """`collect_files` into the store of ``engine``, noted as a ``push`` for `status`.

    Another run may be at work at the same time, such as the nightly `collect`: while files are read
    nothing waits, and who writes takes turns by transaction.
    """
    watch = Stopwatch()
    with engine.store.transaction() as tx:
        number = tx.results.start_run("push", at=now)
    read = collect_files(
        name,
        readers,
        engine.store,
        rules=engine.rules,
        identify=engine.identify,
        now=now,
        progress=progress,
    )
    done = Collected(sources=(read,))
    outcome: Literal["done", "part"] = "done" if done.complete else "part"
    with engine.store.transaction() as tx:
        tx.results.end_run(number, outcome=outcome, counts=done.counts, at=now)
    _log_read("source", read, watch)
    engine._tell("leercultuur_collected", source=name, counts=read.counts)
    event("push", "push", {"outcome": outcome, **done.counts, "seconds": watch.seconds})
    return done


def collect_files(
    name: str,
    readers: Iterable[FileSource],
    store: Store,
    *,
    rules: EvidenceRules,
    identify: Identifier,
    now: datetime,
    progress: Progress | None = None,
    together: int = TOGETHER,
    memory: str = MEMORY,
) -> SourceCollected:
    """Takes in all that ``readers`` read: what `leercultuur_core.run.collecting.take_in` of their
    pages leaves in the store. ``name`` says whose they are, for `status`.

    Nobody waits while files are read. Then all is written in one transaction, or where it is more
    than ``together`` records in several, each of whole days; of a run that is stopped the transactions before stay, and the same
    files again bring the rest. A file that cannot be read to its end is named in ``problem``; what
    was read of it is in. Raises `StoreError` only.
    """
    done = SourceCollected(name)
    problems: list[str] = []
    with loading(rules, identify, memory=memory) as load:
        records = 0
        for reader in readers:
            pages = _pages(reader)
            while isinstance(page := _next(pages), Page):
                load.add(page.records, page.rejects)
                records += len(page.records)
                done = evolve(done, pages=done.pages + 1)
                if progress is not None:
                    progress(name, records)
            if page is not None:
                problems.append(page)
        unknown: Counter[tuple[str, str]] = Counter()
        total: Counter[str] = Counter()
        for part in load.parts(together):
            with store.transaction() as tx:
                result = write(tx, load, part, source_name=name, at=now)
                tx.sources.remember(name, mark=None, learners={}, identify=identify, at=now)
            total.update({key: n for key, n in asdict(result).items() if isinstance(n, int)})
            unknown.update(result.unknown)
        counts: dict[str, Any] = dict(total)
        return evolve(
            done,
            **counts,
            rejected=load.rejected,
            unknown=unknown,
            problem="; ".join(problems),
        )


def _pages(reader: FileSource) -> Iterator[Page]:
    yield from reader.pages()


__all__ = ["collect_files", "collect_in_bulk"]
