"""The contract suite of sinks, against a calendar in memory that answers as Radicale 3.9 did.

Recorded of Radicale 3.9.0: 201 with an ETag for a new appointment, 412 with a text for one that is
there (If-None-Match), 404 for one that is not, 409 for a calendar that is not, 401 and 403 in text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar

import pytest
from attrs import evolve
from icalendar import Calendar

from leercultuur_calendar import CalendarSettings, CalendarSink
from leercultuur_core import ConfigError, Message, Secret, SourceUnavailable
from leercultuur_core.extension import structure
from leercultuur_core.testing import Inbox, ScriptedServer, Seen, SinkContract, Step
from leercultuur_core.testing import messages as made_up

MOMENT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
PASSWORD = Secret("wachtwoord-5f2c9e7a")


class SmallServer:
    """Appointments by address."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def answers(self, seen: Seen) -> Step:
        """The answer to a request."""
        body = self.kept.get(seen.path)
        if seen.method == "PROPFIND":
            return Step(207, b"<multistatus/>", {"Content-Type": "text/xml"})
        if seen.method == "PUT":
            if body is not None and seen.headers.get("if-none-match") == "*":
                return Step(412, b"Precondition failed.", {"Content-Type": "text/plain"})
            if body is not None and seen.headers.get("if-match", self.tag(body)) != self.tag(body):
                return Step(412, b"Precondition failed.", {"Content-Type": "text/plain"})
            self.kept[seen.path] = seen.body
            return Step(201, b"", {"ETag": self.tag(seen.body)})
        if body is None:
            return Step(404, b"The requested resource could not be found.")
        if seen.method == "DELETE":
            del self.kept[seen.path]
            return Step(200, b"<multistatus/>", {"Content-Type": "text/xml"})
        return Step(200, body, {"Content-Type": "text/calendar", "ETag": self.tag(body)})

    @staticmethod
    def tag(body: bytes) -> str:
        return f'"{sha256(body).hexdigest()}"'

    def descriptions(self) -> list[str]:
        """What stands in each appointment."""
        calendars = [Calendar.from_ical(body) for body in self.kept.values()]
        return [str(event["DESCRIPTION"]) for one in calendars for event in one.walk("VEVENT")]


def sink_at(server: str, **more: Any) -> CalendarSink:
    settings = {
        "url": f"{server}/{{user}}/werk/",
        "user": "leercultuur",
        "password": PASSWORD,
        **more,
    }
    return CalendarSink(CalendarSettings(**settings))


def step(number: int = 1, address: str = "sanne", moment: datetime | None = MOMENT) -> Message:
    return evolve(made_up.message(number, {"calendar": address}), moment=moment)


@pytest.fixture
def small() -> SmallServer:
    return SmallServer()


class TestCalendar(SinkContract):
    """Recipients have plain user names, which no rule about keys or mailboxes hides by luck."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "can_be_asked": "its promise is idempotent",
    }

    def address(self, number: int) -> Mapping[str, str]:
        return {"calendar": f"collega-{'abcdefgh'[number - 1]}"}

    @pytest.fixture
    def sink(self, scripted: ScriptedServer) -> CalendarSink:
        return sink_at(scripted.url)

    @pytest.fixture
    def inbox(self, small: SmallServer) -> Inbox:
        return Inbox(small.descriptions, small.answers)

    @pytest.fixture
    def served(self, scripted: ScriptedServer, small: SmallServer) -> CalendarSink:
        scripted.play(small.answers)
        return sink_at(scripted.url)

    def test_without_a_moment_it_waits(self, served: CalendarSink, small: SmallServer) -> None:
        (receipt,) = served.deliver([step(moment=None)])
        assert (receipt.state, receipt.reason) == ("failed", "no-moment")
        assert small.kept == {}

    @pytest.mark.parametrize(
        ("status", "state", "reason"),
        [
            (403, "failed", "not-allowed"),
            (404, "refused", "no-calendar"),
            (409, "refused", "no-calendar"),
            (413, "refused", "not-accepted"),
            (423, "failed", "locked"),
            (507, "failed", "calendar-full"),
        ],
    )
    def test_each_answer_is_a_receipt(
        self, served: CalendarSink, scripted: ScriptedServer, status: int, state: str, reason: str
    ) -> None:
        scripted.fault(lambda _: Step(status, b"no"), times=1)
        first, second = served.deliver([step(), step(2, "bart")])
        assert (first.state, first.reason) == (state, reason)
        assert second.state == "sent"

    def test_an_error_says_not_whose_calendar(
        self, served: CalendarSink, scripted: ScriptedServer
    ) -> None:
        scripted.fault(lambda _: Step(503, b"calendar of sanne", {"Retry-After": "60"}))
        with pytest.raises(SourceUnavailable) as caught:
            list(served.deliver([step()]))
        assert "sanne" not in str(caught.value)
        assert caught.value.retry_after == 60

    @pytest.mark.parametrize("broken", [Step(hang_up=True), Step(302, b"", {"Location": "/x"})])
    def test_an_error_of_the_line_says_not_whose_calendar(
        self, served: CalendarSink, scripted: ScriptedServer, broken: Step
    ) -> None:
        scripted.fault(lambda _: broken)
        for ask in (lambda: list(served.deliver([step()])), lambda: served.withdraw(step())):
            with pytest.raises(SourceUnavailable) as caught:
                ask()
            assert "sanne" not in str(caught.value)
            assert str(caught.value).startswith(f"the calendars at {scripted.url}/: ")

    def test_changed_by_hand_this_very_moment(
        self, served: CalendarSink, scripted: ScriptedServer, small: SmallServer
    ) -> None:
        list(served.deliver([step()]))
        later = step(moment=MOMENT + timedelta(days=1))
        before = dict(small.kept)

        def answers(seen: Seen) -> Step:
            answer = small.answers(seen)
            if seen.method == "GET":
                small.kept[seen.path] = small.kept[seen.path].replace(b"stap", b"STAP")
            return answer

        scripted.play(answers)
        (receipt,) = served.deliver([later])
        assert (receipt.state, receipt.reason) == ("sent", "already-there")
        (left,) = small.kept.values()
        assert left == next(iter(before.values())).replace(b"stap", b"STAP")

    def test_removed_this_very_moment(
        self, served: CalendarSink, scripted: ScriptedServer, small: SmallServer
    ) -> None:
        list(served.deliver([step()]))
        scripted.fault(lambda _: Step(404, b"no"), first=len(scripted.seen) + 1, times=1)
        (receipt,) = served.deliver([step()])
        assert (receipt.state, receipt.reason) == ("failed", "changed-meanwhile")

    def test_something_else_in_its_place(
        self, served: CalendarSink, scripted: ScriptedServer, small: SmallServer
    ) -> None:
        list(served.deliver([step()]))
        for odd in (b"<html>", b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"):
            small.kept = dict.fromkeys(small.kept, odd)
            (receipt,) = served.deliver([step()])
            assert (receipt.state, receipt.reason) == ("failed", "not-understood")
            withdrawn = served.withdraw(step())
            assert withdrawn is not None
            assert (withdrawn.state, withdrawn.reason) == ("failed", "not-understood")
            assert set(small.kept.values()) == {odd}


@pytest.mark.parametrize(
    ("template", "address", "path"),
    [
        ("/{user}/werk/", "sanne", "/sanne/werk/"),
        ("/dav/{user}/werk", "ömer@b.example", "/dav/%C3%B6mer@b.example/werk/"),
        ("/dav/u-{user}/", "a b", "/dav/u-a%20b/"),
        ("/dav/", "https://agenda.example/dav/sanne/werk", "/dav/sanne/werk/"),
        ("/dav/{user}/", "https://agenda.example/sanne/", "/sanne/"),
        ("/{user}/werk/", "..", None),
        ("/{user}/werk/", "sanne/../bart", None),
        ("/{user}/werk/", "sanne\n", None),
        ("/{user}/werk/", "sanne?x", None),
        ("/dav/", "sanne", None),
        ("/dav/", "http://agenda.example/sanne/", None),
        ("/dav/", "https://agenda.example.elders/sanne/", None),
        ("/dav/", "https://agenda.example/sanne/%2e%2e/bart/", None),
    ],
)
def test_where_a_calendar_is(template: str, address: str, path: str | None) -> None:
    one = sink_at("", url=f"https://agenda.example{template}")
    found = one._calendars.address(address)
    assert found == (None if path is None else f"https://agenda.example{path}")


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"time_zone": "Europe/Amsterdm"}, "time_zone"),
        ({"time_zone": "/etc/passwd"}, "time_zone"),
        ({"duration": timedelta(0)}, "duration"),
        ({"duration": timedelta(days=2)}, "duration"),
        ({"url": "https://{user}.agenda.example/"}, "url"),
        ({"url": "https://agenda.example/{name}/"}, "url"),
        ({"url": "agenda"}, "url"),
        ({"url": "http://agenda.example/{user}/"}, "url"),
        ({"user": ""}, "user"),
        ({"user": "a:b"}, "user"),
    ],
)
def test_settings_that_do_not_fit(more: dict[str, Any], place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        sink_at("https://agenda.example", **more)
    assert [problem.place for problem in caught.value.problems] == [place]


def test_every_problem_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        sink_at("", url="x", time_zone="x", user="", duration=timedelta(0))
    assert len(caught.value.problems) == 4


def test_addresses_of_people(small: SmallServer) -> None:
    one = sink_at("http://127.0.0.1:1")
    nobody = evolve(step(), recipient=evolve(step().recipient, addresses={}))
    receipts: Sequence[Any] = list(one.deliver([nobody, step(address="..")]))
    assert [receipt.reason for receipt in receipts] == ["no-address", "bad-address"]
    withdrawn = one.withdraw(nobody)
    assert withdrawn is not None
    assert withdrawn.reason == "no-address"


def test_the_settings_as_they_stand_in_a_file() -> None:
    found = structure(
        CalendarSettings,
        {
            "url": "https://agenda.example/{user}/werk/",
            "user": "leercultuur",
            "password": {"env": "CALENDAR_PASSWORD"},
            "duration": "20m",
        },
        environ={"CALENDAR_PASSWORD": PASSWORD.reveal()},
    )
    assert found.duration == timedelta(minutes=20)
    assert found.password == PASSWORD
    assert not found.links
