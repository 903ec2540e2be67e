"""From canonical identifiers to identity numbers, and the person that each belongs to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import uuid4

from attrs import frozen

from ..activity.activity import utc_day
from ..errors import StoreError
from .identifier import Identifier
from .rows import Rows, seconds


@frozen
class Resolved:
    """What identifiers are in the store.

    numbers
        Identifier → identity number.
    persons
        Identifier → person number, where it belongs to one.
    barred
        Identifiers of people who were erased: nothing of them is taken in.
    """

    numbers: Mapping[str, int]
    persons: Mapping[str, int]
    barred: frozenset[str]

    def __repr__(self) -> str:
        return f"<Resolved {len(self.numbers)}, barred {len(self.barred)}>"


def look_up(rows: Rows, identify: Identifier, names: Collection[str]) -> Resolved:
    """What is known of ``names``; adds nothing."""
    digests = {name: identify.digests(name) for name in names}
    return _found(rows, digests)


def take_in(
    rows: Rows,
    identify: Identifier,
    names: Collection[str],
    *,
    at: datetime,
    people: Collection[str],
) -> Resolved:
    """Like `look_up`, and adds what is not known yet. Those in ``people`` each get a person.

    An identifier known under an older key gets a new identity beside it, of the same person.
    Raises `StoreError` (``key``) when none of the keys is one that the store knows.
    """
    check_key(rows, identify, at)
    digests = {name: identify.digests(name) for name in names}
    known = _found(rows, digests)
    current = set(known.numbers)
    if len(identify.key_ids) > 1:
        newest = {digests[name][0]: name for name in known.numbers}
        current = {
            newest[row[0]]
            for row in rows.among("SELECT digest FROM identities WHERE digest IN (?)", newest)
        }
    absent = sorted(name for name in digests if name not in current and name not in known.barred)
    key_id = identify.key_ids[0]
    rows.insert(
        "INSERT INTO identities (digest, key_id) VALUES (?, ?)",
        [(digests[name][0], key_id) for name in absent],
    )
    added: dict[bytes, int] = dict(
        rows.among(
            "SELECT digest, identity FROM identities WHERE digest IN (?)",
            [digests[name][0] for name in absent],
        )
    )
    numbers = {**known.numbers, **{name: added[digests[name][0]] for name in absent}}
    persons = dict(known.persons)
    alone = sorted(name for name in people if name in numbers and name not in persons)
    persons.update(zip(alone, new_persons(rows, len(alone), at=at), strict=True))
    today = utc_day(at)
    rows.insert(
        "INSERT INTO links (identity, person, origin, since) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (identity) DO NOTHING",
        [
            (numbers[name], persons[name], "seen", today)
            for name in (*absent, *alone)
            if name in persons
        ],
    )
    return Resolved(numbers, persons, known.barred)


def new_persons(rows: Rows, count: int, *, at: datetime) -> list[int]:
    """Adds ``count`` people of whom nothing is known; gives their numbers."""
    uuids = [str(uuid4()) for _ in range(count)]
    today = utc_day(at)
    rows.insert(
        "INSERT INTO persons (uuid, name, roles, unit, employment, addresses, active, since) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(uuid, "", "worker", "", "employee", "{}", 1, today) for uuid in uuids],
    )
    numbers: dict[str, int] = dict(
        rows.among("SELECT uuid, person FROM persons WHERE uuid IN (?)", uuids)
    )
    return [numbers[uuid] for uuid in uuids]


def check_key(rows: Rows, identify: Identifier, at: datetime) -> None:
    """Remembers the key in use. Raises `StoreError` when the store was made with other keys: with
    the wrong key everybody would be somebody new and everything would count twice."""
    known = {key_id for (key_id,) in rows.all("SELECT key_id FROM identity_keys")}
    if known and not known.intersection(identify.key_ids):
        raise StoreError(
            f"identity key: expected the one this store was made with (id {', '.join(sorted(known))}), "
            f"found {', '.join(identify.key_ids)}; put the right key file back. To change keys, put "
            "the new key on the first line and leave the old one below it",
            "key",
        )
    if identify.key_ids[0] not in known:
        rows.run(
            "INSERT INTO identity_keys (key_id, since) VALUES (?, ?)",
            identify.key_ids[0],
            seconds(at),
        )


def _found(rows: Rows, digests: Mapping[str, tuple[bytes, ...]]) -> Resolved:
    names = {digest: name for name, some in digests.items() for digest in some}
    found = list(
        rows.among(
            "WITH wanted (digest) AS (VALUES (?)) SELECT i.digest, i.identity, l.person "
            "FROM wanted CROSS JOIN identities i LEFT JOIN links l ON l.identity = i.identity "
            "WHERE i.digest = wanted.digest",
            names,
        )
    )
    if len(names) > len(digests):  # the newest key last, so that it decides
        found.sort(key=lambda row: digests[names[row[0]]].index(row[0]), reverse=True)
    barred: frozenset[str] = frozenset()
    if rows.first("SELECT 1 FROM do_not_ingest LIMIT 1"):
        barred = frozenset(
            names[row[0]]
            for row in rows.among("SELECT digest FROM do_not_ingest WHERE digest IN (?)", names)
        )
    return Resolved(
        {names[digest]: identity for digest, identity, _ in found},
        {names[digest]: person for digest, _, person in found if person is not None},
        barred,
    )
