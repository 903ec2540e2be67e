"""The three contracts, against a Tryton in memory that answers as the real one was recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from leercultuur_core.testing import (
    DirectoryContract,
    Employee,
    Event,
    Inbox,
    Responder,
    ScriptedServer,
    Serve,
    SinkContract,
    SourceContract,
)
from leercultuur_tryton import (
    Hours,
    TrytonNotifications,
    TrytonPeople,
    TrytonPeopleSettings,
    TrytonSettings,
    TrytonSource,
    TrytonSourceSettings,
)


class TestSource(SourceContract):
    """Events are lines on a timesheet."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "next_page_at_another_host": "no answer holds a link"
    }

    @pytest.fixture
    def source(
        self, scripted: ScriptedServer, access: dict[str, Any], small_pages: None
    ) -> TrytonSource:
        hours = (Hours("Ontwikkelgesprek", "mentoring"),)
        return TrytonSource(TrytonSourceSettings(url=scripted.url, hours=hours, **access))

    @pytest.fixture
    def serve(self, new_tryton: Any) -> Serve:
        def line(event: Event) -> dict[str, Any]:
            row = new_tryton.row_like("timesheet.line")
            row["id"] = event.number
            row["employee."]["party."]["code"] = event.learner
            row["date"] = new_tryton.day(event.occurred_at.date())
            row["create_date"] = new_tryton.moment(event.stored_at)
            row["write_date"] = new_tryton.moment(event.stored_at) if event.revision > 1 else None
            return dict(row)

        def serve(events: Sequence[Event]) -> Responder:
            tryton = new_tryton()
            tryton.tables["timesheet.line"] = [line(event) for event in events]
            tryton.employ(event.learner for event in events)
            answers: Responder = tryton.answers
            return answers

        return serve


class TestDirectory(DirectoryContract):
    """People are employees."""

    @pytest.fixture
    def directory(
        self, scripted: ScriptedServer, access: dict[str, Any], small_pages: None
    ) -> TrytonPeople:
        return TrytonPeople(TrytonPeopleSettings(url=scripted.url, **access))

    @pytest.fixture
    def employs(self, new_tryton: Any) -> Any:
        def serve(people: Sequence[Employee]) -> Responder:
            tryton = new_tryton()
            for one in people:
                row = new_tryton.row_like("company.employee")
                row["id"] = int(one.number)
                row["supervisor"] = int(one.manager) if one.manager else None
                row["party."] |= {"code": one.number, "name": one.name, "email": one.mail}
                tryton.tables.setdefault("company.employee", []).append(row)
            answers: Responder = tryton.answers
            return answers

        return serve


class TestSink(SinkContract):
    """Messages are notifications."""

    does_not_apply: ClassVar[Mapping[str, str]] = {"twice_is_once": "its promise is lookup"}

    def address(self, number: int) -> Mapping[str, str]:
        return {"tryton": str(number)}

    @pytest.fixture
    def sink(self, scripted: ScriptedServer, access: dict[str, Any]) -> TrytonNotifications:
        return TrytonNotifications(TrytonSettings(url=scripted.url, **access))

    @pytest.fixture
    def inbox(self, new_tryton: Any) -> Inbox:
        tryton = new_tryton()
        tryton.tables["res.user"] = [
            new_tryton.row_like("res.user") | {"id": 100 + number, "employees": [number]}
            for number in range(1, 20)
        ]
        return Inbox(
            lambda: [row["description"] for row in tryton.tables.get("res.notification", ())],
            tryton.answers,
        )


def test_the_answers_are_recorded_with_their_version() -> None:
    """A double is scripted from a recorded answer, and says of which version."""
    text = Path(__file__).parent.joinpath("recorded", "tryton.json").read_text("utf-8")
    assert json.loads(text)["version"].startswith("trytond 8.2.1")
