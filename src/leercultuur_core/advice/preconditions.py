"""Preconditions of a group or a person: what is measured, what is low, what that holds back.

**Measured.** Items of one facet are averaged per person, then over the people of a group; facets
never are. A facet is *low* where the **upper 80 % confidence bound of its mean is below 3 of 5**:
one may then be fairly sure that the group says rather no than yes. The bound is Student's
(one-sided): ``mean + t(.80, n-1) * s / sqrt(n)``, Student 1908, *Biometrika* 6:1-25. On answers from
1 to 5 it keeps close to its level for the small groups there are here, which bounds that assume
nothing about the spread do not: Hoeffding's is 1.1 wide for ten people, so that only a mean below
1.9 would ever be low.

**Shown.** A mean would tell what one joiner answered, and a band of it beside the state that some
answer was given by nobody (five people whose mean is over 2.5 and still surely low: nobody said 5).
So what leaves here is the state alone: *low*, *in order* or *unsure*. With it anybody in a group of
the smallest size may still have given any answer, also where all of them agree. That is why a group
of people who are nearly all of one mind is shown here, other than with phases: it is the team that
is unsafe by everybody's account that most needs to be known.

**What it does** is decided by the catalogue's rules (``precondition_rules.tsv``): *gate*, *warn* or
nothing. What is not known warns and never gates, so that a small firm is never stuck.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import sqrt
from statistics import mean, variance
from typing import Literal

from attrs import frozen

from ..maturity import Intervention, MaturityModel
from ..maturity.preconditions import Effect, PreconditionItem

MIDDLE = 3
"""Of five points; a mean below it is rather no than yes."""

POINTS = (1, 2, 3, 4, 5)
"""The answers there are: not at all … wholly."""

FRESH_MONTHS = 12
"""Answers and releases older than so many months no longer count. A judgement: safety and workload
change with people and seasons, and a yearly survey is what organisations keep up."""

# One-sided 80 % points of Student's t by degrees of freedom, rounded up in the third decimal
# (NIST/SEMATECH e-Handbook 1.3.6.7.2 has the method). Between two, the fewer degrees count: wider.
_T80 = {
    1: 1.377, 2: 1.062, 3: 0.979, 4: 0.941, 5: 0.920, 6: 0.906, 7: 0.897, 8: 0.889, 9: 0.884,
    10: 0.880, 12: 0.873, 15: 0.867, 20: 0.860, 30: 0.854, 60: 0.848, 120: 0.845,
}  # fmt: skip

Facet = tuple[str, str]
"""A precondition and one of its facets."""

State = Literal["low", "unsure", "in_order", "unknown"]
"""*low*: the upper bound of the mean is below 3. *in_order*: the lower bound is not. *unsure*:
neither. *unknown*: too few answered, too long ago, or nobody."""


@frozen
class Measured:
    """What is known of one facet, of a group (as it may be shown) or of one person (their own).

    state
        See `State`.
    contributors
        There are at least so many; 0 where nothing is known, 1 for a person.
    as_of
        Of a group the first of the month in which half of the answers were in (`half_in`), of a
        person the day it is looked at.
    """

    state: State = "unknown"
    contributors: int = 0
    as_of: date | None = None

    @property
    def low(self) -> bool:
        """Whether it holds back what the rules say."""
        return self.state == "low"

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return self.state != "unknown"


UNMEASURED = Measured()
"""Of a facet nobody answered."""

States = Mapping[Facet, Measured]
"""Facet → what is known of it; one that is missing is unknown."""


@frozen
class Said:
    """One person's answer to one item, 1 to 5, on a day. The latest to an item counts."""

    person: str
    item: str
    value: int
    on: date


@frozen
class Held:
    """Why a precondition holds an intervention back, or warns about it.

    ``facets`` are those that are low, or that nobody knows of where ``unknown``; ``repaired_by`` are
    ids of interventions that mend it.
    """

    precondition: str
    facets: tuple[str, ...]
    unknown: bool
    repaired_by: tuple[str, ...]


@frozen
class Free:
    """Nothing against it. ``repairs`` are preconditions that this intervention mends."""

    repairs: tuple[str, ...] = ()
    reasons: tuple[Held, ...] = ()


@frozen
class Warn:
    """It may go ahead; ``reasons`` say what to look out for."""

    reasons: tuple[Held, ...]


@frozen
class Gate:
    """Not now: ``reasons`` say what is in the way and what repairs it."""

    reasons: tuple[Held, ...]


Verdict = Gate | Warn | Free


def verdict(intervention: Intervention, states: States, *, model: MaturityModel) -> Verdict:
    """Whether ``intervention`` may go ahead where the facets are as ``states`` says.

    `Gate` where a facet that is low gates it; else `Warn` where one that is low warns, or one that
    is unknown would do anything if it were low; else `Free`. A precondition never holds back, nor
    warns about, what repairs it.
    """
    facets = facets_of(model)
    low = [
        facet for precondition, facet in facets if states.get((precondition, facet), UNMEASURED).low
    ]
    unknown = [f for p, f in facets if not states.get((p, f), UNMEASURED).known]
    repaired_by = {one.id: one.repaired_by for one in model.preconditions}
    effects = model.effects(intervention, low)
    reasons = {
        strictness: tuple(
            Held(one.precondition, one.low, False, repaired_by[one.precondition])
            for one in effects
            if one.effect == strictness
        )
        for strictness in ("gate", "warn")
    }
    if reasons["gate"]:
        return Gate(reasons["gate"])
    doubts = tuple(
        Held(one.precondition, one.low, True, repaired_by[one.precondition])
        for one in _effects_of_each(intervention, unknown, model)
    )
    if reasons["warn"] or doubts:
        return Warn(reasons["warn"] + doubts)
    return Free(tuple(one.precondition for one in effects if one.repairs))


def _effects_of_each(
    intervention: Intervention, unknown: Collection[str], model: MaturityModel
) -> list[Effect]:
    """What the unknown facets would do if they were low, for each precondition."""
    return [one for one in model.effects(intervention, unknown) if one.effect != "none"]


def gated(model: MaturityModel, low: Collection[str]) -> frozenset[str]:
    """The ids of the interventions that are held back where the facets in ``low`` are low. Only what
    is low gates."""
    return frozenset(
        one.id
        for one in model.all
        if any(effect.effect == "gate" for effect in model.effects(one, low))
    )


def leading(
    model: MaturityModel, states: States, *, layer: str, chosen: str = ""
) -> tuple[Intervention, ...]:
    """What to choose from for a ``layer`` around a group, in catalogue order: what the team chose
    itself, where that is of this layer and not held back; else what mends a facet that is low; else
    all that is not held back. Empty where nothing is left."""
    low = low_facets(states)
    held = gated(model, low)
    free = tuple(one for one in model.interventions(layer=layer) if one.id not in held)
    mending = {one.id for one in model.favoured(low)}
    for first in ({chosen}, mending):
        if found := tuple(one for one in free if one.id in first):
            return found
    return free


def low_facets(states: States) -> tuple[str, ...]:
    """The facets that are low, each once."""
    return tuple(dict.fromkeys(facet for (_, facet), one in states.items() if one.low))


def facets_of(model: MaturityModel) -> tuple[Facet, ...]:
    """What the questionnaire of ``model`` measures, each once, in its order."""
    return tuple(dict.fromkeys((item.precondition, item.facet) for item in model.items))


def scores(
    said: Iterable[Said], items: Sequence[PreconditionItem], *, at: date, months: int = FRESH_MONTHS
) -> dict[Facet, dict[str, Fraction]]:
    """Facet → person → the mean of their answers to its items, from 1 (bad) to 5 (good).

    Of one item the latest answer counts (of two on a day the lower, so that order makes no
    difference); answers from after ``at`` or older than ``months`` do not.
    """
    known = {item.id: item for item in items}
    latest: dict[tuple[str, str], Said] = {}
    for one in said:
        if one.item not in known or not fresh(one.on, at, months):
            continue
        before = latest.setdefault((one.person, one.item), one)
        if (one.on, -one.value) > (before.on, -before.value):
            latest[one.person, one.item] = one
    found: dict[Facet, dict[str, list[int]]] = {}
    for (person, _), one in latest.items():
        item = known[one.item]
        good = one.value if item.keying == "agree-is-good" else POINTS[0] + POINTS[-1] - one.value
        people = found.setdefault((item.precondition, item.facet), {})
        people.setdefault(person, []).append(good)
    return {
        facet: {person: Fraction(sum(all_), len(all_)) for person, all_ in people.items()}
        for facet, people in found.items()
    }


def fresh(on: date, at: date, months: int = FRESH_MONTHS) -> bool:
    """Whether what was said ``on`` a day still counts ``at`` another, up to ``months`` later."""
    years, month = divmod(at.month - 1 - months, 12)
    # The same day of the month, or what comes before it in a month without such a day.
    return (at.year + years, month + 1, at.day) <= (on.year, on.month, on.day) and on <= at


def of_group(people: Collection[Fraction], *, minimum: int, as_of: date) -> Measured:
    """What may be shown of the answers of a group: one score a person, as `scores` gives them.

    ``minimum`` people are needed (at least two); with fewer it is unknown.
    """
    if len(people) < max(minimum, 2):
        return UNMEASURED
    middle, reach = bound(people)
    if middle + reach < MIDDLE:
        state: State = "low"
    else:
        state = "unsure" if middle - reach < MIDDLE else "in_order"
    return Measured(state, minimum, as_of)


def of_person(
    facet_scores: Mapping[Facet, Mapping[str, Fraction]], person: str, *, as_of: date
) -> dict[Facet, Measured]:
    """What one person themselves said of each facet: low where their own mean is below 3. Nobody's
    answer stands for a group, so there is no bound to it. For their own prompts only."""
    return {
        facet: Measured("low" if people[person] < MIDDLE else "in_order", 1, as_of)
        for facet, people in facet_scores.items()
        if person in people
    }


def bound(people: Collection[Fraction]) -> tuple[float, float]:
    """The mean of two or more scores, and how far its one-sided 80 % bounds are from it."""
    exact = sorted(people)
    degrees = max(known for known in _T80 if known <= len(exact) - 1)
    return float(mean(exact)), _T80[degrees] * sqrt(variance(exact) / len(exact))


def half_in(days: Collection[date]) -> date:
    """The first of the month in which half of the answers were in; says little of any one of them."""
    return sorted(days)[(len(days) - 1) // 2].replace(day=1)


def together(own: States, group: States) -> dict[Facet, Measured]:
    """What counts for a person's own prompts: what they said themselves and what is shown of their
    unit. Low where either is; else what they said, or what is shown."""
    return {
        facet: group[facet]
        if facet in group and (group[facet].low or facet not in own)
        else own[facet]
        for facet in (*group, *own)
    }
