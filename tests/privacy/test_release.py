"""Releases: bands only, of enough people, and nothing to be had by subtracting one from another."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.maturity.vocabulary import PHASES, Phase
from leercultuur_core.privacy import Band, Release, Withheld, release, release_units
from leercultuur_core.privacy.release import covers, parents

Mix = Mapping[Phase, float]
BANDS = {(0, 10), (10, 25), (25, 50), (50, 75), (75, 90)}


def sure(phase: Phase) -> Mix:
    return {each: 0.92 if each == phase else 0.02 for each in PHASES}


def mixed(count: int, start: int = 0) -> list[Mix]:
    """People spread over the phases."""
    return [sure(PHASES[(start + n) % 5]) for n in range(count)]


def unit_of(name: str, people: list[Mix]) -> dict[str, Mix]:
    return {f"{name}-{n}": mix for n, mix in enumerate(people)}


@st.composite
def members(draw: st.DrawFn) -> list[Mix]:
    weights = st.lists(st.integers(0, 20), min_size=5, max_size=5).filter(any)
    return [
        {phase: weight / sum(person) for phase, weight in zip(PHASES, person, strict=True)}
        for person in draw(st.lists(weights, min_size=1, max_size=16))
    ]


@given(people=members(), k=st.integers(5, 12))
def test_a_group_gives_bands_around_its_mean_in_any_order_or_nothing(
    people: list[Mix], k: int
) -> None:
    shown = release(people, k=k)
    assert shown == release(list(reversed(people)), k=k)
    if isinstance(shown, Withheld):
        assert len(people) < k or shown.reason == "too_alike"
        return
    assert len(people) >= k
    assert shown.minimum == k
    assert list(shown.shares) == list(PHASES)
    for phase, band in shown.shares.items():
        mean = sum(person[phase] for person in people) / len(people)
        assert (band.low, band.high) in BANDS
        assert band.low / 100 - 1e-6 <= mean <= band.high / 100 + 1e-6


def test_a_release_holds_no_name_and_no_count() -> None:
    shown = release(mixed(12))
    assert isinstance(shown, Release)
    assert shown == Release("", 10, dict.fromkeys(PHASES, Band(10, 25)))
    assert shown == release(mixed(30)), "nothing of it says how many there are"


@pytest.mark.parametrize("k", [4, 1, 0, -1])
def test_a_minimum_below_five_is_refused(k: int) -> None:
    for call in (lambda: release(mixed(20), k=k), lambda: release_units({}, k=k)):
        with pytest.raises(ValueError, match="at least 5 people"):
            call()


def test_nine_of_ten_is_shown_and_more_is_too_alike() -> None:
    nine = [sure("acting")] * 9 + [sure("applying")]
    assert isinstance(release(nine), Release)
    acting: Mix = {"acting": 1.0}
    certain: list[Mix] = [acting] * 9 + [{"applying": 1.0}]
    assert shown_shares(release(certain))["acting"] == Band(75, 90)
    more = [sure("acting")] * 19 + [sure("applying")]
    assert release(more) == Withheld("", "too_alike")


def test_a_group_of_whom_too_little_is_known_is_not_alike() -> None:
    flat: Mix = {**dict.fromkeys(PHASES, 0.15), "selecting": 0.4}
    assert isinstance(release([flat] * 10), Release)
    leaning: Mix = {**dict.fromkeys(PHASES, 0.1), "selecting": 0.6}
    assert release([leaning] * 10) == Withheld("", "too_alike")


def test_ten_people_are_enough_and_nine_are_not() -> None:
    assert isinstance(release(mixed(10)), Release)
    assert release(mixed(9)) == Withheld("", "too_few")


def derivable(found: Mapping[str, frozenset[str]]) -> list[set[str]]:
    """The smallest groups that can be had by adding and subtracting releases: people who are in
    exactly the same ones."""
    groups: dict[tuple[str, ...], set[str]] = {}
    for person in frozenset[str]().union(*found.values()):
        inside = tuple(unit for unit, cover in found.items() if person in cover)
        groups.setdefault(inside, set()).add(person)
    return list(groups.values())


PATHS = ("", "a", "a/x", "a/y", "b")


def test_no_difference_of_releases_is_about_fewer_than_k_by_enumeration() -> None:
    k, shown = 5, 0
    for sizes in itertools.product((0, 1, 4, 5, 7), repeat=len(PATHS)):
        units = {
            path: unit_of(path, mixed(size, start))
            for start, (path, size) in enumerate(zip(PATHS, sizes, strict=True))
        }
        found = covers(units, k=k)
        for group in derivable(found):
            assert len(group) >= k, sizes
        for one, other in itertools.combinations([c for c in found.values() if c], 2):
            assert one <= other or other <= one or not one & other, sizes
            assert len(one ^ other) == 0 or len(one ^ other) >= k, sizes
        shown += any(found.values())
    assert shown > 2_500, "most of these organisations have something that may be shown"


def test_no_difference_of_releases_is_about_people_in_one_phase_by_enumeration() -> None:
    k = 5
    kinds: tuple[list[Mix], ...] = ([], [sure("acting")] * 6, mixed(6), [sure("applying")] * 3)
    for groups in itertools.product(kinds, repeat=len(PATHS)):
        units = {path: unit_of(path, group) for path, group in zip(PATHS, groups, strict=True)}
        everybody = {name: mix for people in units.values() for name, mix in people.items()}
        for group in derivable(covers(units, k=k)):
            tops = [max(PHASES, key=lambda p: everybody[name][p]) for name in group]
            assert max(map(tops.count, PHASES)) <= 0.9 * len(group)


def test_a_small_unit_counts_a_level_higher_where_it_can_hide() -> None:
    units = {
        "bakery/day": unit_of("day", mixed(12)),
        "bakery/night": unit_of("night", mixed(3)),
        "shop": unit_of("shop", mixed(12)),
        "": unit_of("office", mixed(8)),
    }
    found = covers(units)
    assert {unit: len(cover) for unit, cover in found.items()} == {
        # 35 = 12 + 12 and a rest of 3 + 8 that could be shown by itself
        "": 35,
        # 12, not 15: taking the day shift from 15 would leave the three of the night.
        "bakery": 12,
        "bakery/day": 12,
        "bakery/night": 0,
        "shop": 12,
    }
    shown = release_units(units)
    assert shown["bakery"] == Release("bakery", 10, shown_shares(shown["bakery/day"]))
    assert shown["bakery/night"] == Withheld("bakery/night", "too_few")


def shown_shares(one: Release | Withheld) -> Mapping[Phase, Band]:
    assert isinstance(one, Release)
    return one.shares


def test_who_cannot_hide_anywhere_is_in_no_release() -> None:
    units = {
        "a": unit_of("a", mixed(12)),
        "b": unit_of("b", mixed(12)),
        "": unit_of("boss", mixed(1)),
    }
    assert {unit: len(cover) for unit, cover in covers(units).items()} == {"": 24, "a": 12, "b": 12}


def test_one_unit_is_the_whole_and_is_told_once() -> None:
    assert list(release_units({"a": unit_of("a", mixed(12))})) == ["a"]
    assert list(release_units({"a/x": unit_of("x", mixed(12))})) == ["a", "a/x"]
    assert list(release_units({"": unit_of("all", mixed(12))})) == [""]
    assert release_units({}) == {}


def test_somebody_in_two_units_is_refused() -> None:
    with pytest.raises(ValueError, match="in two"):
        release_units({"a": unit_of("same", mixed(3)), "b": unit_of("same", mixed(3))})


def test_the_units_above_a_unit() -> None:
    assert parents("a/b/c") == ("a/b", "a", "")
    assert parents("a") == ("",)
    assert parents("") == ()
