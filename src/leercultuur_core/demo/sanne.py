"""Sanne, a made-up baker: twenty-three weeks, written out by hand, for a first look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..activity.activity import Activity
from ..activity.identity import account

AT = datetime(2026, 3, 2, tzinfo=UTC)

_ADL = "http://adlnet.gov/expapi"
_VIEW = (f"{_ADL}/verbs/experienced", f"{_ADL}/activities/module")
_SEARCH = ("http://activitystrea.ms/schema/1.0/search", f"{_ADL}/activities/course")
_REGISTER = (f"{_ADL}/verbs/registered", f"{_ADL}/activities/course")
_STEP = (f"{_ADL}/verbs/progressed", f"{_ADL}/activities/lesson")
_ASK = (f"{_ADL}/verbs/asked", f"{_ADL}/activities/question")
_APPLY = ("https://w3id.org/xapi/dod-isd/verbs/applied", f"{_ADL}/activities/performance")

_WEEKS: tuple[tuple[tuple[str, str], ...], ...] = (
    (_VIEW,),
    (),
    (_SEARCH, _VIEW),
    (_SEARCH, _SEARCH, _ASK),
    (_REGISTER, _STEP, _STEP),
    (_STEP, _STEP, _STEP, _VIEW),
    (_STEP, _ASK),
    (),
    (_STEP, _STEP),
    (_STEP, _STEP, _STEP, _VIEW),
    (_STEP,),
    (_STEP, _STEP, _ASK),
    (),
    (),
    (_STEP, _VIEW),
    (_STEP, _STEP),
    (_STEP, _STEP, _STEP),
    (_APPLY, _STEP),
    (_STEP, _STEP),
    (_STEP, _VIEW, _ASK),
    (_STEP, _APPLY),
    (_STEP, _STEP),
    (_STEP, _VIEW),
)


def sanne() -> list[Activity]:
    """Sanne's activities, oldest first. She is made up; so is the site she learns on."""
    start = AT - timedelta(weeks=len(_WEEKS))
    return [
        Activity(
            id=f"made-up-{week}-{number}",
            identities=(account("https://leren.example", "Sanne"),),
            verb=verb,
            object_type=object_type,
            occurred_at=start + timedelta(weeks=week, days=number, hours=9),
            source="leren.example",
            topic="Zuurdesem",
        )
        for week, traces in enumerate(_WEEKS)
        for number, (verb, object_type) in enumerate(traces)
    ]
