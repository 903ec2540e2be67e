"""Leave: the clock stands still, nothing is sent, and nobody counts who was away all along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.activity import Activity
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.maturity.vocabulary import Phase
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.leave import without

from .conftest import NOW, ListDirectory, ListSource, Make
from .outside import Mailbox, OnceSink

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
STEP = "http://adlnet.gov/expapi/verbs/progressed"
LOOK = "http://adlnet.gov/expapi/verbs/registered"

days = st.integers(0, 30)
pieces = st.lists(st.tuples(days, days | st.none()), max_size=4).map(
    lambda found: [(a, b) for a, b in found if b is None or a < b]
)
absences = st.lists(st.tuples(days, days), max_size=4).map(
    lambda found: sorted((a, b) for a, b in found if a < b)
)


@given(pieces, absences)
def test_a_day_is_left_where_somebody_was_there_and_not_away(
    intervals: list[tuple[int, int | None]], away: list[tuple[int, int]]
) -> None:
    left = without(intervals, away)
    for day in range(35):
        there = any(start <= day and (end is None or day < end) for start, end in intervals)
        gone = any(start <= day < end for start, end in away)
        assert any(start <= day and (end is None or day < end) for start, end in left) == (
            there and not gone
        )


def lessons(name: str, weeks: range, verb: str = STEP) -> list[Activity]:
    return [
        Activity(
            id=f"{name}-{week}-{nth}",
            identities=(f"account|home|{name}",),
            verb=verb,
            occurred_at=MONDAY + timedelta(weeks=week, days=nth, hours=10),
        )
        for week in weeks
        for nth in range(3)
    ]


def person(name: str, *away: tuple[date, date]) -> DirectoryPerson:
    return DirectoryPerson((f"account|home|{name}",), name=name.title(), away=away)


def weeks_away(first: int, last: int) -> tuple[date, date]:
    """Whole weeks from the Monday of NOW on."""
    start = MONDAY.date()
    return start + timedelta(weeks=first), start + timedelta(weeks=last + 1, days=-1)


@pytest.fixture
def two(make: Make, tmp_path: Path) -> Engine:
    """Sanne has been at it until this Monday, Piet goes on."""
    engine = make(
        sources={
            "lms": ListSource(
                [Page([*lessons("sanne", range(-8, 0)), *lessons("piet", range(-8, 12))])]
            )
        },
        directories={"people": ListDirectory([person("sanne"), person("piet")])},
        sinks={"sink": OnceSink(Mailbox(tmp_path / "lines"))},
    )
    engine.collect(NOW)
    return engine


def absent(engine: Engine, *away: tuple[date, date]) -> None:
    directory = engine.adapters.directories["people"]
    assert isinstance(directory, ListDirectory)
    directory.list = [person("sanne", *away), person("piet")]
    engine.collect(NOW)


def believed(engine: Engine, at: datetime) -> Mapping[Phase, float]:
    (sanne,) = engine.find("Sanne", at)
    estimate = engine.believed(sanne, at, by="t")
    assert estimate is not None
    return estimate.probabilities


def test_leave_freezes_the_clock(two: Engine) -> None:
    back = MONDAY + timedelta(weeks=8)
    before, silent = believed(two, MONDAY), believed(two, back)
    assert silent != before
    absent(two, weeks_away(0, 7))
    assert believed(two, back) == before
    assert believed(two, back + timedelta(weeks=3)) != before
    (piet,) = two.find("Piet", NOW)
    estimate = two.believed(piet, back, by="t")
    assert estimate is not None
    assert estimate.probabilities != before


def test_nothing_goes_while_somebody_is_away(two: Engine) -> None:
    absent(two, (NOW.date(), NOW.date() + 2 * DAY))
    assert (two.plan(NOW).held, two.deliver(NOW).reasons) == (1, {"leave": 1})
    (sanne,) = two.find("Sanne", NOW)
    with two.store.reading() as tx:
        (mine,) = tx.delivery.prompts(recipient=sanne)
    assert (mine.state, mine.reason, mine.due.date()) == ("held", "leave", date(2026, 3, 6))
    assert two.deliver(NOW + 2 * DAY).states == {"held": 1}
    assert two.deliver(NOW + 3 * DAY).states == {"sent": 1}


def test_who_is_away_for_long_is_told_why(two: Engine) -> None:
    absent(two, weeks_away(0, 7))
    assert two.plan(NOW).nothing == {"leave": 1}
    (sanne,) = two.find("Sanne", NOW)
    why = two.why(sanne, NOW, by="t", language="en")
    assert (why.reason, why.text) == ("leave", "Nothing now: away.")


def test_what_waits_does_not_go_to_who_fell_ill(two: Engine) -> None:
    two.plan(NOW)
    absent(two, (NOW.date(), NOW.date()))
    assert two.deliver(NOW).states == {"held": 1, "sent": 1}


def test_who_was_away_the_whole_quarter_counts_in_no_group(make: Make, tmp_path: Path) -> None:
    def shown(*away: tuple[date, date]) -> list[bool]:
        people = [
            evolve(person(f"w{n}", *(away if n == 0 else ())), unit="Winkel") for n in range(5)
        ]
        # Every second one looks around, so that the group is not too alike.
        seen = [
            one
            for n in range(5)
            for one in lessons(f"w{n}", range(-30, 0), LOOK if n % 2 else STEP)
        ]
        engine = make(
            sources={"lms": ListSource([Page(seen)])},
            directories={"people": ListDirectory(people)},
            sinks={"sink": OnceSink(Mailbox(tmp_path / "lines"))},
        )
        privacy = evolve(engine.configuration.privacy, minimum_group=5)
        engine.configuration = evolve(engine.configuration, privacy=privacy)
        engine.run(NOW)
        return [one.release is not None for one in engine.releases(NOW) if one.unit == "Winkel"]

    assert shown() == [True]
    assert shown(weeks_away(-2, 3)) == [True]
    assert shown(weeks_away(-20, 3)) == [False]
