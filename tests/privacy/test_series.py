"""Releases over time: no two that can be laid side by side give away a few people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations, pairwise, product

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.privacy.release import Mix
from leercultuur_core.privacy.series import Hidden, Shown, next_quarter, quarter_of

K = 5
EVEN: Mix = dict.fromkeys(PHASES, 0.2)
ALIKE: Mix = {"acting": 1.0}
OUT = "-"

Rows = tuple[Shown | Hidden, ...]


def people(letter: str, count: int) -> list[str]:
    return [f"{letter}{number}" for number in range(count)]


def tree(**where: Iterable[str]) -> dict[str, dict[str, Mix]]:
    """Units with people; ``a_u`` is the unit ``a/u``."""
    return {unit.replace("_", "/"): dict.fromkeys(members, EVEN) for unit, members in where.items()}


def quarters(*moments: Mapping[str, Mapping[str, Mix]], k: int = K) -> list[Rows]:
    """What is shown in each of a row of quarters."""
    history: list[Shown | Hidden] = []
    pages: list[Rows] = []
    for number, units in enumerate(moments):
        page = next_quarter(history, units, quarter=f"20{26 + number // 4}-Q{number % 4 + 1}", k=k)
        history += page
        pages.append(page)
    return pages


def told(page: Rows) -> dict[str, str]:
    """Unit → the quarter of what is shown of it, or why nothing is."""
    return {one.unit: one.made if isinstance(one, Shown) else one.reason for one in page}


# ---- an independent look: whom is a sum or difference of shown groups about?


def about(plus: frozenset[str], minus: Sequence[frozenset[str]]) -> int:
    """How many people a value of ``plus`` says something of, once that of ``minus`` is taken away.

    ``minus`` is one group, or parts that are added up as one.
    """
    left = Counter(dict.fromkeys(plus, 1))
    for person in {person for group in minus for person in group}:
        left[person] -= 1
    return sum(1 for count in left.values() if count)


def differences(pages: Sequence[Rows]) -> Iterator[tuple[str, int]]:
    """All that the module promises about, worked out in another way."""
    shown = [[one for one in page if isinstance(one, Shown)] for page in pages]
    for one, other in combinations([one for page in shown for one in page], 2):
        yield f"{one} - {other}", about(one.contributors, [other.contributors])
    for page in shown:
        for one in page:
            below = [
                o
                for o in page
                if o.unit != one.unit
                and f"{o.unit}/".startswith(f"{one.unit}/" if one.unit else "")
            ]
            nearest = [
                o.contributors
                for o in below
                if not any(b is not o and f"{o.unit}/".startswith(f"{b.unit}/") for b in below)
            ]
            for size in {len(nearest), len(nearest) - 1} - {-1}:
                for parts in combinations(nearest, size):
                    yield f"{one} - {size} parts", about(one.contributors, parts)


def assert_nobody_is_alone(pages: Sequence[Rows]) -> None:
    for page in pages:
        for one in page:
            assert isinstance(one, Hidden) or len(one.contributors) >= K
    for which, count in differences(pages):
        assert not 0 < count < K, which


# ---- by enumeration


def test_no_sequence_of_three_quarters_gives_anybody_away() -> None:
    """Every way in which a small firm of two units can change, twice, from two beginnings."""
    blocks = [people("p", 6), people("q", 5), people("r", 3), people("s", 1)]
    moments = [
        tree(
            **{
                unit: [
                    p
                    for block, place in zip(blocks, places, strict=True)
                    if place == unit
                    for p in block
                ]
                for unit in "ab"
            }
        )
        for places in product(["a", "b", OUT], repeat=len(blocks))
    ]
    fresh = stayed = 0
    for start in (tree(a=blocks[0] + blocks[2], b=blocks[1]), tree(a=blocks[0], b=blocks[1])):
        first = next_quarter([], start, quarter="2026-Q1", k=K)
        for second_moment in moments:
            second = next_quarter(first, second_moment, quarter="2026-Q2", k=K)
            for third_moment in moments:
                third = next_quarter([*first, *second], third_moment, quarter="2026-Q3", k=K)
                shown = [one for one in third if isinstance(one, Shown)]
                fresh += sum(one.made == "2026-Q3" for one in shown)
                stayed += sum(one.made != "2026-Q3" for one in shown)
                groups = {
                    one.contributors
                    for page in (first, second, third)
                    for one in page
                    if isinstance(one, Shown)
                }
                assert all(len(group) >= K for group in groups)
                for one, other in combinations(groups, 2):
                    assert len(one - other) + len(other - one) >= K
                page = {one.unit: one.contributors for one in shown}
                if {"", "a", "b"} <= page.keys():
                    assert about(page[""], [page["a"], page["b"]]) not in range(1, K)
    # It is no law about nothing.
    assert fresh > 1000
    assert stayed > 1000


UNITS = ["", "a", "a/u", "a/v", "a/w", "b", OUT]


@st.composite
def sequences(draw: st.DrawFn) -> list[dict[str, dict[str, Mix]]]:
    """Up to five quarters of a firm: blocks of people who move together, and some who move alone."""
    sizes = draw(st.lists(st.sampled_from([1, 1, 2, 3, 5, 6]), min_size=4, max_size=9))
    blocks = [people("abcdefghi"[n], size) for n, size in enumerate(sizes)]
    place = st.sampled_from(UNITS)
    places = [draw(place) for _ in blocks]
    moments = []
    for _ in range(draw(st.integers(2, 5))):
        units: dict[str, dict[str, Mix]] = {}
        for block, unit in zip(blocks, places, strict=True):
            if unit != OUT:
                units.setdefault(unit, {}).update(dict.fromkeys(block, EVEN))
        moments.append(units)
        for number in draw(st.sets(st.integers(0, len(blocks) - 1), max_size=4)):
            places[number] = draw(place)
    return moments


@settings(max_examples=300, deadline=None)
@given(sequences())
def test_no_firm_that_changes_for_some_quarters_gives_anybody_away(
    moments: list[dict[str, dict[str, Mix]]],
) -> None:
    pages = quarters(*moments)
    assert_nobody_is_alone(pages)
    for before, after in pairwise(pages):
        was = {one.unit: one for one in before if isinstance(one, Shown)}
        for one in after:
            # What was shown stays at least what it was, as long as the unit is there.
            if isinstance(one, Hidden):
                assert one.unit not in was
            elif one.made != one.quarter:
                old = was[one.unit]
                assert (one.release, one.contributors) == (old.release, old.contributors)


# ---- examples


def test_one_joiner_is_seen_when_there_are_more() -> None:
    staff = people("p", 12)
    pages = quarters(
        tree(a=staff),
        tree(a=[*staff, "new1"]),
        tree(a=[*staff, "new1", "new2", "new3", "new4"]),
        tree(a=[*staff, "new1", "new2", "new3", "new4", "new5"]),
        tree(a=[*staff, "new1", "new2", "new3", "new4", "new5"]),
    )
    made = [told(page)["a"] for page in pages]
    assert made == ["2026-Q1", "2026-Q1", "2026-Q1", "2026-Q4", "2027-Q1"]


def test_going_back_to_an_earlier_group_is_compared_with_that_too() -> None:
    staff, later = people("p", 12), people("n", 5)
    pages = quarters(tree(a=staff), tree(a=staff + later), tree(a=staff[1:]))
    # Five left and one: far enough from the second quarter, too near to the first.
    assert told(pages[2]) == {"a": "2026-Q2"}


def test_a_whole_minus_its_parts_is_looked_at() -> None:
    u, v, w = people("u", 12), people("v", 12), people("w", 6)
    first = tree(a_u=u, a_v=v)
    then = tree(a_u=[*u, "n1", "n2", "n3"], a_v=v, a_w=w)
    # The new part makes the whole differ enough from before. Shown beside it, that part would leave
    # the three who joined another.
    page = told(quarters(first, then)[1])
    assert page == {"a": "2026-Q2", "a/u": "2026-Q1", "a/v": "2026-Q2", "a/w": "too_near"}


def test_a_whole_minus_all_parts_but_one_is_looked_at() -> None:
    u, v, w = people("u", 12), people("v", 12), people("w", 12)
    first = tree(a_u=u, a_v=v, a_w=w)
    then = tree(a_u=v[:5], a_v=v[5:], a_w=[*w, "new"])
    page = told(quarters(first, then)[1])
    # All of u left and five of v took their place. The whole is now v and w of last quarter, and one
    # more.
    assert page["a"] == page["a/w"] == "2026-Q1"


def test_what_cannot_be_shown_now_stays_as_it_was() -> None:
    staff = people("p", 12)
    too_few = tree(a=staff[:3], b=people("q", 20))
    too_alike = {"a": dict.fromkeys(staff, ALIKE)}
    assert told(quarters(tree(a=staff, b=people("q", 20)), too_few)[1])["a"] == "2026-Q1"
    assert told(quarters(tree(a=staff), too_alike)[1]) == {"a": "2026-Q1"}
    assert told(quarters(too_alike)[0]) == {"a": "too_alike"}
    assert told(quarters(tree(a=staff[:3]))[0]) == {"a": "too_few"}


def test_a_unit_under_another_name_is_still_the_same_people() -> None:
    staff = people("p", 12)
    pages = quarters(tree(a=staff), tree(b=staff[1:]))
    assert told(pages[1]) == {"b": "too_near"}


def test_a_quarter_is_frozen() -> None:
    first = next_quarter([], tree(a=people("p", 12)), quarter="2026-Q2", k=K)
    other = tree(a=people("z", 30))
    assert next_quarter(first, other, quarter="2026-Q2", k=K) == first
    # The clock went back.
    assert next_quarter(first, other, quarter="2026-Q1", k=K) == first
    assert told(next_quarter(first, other, quarter="2026-Q3", k=K)) == {"a": "2026-Q3"}


def test_a_larger_minimum_holds_for_what_stayed_too() -> None:
    staff = people("p", 7)
    history = next_quarter([], tree(a=staff), quarter="2026-Q1", k=5)
    assert told(next_quarter(history, tree(a=staff), quarter="2026-Q2", k=10)) == {"a": "too_few"}


def test_whoever_is_erased_is_not_found_by_what_is_missing() -> None:
    staff = people("p", 12)
    (shown,) = next_quarter([], tree(a=staff), quarter="2026-Q1", k=K)
    assert isinstance(shown, Shown)
    erased = evolve(shown, contributors=shown.contributors - {"p0"} | {"f3a1"})
    assert told(next_quarter([erased], tree(a=staff[1:]), quarter="2026-Q2", k=K)) == {
        "a": "2026-Q1"
    }


def test_the_quarter_of_a_day() -> None:
    days = [date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1), date(2026, 12, 31)]
    assert [quarter_of(day) for day in days] == ["2026-Q1", "2026-Q1", "2026-Q2", "2026-Q4"]


def test_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        next_quarter([], tree(a=people("p", 12)), quarter="2026-Q1", k=4)
    with pytest.raises(ValueError, match="in two"):
        next_quarter([], tree(a=["p"], b=["p"]), quarter="2026-Q1", k=K)
