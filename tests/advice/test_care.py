"""Care: one message a week at most, in working hours, and silence is an answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.advice.care import (
    QUESTION,
    Answer,
    CareRules,
    Drop,
    History,
    Hold,
    Reason,
    Send,
    SentMessage,
    SentPrompt,
    WaitingPrompt,
    blocked_interventions,
    decide,
    question_first,
)
from leercultuur_core.advice.care_hours import Quiet, WorkingTime, closed, next_window
from leercultuur_core.advice.care_reasons import _words, explain
from leercultuur_core.maturity.vocabulary import LANGUAGES

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WORKING = WorkingTime(AMSTERDAM)
RULES = CareRules()
QUIET = RULES.quiet
EPISODE = "2026-W05"


def at(day: str, clock: str = "10:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=AMSTERDAM)


def waiting(made: datetime, intervention: str = "tasks-1", **rest: object) -> WaitingPrompt:
    return WaitingPrompt(intervention, EPISODE, made, **rest)  # type: ignore[arg-type]


def sent(
    when: datetime,
    intervention: str = "tasks-9",
    answer: Answer | None = None,
    answered_at: datetime | None = None,
    *,
    own: bool = True,
) -> SentMessage:
    answered = (answered_at or when) if answer else None
    return SentMessage(when, (SentPrompt(intervention, EPISODE, own, answer, answered),))


def decided(
    now: datetime,
    *messages: SentMessage,
    prompt: WaitingPrompt | None = None,
    rules: CareRules = RULES,
    working: WorkingTime = WORKING,
    asked_at: datetime | None = None,
    said_at: datetime | None = None,
    episode: str = EPISODE,
) -> Send | Hold | Drop:
    history = History(messages, asked_at, said_at)
    return decide(
        prompt or waiting(now), history, rules=rules, now=now, working=working, episode=episode
    )


# ---- when


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        (at("2026-03-03", "08:29"), "quiet_hours"),
        (at("2026-03-03", "08:30"), None),
        (at("2026-03-03", "16:59"), None),
        (at("2026-03-03", "17:00"), "quiet_hours"),
        (at("2026-03-06", "14:59"), None),
        (at("2026-03-06", "15:00"), "friday"),
        (at("2026-03-06", "17:30"), "quiet_hours"),
        (at("2026-03-07"), "not_working_day"),
        (datetime(2026, 3, 3, 7, 30, tzinfo=UTC), None),
        (datetime(2026, 3, 3, 7, 29, tzinfo=UTC), "quiet_hours"),
    ],
)
def test_nothing_goes_outside_working_hours(moment: datetime, why: str | None) -> None:
    assert closed(moment, WORKING, QUIET) == why


def test_working_days_leave_and_holidays_are_each_persons_own() -> None:
    thursdays = WorkingTime(
        AMSTERDAM,
        working_days=(4, 7),
        is_holiday=lambda day: day == date(2026, 4, 30),
        away=((date(2026, 4, 2), date(2026, 4, 9)),),
    )
    assert closed(at("2026-04-01"), thursdays, QUIET) == "not_working_day"
    assert closed(at("2026-04-09"), thursdays, QUIET) == "leave"
    assert closed(at("2026-04-30"), thursdays, QUIET) == "holiday"
    # On Sunday, when that is when somebody works.
    assert next_window(at("2026-04-02"), thursdays, QUIET) == at("2026-04-12", "08:30")


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (at("2026-03-27", "16:00"), "2026-03-30T08:30:00+02:00"),  # over the start of summer time
        (at("2026-10-23", "16:00"), "2026-10-26T08:30:00+01:00"),  # over its end
        (at("2028-02-28", "18:00"), "2028-02-29T08:30:00+01:00"),  # a leap day is a day
        (at("2026-12-31", "17:00"), "2027-01-01T08:30:00+01:00"),  # without a calendar of holidays
        (at("2026-03-03", "03:00"), "2026-03-03T08:30:00+01:00"),
        (at("2026-03-03", "11:11"), "2026-03-03T11:11:00+01:00"),
    ],
)
def test_the_next_window(moment: datetime, opens: str) -> None:
    found = next_window(moment, WORKING, QUIET)
    assert found is not None
    assert found.isoformat() == opens


def test_a_window_in_the_hour_that_summer_time_skips_is_not_there_that_night() -> None:
    bakers = evolve(WORKING, working_days=(1, 2, 3, 4, 5, 6, 7))
    early = Quiet(before=time(2, 10), after=time(2, 40))
    assert next_window(at("2026-03-29", "01:00"), bakers, early) == at("2026-03-30", "02:10")
    # When summer time ends the hour is there twice, and half past two is never before the moment.
    second = datetime(2026, 10, 25, 1, 20, tzinfo=UTC)
    found = next_window(second, bakers, early)
    assert found is not None
    assert found.astimezone(UTC) == second
    repeated = datetime(2026, 10, 25, 2, 5, fold=1, tzinfo=AMSTERDAM)
    later = next_window(repeated, bakers, early)
    assert later is not None
    assert later.astimezone(UTC) > repeated.astimezone(UTC)


def test_no_window_at_all_is_none() -> None:
    gone = evolve(WORKING, away=((date(2026, 1, 1), date.max),))
    assert next_window(at("2026-03-03"), gone, QUIET) is None
    assert decided(at("2026-03-03"), working=gone) == Drop("leave")


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="with an offset"):
        next_window(datetime(2026, 3, 3, 10), WORKING, QUIET)  # noqa: DTZ001


@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    days=st.sets(st.integers(1, 7), min_size=1),
    holidays=st.sets(st.dates(date(2026, 1, 1), date(2028, 12, 31)), max_size=5),
    leave=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    length=st.integers(0, 60),
)
def test_the_next_window_is_allowed_and_nothing_before_it_is(
    moment: datetime, days: set[int], holidays: set[date], leave: date, length: int
) -> None:
    working = WorkingTime(
        AMSTERDAM,
        tuple(sorted(days)),
        holidays.__contains__,
        ((leave, leave + timedelta(days=length)),),
    )
    opens = next_window(moment, working, QUIET)
    assert opens is not None
    assert opens.astimezone(UTC) >= moment
    local = opens.astimezone(AMSTERDAM)
    assert local.isoweekday() in days
    assert local.date() not in holidays
    assert not leave <= local.date() <= leave + timedelta(days=length)
    assert time(8, 30) <= local.time() < time(15 if local.isoweekday() == 5 else 17)
    step = moment
    while step < opens.astimezone(UTC):
        assert closed(step, working, QUIET) is not None
        step += timedelta(minutes=97)


# ---- how often


def test_one_a_week_by_the_calendar() -> None:
    tuesday = sent(at("2026-03-24", "16:50"))
    held = decided(at("2026-03-27"), tuesday)
    # Summer time begins in between; a week later is Tuesday, at the first allowed hour.
    assert held == Hold("weekly", at("2026-03-31", "08:30"), date(2026, 3, 24))
    assert decided(at("2026-03-31", "08:30"), tuesday) == Send()


def test_two_a_week_where_that_is_chosen() -> None:
    rules = CareRules(at_most_per_week=2, open_at_most=5)
    first, second = sent(at("2026-03-02")), sent(at("2026-03-04"))
    assert decided(at("2026-03-05"), first, rules=rules) == Send()
    held = decided(at("2026-03-05"), second, first, rules=rules)
    assert held == Hold("weekly", at("2026-03-09", "08:30"), date(2026, 3, 4))


def test_no_more_than_two_wait_for_an_answer() -> None:
    rules = CareRules(at_most_per_week=7)
    first, second = sent(at("2026-03-02")), sent(at("2026-03-04"))
    held = decided(at("2026-03-05"), first, second, rules=rules)
    assert held == Hold("too_many_open", at("2026-03-16", "08:30"), date(2026, 3, 4))
    answered = sent(at("2026-03-02"), answer="done")
    assert decided(at("2026-03-05"), answered, second, rules=rules) == Send()


def test_silence_makes_it_slower_and_then_stops_it() -> None:
    said_nothing: list[SentMessage] = []
    days: list[date] = []
    moment = at("2026-01-05", "09:00")
    for _ in range(301):
        if decided(moment, *said_nothing) == Send():
            said_nothing.append(sent(moment))
            days.append(moment.date())
        moment += timedelta(days=1)
    gaps = [(after - before).days for before, after in pairwise(days)]
    assert gaps == [7, 7, 28]
    assert decided(moment, *said_nothing) == Drop("stopped", days[-1])
    # Whoever asks, or answers after all, is written to again.
    assert decided(moment, *said_nothing, asked_at=moment - timedelta(days=1)) == Send()
    late = evolve(
        said_nothing[0].prompts[0], answer="not_now", answered_at=moment - timedelta(days=1)
    )
    assert decided(moment, evolve(said_nothing[0], prompts=(late,)), *said_nothing[1:]) == Send()


def test_a_manager_of_ten_teams_has_one_week_too() -> None:
    about_a_team = sent(at("2026-03-02"), own=False)
    prompt = waiting(at("2026-03-03"), own=False)
    held = decided(at("2026-03-03"), about_a_team, prompt=prompt)
    assert held == Hold("weekly", at("2026-03-09", "08:30"), date(2026, 3, 2))


def test_what_is_late_is_dropped_and_not_piled_up() -> None:
    made = at("2026-03-02")
    # On Sunday: the next working day is one too late.
    assert decided(at("2026-03-15"), prompt=waiting(made)) == Drop("not_working_day")
    assert decided(at("2026-03-08"), prompt=waiting(made)) == Hold(
        "not_working_day", at("2026-03-09", "08:30")
    )
    assert decided(at("2026-03-16", "09:00"), prompt=waiting(made)) == Drop("expired")
    assert decided(at("2026-03-03"), prompt=waiting(made), episode="2026-W09") == Drop("moved_on")
    away = evolve(WORKING, away=((date(2026, 3, 1), date(2026, 3, 15)),))
    assert decided(at("2026-03-03"), prompt=waiting(made), working=away) == Drop("leave")


# ---- answers


def test_the_same_step_comes_back_after_sixty_days() -> None:
    first = sent(at("2026-01-05"), "tasks-1", "wrong", own=False)
    assert decided(at("2026-03-05"), first) == Hold(
        "same_again", at("2026-03-06", "08:30"), date(2026, 1, 5)
    )
    assert decided(at("2026-02-02"), first) == Drop("same_again", date(2026, 1, 5))
    assert decided(at("2026-03-06"), first) == Send()


def test_what_each_answer_does() -> None:
    def block(answer: Answer, episode: str, day: str) -> object:
        history = History((sent(at("2026-01-05"), "tasks-1", answer, at("2026-01-08")),))
        blocks = blocked_interventions(
            history, at(day), rules=RULES, working=WORKING, episode=episode
        )
        found = blocks.get("tasks-1")
        return found and (found.reason, found.until)

    assert block("not_for_me", "2030-W01", "2030-01-01") == ("not_for_me", None)
    assert block("done", EPISODE, "2027-01-01") == ("done", None)
    assert block("done", "2026-W30", "2026-03-05") == ("same_again", date(2026, 3, 6))
    assert block("done", "2026-W30", "2026-03-06") is None
    assert block("not_now", EPISODE, "2026-02-04") == ("not_now", date(2026, 2, 5))
    assert block("not_now", EPISODE, "2026-02-05") is None


def test_a_no_for_good_outweighs_a_later_answer() -> None:
    history = (
        sent(at("2026-01-05"), "tasks-1", "not_for_me"),
        sent(at("2026-01-12"), "tasks-1", "done"),
    )
    for messages in (history, history[::-1]):
        assert decided(at("2026-03-12"), *messages) == Drop("not_for_me", date(2026, 1, 5))


def test_after_wrong_the_question_comes_first() -> None:
    now = at("2026-03-16")
    question = waiting(now, QUESTION)
    asked = sent(at("2026-03-02"), QUESTION, "done")
    wrong = sent(at("2026-03-09"), "tasks-2", "wrong", at("2026-03-10"))
    assert decided(now, asked, wrong) == Drop("question_first", date(2026, 3, 10))
    # The question does not wait its sixty days then, nor does a prompt about a team.
    assert decided(now, asked, wrong, prompt=question) == Send()
    assert decided(now, wrong, prompt=waiting(now, "manager-1", own=False)) == Send()
    repeated = waiting(now, "tasks-2", own=False)
    assert decided(now, wrong, prompt=repeated) == Drop("same_again", date(2026, 3, 9))
    # It is settled once the question was sent, or answered unasked.
    later = at("2026-03-23")
    assert decided(later, wrong, sent(now, QUESTION)) == Send()
    assert decided(now, wrong, said_at=at("2026-03-11")) == Send()


def test_somebody_for_whom_the_question_is_nothing_is_not_silenced_by_it() -> None:
    wrong = sent(at("2026-03-09"), "tasks-2", "wrong")
    no_question = sent(at("2026-03-02"), QUESTION, "not_for_me")
    assert question_first(History((wrong, no_question))) is None
    assert decided(at("2026-03-16"), wrong, no_question) == Send()


def test_an_answer_has_a_moment() -> None:
    with pytest.raises(ValueError, match="an answer with its moment"):
        SentPrompt("tasks-1", EPISODE, answer="done")


# ---- laws

ANSWERS = st.sampled_from([None, None, "done", "not_now", "not_for_me", "wrong"])


@settings(max_examples=150)
@given(
    steps=st.lists(
        st.tuples(st.integers(-40 * 60, 10 * 24 * 60), st.sampled_from("abcd"), ANSWERS),
        max_size=60,
    ),
    days=st.sets(st.integers(1, 7), min_size=1),
    holidays=st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20),
    leave=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
def test_whatever_happens_nobody_is_written_to_too_often_or_out_of_hours(
    steps: list[tuple[int, str, Answer | None]],
    days: set[int],
    holidays: set[date],
    leave: date,
) -> None:
    """The clock may jump back at each step; each step offers a prompt, and sends it if it may go."""
    back = leave + timedelta(days=10)
    working = WorkingTime(AMSTERDAM, tuple(days), holidays.__contains__, ((leave, back),))
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    messages: list[SentMessage] = []
    for minutes, intervention, answer in steps:
        now += timedelta(minutes=minutes)
        decision = decided(now, *messages, prompt=waiting(now, intervention), working=working)
        if isinstance(decision, Hold):
            assert decision.until.astimezone(UTC) > now
            assert closed(decision.until, working, QUIET) is None
        if decision == Send():
            messages.append(sent(now, intervention, answer))
            local = now.astimezone(AMSTERDAM)
            assert local.isoweekday() in days
            assert local.date() not in holidays
            assert not leave <= local.date() <= back
            assert time(8, 30) <= local.time() < time(15 if local.isoweekday() == 5 else 17)
            # It went, so the same moment or an earlier one sends nothing more.
            for again in (now, now - timedelta(days=3)):
                assert decided(again, *messages, working=working) != Send()
    went = sorted(message.at.astimezone(AMSTERDAM).date() for message in messages)
    assert all((b - a).days >= 7 for a, b in pairwise(went))
    for one, other in combinations(sorted(messages, key=lambda message: message.at), 2):
        (before,), (after,) = one.prompts, other.prompts
        if before.intervention == after.intervention:
            assert before.answer not in {"done", "not_for_me"}
            least = 28 if before.answer == "not_now" else 60
            assert (working.day(other.at) - working.day(one.at)).days >= least


@given(
    gaps=st.lists(st.integers(0, 30), max_size=6),
    answers=st.lists(ANSWERS, min_size=6, max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_the_history_is_nothing(
    gaps: list[int], answers: list[Answer | None], order: object
) -> None:
    moment = at("2026-01-05")
    messages: list[SentMessage] = []
    for gap, answer in zip(gaps, answers, strict=False):
        moment += timedelta(days=gap)
        messages.append(sent(moment, f"tasks-{gap % 3}", answer))
    now = moment + timedelta(days=3)
    shuffled = list(messages)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decided(now, *messages) == decided(now, *shuffled)


# ---- words


def test_the_status_sentence() -> None:
    now = at("2026-03-05")
    decision = decided(now, sent(at("2026-03-03")))
    assert isinstance(decision, Hold)
    words = {
        language: explain(decision, rules=RULES, now=now, working=WORKING, language=language)
        for language in LANGUAGES
    }
    assert words == {
        "nl": "Vandaag niets: één bericht op dinsdag, hoogstens één per week.",
        "en": "Nothing today: one message on Tuesday, at most one a week.",
    }


def test_a_day_further_back_is_a_date() -> None:
    def told(now: str) -> str:
        drop = Drop("not_for_me", date(2025, 12, 29))
        return explain(drop, rules=RULES, now=at(now), working=WORKING, language="en")

    assert "on Monday the answer" in told("2026-01-02")
    assert "on 29 December 2025 the answer" in told("2026-01-05")
    assert "on 29 December the answer" in told("2025-12-28")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_has_words_that_neither_shout_nor_blame(reason: Reason, language: str) -> None:
    decision = Drop(reason, date(2026, 3, 3))
    said = explain(
        decision,
        rules=RULES,
        now=at("2026-03-05"),
        working=WORKING,
        language=language,  # type: ignore[arg-type]
    )
    assert said.endswith(".")
    assert not set("!{}") & set(said)
    assert " 0 " not in said
    words = said.lower().replace(",", " ").replace(".", " ").split()
    assert not {"moet", "must", "should", "helaas", "ignored", "genegeerd"} & set(words)


def test_there_are_no_words_nobody_says() -> None:
    keys = set(_words()["nl"])
    other = {key for key in keys if key.startswith(("number.", "day.", "month."))}
    assert keys - other == set(get_args(Reason))
    assert {f"day.{n}" for n in range(1, 8)} | {f"month.{n}" for n in range(1, 13)} <= other
