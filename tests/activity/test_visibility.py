"""What could be seen, and when."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.ledger import Ledger
from leercultuur_core.activity.visibility import (
    Visibility,
    assumed_presence,
    learned_visibility,
    merge_intervals,
)

MONDAY = 20514  # 2026-03-02


def ledger(*rows: tuple[str, str, int]) -> Ledger:
    """Rows of (source, kind, day after MONDAY), all of Sanne."""
    return Ledger(
        {("sanne", source, "general", kind, MONDAY + day): 1 for source, kind, day in rows}
    )


def test_a_kind_is_visible_from_the_week_it_was_first_seen() -> None:
    seen = learned_visibility(ledger(("lms", "viewed", 2), ("lms", "shared", 9)), until=MONDAY + 21)
    assert seen.intervals == {
        ("lms", "viewed"): ((MONDAY, None),),
        ("lms", "shared"): ((MONDAY + 7, None),),
    }


def test_only_what_began_before_the_moment_counts() -> None:
    seen = learned_visibility(ledger(("lms", "viewed", 2), ("lms", "shared", 9)), until=MONDAY + 9)
    assert set(seen.intervals) == {("lms", "viewed")}


def test_three_silent_weeks_are_silence_four_are_a_lost_connection() -> None:
    three = learned_visibility(ledger(("lms", "viewed", 0)), until=MONDAY + 4 * 7)
    four = learned_visibility(ledger(("lms", "viewed", 0)), until=MONDAY + 5 * 7)
    assert three.intervals["lms", "viewed"] == ((MONDAY, None),)
    assert four.intervals["lms", "viewed"] == ((MONDAY, MONDAY + 7),)


def test_a_source_that_comes_back_is_visible_again() -> None:
    rows = ledger(("lms", "viewed", 0), ("lms", "viewed", 42), ("lms", "shared", 43))
    seen = learned_visibility(rows, until=MONDAY + 50)
    assert seen.intervals["lms", "viewed"] == ((MONDAY, MONDAY + 7), (MONDAY + 42, None))
    assert seen.intervals["lms", "shared"] == ((MONDAY + 42, None),)


def test_one_source_falls_silent_while_another_goes_on() -> None:
    rows = ledger(("lms", "viewed", 0), *(("forum", "shared", 7 * week) for week in range(8)))
    seen = learned_visibility(rows, until=MONDAY + 56)
    assert seen.intervals["lms", "viewed"] == ((MONDAY, MONDAY + 7),)
    assert seen.intervals["forum", "shared"] == ((MONDAY, None),)


def test_a_learner_is_present_where_they_left_a_trace_from_the_sources_first_week() -> None:
    rows = Ledger(
        {
            ("sanne", "lms", "general", "viewed", MONDAY + 1): 1,
            ("piet", "lms", "general", "viewed", MONDAY + 30): 1,
            ("piet", "forum", "general", "shared", MONDAY + 31): 1,
            ("jan", "lms", "general", "viewed", MONDAY + 60): 1,
        }
    )
    presence = assumed_presence(rows, until=MONDAY + 50)
    assert presence.intervals == {
        "piet": {"forum": ((MONDAY + 28, None),), "lms": ((MONDAY, None),)},
        "sanne": {"lms": ((MONDAY, None),)},
    }
    assert "sanne" not in repr(presence)


intervals = st.tuples(st.integers(0, 30), st.none() | st.integers(31, 60))
visibilities = st.builds(
    Visibility,
    st.dictionaries(
        st.tuples(st.sampled_from(["lms", "forum"]), st.sampled_from(["viewed", "shared"])),
        st.lists(intervals, min_size=1, max_size=3).map(merge_intervals),
    ),
)


@given(visibilities, visibilities, visibilities)
def test_merging_is_associative_commutative_and_idempotent(
    a: Visibility, b: Visibility, c: Visibility
) -> None:
    assert a | b == b | a
    assert (a | b) | c == a | (b | c)
    assert a | a == a


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6))
def test_merged_intervals_hold_the_same_days(pairs: list[tuple[int, int]]) -> None:
    spans = [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
    merged = merge_intervals(spans)
    before = {day for start, end in spans for day in range(start, end)}
    after = {day for start, end in merged for day in range(start, end or 0)}
    assert before == after
    assert all(left[1] is not None and left[1] < right[0] for left, right in pairwise(merged))
