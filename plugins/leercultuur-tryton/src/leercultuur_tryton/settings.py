"""The settings: how to get in, and what the organisation's own words in Tryton stand for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from attrs import field, frozen

from leercultuur_core.extension import Secret

HoursKind = Literal[
    "development talk", "learning leave", "mentoring", "being mentored", "looking back", "feedback"
]
"""What time on a work can stand for."""

AllocationKind = Literal["development plan", "new task", "mentoring"]
"""What being put on a project can stand for."""

RequestKind = Literal["training request", "learning budget"]
"""What a purchase requisition can stand for."""

VERBS: dict[str, tuple[str, str]] = {
    "development talk": ("http://id.tincanapi.com/verb/talked-with", "Agent"),
    "learning leave": (
        "http://activitystrea.ms/schema/1.0/request",
        "urn:leercultuur:type:learning-leave",
    ),
    "mentoring": ("http://id.tincanapi.com/verb/mentored", "Agent"),
    "being mentored": ("http://id.tincanapi.com/verb/was-mentored-by", "Agent"),
    "looking back": ("https://w3id.org/xapi/dod-isd/verbs/reflected", ""),
    "feedback": ("http://activitystrea.ms/schema/1.0/give", ""),
    "development plan": ("http://www.tincanapi.co.uk/verbs/planned_learning", ""),
    "new task": (
        "https://w3id.org/xapi/acrossx/verbs/was-assigned",
        "urn:leercultuur:type:work-task",
    ),
    "training request": (
        "http://activitystrea.ms/schema/1.0/request",
        "http://adlnet.gov/expapi/activities/course",
    ),
    "learning budget": (
        "http://activitystrea.ms/schema/1.0/request",
        "urn:leercultuur:type:learning-budget",
    ),
}
"""Verb and object type of each (docs/vocabularies.md, HR verbs; the rules stand in the core)."""


def _one_part(_: Any, __: Any, value: str) -> None:
    """A name that is one part of an identifier."""
    if not value or "|" in value:
        raise ValueError('a name without "|"')


@frozen
class TrytonSettings:
    """How to get into Tryton.

    url, database
        The server's address, and which of its databases.
    user, password
        A user of its own, with the rights that docs/adapters/tryton.md lists.
    organisation
        A short name of your own that stays the same: an employee is known to leercultuur as
        ``employee|<organisation>|<code of the party>``.
    """

    url: str
    database: str
    user: str
    password: Secret = field(repr=False)
    organisation: str = field(validator=_one_part)


@frozen
class TrytonPeopleSettings(TrytonSettings):
    """``departments``: the party category whose parts are departments, such as ``Afdelingen``;
    without it everybody of a company is in one unit."""

    departments: str = ""


@frozen
class Hours:
    """Time on the work named ``work`` counts as ``counts_as``, once for each line.

    A development talk counts for who is developing: hours on it of somebody who supervises others
    are left out, for they may be their side of a talk. ``supervisors_too`` counts them as well.
    """

    work: str
    counts_as: HoursKind
    supervisors_too: bool = False


@frozen
class Allocations:
    """Being put on the project or task named ``project``, or on a part of it, counts as
    ``counts_as``, once for each allocation."""

    project: str
    counts_as: AllocationKind


@frozen
class Requests:
    """A purchase requisition with a product of the category named ``category`` counts as
    ``counts_as``, once, when it was sent in, whatever became of it."""

    category: str
    counts_as: RequestKind


@frozen
class TrytonSourceSettings(TrytonSettings):
    """What to read. Names are as the user sees them in Tryton, with all that they are a part of
    (``Ontwikkelplannen\\Plan 2026``).

    overlap
        How long before the last change that was read is read again, for changes that another
        transaction was still making then.
    recheck
        How far back is looked whether what was read is still there.
    """

    hours: tuple[Hours, ...] = ()
    allocations: tuple[Allocations, ...] = ()
    requests: tuple[Requests, ...] = ()
    overlap: timedelta = timedelta(hours=1)
    recheck: timedelta = timedelta(days=92)
