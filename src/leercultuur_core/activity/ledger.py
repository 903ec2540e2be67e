"""The ledger: evidence counted per identity, source, topic, kind and UTC day. Integers only.

Integers add exactly and in any order, so one pass, many batches, re-read input and a distributed
fold agree bit for bit. `Fold` makes a ledger from activities and counts each of them once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from attrs import field, frozen

from .activity import (
    FINAL_REVISION,
    Activity,
    Record,
    Retraction,
    content_digest,
    day_start,
    utc_day,
)
from .evidence import OTHER, EvidenceRules

LedgerKey = tuple[str, str, str, str, int]
"""(identity, source, topic, kind, day number)"""


@frozen
class Ledger:
    """Counts by `LedgerKey`; every count is at least 1. Ledgers add with ``+``."""

    counts: Mapping[LedgerKey, int] = field(factory=dict)

    def __add__(self, other: Ledger) -> Ledger:
        counts = dict(self.counts)
        for key, count in other.counts.items():
            counts[key] = counts.get(key, 0) + count
        return Ledger(counts)

    def __len__(self) -> int:
        return len(self.counts)

    def __iter__(self) -> Iterator[tuple[LedgerKey, int]]:
        return iter(self.counts.items())

    def __repr__(self) -> str:
        return f"<Ledger of {len(self.counts)} rows>"

    def before(self, day: int) -> Ledger:
        """The rows of days before ``day``."""
        return Ledger({key: count for key, count in self.counts.items() if key[4] < day})

    def total(self) -> int:
        """All counts together."""
        return sum(self.counts.values())

    # A ledger has many rows of few of these: sets are made at C speed.

    @property
    def identities(self) -> frozenset[str]:
        """Whose rows these are."""
        return frozenset(map(itemgetter(0), self.counts))

    def places(self, *, until: int) -> set[tuple[str, str]]:
        """Who was active where on a day before ``until``: (identity, source)."""
        if any(day >= until for day in set(map(itemgetter(4), self.counts))):
            return self.before(until).places(until=until)
        return set(map(itemgetter(0, 1), self.counts))

    def sightings(self) -> set[tuple[str, str, int]]:
        """What was seen of anybody at all: (source, kind, day)."""
        return set(map(itemgetter(1, 3, 4), self.counts))


class Version(NamedTuple):
    """What is known of one activity id.

    ``digest`` is the content digest, ``None`` when it was taken back; ``keys`` are the ledger rows
    it adds one to.
    """

    revision: int
    digest: bytes | None
    keys: tuple[LedgerKey, ...]


class Fold:
    """Folds activities and retractions into a `Ledger`, each activity once.

    Of one id the highest revision counts; of one revision a retraction beats an activity, and of
    two activities that differ the one with the lowest content digest counts, whatever the order.
    Such an id is among `conflicts`.

    A fold may go on from what a store knows of these ids: ``known`` (id → `Version`) and
    ``conflicts``, the ids among them that are in conflict. `deltas`, `changed` and `records` then
    say what to write. ``identify`` maps the identifiers in activities to those in ledger rows, for
    a ledger that must not hold the identifiers themselves; it has one for every first identifier.
    """

    def __init__(
        self,
        rules: EvidenceRules,
        *,
        known: Mapping[str, Version] | None = None,
        conflicts: Iterable[str] = (),
        identify: Mapping[str, str] | None = None,
    ) -> None:
        self.rules = rules
        self.duplicates = 0
        """Activities seen again, same revision and content, or older than what is known."""
        self._known: Mapping[str, Version] = {} if known is None else known
        # What counts of each id: the activity itself, as long as nothing more is asked. Its digest
        # and its ledger rows are only needed where the id is seen again, which is rare.
        self._latest: dict[str, Activity | Version] = dict(self._known)
        self._counts: dict[LedgerKey, int] = {}
        self._conflicts: set[str] = set(conflicts)
        self._unknown: dict[str, tuple[str, str]] = {}
        self._identify = identify
        self._goes_on = known is not None

    def add(self, records: Iterable[Record]) -> None:
        """Adds ``records`` in any order, any number of times."""
        latest, counts = self._latest, self._counts
        kind_of, identify = self.rules.kind, self._identify
        for record in records:
            if isinstance(record, Retraction):
                self._retract(record)
                continue
            known = latest.get(record.id)
            if known is not None and not self._replaces(record, known):
                continue
            latest[record.id] = record
            kind = kind_of(record)
            if kind is None:
                kind = OTHER
                self._unknown[record.id] = (record.verb, record.object_type)
            elif self._unknown:
                self._unknown.pop(record.id, None)
            if record.group:
                for key in self._keys(record):
                    self._count(key, 1)
                continue
            learner = record.identities[0]
            if identify is not None:
                learner = identify[learner]
            # `_count` and `_keys` for one learner, written out: this runs by the million.
            key = (learner, record.source, record.topic, kind, utc_day(record.occurred_at))
            if count := counts.get(key, 0) + 1:
                counts[key] = count
            else:
                del counts[key]

    def _keys(self, record: Activity) -> tuple[LedgerKey, ...]:
        """The ledger rows that ``record`` adds one to: one for each learner."""
        kind = self.rules.kind(record) or OTHER
        learners = {record.identities[0], *(names[0] for names in record.group)}
        if self._identify is not None:
            learners = {self._identify[learner] for learner in learners}
        day = utc_day(record.occurred_at)
        return tuple((one, record.source, record.topic, kind, day) for one in sorted(learners))

    def _count(self, key: LedgerKey, change: int) -> None:
        # Below zero where a row of the store is taken back, and then it may come back to 0.
        if count := self._counts.get(key, 0) + change:
            self._counts[key] = count
        else:
            del self._counts[key]

    def _version(self, known: Activity | Version) -> Version:
        if isinstance(known, Version):
            return known
        return Version(known.revision, content_digest(known), self._keys(known))

    def _replaces(self, record: Activity, known: Activity | Version) -> bool:
        """Whether ``record`` takes the place of what is known of its id; makes room if so."""
        known = self._version(known)
        if record.revision < known.revision or known.digest is None:
            if record.revision > known.revision:
                return True
            self.duplicates += 1
            return False
        if record.revision == known.revision:
            digest = content_digest(record)
            if digest == known.digest:
                self.duplicates += 1
                return False
            self._conflicts.add(record.id)
            if digest > known.digest:
                return False
        else:
            self._conflicts.discard(record.id)
        for key in known.keys:
            self._count(key, -1)
        return True

    def _retract(self, retraction: Retraction) -> None:
        known = self._latest.get(retraction.id)
        if known is not None:
            if retraction.revision < known.revision:
                return
            for key in self._version(known).keys:
                self._count(key, -1)
        self._unknown.pop(retraction.id, None)
        self._conflicts.discard(retraction.id)
        self._latest[retraction.id] = Version(retraction.revision, None, ())

    @property
    def ledger(self) -> Ledger:
        """The counts so far; a value of its own, later additions do not change it.

        Only for a fold that started from nothing; otherwise `deltas` says what to add.
        """
        return Ledger(dict(self._counts))

    @property
    def deltas(self) -> Mapping[LedgerKey, int]:
        """What was added to, or taken from, each ledger row since the start; never zero."""
        return self._counts

    @property
    def changed(self) -> dict[str, Version]:
        """The ids of which something else is known than at the start, with what is known now."""
        known, versions = self._known, {}
        for key, latest in self._latest.items():
            if (version := self._version(latest)) != known.get(key):
                versions[key] = version
        return versions

    @property
    def records(self) -> Mapping[str, Activity]:
        """Of a fold that goes on from ``known``: the activities that count, of those it was given."""
        if not self._goes_on:
            return {}
        return {key: one for key, one in self._latest.items() if isinstance(one, Activity)}

    @property
    def activities(self) -> int:
        """How many activities count."""
        return len(self._latest) - self.retracted

    @property
    def retracted(self) -> int:
        """How many ids are taken back, seen or not."""
        return sum(isinstance(one, Version) and one.digest is None for one in self._latest.values())

    def after(self, at: datetime) -> int:
        """How many activities on or after the UTC day of ``at`` an estimate at ``at`` leaves out.

        Of those that this fold was given."""
        start = day_start(utc_day(at))
        return sum(
            isinstance(one, Activity) and one.occurred_at >= start for one in self._latest.values()
        )

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Ids of which two contents were seen at the revision that counts, sorted."""
        return tuple(sorted(self._conflicts))

    @property
    def unknown_verbs(self) -> Counter[tuple[str, str]]:
        """(verb, object type) that no rule reads → number of activities."""
        return Counter(self._unknown.values())


def fold(records: Iterable[Record], rules: EvidenceRules) -> Ledger:
    """The ledger of ``records``, each counted once. Order and repetition do not matter."""
    folding = Fold(rules)
    folding.add(records)
    return folding.ledger


__all__ = ["FINAL_REVISION", "Fold", "Ledger", "LedgerKey", "Version", "fold"]
