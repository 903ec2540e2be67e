"""What is in a ledger, as a mapping and as columns, to be compared."""

from __future__ import annotations

from collections import Counter

from leercultuur_core.activity.columns import LedgerColumns
from leercultuur_core.activity.ledger import Ledger


def rows(columns: LedgerColumns) -> Counter[tuple[str, str, str, int]]:
    """The rows without topics, added up."""
    found: Counter[tuple[str, str, str, int]] = Counter()
    for identity, source, kind, day, count in zip(
        columns.identity.tolist(),
        columns.source.tolist(),
        columns.kind.tolist(),
        columns.day.tolist(),
        columns.count.tolist(),
        strict=True,
    ):
        key = (columns.identities[identity], columns.sources[source], columns.kinds[kind], day)
        found[key] += count
    return found


def without_topics(ledger: Ledger) -> Counter[tuple[str, str, str, int]]:
    """The same of a mapping."""
    found: Counter[tuple[str, str, str, int]] = Counter()
    for (identity, source, _, kind, day), count in ledger:
        found[identity, source, kind, day] += count
    return found
