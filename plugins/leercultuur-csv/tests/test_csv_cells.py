"""What stands in a cell, as spreadsheets write it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leercultuur_csv import cells
from leercultuur_csv.cells import Cell, Decimal, Forms, Unfit

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def read(cell: Cell, clock: Cell | None = None, **forms: Any) -> str:
    """The moment as text in UTC."""
    found = cells.moment(cell, clock, Forms(AMSTERDAM, **forms))
    assert found.tzinfo is UTC
    return found.replace(tzinfo=None).isoformat(" ")


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("1-1-26", "2026-01-01 11:00:00"),  # a date alone: noon in Amsterdam
        ("31-12-2026", "2026-12-31 11:00:00"),
        ("31/12/2026", "2026-12-31 11:00:00"),
        ("31.12.2026", "2026-12-31 11:00:00"),
        ("1 mrt 2026", "2026-03-01 11:00:00"),
        ("1-mrt-26", "2026-03-01 11:00:00"),
        ("1 maart 2026", "2026-03-01 11:00:00"),
        ("1 OKT. 2026", "2026-10-01 10:00:00"),
        ("2026-12-31", "2026-12-31 11:00:00"),
        ("1-7-2026 9:30", "2026-07-01 07:30:00"),
        ("01-07-2026 09:30:15", "2026-07-01 07:30:15"),
        ("1-1-2026, 9:30", "2026-01-01 08:30:00"),
        ("2026-07-01T09:30:15.25", "2026-07-01 07:30:15.250000"),
        ("2026-07-01T09:30:15Z", "2026-07-01 09:30:15"),
        ("2026-07-01 09:30:15+05:30", "2026-07-01 04:00:15"),
        (date(2026, 7, 1), "2026-07-01 10:00:00"),
        (datetime(2026, 7, 1, 9, 30), "2026-07-01 07:30:00"),  # noqa: DTZ001 - as a table has it
        (datetime(2026, 7, 1, 9, 30, tzinfo=UTC), "2026-07-01 09:30:00"),
    ],
)
def test_reads_a_moment(cell: Cell, moment: str) -> None:
    assert read(cell) == moment


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("31-2-2026", "a day that exists"),
        ("12/31/2026", 'see "dates"'),
        ("1-1-026", "a date such as 31-12-2026"),
        ("1-1/2026", "a date such as 31-12-2026"),
        ("1 foo 2026", "the name of a month"),
        ("gisteren", "a date such as 31-12-2026"),
        ("1-1-2026 25:00", "a time of day that exists"),
        ("1-1-2026 9", "a date such as 31-12-2026"),
        ("1-1-1899", "a year from 1900"),
        ("46023", "excel_dates"),
        ("46023,5", "excel_dates"),
        (46023, "excel_dates"),
        (True, "a date"),
        (time(9, 30), "a date"),
        ("29-03-2026 02:30", "the hour that the clock skips"),
        ("١-١-٢٠٢٦", "a date such as"),
    ],
)
def test_refuses_what_is_no_moment(cell: Cell, reason: str) -> None:
    with pytest.raises(Unfit, match=reason) as caught:
        read(cell)
    assert not isinstance(cell, str) or cell not in str(caught.value)


def test_years_of_two_digits_turn_where_excel_does() -> None:
    assert read("1-7-29").startswith("2029-07-01")
    assert read("1-7-30").startswith("1930-07-01")


def test_in_the_hour_that_comes_twice_the_first_counts() -> None:
    assert read("25-10-2026 02:30") == "2026-10-25 00:30:00"


def test_months_first_only_where_the_settings_say_so() -> None:
    assert read("3/2/2026") == "2026-02-03 11:00:00"
    assert read("3/2/2026", order="m-d-y") == "2026-03-02 11:00:00"
    assert read("26-03-02", order="y-m-d") == "2026-03-02 11:00:00"


def test_a_time_may_stand_in_a_cell_of_its_own() -> None:
    assert read("1-7-2026", "9:30") == "2026-07-01 07:30:00"
    assert read("1-7-2026 00:00:00", "09:30:05") == "2026-07-01 07:30:05"
    assert read("1-7-2026", time(9, 30)) == "2026-07-01 07:30:00"
    with pytest.raises(Unfit, match="a time in both"):
        read("1-7-2026 8:00", "9:30")
    with pytest.raises(Unfit, match="such as 9:30"):
        read("1-7-2026", "half tien")


def test_times_that_mean_nothing_are_taken_away() -> None:
    assert read("1-7-2026 00:00:00") == "2026-06-30 22:00:00"
    assert read("1-7-2026 00:00:00", dates_only=True) == "2026-07-01 10:00:00"
    assert read("1-7-2026", "0:00", dates_only=True) == "2026-07-01 10:00:00"


@pytest.mark.parametrize(
    ("cell", "start", "moment"),
    [
        ("46023", "1900", "2026-01-01 11:00:00"),
        ("46023,5", "1900", "2026-01-01 11:00:00"),
        (46023.25, "1900", "2026-01-01 05:00:00"),
        ("44561", "1904", "2026-01-01 11:00:00"),
    ],
)
def test_serial_numbers_of_excel(cell: Cell, start: Any, moment: str) -> None:
    assert read(cell, excel_dates=start) == moment


def test_serial_numbers_out_of_range() -> None:
    for cell in ("60", "7", 1e12):
        with pytest.raises(Unfit, match="out of its range"):
            read(cell, excel_dates="1900")


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("7,5", "auto", 7.5),
        ("7.5", "auto", 7.5),
        ("1.234,5", "auto", 1234.5),
        ("1,234.5", "auto", 1234.5),
        ("1.234.567", "auto", 1234567.0),
        ("1 234,5", "auto", 1234.5),
        ("1\u00a0234,5", "auto", 1234.5),
        ("0,125", "auto", 0.125),
        ("1.234", ",", 1234.0),
        ("1.234", ".", 1.234),
        ("85%", "auto", 0.85),
        ("-0,5", "auto", -0.5),
        ("−0,5", "auto", -0.5),
        ("8", "auto", 8.0),
        (8, "auto", 8.0),
        (0.5, ",", 0.5),
    ],
)
def test_reads_a_number(cell: Cell, decimal: Decimal, value: float) -> None:
    assert cells.number(cell, decimal) == pytest.approx(value)


@pytest.mark.parametrize(
    ("cell", "decimal"),
    [
        ("1.234", "auto"),
        ("7.5", ","),
        ("12.34,5", ","),
        ("1,2,3", "."),
        ("zeven", "auto"),
        ("7,", "auto"),
        ("--7", "auto"),
        ("", "auto"),
        ("٧", "auto"),
        (float("nan"), "auto"),
        (True, "auto"),
        (date(2026, 1, 1), "auto"),
    ],
)
def test_refuses_what_is_no_number(cell: Cell, decimal: Decimal) -> None:
    with pytest.raises(Unfit):
        cells.number(cell, decimal)


def test_yes_or_no() -> None:
    assert [cells.yes_or_no(cell) for cell in ("Ja", "WAAR", "true", "x", "1", 1, True)] == [
        True
    ] * 7
    assert [cells.yes_or_no(cell) for cell in ("nee", "Onwaar", "no", "0", 0, False)] == [False] * 6
    for cell in ("misschien", "2", 2.5, date(2026, 1, 1)):
        with pytest.raises(Unfit):
            cells.yes_or_no(cell)


def test_whole_numbers_and_texts() -> None:
    assert cells.whole("12") == cells.whole(12) == cells.whole(12.0) == 12
    assert cells.text(" 0012 ") == "0012"
    for cell in ("-1", "1.5", "een", 1.5, "9" * 19):
        with pytest.raises(Unfit):
            cells.whole(cell)
    for cell in ("a\0b", "a" * 2049):
        with pytest.raises(Unfit):
            cells.text(cell)
