"""What is read: for each row of the settings one kind of record, and how one becomes an activity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from hashlib import blake2b

from attrs import frozen

from leercultuur_core import Activity, identity

from .client import Domain, Row, Tryton, as_date, as_moment, inside
from .settings import VERBS, TrytonSourceSettings

CHANGED = ("create_date", "write_date")
_EMPLOYEE = "employee.party.code"
_SAME_NAME = 100
"""A name may be there once in each company."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ASKED = ["waiting", "approved", "processing", "done", "rejected"]
"""States of a requisition that was sent in; a draft is no request yet, and a cancelled one was
never sent."""


@frozen
class Stream:
    """The records that one row of the settings names.

    key
        Short, the same in every run, says nothing about anyone.
    named
        The model whose record is named, and the name.
    domain
        Which records, given the ids of what is named.
    fields
        What is read of each, besides when it changed and whose it is. No description, no comment.
    happened
        When, of a record. Raises `ValueError`.
    supervisors
        Whether it counts for people who supervise others.
    """

    key: str
    counts_as: str
    model: str
    named: tuple[str, str]
    domain: Callable[[list[int]], Domain]
    fields: tuple[str, ...]
    happened: Callable[[Row], datetime]
    supervisors: bool = True

    @property
    def slug(self) -> str:
        """``counts_as`` as a part of an id."""
        return self.counts_as.replace(" ", "-")

    def resolved(self, tryton: Tryton) -> Domain | None:
        """The domain of these records, ``None`` where Tryton knows nothing of that name."""
        model, name = self.named
        found = tryton.read(model, [["rec_name", "=", name]], ["id"], "id ASC", limit=_SAME_NAME)
        return self.domain([row["id"] for row in found]) if found else None

    def columns(self) -> list[str]:
        """All fields to ask for."""
        more = () if self.supervisors else ("employee.subordinates",)
        return [_EMPLOYEE, *CHANGED, *self.fields, *more]

    def activity(self, row: Row, organisation: str) -> Activity | None:
        """The activity in a record, ``None`` where it does not count. Raises `ValueError` with what
        was expected and found, and nothing of the record."""
        employee = inside(row, "employee.")
        code = inside(employee, "party.").get("code")
        if not isinstance(code, str) or not code:
            raise ValueError("employee: expected a party with a code, found none")
        if not self.supervisors and employee.get("subordinates"):
            return None
        verb, object_type = VERBS[self.counts_as]
        changed = changed_at(row)
        return Activity(
            id=record_id(organisation, self.model, row["id"], self.slug),
            identities=(identity.employee(organisation, code),),
            verb=verb,
            occurred_at=self.happened(row),
            source=f"tryton:{organisation}",
            revision=(changed - _EPOCH) // _MICROSECOND,
            object_id=f"urn:tryton:{organisation}:{self.model}",
            object_type=object_type,
            stored_at=changed,
        )


_MICROSECOND = datetime(1970, 1, 1, microsecond=1) - datetime(1970, 1, 1)  # noqa: DTZ001 - a length


def streams(settings: TrytonSourceSettings) -> Iterator[Stream]:
    """One for each row of the settings, in their order."""
    for hours in settings.hours:
        yield Stream(
            _key("hours", hours.work, hours.counts_as),
            hours.counts_as,
            "timesheet.line",
            ("timesheet.work", hours.work),
            lambda ids: [["work", "in", ids], ["duration", ">", _NO_TIME]],
            ("date",),
            _on_date,
            supervisors=hours.supervisors_too or hours.counts_as != "development talk",
        )
    for allocations in settings.allocations:
        yield Stream(
            _key("allocations", allocations.project, allocations.counts_as),
            allocations.counts_as,
            "project.allocation",
            ("project.work", allocations.project),
            lambda ids: [["work", "child_of", ids, "parent"]],
            (),
            _on_creation,
        )
    for requests in settings.requests:
        yield Stream(
            _key("requests", requests.category, requests.counts_as),
            requests.counts_as,
            "purchase.requisition",
            ("product.category", requests.category),
            lambda ids: [["lines.product.categories", "in", ids], ["state", "in", _ASKED]],
            (),
            _on_creation,
        )


def record_id(organisation: str, model: str, number: int, slug: str) -> str:
    """The id of the activity that a record of Tryton is."""
    return f"tryton:{organisation}:{model},{number}:{slug}"


def changed_at(row: Row) -> datetime:
    """When a record was last written, in UTC. Raises `ValueError`."""
    return as_moment(row.get("write_date") or row.get("create_date"))


def _key(table: str, name: str, counts_as: str) -> str:
    parts = f"{table}\0{name}\0{counts_as}"
    return blake2b(parts.encode(), digest_size=4).hexdigest()


def _on_date(row: Row) -> datetime:
    # Midday: the day in UTC is then the day that was filled in, in every zone with offices.
    return datetime.combine(as_date(row.get("date")), time(12), UTC)


def _on_creation(row: Row) -> datetime:
    return as_moment(row.get("create_date"))


_NO_TIME = {"__class__": "timedelta", "seconds": 0}
