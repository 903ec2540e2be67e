"""Activity in: what learners visit, practise, finish and answer in Kolibri."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import blake2b

from attrs import frozen

from leercultuur_core import Activity, Page, Reject, Source, State

from .activities import completion, lessons, quizzes, visit
from .answers import Classroom, ClassSummary, FirstLog, User
from .exports import Log, LogRow, month_of, months, read_log, unknown_user
from .mark import Mark
from .session import KolibriAdapter, KolibriSettings, Session

_DAY = timedelta(days=1)


@frozen(kw_only=True)
class SourceSettings(KolibriSettings):
    """How to reach Kolibri, and how far to look back.

    look_back
        How long ago something may have begun that still changes: somebody finishes it now, or a
        device that was offline brings it. Kolibri exports by when something began, so all months
        since then are exported each night.
    """

    look_back: timedelta = timedelta(days=365)


class KolibriSource(KolibriAdapter, Source):
    """What everybody in a facility does: visits, practice, resources, lessons and quizzes finished.

    Needs an account that is admin of the facility. The mark holds a digest of each month that was
    read; a month that is still the same brings nothing.
    """

    name = "kolibri"
    settings = SourceSettings

    def fetch(self, state: State) -> Iterator[Page]:
        """Month by month, oldest first: what was finished, then visits; quizzes and lessons last."""
        session = self.log_in()
        session.need_admin("exporting logs")
        users = _user_ids(session)
        mark = Mark.read(state.mark)
        today = session.now.date()
        done: dict[tuple[str, str], datetime] = {}
        for month in months(self._since(session, mark, today), month_of(today + _DAY)):
            found, rejects = _completions(session, users, month, done)
            key = f"{month:%Y-%m}"
            fresh, mark = mark.noted(f"{key} finished", _digest(found, rejects))
            yield _page(fresh, found, rejects, mark)
            found, rejects = _visits(session, users, month)
            fresh, mark = mark.noted(f"{key} visits", _digest(found, rejects))
            yield _page(fresh, found, rejects, mark := mark.read_until(month))
        found = []
        for summary in _class_summaries(session):
            found += quizzes(summary, session.facility)
            found += lessons(summary, done, session.facility)
        fresh, mark = mark.noted("classes", _digest(found, []))
        yield _page(fresh, found, [], mark.since(month_of(today - self.settings.look_back)))

    def _since(self, session: Session, mark: Mark, today: date) -> date:
        """The first month to read: all at first, then what may have changed or was not read."""
        began = session.get(f"/facility/api/firstlogdate/{session.facility}/", FirstLog)
        # A day earlier: the server's days are those of its own time zone.
        first = month_of(began.first_log_date.date() - _DAY)
        if mark.until is None:
            return first
        return max(first, min(mark.until, month_of(today - self.settings.look_back)))


def _user_ids(session: Session) -> Mapping[str, str]:
    """Username → id: exports name people, all else has their ids.

    A name that was given out again after somebody left is that of who has it now.
    """
    left = session.rows("/api/auth/deletedfacilityuser/", User)
    here = session.rows("/api/auth/facilityuser/", User)
    return {user.username: user.id for user in [*left, *here] if user.facility == session.facility}


def _class_summaries(session: Session) -> Iterator[ClassSummary]:
    for one in session.rows("/api/auth/classroom/", Classroom, parent=session.facility):
        yield session.get(f"/coach/api/classsummary/{one.id}/", ClassSummary)


def _completions(
    session: Session,
    users: Mapping[str, str],
    month: date,
    done: dict[tuple[str, str], datetime],
) -> tuple[list[Activity], list[Reject]]:
    """Resources that were begun in this month and are finished; they are put in ``done`` too."""
    found: list[Activity] = []
    known, rejects = _rows(session, users, "summary", month)
    for user, row in known:
        activity = completion(row, user, session.facility)
        if activity is not None:
            done[user, row.content] = activity.occurred_at
            found.append(activity)
    return found, rejects


def _visits(
    session: Session, users: Mapping[str, str], month: date
) -> tuple[list[Activity], list[Reject]]:
    known, rejects = _rows(session, users, "session", month)
    return [visit(row, user, session.facility) for user, row in known], rejects


def _rows(
    session: Session, users: Mapping[str, str], log: Log, month: date
) -> tuple[list[tuple[str, LogRow]], list[Reject]]:
    """(user id, row) of everybody with an account: visitors without one are nobody."""
    rows, rejects = read_log(session, log, month)
    known: list[tuple[str, LogRow]] = []
    for row in rows:
        user = users.get(row.username)
        if user is not None:
            known.append((user, row))
        elif row.username:
            rejects.append(unknown_user(log, row))
    return known, rejects


def _page(
    fresh: bool, activities: Sequence[Activity], rejects: Sequence[Reject], mark: Mark
) -> Page:
    if not fresh:
        return Page(mark=mark.written())
    ordered = sorted(activities, key=lambda one: (one.occurred_at, one.id))
    return Page(ordered, rejects, mark=mark.written())


def _digest(activities: Sequence[Activity], rejects: Sequence[Reject]) -> str:
    """16 hexadecimal digits that change when anything in a page does."""
    parts = sorted(f"{one.id} {one.revision} {one.verb}" for one in activities)
    parts += sorted(f"{one} {one.raw.hex()}" for one in rejects)
    return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
