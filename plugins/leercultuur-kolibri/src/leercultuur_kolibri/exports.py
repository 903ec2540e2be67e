"""Kolibri's log exports: the only way to see all that learners do, also outside lessons.

An export is a task on the server that writes one CSV file per facility and kind of log; the next one
takes its place. So what is downloaded is looked at: is it the one that was asked for?
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Literal

from attrs import frozen

from leercultuur_core import LeercultuurError, Reject, SourceUnavailable

from .answers import Job
from .session import Session, convert

Log = Literal["session", "summary"]
"""``session``: each visit to a resource. ``summary``: all visits of a learner to one together."""

_TASKS = "/api/tasks/tasks/"
_ENDED = frozenset({"COMPLETED", "FAILED", "CANCELED"})
_PATIENCE = 600.0
"""Seconds that an export may take."""

_USER, _CHANNEL, _CONTENT = "Username", "Channel id", "Content id"
_KIND, _PROGRESS = "Content kind", "Progress (0-1)"
_FIRST, _LAST = "Time of first interaction", "Time of last interaction"
_COMPLETED = "Time of completion"
_COLUMNS: Mapping[Log, frozenset[str]] = {
    "session": frozenset({_USER, _CHANNEL, _CONTENT, _KIND, _PROGRESS, _FIRST, _LAST}),
    "summary": frozenset({_USER, _CHANNEL, _CONTENT, _KIND, _PROGRESS, _FIRST, _LAST, _COMPLETED}),
}


@frozen
class LogRow:
    """A row of an export. ``username`` is empty for whoever was not logged in."""

    line: int
    username: str
    channel: str
    content: str
    kind: str
    progress: float
    first: datetime
    last: datetime
    completed: datetime | None

    def __repr__(self) -> str:
        return f"<LogRow {self.line}>"


def month_of(day: date) -> date:
    """The first day of the month that ``day`` is in."""
    return day.replace(day=1)


def months(first: date, last: date) -> Iterator[date]:
    """The first days of the months from ``first`` up to and including ``last``."""
    month = first
    while month <= last:
        yield month
        month = _next(month)


def _next(month: date) -> date:
    return month_of(month + timedelta(days=31))


def read_log(session: Session, log: Log, month: date) -> tuple[list[LogRow], list[Reject]]:
    """What began in a month of the server, and rows that cannot be read.

    Raises `SourceUnavailable` where the export fails, takes longer than ten minutes, or somebody
    else's took its place.
    """
    first, last = month, _next(month) - timedelta(days=1)
    body = {
        "type": f"kolibri.core.logger.tasks.export{log}logcsv",
        "facility": session.facility,
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
        "locale": "en",
    }
    # Asking twice makes the same file twice.
    job = convert(session.send("POST", _TASKS, body, idempotent=True).checked(), Job)
    job = _wait(session, job)
    failed = job.extra_metadata.get("overall_error", "")
    if job.status != "COMPLETED" or failed:
        raise SourceUnavailable(
            f"Kolibri's export of the {log} log ended as {job.status.lower()}; its own log says why"
        )
    answer = session.send(
        "GET", f"/facility/api/downloadcsvfile/{log}/{session.facility}/"
    ).checked()
    name = answer.headers.get("content-disposition", "")
    if first.isoformat() not in name or last.isoformat() not in name:
        raise SourceUnavailable(
            f"{answer.about}: expected the export of {first} to {last}, found another; somebody "
            "exports logs at this moment, so try again later"
        )
    with suppress(LeercultuurError):  # tidying up; what was asked for is here
        session.send("POST", f"{_TASKS}{job.id}/clear/", {})
    return _parsed(answer.text(), log, answer.about)


def _wait(session: Session, job: Job) -> Job:
    waited, pause = 0.0, 0.25
    while job.status not in _ENDED:
        if waited >= _PATIENCE:
            raise SourceUnavailable(
                f"Kolibri's export is not ready after {_PATIENCE / 60:g} minutes; is it busy?"
            )
        time.sleep(pause)
        waited += pause
        pause = min(pause * 2, 5.0)
        job = session.get(f"{_TASKS}{job.id}/", Job)
    return job


def _parsed(text: str, log: Log, about: str) -> tuple[list[LogRow], list[Reject]]:
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    try:
        return _table(reader, log, about)
    except csv.Error:
        # A cell that goes on and on: after it nothing can be said about where a row begins.
        broken = reader.line_num
    raise SourceUnavailable(f"{about}: expected a log export, found no table after line {broken}")


def _table(reader: csv.DictReader[str], log: Log, about: str) -> tuple[list[LogRow], list[Reject]]:
    missing = sorted(_COLUMNS[log] - set(reader.fieldnames or ()))
    if missing:
        raise SourceUnavailable(
            f"{about}: expected a log export with the column {missing[0]!r}, found none"
        )
    place = f"Kolibri's {log} log"
    rows: list[LogRow] = []
    rejects: list[Reject] = []
    for cells in reader:
        try:
            rows.append(_row(cells, reader.line_num))
        except (ValueError, TypeError) as error:
            raw = ",".join(str(value) for value in cells.values()).encode()
            rejects.append(Reject(place, reader.line_num, str(error), raw))
    return rows, rejects


def _row(cells: Mapping[str, str | None], line: int) -> LogRow:
    def text(column: str) -> str:
        value = cells.get(column)
        if value is None:
            raise ValueError(f"{column}: expected a value, found the end of the row")
        return value

    def moment(column: str) -> datetime | None:
        value = text(column)
        if not value:
            return None
        found: datetime | None = None
        with suppress(ValueError):
            found = datetime.fromisoformat(value)
        if found is None or found.tzinfo is None:
            raise ValueError(f"{column}: expected a time with an offset, found another text")
        return found

    first = moment(_FIRST)
    if first is None:
        raise ValueError(f"{_FIRST}: expected a time, found nothing")
    content = text(_CONTENT)
    if not content:
        raise ValueError(f"{_CONTENT}: expected an id, found nothing")
    progress: float | None = None
    with suppress(ValueError):
        progress = float(text(_PROGRESS))
    if progress is None or not progress >= 0:
        raise ValueError(f"{_PROGRESS}: expected a number from 0, found another text")
    return LogRow(
        line=line,
        # Kolibri puts ' before what a spreadsheet could take for a formula.
        username=text(_USER).removeprefix("'"),
        channel=text(_CHANNEL),
        content=content,
        kind=text(_KIND),
        progress=progress,
        first=first,
        last=moment(_LAST) or first,
        completed=moment(_COMPLETED) if _COMPLETED in cells else None,
    )


def unknown_user(log: Log, row: LogRow) -> Reject:
    """For a row of somebody who is not among the people of the facility."""
    raw: Sequence[str] = (row.username, row.content, row.first.isoformat())
    return Reject(
        f"Kolibri's {log} log",
        row.line,
        "Username: expected somebody of this facility, found nobody of that name",
        ",".join(raw).encode(),
    )
