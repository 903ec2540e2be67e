"""The next step: done, not now, not for me; or a moment for it, chosen by who does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from attrs import frozen
from icalendar import Calendar, Event
from starlette.responses import RedirectResponse, Response

from leercultuur_core import OwnPage

from ..security import Refused
from ..texts import say
from ..web import Asked, At, Web
from .shared import language_of, open_page

Answer = Literal["done", "not_now", "not_for_me"]

ANSWERS: tuple[Answer, ...] = get_args(Answer)

PARTS: Mapping[str, time] = {
    "morning": time(9),
    "noon": time(12),
    "afternoon": time(15),
    "end": time(16, 30),
    "evening": time(19),
}
"""Part of a day → when it begins. Judgement: early enough in it to still have the time."""

_DAYS = 8  # today, and a week on from it
_TAKES = timedelta(minutes=15)  # as an appointment of `leercultuur-calendar` does


@frozen
class Moments:
    """The days and the parts of a day to choose from: what a form sends → in words."""

    days: Mapping[str, str]
    parts: Mapping[str, str]


def moments(web: Web, now: datetime, language: str) -> Moments:
    """What there is to choose from at ``now``."""
    today = now.astimezone(_zone(web)).date()
    days = [today + timedelta(days=number) for number in range(_DAYS)]
    return Moments(
        {one.isoformat(): _day(one, language) for one in days},
        {part: say(language, f"when.{part}") for part in PARTS},
    )


def planned(web: Web, page: OwnPage, language: str) -> str:
    """When somebody chose to do the step that is open, in words; ``""`` where they did not."""
    moment = None if page.step is None else web.plans.of(page.person).get(page.step.id)
    if moment is None:
        return ""
    there = moment.astimezone(_zone(web))
    return say(language, "when.planned", day=_day(there.date(), language), time=f"{there:%H:%M}")


def answer(web: Web, asked: Asked) -> Response:
    """Keeps what somebody answers to a step that was sent to them."""
    given = asked.form.get("answer", "")
    if given not in ANSWERS:
        raise Refused(400, "no_form")
    step = _theirs(web, asked)
    web.engine.answer(step, given, asked.now)
    web.plans.drop(asked.ticket.person, step)
    return RedirectResponse("/?noted=answer", 303)


def plan(web: Web, asked: Asked) -> Response:
    """Keeps when somebody wants to do the step, as a plan of their own: nobody is told."""
    try:
        day, part = date.fromisoformat(asked.form.get("day", "")), PARTS[asked.form["part"]]
    except (ValueError, KeyError):
        raise Refused(400, "no_form") from None
    zone = _zone(web)
    moment = datetime.combine(day, part, zone).astimezone(UTC)
    if not asked.now < moment < asked.now + timedelta(days=_DAYS):
        raise Refused(400, "when_past")
    web.plans.put(asked.ticket.person, _theirs(web, asked), moment)
    return RedirectResponse("/?noted=plan", 303)


def calendar(web: Web, asked: Asked) -> Response:
    """The plan as a file that any calendar takes in; it holds no heading that says what it is about."""
    page, language = open_page(web, asked), language_of(web, asked)
    moment = None if page.step is None else web.plans.of(page.person).get(page.step.id)
    if page.step is None or moment is None:
        raise Refused(404, "not_yours")
    event = Event()
    event.add("UID", f"{page.step.id}@leercultuur-plan")
    event.add("DTSTAMP", asked.now.astimezone(UTC))
    event.add("DTSTART", moment)
    event.add("DTEND", moment + _TAKES)
    # Others may see the heading of an appointment; and nobody's time is taken.
    event.add("SUMMARY", say(language, "when.summary"))
    event.add("DESCRIPTION", page.step.step)
    event.add("CLASS", "PRIVATE")
    event.add("TRANSP", "TRANSPARENT")
    file = Calendar()
    file.add("PRODID", "-//leercultuur//leercultuur-web//NL")
    file.add("VERSION", "2.0")
    file.add_component(event)
    headers = {"Content-Disposition": 'attachment; filename="stap.ics"'}
    return Response(file.to_ical(), media_type="text/calendar", headers=headers)


def _theirs(web: Web, asked: Asked) -> str:
    """The step that a form names, where it is theirs and open."""
    step = open_page(web, asked).step
    if step is None or step.id != asked.form.get("step", ""):
        raise Refused(404, "not_yours")
    return step.id


def _zone(web: Web) -> ZoneInfo:
    return ZoneInfo(web.engine.configuration.organisation.time_zone)


def _day(day: date, language: str) -> str:
    return f"{say(language, f'day.{day.isoweekday()}')} {day:%d-%m}"


PAGES = (
    At("/answer", "signed_in", answer),
    At("/plan", "signed_in", plan),
    At("/plan.ics", "opened", calendar),
)

__all__ = ["ANSWERS", "PAGES", "Moments", "moments", "planned"]
