"""The fold as Ibis expressions: one text for every engine that Ibis speaks to.

`counting` says which activity of each id counts, `kinds` what the rules read in it, `ledger` adds
up. They say what `leercultuur_core.activity.ledger.Fold` and `EvidenceRules.kind` say.

Records are *facts* and *things* here. A fact is who, where, when, and the number of a thing; a thing
is what the rules look at and what the ledger keeps of it. There are thousands of things among
millions of facts: the rules are gone through once for each thing, and facts stay narrow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ..activity.evidence import OTHER, EvidenceRules

LEDGER = ("learner", "source", "topic", "kind", "day")
"""The columns of a ledger row, beside ``count``."""

FACTS = ("id", "revision", "retracts", "digest", "learner", "others", "source", "thing", "day")
THINGS = ("verb", "object_type", "object_id", "context_types", "required", "answer", "topic")
"""The columns of a thing, beside its number ``thing``."""

Hash = Callable[[Any], Any]
"""64 bits that are equal for equal values: each engine has its own."""

RULES = pa.schema(
    [
        ("rank", pa.int32()),
        ("of_verb", pa.string()),
        ("of_object_type", pa.string()),
        ("of_object_id", pa.string()),
        ("of_context_type", pa.string()),
        ("of_answer", pa.string()),
        ("of_required", pa.bool_()),
        ("kind", pa.string()),
    ]
)


def rule_table(rules: EvidenceRules) -> pa.Table:
    """The rules as rows; the lowest ``rank`` that matches decides. A null matches anything."""
    rows = [
        (
            rank,
            rule.verb,
            rule.object_type,
            rule.object_id,
            rule.context_type,
            rule.answer,
            rule.required,
            rule.kind,
        )
        for rank, rule in enumerate(rules.rules)
    ]
    names = RULES.names
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], RULES)


def numbered(records: ir.Table, hash64: Hash) -> ir.Table:
    """`leercultuur_core.bulk.columns.RECORDS` with a hash of what the thing is as ``thing``."""
    return records.mutate(thing=hash64(ibis.struct({name: records[name] for name in THINGS})))


def with_key(facts: ir.Table, hash64: Hash) -> ir.Table:
    """``facts`` with the hash of the id as ``key``."""
    return facts.mutate(key=hash64(facts.id))


def repeated_keys(facts: ir.Table) -> ir.Table:
    """The ``key`` of every id that comes more than once; two ids of one hash are among them."""
    return facts.group_by("key").agg(rows=lambda t: t.count()).filter(lambda t: t.rows > 1)


def counting(facts: ir.Table, repeated: ir.Table) -> ir.Table:
    """The activity that counts of each id, of those that are not taken back.

    Only ids that come twice are put in order, and there are few: they are found by a hash, which takes
    a third of the room. Two ids of one hash do no harm, for in there the ids themselves are compared.
    """
    once = facts.anti_join(repeated, "key").filter(lambda t: ~t.retracts)
    again = facts.semi_join(repeated, "key")
    order = [again.revision.desc(), again.retracts.desc(), again.digest.asc()]
    place = ibis.row_number().over(ibis.window(group_by=again.id, order_by=order))
    first = again.mutate(place=place).filter(lambda t: (t.place == 0) & ~t.retracts)
    return once.union(first.drop("place"), distinct=False)


def conflicts(facts: ir.Table, repeated: ir.Table) -> ir.Table:
    """The ids of which two contents are there at the revision that counts."""
    again = facts.semi_join(repeated, "key")
    top = again.mutate(top=again.revision.max().over(ibis.window(group_by=again.id)))
    return (
        top.filter(lambda t: t.revision == t.top)
        .group_by("id")
        .agg(contents=lambda t: t.digest.nunique(), taken=lambda t: t.retracts.any())
        .filter(lambda t: (t.contents > 1) & ~t.taken)
        .select("id")
    )


def kinds(things: ir.Table, rules: ir.Table) -> ir.Table:
    """``things`` with the ``kind`` that the rules read in them; null where none matches."""
    fits = [
        rules.of_verb.isnull() | (rules.of_verb == things.verb),
        rules.of_object_type.isnull() | (rules.of_object_type == things.object_type),
        rules.of_object_id.isnull() | (rules.of_object_id == things.object_id),
        rules.of_context_type.isnull() | things.context_types.contains(rules.of_context_type),
        rules.of_answer.isnull() | (rules.of_answer == things.answer),
        rules.of_required.isnull() | (rules.of_required == things.required),
    ]
    matched = (
        things.inner_join(rules, fits).group_by("thing").agg(kind=lambda t: t.kind.argmin(t.rank))
    )
    return things.left_join(matched, "thing").drop("thing_right")


def ledger(counted: ir.Table, kinds: ir.Table, *, groups: bool) -> ir.Table:
    """Ledger rows: `LEDGER` and ``count``. ``groups``: whether anything was done by several learners;
    where nothing was, all facts need not be gone through twice."""
    named = kinds.select("thing", "topic", kind=kinds.kind.fill_null(OTHER))
    # A number for each topic and kind: what is added up by the million stays narrow.
    order = ibis.window(order_by=["topic", "kind"])
    pairs = named.select("topic", "kind").distinct()
    whats = pairs.mutate(what=ibis.row_number().over(order))
    known = named.join(whats, ["topic", "kind"])
    read = counted.join(known.select("thing", "what"), "thing")
    rows = read.select("learner", "source", "what", "day")
    if groups:
        group = read.filter(read.others.notnull())
        others = group.select(
            group.others.unnest().name("learner"), group.source, group.what, group.day
        )
        rows = rows.union(others, distinct=False)
    added = rows.group_by("learner", "source", "what", "day").agg(count=lambda t: t.count())
    return added.join(whats, "what").select(*LEDGER, "count")
