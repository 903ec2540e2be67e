"""People of the store as advice knows them, and who acts for which layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any

from attrs import evolve, frozen

from ..advice import Directory, Person
from ..advice.networks import Contact
from ..advice.roles import Holder, Holders
from ..maturity.vocabulary import Language, Layer, Role
from ..storage import StoredPerson, Transaction
from . import rights as of_rights
from .config import Configuration
from .rights import Rights

_WIDE: Mapping[Layer, Role] = {
    "hr": "hr",
    "leadership": "director",
    "environment": "education_contact",
}
"""Layer → the role that acts for it in the whole organisation."""


def rows(rights: Rights) -> dict[str, Person]:
    """Uuid → the person as advice knows them, with a language; of everybody who did not leave.

    With the roles that the organisation itself named: whoever it names holds the role, and nobody
    else does; a manager whom it names is that of people without one.
    """
    default = rights.configuration.organisation.language
    people = {
        uuid: _row(person, default) for uuid, person in rights.people.items() if person.active
    }
    for role, named in rights.named.items():
        if named and role != "manager":
            people = {uuid: _with_role(one, role, uuid in named) for uuid, one in people.items()}
    if managers := rights.named.get("manager"):
        people = {
            uuid: one if one.manager or uuid in managers else evolve(one, manager=managers[0])
            for uuid, one in people.items()
        }
    return people


def holders(people: Mapping[str, Person], contacts: Sequence[Contact] = ()) -> Holders:
    """Who acts for what among ``people``, as `rows` gives them, with the ``contacts`` outside."""
    return Holders.of(Directory(tuple(people.values())), contacts=contacts)


@frozen
class ActsFor:
    """What one person acts for: the ``roles`` they hold, after the fallbacks for who is missing, and
    the paths of the ``units`` they lead."""

    roles: frozenset[Role] = frozenset()
    units: tuple[str, ...] = ()


class ActsForEach:
    """What each person acts for, worked out once after each change in a directory: it takes everybody
    to tell who leads whom. Who changed what is read from the store each time, so that a change counts
    at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: Mapping[str, ActsFor] = {}
        self._people: object = None
        self._names: object = None
        self._named: Mapping[Role, tuple[str, ...]] = {}

    def of(
        self, tx: Transaction, configuration: Configuration, person: str, at: datetime
    ) -> ActsFor:
        """What a person (uuid) acts for; nothing where they left or are in no directory."""
        with self._lock:
            version, roles = tx.people.version(), configuration.roles
            # Whom a name stands for may change with each identity that is seen.
            names = (version, roles, tx.people.identities() if roles.named else 0)
            if names != self._names:
                self._named, self._names = of_rights.named(tx, configuration, at), names
            people = (version, roles, dict(self._named))
            if people != self._people:
                rights = Rights(tx.people.all(), {}, configuration, at.date(), self._named)
                self._of, self._people = _acts_for(rights), people
            return self._of.get(person, ActsFor())


def _acts_for(rights: Rights) -> dict[str, ActsFor]:
    people = rows(rights)
    acting = holders(people)
    roles = {
        uuid: set(one.roles)
        for uuid, one in people.items()
        if rights.people[uuid].directory is not None
    }
    units: dict[str, list[str]] = {}
    for layer, role in _WIDE.items():
        for uuid in _holders(acting.for_unit("", layer)):
            roles.get(uuid, set()).add(role)
    for unit in sorted({one.unit for one in people.values() if one.unit}):
        for uuid in _holders(acting.for_unit(unit, "manager")):
            units.setdefault(uuid, []).append(unit)
    alike: dict[ActsFor, ActsFor] = {}
    found = (
        (uuid, ActsFor(frozenset(held), tuple(units.get(uuid, ())))) for uuid, held in roles.items()
    )
    return {uuid: alike.setdefault(one, one) for uuid, one in found}


def _holders(holder: Holder | None) -> list[str]:
    return [] if holder is None else [one.identifier for one in holder.people]


def findings(rights: Rights) -> tuple[str, ...]:
    """What does not fit in who acts for whom, in words without anybody's name: somebody named in the
    configuration who cannot be found, managers in a circle, and roles that nobody holds."""
    roles = rights.configuration.roles.named
    found = [
        f"roles.{role}: {len(names) - len(rights.named[role])} of the {len(names)} named cannot be "
        "told to be one person in a directory; use an identifier or a mail address"
        for role, names in roles.items()
        if len(rights.named[role]) < len(names)
    ]
    if not any(person.directory for person in rights.people.values()):
        return tuple(found)
    acting = holders(rows(rights), rights.configuration.contacts)
    for count, what in (
        (len(acting.own_managers), "are named as their own manager"),
        (len(acting.in_a_circle), "are in a circle of managers who name each other"),
    ):
        if count:
            found.append(f"roles: {count:,} people {what}; they count as without a manager")
    for layer, unit in acting.gaps():
        where = f"unit {unit}" if unit else "the organisation"
        found.append(
            f"roles: nobody acts for {layer} in {where}; give somebody that role in the directory, "
            f"or name them under [{'[contact]' if layer == 'environment' else 'roles'}]"
        )
    return tuple(found)


def _with_role(person: Person, role: Role, holds: bool) -> Person:
    others = tuple(one for one in person.roles if one != role)
    return evolve(person, roles=(*others, role) if holds else others)


def _row(person: StoredPerson, default: Language) -> Person:
    language: Language = "en" if (person.language or default) == "en" else "nl"
    roles: tuple[Any, ...] = person.roles
    employment: Any = person.employment
    return Person(
        identifier=person.uuid,
        written=person.uuid,
        name=person.name,
        roles=roles,
        manager=person.manager or "",
        unit=person.unit,
        language=language,
        employment=employment,
        working_days=person.working_days or (),
        away=person.away,
    )


__all__ = ["ActsFor", "ActsForEach", "findings", "holders", "rows"]
