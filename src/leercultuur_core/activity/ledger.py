"""The ledger: evidence counted per identity, source, topic, kind and UTC day. Integers only.

Integers add exactly and in any order, so one pass, many batches, re-read input and a distributed
fold agree bit for bit. `Fold` makes a ledger from activities and counts each of them once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from attrs import field, frozen

from .activity import FINAL_REVISION, Activity, Record, Retraction, content_digest, utc_day
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


class Version(NamedTuple):
    """What is known of one activity id.

    ``digest`` is the content digest, ``None`` when it was taken back; ``keys`` are the ledger rows
    it adds one to.
    """

    revision: int
    digest: bytes | None
    keys: tuple[LedgerKey, ...]


_new = tuple.__new__


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
        self._versions: dict[str, Version] = dict(self._known)
        self._counts: dict[LedgerKey, int] = {}
        self._conflicts: set[str] = set(conflicts)
        self._unknown: dict[str, tuple[str, str]] = {}
        self._identify = identify
        # Only a store needs these; a fold of a whole file must not hold on to every activity.
        self._records: dict[str, Activity] | None = None if known is None else {}

    def add(self, records: Iterable[Record]) -> None:
        """Adds ``records`` in any order, any number of times."""
        versions, counts = self._versions, self._counts
        kind_of, identify, kept = self.rules.kind, self._identify, self._records
        for record in records:
            if isinstance(record, Retraction):
                self._retract(record)
                continue
            digest = content_digest(record)
            known = versions.get(record.id)
            if known is not None and not self._replaces(record, digest, known):
                continue
            kind = kind_of(record)
            if kind is None:
                kind = OTHER
                self._unknown[record.id] = (record.verb, record.object_type)
            elif self._unknown:
                self._unknown.pop(record.id, None)
            day = utc_day(record.occurred_at)
            learner = record.identities[0]
            if identify is not None:
                learner = identify[learner]
            keys: tuple[LedgerKey, ...] = ((learner, record.source, record.topic, kind, day),)
            if record.group:
                members = {learner}
                for names in record.group:
                    members.add(names[0] if identify is None else identify[names[0]])
                keys = tuple((m, record.source, record.topic, kind, day) for m in sorted(members))
            for key in keys:
                # A count is below zero where the store's row is taken back, and may come back to 0.
                if count := counts.get(key, 0) + 1:
                    counts[key] = count
                else:
                    del counts[key]
            # As a named tuple is made, without its Python-level call: this line runs by the million.
            versions[record.id] = _new(Version, (record.revision, digest, keys))
            if kept is not None:
                kept[record.id] = record

    def _replaces(self, record: Activity, digest: bytes, known: Version) -> bool:
        """Whether ``record`` takes the place of what is known of its id; makes room if so."""
        if record.revision < known.revision or known.digest is None:
            if record.revision > known.revision:
                self._versions.pop(record.id)
                return True
            self.duplicates += 1
            return False
        if record.revision == known.revision:
            if digest == known.digest:
                self.duplicates += 1
                return False
            self._conflicts.add(record.id)
            if digest > known.digest:
                return False
        else:
            self._conflicts.discard(record.id)
        self._subtract(known)
        return True

    def _retract(self, retraction: Retraction) -> None:
        known = self._versions.get(retraction.id)
        if known is not None:
            if retraction.revision < known.revision:
                return
            self._subtract(known)
        self._unknown.pop(retraction.id, None)
        self._conflicts.discard(retraction.id)
        if self._records is not None:
            self._records.pop(retraction.id, None)
        self._versions[retraction.id] = Version(retraction.revision, None, ())

    def _subtract(self, version: Version) -> None:
        for key in version.keys:
            if left := self._counts.get(key, 0) - 1:
                self._counts[key] = left
            else:
                del self._counts[key]

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
        known = self._known
        return {key: now for key, now in self._versions.items() if known.get(key) != now}

    @property
    def records(self) -> Mapping[str, Activity]:
        """Of a fold that goes on from ``known``: the activities that count, of those it was given."""
        return {} if self._records is None else self._records

    @property
    def activities(self) -> int:
        """How many activities count."""
        return sum(version.digest is not None for version in self._versions.values())

    @property
    def retracted(self) -> int:
        """How many ids are taken back, seen or not."""
        return sum(version.digest is None for version in self._versions.values())

    def after(self, at: datetime) -> int:
        """How many activities on or after the UTC day of ``at`` an estimate at ``at`` leaves out."""
        day = utc_day(at)
        return sum(v.keys[0][4] >= day for v in self._versions.values() if v.keys)

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
