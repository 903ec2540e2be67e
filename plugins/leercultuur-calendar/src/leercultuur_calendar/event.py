"""A message as an appointment (RFC 5545), and what somebody made of it since.

An appointment carries two marks of its own: when we put it there, and a digest of its words. What
differs from its mark was changed by hand, and what somebody changed is theirs.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from attrs import field, frozen
from icalendar import Calendar, Event, Timezone

from leercultuur_core import Message

_PRODUCT = "-//leercultuur//leercultuur-calendar//NL"
_START = "X-LEERCULTUUR-START"
_WORDS = "X-LEERCULTUUR-WORDS"
_TEXTS = {
    "nl": {
        "summary": "Een kleine stap",
        "why": "Waarom dit? {}",
        "free": "Past het niet? Verzet of verwijder deze afspraak gerust.",
        "done": "Gedaan",
        "not_now": "Nu niet",
        "not_for_me": "Niet voor mij",
        "wrong": "Dit klopt niet",
    },
    "en": {
        "summary": "A small step",
        "why": "Why this? {}",
        "free": "Does it not suit you? Feel free to move or remove this appointment.",
        "done": "Done",
        "not_now": "Not now",
        "not_for_me": "Not for me",
        "wrong": "This is not right",
    },
}
_ANSWERS = ("done", "not_now", "not_for_me", "wrong")


@frozen
class Appointment:
    """What stands in a calendar: an aware start in the organisation's time, and the words."""

    uid: str
    start: datetime
    zone: ZoneInfo
    duration: timedelta
    language: str
    summary: str
    description: str


@frozen
class There:
    """An appointment that is in a calendar, as it is now.

    moved, rewritten
        Whether somebody changed its time or its words, or invited others. Where our marks are gone, both: nobody can
        tell any more.
    """

    event: Event = field(repr=False)
    moved: bool
    rewritten: bool

    def fits(self, wanted: Appointment) -> bool:
        """Whether what we put there last is what ``wanted`` would put there."""
        return bool(
            self.event.get(_START) == _mark(wanted.start, wanted.duration)
            and self.event.get(_WORDS) == _digest(wanted.summary, wanted.description)
        )


def uid(message: Message) -> str:
    """The UID of a message's appointment: the same whenever it is sent."""
    return f"{message.id}@leercultuur"


def appointment(
    message: Message, start: datetime, *, zone: ZoneInfo, duration: timedelta, links: bool
) -> Appointment:
    """The appointment for ``message``. Its heading says nothing of the step: a calendar that others
    can read shows that line first."""
    language = message.recipient.language
    texts = _TEXTS[language]
    parts = []
    for prompt in message.prompts:
        own = _TEXTS["en" if prompt.language == "en" else "nl"]
        parts.append(prompt.step)
        if prompt.why:
            parts.append(own["why"].format(prompt.why))
        given = message.links.get(prompt.id, {}) if links else {}
        lines = [f"{own[one]}: {given[one]}" for one in _ANSWERS if given.get(one)]
        if lines:
            parts.append("\n".join(lines))
    return Appointment(
        uid=uid(message),
        start=start.astimezone(zone),
        zone=zone,
        duration=duration,
        language=language,
        summary=texts["summary"],
        description=_clean("\n\n".join([*parts, texts["free"]])),
    )


def written(wanted: Appointment, *, at: datetime) -> bytes:
    """A calendar with only this appointment, to put on a server. ``at`` is aware."""
    event = Event()
    event.add("UID", wanted.uid)
    event.add("SEQUENCE", 0)
    # Nobody's time is taken: a colleague who looks for a free moment finds it free.
    event.add("TRANSP", "TRANSPARENT")
    event.add("CLASS", "PRIVATE")
    _fill(event, wanted, at)
    return _bytes(event, wanted.zone)


def rewritten(there: There, wanted: Appointment, *, at: datetime) -> bytes:
    """The appointment that is there with the time and words of ``wanted``, one revision further.
    What somebody added to it, such as an alarm, stays."""
    event = there.event
    sequence = event.get("SEQUENCE", 0)
    for name in ("DTSTART", "DTEND", "DURATION", "SUMMARY", "DESCRIPTION", "DTSTAMP"):
        event.pop(name, None)
    for name in ("LAST-MODIFIED", "SEQUENCE", _START, _WORDS):
        event.pop(name, None)
    event.add("SEQUENCE", sequence + 1 if isinstance(sequence, int) else 1)
    _fill(event, wanted, at)
    return _bytes(event, wanted.zone)


def read(body: bytes, message: Message) -> There | None:
    """The message's appointment in ``body``; ``None`` where it is none."""
    try:
        calendar = Calendar.from_ical(body)
        found = [one for one in calendar.walk("VEVENT") if isinstance(one, Event)]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError):
        # What icalendar raises on texts that are nearly a calendar; the last for a time zone whose
        # name is no name of a file.
        return None
    events = [one for one in found if one.get("UID") == uid(message)]
    if not events:
        return None
    event = events[0]
    words = _digest(event.get("SUMMARY", ""), event.get("DESCRIPTION", ""))
    return There(
        event=event,
        # Several under one UID, or a rule: somebody made it come back each week.
        moved=len(events) > 1 or "RRULE" in event or event.get(_START) != _mark_of(event),
        # With guests it is a meeting: changing or deleting it would send them mail.
        rewritten="ATTENDEE" in event or "ORGANIZER" in event or event.get(_WORDS) != words,
    )


def _fill(event: Event, wanted: Appointment, at: datetime) -> None:
    start = wanted.start
    end = (start.astimezone(UTC) + wanted.duration).astimezone(wanted.zone)
    around = {(start + timedelta(days=days)).utcoffset() for days in (-1, 0, 1)}
    if len(around) > 1 or around == {timedelta(0)}:
        # Where the clocks change an hour comes twice or not at all, and programs differ on it.
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    event.add("DTSTAMP", at.astimezone(UTC))
    event.add("DTSTART", start)
    event.add("DTEND", end)
    parameters = {"LANGUAGE": wanted.language}
    event.add("SUMMARY", wanted.summary, parameters=parameters)
    event.add("DESCRIPTION", wanted.description, parameters=parameters)
    event.add(_START, _mark(start, wanted.duration))
    event.add(_WORDS, _digest(wanted.summary, wanted.description))


def _bytes(event: Event, zone: ZoneInfo) -> bytes:
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    if "TZID" in event["DTSTART"].params:
        year = event.decoded("DTSTART").year
        # The rules of the years around it: all of them since 1970 would make it ten times as long.
        first, last = date(year - 1, 1, 1), date(year + 2, 1, 1)
        calendar.add_component(Timezone.from_tzinfo(zone, None, first, last))
    calendar.add_component(event)
    body: bytes = calendar.to_ical()
    return body


def _mark(start: datetime, duration: timedelta) -> str:
    return f"{start.astimezone(UTC):%Y%m%dT%H%M%SZ}/{int(duration.total_seconds())}"


def _mark_of(event: Event) -> str:
    """The mark that the event's time would have; empty for a time that we would never write."""
    start, end = (event.decoded(name, None) for name in ("DTSTART", "DTEND"))
    if end is None and isinstance(start, datetime):
        length = event.decoded("DURATION", None)
        end = start + length if isinstance(length, timedelta) else None
    moments = [one for one in (start, end) if isinstance(one, datetime) and one.tzinfo is not None]
    if len(moments) != 2:
        return ""
    return _mark(moments[0], moments[1].astimezone(UTC) - moments[0].astimezone(UTC))


def _digest(*texts: str) -> str:
    """The same for texts that a server only folded or spaced in another way."""
    words = "\n".join(" ".join(str(text).split()) for text in texts)
    return blake2b(words.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _clean(text: str) -> str:
    """Without characters that a calendar may not hold."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
