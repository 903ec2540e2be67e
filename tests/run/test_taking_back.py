"""What was sent and no longer fits is taken back once, wherever a run is stopped."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from leercultuur_core.activity.activity import Activity
from leercultuur_core.errors import SourceUnavailable
from leercultuur_core.extension import DirectoryPerson, Message, Page
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.forgetting import NOT_TAKEN_BACK
from leercultuur_core.storage import Answer

from .conftest import NOW, ListDirectory, ListSource, Make, workers
from .outside import Boundary, Calendar, Mailbox, OnceSink, Stopped, StoppingStore, nothing

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def engine(make: Make, calendar: Calendar) -> Engine:
    made = make(directories={"people": workers(2)}, sinks={"calendar": calendar})
    made.run(NOW)
    assert len(calendar.there) == 2
    return made


def of(calendar: Calendar, engine: Engine, name: str = "Worker 0") -> Message:
    (person,) = engine.find(name, NOW)
    (message,) = (one for one in calendar.there.values() if one.recipient.person == person)
    return message


def test_an_appointment_is_in_working_time_and_stays_while_it_fits(
    engine: Engine, calendar: Calendar
) -> None:
    for message in calendar.there.values():
        assert message.moment is not None
        assert NOW + HOUR <= message.moment < NOW + DAY
    for hours in range(1, 60, 12):
        engine.deliver(NOW + hours * HOUR)
    assert calendar.asked == []


@pytest.mark.parametrize(
    ("answer", "goes"), [("done", True), ("not_for_me", True), ("wrong", True), ("not_now", False)]
)
def test_an_answer_that_settles_it_takes_it_out_once(
    engine: Engine, calendar: Calendar, answer: Answer, goes: bool
) -> None:
    message = of(calendar, engine)
    (prompt,) = message.prompts
    engine.answer(prompt.id, answer, NOW + HOUR)
    done = engine.deliver(NOW + 2 * HOUR)
    assert (message.id not in calendar.there) is goes
    assert done.states == ({"taken_back": 1} if goes else {})
    assert done.reasons == ({answer: 1} if goes else {})
    assert done.complete
    engine.deliver(NOW + 3 * HOUR)
    assert calendar.asked == ([message.id] if goes else [])
    with engine.store.reading() as tx:
        receipts = [(one.state, one.reason, one.sink) for one in tx.delivery.receipts(message.id)]
        stored = tx.delivery.message(message.id)
    withdrawn = [("withdrawn", answer, "calendar")] if goes else []
    assert receipts == [("sent", "", "calendar"), *withdrawn]
    # They had it: it counts, and what they said of it holds.
    assert stored is not None
    assert stored.state == "sent"
    assert engine.why(message.recipient.person, NOW + DAY, by="t").last == NOW


def test_a_no_takes_it_out(engine: Engine, calendar: Calendar) -> None:
    message = of(calendar, engine)
    engine.consent(message.recipient.person, "own_prompts", False, NOW + HOUR)
    assert engine.deliver(NOW + HOUR).reasons == {"objected": 1}
    assert message.id not in calendar.there


def test_who_left_needs_no_appointment(make: Make, engine: Engine, calendar: Calendar) -> None:
    message = of(calendar, engine, "Worker 1")
    later = make(
        path=Path(engine.store.name),
        directories={"people": workers(1)},
        sinks={"calendar": calendar},
    )
    assert later.run(NOW + DAY).delivered.reasons == {"left": 1}
    assert calendar.asked == [message.id]


def test_an_appointment_long_past_is_history(engine: Engine, calendar: Calendar) -> None:
    message = of(calendar, engine)
    engine.consent(message.recipient.person, "own_prompts", False, NOW + 15 * DAY)
    engine.deliver(NOW + 15 * DAY)
    assert calendar.asked == []


def test_a_calendar_that_is_down_is_asked_again(engine: Engine, calendar: Calendar) -> None:
    for message in list(calendar.there.values()):
        engine.answer(message.prompts[0].id, "done", NOW)
    calendar.answer = SourceUnavailable("down")
    done = engine.deliver(NOW + HOUR)
    assert (done.problems, done.states) == ({"calendar": "down"}, {})
    assert len(calendar.asked) == 1  # the other was not tried at a calendar that is down
    calendar.answer = "failed"
    assert engine.deliver(NOW + 2 * HOUR).states == {}
    calendar.answer = "sent"
    assert engine.deliver(NOW + 3 * HOUR).states == {"taken_back": 2}
    assert not calendar.there


@pytest.mark.parametrize("answer", ["refused", None])
def test_what_cannot_be_taken_back_is_left_there(
    engine: Engine, calendar: Calendar, answer: str | None
) -> None:
    message = of(calendar, engine)
    engine.answer(message.prompts[0].id, "done", NOW)
    calendar.answer = answer
    assert engine.deliver(NOW + HOUR).states == {}
    engine.deliver(NOW + 2 * HOUR)
    assert calendar.asked == [message.id]
    with engine.store.reading() as tx:
        assert [one.state for one in tx.delivery.receipts(message.id)] == ["sent", "left_there"]


def test_an_erase_takes_it_out_first(engine: Engine, calendar: Calendar) -> None:
    message, other = of(calendar, engine), of(calendar, engine, "Worker 1")
    assert NOT_TAKEN_BACK not in engine.erase(message.recipient.person, NOW + HOUR)
    assert set(calendar.there) == {other.id}
    assert calendar.asked == [message.id]


def test_a_calendar_that_is_down_holds_up_no_erase(engine: Engine, calendar: Calendar) -> None:
    message = of(calendar, engine)
    calendar.answer = SourceUnavailable("down")
    counts = engine.erase(message.recipient.person, NOW + HOUR)
    assert counts[NOT_TAKEN_BACK] == 1
    assert counts["persons"] == 1
    assert engine.find("Worker 0", NOW) == ()


def test_other_sinks_are_not_asked(make: Make, tmp_path: Path) -> None:
    sink = OnceSink(Mailbox(tmp_path / "lines"))
    engine = make(directories={"people": workers(1)}, sinks={"sink": sink})
    engine.run(NOW)
    with engine.store.reading() as tx:
        (prompt,) = tx.delivery.prompts()
    engine.answer(prompt.prompt_id, "done", NOW)
    assert engine.deliver(NOW + HOUR).states == {}
    assert NOT_TAKEN_BACK not in engine.erase(prompt.recipient, NOW + HOUR)


@pytest.mark.parametrize("erased", [False, True])
def test_a_stop_at_any_boundary_takes_it_back_in_the_end(
    make: Make, engine: Engine, calendar: Calendar, tmp_path: Path, erased: bool
) -> None:
    before = of(calendar, engine)
    source = Path(engine.store.name)
    with engine.store.reading() as tx:
        first_prompt = tx.delivery.prompts()[0]
        everything = {one.message_id for one in tx.delivery.messages()}
    engine.answer(first_prompt.prompt_id, "done", NOW)
    engine.close()
    stop_at = 0
    stopped = True
    while stopped:
        stop_at += 1
        path = tmp_path / f"{stop_at}.db"
        shutil.copy(source, path)
        calendar = Calendar(Boundary(stop_at))
        calendar.there = dict.fromkeys(everything, before)
        one = make(path=path, store_class=StoppingStore, sinks={"calendar": calendar})
        one.store.boundary = calendar.boundary  # type: ignore[attr-defined]

        def work(made: Engine) -> None:
            if erased:
                made.erase(first_prompt.recipient, NOW + HOUR)
            else:
                made.deliver(NOW + HOUR)

        stopped = False
        try:
            work(one)
        except Stopped:
            stopped = True
        one.close()
        asked = len(calendar.asked)
        calendar.boundary = nothing
        again = make(path=path, sinks={"calendar": calendar})
        work(again)
        work(again)
        assert set(calendar.there) == everything - {first_prompt.message_id}
        assert set(calendar.asked) == {first_prompt.message_id}
        # Twice only where the stop came between the asking and its receipt.
        assert len(calendar.asked) == 1 or (stopped and asked == 1 and len(calendar.asked) == 2)
        again.close()
    assert stop_at > 4


def test_a_step_for_a_phase_that_is_over_is_taken_out(make: Make, calendar: Calendar) -> None:
    lessons = [
        Activity(
            id=f"lesson {day}",
            identities=("account|home|sanne",),
            verb="http://adlnet.gov/expapi/verbs/progressed",
            occurred_at=NOW - day * DAY,
        )
        for day in range(1, 40)
    ]
    engine = make(
        sources={"lms": ListSource([Page(lessons)])},
        directories={
            "people": ListDirectory([DirectoryPerson(("account|home|sanne",), name="Sanne")])
        },
        sinks={"calendar": calendar},
    )
    engine.run(NOW)
    (message,) = calendar.there.values()
    assert engine.deliver(NOW + HOUR).states == {}
    with engine.store.transaction() as tx:
        (kept,) = tx.results.estimates().values()
        assert kept.episode == message.prompts[0].episode
        tx.results.put_estimates([evolve(kept, day=kept.day + 1, episode="2026-W10")])
    assert engine.deliver(NOW + DAY).reasons == {"moved_on": 1}
    assert not calendar.there
