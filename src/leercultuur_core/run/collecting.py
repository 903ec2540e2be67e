"""Collect: directories, then sources, page by page; what fails is named and the rest goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from time import monotonic

from attrs import asdict, evolve, field, frozen

from ..activity.evidence import EvidenceRules
from ..errors import LeercultuurError, StoreError
from ..extension import Directory, Page, Record, Reject, Source, State
from ..storage import Identifier, Store
from ..storage.sources import is_before

TOGETHER = 50_000
"""So many records and rejects make one transaction, where a source gives them quickly."""

PATIENCE = 1.0
"""Seconds for which pages are put together before they are kept."""

Progress = Callable[[str, int], None]
"""Called with what is being worked on and how many are done so far."""


@frozen
class DirectoryCollected:
    """What a directory brought; see `leercultuur_core.storage.DirectoryResult`.

    ``ambiguous`` is how many entries could be two people; ``problem`` why it could not be read.
    """

    name: str
    people: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    erased: int = 0
    ambiguous: int = 0
    problem: str = ""


@frozen
class SourceCollected:
    """What a source brought; see `leercultuur_core.storage.PageResult`.

    ``problem`` is why it stopped; what was committed before that stays.
    """

    name: str
    pages: int = 0
    new: int = 0
    replaced: int = 0
    retracted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    erased: int = 0
    too_old: int = 0
    rejected: int = 0
    unknown: Mapping[tuple[str, str], int] = field(factory=dict, repr=False)
    problem: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """The numbers, by name."""
        return {name: n for name, n in asdict(self).items() if isinstance(n, int)}


@frozen
class Collected:
    """What one `collect` brought."""

    directories: tuple[DirectoryCollected, ...] = ()
    sources: tuple[SourceCollected, ...] = ()

    @property
    def problems(self) -> Mapping[str, str]:
        """Name → why it could not be read, or not to the end."""
        every: list[DirectoryCollected | SourceCollected] = [*self.directories, *self.sources]
        return {one.name: one.problem for one in every if one.problem}

    @property
    def complete(self) -> bool:
        """Whether everything was read and nothing kept aside."""
        return not self.problems and not any(one.rejected for one in self.sources)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of all together, by name."""
        total: Counter[str] = Counter()
        for source in self.sources:
            total.update(source.counts)
        total["people"] = sum(one.people for one in self.directories)
        total["failed"] = len(self.problems)
        total.update({f"failed.{name}": 1 for name in self.problems})
        return dict(total)


def collect_directory(
    name: str, directory: Directory, store: Store, *, identify: Identifier, now: datetime
) -> DirectoryCollected:
    """Takes in the whole list, or nothing of it."""
    try:
        people = [person for page in directory.people() for person in page]
    except Exception as error:  # noqa: BLE001 - an adapter may fail in any way
        return DirectoryCollected(name, problem=told(error))
    with store.transaction() as tx:
        result = tx.people.put_directory(name, people, identify=identify, at=now)
    return DirectoryCollected(
        name,
        people=len(people),
        new=result.new,
        changed=result.changed,
        gone=result.gone,
        erased=result.erased,
        ambiguous=len(result.ambiguous),
    )


def collect_source(
    name: str,
    source: Source,
    store: Store,
    *,
    rules: EvidenceRules,
    identify: Identifier,
    now: datetime,
    progress: Progress | None = None,
) -> SourceCollected:
    """Takes in what a source has since its mark. Raises `StoreError` only."""
    with store.reading() as tx:
        known = tx.sources.state(name, identify)
    done = take_in(
        name,
        _pages(source, State(known.mark, known.learners)),
        store,
        rules=rules,
        identify=identify,
        now=now,
        progress=progress,
    )
    if done.problem:
        return done
    return evolve(done, problem=_finish(name, source, store, identify, now))


def take_in(
    name: str,
    pages: Iterator[Page],
    store: Store,
    *,
    rules: EvidenceRules,
    identify: Identifier,
    now: datetime,
    progress: Progress | None = None,
) -> SourceCollected:
    """Takes in page after page, with its mark in the same transaction. Raises `StoreError` only.

    Pages that come quickly go together (`_together`).
    """
    done = SourceCollected(name)
    for count, page, problem in _together(pages):
        if problem is not None:
            done = evolve(done, problem=problem)
        if not count:
            break
        result = store.commit_page(
            page.records,
            rules=rules,
            identify=identify,
            source_name=name,
            at=now,
            mark=page.mark,
            learners=dict(page.learners),
            rejects=page.rejects,
        )
        unknown = Counter(done.unknown)
        unknown.update(result.unknown)
        done = evolve(
            done,
            pages=done.pages + count,
            new=done.new + result.new,
            replaced=done.replaced + result.replaced,
            retracted=done.retracted + result.retracted,
            duplicates=done.duplicates + result.duplicates,
            conflicts=done.conflicts + result.conflicts,
            erased=done.erased + result.erased,
            too_old=done.too_old + result.too_old,
            rejected=done.rejected + len(page.rejects),
            unknown=unknown,
        )
        if progress is not None:
            progress(name, done.new + done.duplicates)
    return done


def _together(pages: Iterator[Page]) -> Iterator[tuple[int, Page, str | None]]:
    """How many pages, those as one, and why there are no more where the source stopped.

    Everything that is looked up once for each person or day costs less in a large page. So pages
    are put together up to `TOGETHER` records; once `PATIENCE` seconds have gone by, no further one is
    asked for before these are kept. So of a slow source a page may wait for the one after it.
    """
    page: Page | str | None = None
    while True:
        count, waited_from = 0, monotonic()
        records: list[Record] = []
        rejects: list[Reject] = []
        learners: dict[str, str | None] = {}
        mark: str | None = None
        while not count or (
            len(records) + len(rejects) < TOGETHER and monotonic() - waited_from < PATIENCE
        ):
            page = _next(pages)
            if not isinstance(page, Page):
                break
            count += 1
            records += page.records
            rejects += page.rejects
            learners.update(page.learners)
            if page.mark is not None and not (mark and is_before(page.mark, mark)):
                mark = page.mark
        problem = page if isinstance(page, str) else None
        yield count, Page(records, rejects, mark=mark, learners=learners), problem
        if not isinstance(page, Page):
            return


def _pages(source: Source, state: State) -> Iterator[Page]:
    yield from source.fetch(state)


def _next(pages: Iterator[Page]) -> Page | str | None:
    """The next page; why there is none; or ``None`` at the end."""
    try:
        return next(pages, None)
    except Exception as error:  # noqa: BLE001 - an adapter may fail in any way
        return told(error)


def _finish(name: str, source: Source, store: Store, identify: Identifier, now: datetime) -> str:
    """Notes that the source was read to its end, and what it says it can see; gives a problem."""
    try:
        visibility = source.visibility()
    except Exception as error:  # noqa: BLE001 - an adapter may fail in any way
        return told(error)
    with store.transaction() as tx:
        tx.sources.declare(name, visibility)
        tx.sources.remember(name, mark=None, learners={}, identify=identify, at=now)
    return ""


def told(error: Exception) -> str:
    """Why something of an adapter's failed, in words without anybody's data.

    Of an error that the library does not know only the kind: its text could hold a name. Raises it
    when it is the store's own.
    """
    if isinstance(error, StoreError):
        raise error
    if isinstance(error, LeercultuurError):
        return str(error)
    return f"stopped on something it did not expect ({type(error).__name__})"


__all__ = [
    "Collected",
    "DirectoryCollected",
    "Progress",
    "SourceCollected",
    "collect_directory",
    "collect_source",
    "take_in",
    "told",
]
