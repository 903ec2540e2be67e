"""Choosing a best set: held against every set there is."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.advice.selection import Bonus, Budget, Selection, choose

NAMES = tuple("abcdefgh")


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    cut = draw(st.integers(0, len(names)))
    budgets = tuple(
        Budget(frozenset(part), draw(st.integers(0, 3)))
        for part in (names[::2], names[1::2])
        if part
    )
    # Few different numbers, so that there are ties.
    worth = {name: draw(st.sampled_from([-3, -1, 0, 1, 2, 3])) for name in names}
    groups = st.frozensets(st.sampled_from(names), min_size=1, max_size=3)
    bonuses = st.builds(
        Bonus, st.integers(0, 4), st.lists(groups, min_size=1, max_size=3).map(tuple)
    )
    return Selection(worth, budgets, tuple(draw(st.lists(bonuses, max_size=cut))))


def by_hand(selection: Selection) -> frozenset[str]:
    """Every set within the budgets, in the order of ties, the best first."""
    names = sorted(selection.worth)
    sets = map(frozenset, chain(*(combinations(names, n) for n in range(len(names) + 1))))
    allowed = [
        one for one in sets if all(len(one & b.members) <= b.most for b in selection.budgets)
    ]
    return max(allowed, key=lambda one: (selection.value(one), [name in one for name in names]))


@given(selections())
@settings(max_examples=150, deadline=None)
def test_no_set_is_worth_more_and_of_equals_it_is_the_first(selection: Selection) -> None:
    assert choose(selection) == by_hand(selection)


def test_more_candidates_than_are_ordered_in_one_go() -> None:
    names = [f"n{number:02}" for number in range(45)]
    same = Selection(dict.fromkeys(names, 7), (Budget(frozenset(names), 3),))
    assert choose(same) == {"n00", "n01", "n02"}
    # Together with the last it is worth more: then the first of the rest.
    last = Bonus(1, (frozenset({"n44"}),))
    more = Selection(dict.fromkeys(names, 7), same.budgets, (last,))
    assert choose(more) == {"n00", "n01", "n44"}


def test_a_loss_is_taken_for_a_larger_bonus() -> None:
    groups = (frozenset({"a"}), frozenset({"b"}))
    both = Selection({"a": -2, "b": 1}, (Budget(frozenset("ab"), 2),), (Bonus(3, groups),))
    assert choose(both) == {"a", "b"}
    assert choose(Selection(both.worth, both.budgets, (Bonus(1, groups),))) == {"b"}


def test_nothing_to_choose() -> None:
    assert choose(Selection({}, ())) == frozenset()
    assert choose(Selection({"a": 5}, (Budget(frozenset("a"), 0),))) == frozenset()
    assert choose(Selection({"a": -1}, (Budget(frozenset("a"), 1),))) == frozenset()


def test_what_cannot_be_chosen_from() -> None:
    one = Budget(frozenset("a"), 1)
    with pytest.raises(ValueError, match="exactly one budget"):
        choose(Selection({"a": 1, "b": 1}, (one,)))
    with pytest.raises(ValueError, match="zero or more, found -1"):
        choose(Selection({"a": 1}, (one,), (Bonus(-1, (frozenset("a"),)),)))
    with pytest.raises(ValueError, match="made of candidates"):
        choose(Selection({"a": 1}, (one,), (Bonus(1, (frozenset("z"),)),)))
