"""A plan in concert: for a quarter a small set of actions over the layers, chosen together.

What the whole organisation does is chosen first (HR, leadership, education), since it holds for every
unit; then what each unit does beside it. Each of these choices is exact (`selection`), under a budget
for whoever acts. What an action is worth, in thousandths of a perfect fit::

    fit to the released shares  -  effort  (+ stays, repairs, chosen  -  caution)
    + for each phase that some action is for, weighed by its share
    + for each layer that does something
    + formal beside informal, students beside professionals, an action beside what it builds upon

The numbers are data (`concert_rules`). Of choices that are worth the same the one with more science,
then the first by id. Nothing here knows a person: the shares are the middles of released bands. So
what one person does or says changes no plan before the next release; after it an action that was a
good choice before is worth something more, or who crosses the edge of a band would turn a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from attrs import frozen

from ..maturity import Intervention, MaturityModel
from ..maturity.vocabulary import LAYERS, PHASES, Layer
from ..privacy.release import parents
from .concert_choice import WHOLE, Chooser, Place, Quarter, hands, holds_for
from .concert_rules import ConcertRules, default_concert_rules
from .concert_weeks import APART, weeks
from .practice import Practised
from .preconditions import States
from .recommend import fit
from .roles import Holders

REMEMBERED = 4
"""Quarters that a plan rests on, its own the last: a year."""

_CARRIES = 2  # a phase is named as a reason from half of what the best is worth

ReasonCode = Literal[
    "phases",
    "builds_on",
    "makes_room",
    "formal_informal",
    "students_professionals",
    "only_layer",
    "repairs",
    "chosen",
    "caution",
    "science",
    "stays",
    "tried",
]

LeftReason = Literal["held", "running", "planned", "nobody", "budget", "fit"]
"""Why an action is not in a plan: a precondition holds it, it is done or planned already, nobody acts
for its layer, who acts has enough to do, it fits less than what it takes."""


@frozen
class Reason:
    """Why an action is in a plan. ``names`` are phases, interventions or preconditions."""

    code: ReasonCode
    names: tuple[str, ...] = ()


@frozen
class Action:
    """An intervention of a plan, with who does it and when.

    ``role`` acts for the layer (``stands_in`` for somebody who is not there), in the weeks ``begin``
    to ``end`` of the quarter. ``worth`` is that of the action by itself.
    """

    intervention: Intervention
    unit: str
    role: str
    stands_in: bool
    begin: int
    end: int
    worth: int
    reasons: tuple[Reason, ...]

    @property
    def id(self) -> str:
        """The id of the intervention."""
        return self.intervention.id


@frozen
class LeftOut:
    """An intervention that is not in a plan, and why; ``names`` are what repairs the precondition
    that holds it."""

    intervention: Intervention
    reason: LeftReason
    names: tuple[str, ...] = ()


@frozen
class UnitPlan:
    """What is done in one unit, by week, layer and id, and what is not; ``layers`` are those that act
    there."""

    unit: str
    layers: tuple[Layer, ...] = ()
    actions: tuple[Action, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@frozen
class Concert:
    """The plans of one quarter by unit; ``""`` is what the whole organisation does.

    Empty where nothing is released.
    """

    quarter: str
    plans: Mapping[str, UnitPlan]

    def of(self, unit: str) -> tuple[UnitPlan, ...]:
        """What concerns ``unit``: of the whole organisation's plan what is not for other units only,
        and the unit's own; where it has none of its own, that of the nearest unit above it."""
        if not self.plans:
            return ()
        near = next((up for up in (unit, *parents(unit)) if up in self.plans), WHOLE)
        whole, own = self.plans[WHOLE], self.plans[near]
        if near == WHOLE:
            return (whole,)
        layers = tuple(layer for layer in whole.layers if holds_for(layer, own.layers))
        concerns = UnitPlan(
            WHOLE,
            layers,
            tuple(one for one in whole.actions if one.intervention.layer in layers),
            tuple(one for one in whole.left_out if one.intervention.layer in layers),
        )
        return concerns, own


def concert(
    quarters: Sequence[Quarter],
    *,
    model: MaturityModel,
    holders: Holders,
    practice: Collection[Practised] = (),
    states: Mapping[str, States] | None = None,
    chosen: Mapping[str, str] | None = None,
    rules: ConcertRules | None = None,
) -> Concert:
    """The plan of the last of ``quarters``, which are in the order of time.

    ``states`` are the released preconditions by unit, ``chosen`` what a unit's people chose; without
    them nothing is known and nothing leads. The quarters before it (`REMEMBERED` in all) count only by
    what would have been planned in them with what is known now. Raises `ModuleNotFoundError`
    without SciPy (the extra ``plan``).
    """
    chooser = Chooser(
        model,
        holders,
        tuple(practice),
        states or {},
        chosen or {},
        rules or default_concert_rules(),
    )
    before: Mapping[str, frozenset[str]] = {}
    for quarter in quarters[-REMEMBERED:-1]:
        before = {place.unit: place.picked for place in chooser.compose(quarter, before).values()}
    if not quarters or not quarters[-1].releases:
        return Concert(quarters[-1].name if quarters else "", {})
    return _told(chooser, quarters[-1], before)


def _told(chooser: Chooser, quarter: Quarter, before: Mapping[str, frozenset[str]]) -> Concert:
    """The plans of ``quarter`` with all that there is to say about them."""
    places = chooser.compose(quarter, before)
    everywhere = frozenset[str]().union(*(place.picked for place in places.values()))
    whole: dict[str, int] = {}
    plans: dict[str, UnitPlan] = {}
    for unit, place in places.items():
        layers = {one: chooser.model[one].layer for one in place.picked}
        begin = weeks(
            layers,
            {one: hands(place, layer) for one, layer in layers.items()},
            {one: place.worth[one] for one in place.picked},
            beside={one: whole[one] for one in chooser.beside(places, place)},
            everywhere=everywhere,
            rules=chooser.rules,
        )
        if unit == WHOLE:
            whole = begin
        beside = chooser.beside(places, place)
        actions = [_action(chooser, place, one, begin, beside) for one in place.picked]
        actions.sort(key=lambda one: (one.begin, LAYERS.index(one.intervention.layer), one.id))
        acting = tuple(layer for layer in LAYERS if layer in place.holders)
        plans[unit] = UnitPlan(unit, acting, tuple(actions), tuple(_left_out(chooser, place)))
    return Concert(quarter.name, plans)


def _action(
    chooser: Chooser, place: Place, name: str, begin: Mapping[str, int], beside: frozenset[str]
) -> Action:
    holder = chooser.holder(place, name)
    return Action(
        intervention=chooser.model[name],
        unit=place.unit,
        role=holder.role,
        stands_in=holder.stands_in,
        begin=begin[name],
        end=begin[name] + APART - 1,
        worth=place.worth[name],
        reasons=tuple(_reasons(chooser, place, name, beside)),
    )


def _reasons(chooser: Chooser, place: Place, name: str, beside: frozenset[str]) -> list[Reason]:
    one = chooser.model[name]
    parts = {phase: place.mix[phase] * fit(one, phase) for phase in one.phases}
    best = max(place.mix[phase] * fit(one, phase) for phase in PHASES)
    carried = sorted(
        (phase for phase, part in parts.items() if part and part * _CARRIES >= best),
        key=lambda phase: (-parts[phase], PHASES.index(phase)),
    )
    found = [Reason("phases", tuple(carried))] if carried else []
    present = frozenset(one for one, state in place.done.items() if state != "stopped")
    there = place.picked | beside | present
    links = chooser.rules.links
    before = tuple(link.first for link in links if link.then == name and link.first in there)
    after = tuple(link.then for link in links if link.first == name and link.then in place.picked)
    for code, names in (("builds_on", before), ("makes_room", after)):
        if names:
            found.append(Reason(code, names))  # type: ignore[arg-type]
    for side, groups in chooser.sides().items():
        mine = [group for group in groups if name in group]
        # Named where this action alone is what makes the connection.
        if mine and all(group & there for group in groups):
            without = there - {name}
            if not all(group & without for group in groups):
                found.append(Reason(side))  # type: ignore[arg-type]
    alone = [other for other in there if other in chooser.model]
    if sum(chooser.model[other].layer == one.layer for other in alone) == 1:
        found.append(Reason("only_layer"))
    for code, true in (
        ("repairs", name in place.repairs),
        ("chosen", name == place.chosen),
        ("caution", name in place.cautions),
        ("science", one.science),
        ("stays", name in place.before),
        ("tried", place.done.get(name) == "stopped"),
    ):
        if true:
            found.append(Reason(code))  # type: ignore[arg-type]
    return found


def _left_out(chooser: Chooser, place: Place) -> list[LeftOut]:
    """Everything of the layers here that was not chosen, in catalogue order."""
    found: list[LeftOut] = []
    value = place.selection.value(place.picked)
    for one in chooser.model.all:
        if one.layer not in place.holders or one.id in place.picked:
            continue
        state = place.done.get(one.id, "stopped")
        if state != "stopped":
            found.append(LeftOut(one, state))
        elif place.holders[one.layer] is None:
            found.append(LeftOut(one, "nobody"))
        elif one.id in place.held:
            names = [name for why in place.held[one.id].reasons for name in why.repaired_by]
            found.append(LeftOut(one, "held", tuple(dict.fromkeys(names))))
        else:
            more = place.selection.value(place.picked | {one.id}) > value
            found.append(LeftOut(one, "budget" if more else "fit"))
    return found


__all__ = [
    "WHOLE",
    "Action",
    "Concert",
    "LeftOut",
    "LeftReason",
    "Quarter",
    "Reason",
    "ReasonCode",
    "UnitPlan",
    "concert",
]
