"""A small part of `bench/run_year.py`: a year of nights breaks no promise, and each check of it finds
what it looks for."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve

from leercultuur_core.maturity import maturity_model
from leercultuur_core.storage import KeptRelease, OutboxPrompt

BENCH = Path(__file__).parents[2] / "bench"

pytestmark = pytest.mark.skipif(
    not BENCH.exists(), reason="the benches are not in this distribution"
)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCH)
    import run_year

    return run_year


def test_some_weeks_of_nights_break_no_promise(
    bench: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main(["--people", "40", "--days", "56"]) == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert "40 people, 56 nights, 0 messages" not in told
    assert "\n0 of them invitations" not in told


TUESDAY = date(2026, 3, 3)
"""The first message after go-live; a week between each and the next."""

WEEK = timedelta(weeks=1)

STEPS = [one.id for one in maturity_model().all if one.fits_inside_work and not one.exposes_people][
    :20
]
"""Steps that a lack of safety does not hold back."""

EXPOSING = "colleagues.peer-feedback"
FORMAL = "hr.training-funds"
WORKLOAD = ("safety-and-workload", "workload-not-too-high")
SAFETY = ("safety-and-workload", "safety")


def noon(day: date) -> datetime:
    return datetime.combine(day, time(11), UTC)


def prompt(number: int, **more: Any) -> OutboxPrompt:
    given: dict[str, Any] = {
        "prompt_id": f"p{number}",
        "recipient": "u0",
        "subject_person": "u0",
        "layer": "tasks",
        "intervention": STEPS[number % len(STEPS)],
        "episode": "2026-Q1",
        "occasion": 1,
        "sink": "postbox",
        "language": "nl",
        "payload": {},
        "created": noon(TUESDAY),
        "due": noon(TUESDAY),
        **more,
    }
    return OutboxPrompt(**given)


def release(first: int, size: int, quarter: str = "2026-Q1") -> KeptRelease:
    people = frozenset(f"u{n}" for n in range(first, first + size))
    shares = {"shares": {"acting": [25, 50]}}
    return KeptRelease("team 0", "group_releases", quarter, shares, people, noon(TUESDAY))


def answered(first: int, size: int, quarter: str = "2026-Q1") -> KeptRelease:
    """A release of a facet."""
    one = release(first, size, quarter)
    purpose = "preconditions/safety-and-workload/safety"
    return evolve(one, purpose=purpose, payload={"made": quarter, "state": "low"})


def clean(bench: ModuleType) -> Any:
    """A worker who leads ten: an invitation before go-live, then two own prompts and one about the
    group, each answered the day after; releases that differ by enough people; and a plan."""
    worker, *others = (
        bench.Worker(
            life=None,
            working_days=(1, 2, 3, 4, 5),
            joins=bench.FIRST,
            leaves=date(2027, 1, 1),
            away=(date(2026, 12, 7), date(2026, 12, 11)),
        )
        for _ in range(10)
    )
    prompts = [
        prompt(0, asks="invitation"),
        prompt(1),
        prompt(2, subject_person=None, subject="unit|team 0"),
        prompt(3, asks="question"),
    ]
    days = [bench.FIRST + timedelta(days=8), TUESDAY, TUESDAY + WEEK, TUESDAY + 2 * WEEK]
    sent = [
        bench.Sent(
            noon(day),
            0,
            (one.prompt_id,),
            (one.intervention,),
            (one.subject_person == one.recipient,),
        )
        for one, day in zip(prompts, days, strict=True)
    ]
    for one, day in zip(prompts, days, strict=True):
        worker.answered[one.prompt_id] = (day + timedelta(days=1), "done")
    releases = [release(0, 12), release(6, 20, "2026-Q2"), answered(0, 13)]
    told = [bench.Told(TUESDAY, "team 0", roles=("manager", "hr"))]
    return bench.Seen(sent, [worker, *others], prompts, releases, told=told)


def moved(seen: Any, number: int, day: date, clock: time = time(11)) -> Any:
    """With one message at another moment."""
    sent = list(seen.sent)
    sent[number] = evolve(sent[number], at=datetime.combine(day, clock, UTC))
    return evolve(seen, sent=sent)


def worker(seen: Any, **changes: Any) -> Any:
    return evolve(seen, workers=[evolve(seen.workers[0], **changes), *seen.workers[1:]])


def asking(seen: Any, number: int, **changes: Any) -> Any:
    """With one prompt, and the message that carried it, another."""
    prompts, sent = list(seen.prompts), list(seen.sent)
    prompts[number] = one = evolve(prompts[number], **changes)
    own = one.subject_person == one.recipient
    sent[number] = evolve(sent[number], interventions=(one.intervention,), own=(own,))
    return evolve(seen, prompts=prompts, sent=sent)


def answers(seen: Any, **changes: Any) -> Any:
    """With other answers; ``None`` for none."""
    given = {**seen.workers[0].answered, **changes}
    return worker(seen, answered={one: said for one, said in given.items() if said})


def more(seen: Any, days: list[date]) -> Any:
    """With a new step on each of these days after what was sent, none of them answered."""
    prompts, sent = list(seen.prompts), list(seen.sent)
    for day in days:
        prompts.append(prompt(len(prompts)))
        one = prompts[-1]
        sent.append(
            evolve(
                sent[1], at=noon(day), prompts=(one.prompt_id,), interventions=(one.intervention,)
            )
        )
    return evolve(seen, prompts=prompts, sent=sent)


LATER = TUESDAY + 6 * WEEK

SPOILT: dict[str, Callable[[Any], Any]] = {
    "in quiet hours": lambda seen: moved(seen, 1, TUESDAY, time(17, 30)),
    "on a holiday": lambda seen: moved(seen, 3, date(2026, 4, 6)),
    "on a day off": lambda seen: moved(seen, 3, TUESDAY + 2 * WEEK + timedelta(days=4)),
    "before go-live, and no invitation": lambda seen: moved(seen, 1, date(2026, 1, 27)),
    "to somebody not in the directory": lambda seen: worker(seen, joins=date(2026, 2, 1)),
    "to somebody on leave": lambda seen: worker(seen, away=(TUESDAY, TUESDAY)),
    "about oneself after an objection": lambda seen: worker(seen, objected=TUESDAY + WEEK),
    "estimated before go-live": lambda seen: evolve(seen, estimated_too_early=1),
    "invited twice": lambda seen: asking(seen, 3, asks="invitation"),
    "sent twice": lambda seen: evolve(
        seen, sent=[*seen.sent, evolve(seen.sent[3], at=noon(LATER + 9 * WEEK))]
    ),
    "more than one in seven days": lambda seen: moved(seen, 2, TUESDAY + timedelta(days=6)),
    "after four without an answer": lambda seen: more(
        seen, [LATER + 4 * n * WEEK for n in range(5)]
    ),
    "too soon after two without an answer": lambda seen: more(
        seen, [LATER, LATER + 2 * WEEK, LATER + 4 * WEEK]
    ),
    "the same step too soon": lambda seen: asking(seen, 2, intervention=STEPS[1]),
    "a step again that was not for them": lambda seen: answers(
        moved(asking(seen, 3, asks="step", intervention=STEPS[1]), 3, TUESDAY + 10 * WEEK),
        p1=(TUESDAY, "not_for_me"),
        p3=None,
    ),
    "about a group of which no 10 were released": lambda seen: asking(
        seen, 2, subject="unit|team 1"
    ),
    "released of fewer than 10": lambda seen: evolve(
        seen, releases=[release(0, 10), release(50, 9, "2026-Q2")]
    ),
    "between two releases fewer than 10": lambda seen: evolve(
        seen, releases=[release(0, 12), release(0, 20, "2026-Q2")]
    ),
    "about a group to somebody who does not act for it": lambda seen: evolve(
        seen, sent=[*seen.sent[:2], evolve(seen.sent[2], worker=1), seen.sent[3]]
    ),
    "held back by a precondition": lambda seen: worker(
        asking(seen, 1, intervention=EXPOSING), low=frozenset({SAFETY}), low_since=TUESDAY
    ),
    "told of a unit of fewer than 10": lambda seen: evolve(
        seen, workers=[evolve(seen.workers[0]), *seen.workers[2:]]
    ),
    "an action for which nobody is there": lambda seen: evolve(
        seen, told=[evolve(seen.told[0], roles=("education_contact", "worker"))]
    ),
}


def test_a_clean_year_breaks_nothing(bench: ModuleType) -> None:
    assert bench.violations(clean(bench)) == dict.fromkeys(bench.KINDS, 0)
    assert set(SPOILT) == set(bench.KINDS)


@pytest.mark.parametrize("kind", list(SPOILT))
def test_each_check_finds_what_it_looks_for(bench: ModuleType, kind: str) -> None:
    found = bench.violations(SPOILT[kind](clean(bench)))
    tripped = {name for name, count in found.items() if count}
    # A message that comes twice is the same step twice as well, whenever it comes.
    assert tripped - {kind} <= {"the same step too soon"} & (
        {*SPOILT} if "twice" in kind else set()
    )
    assert found[kind] == 1


@pytest.mark.parametrize(
    ("step", "low", "found"),
    [
        (EXPOSING, {0: frozenset({SAFETY})}, 1),
        (EXPOSING, {1: frozenset({SAFETY})}, 0),
        (EXPOSING, {0: frozenset({WORKLOAD})}, 0),
        (FORMAL, {0: frozenset({WORKLOAD})}, 1),
        (FORMAL, {0: frozenset({("readiness", "openness")})}, 0),
    ],
)
def test_a_unit_in_which_something_is_low_holds_back_too(
    bench: ModuleType, step: str, low: Any, found: int
) -> None:
    seen = asking(clean(bench), 1, intervention=step)
    assert bench.violations(seen)["held back by a precondition"] == 0
    seen = evolve(seen, low=low)
    assert bench.violations(seen)["held back by a precondition"] == found


@pytest.mark.parametrize(
    ("release_", "kind"),
    [
        (answered(40, 9, "2026-Q2"), "released of fewer than 10"),
        (answered(0, 20, "2026-Q2"), "between two releases fewer than 10"),
    ],
)
def test_releases_of_preconditions_are_looked_at_too(
    bench: ModuleType, release_: KeptRelease, kind: str
) -> None:
    seen = clean(bench)
    found = bench.violations(evolve(seen, releases=[*seen.releases, release_]))
    assert {name for name, count in found.items() if count} >= {kind}


def test_units_are_of_five_to_sixty(bench: ModuleType) -> None:
    for seed in range(20):
        found = bench.sizes(600, 30, random.Random(seed))
        assert sum(found) == 600
        assert 5 <= min(found) < max(found) <= 60
    with pytest.raises(SystemExit, match="do not go in 2 units"):
        bench.sizes(200, 2, random.Random(1))


@pytest.mark.parametrize(("days_before", "found"), [(0, 0), (1, 1)])
def test_who_answers_in_the_evening_could_be_asked_that_morning(
    bench: ModuleType, days_before: int, found: int
) -> None:
    """The question comes again, since they doubted a step; that day they say it is not for them."""
    asked_again = TUESDAY + 2 * WEEK
    seen = answers(
        asking(clean(bench), 1, asks="question"),
        p1=(asked_again - timedelta(days=days_before), "not_for_me"),
        p2=(TUESDAY + WEEK + timedelta(days=1), "wrong"),
        p3=None,
    )
    tripped = {name: count for name, count in bench.violations(seen).items() if count}
    assert tripped == ({"a step again that was not for them": 1} if found else {})
