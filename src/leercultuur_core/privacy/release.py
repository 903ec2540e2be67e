"""What may be shown of a group: shares of the phases in bands, of at least *k* contributors.

A *contributor* is a person who was visible in the period and did not object; whoever's phase is
unknown contributes too, with the probabilities there are. The shares are the **mean of the
contributors' probabilities**: what one would expect to count if the phases were known. A count of
shown phases would jump when one person crosses a threshold, and would leave out the unknown.

Shares are bands, never numbers: a band hides what one joiner or leaver changes, except at its
edge. A group is not shown when over 90 % of it is in one phase, by the mean or by counting who is
more likely in that phase than not: a value for the group would then be a value for each member. Ground for *k* (default
10, never below 5) and for 90 %: practice in learning analytics and official statistics,
``docs/advice.md``.

**Groups released together.** From the release of a whole and of its parts one may subtract. Units
form a tree, so all that can be derived by adding and subtracting are unions of *rests*: a unit's
members minus its released parts. `covers` therefore builds every release from rests that could be
shown on their own: a rest that is too small or too alike counts a level higher, where the group
may be large enough, or nowhere. So no difference between two releases is about 1 to k-1 people.

What this does not stop: contributors who put their own values together learn about the one who is
left, a person may be known to have joined between two periods, and a band's edge may be crossed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Literal

from attrs import frozen

from ..maturity.vocabulary import PHASES, Phase

MINIMUM_GROUP = 10
"""Contributors a release needs unless the organisation chose otherwise."""

FLOOR = 5
"""The smallest minimum that can be chosen."""

_WHOLE = 1_000_000
"""Probabilities are integers in millionths before they are added or compared."""

_TOO_ALIKE = 90
"""A share above this many percent in one phase is not shown."""

_EDGES = (0, 10, 25, 50, 75, 90)
"""Edges of the bands in percent. Above the last nothing is shown at all."""

Mix = Mapping[Phase, float]
"""Phase → probability, for one person."""


@frozen
class Band:
    """A share between ``low`` and ``high`` percent; holds its lower edge, and 90 in the last."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low}-{self.high} %"


@frozen
class Release:
    """Values of one group that may be shown. Holds no names and no count.

    unit
        The group's place in the tree; ``""`` is the whole organisation.
    minimum
        The group has at least this many contributors.
    shares
        Phase → `Band`.
    """

    unit: str
    minimum: int
    shares: Mapping[Phase, Band]


@frozen
class Withheld:
    """Why nothing of a group is shown.

    ``reason`` is for whoever runs the library; people are told one and the same text for both,
    since "too alike" is already something about each member.
    """

    unit: str
    reason: Literal["too_few", "too_alike"]


@frozen
class _Member:
    """One contributor's probabilities in millionths, in the order of `PHASES`."""

    shares: tuple[int, ...]

    @classmethod
    def of(cls, mix: Mix) -> _Member:
        return cls(tuple(round(mix.get(phase, 0.0) * _WHOLE) for phase in PHASES))

    @property
    def phase(self) -> int | None:
        """The phase that is more likely than all others together, if there is one."""
        top = max(self.shares)
        return self.shares.index(top) if 2 * top > _WHOLE else None


def release(
    members: Collection[Mix], *, k: int = MINIMUM_GROUP, unit: str = ""
) -> Release | Withheld:
    """The release of one group on its own, from its contributors' probabilities, in any order.

    Use `release_units` for groups that share people. Raises `ValueError` when ``k`` is below
    `FLOOR`.
    """
    check_minimum(k)
    return _release([_Member.of(mix) for mix in members], k, unit)


def release_units(
    units: Mapping[str, Mapping[str, Mix]], *, k: int = MINIMUM_GROUP
) -> dict[str, Release | Withheld]:
    """Releases of all units of one organisation that can stand beside each other.

    ``units``: path such as ``"Bakkerij/Productie"`` → (identifier → probabilities) of the people
    who are in that unit itself, not in a part of it; ``""`` for people of the organisation at
    large. Gives every unit and every unit above it, in the order of their paths. The whole
    organisation is there when there is more than one unit at the top.

    Raises `ValueError` when ``k`` is below `FLOOR`, or when somebody is in two units.
    """
    members = {
        identifier: _Member.of(mix)
        for people in units.values()
        for identifier, mix in people.items()
    }
    released = {}
    for unit, cover in covers(units, k=k).items():
        # Without a cover all that is below the unit is one rest that cannot be shown.
        group = [members[identifier] for identifier in sorted(cover or _below(units, unit))]
        released[unit] = _release(group, k, unit)
    return released


def covers(
    units: Mapping[str, Mapping[str, Mix]], *, k: int = MINIMUM_GROUP
) -> dict[str, frozenset[str]]:
    """Unit → whom its release is made of; empty where nothing of it can be shown.

    Two covers are disjoint or one holds the other, and what is left of the larger after any of the
    others is nobody or a group that could be shown by itself.
    """
    check_minimum(k)
    if sum(len(people) for people in units.values()) != len({i for p in units.values() for i in p}):
        raise ValueError("expected everybody in one unit; somebody is in two")
    members = {i: _Member.of(mix) for people in units.values() for i, mix in people.items()}
    tree = _tree(units)
    below: dict[str, list[str]] = {unit: [] for unit in tree}
    for unit in tree:
        for up in [up for up in parents(unit) if up in below][:1]:
            below[up].append(unit)
    found: dict[str, frozenset[str]] = {}
    rests: dict[str, set[str]] = {}
    # From the deepest unit up, so that the parts are known before the whole.
    for unit in sorted(tree, key=lambda path: (-_depth(path), path)):
        parts = below[unit]
        rest = set(units.get(unit, ())).union(*(rests[part] for part in parts))
        cover = frozenset().union(*(found[part] for part in parts))
        if _why_not([members[i] for i in rest], k) is None:
            cover, rest = cover | rest, set()
        found[unit], rests[unit] = cover, rest
    return {unit: found[unit] for unit in tree}


def check_minimum(k: int) -> None:
    """Raises `ValueError` when ``k`` is below `FLOOR`."""
    if k < FLOOR:
        raise ValueError(f"expected a minimum group of at least {FLOOR} people, found {k}")


def parents(unit: str) -> tuple[str, ...]:
    """The units above ``unit``, nearest first, the whole organisation (``""``) last."""
    parts = unit.split("/") if unit else []
    return tuple("/".join(parts[:n]) for n in range(len(parts) - 1, -1, -1))


def _release(members: list[_Member], k: int, unit: str) -> Release | Withheld:
    reason = _why_not(members, k)
    if reason is not None:
        return Withheld(unit, reason)
    shares = dict(
        zip(PHASES, map(sum, zip(*(m.shares for m in members), strict=True)), strict=True)
    )
    whole = len(members) * _WHOLE
    return Release(unit, k, {phase: _band(share, whole) for phase, share in shares.items()})


def _why_not(members: list[_Member], k: int) -> Literal["too_few", "too_alike"] | None:
    """Why a group of just these people cannot be shown; ``None`` when it can."""
    if len(members) < k:
        return "too_few"
    share = max(map(sum, zip(*(m.shares for m in members), strict=True)))
    phases = Counter(m.phase for m in members if m.phase is not None)
    alike = max(phases.values(), default=0)
    whole = len(members)
    if share * 100 > _TOO_ALIKE * whole * _WHOLE or alike * 100 > _TOO_ALIKE * whole:
        return "too_alike"
    return None


def _band(share: int, whole: int) -> Band:
    """The band of ``share`` out of ``whole``, both integers; at most 90 %."""
    for low, high in zip(reversed(_EDGES[:-1]), reversed(_EDGES[1:]), strict=True):
        if share * 100 >= low * whole:
            return Band(low, high)
    raise ValueError("expected a share of zero or more")


def _tree(units: Mapping[str, object]) -> list[str]:
    """All units and the units above them, sorted; the whole only where it is more than one unit."""
    paths = {unit for unit in units if unit} | {up for unit in units for up in parents(unit) if up}
    top = [path for path in paths if _depth(path) == 1]
    if len(top) != 1 or units.get(""):
        paths.add("")
    return sorted(paths) if units else []


def _depth(unit: str) -> int:
    return unit.count("/") + 1 if unit else 0


def _below(units: Mapping[str, Mapping[str, Mix]], unit: str) -> list[str]:
    """Everybody in ``unit`` and its parts."""
    return [
        identifier
        for path, people in units.items()
        if unit in (path, "") or path.startswith(f"{unit}/")
        for identifier in people
    ]
