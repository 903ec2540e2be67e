"""Observations: what was seen of whom in which week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from random import Random

import numpy as np
import pytest
from attrs import fields
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from leercultuur_core.activity.activity import iso_week, utc_day, week_label
from leercultuur_core.activity.columns import LedgerColumns
from leercultuur_core.activity.ledger import Ledger
from leercultuur_core.activity.visibility import (
    Presence,
    Visibility,
    assumed_presence,
    learned_visibility,
    merge_intervals,
)
from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases.observations import (
    HISTORY_WEEKS,
    NO_ANSWER,
    Counts,
    Observations,
    Reports,
    _ascending,
    observe,
)

KINDS = ("searched", "progressed", "applied")
AT = datetime(2026, 3, 4, 15, tzinfo=UTC)  # a Wednesday
CUT = utc_day(AT)
MONDAY = CUT - 2


def ledger(*rows: tuple[str, str, str, int, int]) -> Ledger:
    return Ledger({(who, where, "general", kind, day): n for who, where, kind, day, n in rows})


def seen(
    given: Ledger,
    *,
    at: datetime = AT,
    visibility: Visibility | None = None,
    presence: Presence | None = None,
) -> Observations:
    if visibility is None:
        visibility = learned_visibility(given, until=utc_day(at))
    return observe(given, at=at, kinds=KINDS, visibility=visibility, presence=presence)


def cells(observations: Observations) -> dict[tuple[str, int, str], int]:
    counts = observations.counts
    return {
        (observations.identifiers[person], week, observations.kinds[kind]): count
        for person, week, kind, count in zip(
            counts.person.tolist(),
            counts.week.tolist(),
            counts.kind.tolist(),
            counts.count.tolist(),
            strict=True,
        )
    }


def test_counts_add_over_topics_sources_and_days_and_exposure_stays_one() -> None:
    given = Ledger(
        {
            ("b", "lms", "bread", "progressed", MONDAY - 7): 2,
            ("b", "lms", "cake", "progressed", MONDAY - 6): 1,
            ("b", "lxp", "general", "progressed", MONDAY - 5): 4,
            ("a", "lms", "general", "searched", MONDAY): 1,
        }
    )
    found = seen(given)
    assert found.identifiers == ("a", "b")
    assert found.weeks == 2
    assert cells(found) == {("a", 1, "searched"): 1, ("b", 0, "progressed"): 7}
    assert found.exposure.max() == 1


def test_the_last_week_ends_at_the_start_of_the_day() -> None:
    given = ledger(
        ("a", "lms", "searched", MONDAY - 7, 1),
        ("a", "lms", "searched", CUT - 1, 1),
        ("a", "lms", "searched", CUT, 9),
    )
    found = seen(given)
    assert cells(found) == {("a", 0, "searched"): 1, ("a", 1, "searched"): 1}
    assert found.visible_days[0, :, 0].tolist() == [7, 2]
    assert found.exposure[0, 1, 0] == pytest.approx(2 / 7)
    on_monday = seen(given, at=AT - timedelta(days=2))
    assert on_monday.weeks == 1


def test_the_day_is_that_of_utc() -> None:
    given = ledger(("a", "lms", "searched", CUT - 1, 1))
    late = datetime(2026, 3, 4, 1, tzinfo=timezone(timedelta(hours=2)))  # 3 March in UTC
    assert seen(given, at=late).identifiers == ()


def test_at_without_an_offset_says_what_to_write() -> None:
    with pytest.raises(ValueError, match="tzinfo=UTC"):
        observe(Ledger(), at=datetime(2026, 3, 4), kinds=KINDS, visibility=Visibility({}))  # noqa: DTZ001


def test_who_is_present_alike_forms_a_group() -> None:
    given = ledger(
        ("a", "lms", "searched", MONDAY - 20, 1),
        ("b", "lms", "progressed", MONDAY - 20, 1),
        ("c", "work", "applied", MONDAY - 6, 1),
        ("d", "lms", "searched", MONDAY - 6, 1),
        ("d", "work", "applied", MONDAY - 6, 1),
    )
    found = seen(given)
    assert found.group.tolist() == [0, 0, 1, 2]
    both = found.visible_days[2].tolist()
    assert both == [[7, 7, 0], [7, 7, 0], [7, 7, 7], [2, 2, 2]]
    # At work nobody could be seen before that source was there.
    assert found.present[1].tolist() == [False, False, True, True]
    assert found.visible[1].tolist() == [False, False, True, True]


def test_what_could_not_be_recorded_or_falls_in_leave_is_left_out() -> None:
    given = ledger(
        ("a", "lms", "searched", MONDAY - 14, 1),
        ("a", "lms", "applied", MONDAY - 14, 5),
        ("a", "lms", "searched", MONDAY - 7, 3),
        ("a", "lms", "searched", MONDAY, 2),
    )
    visibility = Visibility({("lms", "searched"): ((MONDAY - 14, None),)})
    presence = Presence({"a": {"lms": ((MONDAY - 14, MONDAY - 7), (MONDAY, None))}})
    found = seen(given, visibility=visibility, presence=presence)
    assert cells(found) == {("a", 0, "searched"): 1, ("a", 2, "searched"): 2}
    assert found.present.tolist() == [[True, False, True]]
    assert found.visible_days[0].tolist() == [[7, 0, 0], [0, 0, 0], [2, 0, 0]]
    assert found.used.tolist() == [[True, False, True]]


def test_other_kinds_only_show_use() -> None:
    given = ledger(
        ("a", "lms", "searched", MONDAY - 7, 1),
        ("a", "lms", "other", MONDAY, 1),
        ("b", "lms", "something-new", MONDAY, 1),
    )
    found = seen(given)
    assert cells(found) == {("a", 0, "searched"): 1}
    assert found.used.tolist() == [[True, True], [False, True]]


def test_of_own_answers_the_latest_day_counts_and_a_tie_is_none() -> None:
    given = ledger(
        ("a", "lms", "self-report.acting", MONDAY - 7, 1),
        ("a", "lms", "self-report.applying", MONDAY - 6, 1),
        ("b", "lms", "self-report.acting", MONDAY - 6, 2),
        ("b", "lxp", "self-report.acting", MONDAY - 6, 1),
        ("c", "lms", "self-report.acting", MONDAY - 6, 1),
        ("c", "lxp", "self-report.unaware", MONDAY - 6, 1),
    )
    reports = seen(given).reports
    assert reports.person.tolist() == [0, 1, 2]
    assert reports.answer.tolist() == [3, 2, NO_ANSWER]
    assert reports.day.tolist() == [MONDAY - 6] * 3


def test_people_without_activity_are_there_when_presence_names_them() -> None:
    given = ledger(("a", "lms", "searched", MONDAY - 14, 1))
    presence = Presence(
        {"z": {"lms": ((MONDAY - 7, None),)}, "later": {"lms": ((CUT, None),)}, "none": {}}
    )
    found = seen(given, presence=presence)
    assert found.identifiers == ("a", "z")
    assert found.present[found.group].tolist() == [[True] * 3, [False, True, True]]


def test_a_wrong_date_does_not_make_history_long() -> None:
    given = ledger(("a", "lms", "searched", 40, 1), ("b", "lms", "searched", MONDAY, 1))
    found = seen(given)
    assert found.weeks == HISTORY_WEEKS
    assert found.identifiers == ("a", "b")
    assert cells(found) == {("b", HISTORY_WEEKS - 1, "searched"): 1}


def test_nothing_at_all_is_no_people() -> None:
    found = seen(Ledger())
    assert found.people == 0
    assert cells(found) == {}


def test_labels_are_those_of_iso_8601_at_the_end_of_a_long_year() -> None:
    at = datetime(2021, 1, 5, tzinfo=UTC)
    given = ledger(
        ("a", "lms", "searched", utc_day(datetime(2020, 12, 27, tzinfo=UTC)), 1),
        ("a", "lms", "searched", utc_day(datetime(2021, 1, 3, tzinfo=UTC)), 1),
    )
    found = seen(given, at=at)
    assert [found.label(week) for week in range(found.weeks)] == [
        "2020-W52",
        "2020-W53",
        "2021-W01",
    ]
    leap = utc_day(datetime(2024, 2, 29, tzinfo=UTC))
    assert week_label((leap + 3) // 7) == "2024-W09"
    assert np.array_equal(found.visible_days[0, :, 0], [7, 7, 1])


# -- laws ---------------------------------------------------------------------------------------------

NAMES, PLACES = "abc", ("lms", "work")
ANSWERS = ("self-report.acting", "self-report.unaware")

days = st.integers(CUT - 40, CUT + 2)
intervals = st.lists(
    st.tuples(days, days | st.none()).filter(lambda one: one[1] is None or one[0] < one[1]),
    min_size=1,
    max_size=2,
).map(merge_intervals)
ledgers = st.builds(
    Ledger,
    st.dictionaries(
        st.tuples(
            st.sampled_from(NAMES),
            st.sampled_from(PLACES),
            st.sampled_from(("general", "bread")),
            st.sampled_from((*KINDS, "other", *ANSWERS)),
            days,
        ),
        st.integers(1, 3),
        max_size=25,
    ),
)
visibilities = st.none() | st.builds(
    Visibility,
    st.dictionaries(
        st.tuples(st.sampled_from(PLACES), st.sampled_from((*KINDS, "other"))), intervals
    ),
)
presences = st.none() | st.builds(
    Presence,
    st.dictionaries(
        st.sampled_from((*NAMES, "z")), st.dictionaries(st.sampled_from(PLACES), intervals)
    ),
)


@settings(deadline=None)
@drawn(ledgers, visibilities, presences)
def test_each_row_counts_by_itself(
    given: Ledger, visibility: Visibility | None, presence: Presence | None
) -> None:
    """Row by row from the mapping, as the rule says it."""
    visibility = visibility or learned_visibility(given, until=CUT)
    found = seen(given, visibility=visibility, presence=presence)
    there = {**assumed_presence(given, until=CUT).intervals, **(presence or Presence({})).intervals}
    counts: Counter[tuple[str, int, str]] = Counter()
    used: set[tuple[str, int]] = set()
    answers: dict[tuple[str, int], dict[int, set[str]]] = {}
    for (who, source, _, kind, day), count in given:
        week = iso_week(day) - found.first_week
        if day >= CUT or week < 0:
            continue
        # What is no kind of the model could be recorded where anything could.
        could = {
            one
            for place, one in visibility.intervals
            if place == source and (one == kind or kind not in KINDS)
        }
        recorded = holds(there[who].get(source, ()), day) and any(
            holds(visibility.intervals[source, one], day) for one in could
        )
        if recorded or kind in ANSWERS:
            used.add((who, week))
        if recorded and kind in KINDS:
            counts[who, week, kind] += count
        if kind in ANSWERS:
            answers.setdefault((who, week), {}).setdefault(day, set()).add(kind)
    assert cells(found) == counts
    assert {
        (found.identifiers[person], week) for person, week in np.argwhere(found.used).tolist()
    } == used
    assert own_answers(found) == {
        cell: (max(said), said[max(said)].pop() if len(said[max(said)]) == 1 else None)
        for cell, said in answers.items()
    }


def own_answers(found: Observations) -> dict[tuple[str, int], tuple[int, str | None]]:
    """Person and week → day, and the kind that tells the answer."""
    reports = found.reports
    return {
        (found.identifiers[person], week): (
            day,
            None if answer == NO_ANSWER else f"self-report.{PHASES[answer]}",
        )
        for person, week, answer, day in zip(
            reports.person.tolist(),
            reports.week.tolist(),
            reports.answer.tolist(),
            reports.day.tolist(),
            strict=True,
        )
    }


def holds(spans: Iterable[tuple[int, int | None]], day: int) -> bool:
    return any(start <= day and (end is None or day < end) for start, end in spans)


@settings(deadline=None)
@drawn(ledgers, visibilities, presences, st.randoms(use_true_random=False))
def test_columns_in_any_order_and_apart_give_what_the_mapping_gives(
    given: Ledger, visibility: Visibility | None, presence: Presence | None, chance: Random
) -> None:
    """As a store has them: rows by the identity, several of one person, names in an order of their
    own."""
    visibility = visibility or learned_visibility(given, until=CUT)
    identities = {number: NAMES[number % 3] for number in range(6)}
    facets = dict(
        enumerate((place, kind) for place in PLACES for kind in (*KINDS, "other", *ANSWERS))
    )
    rows = [
        (day, chance.choice([n for n, name in identities.items() if name == who]), facet, 1)
        for (who, source, _, kind, day), count in given
        for facet, named in facets.items()
        for _ in range(count)
        if named == (source, kind)
    ]
    chance.shuffle(rows)
    half = chance.randint(0, len(rows))
    columns = LedgerColumns.of_numbers(
        [np.array(part, dtype=np.int64).reshape(-1, 4).T for part in (rows[:half], rows[half:])],
        owners=identities,
        facets=facets,
    )
    expected = seen(given, visibility=visibility, presence=presence)
    found = observe(columns, at=AT, kinds=KINDS, visibility=visibility, presence=presence)
    assert same(found, expected)


def same(one: Observations, other: Observations) -> bool:
    """Whether each field is, to the bit."""

    def equal(left: object, right: object) -> bool:
        if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
            return left.dtype == right.dtype and np.array_equal(left, right)
        if isinstance(left, Counts | Reports):
            return all(
                equal(getattr(left, part.name), getattr(right, part.name))
                for part in fields(type(left))
            )
        return left == right

    return all(
        equal(getattr(one, part.name), getattr(other, part.name)) for part in fields(Observations)
    )


@drawn(st.lists(st.integers(0, 2**63 - 1)))
def test_numbers_are_put_in_order_by_their_digits(numbers: list[int]) -> None:
    given = np.array(numbers, dtype=np.int64)
    assert given[_ascending(given)].tolist() == sorted(numbers)
