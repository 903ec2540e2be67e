"""The settings: where the service is, and what the organisation's own words in it stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from leercultuur_core.extension import Employment, Role, Secret

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
"""The schema of the enterprise extension."""

UnitPart = Literal["organization", "division", "department", "costCenter"]
"""Attributes of the enterprise extension that a unit's path can be made of."""


def _one_part(_: Any, __: Any, value: str) -> None:
    if not value or "|" in value:
        raise ValueError('expected a name without "|"')


def _without_bar(_: Any, __: Any, value: tuple[str, ...]) -> None:
    if not all(one and "|" not in one for one in value):
        raise ValueError('expected addresses without "|"')


def _positive(_: Any, __: Any, value: int) -> None:
    if value < 1:
        raise ValueError("expected 1 or more")


@frozen(kw_only=True)
class RoleWords:
    """Word in SCIM → role of ours, whatever its capitals.

    groups
        By the ``displayName`` of a group that somebody is in, also through a group in that group.
    roles
        By a value of ``roles``.
    titles
        By ``title``.
    """

    groups: Mapping[str, Role] = field(factory=dict)
    roles: Mapping[str, Role] = field(factory=dict)
    titles: Mapping[str, Role] = field(factory=dict)


@frozen(kw_only=True)
class ScimSettings:
    """How to reach the service, and how its people fit the organisation.

    url, token
        The address that ``/Users`` stands under, such as ``https://id.example/scim/v2``, and a bearer
        token that may read users and, where groups are named here, groups.
    organisation
        A short name of your own that stays the same: somebody is known to leercultuur as
        ``employee|<organisation>|<employee number>``.
    employee_number
        Where the employee number stands.
    home_pages
        Addresses of the systems where people have an account by their ``userName``.
    filter
        A filter in SCIM's own words that everybody must meet, such as ``userType ne "Guest"``.
    unit
        The attributes that make up the path of somebody's unit, from large to small; what somebody
        does not have is left out of it.
    unit_groups
        ``displayName`` of a group → path of the unit its members are in; the first that fits goes
        before ``unit``.
    roles
        See `RoleWords`.
    employments
        Value of ``userType`` → employment of ours. Ours need not be named.
    page_size
        How many people to ask for at once; a service may give fewer.
    sort_by
        The attribute to sort by, for a service whose pages overlap without.
    """

    url: str
    token: Secret = field(repr=False)
    organisation: str = field(validator=_one_part)
    employee_number: Literal["employeeNumber", "externalId"] = "employeeNumber"
    home_pages: tuple[str, ...] = field(default=(), validator=_without_bar)
    filter: str = ""
    unit: tuple[UnitPart, ...] = ("department",)
    unit_groups: Mapping[str, str] = field(factory=dict)
    roles: RoleWords = RoleWords()
    employments: Mapping[str, Employment] = field(factory=dict)
    page_size: int = field(default=200, validator=_positive)
    sort_by: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of groups that mean something here; without any, groups are not asked for."""
        return tuple(dict.fromkeys([*self.unit_groups, *self.roles.groups]))
