"""The part of SCIM's resources that is read, on top of `scim2_models`.

Not its own ``User`` and ``Group``: they refuse somebody for a mail address such as
``ann@bakkerij.local``, write the domain of others in another way than the service did (and the
mailbox's hash is of what was written), and take in attributes that nobody needs here.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ConfigDict, ValidationError
from scim2_models import (
    URN,
    ComplexAttribute,
    Extension,
    ListResponse,
    Resource,
    ScimPolicy,
)

from leercultuur_core import SourceUnavailable

from .settings import ENTERPRISE

# Services have extensions and attributes of their own, which are none of our business.
_TOLERANT = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)

_R = TypeVar("_R", bound=Resource[Any])


class Mail(ComplexAttribute):
    """An entry of ``emails``, as it is written."""

    value: str | None = None
    type: str | None = None
    primary: bool | None = None


class Name(ComplexAttribute):
    """The parts of ``name`` that a name is made of."""

    formatted: str | None = None
    given_name: str | None = None
    family_name: str | None = None


class HeldRole(ComplexAttribute):
    """An entry of ``roles``."""

    value: str | None = None


class Manager(ComplexAttribute):
    """``value`` is the ``id`` of the manager's own resource."""

    value: str | None = None


class Enterprise(Extension):
    """The enterprise extension (RFC 7643, section 4.3)."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    __schema__ = URN(ENTERPRISE)

    employee_number: str | None = None
    organization: str | None = None
    division: str | None = None
    department: str | None = None
    cost_center: str | None = None
    manager: Manager | None = None


class Person(Resource[Enterprise]):
    """A user (RFC 7643, section 4.1), as far as it is read."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: str | None = None
    display_name: str | None = None
    name: Name | None = None
    emails: list[Mail] | None = None
    active: bool | None = None
    title: str | None = None
    user_type: str | None = None
    roles: list[HeldRole] | None = None
    preferred_language: str | None = None
    locale: str | None = None

    @property
    def key(self) -> str:
        """Its ``id``, which `read_list` made sure of."""
        return self.id or ""

    @property
    def works_here(self) -> bool:
        """Not said to be inactive: a service that does not tell keeps only people who are here."""
        return self.active is not False

    @property
    def enterprise(self) -> Enterprise:
        """The extension; an empty one where the service gives none."""
        found = self[Enterprise]
        return found if isinstance(found, Enterprise) else Enterprise()


class Member(ComplexAttribute):
    """An entry of ``members``: ``value`` is the ``id`` of a user or a group."""

    value: str | None = None


class Team(Resource[Any]):
    """A group (RFC 7643, section 4.2), as far as it is read."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: str | None = None
    members: list[Member] | None = None

    @property
    def key(self) -> str:
        """Its ``id``, which `read_list` made sure of."""
        return self.id or ""


def read_list(kind: type[_R], payload: Any, place: str) -> tuple[int, list[_R]]:
    """How many there are in all, and those in this page, each with an ``id``.

    Raises `SourceUnavailable` where the answer is something else: half a list is no list. Its text
    names attributes and never what stands in them.
    """
    try:
        page = ListResponse[kind].model_validate(  # type: ignore[valid-type]
            payload, scim_policy=_TOLERANT
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SourceUnavailable(
            f"{place}: expected a list as SCIM has it, found another value at "
            f"{where or 'its top'}; {error.error_count()} such in this page"
        ) from None
    rows: list[_R] = list(page.resources or ())
    if page.total_results is None:
        raise SourceUnavailable(f"{place}: expected a list with totalResults, found one without")
    if not all(row.id for row in rows):
        raise SourceUnavailable(f"{place}: expected an id for each, found one without")
    return page.total_results, rows
