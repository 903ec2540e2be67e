"""What the source makes of records, and what it takes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leercultuur_core import (
    AccessDenied,
    Activity,
    ConfigError,
    Retraction,
    SourceUnavailable,
    default_rules,
)
from leercultuur_core.extension import structure
from leercultuur_core.testing.scripted import Scripted, scripted
from leercultuur_core.testing.taking import Taken, take
from leercultuur_tryton import Allocations, Hours, Requests, TrytonSource, TrytonSourceSettings
from leercultuur_tryton.settings import VERBS

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
TALK = Hours("Ontwikkelgesprek", "development talk")


@pytest.fixture
def tryton(new_tryton: Any) -> Any:
    return new_tryton()


@pytest.fixture
def server(tryton: Any) -> Iterator[Scripted]:
    with scripted(tryton.answers) as running:
        yield running


@pytest.fixture
def source(server: Scripted, access: dict[str, Any]) -> Any:
    def make(*hours: Hours, **more: Any) -> TrytonSource:
        return TrytonSource(TrytonSourceSettings(url=server.url, hours=hours, **access, **more))

    return make


def line(tryton: Any, number: int, code: str = "E2", **more: Any) -> dict[str, Any]:
    """A line of a timesheet, written at noon."""
    row: dict[str, Any] = tryton.row_like("timesheet.line") | {"id": number}
    row["employee."]["party."]["code"] = code
    row["date"] = tryton.day(date(2026, 11, 1))
    row["create_date"] = tryton.moment(NOON + timedelta(minutes=number))
    row |= more
    tryton.tables.setdefault("timesheet.line", []).append(row)
    tryton.employ([code])
    return row


def retracted(taken: Taken) -> list[str]:
    return [one.id for one in taken.records if isinstance(one, Retraction)]


def identities(taken: Taken) -> list[str]:
    return [one.identities[0] for one in taken.records if isinstance(one, Activity)]


def test_every_word_of_the_settings_is_evidence() -> None:
    """The rules of the core know each verb; none of them is "other"."""
    rules = default_rules()
    found = {
        word: rules.kind(
            Activity(id="a", identities=("b",), verb=verb, object_type=kind, occurred_at=NOON)
        )
        for word, (verb, kind) in VERBS.items()
    }
    assert found == {
        "development talk": "talk-held",
        "learning leave": "means-requested",
        "mentoring": "mentored",
        "being mentored": "practised",
        "looking back": "reflected",
        "feedback": "feedback-given",
        "development plan": "planned",
        "new task": "task-changed",
        "training request": "means-requested",
        "learning budget": "means-requested",
    }


def test_a_talk_does_not_count_for_who_supervises(tryton: Any, source: Any) -> None:
    line(tryton, 1, "E2")
    line(tryton, 2, "E1")["employee."]["subordinates"] = [2, 3]
    assert identities(take(source(TALK))) == ["employee|korenaar|E2"]
    too = Hours("Ontwikkelgesprek", "development talk", supervisors_too=True)
    assert len(identities(take(source(too)))) == 2


def test_no_text_is_asked_for(server: Scripted, tryton: Any, source: Any) -> None:
    line(tryton, 1)
    more = {
        "allocations": (Allocations("Ontwikkelplannen", "development plan"),),
        "requests": (Requests("Opleidingen", "training request"),),
    }
    take(source(TALK, **more))
    bodies = [json.loads(one.body) for one in server.seen]
    asked = {
        field for one in bodies if "search_read" in one["method"] for field in one["params"][4]
    }
    assert asked <= {
        "id", "date", "create_date", "write_date", "employee.party.code", "employee.subordinates",
    }  # fmt: skip


def test_a_line_that_is_deleted_no_longer_counts(tryton: Any, source: Any) -> None:
    line(tryton, 1)
    line(tryton, 2)
    first = take(source(TALK))
    del tryton.tables["timesheet.line"][0]
    second = take(source(TALK, overlap=timedelta()), first.state)
    assert retracted(second) == ["tryton:korenaar:timesheet.line,1:development-talk"]
    assert retracted(take(source(TALK), second.state)) == []


def test_a_line_that_becomes_a_colleagues(tryton: Any, source: Any) -> None:
    row = line(tryton, 1)
    first = take(source(TALK))
    row["employee."]["party."]["code"] = "E3"
    row["write_date"] = tryton.moment(NOON + timedelta(days=1))
    second = take(source(TALK), first.state)
    assert retracted(second) == ["tryton:korenaar:timesheet.line,1:development-talk"]
    assert identities(second) == ["employee|korenaar|E3"]
    assert set(second.state.learners) == {"employee|korenaar|E3"}


def test_employees_are_listed_where_something_is_remembered(
    tryton: Any, source: Any, small_pages: None
) -> None:
    """The store lists nobody: Tryton says of whom to ask, in as few requests as there are pages."""

    def lists() -> int:
        asked = tryton.calls.count("model.company.employee.search_read")
        tryton.calls.clear()
        return int(asked)

    for number in range(1, 8):
        line(tryton, number, f"E{number}")
    first = take(source(TALK))
    assert len(identities(first)) == 7
    assert lists() == 0
    del tryton.tables["timesheet.line"][0]
    second = take(source(TALK), first.state)
    assert retracted(second) == ["tryton:korenaar:timesheet.line,1:development-talk"]
    assert lists() == 3


def test_employees_without_end(
    tryton: Any, source: Any, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is taken back, and nothing is read as if nothing were remembered."""
    monkeypatch.setattr("leercultuur_tryton.client._MOST_PAGES", 2)
    for number in range(1, 8):
        line(tryton, number, f"E{number}")
    first = take(source(TALK))
    del tryton.tables["timesheet.line"][0]
    second = take(source(TALK), first.state)
    assert isinstance(second.error, SourceUnavailable)
    assert "company.employee" in str(second.error)
    assert not second.pages


def test_where_nothing_is_left_nothing_is_taken_back(tryton: Any, source: Any) -> None:
    """A right that was lost looks like that."""
    line(tryton, 1)
    first = take(source(TALK))
    gone = tryton.tables.pop("timesheet.line")
    assert retracted(take(source(TALK), first.state)) == []
    tryton.tables["timesheet.line"] = gone


def test_a_list_that_does_not_add_up_takes_nothing_back(
    tryton: Any, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    line(tryton, 1)
    line(tryton, 2)
    first = take(source(TALK))
    del tryton.tables["timesheet.line"][0]
    monkeypatch.setattr(tryton, "_search_count", lambda *_: 2)
    second = take(source(TALK, overlap=timedelta()), first.state)
    assert isinstance(second.error, SourceUnavailable)
    assert retracted(second) == []


def test_what_the_settings_no_longer_name_is_taken_back(tryton: Any, source: Any) -> None:
    line(tryton, 1)
    first = take(source(TALK))
    second = take(source(Hours("Ontwikkelgesprek", "looking back")), first.state)
    assert retracted(second) == ["tryton:korenaar:timesheet.line,1:development-talk"]
    assert [one.verb for one in second.records if isinstance(one, Activity)] == [
        VERBS["looking back"][0]
    ]


def test_only_so_far_back_is_remembered(tryton: Any, source: Any) -> None:
    line(tryton, 1)
    line(tryton, 2, "E3", create_date=tryton.moment(NOON + timedelta(days=100)))
    assert set(take(source(TALK)).state.learners) == {"employee|korenaar|E3"}


def test_an_employee_without_a_code_is_kept_aside(tryton: Any, source: Any) -> None:
    line(tryton, 1, "")
    line(tryton, 2)
    taken = take(source(TALK))
    assert len(identities(taken)) == 1
    (reject,) = [one for page in taken.pages for one in page.rejects]
    assert str(reject) == (
        "Tryton hr, timesheet.line 1: employee: expected a party with a code, found none"
    )


@pytest.mark.parametrize("how", ["denied", "absent"])
def test_a_right_or_module_that_is_missing(tryton: Any, source: Any, how: str) -> None:
    line(tryton, 1)
    getattr(tryton, how).add("purchase.requisition")
    requests = (Requests("Opleidingen", "training request"),)
    taken = take(source(TALK, requests=requests))
    assert len(identities(taken)) == 1  # what came before stays
    assert isinstance(taken.error, AccessDenied if how == "denied" else SourceUnavailable)
    assert how == "denied" or "activate the module purchase_requisition" in str(taken.error)


def test_the_check_asks_for_settings(source: Any) -> None:
    """Nothing is guessed: without rows in the settings nothing is read."""
    assert [one.level for one in source().check()] == ["ok", "warning"]
    assert take(source()).records == []


def test_every_mistake_in_the_settings_at_once() -> None:
    data = {
        "url": "https://erp.example",
        "database": "hr",
        "user": "leercultuur",
        "password": {"env": "TRYTON_PASSWORD"},
        "organisation": "a|b",
        "hours": [{"work": "Ontwikkelgesprek", "counts_as": "talk"}],
        "allocations": [{"project": "Rotatie", "counts": "new task"}],
    }
    with pytest.raises(ConfigError) as caught:
        structure(TrytonSourceSettings, data, place="source[0]", environ={"TRYTON_PASSWORD": "x"})
    places = {problem.place for problem in caught.value.problems}
    assert {"source[0].hours[0].counts_as", "source[0].allocations[0].counts"} <= places
