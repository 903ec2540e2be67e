"""What a bulk fold gives: the ledger as a table, and what else there is to say about the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import ibis.expr.types as ir
from attrs import frozen

from ..activity.activity import utc_day
from ..activity.ledger import Ledger
from .expression import (
    LEDGER,
    Hash,
    conflicts,
    counting,
    kinds,
    ledger,
    repeated_keys,
    with_key,
)

Keep = Callable[[ir.Table, str], ir.Table]
"""Works a table out once, for whoever uses it more than once, under a name."""


class HashCollision(Exception):
    """Two different things got one hash of 64 bits; the fold says so and gives no ledger."""


@frozen(eq=False)
class Folded:
    """The fold of a table of records.

    facts, things
        See `leercultuur_core.bulk.expression`; facts with the hash of the id as ``key``, things with
        the ``kind`` that the rules read in them.
    repeated
        The keys of ids that come more than once.
    rows
        The ledger: `leercultuur_core.bulk.expression.LEDGER` and ``count``.
    """

    facts: ir.Table
    things: ir.Table
    repeated: ir.Table
    rows: ir.Table

    @property
    def ledger(self) -> Ledger:
        """The same as a value, in memory."""
        columns = self.rows.select(*LEDGER, "count").to_pyarrow().to_pydict()
        keys = zip(*(columns[name] for name in LEDGER), strict=True)
        return Ledger(dict(zip(keys, columns["count"], strict=True)))

    @property
    def counted(self) -> ir.Table:
        """The activities that count, one for each id."""
        return counting(self.facts, self.repeated)

    @property
    def activities(self) -> int:
        """How many activities count."""
        return int(self.counted.count().to_pyarrow().as_py())

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Ids of which two contents were seen at the revision that counts, sorted."""
        found = conflicts(self.facts, self.repeated).to_pyarrow()
        return tuple(sorted(found.column("id").to_pylist()))

    @property
    def unknown_verbs(self) -> Counter[tuple[str, str]]:
        """(verb, object type) that no rule reads → number of activities."""
        unread = self.things.filter(self.things.kind.isnull())
        if not unread.count().to_pyarrow().as_py():
            return Counter()
        joined = self.counted.join(unread.select("thing", "verb", "object_type"), "thing")
        found = joined.group_by("verb", "object_type").agg(count=lambda t: t.count()).to_pyarrow()
        rows = found.to_pylist()
        return Counter({(row["verb"], row["object_type"]): row["count"] for row in rows})

    def after(self, at: datetime) -> int:
        """How many activities on or after the UTC day of ``at`` an estimate at ``at`` leaves out."""
        late = self.counted.filter(lambda t: t.day >= utc_day(at))
        return int(late.count().to_pyarrow().as_py())


def fold_tables(
    facts: ir.Table, things: ir.Table, rules: ir.Table, hash64: Hash, keep: Keep
) -> Folded:
    """The fold of ``facts``, each activity once, on the engine that holds them.

    ``things`` may hold one more than once; ``rules`` are `rule_table`. Raises `HashCollision`.
    """
    keyed = with_key(facts, hash64)
    read = keep(kinds(things.distinct(), rules), "kinds")
    found = read.agg(rows=read.count(), numbers=read.thing.nunique()).to_pyarrow().to_pylist()[0]
    if found["rows"] != found["numbers"]:
        raise HashCollision("two different things got one hash; use --engine stream")
    repeated = keep(repeated_keys(keyed), "repeated")
    groups = bool(facts.others.notnull().any().to_pyarrow().as_py())
    rows = keep(ledger(counting(keyed, repeated), read, groups=groups), "ledger")
    return Folded(keyed, read, repeated, rows)
