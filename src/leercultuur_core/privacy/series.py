"""Releases over time: each quarter one, frozen; and no two of them that give away a few people.

`release_units` sees to it that the releases *of one moment* can stand beside each other. Whoever keeps
last quarter's has more: when one person joins, the new release minus the old one is about that
person. So a new release is made only where **two groups that can be laid side by side differ by
nobody, or by at least k contributors**. Where it cannot be made, because the group is too small, too
alike, or too near to another, the last one stays, with the quarter it was made in; where there is no
last one nothing is shown. Whether something new appears thus says little about anybody.

Two groups *differ* by who is in one and not in the other, joiners and leavers together: that is whom
the difference of their values is about. Laid side by side are

1. any two releases ever shown, of whichever units and quarters;
2. each unit and all of its parts together, as they are shown in one quarter;
3. each unit and all of its parts but one: what is left is then that part, seen another way.

*Parts* are the shown units nearest below. **Not protected**: adding and subtracting three or more
releases of different quarters, other than a unit and its parts; somebody who knows the values of all
but a few of those who came or went; and the releases that the caller no longer passes. Bands and the
changing of values over time make all of these vague, but do not rule them out. ``docs/privacy.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

from attrs import evolve, field, frozen

from .release import MINIMUM_GROUP, Mix, Release, Withheld, covers, parents, release_units

HiddenReason = Literal["too_few", "too_alike", "too_near"]
"""Why nothing of a unit is shown. For whoever runs the library: people are told one text for all."""


@frozen
class Shown:
    """What is shown of one unit in one quarter.

    made
        The quarter whose values these are; earlier than ``quarter`` where the last release stayed.
    contributors
        Whose values it is made of, by any id that stays the same. Kept only to compare with.
    """

    unit: str
    quarter: str
    made: str
    release: Release
    contributors: frozenset[str] = field(repr=False)


@frozen
class Hidden:
    """That nothing of one unit is shown in one quarter, and why."""

    unit: str
    quarter: str
    reason: HiddenReason


def quarter_of(day: date) -> str:
    """The quarter ``day`` is in, such as ``2026-Q1``; as text in the order of time."""
    return f"{day.year:04}-Q{(day.month + 2) // 3}"


def next_quarter(
    history: Sequence[Shown | Hidden],
    units: Mapping[str, Mapping[str, Mix]],
    *,
    quarter: str,
    k: int = MINIMUM_GROUP,
) -> tuple[Shown | Hidden, ...]:
    """What is shown of each unit in ``quarter``, in the order of their paths.

    history
        All that these calls gave before, in any order. What is left out is not compared with. Where
        somebody was erased, a random id must stand in for them among the contributors: with one less,
        an old release would look as if it differed by nobody from one that leaves out just them.
    units
        As for `release_units`: path → (identifier → probabilities) of those who are in that unit
        itself. Only people who may contribute: visible in the period and without objection.
    quarter
        As `quarter_of` gives it. When it is not later than the last in ``history`` that last quarter
        is given again: a quarter is frozen, and a clock that goes back makes nothing new.

    Raises `ValueError` when ``k`` is below the floor or somebody is in two units.
    """
    last = max((one.quarter for one in history), default="")
    frozen = tuple(one for one in history if one.quarter == last)
    if frozen and quarter <= last:
        return tuple(sorted(frozen, key=lambda one: one.unit))
    released = release_units(units, k=k)
    groups = covers(units, k=k)
    ever = {one.contributors for one in history if isinstance(one, Shown)}
    page: dict[str, Shown] = {
        one.unit: evolve(one, quarter=quarter)
        for one in frozen
        if isinstance(one, Shown) and one.unit in groups and len(one.contributors) >= k
    }
    hidden: dict[str, Hidden] = {}
    # From the widest unit down: the wider a group, the more often something new can be said of it.
    # What is new this quarter needs no comparing with itself, `covers` did that.
    for unit in sorted(groups, key=lambda path: (len(parents(path)), path)):
        new = released[unit]
        if isinstance(new, Withheld):
            hidden[unit] = Hidden(unit, quarter, new.reason)
            continue
        shown = Shown(unit, quarter, quarter, new, groups[unit])
        if _stands(shown, page, ever, k):
            page[unit] = shown
        else:
            hidden[unit] = Hidden(unit, quarter, "too_near")
    return tuple(page[unit] if unit in page else hidden[unit] for unit in sorted(groups))


def _stands(new: Shown, page: Mapping[str, Shown], ever: Iterable[frozenset[str]], k: int) -> bool:
    """Whether ``new`` can be shown on ``page`` in the place of what is there of its unit."""
    if any(_near(new.contributors, other, k) for other in ever):
        return False
    whole = {**page, new.unit: new}
    # No other unit gets other parts by this one.
    touched = [new.unit, *_nearest_above(new.unit, whole)]
    return all(
        _stands_with_parts(whole[unit].contributors, _parts(unit, whole), k) for unit in touched
    )


def _stands_with_parts(group: frozenset[str], parts: Sequence[frozenset[str]], k: int) -> bool:
    """Whether a unit differs enough from all its parts together, and from all but each one."""
    times = Counter(person for part in parts for person in part)
    differ = len(group ^ times.keys())
    sizes = [differ]
    for part in parts:
        # Without this part, whoever is in no other is no longer in the parts together.
        gone = {person for person in part if times[person] == 1}
        sizes.append(differ + len(gone & group) - len(gone - group))
    return not any(0 < size < k for size in sizes)


def _parts(unit: str, page: Mapping[str, Shown]) -> list[frozenset[str]]:
    """The contributors of the shown units nearest below ``unit``."""
    return [one.contributors for path, one in page.items() if _nearest_above(path, page) == [unit]]


def _nearest_above(unit: str, page: Mapping[str, Shown]) -> list[str]:
    """The shown unit nearest above ``unit``, if there is one."""
    return [up for up in parents(unit) if up in page][:1]


def _near(one: frozenset[str], other: frozenset[str], k: int) -> bool:
    """Whether two groups differ by somebody, but by fewer than ``k``."""
    # Far apart in size is the common case, and needs no look at the people.
    return abs(len(one) - len(other)) < k and 0 < len(one ^ other) < k
