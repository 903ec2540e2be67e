"""A ledger as columns of numbers: a tenth of the memory of a mapping, and what NumPy reckons with.

The store imports this module where it is used: opening one, as importing the library, must not load
NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from .ledger import Ledger

Codes = npt.NDArray[np.int32]

Numbers = npt.NDArray[np.int64]
"""(4, n): day, identity, facet and count of n rows, where numbers stand for names."""


@frozen(eq=False)
class LedgerColumns:
    """Ledger rows of all topics together, as five arrays of equal length, in any order.

    identities, sources, kinds
        Names; each of them stands in a row.
    identity, source, kind
        The name in each row, by its place among those.
    day, count
        Day number, and how many: 1 or more.

    Rows that are alike but for their number count together: those of several topics, and of several
    identities of one person.
    """

    identities: tuple[str, ...]
    sources: tuple[str, ...]
    kinds: tuple[str, ...]
    identity: Codes
    source: Codes
    kind: Codes
    day: Codes
    count: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.day)

    def __repr__(self) -> str:
        return f"<LedgerColumns of {len(self)} rows>"

    @classmethod
    def of(cls, ledger: Ledger) -> LedgerColumns:
        """The rows of a mapping."""
        # Column by column and not row by row: a ledger may have millions of rows.
        identities, identity = _numbered(ledger, 0)
        sources, source = _numbered(ledger, 1)
        kinds, kind = _numbered(ledger, 3)
        day = np.fromiter(map(itemgetter(4), ledger.counts), dtype=np.int32, count=len(ledger))
        count = np.fromiter(ledger.counts.values(), dtype=np.int64, count=len(ledger))
        return cls(identities, sources, kinds, identity, source, kind, day, count)

    @classmethod
    def of_numbers(
        cls,
        pieces: Iterable[Numbers],
        *,
        owners: Mapping[int, str],
        facets: Mapping[int, tuple[str, str]],
    ) -> LedgerColumns:
        """The rows of a table, some at a time.

        owners
            Number of an identity → whose it is; rows of other identities are left out.
        facets
            Number of a facet → source and kind.
        """
        identities, owner = _named(owners)
        sources, source_of = _named({facet: source for facet, (source, _) in facets.items()})
        kinds, kind_of = _named({facet: kind for facet, (_, kind) in facets.items()})
        codes = [np.zeros((4, 0), dtype=np.int32)]
        counts = [np.zeros(0, dtype=np.int64)]
        for day, number, facet, count in pieces:
            identity = owner[np.minimum(number, len(owner) - 1)]
            known = identity >= 0
            found = facet[known]
            columns = (identity[known], source_of[found], kind_of[found], day[known])
            codes.append(np.stack(columns).astype(np.int32))
            counts.append(count[known])
        identity, source, kind, day = np.concatenate(codes, axis=1)
        every = cls(identities, sources, kinds, identity, source, kind, day, np.concatenate(counts))
        return every._compact()

    def before(self, day: int) -> LedgerColumns:
        """The rows of days before ``day``."""
        seen = self.day < day
        if seen.all():
            return self
        return evolve(
            self,
            identity=self.identity[seen],
            source=self.source[seen],
            kind=self.kind[seen],
            day=self.day[seen],
            count=self.count[seen],
        )._compact()

    def places(self, *, until: int) -> set[tuple[str, str]]:
        """Who was active where on a day before ``until``: (identity, source)."""
        there = np.zeros((len(self.identities), len(self.sources)), dtype=np.bool_)
        seen = self.day < until
        there[self.identity[seen], self.source[seen]] = True
        return {
            (self.identities[identity], self.sources[source])
            for identity, source in np.argwhere(there).tolist()
        }

    def sightings(self) -> set[tuple[str, str, int]]:
        """What was seen of anybody at all: (source, kind, day)."""
        if not len(self):
            return set()
        first = int(self.day.min())
        days = int(self.day.max()) - first + 1
        place = self.source.astype(np.int64) * len(self.kinds) + self.kind
        found, day = np.divmod(np.unique(place * days + (self.day - first)), days)
        source, kind = np.divmod(found, len(self.kinds))
        return {
            (self.sources[source], self.kinds[kind], day)
            for source, kind, day in np.stack((source, kind, day + first), axis=1).tolist()
        }

    def _compact(self) -> LedgerColumns:
        """The same, without names that stand in no row."""
        identities, identity = _used(self.identities, self.identity)
        sources, source = _used(self.sources, self.source)
        kinds, kind = _used(self.kinds, self.kind)
        return LedgerColumns(
            identities, sources, kinds, identity, source, kind, self.day, self.count
        )


def _numbered(ledger: Ledger, part: int) -> tuple[tuple[str, ...], Codes]:
    """The different names that stand in ``part`` of the keys, and which of them each row has."""
    names = tuple(dict.fromkeys(map(itemgetter(part), ledger.counts)))
    number = {name: place for place, name in enumerate(names)}
    numbers = map(number.__getitem__, map(itemgetter(part), ledger.counts))
    return names, np.fromiter(numbers, dtype=np.int32, count=len(ledger))


def _named(names: Mapping[int, str]) -> tuple[tuple[str, ...], Codes]:
    """The different names, sorted, and by number the place of its name among them; -1 where a number
    has no name, as has the last."""
    different = tuple(sorted(set(names.values())))
    place = {name: code for code, name in enumerate(different)}
    codes = np.full(max(names, default=-1) + 2, -1, dtype=np.int32)
    for number, name in names.items():
        codes[number] = place[name]
    return different, codes


def _used(names: tuple[str, ...], codes: Codes) -> tuple[tuple[str, ...], Codes]:
    """Those of ``names`` that ``codes`` stand for, and the codes for these."""
    there = np.zeros(len(names), dtype=np.bool_)
    there[codes] = True
    if there.all():
        return names, codes
    left = tuple(name for name, kept in zip(names, there.tolist(), strict=True) if kept)
    return left, (np.cumsum(there, dtype=np.int32) - 1)[codes]
