"""From a row of Moodle's log to a record, as the settings say; the same for every way in which rows come."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from attrs import frozen

from leercultuur_core import Retraction
from leercultuur_core.extension import Record, Reject

from .facts import Names, revision_until
from .log_events import READERS, Gone, LogRow

UNFIT = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What `LogMapper.record` raises for a row that is not as Moodle writes it."""


@frozen
class LogMapper:
    """Which rows count, and what they become. ``names`` are of the site; the others are as in
    `leercultuur_moodle.log_source.MoodleLogSettings`."""

    names: Names
    service_user: int = 0
    courses: Collection[int] = ()
    account: Literal["id", "username"] = "id"

    def read(self, row: LogRow, place: str) -> Record | Reject | None:
        """What ``row`` tells, or that it is not as Moodle writes it; ``None`` where it does not count."""
        try:
            return self.record(row)
        except UNFIT:
            reason = f"expected {row.eventname} as Moodle 4.5 writes it, found another"
            return Reject(place, row.id, reason)

    def record(self, row: LogRow) -> Record | None:
        """What ``row`` tells; ``None`` where it does not count. Raises one of `UNFIT`.

        Of the numbers in a row only these are looked at: whether it is there and is 0, whether a user
        is the service user, the course (up to 1 is the site itself, and those that the settings name),
        and the level of the context. All others are only written down, and the time is also added to:
        that is what lets `leercultuur_moodle.log_bulk` read many rows as one.
        """
        if row.anonymous or row.realuserid or row.eventname not in READERS:
            return None
        if self.service_user and self.service_user in {row.userid, row.learner}:
            return None
        if self.courses and row.courseid not in self.courses and row.courseid > 1:
            return None
        said = READERS[row.eventname](row, self.names)
        if said is None:
            return None
        if isinstance(said, Gone):
            return Retraction(id=self.names.activity_id(said.key), revision=revision_until(said.at))
        if not said.done:
            return Retraction(id=self.names.activity_id(said.key), revision=said.revision)
        who = row.username if self.account == "username" else row.learner
        if not who:
            raise ValueError("expected a learner")
        return self.names.activity(said, self.names.account(who), said.revision)
