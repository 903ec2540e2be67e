"""What a load leaves in a store, to be compared, and a reader that gives what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leercultuur_core.extension import FileSource, Page
from leercultuur_core.storage import Store
from leercultuur_core.storage.interned import all_shapes
from leercultuur_core.storage.payload import unpack

_ENTRIES = """
SELECT i.id_digest, n.digest, f.source, f.topic, f.kind, d.day, d.revision, d.content, r.version,
    g.payload
FROM (SELECT id_digest, entry FROM ids UNION ALL SELECT id_digest, entry FROM recent_ids) i
JOIN dedupe d ON d.entry = i.entry JOIN log g ON g.entry = d.entry
JOIN identities n ON n.identity = d.identity JOIN facets f ON f.facet = d.facet
JOIN rulesets r ON r.ruleset = d.ruleset
"""


class Given(FileSource):
    """Gives the pages it was made with; an exception among them is raised."""

    name = "given"

    def __init__(self, *pages: Page | Exception) -> None:
        super().__init__(Path("given"))
        self._pages = pages

    def pages(self) -> Iterator[Page]:
        for page in self._pages:
            if isinstance(page, Exception):
                raise page
            yield page


def dump(store: Store) -> dict[str, Any]:
    """All that a store holds of activities, without the numbers that it gave out itself."""
    with store.reading() as tx:
        shapes = all_shapes(tx)

        def rows(sql: str) -> list[Any]:
            return sorted(map(repr, tx.all(sql)))

        entries = [
            (*rest, repr(unpack(payload, shapes)), str(unpack(payload, shapes).__reduce__()[1]))
            for *rest, payload in tx.all(_ENTRIES)
        ]
        counts = [
            tx.value(f"SELECT count(*) FROM {table}")  # noqa: S608
            for table in ("dedupe", "log", "persons", "links", "identities")
        ]
        return {
            "entries": sorted(map(repr, entries)),
            "counts": [len(entries), *counts],
            "ledger": rows(
                "SELECT l.day, n.digest, f.source, f.topic, f.kind, l.count FROM ledger l "
                "JOIN identities n ON n.identity = l.identity JOIN facets f ON f.facet = l.facet"
            ),
            "sightings": rows("SELECT source, kind, day, count FROM sightings"),
            "tombstones": rows("SELECT id_digest, revision, day FROM tombstones"),
            "conflicts": rows("SELECT id_digest FROM conflicts"),
            "identities": rows(
                "SELECT n.digest, n.key_id, l.origin, l.since FROM identities n "
                "LEFT JOIN links l ON l.identity = n.identity"
            ),
            "persons": rows(
                "SELECT n.digest, o.digest FROM identities n "
                "JOIN links l ON l.identity = n.identity JOIN links m ON m.person = l.person "
                "JOIN identities o ON o.identity = m.identity"
            ),
            "suggested": rows(
                "SELECT a.digest, b.digest FROM suggested s JOIN identities a "
                "ON a.identity = s.identity JOIN identities b ON b.identity = s.other"
            ),
            "keys": rows("SELECT key_id FROM identity_keys"),
            "rejects": rows("SELECT source_name, place, line, reason, raw, at FROM rejects"),
            "sources": rows("SELECT source_name, mark, updated FROM source_state"),
        }
