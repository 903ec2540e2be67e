"""Records, standards and candidates in the organisation's store. Every function is given a connection
in a transaction; nothing here decides who may do what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from attrs import evolve
from cattrs.preconf.json import JsonConverter, make_converter
from sqlalchemy import Connection, delete, insert, or_, select, update

from leercultuur_core import LeercultuurError

from . import evidence_files
from .record import ERASED, Candidate, Entry, Record, Share
from .schema import candidates, credentials, history, records, shares, standards
from .standard import Standard


class RecordChanged(LeercultuurError):
    """Somebody else changed the record in between; what was asked is not done and theirs is kept."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            f"the record was changed in between (you saw version {expected}, it is now {found}); "
            "look at it again, and do what you wanted then"
        )
        self.expected, self.found = expected, found


@cache
def _json() -> JsonConverter:
    return make_converter(forbid_extra_keys=True, omit_if_default=True)


def add(connection: Connection, record: Record) -> Record:
    """Keeps a new record; gives it with its version, 1."""
    first = evolve(record, version=1)
    connection.execute(insert(records).values(record=record.id, **_columns(first)))
    _append(connection, record.id, 0, record.history)
    return first


def save(connection: Connection, record: Record) -> Record:
    """Keeps a record that was changed; gives it with its new version.

    ``record.version`` is the version that was changed. Raises `RecordChanged` where the store has
    another.
    """
    changed = evolve(record, version=record.version + 1)
    here = (records.c.record == record.id) & (records.c.version == record.version)
    if not connection.execute(update(records).where(here).values(**_columns(changed))).rowcount:
        found = connection.scalar(select(records.c.version).where(records.c.record == record.id))
        raise RecordChanged(record.version, found or 0)
    known = connection.scalars(select(history.c.entry).where(history.c.record == record.id)).all()
    _append(connection, record.id, len(known), record.history[len(known) :])
    return changed


def load(connection: Connection, record: str) -> Record | None:
    """A record with its history; ``None`` where there is none."""
    return next(iter(_loaded(connection, records.c.record == record)), None)


def every(
    connection: Connection, *, holder: str | None = None, stage: str | None = None
) -> Iterator[Record]:
    """Records by id, of one holder or at one stage where asked."""
    where = records.c.record != ""
    if holder is not None:
        where &= records.c.holder == holder
    if stage is not None:
        where &= records.c.stage == stage
    yield from _loaded(connection, where)


def remove(connection: Connection, record: str) -> dict[str, int]:
    """Forgets a record with all that belongs to it; gives table → rows gone."""
    counts = {"records_files": evidence_files.drop(connection, record)}
    for table in (records, history, shares, credentials):
        gone = connection.execute(delete(table).where(table.c.record == record)).rowcount
        counts[table.name] = gone
    return counts


def put_share(connection: Connection, record: str, share: Share) -> None:
    """Lets somebody read a record, instead of what was said to them before."""
    take_share(connection, record, share.whom)
    row = {"record": record, "whom": share.whom, "until": share.until.isoformat()}
    connection.execute(insert(shares).values(row))


def take_share(connection: Connection, record: str, whom: str) -> bool:
    """Takes a share back; ``False`` where there was none."""
    here = (shares.c.record == record) & (shares.c.whom == whom)
    return bool(connection.execute(delete(shares).where(here)).rowcount)


def shares_of(connection: Connection, record: str) -> tuple[Share, ...]:
    """With whom a record is shared."""
    found = connection.execute(
        select(shares.c.whom, shares.c.until)
        .where(shares.c.record == record)
        .order_by(shares.c.whom)
    )
    return tuple(Share(whom, date.fromisoformat(until)) for whom, until in found)


def put_standard(connection: Connection, standard: Standard) -> bool:
    """Keeps a standard. ``False`` where it is there in the same words already.

    Raises `ValueError` where it is there in other words: a version that records were assessed against
    does not change.
    """
    content = _json().dumps(standard)
    here = (standards.c.code == standard.code) & (standards.c.version == standard.version)
    known = connection.scalar(select(standards.c.content).where(here))
    if known is not None and known != content:
        raise ValueError(
            "this version is in the store with another content; give it a version of its own"
        )
    if known is None:
        row = {"code": standard.code, "version": standard.version, "content": content}
        connection.execute(insert(standards).values(row))
    return known is None


def standard(connection: Connection, key: tuple[str, str]) -> Standard | None:
    """The standard with this code and version."""
    here = (standards.c.code == key[0]) & (standards.c.version == key[1])
    content = connection.scalar(select(standards.c.content).where(here))
    return None if content is None else _json().loads(content, Standard)


def all_standards(connection: Connection) -> tuple[Standard, ...]:
    """All standards, by code and version."""
    found = connection.scalars(
        select(standards.c.content).order_by(standards.c.code, standards.c.version)
    )
    return tuple(_json().loads(content, Standard) for content in found)


def put_candidate(connection: Connection, candidate: Candidate) -> None:
    """Keeps a candidate."""
    connection.execute(
        insert(candidates).values(
            candidate=candidate.id,
            name=candidate.name,
            mail=candidate.mail,
            language=candidate.language,
        )
    )


def find_candidate(connection: Connection, who: str) -> Candidate | None:
    """The candidate with this id or mail address."""
    here = or_(candidates.c.candidate == who, candidates.c.mail == who.lower())
    row = connection.execute(select(candidates).where(here)).first()
    return None if row is None else Candidate(row.candidate, row.name, row.mail, row.language)


def adopt(connection: Connection, candidate: str, person: str) -> int:
    """Makes a candidate's records those of a person, and lets go of the candidate; gives how many."""
    mine = list(every(connection, holder=candidate))
    for record in mine:
        save(connection, evolve(record, holder=person))
    connection.execute(update(history).where(history.c.who == candidate).values(who=person))
    connection.execute(delete(candidates).where(candidates.c.candidate == candidate))
    return len(mine)


def put_credential(connection: Connection, record: str, content: bytes) -> None:
    """Keeps what a record was issued as, for its holder to fetch."""
    connection.execute(delete(credentials).where(credentials.c.record == record))
    connection.execute(insert(credentials).values(record=record, content=content))


def credential(connection: Connection, record: str) -> bytes | None:
    """What a record was issued as."""
    here = credentials.c.record == record
    found: bytes | None = connection.scalar(select(credentials.c.content).where(here))
    return found


def export(connection: Connection, holder: str) -> dict[str, Any]:
    """Everything kept of somebody, as JSON can write it; empty where that is nothing. Files are named
    by their digest."""
    found: dict[str, Any] = {}
    mine = [
        {
            **_json().unstructure(record),
            "stage": record.stage,
            "shared_with": _json().unstructure(shares_of(connection, record.id)),
            "credential": (credential(connection, record.id) or b"").decode("utf-8"),
        }
        for record in every(connection, holder=holder)
    ]
    steps = connection.execute(
        select(history.c.record, history.c.step, history.c.content)
        .join(records, records.c.record == history.c.record)
        .where((history.c.who == holder) & (records.c.holder != holder))
    )
    shared = connection.scalars(select(shares.c.record).where(shares.c.whom == holder))
    candidate = find_candidate(connection, holder)
    parts: Mapping[str, Any] = {
        "candidate": _json().unstructure(candidate) if candidate else None,
        "records": mine,
        # Which record of another it was is that other's; what they did is theirs.
        "steps_in_records_of_others": [
            {"step": step, "at": entry(content).at.isoformat()} for _, step, content in steps
        ],
        "records_shared_with_them": len(list(shared)),
    }
    found |= {name: part for name, part in parts.items() if part}
    return found


def erase(connection: Connection, holder: str) -> dict[str, int]:
    """Forgets somebody: their records with all that belongs to them, and their name in records of
    others, where ``erased`` stands for it. Gives table → rows gone."""
    counts: dict[str, int] = {}
    mine = connection.scalars(select(records.c.record).where(records.c.holder == holder)).all()
    for record in mine:
        for table, gone in remove(connection, record).items():
            counts[table] = counts.get(table, 0) + gone
    shared = connection.execute(delete(shares).where(shares.c.whom == holder)).rowcount
    counts["records_shares"] = counts.get("records_shares", 0) + shared
    connection.execute(update(history).where(history.c.who == holder).values(who=ERASED))
    candidate = delete(candidates).where(candidates.c.candidate == holder)
    counts["records_candidates"] = connection.execute(candidate).rowcount
    return {table: count for table, count in counts.items() if count}


def as_json_values(record: Record) -> dict[str, Any]:
    """A record as JSON can write it."""
    values: dict[str, Any] = _json().unstructure(record)
    return values


def entry(content: str) -> Entry:
    """A step as it is kept; who took it stands beside it."""
    return _json().loads(content, Entry)


def _columns(record: Record) -> dict[str, Any]:
    # What has a column or a table of its own does not stand in the content too.
    content = _json().dumps(evolve(record, history=(), version=0))
    return {
        "holder": record.holder,
        "stage": record.stage,
        "version": record.version,
        "content": content,
    }


def _append(connection: Connection, record: str, known: int, entries: tuple[Entry, ...]) -> None:
    for number, entry in enumerate(entries, known):
        connection.execute(
            insert(history).values(
                record=record,
                number=number,
                step=entry.step,
                who=entry.by,
                content=_json().dumps(evolve(entry, by="")),
            )
        )


def _loaded(connection: Connection, where: Any) -> Iterator[Record]:
    found = connection.execute(
        select(records.c.record, records.c.version, records.c.content)
        .where(where)
        .order_by(records.c.record)
    ).all()
    entries: dict[str, list[Entry]] = defaultdict(list)
    steps = (
        select(history.c.record, history.c.who, history.c.content)
        .join(records, records.c.record == history.c.record)
        .where(where)
        .order_by(history.c.record, history.c.number)
    )
    for record, who, text in connection.execute(steps):
        entries[record].append(evolve(entry(text), by=who))
    for record, version, content in found:
        kept = _json().loads(content, Record)
        yield evolve(kept, history=tuple(entries[record]), version=version)
