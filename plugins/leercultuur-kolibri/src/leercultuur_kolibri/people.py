"""People in: who has an account, in which class, in which role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from leercultuur_core import Directory, DirectoryPerson, identity

from .answers import Classroom, Membership, User
from .session import KolibriAdapter, KolibriSettings, Session, home_page

CHANNEL = "kolibri"
"""The kind of address that lessons go to: the id of a user."""

_COACHES = frozenset({"coach", "classroom assignable coach"})


@frozen(kw_only=True)
class PeopleSettings(KolibriSettings):
    """How to reach Kolibri, and how its people fit the organisation.

    not_units
        Names of classes that are no unit, such as the one that first steps are put in.
    organisation
        The organisation whose employee numbers Kolibri's *identification numbers* are; left out,
        they are not read.
    """

    not_units: tuple[str, ...] = ()
    organisation: str = ""


class KolibriPeople(KolibriAdapter, Directory):
    """Who has an account in a facility. Needs an account that is admin of the facility.

    Learners are workers, coaches are coaches, and a coach or admin who is also a learner in a class
    is a worker as well. An admin who is neither looks after the system, and is left out. Kolibri
    knows no managers.
    """

    name = "kolibri"
    settings = PeopleSettings

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        """All people, those who were removed in the last thirty days as no longer active."""
        session = self.log_in()
        # A coach sees the people of their classes only, and half a list looks like people who left.
        session.need_admin("reading all people")
        users = session.rows("/api/auth/facilityuser/", User)
        removed = session.rows("/api/auth/deletedfacilityuser/", User)
        units = self._units(session)
        yield [
            person
            for users_, active in ((users, True), (removed, False))
            for user in users_
            if user.facility == session.facility
            and (person := self._person(user, units, active=active)) is not None
        ]

    def _units(self, session: Session) -> dict[str, list[str]]:
        """User id → names of the classes they are a learner in, sorted."""
        classes = {
            one.id: one.name
            for one in session.rows("/api/auth/classroom/", Classroom, parent=session.facility)
        }
        units: dict[str, list[str]] = {}
        for membership in session.rows("/api/auth/membership/", Membership):
            name = classes.get(membership.collection)  # None: a group within a class
            if name is not None:
                units.setdefault(membership.user, []).append(name)
        return {user: sorted(names) for user, names in units.items()}

    def _person(
        self, user: User, units: dict[str, list[str]], *, active: bool
    ) -> DirectoryPerson | None:
        classes = units.get(user.id, [])
        roles: list[str] = []
        if classes or not (user.roles or user.is_superuser):
            roles.append("worker")
        if any(role.kind in _COACHES for role in user.roles):
            roles.append("coach")
        if not roles:
            return None
        home = home_page(user.facility)
        identifiers = [identity.account(home, user.id), identity.account(home, user.username)]
        if self.settings.organisation and user.id_number:
            identifiers.append(identity.employee(self.settings.organisation, user.id_number))
        unit = next((name for name in classes if name not in self.settings.not_units), "")
        return DirectoryPerson(
            identifiers=tuple(identifiers),
            name=user.full_name,
            roles=tuple(roles),
            unit="/".join(part.strip() for part in unit.split("/")),
            addresses={CHANNEL: user.id},
            active=active,
        )
