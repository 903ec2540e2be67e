"""Who works here, for whom, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from leercultuur_core import AccessDenied, SourceUnavailable, identity
from leercultuur_core.extension import Directory, DirectoryPerson, Finding

from .client import Row, Tryton, inside
from .settings import TrytonPeopleSettings

CHANNEL = "tryton"
"""The kind of address that an employee's id in Tryton is."""

_FIELDS = (
    "active",
    "supervisor",
    "company.party.name",
    "party.code",
    "party.name",
    "party.email",
    "party.lang.code",
    "party.categories",
)


class TrytonPeople(Directory):
    """The employees of the companies that the user is in, also those who have left (8.2).

    Somebody is a manager here when an employee who works here now has them as supervisor.
    """

    name = "tryton"
    settings: Any = TrytonPeopleSettings

    @cached_property
    def tryton(self) -> Tryton:
        """The session."""
        return Tryton(self.settings, self.http)

    def check(self) -> Iterable[Finding]:
        """Whether the user gets in and sees employees, and the departments are there."""
        entrance = self.tryton.look()
        yield entrance
        if entrance.level == "problem":
            return
        try:
            count = self.tryton.count("company.employee", [])
            departments = self._departments()
        except (AccessDenied, SourceUnavailable) as error:
            yield Finding("problem", str(error))
            return
        yield Finding("ok" if count else "warning", f"tryton: {count:,} employees")
        if self.settings.departments and not departments:
            yield Finding(
                "warning",
                f'tryton: no party category is a part of "{self.settings.departments}"',
                "write departments as it stands in Tryton, under Parties, Categories",
            )

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        """All employees, in one page. Raises `AccessDenied` or `SourceUnavailable`."""
        departments = self._departments()
        rows = self.tryton.read_all("company.employee", _FIELDS)
        codes = {row["id"]: _code(row) for row in rows}
        try:
            managers = {row.get("supervisor") for row in rows if row.get("active") is True}
            people = [self._person(row, codes, managers, departments) for row in rows]
        except TypeError:
            # A field of another shape. Half a list must not look like people who left.
            raise SourceUnavailable(
                "Tryton, company.employee: expected employees as Tryton writes them, found a field "
                "of another shape"
            ) from None
        if not people:
            raise SourceUnavailable(
                "Tryton: expected employees, found none; is the user in their company?"
            )
        yield people

    def _person(
        self,
        row: Row,
        codes: Mapping[int, str],
        managers: set[Any],
        departments: Mapping[int, str],
    ) -> DirectoryPerson:
        organisation = self.settings.organisation
        party = inside(row, "party.")
        mail = party.get("email")
        address = mail if isinstance(mail, str) and "@" in mail else ""
        language = inside(party, "lang.").get("code")
        supervisor = codes.get(row.get("supervisor") or 0)
        company = str(inside(inside(row, "company."), "party.").get("name") or "")
        here = [departments[one] for one in party.get("categories") or () if one in departments]
        number = identity.employee(organisation, codes[row["id"]])
        return DirectoryPerson(
            identifiers=(number, identity.mailbox(address)) if address else (number,),
            name=str(party.get("name") or ""),
            roles=("worker", "manager") if row["id"] in managers else ("worker",),
            manager=identity.employee(organisation, supervisor) if supervisor else None,
            # A slash in a name would make another unit of it.
            unit="/".join([company.replace("/", "-"), *sorted(here)[:1]]),
            language=cast("Any", language) if language in {"nl", "en"} else None,
            addresses={CHANNEL: str(row["id"])} | ({"mail": address} if address else {}),
            active=row.get("active") is True,
        )

    def _departments(self) -> dict[int, str]:
        """Party category → its path below the one that holds the departments."""
        if not self.settings.departments:
            return {}
        found: dict[int, tuple[str, int | None]] = {}
        for row in self.tryton.read_all("party.category", ["name", "parent"]):
            found[row["id"]] = (str(row.get("name")), row.get("parent"))
        paths: dict[int, str] = {}
        for number in found:
            parts: list[str] = []
            at: int | None = number
            while at in found and len(parts) <= len(found):
                name, parent = found[at]
                if name == self.settings.departments and parts:
                    paths[number] = "/".join(reversed(parts))
                    break
                parts.append(name.replace("/", "-"))
                at = parent
        return paths


def _code(row: Row) -> str:
    code = inside(row, "party.").get("code")
    if not isinstance(code, str) or not code:
        # Half a list must not look like people who left.
        raise SourceUnavailable(
            f"Tryton, company.employee {row['id']}: expected a party with a code, found none"
        )
    return code
