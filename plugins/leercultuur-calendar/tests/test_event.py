"""What stands in an appointment, and that time is right on both sides of a change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event
from syrupy.assertion import SnapshotAssertion

from leercultuur_calendar import event
from leercultuur_core import Message
from leercultuur_core.maturity.vocabulary import PHASES, Language
from leercultuur_core.testing.messages import message

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
QUARTER = timedelta(minutes=15)
ZONES = [ZoneInfo(name) for name in ("Europe/Amsterdam", "America/Curacao", "UTC", "Europe/London")]


def put(
    one: Message,
    start: datetime = AT,
    zone: ZoneInfo = AMSTERDAM,
    *,
    links: bool = False,
) -> bytes:
    wanted = event.appointment(one, start, zone=zone, duration=QUARTER, links=links)
    return event.written(wanted, at=AT)


def parsed(body: bytes) -> Event:
    (found,) = Calendar.from_ical(body).walk("VEVENT")
    assert isinstance(found, Event)
    return found


def full() -> Message:
    one = message(1, {})
    prompt = evolve(one.prompts[0], why="Het gebruiken op je werk is vaak de volgende stap.")
    links = {prompt.id: {"done": "https://stap.example/d", "wrong": "https://stap.example/w"}}
    return evolve(one, prompts=(prompt,), links=links)


@pytest.mark.parametrize("zone", ["E" * 300, "Europe", "../../etc", "\0"])
def test_a_time_zone_that_is_none_stops_nothing(zone: str) -> None:
    body = put(full()).replace(b"TZID=Europe/Amsterdam", f"TZID={zone}".encode())
    there = event.read(body, full())
    assert there is None or there.moved


def test_what_is_there_is_not_in_a_picture_of_it() -> None:
    there = event.read(put(full()), full())
    assert there is not None
    assert "Kies" in str(there.event["DESCRIPTION"])
    assert "Kies" not in repr(there)


def test_the_whole_of_it(snapshot: SnapshotAssertion) -> None:
    text = put(full()).decode()
    assert text.replace("\r\n", "\n") == snapshot


def test_the_answers_only_where_asked_for() -> None:
    assert "stap.example" not in str(parsed(put(full()))["DESCRIPTION"])
    shown = str(parsed(put(full(), links=True))["DESCRIPTION"])
    assert "Gedaan: https://stap.example/d\nDit klopt niet: https://stap.example/w" in shown


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_heading_says_nothing_of_the_step_or_the_phase(language: Language) -> None:
    one = full()
    one = evolve(one, recipient=evolve(one.recipient, language=language))
    heading = str(parsed(put(one))["SUMMARY"])
    assert heading == {"nl": "Een kleine stap", "en": "A small step"}[language]
    assert not any(phase in heading for phase in PHASES)


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        (datetime(2026, 3, 27, 9, tzinfo=UTC), "TZID=Europe/Amsterdam:20260327T100000"),
        (datetime(2026, 3, 30, 9, tzinfo=UTC), "TZID=Europe/Amsterdam:20260330T110000"),
        (datetime(2026, 10, 23, 9, tzinfo=UTC), "TZID=Europe/Amsterdam:20261023T110000"),
        (datetime(2026, 10, 26, 9, tzinfo=UTC), "TZID=Europe/Amsterdam:20261026T100000"),
        # The night itself: an hour that does not exist, and one that comes twice.
        (datetime(2026, 3, 29, 0, 50, tzinfo=UTC), "DTSTART:20260329T005000Z"),
        (datetime(2026, 10, 25, 0, 50, tzinfo=UTC), "DTSTART:20261025T005000Z"),
        (datetime(2026, 10, 25, 1, 50, tzinfo=UTC), "DTSTART:20261025T015000Z"),
    ],
)
def test_the_change_of_clocks(start: datetime, shown: str) -> None:
    assert shown in put(message(1, {}), start).decode()


@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001
        lambda one: one.replace(microsecond=0, tzinfo=UTC)
    ),
    zone=st.sampled_from(ZONES),
)
def test_what_is_read_is_what_was_meant(start: datetime, zone: ZoneInfo) -> None:
    one = message(1, {})
    body = put(one, start, zone)
    found = parsed(body)
    assert found.decoded("DTSTART").astimezone(UTC) == start
    assert found.decoded("DTEND").astimezone(UTC) == start + QUARTER
    there = event.read(body, one)
    assert there is not None
    assert (there.moved, there.rewritten) == (False, False)
    wanted = event.appointment(one, start, zone=zone, duration=QUARTER, links=False)
    assert there.fits(wanted)
    assert not there.fits(evolve(wanted, start=start + QUARTER))


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_step_adds_a_line(text: str) -> None:
    one = message(1, {})
    prompt = evolve(one.prompts[0], step=f"x{text}x\r\nATTENDEE:mailto:a@b.example")
    body = put(evolve(one, prompts=(prompt,)))
    found = parsed(body)
    assert found.keys() == parsed(put(one)).keys()
    there = event.read(body, one)
    assert there is not None
    assert not there.rewritten


@settings(deadline=None)
@given(spot=st.integers(0, 900), length=st.integers(0, 12), odd=st.binary(max_size=12))
@example(spot=0, length=2000, odd=b"<html>")
@example(spot=0, length=2000, odd=b"")
def test_a_text_that_is_nearly_ours_can_be_read(spot: int, length: int, odd: bytes) -> None:
    one = message(1, {})
    body = put(one)
    there = event.read(body[:spot] + odd + body[spot + length :], one)
    if there is not None and not there.moved and not there.rewritten:
        wanted = event.appointment(one, AT, zone=AMSTERDAM, duration=QUARTER, links=False)
        assert event.read(event.rewritten(there, wanted, at=AT), one) is not None


def test_an_appointment_of_somebody_else() -> None:
    assert event.read(put(message(2, {})), message(1, {})) is None


def test_without_our_marks_nobody_can_tell() -> None:
    body = b"".join(
        line for line in put(message(1, {})).splitlines(keepends=True) if b"X-LEER" not in line
    )
    there = event.read(body, message(1, {}))
    assert there is not None
    assert (there.moved, there.rewritten) == (True, True)


def test_a_length_instead_of_an_end_is_the_same() -> None:
    body = put(message(1, {})).replace(
        b"DTEND;TZID=Europe/Amsterdam:20260302T104500", b"DURATION:PT15M"
    )
    assert b"DURATION" in body
    there = event.read(body, message(1, {}))
    assert there is not None
    assert not there.moved
