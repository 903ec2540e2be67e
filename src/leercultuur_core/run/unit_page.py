"""What who leads a unit gets to look at: what is released, planned, measured and chosen there.

All of it is frozen or registered by the organisation: nothing that one person does, says, answers or
votes changes it before the next release. What is told of preconditions and votes is what
`preconditions` and `voting` tell of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from attrs import define, evolve, field, frozen

from ..advice.concert import Action, Concert
from ..advice.concert_rules import WEEKS, default_concert_rules
from ..advice.concert_words import meanwhile, say, why
from ..advice.group import GROUP_LAYERS, rank_for_unit
from ..advice.phrases import default_phrases
from ..advice.preconditions import Facet, Measured, low_facets
from ..advice.roles import Holders
from ..maturity import MaturityModel
from ..maturity.vocabulary import Language, Layer
from ..privacy import Release
from ..privacy.series import quarter_of
from ..storage import Transaction
from . import acting, concert, practice, preconditions, releasing, voting
from .config import Configuration
from .preconditions import Conditions
from .releasing import UnitRelease
from .rights import Rights
from .voting import NoVote, Vote

Nothing = Literal["off", "no_go_live", "not_yet", "hidden"]
"""Why nothing is shown of a unit: groups are off, before go-live, before the first release of the
quarter; or *hidden*, one and the same for every reason that has to do with who is in it."""

When = Literal["now", "later", "earlier", "any"]
"""Whether the weeks of an action hold this day; *any* where nobody planned weeks."""


@frozen
class UnitStep:
    """Something that somebody around a unit can do, in words.

    who
        The role that does it.
    summary, step
        What it is, and one first step for who does it.
    why, meanwhile
        Why it was chosen, and what others do in the same weeks; in sentences, may be empty.
    begin, end
        Its weeks of the quarter, 1 to 13; 0 where nobody planned them.
    """

    intervention: str
    layer: Layer
    who: str
    label: str
    summary: str
    step: str
    why: tuple[str, ...] = ()
    meanwhile: tuple[str, ...] = ()
    begin: int = 0
    end: int = 0
    when: When = "any"


@frozen
class UnitPage:
    """What is shown of one unit to who leads it; holds no names and no count of people.

    release, made
        The shares, and the quarter they were made in; ``None`` and ``""`` where ``nothing`` says why.
    planned_for
        The unit whose plan this is: this one, or the nearest above it of which something is shown;
        ``""`` is the whole organisation, ``None`` that there is no plan.
    yours, others
        What the manager does, and what the other layers do beside that.
    states, held, mending
        What is shown of each facet of the preconditions; the interventions that these hold back here
        for now; those that mend what is low.
    vote, no_vote
        The last round; why none can be opened now, ``None`` where one can.
    proposed
        The three actions to propose; empty where too little is shown.
    """

    unit: str
    quarter: str
    release: Release | None = None
    made: str = ""
    nothing: Nothing | None = None
    planned_for: str | None = None
    yours: tuple[UnitStep, ...] = ()
    others: tuple[UnitStep, ...] = ()
    states: Mapping[Facet, Measured] = field(factory=dict)
    held: tuple[str, ...] = ()
    mending: tuple[str, ...] = ()
    vote: Vote | None = None
    no_vote: NoVote | None = None
    proposed: tuple[str, ...] = ()


@define
class Plans:
    """The last plan in concert, kept for as long as what it was made from stays the same: making one
    for many units takes longer than a page may."""

    _last: tuple[object, Concert] | None = None

    def of(self, made_from: object, make: Callable[[], Concert]) -> Concert:
        """The plan made from ``made_from``."""
        last = self._last
        if last is None or last[0] != made_from:
            last = self._last = (made_from, make())
        return last[1]


def read(
    tx: Transaction,
    configuration: Configuration,
    model: MaturityModel,
    unit: str,
    *,
    at: datetime,
    language: Language,
    plans: Plans,
) -> UnitPage:
    """The page of ``unit``. Of a unit that there is not it is the page of one of which nothing is
    shown."""
    # What is frozen or registered asks for nobody's rights; only a new plan reads the people.
    rights = Rights.of_nobody(configuration, at)
    conditions = Conditions.read(tx, rights, model, only=())
    states = conditions.units.get(unit, {})
    held = conditions.held_in(unit)
    page = UnitPage(
        unit=unit,
        quarter=quarter_of(rights.day),
        states=states,
        held=tuple(one.id for one in model.all if one.id in held),
        mending=tuple(one.id for one in model.favoured(low_facets(states))),
    )
    page = _with_vote(tx, rights, model, page)
    refused = releasing.refused_group(rights)
    if refused is not None:
        return evolve(page, nothing="off" if refused == "off" else "no_go_live")
    releases = releasing.shown(tx, rights)
    here = next((one for one in releases if one.unit == unit), None)
    if here is None or here.release is None:
        page = evolve(page, nothing="hidden" if releases else "not_yet")
    else:
        page = evolve(page, release=here.release, made=here.made)
    try:
        found = plan_now(
            tx,
            configuration,
            model,
            releases=releases,
            conditions=conditions,
            at=at,
            plans=plans,
        )
    except ModuleNotFoundError as error:
        if not concert.lacks_solver(error):
            raise
        everybody = Rights.read(tx, configuration, at)
        holders = acting.holders(acting.rows(everybody), configuration.contacts)
        return _with_best(page, conditions, model, holders, language)
    return _with_plan(page, found, model, rights.day, language)


def plan_now(
    tx: Transaction,
    configuration: Configuration,
    model: MaturityModel,
    *,
    releases: Sequence[UnitRelease],
    conditions: Conditions,
    at: datetime,
    plans: Plans,
) -> Concert:
    """The plan in concert, made anew only where anything it rests on differs. Raises
    `ModuleNotFoundError` without SciPy (the extra ``plan``)."""
    roles = configuration.roles
    made_from = (
        releases,
        practice.read(tx),
        conditions.units,
        conditions.chosen,
        # Who holds which role. Whom a name stands for may change with each identity that is seen.
        roles,
        configuration.contacts,
        tx.people.version(),
        tx.people.identities() if roles.named else 0,
    )

    def make() -> Concert:
        rights = Rights.read(tx, configuration, at)
        return concert.read(tx, rights, model, conditions=conditions)

    return plans.of(made_from, make)


def _with_plan(
    page: UnitPage, found: Concert, model: MaturityModel, day: date, language: Language
) -> UnitPage:
    concerns = found.of(page.unit)
    if not concerns:
        return page
    actions = [one for plan in concerns for one in plan.actions]
    steps = [_planned(one, actions, model, day, language) for one in actions]
    return evolve(
        page,
        planned_for=concerns[-1].unit,
        yours=tuple(one for one in steps if one.layer == "manager"),
        others=_by_layer(one for one in steps if one.layer != "manager"),
    )


def _planned(
    action: Action,
    every: Sequence[Action],
    model: MaturityModel,
    day: date,
    language: Language,
) -> UnitStep:
    one = action.intervention
    return UnitStep(
        one.id,
        one.layer,
        _who(action.role, action.stands_in, one.layer, model, language),
        one.labels[language],
        one.summaries[language],
        one.steps[language],
        tuple(why(each, model=model, language=language) for each in action.reasons),
        meanwhile(action, every, rules=default_concert_rules(), language=language),
        action.begin,
        action.end,
        _when(action, day),
    )


def _with_best(
    page: UnitPage,
    conditions: Conditions,
    model: MaturityModel,
    holders: Holders,
    language: Language,
) -> UnitPage:
    """What fits the unit best, each layer by itself: what there is without a plan."""
    if page.release is None:
        return page
    steps: list[UnitStep] = []
    for layer in GROUP_LAYERS:
        holder = holders.for_unit(page.unit, layer)
        free = conditions.for_unit(model, page.unit, layer)
        if holder is None or not free.interventions(layer=layer):
            continue
        best = rank_for_unit(page.release, layer, model=free, language=language)[0]
        one = best.intervention
        steps.append(
            UnitStep(
                one.id,
                one.layer,
                _who(holder.role, holder.stands_in, one.layer, model, language),
                one.labels[language],
                one.summaries[language],
                one.steps[language],
                (default_phrases().say(language, f"unit.why.{best.carried_by[0]}"),),
            )
        )
    return evolve(
        page,
        planned_for=page.unit,
        yours=tuple(one for one in steps if one.layer == "manager"),
        others=tuple(one for one in steps if one.layer != "manager"),
    )


def _who(role: str, stands_in: bool, layer: Layer, model: MaturityModel, language: Language) -> str:
    named = say(language, f"role.{role}")
    if not stands_in:
        return named
    return say(
        language, "stands_in", role=named, layer=model.terms["layer"][layer].labels[language]
    )


def _when(action: Action, day: date) -> When:
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    # The last day or two of a quarter are past its thirteenth week.
    week = min((day - first).days // 7 + 1, WEEKS)
    if week < action.begin:
        return "later"
    return "now" if week <= action.end else "earlier"


def _by_layer(steps: Iterable[UnitStep]) -> tuple[UnitStep, ...]:
    """HR and leadership first, whose steps make room; then who is outside, and who is in the unit."""
    return tuple(sorted(steps, key=lambda one: (_FIRST[one.layer], one.begin, one.intervention)))


_FIRST: Mapping[Layer, int] = {
    "hr": 0,
    "leadership": 1,
    "environment": 2,
    "manager": 3,
    "colleagues": 4,
    "tasks": 5,
}


def _with_vote(tx: Transaction, rights: Rights, model: MaturityModel, page: UnitPage) -> UnitPage:
    here = [one for one in voting.votes(tx) if one.unit == page.unit]
    page = evolve(page, vote=here[-1] if here else None)
    refused = voting.refusals(tx, rights, page.unit)
    if refused:
        return evolve(page, no_vote=refused[0])
    return evolve(page, proposed=preconditions.proposed(tx, rights, model, page.unit))


__all__ = ["Nothing", "Plans", "UnitPage", "UnitStep", "When", "read"]
