"""Does a study say what it should? Made-up studies, with and without an effect.

People differ much in how often they do something, and some kinds of activity are far more frequent
than others. Who gets a matched step is sent three prompts in six weeks, who gets another two, who
waits none; each asks for one or two kinds.

Printed per world: how often both intervals of the first outcome hold the truth, which should be 95 %;
the same where each person's own prompts alone are left out, and not those of the whole block; how
often a difference is claimed that is not there; and how often a true one is found, for the number of
pairs that the library says it takes.

    python bench/run_effect.py [--studies 400]
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from statistics import fmean, stdev

from measure import report, value

from leercultuur_core.advice.effect import ARMS, Arm, StudyPlan
from leercultuur_core.advice.effect_figures import (
    AGAINST,
    Against,
    Block,
    Member,
    change,
    compare,
    pair_differences,
    pairs_needed,
)

PLAN = StudyPlan(seed="bench", minimum=10)
SINCE = 20_000
LENGTH = 7 * PLAN.weeks
KINDS = ("viewed", "progressed", "shared", "asked", "reflected", "feedback-given")
WEIGHTS = (30, 20, 3, 3, 2, 1)
ASKED = ("shared", "asked", "reflected", "feedback-given", "progressed")
PROMPTS = {"matched": 3, "unmatched": 2, "later": 0}


def somebody(dice: random.Random, arm: Arm, busy: float, more: float) -> Member:
    """``busy`` is the probability of doing something on a day, ``more`` what the matched step adds
    to it in the weeks after."""
    done = {}
    for day in range(-LENGTH, LENGTH):
        chance = busy + (more if arm == "matched" and day >= 0 else 0)
        if dice.random() < chance:
            done[SINCE + day] = frozenset(dice.choices(KINDS, WEIGHTS, k=dice.randint(1, 2)))
    prompted = [
        (SINCE + 14 * number, frozenset(dice.sample(ASKED, dice.randint(1, 2))))
        for number in range(PROMPTS[arm])
    ]
    return Member(SINCE, done, prompted)


def block(dice: random.Random, more: float) -> Block:
    return {arm: somebody(dice, arm, 0.8 * dice.betavariate(1, 3), more) for arm in ARMS}


def own_only(blocks: Sequence[Block], against: Against) -> list[float]:
    """The differences where everybody's own prompts alone are left out."""
    return [
        change({"matched": one["matched"]}, "matched", PLAN)
        - change({against: one[against]}, against, PLAN)
        for one in blocks
    ]


def coverage(studies: int, pairs: int, dice: random.Random) -> None:
    """One line of the table of a world without effect."""
    held = own = claimed = 0
    for _ in range(studies):
        blocks = [block(dice, 0.0) for _ in range(pairs)]
        found = [
            compare(pair_differences(blocks, PLAN, "unprompted", one), PLAN, "unprompted", one)
            for one in AGAINST
        ]
        other = [compare(own_only(blocks, one), PLAN, "unprompted", one) for one in AGAINST]
        held += all(one.verdict not in ("more", "less") for one in found)
        own += all(one.verdict not in ("more", "less") for one in other)
        claimed += any(one.verdict == "more" for one in found)
    report(
        value(
            f"{pairs} pairs without effect: both intervals hold the truth",
            [100 * held / studies],
            "% of studies",
        )
    )
    print(
        f"{pairs:>6}  {held / studies:>10.1%}  {own / studies:>16.1%}  {claimed / studies:>14.1%}"
    )


def power(studies: int, dice: random.Random) -> None:
    """How often a true difference is found with the pairs that it takes."""
    print("\na true difference, and the pairs it takes   found as `more`, matched − later")
    for more in (0.05, 0.1, 0.2):
        pilot = [block(dice, more) for _ in range(3000)]
        values = pair_differences(pilot, PLAN, "unprompted", "later")
        # The truth is what is left after masking, which a large pilot shows.
        truth, spread = fmean(values), stdev(values)
        pairs = pairs_needed(truth, spread, PLAN)
        pairs = max(pairs or 0, PLAN.minimum)
        tries = max(100, min(studies, 24_000 // pairs))
        found = sum(
            compare(
                pair_differences(
                    [block(dice, more) for _ in range(pairs)], PLAN, "unprompted", "later"
                ),
                PLAN,
                "unprompted",
                "later",
            ).verdict
            == "more"
            for _ in range(tries)
        )
        report(
            value(
                f"a true {more:.2f}, and the {pairs} pairs it takes: found as `more`",
                [100 * found / tries],
                "% of studies",
            )
        )
        print(f"{truth:>5.2f} days a week, {pairs:>4} pairs: {found / tries:>6.1%} of {tries}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400)
    studies = parser.parse_args().studies
    dice = random.Random(20260303)
    print(f"no effect, {studies} studies a line; both intervals hold zero (should be 95 %)")
    print(" pairs  both hold 0   own prompts only  `more` claimed")
    for pairs in (10, 20, 40, 80):
        coverage(studies, pairs, dice)
    power(studies, dice)


if __name__ == "__main__":
    main()
