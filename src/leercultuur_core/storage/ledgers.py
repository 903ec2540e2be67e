"""Reading the ledger for estimates, what could be seen, and making the ledger anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from ..activity.activity import iso_week
from ..activity.evidence import OTHER, SELF_REPORT, EvidenceRules
from ..activity.ledger import Ledger, LedgerKey
from ..activity.visibility import (
    Interval,
    Presence,
    Visibility,
    learned_visibility,
    merge_intervals,
)
from .counts import add_to_ledger, add_to_sightings
from .interned import Facets, all_shapes, ruleset
from .payload import unpack
from .rows import Row, Rows
from .versions import changed, version

if TYPE_CHECKING:
    from ..activity.columns import LedgerColumns

_FEW = 200
"""Up to so many identities, each is looked up day by day; above it, all rows are read."""

_BATCH = 20_000

# The primary key begins with the day. To read one person without an index of their own (which a
# night would touch all over), go from one day to the next and look them up in each.
_OF_FEW = """
WITH RECURSIVE days (day) AS (
    SELECT min(day) FROM ledger
    UNION ALL
    SELECT (SELECT min(l.day) FROM ledger l WHERE l.day > days.day) FROM days
    WHERE days.day IS NOT NULL
)
SELECT l.day, l.identity, l.facet, l.count
FROM days JOIN ledger l ON l.day = days.day
WHERE l.identity IN (?)
"""


class LedgerTables:
    """The ledger and what goes with it."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def version(self) -> tuple[int, int]:
        """Two numbers: the first is another one after any change in what `read`, `visibility` or
        `presence` gives of anybody, the second after people were forgotten."""
        ledger, forgotten = version(self._rows, "ledger", "forgotten")
        return ledger, forgotten

    def read(self, persons: Collection[str] | None = None) -> Ledger:
        """The ledger by person: rows of linked identities added up, keyed by the person's uuid.

        ``persons`` (uuids) limits it to those.
        """
        rows, owners = self._rows, self._owners(persons)
        if persons is not None and len(owners) <= _FEW:
            found: Iterable[Row] = rows.among(_OF_FEW, owners)
        else:
            found = rows.stream("SELECT day, identity, facet, count FROM ledger")
        return self._added(found, owners)

    def columns(self, persons: Collection[str] | None = None) -> LedgerColumns:
        """What `read` gives, as columns, without a mapping of it in memory."""
        from ..activity.columns import LedgerColumns  # noqa: PLC0415 - a store must not need NumPy
        from .columns import every_day, of_rows  # noqa: PLC0415

        owners = self._owners(persons)
        few = persons is not None and len(owners) <= _FEW
        return LedgerColumns.of_numbers(
            [of_rows(self._rows.among(_OF_FEW, owners))] if few else every_day(self._rows),
            owners=owners,
            facets={facet: (source, kind) for facet, source, _, kind in self._facets()},
        )

    def own_answers(self, persons: Collection[str]) -> Ledger:
        """The rows of `read` that are own answers to the phase question, without reading the others."""
        rows, owners = self._rows, self._owners(persons)
        answers = {facet for facet, _, _, kind in self._facets() if kind.startswith(SELF_REPORT)}
        if not answers:
            return Ledger()
        if len(owners) <= _FEW:
            found: Iterable[Row] = (row for row in rows.among(_OF_FEW, owners) if row[2] in answers)
        else:
            found = rows.among(
                "SELECT day, identity, facet, count FROM ledger WHERE facet IN (?)", answers
            )
        return self._added(found, owners)

    def _owners(self, persons: Collection[str] | None) -> dict[int, str]:
        """Identity → the uuid of whom it is."""
        sql = "SELECT l.identity, p.uuid FROM links l JOIN persons p ON p.person = l.person"
        if persons is None:
            return dict(self._rows.all(sql))
        return dict(self._rows.among(f"{sql} WHERE p.uuid IN (?)", persons))

    def _added(self, found: Iterable[Row], owners: Mapping[int, str]) -> Ledger:
        """Rows of day, identity, facet and count by person; those of other identities are left out."""
        facets = {facet: (source, topic, kind) for facet, source, topic, kind in self._facets()}
        counts: dict[LedgerKey, int] = {}
        for day, identity, facet, count in found:
            owner = owners.get(identity)
            if owner is not None:
                key = (owner, *facets[facet], day)
                counts[key] = counts.get(key, 0) + count
        return Ledger(counts)

    def _facets(self) -> list[tuple[int, str, str, str]]:
        return self._rows.all("SELECT facet, source, topic, kind FROM facets")

    def _sightings(self, until: int) -> Ledger:
        """What was seen of everybody together before day ``until``, as a ledger of nobody in
        particular, with the first day of each week: what could be seen is told by the week."""
        return Ledger(
            {
                ("", source, "", kind, day): 1
                for source, kind, day in self._rows.all(
                    "SELECT source, kind, min(day) FROM sightings WHERE day < ? "
                    "GROUP BY source, kind, (day + 3) / 7",
                    until,
                )
            }
        )

    def visibility(self, *, until: int) -> Visibility:
        """What could be seen: what sources declare, and what everyone's activities before day
        ``until`` show (`learned_visibility`). An erase or retention takes nothing from it."""
        declared: dict[tuple[str, str], list[Interval]] = {}
        for source, kind, start, end in self._rows.all(
            "SELECT source, kind, start, until FROM declared"
        ):
            declared.setdefault((source, kind), []).append((start, end))
        return learned_visibility(self._sightings(until), until=until) | Visibility(
            {key: merge_intervals(intervals) for key, intervals in declared.items()}
        )

    def presence(self, ledger: Ledger | LedgerColumns, *, until: int) -> Presence:
        """Presence of the people in ``ledger``, as read before: at each source where they have an
        activity before day ``until``, from the first week that anyone did. What a directory said
        of a source comes in its place.

        Of one person it gives what a run over everybody would.
        """
        return self._presence(ledger.places(until=until), set(ledger.identities))

    def presence_of(self, persons: Collection[str], *, until: int) -> Presence:
        """What `presence` gives of the people ``persons`` (uuids), without reading their ledger."""
        owners = self._owners(persons)
        found = [
            (owners[identity], source, early)
            for identity, source, early in self._rows.all(
                "SELECT DISTINCT l.identity, f.source, l.day < ? "
                "FROM ledger l JOIN facets f ON f.facet = l.facet",
                until,
            )
            if identity in owners
        ]
        return self._presence(
            {(person, source) for person, source, early in found if early},
            {person for person, _, _ in found},
        )

    def _presence(self, active: Collection[tuple[str, str]], known: Collection[str]) -> Presence:
        """From who was ``active`` at which source, and what a directory told of the people ``known``."""
        since: dict[str, tuple[Interval, ...]] = {
            source: ((iso_week(day) * 7 - 3, None),)
            for source, day in self._rows.all(
                "SELECT source, min(day) FROM sightings GROUP BY source"
            )
        }
        sources: dict[str, dict[str, tuple[Interval, ...]]] = {}
        for person, source in active:
            sources.setdefault(person, {})[source] = since[source]
        told: dict[tuple[str, str], list[Interval]] = {}
        for uuid, source, start, end in self._rows.all(
            "SELECT p.uuid, q.source, q.start, q.until FROM presence q "
            "JOIN links l ON l.identity = q.identity JOIN persons p ON p.person = l.person"
        ):
            told.setdefault((uuid, source), []).append((start, end))
        for (uuid, source), intervals in told.items():
            if uuid in known:
                sources.setdefault(uuid, {})[source] = merge_intervals(intervals)
        return Presence({uuid: dict(sorted(sources[uuid].items())) for uuid in sorted(sources)})

    def rederive(
        self, rules: EvidenceRules, *, dry_run: bool = False
    ) -> Mapping[tuple[str, str], int]:
        """Reads every activity whose payload is kept again with ``rules``.

        Gives (kind before, kind after) → how many, of those that differ. Older ones keep their
        kind. Unless ``dry_run``, log, ledger and visibility follow.
        """
        rows = self._rows
        shapes = all_shapes(rows)
        facets = Facets(rows)
        moved: Counter[tuple[str, str]] = Counter()
        deltas: Counter[tuple[int, int, int]] = Counter()
        sighted: Counter[tuple[str, str, int]] = Counter()
        last = 0
        while batch := rows.all(
            "SELECT d.entry, d.identity, d.day, d.facet, f.source, f.topic, f.kind, g.payload "
            "FROM log g JOIN dedupe d ON d.entry = g.entry JOIN facets f ON f.facet = d.facet "
            "WHERE g.entry > ? ORDER BY g.entry LIMIT ?",
            last,
            _BATCH,
        ):
            changed: list[tuple[int, int]] = []
            for entry, identity, day, facet, source, topic, kind, payload in batch:
                now = rules.kind(unpack(payload, shapes)) or OTHER
                if now == kind:
                    continue
                moved[kind, now] += 1
                if dry_run:
                    continue
                after = facets[source, topic, now]
                changed.append((after, entry))
                deltas[day, identity, facet] -= 1
                deltas[day, identity, after] += 1
                sighted[source, kind, day] -= 1
                sighted[source, now, day] += 1
            rows.many("UPDATE dedupe SET facet = ? WHERE entry = ?", changed)
            last = batch[-1][0]
        if not dry_run:
            add_to_ledger(rows, deltas)
            add_to_sightings(rows, sighted)
            rows.run(
                "UPDATE dedupe SET ruleset = ? WHERE entry IN (SELECT entry FROM log)",
                ruleset(rows, rules.version),
            )
        return dict(moved)

    def recount(self) -> bool:
        """Makes the ledger anew from the entries that say what counts. Gives whether anything was
        different, which it never should be."""
        rows = self._rows
        counted = "SELECT day, identity, facet, count(*) FROM dedupe GROUP BY day, identity, facet"
        ledger = "SELECT day, identity, facet, count FROM ledger"
        differs = bool(
            rows.first(f"{counted} EXCEPT {ledger}") or rows.first(f"{ledger} EXCEPT {counted}")
        )
        if differs:
            changed(rows, "ledger")
            rows.run("DELETE FROM ledger")
            rows.run(f"INSERT INTO ledger (day, identity, facet, count) {counted}")
        return differs
