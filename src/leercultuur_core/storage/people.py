"""People and the revocable links from identities to them. Linking rewrites nothing else."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import uuid4

from attrs import field, frozen

from ..activity.activity import utc_day
from . import identities
from .identifier import Identifier
from .rows import Rows
from .versions import changed, version


class PersonLike(Protocol):
    """A person as a directory knows them; identifiers and manager are canonical identifiers."""

    @property
    def identifiers(self) -> Sequence[str]: ...
    @property
    def name(self) -> str: ...
    @property
    def roles(self) -> Sequence[str]: ...
    @property
    def manager(self) -> str | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def language(self) -> str | None: ...
    @property
    def employment(self) -> str: ...
    @property
    def working_days(self) -> Sequence[int] | None: ...
    @property
    def addresses(self) -> Mapping[str, str]: ...
    @property
    def active(self) -> bool: ...
    @property
    def away(self) -> Sequence[tuple[date, date]]: ...


@frozen
class StoredPerson:
    """A person as the store knows them.

    ``manager`` is a uuid. ``directory`` names the directory that knows them; ``None`` for somebody
    of whom only activities were seen. ``since`` and ``until`` are day numbers. ``away`` are the first
    and the last day of each absence, as the directory last said. ``channels`` are those they chose to
    get messages on, the first choice first; empty where they chose none.
    """

    uuid: str
    name: str
    roles: tuple[str, ...]
    manager: str | None
    unit: str
    language: str | None
    employment: str
    working_days: tuple[int, ...] | None
    addresses: Mapping[str, str]
    directory: str | None
    active: bool
    since: int
    until: int | None
    away: tuple[tuple[date, date], ...] = ()
    channels: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<StoredPerson {self.uuid}>"


@frozen
class DirectoryResult:
    """What a directory brought.

    new, changed, gone
        Numbers of people: now known by it, known otherwise than before, no longer in it.
    erased
        People it named who were erased: not taken in.
    ambiguous
        Identifiers of entries that would be two people at once, or one person in two entries; not
        taken in. Not shown in a ``repr``.
    """

    new: int = 0
    changed: int = 0
    gone: int = 0
    erased: int = 0
    ambiguous: tuple[tuple[str, ...], ...] = field(default=(), repr=False)


_PERSON = (
    "SELECT p.uuid, p.name, p.roles, m.uuid, p.unit, p.language, p.employment, p.working_days, "
    "p.addresses, p.directory, p.active, p.since, p.until, p.away, p.channels "
    "FROM persons p LEFT JOIN persons m ON m.person = p.manager"
)
_FIELDS = (
    "name, roles, manager, unit, language, employment, working_days, addresses, away, active, until"
)


class People:
    """People, what directories say of them, and their links."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def all(self, only: Collection[str] | None = None) -> dict[str, StoredPerson]:
        """Everybody by uuid, also who left, or those of ``only`` (uuids)."""
        rows = (
            self._rows.all(f"{_PERSON} ORDER BY p.uuid")
            if only is None
            else self._rows.among(f"{_PERSON} WHERE p.uuid IN (?)", only)
        )
        return {
            row[0]: StoredPerson(
                uuid=row[0],
                name=row[1],
                roles=tuple(row[2].split()),
                manager=row[3],
                unit=row[4],
                language=row[5],
                employment=row[6],
                working_days=None if row[7] is None else tuple(json.loads(row[7])),
                addresses=json.loads(row[8]),
                directory=row[9],
                active=bool(row[10]),
                since=row[11],
                until=row[12],
                away=_absences(row[13]),
                channels=tuple(json.loads(row[14])),
            )
            for row in rows
        }

    def version(self) -> int:
        """A number that is another one after any change in what directories say of people, and in
        whose an identity is; not after a new identity or somebody who was only seen: `identities`."""
        return version(self._rows, "people")[0]

    def identities(self) -> int:
        """A number that grows with each new identity."""
        return int(self._rows.value("SELECT max(identity) FROM identities") or 0)

    def find(self, identifier: str, identify: Identifier) -> str | None:
        """The uuid of whom a canonical identifier belongs to, or ``None``."""
        number = identities.look_up(self._rows, identify, [identifier]).persons.get(identifier)
        if number is None:
            return None
        return str(self._rows.value("SELECT uuid FROM persons WHERE person = ?", number))

    def put_directory(
        self, directory: str, people: Iterable[PersonLike], *, identify: Identifier, at: datetime
    ) -> DirectoryResult:
        """Takes in the whole list of a directory; who is no longer in it is set inactive.

        An entry is somebody already known when one of its identifiers is theirs. Entries that match
        two people whom a directory knows are left out and reported.
        """
        entries = list(people)
        names = {name for entry in entries for name in entry.identifiers}
        names.update(entry.manager for entry in entries if entry.manager)
        resolved = identities.take_in(self._rows, identify, names, at=at, people=())
        uses = Counter(name for entry in entries for name in set(entry.identifiers))
        work = _Import(self._rows, directory, utc_day(at))
        ambiguous: list[tuple[str, ...]] = []
        erased = 0
        placed: list[tuple[int, PersonLike]] = []
        for entry in entries:
            if not resolved.barred.isdisjoint(entry.identifiers):
                erased += 1
                continue
            numbers = [resolved.numbers[name] for name in entry.identifiers]
            shared = any(uses[name] > 1 for name in entry.identifiers)
            person = None if shared or not numbers else work.place(numbers)
            if person is None:
                ambiguous.append(tuple(entry.identifiers))
            else:
                placed.append((person, entry))
        for person, entry in placed:
            manager = None
            if entry.manager and entry.manager in resolved.numbers:
                manager = work.owners.get(resolved.numbers[entry.manager])
            work.fill(person, entry, manager)
        gone = work.leave(placed)
        if work.new or work.changed or gone:
            changed(self._rows, "people")
        return DirectoryResult(work.new, work.changed, gone, erased, tuple(ambiguous))

    def choose_channels(self, uuid: str, channels: Sequence[str]) -> bool:
        """Keeps on which channels a person wants their messages, the first choice first; ``False``
        where there is no such person. No directory changes it."""
        return (
            self._rows.run(
                "UPDATE persons SET channels = ? WHERE uuid = ?", json.dumps(list(channels)), uuid
            )
            == 1
        )

    def link(self, identifier: str, uuid: str, *, identify: Identifier, at: datetime) -> bool:
        """Makes an identifier this person's. ``False`` where there is no such person, or the
        identifier is of somebody who was erased."""
        person = self._number(uuid)
        resolved = identities.take_in(self._rows, identify, [identifier], at=at, people=())
        if person is None or identifier in resolved.barred:
            return False
        _relink(self._rows, resolved.numbers[identifier], person, "manual", utc_day(at))
        return True

    def unlink(self, identifier: str, *, identify: Identifier, at: datetime) -> str | None:
        """Makes an identifier that of a person of its own; gives their uuid, ``None`` where it is
        not known. What was said and sent stays with the person it was linked to."""
        resolved = identities.look_up(self._rows, identify, [identifier])
        number, before = resolved.numbers.get(identifier), resolved.persons.get(identifier)
        if number is None:
            return None
        alone = "SELECT uuid FROM persons WHERE person = ? AND directory IS NULL AND 1 = (SELECT count(*) FROM links WHERE person = ?)"
        uuid = self._rows.value(alone, before, before)
        if uuid is None:
            (person,) = identities.new_persons(self._rows, 1, at=at)
            _relink(self._rows, number, person, "manual", utc_day(at))
            uuid = self._rows.value("SELECT uuid FROM persons WHERE person = ?", person)
        return str(uuid)

    def merge(self, uuid: str, into: str, *, at: datetime) -> bool:
        """Makes all identities of one person another's, with what was said and sent."""
        gone, stays = self._number(uuid), self._number(into)
        if gone is None or stays is None or gone == stays:
            return False
        for (number,) in self._rows.all("SELECT identity FROM links WHERE person = ?", gone):
            _relink(self._rows, number, stays, "manual", utc_day(at))
        return True

    def suggestions(self) -> list[tuple[str, str]]:
        """Pairs of people (uuids) that one activity named as one learner and who are not linked."""
        return [
            (first, second)
            for first, second in self._rows.all(
                "SELECT DISTINCT p.uuid, q.uuid FROM suggested s "
                "JOIN links a ON a.identity = s.identity JOIN links b ON b.identity = s.other "
                "JOIN persons p ON p.person = a.person JOIN persons q ON q.person = b.person "
                "WHERE a.person <> b.person ORDER BY p.uuid, q.uuid"
            )
        ]

    def _number(self, uuid: str) -> int | None:
        number: int | None = self._rows.value("SELECT person FROM persons WHERE uuid = ?", uuid)
        return number


class _Import:
    """One directory's list on its way in."""

    def __init__(self, rows: Rows, directory: str, today: int) -> None:
        self._rows = rows
        self._directory = directory
        self._today = today
        self.new = self.changed = 0
        self.owners: dict[int, int] = dict(rows.all("SELECT identity, person FROM links"))
        self._owned: defaultdict[int, set[int]] = defaultdict(set)
        for identity, person in self.owners.items():
            self._owned[person].add(identity)
        self._known = {
            row[0]: row[1:]
            for row in rows.all(f"SELECT person, directory, {_FIELDS} FROM persons")  # noqa: S608
        }

    def place(self, numbers: Collection[int]) -> int | None:
        """Whom these identities are, all linked to them; ``None`` where that cannot be told."""
        owners = {self.owners[number] for number in numbers if number in self.owners}
        listed = {owner for owner in owners if self._known[owner][0] is not None}
        # Somebody who was only seen is joined, unless linked by hand to what the entry lacks.
        apart = {owner for owner in owners - listed if not self._owned[owner] <= set(numbers)}
        if len(listed) + len(apart) > 1:
            return None
        person = next(iter(listed or apart or sorted(owners)), None)
        if person is None:
            row = self._rows.first(
                "INSERT INTO persons (uuid, name, roles, unit, employment, addresses, active, since)"
                " VALUES (?, '', 'worker', '', 'employee', '{}', 1, ?) RETURNING person",
                str(uuid4()),
                self._today,
            )
            assert row is not None  # noqa: S101 - an insert gives its row
            person = int(row[0])
            self._known[person] = (None,)
        for number in numbers:
            before = self.owners.get(number)
            if before != person:
                _relink(self._rows, number, person, "directory", self._today)
                self.owners[number] = person
                self._owned[person].add(number)
                if before is not None:
                    self._owned[before].discard(number)
        return person

    def fill(self, person: int, entry: PersonLike, manager: int | None) -> None:
        """Writes what the entry says, where that is something else than before."""
        days = entry.working_days
        values = (
            entry.name,
            " ".join(entry.roles),
            manager,
            entry.unit,
            entry.language,
            entry.employment,
            None if days is None else json.dumps(list(days)),
            json.dumps(dict(entry.addresses), sort_keys=True),
            json.dumps([[one.isoformat() for one in absence] for absence in sorted(entry.away)]),
            int(entry.active),
            None if entry.active else self._today,
        )
        directory, *known = self._known[person]
        if directory is None:
            self.new += 1
        elif known and known[-2] == 0 and not entry.active:
            values = (*values[:-1], known[-1])  # they left on the day that they left
        if directory == self._directory and tuple(known) == values:
            return
        self.changed += directory is not None
        marks = ", ".join(f"{name} = ?" for name in _FIELDS.split(", "))
        self._rows.run(
            f"UPDATE persons SET directory = ?, {marks} WHERE person = ?",  # noqa: S608
            self._directory,
            *values,
            person,
        )

    def leave(self, placed: Iterable[tuple[int, PersonLike]]) -> int:
        """Sets inactive whom the directory knew and no longer names; gives how many."""
        here = {person for person, _ in placed}
        gone = [
            (self._today, person)
            for person, known in self._known.items()
            if known[0] == self._directory and person not in here and known[-2]
        ]
        self._rows.many("UPDATE persons SET active = 0, until = ? WHERE person = ?", gone)
        return len(gone)


def _absences(stored: str) -> tuple[tuple[date, date], ...]:
    return tuple(
        (date.fromisoformat(first), date.fromisoformat(last)) for first, last in json.loads(stored)
    )


def _relink(rows: Rows, identity: int, person: int, origin: str, today: int) -> None:
    """Links an identity to a person. Who has no identity left and is in no directory disappears;
    what was said and sent to them becomes the other's."""
    before = rows.value("SELECT person FROM links WHERE identity = ?", identity)
    rows.run(
        "INSERT INTO links (identity, person, origin, since) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (identity) DO UPDATE SET person = excluded.person, "
        "origin = excluded.origin, since = excluded.since",
        identity,
        person,
        origin,
        today,
    )
    if before is None or before == person:
        return
    changed(rows, "people")
    changed(rows, "ledger")
    left = rows.first(
        "SELECT 1 FROM persons p WHERE p.person = ? AND p.directory IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM links l WHERE l.person = p.person)",
        before,
    )
    if left is None:
        return
    for table, column in _SAID_AND_SENT:
        rows.run(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", person, before)  # noqa: S608
    rows.run("DELETE FROM estimates WHERE person = ?", before)
    rows.run("UPDATE persons SET manager = ? WHERE manager = ?", person, before)
    rows.run("DELETE FROM persons WHERE person = ?", before)


_SAID_AND_SENT = (
    ("consents", "person"),
    ("answers", "person"),
    ("used_links", "person"),
    ("outbox", "recipient"),
    ("outbox", "subject_person"),
    ("messages", "recipient"),
    ("audit", "subject"),
    ("practice", "recorded_by"),
)
