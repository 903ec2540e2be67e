"""People of the store as advice knows them, and who acts for which layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from ..advice import Directory, Person
from ..advice.networks import Contact
from ..advice.roles import Holder, Holders
from ..maturity.vocabulary import Language, Layer, Role
from ..storage import StoredPerson
from .rights import Rights


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


def acts_for(rights: Rights, person: str) -> ActsFor:
    """What a person (uuid) acts for; nothing where they left or are in no directory."""
    people = rows(rights)
    if person not in people or rights.people[person].directory is None:
        return ActsFor()
    acting = holders(people)
    wide: Mapping[Layer, Role] = {
        "hr": "hr",
        "leadership": "director",
        "environment": "education_contact",
    }
    roles = {role for layer, role in wide.items() if _holds(acting.for_unit("", layer), person)}
    units = sorted({one.unit for one in people.values() if one.unit})
    led = tuple(unit for unit in units if _holds(acting.for_unit(unit, "manager"), person))
    return ActsFor(frozenset({*people[person].roles, *roles}), led)


def _holds(holder: Holder | None, person: str) -> bool:
    return holder is not None and any(one.identifier == person for one in holder.people)


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


__all__ = ["ActsFor", "acts_for", "findings", "holders", "rows"]
