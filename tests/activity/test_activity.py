"""Days and weeks, as every other room counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.activity import day_date, iso_week, utc_day, week_label


@given(st.datetimes(timezones=st.timezones()))
def test_days_and_weeks_agree_with_the_calendar(moment: datetime) -> None:
    day = utc_day(moment)
    utc = moment.astimezone(UTC).date() if moment.year not in {1, 9999} else None
    if utc is None:
        return
    assert day_date(day) == utc
    year, week, _ = utc.isocalendar()
    assert week_label(iso_week(day)) == f"{year}-W{week:02d}"


def test_weeks_turn_on_monday_and_years_may_have_53() -> None:
    sunday = (date(2027, 1, 3) - date(1970, 1, 1)).days
    assert week_label(iso_week(sunday)) == "2026-W53"
    assert week_label(iso_week(sunday + 1)) == "2027-W01"
    assert iso_week(0) == 0
