"""Against a real Radicale 3.9: put once, brought up to date, left alone, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve
from icalendar import Alarm, Calendar, Event

from leercultuur_calendar import CalendarSettings, CalendarSink
from leercultuur_core import AccessDenied, Message, Secret
from leercultuur_core.testing import proved_live
from leercultuur_core.testing.messages import marker, message

pytestmark = pytest.mark.server

MOMENT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
PASSWORD = Secret("wachtwoord-5f2c9e7a")


def sink(server: Any, **more: Any) -> CalendarSink:
    url = f"{server.url}/{{user}}/werk/"
    return CalendarSink(CalendarSettings(url, "leercultuur", PASSWORD, **more))


@pytest.fixture
def step(radicale: Any) -> Iterator[Message]:
    """A message to Sanne, whose calendar is empty before and after."""
    one = evolve(message(1, {"calendar": "sanne"}), moment=MOMENT)
    yield one
    for number in (1, 2, 3):
        radicale.as_person("sanne").send("DELETE", place(number))


def place(number: int, person: str = "sanne") -> str:
    return f"/{quote(person, safe='@')}/werk/leercultuur-{number:032x}.ics"


def there(server: Any, number: int = 1, person: str = "sanne") -> Event:
    """The appointment as the person's own program reads it."""
    answer = server.as_person(person).send("GET", place(number, person))
    assert answer.status == 200
    (event,) = Calendar.from_ical(answer.body).walk("VEVENT")
    assert isinstance(event, Event)
    return event


def by_hand(server: Any, **changes: Any) -> None:
    """Sanne changes the appointment in her own program."""
    event = there(server)
    for name, value in changes.items():
        event.pop(name, None)
        event.add(name, value)
    put(server, event)


def put(server: Any, event: Event) -> None:
    calendar = Calendar()
    calendar.add("PRODID", "-//Sanne//NL")
    calendar.add("VERSION", "2.0")
    calendar.add_component(event)
    answer = server.as_person("sanne").send(
        "PUT", place(1), content=calendar.to_ical(), headers={"Content-Type": "text/calendar"}
    )
    assert answer.status in {201, 204}


def outcomes(one: CalendarSink, *messages: Message) -> list[tuple[str, str]]:
    return [(receipt.state, receipt.reason) for receipt in one.deliver(messages)]


def test_an_appointment_once(radicale: Any, step: Message, request: pytest.FixtureRequest) -> None:
    proved_live(request, CalendarSink, system="Radicale", version=radicale.version)
    one = sink(radicale)
    assert [finding.level for finding in one.check()] == ["ok"]
    assert outcomes(one, step) == [("sent", "")]
    event = there(radicale)
    assert event["SUMMARY"] == "Een kleine stap"
    assert marker(1) in str(event["DESCRIPTION"])
    assert event.decoded("DTSTART") == MOMENT
    assert event["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=15)
    assert (event["TRANSP"], event["CLASS"]) == ("TRANSPARENT", "PRIVATE")
    assert "ORGANIZER" not in event
    assert "ATTENDEE" not in event
    assert event.subcomponents == []
    assert outcomes(sink(radicale), step) == [("sent", "already-there")]
    assert there(radicale)["SEQUENCE"] == 0
    listed = radicale.as_person("sanne").send("PROPFIND", "/sanne/werk/", headers={"Depth": "1"})
    assert listed.body.count(b".ics</href>") == 1


def test_a_later_moment_moves_what_nobody_touched(radicale: Any, step: Message) -> None:
    outcomes(sink(radicale), step)
    event = there(radicale)
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("TRIGGER", timedelta(minutes=-5))
    event.add_component(alarm)
    event.add("LOCATION", "Bakkerij")
    put(radicale, event)
    later = evolve(step, moment=MOMENT + timedelta(days=1))
    assert outcomes(sink(radicale), later) == [("sent", "")]
    event = there(radicale)
    assert event.decoded("DTSTART") == later.moment
    assert event["SEQUENCE"] == 1
    assert event["LOCATION"] == "Bakkerij"
    assert [one.name for one in event.subcomponents] == ["VALARM"], "what she added stays"
    assert outcomes(sink(radicale), later) == [("sent", "already-there")]
    assert there(radicale)["SEQUENCE"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"DTSTART": MOMENT + timedelta(hours=3), "DTEND": MOMENT + timedelta(hours=4)},
        {"DTSTART": MOMENT.date(), "DTEND": MOMENT.date() + timedelta(days=1)},
        {"DESCRIPTION": "Met Bart bij de oven"},
        {"SUMMARY": "Oven"},
        {"RRULE": {"FREQ": "WEEKLY"}},
        {"ORGANIZER": "mailto:sanne@b.example", "ATTENDEE": "mailto:bart@b.example"},
    ],
)
def test_what_she_changed_is_hers(radicale: Any, step: Message, changes: Any) -> None:
    outcomes(sink(radicale), step)
    by_hand(radicale, **changes)
    before = there(radicale).to_ical()
    later = evolve(step, moment=MOMENT + timedelta(days=1))
    assert outcomes(sink(radicale), step, later) == [("sent", "already-there")] * 2
    assert there(radicale).to_ical() == before


def test_taken_back_also_when_moved(radicale: Any, step: Message) -> None:
    one = sink(radicale)
    outcomes(one, step)
    by_hand(radicale, DTSTART=MOMENT + timedelta(days=2), DTEND=MOMENT + timedelta(days=2, hours=1))
    receipts = [one.withdraw(step), one.withdraw(step)]
    assert [r and (r.state, r.reason) for r in receipts] == [("sent", ""), ("sent", "already-gone")]
    assert radicale.as_person("sanne").send("GET", place(1)).status == 404


@pytest.mark.parametrize("changed", ["DESCRIPTION", "ATTENDEE"])
def test_what_she_made_of_it_is_not_taken_away(radicale: Any, step: Message, changed: str) -> None:
    one = sink(radicale)
    outcomes(one, step)
    by_hand(radicale, **{changed: "mailto:bart@b.example"})
    receipt = one.withdraw(step)
    assert receipt is not None
    assert (receipt.state, receipt.reason) == ("sent", "changed-by-hand")
    assert there(radicale)[changed] == "mailto:bart@b.example"


def test_put_under_another_name_by_her_program(radicale: Any, step: Message) -> None:
    outcomes(sink(radicale), step)
    her = radicale.as_person("sanne")
    other = "/sanne/werk/anders.ics"
    moved = her.send(
        "MOVE", place(1), headers={"Destination": f"{radicale.url}{other}", "Overwrite": "F"}
    )
    assert moved.status == 201
    assert outcomes(sink(radicale), step) == [("sent", "already-there")]
    assert her.send("GET", place(1)).status == 404
    her.send("DELETE", other)


def test_one_calendar_that_is_not_there_stops_nobody(radicale: Any, step: Message) -> None:
    name = "ömer@bakker.example"
    lost = evolve(message(2, {"calendar": "niemand"}), moment=MOMENT)
    closed = evolve(message(3, {"calendar": "besloten"}), moment=MOMENT)
    other = evolve(message(4, {"calendar": name}, "en"), moment=MOMENT)
    assert outcomes(sink(radicale), lost, closed, step, other) == [
        ("refused", "no-calendar"),
        ("failed", "not-allowed"),
        ("sent", ""),
        ("sent", ""),
    ]
    assert there(radicale, 4, name)["SUMMARY"] == "A small step"


def test_an_account_without_rights(radicale: Any, step: Message) -> None:
    closed = [evolve(message(n, {"calendar": "besloten"}), moment=MOMENT) for n in (2, 3, 4)]
    coming = sink(radicale).deliver([*closed, step])
    assert next(coming).reason == "not-allowed"
    with pytest.raises(AccessDenied):
        next(coming)


def test_a_wrong_password(radicale: Any, step: Message) -> None:
    url = f"{radicale.url}/{{user}}/werk/"
    one = CalendarSink(CalendarSettings(url, "leercultuur", Secret("wachtwoord-van-vroeger")))
    with pytest.raises(AccessDenied) as caught:
        list(one.deliver([step]))
    assert "sanne" not in str(caught.value)
    assert [finding.level for finding in one.check()] == ["problem"]


def test_a_whole_address_in_the_directory(radicale: Any, step: Message) -> None:
    one = CalendarSink(CalendarSettings(radicale.url, "leercultuur", PASSWORD))
    there_is = evolve(step.recipient, addresses={"calendar": f"{radicale.url}/sanne/werk/"})
    elsewhere = evolve(step.recipient, addresses={"calendar": "https://elders.example/sanne/"})
    assert outcomes(one, evolve(step, recipient=there_is)) == [("sent", "")]
    assert outcomes(one, evolve(step, recipient=elsewhere)) == [("refused", "bad-address")]
