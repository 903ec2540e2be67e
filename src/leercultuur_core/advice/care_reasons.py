"""The reasons of `care` in words, for whoever asks why nothing was sent.

The words are data: ``data/care_phrases.tsv``, one reason a row, in Dutch and English.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from ..maturity.shipped import shipped_words
from ..maturity.vocabulary import Language
from .care import CareRules, Drop, Hold, Reason
from .care_hours import WorkingTime

_WEEKDAYS_ONLY = 7


def explain(
    decision: Hold | Drop,
    *,
    rules: CareRules,
    now: datetime,
    working: WorkingTime,
    language: Language = "nl",
) -> str:
    """One sentence or two that say why, such as *Nothing today: one message on Tuesday, at most one
    a week.* Names nobody."""
    words = _words()[language]
    day = _day(decision.since, working.day(now), words) if decision.since else ""
    number = _number(decision.reason, rules)
    quiet = rules.quiet
    ends = quiet.friday_after if decision.reason == "friday" else quiet.after
    return words[decision.reason].format(
        since=day,
        number=words.get(f"number.{number}", number),
        before=f"{quiet.before:%H:%M}",
        after=f"{ends:%H:%M}",
    )


def _number(reason: Reason, rules: CareRules) -> int:
    """The number that a reason's words name."""
    numbers: dict[Reason, int] = {
        "expired": rules.expires_after_days,
        "stopped": rules.stop_after_ignored,
        "not_now": rules.later_after_days,
        "same_again": rules.same_again_after_days,
        "weekly": rules.at_most_per_week,
        "too_many_open": rules.open_at_most,
        "slower": rules.slower_weeks,
    }
    return numbers.get(reason, 0)


def _day(day: date, today: date, words: Mapping[str, str]) -> str:
    """A day of the past week by its name, another by its date."""
    if 0 <= (today - day).days < _WEEKDAYS_ONLY:
        return words[f"day.{day.isoweekday()}"]
    written = f"{day.day} {words[f'month.{day.month}']}"
    return written if day.year == today.year else f"{written} {day.year}"


def _words() -> Mapping[Language, Mapping[str, str]]:
    return shipped_words("care_phrases.tsv")
