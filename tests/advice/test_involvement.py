"""Votes: the choice and nothing else is told, of enough people, and of no one person."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.advice.involvement import Choice, count

OPTIONS = ("a", "b", "c")
K = 5


def votes(word: str) -> dict[str, str]:
    return {f"p{number}": one for number, one in enumerate(word)}


def test_the_most_votes_are_the_choice() -> None:
    told = count(votes("aabbb"), OPTIONS, k=K)
    assert (told.chosen, told.reason) == ("b", None)
    assert "p0" not in repr(told)


def test_a_tie_is_no_choice() -> None:
    told = count(votes("aabbc"), OPTIONS, k=K)
    assert (told.chosen, told.reason) == ("", "tie")


@given(st.text("abcx", max_size=8))
def test_below_k_nothing_is_told(word: str) -> None:
    told = count(votes(word), OPTIONS, k=K)
    counted = [one for one in word if one in OPTIONS]
    if len(counted) < K:
        assert told == Choice(OPTIONS, reason="too_few")
    else:
        assert bool(told.chosen) == (told.reason is None)
        assert (
            all(counted.count(told.chosen) > counted.count(o) for o in OPTIONS if o != told.chosen)
            or not told.chosen
        )


def test_the_floor_of_k() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        count({}, OPTIONS, k=4)


def test_no_two_votes_on_the_same_options_are_told_that_differ_by_fewer_than_k() -> None:
    """By enumeration of who votes in three rounds: blocks of people who come and go."""
    blocks = [[f"{name}{n}" for n in range(size)] for name, size in (("x", 5), ("y", 1), ("z", 4))]
    for rounds in product(product((False, True), repeat=3), repeat=3):
        before: list[Choice] = []
        for there in rounds:
            people = [
                one for block, here in zip(blocks, there, strict=True) if here for one in block
            ]
            told = count(dict.fromkeys(people, "a"), OPTIONS, k=K, before=before)
            if told.contributors:
                assert len(told.contributors) >= K
                before.append(told)
            else:
                assert not told.chosen
                assert told.reason != "tie"
        for one, other in combinations(before, 2):
            assert len(one.contributors ^ other.contributors) not in range(1, K)


def test_other_options_are_another_question() -> None:
    before = [count(votes("aaaaa"), OPTIONS, k=K)]
    assert count(votes("aaaaaa"), ("c", "b", "a"), k=K, before=before).reason == "too_near"
    assert count(votes("aaaaaa"), ("a", "b", "d"), k=K, before=before).chosen == "a"
