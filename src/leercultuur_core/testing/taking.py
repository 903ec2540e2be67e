"""What the engine does with a source, in memory: take a page, keep its mark, count each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import field, frozen

from ..activity.evidence import default_rules
from ..activity.ledger import Fold
from ..extension import Page, Record, Source, State

MOST_PAGES = 5_000


class AskedLearners(Mapping[str, str]):
    """``state.learners`` as the engine hands it to a source: the store has digests, no identifiers.

    Raises `TypeError` when iterated, and remembers that in ``listed``.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.listed = False

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        self.listed = True
        raise TypeError("learner states are kept by digest; ask for an identifier instead")

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<AskedLearners of {len(self)}>"


@frozen
class Taken:
    """What came of one run of a source.

    ``state`` is that of the last page taken, and ``error`` what ended the run, if anything did.
    ``endless`` says that it was stopped because there was no end to its pages, ``listed`` that the
    source went through the learners of its state.
    """

    pages: tuple[Page, ...] = field(repr=False)
    state: State
    error: Exception | None = None
    endless: bool = False
    listed: bool = False

    @property
    def records(self) -> list[Record]:
        """All records, in order."""
        return [record for page in self.pages for record in page.records]


def take(
    source: Source,
    state: State | None = None,
    *,
    pages: int = MOST_PAGES,
    after_page: Callable[[], None] = lambda: None,
) -> Taken:
    """Takes at most ``pages`` pages, each with its mark, as the engine does.

    ``after_page`` is called when a page was taken, before the next is asked for.
    """
    known = state or State()
    learners = AskedLearners(known.learners)
    taken: list[Page] = []
    error: Exception | None = None
    try:
        fetched = iter(source.fetch(State(known.mark, learners)))
        while len(taken) < pages:
            page = next(fetched, None)
            if page is None:
                return Taken(tuple(taken), known, listed=learners.listed)
            taken.append(page)
            known = _after(known, page)
            after_page()
        close = getattr(fetched, "close", None)
        if close is not None:
            close()
    except Exception as caught:  # noqa: BLE001 - whatever an adapter raises is what is tested
        error = caught
    return Taken(
        tuple(taken), known, error, endless=len(taken) >= MOST_PAGES, listed=learners.listed
    )


def _after(state: State, page: Page) -> State:
    learners = {**state.learners, **page.learners}
    return State(
        state.mark if page.mark is None else page.mark,
        {learner: text for learner, text in learners.items() if text is not None},
    )


def counted(*runs: Taken | Sequence[Record]) -> Mapping[str, bytes]:
    """Id → digest of the content of everything that counts, as the ledger would have it."""
    fold = Fold(default_rules(), known={})
    for run in runs:
        fold.add(_records(run))
    return {
        key: version.digest for key, version in fold.changed.items() if version.digest is not None
    }


def conflicts(*runs: Taken) -> int:
    """How many ids have two contents at the revision that counts: which of them wins is chance."""
    fold = Fold(default_rules(), known={})
    for run in runs:
        fold.add(run.records)
    return len(fold.conflicts)


def _records(run: Taken | Sequence[Record]) -> Iterable[Record]:
    return run.records if isinstance(run, Taken) else run
