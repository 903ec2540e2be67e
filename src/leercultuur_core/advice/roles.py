"""Who acts: from a layer to the people who hold its role, with the report's fallback.

==========  ========================  =====================  ==================
layer       who holds it              else                   self-employed
==========  ========================  =====================  ==================
tasks       the worker                                       the same
colleagues  the worker, as colleague                         the same
manager     named manager, or the     the director           themselves
            unit's manager
hr          hr                        the director           themselves
leadership  the director              nobody: a gap          themselves
environment education contact         nobody: a gap          the same
==========  ========================  =====================  ==================

Where the file names nobody this says so; it never picks the likeliest person. For the environment
there may still be somebody outside to turn to: `Holders.outside`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import Factory, define, frozen

from .networks import Contact, Network, contact_for, network_for
from .people import Directory, Person

_ROLE_OF = {
    "manager": "manager",
    "hr": "hr",
    "leadership": "director",
    "environment": "education_contact",
}
"""Layer → the role that acts for it, for the layers that are not the worker's own."""


@frozen
class Holder:
    """Who acts for a layer. ``role`` is the role they hold; ``stands_in`` says it is a fallback."""

    people: tuple[Person, ...]
    role: str
    stands_in: bool = False


def role_of(layer: str) -> str:
    """The role that acts for ``layer`` where nothing else is known."""
    return _ROLE_OF.get(layer, "worker")


@define
class Holders:
    """The roles of a directory, looked up after fallback.

    ``own_managers`` are people named as their own manager, ``in_a_circle`` people whose managers
    name each other; for both the named manager is left out. ``contacts`` are those at schools who
    are in no directory.
    """

    directory: Directory
    own_managers: tuple[Person, ...] = ()
    in_a_circle: tuple[Person, ...] = ()
    contacts: tuple[Contact, ...] = ()
    _managers: dict[str, Person] = Factory(dict)
    _by_role: dict[str, tuple[Person, ...]] = Factory(dict)
    _unit_managers: dict[str, tuple[Person, ...]] = Factory(dict)

    @classmethod
    def of(cls, directory: Directory, *, contacts: Sequence[Contact] = ()) -> Holders:
        """The holders of ``directory``, and the ``contacts`` beside it."""
        known = directory.by_identifier
        named = {p.identifier: p.manager for p in directory.people if p.manager in known}
        circle = _circles(named)
        own = [p for p in directory.people if named.get(p.identifier) == p.identifier]
        by_role: dict[str, list[Person]] = {}
        for person in directory.people:
            for role in person.roles:
                by_role.setdefault(role, []).append(person)
        managers = {who: known[boss] for who, boss in named.items() if who not in circle}
        found = cls(
            directory,
            tuple(own),
            tuple(p for p in directory.people if p.identifier in circle and p not in own),
            tuple(contacts),
            managers,
            {role: tuple(people) for role, people in by_role.items()},
        )
        found._find_unit_managers()
        return found

    def holding(self, role: str) -> tuple[Person, ...]:
        """Everybody with ``role``, in the order of the file."""
        return self._by_role.get(role, ())

    def for_person(self, person: Person, layer: str) -> Holder | None:
        """Who acts for ``layer`` around ``person``; ``None`` is a gap."""
        if layer in {"tasks", "colleagues"}:
            return Holder((person,), "worker")
        if person.employment == "self_employed" and layer != "environment":
            return Holder((person,), "worker")
        if layer == "manager":
            named = self._managers.get(person.identifier)
            found = (named,) if named else self._unit_managers.get(person.unit, ())
            # Who leads a unit does not lead themselves.
            found = tuple(one for one in found if one != person)
            return Holder(found, "manager") if found else self._director()
        return self._organisation(layer)

    def outside(self, person: Person) -> Contact | Network | None:
        """Whom ``person`` can turn to outside where nobody in the directory is an education
        contact: the organisation's contact for their unit; for the self-employed, and where nobody
        has HR's role, else a network; ``None`` in an organisation whose HR can look for one."""
        contact = contact_for(self.contacts, person.unit)
        if contact is not None:
            return contact
        if person.employment == "self_employed":
            return network_for("self_employed")
        return None if self.holding("hr") else network_for("small_firm")

    def gaps(self) -> tuple[tuple[str, str], ...]:
        """Where nobody acts, after fallback, as (layer, unit): a unit's manager, or a role of the
        whole organisation with ``""`` for its unit."""
        staff = [person for person in self.directory.people if person.employment != "self_employed"]
        wide = ("hr", "leadership", "environment") if staff else ("environment",)
        found = [
            (layer, "")
            for layer in wide
            if self.for_unit("", layer) is None and not (layer == "environment" and self.contacts)
        ]
        units = sorted({person.unit for person in staff if person.unit})
        found += [("manager", unit) for unit in units if self.for_unit(unit, "manager") is None]
        return tuple(found)

    def for_unit(self, unit: str, layer: str) -> Holder | None:
        """Who acts for ``layer`` in ``unit``; ``None`` is a gap."""
        if layer == "manager":
            found = self._unit_managers.get(unit, ())
            return Holder(found, "manager") if found else self._director()
        return self._organisation(layer)

    def _organisation(self, layer: str) -> Holder | None:
        role = role_of(layer)
        found = self.holding(role)
        if found:
            return Holder(found, role)
        return self._director() if layer == "hr" else None

    def _director(self) -> Holder | None:
        found = self.holding("director")
        return Holder(found, "director", stands_in=True) if found else None

    def _find_unit_managers(self) -> None:
        """A unit is led by whom most of its people name, else by who has the role in that unit."""
        votes: dict[str, Counter[str]] = {}
        for person in self.directory.people:
            boss = self._managers.get(person.identifier)
            if boss is not None and person.unit:
                votes.setdefault(person.unit, Counter())[boss.identifier] += 1
        for unit, counts in votes.items():
            most = max(counts.values())
            leaders = {identifier for identifier, count in counts.items() if count == most}
            self._unit_managers[unit] = tuple(
                p for p in self.directory.people if p.identifier in leaders
            )
        for person in self.holding("manager"):
            if person.unit and person.unit not in votes:
                self._unit_managers[person.unit] = (
                    *self._unit_managers.get(person.unit, ()),
                    person,
                )


def _circles(named: dict[str, str]) -> set[str]:
    """Everybody on a circle of managers, of one or more people."""
    circle: set[str] = set()
    done: set[str] = set()
    for start in named:
        path: list[str] = []
        who: str | None = start
        while who is not None and who not in done:
            done.add(who)
            path.append(who)
            who = named.get(who)
        if who in path:
            circle.update(path[path.index(who) :])
    return circle
