"""Taking in a page: each activity once, whatever came before, in one transaction.

The page is looked up in one sorted pass, folded by the same `Fold` that counts whole files, and
only what changed is written, as plain tuples.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec
from attrs import field, frozen

from ..activity.activity import Activity, Record, Retraction, utc_day
from ..activity.evidence import EvidenceRules
from ..activity.ledger import Fold, Version
from . import identities
from .entries import NOBODY, Entries, Hashed
from .identifier import Identifier, masked
from .rows import Rows

ID_TABLES = ("recent_ids", "ids")

FOUND = """
WITH wanted (id_digest) AS (VALUES (?)), found (id_digest, entry) AS (
    SELECT i.id_digest, i.entry FROM wanted CROSS JOIN recent_ids i
    WHERE i.id_digest = wanted.id_digest
    UNION ALL
    SELECT i.id_digest, i.entry FROM wanted CROSS JOIN ids i
    WHERE i.id_digest = wanted.id_digest
)
"""
"""SQL before a query: the entries of ids that are asked for, as ``found``."""

_KNOWN = f"""{FOUND}SELECT found.id_digest, d.content, found.entry, d.revision, d.identity,
    f.source, f.topic, f.kind, d.day
FROM found CROSS JOIN dedupe d CROSS JOIN facets f
WHERE d.entry = found.entry AND f.facet = d.facet
"""  # noqa: S608 - both texts are our own
_TAKEN_BACK = "SELECT id_digest, revision FROM tombstones WHERE id_digest IN (?)"
_CONFLICTS = "SELECT id_digest FROM conflicts WHERE id_digest IN (?)"


class RejectLike(Protocol):
    """What could not be read, as a source hands it over."""

    @property
    def place(self) -> str: ...
    @property
    def line(self) -> int | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def raw(self) -> bytes: ...


@frozen
class PageResult:
    """What a page brought. All but ``unknown`` are numbers of activities.

    new, replaced, retracted
        Ids that count now and did not; that count otherwise now; that are taken back.
    duplicates
        Seen before, or older than what is known.
    conflicts
        Ids of which a second content was seen at the same revision, for the first time.
    erased, too_old
        Left out: of people who were erased; of days that retention has removed.
    unknown
        (verb, object type) that no rule reads → how many.
    """

    new: int = 0
    replaced: int = 0
    retracted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    erased: int = 0
    too_old: int = 0
    unknown: Mapping[tuple[str, str], int] = field(factory=dict)


class _Known(NamedTuple):
    """What the store knows of one id: the version, and where it stands."""

    version: Version
    digest: bytes
    entries: tuple[int, ...]


class Pages:
    """Takes in pages of records.

    ``recent_ids``: above so many, recent ids are moved to the large table.
    """

    recent_ids = 100_000

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def take_in(
        self, records: Iterable[Record], *, rules: EvidenceRules, identify: Identifier, at: datetime
    ) -> PageResult:
        """Adds ``records`` to log and ledger, in any order, any number of times.

        ``at`` is now. Raises `StoreError` when the key is not the store's.
        """
        with _no_garbage_collection():
            return self._take_in(records, rules, identify, at)

    def _take_in(
        self, records: Iterable[Record], rules: EvidenceRules, identify: Identifier, at: datetime
    ) -> PageResult:
        page = list(records)
        resolved = self._identities(page, identify, at)
        page, erased, too_old = self._wanted(page, resolved.barred)
        hashed = identify.of_ids({record.id for record in page})
        with self._rows.by_index():
            known, in_conflict = self._known(hashed)
        fresh, others = _fresh(page, known)
        names: dict[str, str] = {}
        if others:
            names = {name: str(number) for name, number in resolved.numbers.items()}
            names.update(dict.fromkeys(resolved.barred, NOBODY))
        fold = Fold(
            rules,
            known={one: what.version for one, what in known.items()},
            conflicts=in_conflict,
            identify=names,
        )
        fold.add(others)
        changed = fold.changed
        self._remove_versions(changed, known)
        self._write_tombstones(changed, hashed[0], utc_day(at))
        self._write_conflicts(in_conflict, set(fold.conflicts), hashed)
        entries = Entries(self._rows, rules)
        unknown = entries.add_new(fresh, resolved.numbers, hashed[0])
        entries.add_folded(fold, hashed[0])
        self._settle_ids()
        counted = sum(now.digest is not None for now in changed.values())
        replaced = sum(
            now.digest is not None and one in known and known[one].version.digest is not None
            for one, now in changed.items()
        )
        return PageResult(
            new=len(fresh) + counted - replaced,
            replaced=replaced,
            retracted=len(changed) - counted,
            duplicates=fold.duplicates,
            conflicts=len(set(fold.conflicts) - in_conflict),
            erased=erased,
            too_old=too_old,
            unknown=unknown + fold.unknown_verbs,
        )

    def _identities(
        self, page: Sequence[Record], identify: Identifier, at: datetime
    ) -> identities.Resolved:
        """Numbers for everybody in the page; other identifiers beside the first suggest a link."""
        firsts: set[str] = set()
        pairs: set[tuple[str, str]] = set()
        for record in page:
            if isinstance(record, Retraction):
                continue
            firsts.add(record.identities[0])
            if len(record.identities) > 1 or record.group:
                for names in (record.identities, *record.group):
                    firsts.add(names[0])
                    pairs.update((names[0], other) for other in names[1:])
        everyone = firsts.union(other for _, other in pairs)
        resolved = identities.take_in(self._rows, identify, everyone, at=at, people=firsts)
        self._rows.many(
            "INSERT INTO suggested (identity, other) VALUES (?, ?) "
            "ON CONFLICT (identity, other) DO NOTHING",
            sorted(
                (resolved.numbers[first], resolved.numbers[other])
                for first, other in pairs
                if first in resolved.numbers and other in resolved.numbers
            ),
        )
        return resolved

    def _wanted(self, page: list[Record], barred: frozenset[str]) -> tuple[list[Record], int, int]:
        """The page without who was erased and without days before the ledger's first; how many
        records each of these left out."""
        before = len(page)
        if barred:
            page = [kept for record in page if (kept := _without(record, barred)) is not None]
        erased = before - len(page)
        floor = self._rows.value("SELECT value FROM settings WHERE name = 'ledger_from'")
        if floor is not None:
            first = int(floor)
            page = [
                record
                for record in page
                if isinstance(record, Retraction) or utc_day(record.occurred_at) >= first
            ]
        return page, erased, before - erased - len(page)

    def _known(self, hashed: Sequence[Hashed]) -> tuple[dict[str, _Known], set[str]]:
        """Id → what is known of it, and which ids are in conflict."""
        rows = self._rows
        known: dict[str, _Known] = {}
        in_conflict: set[str] = set()
        taken_back = rows.first("SELECT 1 FROM tombstones LIMIT 1")
        differ = rows.first("SELECT 1 FROM conflicts LIMIT 1")
        for some in hashed:
            digests = [digest for digest, _ in some.values()]
            entries = list(rows.among(_KNOWN, digests))
            gone = list(rows.among(_TAKEN_BACK, digests)) if taken_back else []
            conflicts = list(rows.among(_CONFLICTS, digests)) if differ else []
            if not entries and not gone and not conflicts:
                continue
            ids = {digest: one for one, (digest, _) in some.items()}
            contents = masked(
                [row[1] for row in entries], [some[ids[row[0]]][1] for row in entries]
            )
            for (digest, _, entry, revision, identity, *rest), content in zip(
                entries, contents, strict=True
            ):
                source, topic, kind, day = rest
                key = (str(identity), source, topic, kind, day)
                one = ids[digest]
                before = known.get(one)
                keys = (key,) if before is None else (*before.version.keys, key)
                places = (entry,) if before is None else (*before.entries, entry)
                known[one] = _Known(Version(revision, content, keys), digest, places)
            for digest, revision in gone:
                known[ids[digest]] = _Known(Version(revision, None, ()), digest, ())
            in_conflict.update(ids[digest] for (digest,) in conflicts)
        return known, in_conflict

    def _remove_versions(self, changed: Mapping[str, Version], known: Mapping[str, _Known]) -> None:
        rows = self._rows
        old_entries: list[tuple[bytes, int]] = []
        old_tombstones: list[tuple[bytes]] = []
        for one in known.keys() & changed.keys():
            before = known[one]
            old_entries += ((before.digest, entry) for entry in before.entries)
            if before.version.digest is None:
                old_tombstones.append((before.digest,))
        old_entries.sort()
        for table in ("log", "dedupe"):
            rows.each_among(
                f"DELETE FROM {table} WHERE entry IN (?)",  # noqa: S608
                [entry for _, entry in old_entries],
            )
        for table in ID_TABLES:
            rows.many(f"DELETE FROM {table} WHERE id_digest = ? AND entry = ?", old_entries)  # noqa: S608
        rows.many("DELETE FROM tombstones WHERE id_digest = ?", sorted(old_tombstones))

    def _write_tombstones(self, changed: Mapping[str, Version], hashed: Hashed, today: int) -> None:
        self._rows.insert(
            "INSERT INTO tombstones (id_digest, revision, day) VALUES (?, ?, ?)",
            sorted(
                (hashed[one][0], now.revision, today)
                for one, now in changed.items()
                if now.digest is None
            ),
        )

    def _settle_ids(self) -> None:
        """Moves recent ids to the large table, in order, once there are enough of them: an eighth
        of it, so that the work per id stays the same however long the log."""
        rows = self._rows
        recent = int(rows.value("SELECT count(*) FROM recent_ids"))
        settled = int(rows.value("SELECT value FROM settings WHERE name = 'settled_ids'") or 0)
        if recent < max(self.recent_ids, settled // 8):
            return
        rows.run(
            "INSERT INTO ids (id_digest, entry) "
            "SELECT id_digest, entry FROM recent_ids ORDER BY id_digest, entry"
        )
        rows.clear("recent_ids")
        rows.run(
            "INSERT INTO settings (name, value) VALUES ('settled_ids', ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            str(settled + recent),
        )

    def _write_conflicts(
        self,
        before: set[str],
        now: set[str],
        hashed: Sequence[Hashed],
    ) -> None:
        self._rows.many(
            "DELETE FROM conflicts WHERE id_digest = ?",
            [(some[one][0],) for one in sorted(before - now) for some in hashed],
        )
        self._rows.many(
            "INSERT INTO conflicts (id_digest) VALUES (?)",
            [(hashed[0][one][0],) for one in sorted(now - before)],
        )


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A page makes hundreds of thousands of tuples and no cycles: looking for cycles among them
    again and again takes a sixth of the time. At most for the second or so that a page takes."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _fresh(
    page: Iterable[Record], known: Mapping[str, object]
) -> tuple[dict[str, Activity], list[Record]]:
    """Activities of one learner whose id stands once in the page and is not known, by id; and the
    other records, each id's in the order of the page."""
    fresh: dict[str, Activity] = {}
    others: list[Record] = []
    not_fresh = set(known)
    for record in page:
        one = record.id
        if one in fresh:
            not_fresh.add(one)
            others.append(fresh.pop(one))
        if one in not_fresh or isinstance(record, Retraction) or record.group:
            not_fresh.add(one)
            others.append(record)
        else:
            fresh[one] = record
    return fresh, others


def _without(record: Record, barred: frozenset[str]) -> Record | None:
    """The record without members of whom a second identifier is barred; ``None`` where nobody is
    left. Members whose first identifier is barred stay, so that the content stays what it was;
    they are left out of what is written."""
    if isinstance(record, Retraction):
        return record
    if not record.group:
        return record if barred.isdisjoint(record.identities) else None
    members = (record.identities, *record.group)
    kept = [names for names in members if names[0] in barred or barred.isdisjoint(names)]
    if all(names[0] in barred for names in kept):
        return None
    if len(kept) == len(members):
        return record
    return msgspec.structs.replace(record, identities=kept[0], group=tuple(kept[1:]))
