"""The quarter of an hour in a calendar: always in working time, and the same each time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.advice.care_hours import Quiet, WorkingTime, closed
from leercultuur_core.run.composing import NOTICE, QUARTER, quarter

ZONE = ZoneInfo("Europe/Amsterdam")
QUIET = Quiet()
WEEKDAYS = WorkingTime(zone=ZONE)

moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
workdays = st.sets(st.integers(1, 5), min_size=1).map(lambda days: tuple(sorted(days)))


@given(moments, workdays, st.integers(0, 10**6))
def test_a_quarter_lies_whole_in_working_time_and_never_too_soon(
    after: datetime, days: tuple[int, ...], number: int
) -> None:
    working = WorkingTime(zone=ZONE, working_days=days)
    moment = quarter(f"{number:032x}", after, working, QUIET)
    assert moment is not None
    assert moment == quarter(f"{number:032x}", after, working, QUIET)
    assert after + NOTICE <= moment <= after + timedelta(days=8)
    assert closed(moment, working, QUIET) is None
    assert closed(moment + QUARTER - timedelta(seconds=1), working, QUIET) is None
    assert (moment.minute % 15, moment.second) == (0, 0)


def test_a_team_does_not_get_them_all_at_once() -> None:
    after = datetime(2026, 3, 3, 7, 30, tzinfo=UTC)
    found = {quarter(f"{number:032x}", after, WEEKDAYS, QUIET) for number in range(200)}
    assert {one.date() for one in found if one} == {date(2026, 3, 3)}
    assert len(found) > 20


@pytest.mark.parametrize(
    ("after", "working", "day"),
    [
        # Too late in the day for any quarter an hour later.
        (datetime(2026, 3, 3, 15, 1, tzinfo=UTC), WEEKDAYS, date(2026, 3, 4)),
        # A Friday ends at three.
        (datetime(2026, 3, 6, 13, 0, tzinfo=UTC), WEEKDAYS, date(2026, 3, 9)),
        (
            datetime(2026, 3, 3, 9, 0, tzinfo=UTC),
            WorkingTime(zone=ZONE, away=((date(2026, 3, 3), date(2026, 3, 13)),)),
            date(2026, 3, 16),
        ),
    ],
)
def test_a_day_without_room_is_passed_over(
    after: datetime, working: WorkingTime, day: date
) -> None:
    moment = quarter("ab" * 16, after, working, QUIET)
    assert moment is not None
    assert moment.date() == day


def test_where_no_day_has_a_quarter_there_is_none() -> None:
    moment = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    ten_minutes = Quiet(time(9, 0), time(9, 10), time(9, 10))
    assert quarter("ab" * 16, moment, WEEKDAYS, ten_minutes) is None
    gone = WorkingTime(zone=ZONE, away=((date(2026, 1, 1), date(2030, 1, 1)),))
    assert quarter("ab" * 16, moment, gone, QUIET) is None
