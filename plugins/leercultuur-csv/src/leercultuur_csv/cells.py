"""What stands in one cell, as a value: times, numbers, yes or no, as spreadsheets write them.

Each function takes a cell as text, or as the typed value that a Parquet file holds, and raises
`Unfit` where it cannot be read. The reason says what kind of thing was found, never the cell itself:
it may be about somebody.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import frozen

Cell = str | int | float | bool | datetime | date | time
"""Text from CSV; from Parquet also what the column's type gives."""

Order = Literal["d-m-y", "m-d-y", "y-m-d"]
Decimal = Literal["auto", ",", "."]
ExcelDates = Literal["no", "1900", "1904"]

LONGEST_TEXT = 2048
"""Characters in one text of an activity."""

_NOON = time(12)
_CENTURY = 30  # as Excel does: 00-29 is 2000-2029, 30-99 is 1930-1999
_DAY_ZERO = {"1900": date(1899, 12, 30), "1904": date(1904, 1, 1)}
_FIRST_SERIAL = 61  # before that Excel counts a 29 February 1900 that never was

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january",
            "feb februari february",
            "mrt maart mar march",
            "apr april",
            "mei may",
            "jun juni june",
            "jul juli july",
            "aug augustus august",
            "sep sept september",
            "okt oktober oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}

_DATE = r"([0-9]{1,4})([-/. ])([0-9]{1,2}|[a-z]{3,9}\.?)\2([0-9]{1,4})"
_CLOCK = r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
_OFFSET = r"(?:\s*(z|[+-][0-9]{2}:?[0-9]{2}))?"
_MOMENT = re.compile(rf"{_DATE}(?:(?:t|,?\s+){_CLOCK}{_OFFSET})?")
_TIME_OF_DAY = re.compile(_CLOCK)
_PLAIN_NUMBER = re.compile(r"[0-9]{1,7}(?:[.,][0-9]+)?")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_WHOLE = re.compile(r"[0-9]{1,18}")

_YES = frozenset({"ja", "j", "waar", "true", "yes", "y", "1", "x"})
_NO = frozenset({"nee", "n", "onwaar", "false", "no", "0"})


class Unfit(ValueError):
    """A cell that cannot be read. Its text says what was expected and what kind of thing was found."""

    def __init__(self, expected: str, found: str, hint: str = "") -> None:
        text = f"expected {expected}, found {found}"
        super().__init__(f"{text}; {hint}" if hint else text)


@frozen
class Forms:
    """How dates and numbers are written in a table; see `leercultuur_csv.mapping.Mapping`."""

    zone: ZoneInfo
    order: Order = "d-m-y"
    decimal: Decimal = "auto"
    excel_dates: ExcelDates = "no"
    dates_only: bool = False


def text_of(cell: Cell | None) -> str:
    """The cell as text, without spaces around it; ``""`` for an empty one."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if type(cell) is int:
        return str(cell)
    if type(cell) is float and cell.is_integer():
        return str(int(cell))
    raise Unfit("a text or a whole number", f"a {type(cell).__name__}")


def fold(words: str) -> str:
    """A word or heading for comparison: small letters, ``_`` and ``-`` and spaces alike."""
    return " ".join(re.sub(r"[_\-\s\ufeff]+", " ", words.casefold()).split())


def moment(cell: Cell, clock: Cell | None, forms: Forms) -> datetime:
    """The moment in a cell, in UTC; ``clock`` is the cell of the time where that stands apart.

    Without an offset it is a time at ``forms.zone``. A date alone counts as noon there, so that its
    UTC day is that date. In the hour that comes twice, the first is taken; a time in the hour that
    the clock skips is refused.
    """
    day, at = _apart(cell, forms)
    if clock is not None and not forms.dates_only:
        if at is not None and at != time(0):
            raise Unfit("the time in one column", "a time in both")
        at = _time_of_day(clock)
    if forms.dates_only and not (at is not None and at.tzinfo):
        at = None
    found = datetime.combine(day, _NOON if at is None else at)
    if not 1900 <= found.year < 9000:
        raise Unfit("a year from 1900 to 8999", "another")
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    here = found.replace(tzinfo=forms.zone)
    there = here.astimezone(UTC)
    if there.astimezone(forms.zone).replace(tzinfo=None) != found:
        raise Unfit(f"a time that exists in {forms.zone}", "one in the hour that the clock skips")
    return there


def _apart(cell: Cell, forms: Forms) -> tuple[date, time | None]:
    """Date and time of day; the time carries the offset where there is one."""
    if isinstance(cell, datetime):
        return cell.date(), cell.timetz()
    if isinstance(cell, date):
        return cell, None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _from_serial(float(cell), forms)
    if not isinstance(cell, str):
        raise Unfit("a date", f"a {type(cell).__name__}")
    words = cell.strip().casefold()
    if _PLAIN_NUMBER.fullmatch(words):
        return _from_serial(float(words.replace(",", ".")), forms)
    match = _MOMENT.fullmatch(words)
    if match is None:
        raise Unfit(f"a date such as {_sample(forms.order)}", "something else")
    first, _, middle, last, hour, minute, second, fraction, offset = match.groups()
    day = _day(first, middle, last, forms.order)
    return day, None if hour is None else _clock(hour, minute, second, fraction, offset)


def _day(first: str, middle: str, last: str, order: Order) -> date:
    if not middle[0].isdigit():
        number = _MONTHS.get(middle.rstrip("."))
        if number is None:
            raise Unfit("the name of a month", "another word")
        year, month, day = last, str(number), first
        if len(first) == 4:
            year, day = first, last
    elif len(first) == 4 or order == "y-m-d":
        year, month, day = first, middle, last
    elif order == "m-d-y":
        year, month, day = last, first, middle
    else:
        year, month, day = last, middle, first
    if len(year) not in {2, 4} or len(day) > 2 or len(month) > 2:
        raise Unfit(f"a date such as {_sample(order)}", "something else")
    if int(month) > 12:
        raise Unfit("a month from 1 to 12", "a higher number", 'see "dates" in the settings')
    full = int(year)
    if len(year) == 2:
        full += 2000 if full < _CENTURY else 1900
    try:
        return date(full, int(month), int(day))
    except ValueError:
        raise Unfit("a day that exists", "one that does not") from None


def _clock(
    hour: str, minute: str, second: str | None, fraction: str | None, offset: str | None
) -> time:
    micro = int((fraction or "0").ljust(6, "0")[:6])
    zone = None
    try:
        if offset == "z":
            zone = UTC
        elif offset:
            zone = datetime.strptime(offset, "%z").tzinfo  # type: ignore[assignment]
        return time(int(hour), int(minute), int(second or 0), micro, tzinfo=zone)
    except ValueError:
        raise Unfit("a time of day that exists", "one that does not") from None


def _time_of_day(cell: Cell) -> time:
    if isinstance(cell, time):
        return cell
    match = _TIME_OF_DAY.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if match is None:
        raise Unfit("a time such as 9:30 or 09:30:00", "something else")
    return _clock(match[1], match[2], match[3], match[4], None)


def _from_serial(serial: float, forms: Forms) -> tuple[date, time | None]:
    if forms.excel_dates == "no":
        raise Unfit(
            f"a date such as {_sample(forms.order)}",
            "a number",
            'if it is the serial number of a date in Excel, set excel_dates = "1900"',
        )
    if not _FIRST_SERIAL <= serial < 2_958_466:
        raise Unfit("the serial number of a date in Excel", "a number out of its range")
    days, part = divmod(serial, 1)
    seconds = round(part * 86_400)
    found = datetime.combine(_DAY_ZERO[forms.excel_dates], time(0))
    found += timedelta(days=days, seconds=seconds)
    return found.date(), found.time() if part else None


def _sample(order: Order) -> str:
    return {"d-m-y": "31-12-2026", "m-d-y": "12/31/2026", "y-m-d": "2026-12-31"}[order]


def number(cell: Cell, decimal: Decimal) -> float:
    """A number with a decimal comma or point, with or without separators of thousands.

    ``85%`` is 0.85. With ``auto``, what could be a thousand or a decimal (``1.234``) is refused.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if not math.isfinite(cell):
            raise Unfit("a number", "no number")
        return float(cell)
    if not isinstance(cell, str):
        raise Unfit("a number", f"a {type(cell).__name__}")
    words = cell.translate(_SPACES).replace("−", "-")
    percent = words.endswith("%")
    words = words.removesuffix("%")
    sign = -1.0 if words.startswith("-") else 1.0
    words = words.lstrip("+-") if words[1:2] not in {"+", "-"} else ""
    value = sign * float(_digits(words, decimal))
    return value / 100 if percent else value


def _digits(words: str, decimal: Decimal) -> str:
    """The number as Python writes it."""
    if not re.fullmatch(r"[0-9][0-9.,]*", words) or len(words) > 40:
        raise Unfit("a number", "something else")
    point = decimal if decimal != "auto" else _point(words)
    whole, found, part = words.partition(point)
    thousands = "." if point == "," else ","
    grouped = re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:\{thousands}[0-9]{{3}})+|[0-9]+", whole)
    if not grouped or (found and not re.fullmatch(r"[0-9]+", part)):
        raise Unfit(f'a number with "{point}" before its decimals', "another form")
    return f"{whole.replace(thousands, '')}.{part or '0'}"


def _point(words: str) -> Literal[",", "."]:
    """Which of the two stands before the decimals."""
    commas, points = words.count(","), words.count(".")
    if commas and points:
        return "," if words.rindex(",") > words.rindex(".") else "."
    if commas + points > 1:  # the same one more than once: thousands
        return "." if commas else ","
    if re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", words):
        raise Unfit(
            "a number that can be read in one way",
            "thousands or three decimals",
            'set decimal = "," or "."',
        )
    return "," if commas else "."


def whole(cell: Cell) -> int:
    """A whole number from 0."""
    words = text_of(cell)
    if not _WHOLE.fullmatch(words):
        raise Unfit("a whole number from 0", "something else")
    return int(words)


def yes_or_no(cell: Cell) -> bool:
    """``ja``, ``waar``, ``x``, ``1`` … or ``nee``, ``onwaar``, ``0`` …; in any case of letters."""
    if isinstance(cell, bool):
        return cell
    words = text_of(cell).casefold()
    if words in _YES or words in _NO:
        return words in _YES
    raise Unfit("ja or nee, waar or onwaar, true or false, 1 or 0", "something else")


def text(cell: Cell) -> str:
    """A text of at most `LONGEST_TEXT` characters."""
    words = text_of(cell)
    if len(words) > LONGEST_TEXT or "\0" in words:
        raise Unfit(f"a text of at most {LONGEST_TEXT:,} characters", "another")
    return words
