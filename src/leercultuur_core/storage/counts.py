"""Adding to counts: of one identity in the ledger, of everybody in the sightings."""

from __future__ import annotations

from collections.abc import Mapping

from .rows import Rows
from .versions import changed


def add_to_ledger(rows: Rows, deltas: Mapping[tuple[int, int, int], int]) -> None:
    """Adds to ledger rows, by (day, identity, facet); a row that comes to 0 goes."""
    if not deltas:
        return
    changed(rows, "ledger")
    ordered = sorted(deltas.items())
    rows.insert(
        "INSERT INTO ledger (day, identity, facet, count) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (day, identity, facet) DO UPDATE SET count = ledger.count + excluded.count",
        [(*key, count) for key, count in ordered if count],
    )
    rows.many(
        "DELETE FROM ledger WHERE day = ? AND identity = ? AND facet = ? AND count = 0",
        [key for key, count in ordered if count < 0],
    )


def count_entries(rows: Rows, first: int, last: int) -> None:
    """Adds entries ``first`` to ``last``, as they stand in ``dedupe``, to the ledger. The database
    counts and sorts them: a third of the time of `add_to_ledger`."""
    changed(rows, "ledger")
    rows.run(
        "INSERT INTO ledger (day, identity, facet, count) "
        "SELECT day, identity, facet, count(*) FROM dedupe WHERE entry BETWEEN ? AND ? "
        "GROUP BY day, identity, facet "
        "ON CONFLICT (day, identity, facet) DO UPDATE SET count = ledger.count + excluded.count",
        first,
        last,
    )


def add_to_sightings(rows: Rows, deltas: Mapping[tuple[str, str, int], int]) -> None:
    """Adds to what was seen of everybody together, by (source, kind, day)."""
    ordered = sorted(deltas.items())
    rows.insert(
        "INSERT INTO sightings (source, kind, day, count) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (source, kind, day) DO UPDATE SET count = sightings.count + excluded.count",
        [(*key, count) for key, count in ordered if count],
    )
    rows.many(
        "DELETE FROM sightings WHERE source = ? AND kind = ? AND day = ? AND count <= 0",
        [key for key, count in ordered if count < 0],
    )
