"""The rows that a page adds: an entry in log and index for each learner of each activity, and counts.

A page is mostly activities of one learner that nobody has seen before. Of those it is known what
they do (add one), so that they go by the shortest way; the versions of a `Fold` are for the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import repeat
from operator import itemgetter

from ..activity.activity import Activity, content_digest, utc_day
from ..activity.evidence import OTHER, EvidenceRules
from ..activity.ledger import Fold
from .counts import add_to_ledger, add_to_sightings, count_entries
from .identifier import masked
from .interned import Facets, Shapes, ruleset
from .payload import pack
from .rows import Rows

NOBODY = ""
"""The identity, during a fold, of somebody who was erased: nothing of them is written."""

Hashed = Mapping[str, tuple[bytes, bytes]]
"""Activity id → (its digest, the mask of its content digest)."""


_INSERT_ENTRY = (
    "INSERT INTO dedupe (entry, identity, facet, day, revision, content, ruleset) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_PAYLOAD = "INSERT INTO log (entry, payload) VALUES (?, ?)"


class Entries:
    """Writes what a page adds, as plain tuples, each table in the order of its key."""

    def __init__(self, rows: Rows, rules: EvidenceRules) -> None:
        self._rows = rows
        self._rules = rules
        self._ruleset = ruleset(rows, rules.version)
        self._facets = Facets(rows)
        self._shapes = Shapes(rows)

    def add_new(
        self, fresh: Mapping[str, Activity], identities: Mapping[str, int], hashed: Hashed
    ) -> Counter[tuple[str, str]]:
        """Adds activities of one learner each, of whose ids nothing is known.

        Gives (verb, object type) that no rule reads → how many.
        """
        rows, kind_of, facets, shapes = self._rows, self._rules.kind, self._facets, self._shapes
        ids: list[tuple[bytes, int]] = []
        unknown: Counter[tuple[str, str]] = Counter()
        sighted: Counter[tuple[str, str, int]] = Counter()
        first = entry = self._next_entry()
        records = list(fresh.values())
        for start in range(0, len(records), rows.together):
            some = records[start : start + rows.together]
            both = [hashed[record.id] for record in some]
            numbers = range(entry, entry + len(some))
            entry += len(some)
            # A column at a time: half the time of a row at a time, and this runs by the million.
            # But not the whole page at once, which no processor's cache holds.
            found = [kind_of(record) for record in some]
            if None in found:
                unknown.update(
                    (record.verb, record.object_type)
                    for record, kind in zip(some, found, strict=True)
                    if kind is None
                )
            kinds = [OTHER if kind is None else kind for kind in found]
            days = [utc_day(record.occurred_at) for record in some]
            sighted.update(zip([record.source for record in some], kinds, days, strict=True))
            ids += zip([digest for digest, _ in both], numbers, strict=True)
            rows.insert(
                _INSERT_ENTRY,
                list(
                    zip(
                        numbers,
                        [identities[record.identities[0]] for record in some],
                        [
                            facets[record.source, record.topic, kind]
                            for record, kind in zip(some, kinds, strict=True)
                        ],
                        days,
                        [record.revision for record in some],
                        masked([content_digest(record) for record in some], [m for _, m in both]),
                        repeat(self._ruleset, len(some)),
                        strict=True,
                    )
                ),
            )
            payloads = [pack(record, shapes) for record in some]
            rows.insert(_INSERT_PAYLOAD, list(zip(numbers, payloads, strict=True)))
        self._insert_ids(ids)
        if records:
            count_entries(rows, first, entry - 1)
        add_to_sightings(rows, sighted)
        return unknown

    def add_folded(self, fold: Fold, hashed: Hashed) -> None:
        """Adds what ``fold`` found: the entries of the ids that count now and did not, or otherwise,
        and its changes to the ledger. Its identities are numbers as text."""
        records = fold.records
        ids: list[tuple[bytes, int]] = []
        entries: list[tuple[int, int, int, int, int, bytes, int]] = []
        payloads: list[tuple[int, bytes]] = []
        entry = self._next_entry()
        for one, now in fold.changed.items():
            if now.digest is None:
                continue
            digest, mask = hashed[one]
            (content,) = masked([now.digest], [mask])
            payload = pack(records[one], self._shapes)
            for identity, source, topic, kind, day in now.keys:
                if identity != NOBODY:
                    facet = self._facets[source, topic, kind]
                    whose = int(identity)
                    ids.append((digest, entry))
                    entries.append((entry, whose, facet, day, now.revision, content, self._ruleset))
                    payloads.append((entry, payload))
                    entry += 1
        self._insert_ids(ids)
        self._rows.insert(_INSERT_ENTRY, entries)
        self._rows.insert(_INSERT_PAYLOAD, payloads)
        counts: dict[tuple[int, int, int], int] = {}
        sighted: Counter[tuple[str, str, int]] = Counter()
        for (identity, source, topic, kind, day), count in fold.deltas.items():
            if identity != NOBODY:
                counts[day, int(identity), self._facets[source, topic, kind]] = count
                sighted[source, kind, day] += count
        add_to_ledger(self._rows, counts)
        add_to_sightings(self._rows, sighted)

    def _next_entry(self) -> int:
        return int(self._rows.value("SELECT max(entry) FROM dedupe") or 0) + 1

    def _insert_ids(self, ids: list[tuple[bytes, int]]) -> None:
        ids.sort(key=itemgetter(0))
        self._rows.insert("INSERT INTO recent_ids (id_digest, entry) VALUES (?, ?)", ids)
