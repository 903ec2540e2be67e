"""Who is in the chosen courses, for whom they work, and whether their account is in use.

All or nothing: half a list would look like people who left. Where Moodle answers with less because a
right is missing, this raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from html import unescape
from typing import Any

from attrs import field, frozen, mutable

from leercultuur_core import AccessDenied, SourceUnavailable, identity
from leercultuur_core.extension import LANGUAGES, Directory, DirectoryPerson, Finding

from .accounts import CHANNEL, Row, accounts, in_use, is_number
from .client import Course, MoodleClient, rows
from .errors import Refused
from .facts import Names
from .rights import check
from .settings import MoodleDirectorySettings

_COHORTS = "core_cohort_get_cohorts"
_MEMBERS = "core_cohort_get_cohort_members"
_TEACHERS = frozenset({"teacher", "editingteacher"})
_USERNAME = re.compile(r"[-.@_a-z0-9]+")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_BY = (("username", "email", "idnumber"), ("id",))
"""What a profile field may call a manager by. Moodle's own number comes last: a number of the staff is
more likely."""


@frozen
class _Read:
    """Everybody, and what was not found on the way."""

    people: list[DirectoryPerson]
    lost_managers: int
    """How many name a manager who is not seen."""
    without_language: int


class MoodlePeople(Directory):
    """The people in the chosen courses, and the managers that their profiles name.

    Everybody is a worker. Who teaches a course is a coach too; Moodle's role *manager* is about courses,
    not about people, and makes nobody one. Employment stays ``employee``: *student* in Moodle only says
    that somebody follows a course.
    """

    name = "moodle"
    settings: Any = MoodleDirectorySettings

    @cached_property
    def client(self) -> MoodleClient:
        """The site."""
        return MoodleClient(self.settings)

    def check(self) -> Iterable[Finding]:
        """Whether the site lets people be read, how many there are, and what is not seen of them."""
        needs = ("people", "cohorts") if self.settings.unit_from == "cohort" else ("people",)
        findings = list(check(self.client, self.settings, needs))
        yield from findings
        if any(one.level == "problem" for one in findings):
            return
        try:
            read = self._read()
        except (AccessDenied, SourceUnavailable) as error:
            yield Finding("problem", str(error), "docs/adapters/moodle.md")
            return
        active = sum(one.active for one in read.people)
        yield Finding("ok", f"moodle: {len(read.people):,} people, {active:,} active")
        if read.lost_managers:
            yield Finding(
                "warning",
                f"moodle: {read.lost_managers:,} people have a manager in their profile who is not seen",
                f"write in {self.settings.manager_field} a username, mail address or number of an "
                "account; usernames and numbers need moodle/user:viewalldetails",
            )
        if read.without_language:
            yield Finding(
                "warning",
                f"moodle: the language of {read.without_language:,} people is not nl or en, or not seen; "
                f"they get {self.settings.language}",
                "to see it, allow moodle/user:viewalldetails",
            )

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        """Everybody, in one page.

        Raises `SourceUnavailable`, or `AccessDenied` where a course or person in it is not seen.
        """
        yield self._read().people

    def _read(self) -> _Read:
        enrolled = self._enrolled()
        known = accounts(self.client, enrolled)
        if unseen := len(enrolled.keys() - known.keys()):
            raise AccessDenied(
                f"moodle: {unseen:,} of {len(enrolled):,} people in the courses are not seen; allow "
                "moodle/user:viewdetails at system level",
                "moodle/user:viewdetails",
            )
        managers = self._managers(known)
        units = self._units(enrolled, known)
        leading = {managers.of[user] for user in managers.of if in_use(known[user])}
        everybody = known | managers.outside
        people = [
            self._person(
                row,
                roles=_roles(
                    leads=user in leading, teaches=user in enrolled and enrolled[user].teaches
                ),
                manager=everybody.get(managers.of.get(user, 0)),
                unit=units.get(user, ""),
            )
            for user, row in sorted(everybody.items())
        ]
        silent = sum(_language(row) is None for row in everybody.values())
        return _Read(people, managers.lost, silent)

    def _person(
        self, row: Row, *, roles: tuple[str, ...], manager: Row | None, unit: str
    ) -> DirectoryPerson:
        mail = str(row.get("email") or "")
        own = self._account(row)
        return DirectoryPerson(
            identifiers=(own, identity.mailbox(mail)) if "@" in mail else (own,),
            name=unescape(str(row.get("fullname") or "")),
            roles=roles,
            manager=self._account(manager) if manager else None,
            # A slash in a name would make another unit of it.
            unit=unescape(unit).replace("/", "-"),
            language=_language(row) or self.settings.language,
            addresses={CHANNEL: str(row["id"])} | ({"mail": mail} if "@" in mail else {}),
            active=in_use(row),
        )

    def _account(self, row: Row) -> str:
        name = row["id"] if self.settings.account == "id" else row.get("username")
        if not name:
            raise AccessDenied(
                "moodle: usernames are not seen, and account is set to username; allow "
                "moodle/user:viewalldetails, or set account to id",
                "moodle/user:viewalldetails",
            )
        return Names(self.settings.url).account(name)

    # -- who is in the courses -------------------------------------------------------------------

    def _courses(self) -> list[Course]:
        """The courses to look in. One that the settings name and that cannot be looked into would
        leave its people out."""
        courses = self.client.courses()
        absent = set(self.settings.courses) - {one.id for one in courses}
        closed = {one.id for one in courses if not one.open}
        named = bool(self.settings.courses or self.settings.categories)
        if unread := sorted(absent | closed if named else absent):
            numbers = ", ".join(map(str, unread))
            raise AccessDenied(
                f"moodle: who is in course {numbers} is not seen; is it hidden, or does the role lack "
                "moodle/course:view there? Take it out of the settings, or let it be seen",
                "moodle/course:view",
            )
        return [one for one in courses if one.open]

    def _enrolled(self) -> dict[int, _Enrolled]:
        """Who is enrolled, without the service user."""
        found: dict[int, _Enrolled] = {}
        for course in self._courses():
            for page in self.client.enrolled(course.id):
                for row in page:
                    one = found.setdefault(row["id"], _Enrolled())
                    one.roles |= _texts(row, "roles", "shortname")
                    one.groups |= _texts(row, "groups", "name")
        found.pop(self.client.site().user, None)
        if not found:
            raise SourceUnavailable(
                "moodle: expected people in the courses, found none; do the courses in the settings "
                "have participants, and may the service user see them?"
            )
        return found

    # -- units -----------------------------------------------------------------------------------

    def _units(self, enrolled: Mapping[int, _Enrolled], known: Mapping[int, Row]) -> dict[int, str]:
        """Person → unit. Of several the first by name, so that it does not change by itself."""
        match self.settings.unit_from:
            case "cohort":
                units = self._cohorts()
                self._seen(units, "cohorts", "moodle/cohort:view")
            case "group":
                units = {user: min(one.groups) for user, one in enrolled.items() if one.groups}
                self._seen(units, "groups", "moodle/site:accessallgroups")
            case "department":
                units = {user: str(row.get("department") or "") for user, row in known.items()}
                self._seen(any(units.values()), "departments", "moodle/site:viewuseridentity")
            case _:
                units = {}
        return units

    def _seen(self, found: object, what: str, right: str) -> None:
        """Without the right for it Moodle answers as if there were none; all units would vanish."""
        if not found:
            raise AccessDenied(
                f"moodle: units come from {what}, and none is seen; allow {right}, or change unit_from",
                right,
            )

    def _cohorts(self) -> dict[int, str]:
        cohorts = rows(self.client.read(_COHORTS), "", _COHORTS)
        if not cohorts:
            return {}
        names = {one["id"]: str(one.get("name") or "") for one in cohorts}
        answer = self.client.read(_MEMBERS, cohortids=sorted(names))
        units: dict[int, str] = {}
        for one in rows(answer, "", _MEMBERS, number="cohortid"):
            for user in one.get("userids") or ():
                name = names.get(one["cohortid"], "")
                units[user] = min(units.get(user, name), name)
        return units

    # -- managers --------------------------------------------------------------------------------

    def _managers(self, known: Mapping[int, Row]) -> _Managers:
        """Who is whose manager. A manager outside the courses is looked up; theirs is not."""
        named = self._named_managers(known)
        found: dict[str, int] = {}
        outside: dict[int, Row] = {}
        for fields in _BY:
            found = _recognised(named.values(), known.values(), fields) | found
            for by in fields:
                absent = {name for name in named.values() if name not in found and _fits(name, by)}
                if absent:
                    more = self._look_up(absent, by)
                    outside |= more
                    found |= _recognised(absent, more.values(), (by,))
        self._could_be_seen([name for name in named.values() if name not in found], known)
        everybody = {**outside, **known}
        everybody.pop(self.client.site().user, None)
        of = {user: found[name] for user, name in named.items() if found.get(name) in everybody}
        return _Managers(
            of,
            {one: everybody[one] for one in of.values() if one not in known},
            len(named) - len(of),
        )

    def _named_managers(self, known: Mapping[int, Row]) -> dict[int, str]:
        """Person → what their profile calls the manager."""
        wanted = self.settings.manager_field
        if not wanted:
            return {}
        named = {
            user: name
            for user, row in known.items()
            for one in row.get("customfields") or ()
            if isinstance(one, dict) and one.get("shortname") == wanted
            if (name := unescape(str(one.get("value") or "")).strip())
        }
        if not named:
            raise AccessDenied(
                f'moodle: managers come from the profile field "{wanted}", and no profile shows it; is '
                "that its short name, and is it visible to who has moodle/user:viewalldetails?",
                "moodle/user:viewalldetails",
            )
        return named

    def _look_up(self, names: set[str], by: str) -> dict[int, Row]:
        # A username is in lower case; the others are found as they are written.
        values = {name.casefold() for name in names} if by == "username" else names
        try:
            return accounts(self.client, values, by)
        except Refused as refused:
            if refused.kind != "unfit":
                raise
        if len(values) == 1:
            return {}
        # One value that Moodle does not take spoils the call for the others.
        return {user: row for one in values for user, row in self._look_up({one}, by).items()}

    @staticmethod
    def _could_be_seen(unknown: Sequence[str], known: Mapping[int, Row]) -> None:
        """Raises where a manager may be unknown only because a right is missing: they would seem to
        have left."""
        for key, right, names in (
            ("email", "moodle/site:viewuseridentity", [one for one in unknown if "@" in one]),
            ("username", "moodle/user:viewalldetails", [one for one in unknown if "@" not in one]),
        ):
            if names and not any(row.get(key) for row in known.values()):
                raise AccessDenied(
                    f"moodle: managers are named in a way that is not seen; allow {right}",
                    right,
                )


@mutable
class _Enrolled:
    """What a person is in the courses."""

    roles: set[str] = field(factory=set)
    groups: set[str] = field(factory=set)

    @property
    def teaches(self) -> bool:
        return bool(self.roles & _TEACHERS)


@frozen
class _Managers:
    """Person → manager, the accounts of managers outside the courses, and how many were not found."""

    of: Mapping[int, int]
    outside: dict[int, Row]
    lost: int


def _recognised(
    names: Iterable[str], among: Iterable[Row], fields: Sequence[str]
) -> dict[str, int]:
    """Name of a manager → account. What two accounts share says nothing, but the first of ``fields``
    that has one does."""
    people = list(among)
    found: dict[str, int] = {}
    for by in reversed(fields):
        owners: dict[str, set[int]] = {}
        for row in people:
            if row.get(by):
                owners.setdefault(str(row[by]).casefold(), set()).add(row["id"])
        for name in names:
            if len(owner := owners.get(name.casefold(), set())) == 1:
                found[name] = min(owner)
    return found


def _fits(name: str, by: str) -> bool:
    """Whether Moodle takes this value for that field: it refuses all where one does not fit."""
    if by == "id":
        return is_number(name)
    if by == "email":
        return _MAIL.fullmatch(name) is not None
    return by != "username" or _USERNAME.fullmatch(name.casefold()) is not None


def _roles(*, leads: bool, teaches: bool) -> tuple[str, ...]:
    return ("worker", *(["manager"] if leads else []), *(["coach"] if teaches else []))


def _language(row: Row) -> Any:
    """The person's own language, ``nl_be`` as ``nl``; ``None`` for one that is not spoken here."""
    own = str(row.get("lang") or "").partition("_")[0]
    return own if own in LANGUAGES else None


def _texts(row: Row, key: str, name: str) -> set[str]:
    return {
        one[name]
        for one in row.get(key) or ()
        if isinstance(one, dict) and isinstance(one.get(name), str) and one[name]
    }
