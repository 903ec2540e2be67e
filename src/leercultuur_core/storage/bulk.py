"""Taking in whole files at once: sorted outside the store, then written in the order of its tables.

A page is looked up, counted and written as soon as it is there. A year of files has hundreds of pages,
and each goes over the same ids, days and people again. Here everything is put aside first
(`leercultuur_core.storage.load`): each record once, by day. Nobody waits meanwhile. Then whole days are
written in one transaction; only ids that come with several contents, or of which the store knows
something else, go the way of a page (`Pages.take_in`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import repeat
from operator import itemgetter
from typing import Any

import msgspec
import pyarrow as pa
from attrs import asdict

from ..activity.activity import Activity, Record
from ..activity.evidence import OTHER
from .counts import add_to_sightings, count_entries
from .entries import _INSERT_ENTRY, _INSERT_PAYLOAD
from .interned import Facets, Shapes, ruleset
from .load import PAYLOAD, Load, Part
from .pages import FOUND, PageResult, Pages, _no_garbage_collection
from .rows import Rows
from .sources import Sources

_KNOWN = pa.schema([("digest", pa.binary()), ("revision", pa.int64()), ("content", pa.binary())])

_DAYS = "CREATE OR REPLACE VIEW part AS FROM once WHERE day BETWEEN {start} AND {end}"
_WANTED = """
CREATE OR REPLACE VIEW others AS FROM part ANTI JOIN barred USING (who);
CREATE OR REPLACE VIEW wanted AS FROM others WHERE day >= {first};
"""
_LEFT_OUT = """
SELECT (SELECT coalesce(sum(times), 0) FROM part), (SELECT coalesce(sum(times), 0) FROM others),
    coalesce(sum(times), 0), coalesce(sum(times - 1), 0) FROM wanted
"""
_NEW = """
SELECT digest, content, who, facet, day, revision, occurred, shape, rest
FROM wanted ANTI JOIN known USING (digest) ORDER BY day, number
"""
_SAME = "SELECT count(*) FROM wanted SEMI JOIN known USING (digest, revision, content)"
_OTHERWISE = """
SELECT id, who, facet, revision, occurred, shape, rest
FROM wanted SEMI JOIN known USING (digest) ANTI JOIN known USING (digest, revision, content)
ORDER BY day, number
"""
_IN_STORE = f"""{FOUND}SELECT found.id_digest, d.revision, d.content FROM found CROSS JOIN dedupe d
WHERE d.entry = found.entry
UNION ALL SELECT i.id_digest, NULL, NULL FROM wanted CROSS JOIN tombstones i
    WHERE i.id_digest = wanted.id_digest
UNION ALL SELECT i.id_digest, NULL, NULL FROM wanted CROSS JOIN conflicts i
    WHERE i.id_digest = wanted.id_digest
"""  # noqa: S608 - both texts are our own

_encode = msgspec.msgpack.Encoder().encode


def write(rows: Rows, load: Load, part: Part, *, source_name: str, at: datetime) -> PageResult:
    """Writes ``part`` of ``load`` in the transaction of ``rows``: what pages of the same records would
    have left, in any order, beside whatever is in the store. ``at`` is now. Raises `StoreError` when
    the key is not the store's."""
    writing = _Writing(rows, load, at)
    results = []
    if part.share is not None:
        share, shares = part.share
        for rejects in load.rejects() if share == 0 else ():
            Sources(rows).keep_rejects(source_name, rejects, at=at)
        results = [writing.by_page(records) for records in load.apart(share, shares)]
    if part.start <= part.end:
        with _no_garbage_collection():
            results += writing.days(part)
    return _sum(results)


class _Writing(Pages):
    """Writes parts of a `Load` in one transaction."""

    def __init__(self, rows: Rows, load: Load, at: datetime) -> None:
        super().__init__(rows)
        self._load = load
        self._at = at

    def by_page(self, records: Iterable[Record]) -> PageResult:
        """The way of a page."""
        load = self._load
        return self.take_in(records, rules=load.rules, identify=load.identify, at=self._at)

    def days(self, part: Part) -> Iterator[PageResult]:
        """Writes the days of ``part``, all but what is apart."""
        load = self._load
        floor = self._rows.value("SELECT value FROM settings WHERE name = 'ledger_from'")
        load.run(_DAYS.format(start=part.start, end=part.end))
        people, barred = self._people()
        load.table("barred", pa.table({"who": pa.array(barred, pa.int32())}))
        load.run(_WANTED.format(first=int(floor or part.start)))
        ((every, of_others, wanted, again),) = load.run(_LEFT_OUT)
        self._look_up()
        ((same,),) = load.run(_SAME)
        yield PageResult(
            duplicates=int(again + same),
            erased=int(every - of_others),
            too_old=int(of_others - wanted),
        )
        # What is added now is no part of what was known before.
        yield self._add(people)
        for columns in load.batches(_OTHERWISE):
            yield self.by_page(load.activity(*row) for row in zip(*columns, strict=True))

    def _people(self) -> tuple[dict[int, int], list[int]]:
        """Number in the load → identity, of everybody in these days; and who was erased."""
        load = self._load
        found = load.run("SELECT DISTINCT who FROM part ORDER BY who")
        names = {who: load.people.values_by_number[who] for (who,) in found}
        seen = [Activity("", some, "", self._at) for some in names.values()]
        resolved = self._identities(seen, load.identify, self._at)
        barred = sorted(w for w, some in names.items() if not resolved.barred.isdisjoint(some))
        numbers = resolved.numbers
        return {w: numbers[some[0]] for w, some in names.items() if some[0] in numbers}, barred

    def _look_up(self) -> None:
        """Makes the table ``known``: what the store has of ids that are wanted of these days."""
        rows, load = self._rows, self._load
        load.table("known", _KNOWN.empty_table())
        tables = ("ids", "recent_ids", "tombstones", "conflicts")
        if not any(rows.first(f"SELECT 1 FROM {table} LIMIT 1") for table in tables):  # noqa: S608
            return
        with rows.by_index():
            for digests, older in load.batches("SELECT digest, older FROM wanted ORDER BY digest"):
                newest: dict[bytes, bytes] = {}
                for digest, others in zip(digests, older, strict=True):
                    newest.update(dict.fromkeys((digest, *(others or ())), digest))
                found = [(newest[one], *rest) for one, *rest in rows.among(_IN_STORE, newest)]
                load.insert("known", _KNOWN, list(zip(*found, strict=True)))

    def _add(self, people: dict[int, int]) -> PageResult:
        """Adds activities of one learner each, of whose ids nothing is known."""
        rows, load = self._rows, self._load
        version = ruleset(rows, load.rules.version)
        facets = _Interned(load.facets.values_by_number, _with_kind(Facets(rows)))
        shapes = _Interned(load.shapes.values_by_number, Shapes(rows).__getitem__)
        packed = _Interned(range(len(load.shapes)), lambda shape: _encode(shapes[shape]))
        unread = {n for n, (_, _, kind) in enumerate(load.facets.values_by_number) if kind is None}
        ids: list[tuple[bytes, int]] = []
        unknown: Counter[int] = Counter()
        sighted: Counter[tuple[int, int]] = Counter()
        first = entry = int(rows.value("SELECT max(entry) FROM dedupe") or 0) + 1
        for some in load.batches(_NEW):
            digests, contents, who, facet, days, revisions, occurred, shape, rest = some
            numbers = range(entry, entry + len(digests))
            entry += len(digests)
            rows.insert(
                _INSERT_ENTRY,
                list(
                    zip(
                        numbers,
                        [people[one] for one in who],
                        [facets[one] for one in facet],
                        days,
                        revisions,
                        contents,
                        repeat(version, len(digests)),
                        strict=True,
                    )
                ),
            )
            payloads = [
                PAYLOAD + moment + packed[number] + more
                for moment, number, more in zip(occurred, shape, rest, strict=True)
            ]
            rows.insert(_INSERT_PAYLOAD, list(zip(numbers, payloads, strict=True)))
            ids += zip(digests, numbers, strict=True)
            sighted.update(zip(facet, days, strict=True))
            if not unread.isdisjoint(facet):
                pairs = zip(facet, shape, strict=True)
                unknown.update(number for one, number in pairs if one in unread)
        if not ids:
            return PageResult()
        self._add_ids(ids)
        count_entries(rows, first, entry - 1)
        seen: Counter[tuple[str, str, int]] = Counter()
        for (one, day), count in sighted.items():
            source, _, kind = load.facets.values_by_number[one]
            seen[source, OTHER if kind is None else kind, day] += count
        add_to_sightings(rows, seen)
        verbs: Counter[tuple[str, str]] = Counter()
        for number, count in unknown.items():
            verbs[load.shapes.values_by_number[number][:2]] += count
        return PageResult(new=len(ids), unknown=verbs)

    def _add_ids(self, ids: list[tuple[bytes, int]]) -> None:
        """Straight into the large table, where there are as many as are moved there together."""
        rows = self._rows
        ids.sort(key=itemgetter(0))
        settled = int(rows.value("SELECT value FROM settings WHERE name = 'settled_ids'") or 0)
        many = len(ids) >= max(self.recent_ids, settled // 8)
        table = "ids" if many else "recent_ids"
        rows.insert(f"INSERT INTO {table} (id_digest, entry) VALUES (?, ?)", ids)  # noqa: S608
        if many:
            rows.run(
                "INSERT INTO settings (name, value) VALUES ('settled_ids', ?) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                str(settled + len(ids)),
            )
        self._settle_ids()


class _Interned(dict[int, Any]):
    """Number in the load → what the store has for it, asked for when it is needed."""

    def __init__(self, values: Sequence[Any], ask: Callable[[Any], Any]) -> None:
        super().__init__()
        self._values = values
        self._ask = ask

    def __missing__(self, number: int) -> Any:
        found = self[number] = self._ask(self._values[number])
        return found


def _with_kind(facets: Facets) -> Callable[[tuple[str, str, str | None]], int]:
    return lambda key: facets[key[0], key[1], OTHER if key[2] is None else key[2]]


def _sum(results: Iterable[PageResult]) -> PageResult:
    total: Counter[str] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    for one in results:
        unknown.update(one.unknown)
        counts = asdict(one)
        del counts["unknown"]
        total.update(counts)
    return PageResult(**total, unknown=unknown)


__all__ = ["write"]
