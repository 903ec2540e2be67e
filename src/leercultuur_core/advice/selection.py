"""Choosing a best set: which candidates are worth most together, under budgets.

An exact choice, by a mixed-integer program that SciPy hands to HiGHS. HiGHS is kept, open (MIT) and
exact, and SciPy (BSD) needs nothing that this library does not use already; OR-tools would bring
three times as much. All numbers are integers, so that "equal" means equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from attrs import field, frozen

_TOGETHER = 18  # candidates ordered in one go: powers of two that a solver still tells apart


@frozen
class Budget:
    """At most ``most`` of ``members``."""

    members: frozenset[str]
    most: int


@frozen
class Bonus:
    """Worth ``worth`` more where of each group at least one member is chosen."""

    worth: int
    groups: tuple[frozenset[str], ...]


@frozen
class Selection:
    """What to choose from.

    worth
        Candidate → what it is worth by itself; may be negative.
    budgets
        Each candidate is in exactly one.
    bonuses
        Worth nothing or more, and made of candidates only.
    """

    worth: Mapping[str, int] = field(hash=False)
    budgets: tuple[Budget, ...]
    bonuses: tuple[Bonus, ...] = ()

    def value(self, chosen: frozenset[str]) -> int:
        """What ``chosen`` is worth together."""
        return sum(self.worth[one] for one in chosen) + sum(
            bonus.worth for bonus in self.bonuses if all(group & chosen for group in bonus.groups)
        )


def choose(selection: Selection) -> frozenset[str]:
    """The set that is worth most within the budgets.

    Of sets that are worth the same, the one with the first id that not all of them hold, and of
    those again the one with the next: one set is left, whatever the solver does. Raises
    `ValueError` where a candidate is not in exactly one budget, or a bonus is negative;
    `ModuleNotFoundError` without SciPy (the extra ``plan``).
    """
    return _choose(
        tuple(sorted(selection.worth.items())),
        tuple(budget for budget in selection.budgets if budget.members),
        selection.bonuses,
    )


@lru_cache(maxsize=1024)
def _choose(
    worth: tuple[tuple[str, int], ...], budgets: tuple[Budget, ...], bonuses: tuple[Bonus, ...]
) -> frozenset[str]:
    """Units that look the same choose the same: many do, since what is released is coarse."""
    selection = Selection(dict(worth), budgets, bonuses)
    _check(selection)
    names = _worth_a_look(selection)
    return _solve(selection, names) if names else frozenset()


def _check(selection: Selection) -> None:
    inside = [one for budget in selection.budgets for one in budget.members]
    if sorted(inside) != sorted(selection.worth):
        raise ValueError("expected each candidate in exactly one budget")
    for bonus in selection.bonuses:
        if bonus.worth < 0:
            raise ValueError(f"expected a bonus of zero or more, found {bonus.worth}")
        if not bonus.groups or not frozenset().union(*bonus.groups) <= selection.worth.keys():
            raise ValueError("expected bonuses made of candidates")


def _worth_a_look(selection: Selection) -> list[str]:
    """The candidates, by id, that some best set may hold.

    Left out are those that take something off whatever is chosen beside them, and those that have,
    for every place in their budget, another there that is worth more on its own than they are with
    every bonus: swapping one in always gains.
    """
    most = dict(selection.worth)
    for bonus in selection.bonuses:
        for one in frozenset().union(*bonus.groups):
            most[one] += bonus.worth
    found: list[str] = []
    for budget in selection.budgets:
        alone = sorted((selection.worth[one] for one in budget.members), reverse=True)
        bar = alone[budget.most - 1] if 0 < budget.most <= len(alone) else None
        for one in budget.members:
            beaten = bar is not None and bar > max(most[one], 0)
            if budget.most > 0 and most[one] >= 0 and not beaten:
                found.append(one)
    return sorted(found)


def _solve(selection: Selection, names: Sequence[str]) -> frozenset[str]:
    import numpy as np  # noqa: PLC0415 - importing the library must stay light
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415

    place = {name: number for number, name in enumerate(names)}
    bonuses = [
        (bonus.worth, groups)
        for bonus in selection.bonuses
        if bonus.worth
        and all(groups := [[place[m] for m in g if m in place] for g in bonus.groups])
    ]
    size = len(names) + len(bonuses)
    rows: list[np.ndarray] = []
    limits: list[float] = []

    def at_most(cells: Mapping[int, float], limit: float) -> None:
        row = np.zeros(size)
        for cell, value in cells.items():
            row[cell] = value
        rows.append(row)
        limits.append(limit)

    for budget in selection.budgets:
        inside = [place[one] for one in budget.members if one in place]
        if len(inside) > budget.most:
            at_most(dict.fromkeys(inside, 1.0), budget.most)
    for number, (_, groups) in enumerate(bonuses, len(names)):
        for group in groups:
            at_most({number: 1.0, **dict.fromkeys(group, -1.0)}, 0)
    values = np.array(
        [selection.worth[name] for name in names] + [worth for worth, _ in bonuses], dtype=float
    )
    # A bonus needs no whole number: it is as large as its groups let it be.
    whole = np.array([1] * len(names) + [0] * len(bonuses))
    low, high = np.zeros(size), np.ones(size)

    def best(gain: np.ndarray) -> np.ndarray:
        found = milp(
            -gain,
            constraints=LinearConstraint(np.array(rows), ub=np.array(limits)) if rows else (),
            integrality=whole,
            bounds=Bounds(low, high),
            options={"mip_rel_gap": 0.0},
        )
        if found.x is None:  # choosing nothing is always possible
            raise RuntimeError(f"the solver found nothing: {found.message}")
        return np.round(found.x[: len(names)]).astype(int)

    def chosen(marks: np.ndarray) -> frozenset[str]:
        return frozenset(name for name, mark in zip(names, marks, strict=True) if mark)

    most = selection.value(chosen(best(values)))
    # From here on no set that is worth less: what is left are the ties.
    rows.append(-values)
    limits.append(0.5 - most)
    marks = np.zeros(len(names), dtype=int)
    for start in range(0, len(names), _TOGETHER):
        end = min(start + _TOGETHER, len(names))
        order = np.zeros(size)
        order[start:end] = 2.0 ** np.arange(end - start - 1, -1, -1)
        marks = best(order)
        low[start:end] = high[start:end] = marks[start:end]
    return chosen(marks)


__all__ = ["Bonus", "Budget", "Selection", "choose"]
