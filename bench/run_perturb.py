"""How much does one person move a plan in concert? And how long does a plan of many units take?

Thirty made-up units of 5 to 60 people. A plan is made in one quarter; in the next one person in one
unit has other data (or has left, or is new) and everybody else the same. Counted is how many actions
of the whole plan are other ones, an exchanged action counting once; over 300 people.

    python bench/run_perturb.py [--tries 300] [--stays 250]
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping

from attrs import evolve
from measure import report, value

import leercultuur_core as lc
from leercultuur_core.advice import Directory, Person
from leercultuur_core.advice.concert import Concert, Quarter, concert
from leercultuur_core.advice.concert_rules import ConcertRules, default_concert_rules
from leercultuur_core.advice.roles import Holders
from leercultuur_core.maturity.vocabulary import PHASES, Phase
from leercultuur_core.privacy.series import Hidden, Shown, next_quarter

Mix = Mapping[Phase, float]
Units = dict[str, dict[str, Mix]]


def mix(dice: random.Random, lean: list[float]) -> Mix:
    """Somebody's probabilities: as sure as an estimate usually is, leaning as their unit does."""
    weights = [dice.gammavariate(0.4, 1) * one + 1e-6 for one in lean]
    return dict(zip(PHASES, (one / sum(weights) for one in weights), strict=True))


def organisation(dice: random.Random, count: int) -> Units:
    """Units that each lean towards phases of their own."""
    units: Units = {}
    for number in range(count):
        lean = [dice.gammavariate(0.7, 1) for _ in PHASES]
        units[f"unit{number:03}"] = {
            f"{number}-{one}": mix(dice, lean) for one in range(dice.randint(5, 60))
        }
    return units


def perturbed(units: Units, dice: random.Random) -> tuple[str, Units]:
    """The same organisation with one person other, gone or new."""
    unit = dice.choice([name for name, people in units.items() for _ in people])
    people = dict(units[unit])
    who = dice.choice(sorted(people))
    what = dice.choices(("other", "gone", "new"), (8, 1, 1))[0]
    even = [1.0] * len(PHASES)
    if what == "other":
        people[who] = mix(dice, even)
    elif what == "gone":
        del people[who]
    else:
        people["new"] = mix(dice, even)
    return what, {**units, unit: people}


def holders(units: Units) -> Holders:
    people = [
        Person("director", roles=("director",)),
        Person("hr", roles=("hr",)),
        Person("school", roles=("education_contact",)),
        *(Person(f"m {unit}", roles=("manager",), unit=unit) for unit in units),
    ]
    return Holders.of(Directory(tuple(people)))


def quarter(name: str, found: tuple[Shown | Hidden, ...]) -> Quarter:
    return Quarter(
        name,
        tuple(one.release for one in found if isinstance(one, Shown)),
        tuple(one.unit for one in found if isinstance(one, Hidden)),
    )


def actions(plan: Concert) -> Iterator[tuple[str, str]]:
    return ((unit, one.id) for unit, each in plan.plans.items() for one in each.actions)


def tell(tries: int, rules: ConcertRules) -> None:
    dice = random.Random(20260302)
    model = lc.maturity_model()
    changes: Counter[int] = Counter()
    bands = 0
    sizes = []
    for number in range(tries):
        if number % 30 == 0:
            units = organisation(dice, 30)
            who = holders(units)
            first = next_quarter((), units, quarter="2026-Q1")
            before = quarter("2026-Q1", first)
            plan = concert([before], model=model, holders=who, rules=rules)
            old = set(actions(plan))
            sizes.append(len(old))
        _, other = perturbed(units, dice)
        after = quarter("2026-Q2", next_quarter(first, other, quarter="2026-Q2"))
        bands += after.releases != before.releases
        new = set(actions(concert([before, after], model=model, holders=who, rules=rules)))
        changes[max(len(new - old), len(old - new))] += 1
    calm = changes[0] + changes[1]
    print(f"organisations of 30 units: {len(sizes)}, actions in a plan: {min(sizes)}-{max(sizes)}")
    print(f"one person moved a band in {bands} of {tries}")
    print("actions changed: " + ", ".join(f"{n}: {changes[n]}" for n in sorted(changes)))
    report(
        value(
            "another person's data: plans in which at most one action changed",
            [100 * calm / tries],
            "% of plans",
            note=f"{tries} changes",
        )
    )


def speed(rules: ConcertRules) -> None:
    dice = random.Random(7)
    model = lc.maturity_model()
    units = organisation(dice, 200)
    who = holders(units)
    found = quarter("2026-Q1", next_quarter((), units, quarter="2026-Q1"))
    start = time.perf_counter()
    plan = concert([found], model=model, holders=who, rules=rules)
    taken = time.perf_counter() - start
    report(
        value(
            f"a plan in concert for {len(found.releases)} groups",
            [taken],
            "s",
            note=f"{len(set(actions(plan)))} actions",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=300)
    parser.add_argument("--stays", type=int, help="another weight for what was in the last plan")
    asked = parser.parse_args()
    rules = default_concert_rules()
    if asked.stays is not None:
        rules = evolve(rules, weights={**rules.weights, "stays": asked.stays})
    tell(asked.tries, rules)
    speed(rules)


if __name__ == "__main__":
    main()
