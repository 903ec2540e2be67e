"""At which moments somebody may be written to: in their working time, and never in their own.

Days and clock times are those of the organisation's time zone. A public holiday is whatever the
caller's ``is_holiday`` says; this module knows no calendar of any country.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from attrs import frozen

ClosedReason = Literal["leave", "holiday", "not_working_day", "friday", "quiet_hours"]
"""Why somebody is not written to at a moment."""

WORKING_DAYS = (1, 2, 3, 4, 5)
"""ISO weekdays, for somebody of whom no working days are known."""

_FRIDAY = 5
_SEARCHED = 400
"""Days that `next_window` looks ahead: more than a year, so that a yearly pattern is found."""


def no_holidays(_: date) -> bool:
    """For where no holidays are known: no day is one."""
    return False


@frozen
class Quiet:
    """No messages before or after these times of day, nor late on a Friday.

    Working hours by default. Ground: the duty to limit workload and the rest times of the Working
    Conditions and Working Hours Acts (NL); there is no general right to be unreachable.
    """

    before: time = time(8, 30)
    after: time = time(17, 0)
    friday_after: time = time(15, 0)


@frozen
class WorkingTime:
    """When one person is at work.

    zone
        The organisation's time zone.
    working_days
        ISO weekdays, Monday is 1; empty where nothing is known, which reads as Monday to Friday.
    is_holiday
        Whether a day is a public holiday for this person.
    away
        First and last day of each absence. Why somebody is away is nobody's business here.
    """

    zone: tzinfo
    working_days: tuple[int, ...] = ()
    is_holiday: Callable[[date], bool] = no_holidays
    away: tuple[tuple[date, date], ...] = ()

    def day(self, moment: datetime) -> date:
        """The day of ``moment`` in this time zone. Raises `ValueError` without an offset."""
        return self.local(moment).date()

    def local(self, moment: datetime) -> datetime:
        """``moment`` in this time zone. Raises `ValueError` without an offset."""
        if moment.utcoffset() is None:
            raise ValueError(f"expected a moment with an offset, found {moment.isoformat()}")
        return moment.astimezone(self.zone)


def closed(moment: datetime, working: WorkingTime, quiet: Quiet) -> ClosedReason | None:
    """Why nothing may be sent at ``moment`` (aware); ``None`` when it may."""
    local = working.local(moment)
    day, clock = local.date(), local.time()
    if any(first <= day <= last for first, last in working.away):
        return "leave"
    if working.is_holiday(day):
        return "holiday"
    if day.isoweekday() not in (working.working_days or WORKING_DAYS):
        return "not_working_day"
    if not quiet.before <= clock < quiet.after:
        return "quiet_hours"
    if day.isoweekday() == _FRIDAY and clock >= quiet.friday_after:
        return "friday"
    return None


def next_window(moment: datetime, working: WorkingTime, quiet: Quiet) -> datetime | None:
    """The first moment from ``moment`` on at which something may be sent, in the person's zone.

    ``moment`` itself when that is one. ``None`` when there is none in the coming 400 days.
    """
    if closed(moment, working, quiet) is None:
        return working.local(moment)
    today = working.day(moment)
    for ahead in range(_SEARCHED):
        opens = moment_of(today + timedelta(days=ahead), working, quiet.before)
        # Moments in one zone compare by their clocks, which repeat when summer time ends.
        after = opens.astimezone(UTC) > moment.astimezone(UTC)
        if after and closed(opens, working, quiet) is None:
            return opens
    return None


def moment_of(day: date, working: WorkingTime, clock: time = time.min) -> datetime:
    """When the clock says ``clock`` on ``day``; as much later as the clock skips when summer begins."""
    written = datetime.combine(day, clock, tzinfo=working.zone)
    return written.astimezone(UTC).astimezone(working.zone)
