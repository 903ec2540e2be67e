"""What a study found: differences between arms, how sure they are, and how many people it takes.

*Unprompted* is activity of a kind that no prompt of the 14 days before asked for. Whoever is sent
more prompts would have fewer days left to count, so for the three of a block the same days and kinds
are left out: what a prompt to one of them asked for counts for none of them.

An outcome is compared within blocks, one pair each. The mean of the differences has Student's
interval (Student 1908, *Biometrika* 6), by SciPy; the two comparisons share the error, so each has
the level ``1 - (1 - confidence) / 2`` (Bonferroni; Dunn 1961, *JASA* 56). The group that it takes
comes from the noncentral t distribution (Cohen 1988, *Statistical Power Analysis*, ch. 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Literal, get_args

from attrs import Factory, frozen

from .effect import Arm, StudyPlan

Outcome = Literal["unprompted", "self_reports"]
"""``unprompted``: days a week with unprompted activity, after minus before. ``self_reports``: the
share whose last own answer after is acting, applying or continuing; of pairs who both answered."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

Against = Literal["unmatched", "later"]
"""What *matched* is compared with."""

AGAINST: tuple[Against, ...] = get_args(Against)

Verdict = Literal["more", "less", "no_difference", "cannot_tell", "not_known"]
"""``no_difference``: none as large as is worth knowing; ``cannot_tell``: the interval holds zero, and
a difference worth knowing too; ``not_known``: too few pairs, or all alike."""

PROMPTED_DAYS = 14

COUNTED = frozenset(
    {
        "viewed",
        "searched",
        "planned",
        "registered",
        "progressed",
        "completed",
        "practised",
        "applied",
        "shared",
        "mentored",
        "reflected",
        "feedback-given",
        "asked",
        "talk-held",
        "means-requested",
        "task-changed",
    }
)
"""The evidence kinds that somebody does of their own accord. Not: what an employer requires, what
others decide (recognised, failed), own answers, and what no rule reads."""

_UNDER_WAY = frozenset({"acting", "applying", "continuing"})
_WEEK = 7
_MOST = 1_000_000  # people in an arm: above it no organisation can tell


@frozen
class Member:
    """Somebody of a block, as far as it matters here; days are day numbers.

    since
        The day on which they were drawn.
    done
        Day → the evidence kinds of it.
    prompted
        The day a prompt went → the kinds it asked for; ``None`` for every kind.
    said
        Day → the phase they said they were in.
    """

    since: int
    done: Mapping[int, frozenset[str]] = Factory(dict)
    prompted: Sequence[tuple[int, frozenset[str] | None]] = ()
    said: Mapping[int, str] = Factory(dict)


Block = Mapping[Arm, Member]


@frozen
class Figure:
    """One comparison: *matched* minus ``against``.

    pairs
        How many pairs there were; 0 where it is not known.
    difference, low, high
        The mean and its interval, in days a week or as a share; ``None`` where it is not known.
    needed
        People in each arm that it takes to find a difference worth knowing; ``None`` where there
        were too few to tell.
    """

    outcome: Outcome
    against: Against
    verdict: Verdict
    pairs: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    needed: int | None = None


def figures(blocks: Sequence[Block], plan: StudyPlan) -> tuple[Figure, ...]:
    """Every comparison of the plan, in a fixed order. Members that are gone are left out.

    Raises `ModuleNotFoundError` without SciPy (the extra ``plan``).
    """
    found: list[Figure] = []
    for outcome in OUTCOMES:
        for against in AGAINST:
            differences = pair_differences(blocks, plan, outcome, against)
            found.append(compare(differences, plan, outcome, against))
    return tuple(found)


def pair_differences(
    blocks: Sequence[Block], plan: StudyPlan, outcome: Outcome, against: Against
) -> list[float]:
    """*Matched* minus ``against``, of each block that has both."""
    differences: list[float] = []
    for block in blocks:
        if "matched" not in block or against not in block:
            continue
        if outcome == "unprompted":
            one, other = (change(block, arm, plan) for arm in ("matched", against))
        else:
            first, second = (under_way(block[arm], plan) for arm in ("matched", against))
            if first is None or second is None:
                continue
            one, other = float(first), float(second)
        differences.append(one - other)
    return differences


def change(block: Block, arm: Arm, plan: StudyPlan) -> float:
    """Days a week with unprompted activity in the weeks after somebody was drawn, minus those in the
    weeks before."""
    member, length = block[arm], _WEEK * plan.weeks
    prompts = [prompt for one in block.values() for prompt in one.prompted]
    after = before = 0
    for day, kinds in member.done.items():
        if member.since - length <= day < member.since + length and _unprompted(
            day, kinds & COUNTED, prompts
        ):
            if day >= member.since:
                after += 1
            else:
                before += 1
    return (after - before) / plan.weeks


def _unprompted(
    day: int, kinds: frozenset[str], prompts: Sequence[tuple[int, frozenset[str] | None]]
) -> bool:
    left = kinds
    for sent, asked in prompts:
        if sent <= day <= sent + PROMPTED_DAYS:
            left = frozenset() if asked is None else left - asked
    return bool(left)


def under_way(member: Member, plan: StudyPlan) -> bool | None:
    """Whether somebody's last own answer after they were drawn says that they are under way;
    ``None`` where they gave none."""
    until = member.since + _WEEK * plan.weeks
    days = [day for day in member.said if member.since <= day < until]
    return member.said[max(days)] in _UNDER_WAY if days else None


def compare(
    differences: Sequence[float], plan: StudyPlan, outcome: Outcome, against: Against
) -> Figure:
    """The figure of these differences of pairs.

    Nothing is told of fewer pairs than the plan's minimum, nor where all are alike: the mean would
    then be everybody's.
    """
    worth = plan.days_worth if outcome == "unprompted" else plan.share_worth
    if len(differences) < plan.minimum or len(set(differences)) == 1:
        return Figure(outcome, against, "not_known")
    import numpy as np  # noqa: PLC0415 - importing the library must stay light
    from scipy import stats  # noqa: PLC0415

    values = np.array(differences)
    interval = stats.ttest_1samp(values, 0.0).confidence_interval(_level(plan))
    mean, low, high = (
        round(float(one), 2) + 0.0 for one in (values.mean(), interval.low, interval.high)
    )
    if low > 0 or high < 0:
        verdict: Verdict = "more" if low > 0 else "less"
    else:
        verdict = "no_difference" if -worth < low and high < worth else "cannot_tell"
    return Figure(
        outcome,
        against,
        verdict,
        len(differences),
        mean,
        low,
        high,
        pairs_needed(worth, float(values.std(ddof=1)), plan),
    )


def _level(plan: StudyPlan) -> float:
    return 1 - (1 - plan.confidence) / len(AGAINST)


def pairs_needed(difference: float, spread: float, plan: StudyPlan) -> int | None:
    """How many pairs find a mean ``difference`` with the plan's power, where differences of pairs
    have the standard deviation ``spread``; ``None`` where no organisation has so many."""
    from scipy import stats  # noqa: PLC0415 - importing the library must stay light

    tail = (1 - _level(plan)) / 2

    def enough(pairs: int) -> bool:
        free, shift = pairs - 1, difference * sqrt(pairs) / spread
        bar = stats.t.ppf(1 - tail, free)
        return bool(stats.nct.sf(bar, free, shift) >= plan.power)

    high = 2
    while not enough(high):
        high *= 2
        if high > _MOST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if middle > 1 and enough(middle) else (middle, high)
    return high


__all__ = [
    "AGAINST",
    "COUNTED",
    "OUTCOMES",
    "PROMPTED_DAYS",
    "Against",
    "Block",
    "Figure",
    "Member",
    "Outcome",
    "Verdict",
    "change",
    "compare",
    "figures",
    "pair_differences",
    "pairs_needed",
    "under_way",
]
