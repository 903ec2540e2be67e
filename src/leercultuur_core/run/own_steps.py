"""What is asked before somebody gets a step of their own, in one order: the plan and their page ask alike.

Refusals first, then a way that is not there, what waits, a study, and care; then whether anything is left
to choose from. Only then the plan makes a text of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import get_args

from attrs import evolve, frozen

from ..advice.care import (
    QUESTION,
    Drop,
    Hold,
    Send,
    WaitingPrompt,
    blocked_interventions,
    decide,
    question_first,
)
from ..advice.care_hours import ClosedReason
from ..advice.own import OWN_LAYERS
from ..extension import Sink
from ..maturity import MaturityModel
from ..maturity.vocabulary import UNKNOWN
from ..phases import Estimate
from ..storage import KeptEstimate, StoredPerson
from . import channels
from .care import Past, Working
from .effect import Arms
from .planned import May, Nothing
from .preconditions import Conditions
from .rights import Rights

_CLOSED: tuple[str, ...] = get_args(ClosedReason)

_ANY_STEP = ""
"""Stands for a step that care has nothing against."""


@frozen
class OwnSteps:
    """What decides about people's own steps at one moment.

    ``past`` is of everybody who is asked about, ``kept`` the last estimate of each that was kept.
    """

    rights: Rights
    past: Past
    kept: Mapping[str, KeptEstimate]
    arms: Arms
    sinks: Mapping[str, Sink]
    working: Working
    now: datetime

    def ask(self, person: StoredPerson, estimate: Estimate | None, *, waits: bool) -> May | Nothing:
        """Whether a step may be looked for, with what is believed of ``person`` now; or the first
        thing that holds it. ``waits``: whether something is in the outbox that has to go first."""
        refused = self.rights.refusal(person, "own_prompts")
        if refused is not None:
            return Nothing(refused)
        if estimate is None and "worker" not in person.roles:
            return Nothing("not_a_worker")
        sink = channels.first(person, self.sinks)
        if sink is None:
            return Nothing("no_sink")
        if waits:
            return Nothing("waiting")
        episode = self._episode(person, estimate)
        working, rules = self.working.of_person(person), self.working.rules
        history = self.past.of(person.uuid)
        unknown = estimate is None or (estimate.phase == UNKNOWN and estimate.you_said is None)
        is_question = unknown or question_first(history) is not None
        if not is_question and self.arms.waits(person.uuid):
            return Nothing("effect_later")
        # Care looks first, since most get nothing tonight and a text takes longest to make. Which
        # step it is makes no difference: those that may not be offered are not chosen from.
        decision = taken(
            decide(
                WaitingPrompt(QUESTION if is_question else _ANY_STEP, episode, self.now),
                history,
                rules=rules,
                now=self.now,
                working=working,
                episode=episode,
            )
        )
        if isinstance(decision, Nothing):
            return decision
        blocked = blocked_interventions(
            history, self.now, rules=rules, working=working, episode=episode
        )
        return May(
            person, estimate, is_question, frozenset(blocked) - {QUESTION}, episode, sink, decision
        )

    def left(
        self, may: May, estimate: Estimate, model: MaturityModel, conditions: Conditions
    ) -> MaturityModel | Nothing:
        """What a step is chosen from, of ``model`` `without` what is blocked; or why there is none.
        The phase question is not chosen from anything."""
        person = may.person
        model = conditions.for_person(model, person.uuid, person.unit)
        model = self.arms.fitting(model, person.uuid, estimate)
        if any(model.interventions(layer=layer) for layer in OWN_LAYERS):
            return model
        held = conditions.held_from(person.uuid, person.unit)
        return Nothing("preconditions" if held else "nothing_new")

    def _episode(self, person: StoredPerson, estimate: Estimate | None) -> str:
        """The episode that ``estimate`` is in. Once there is a prompt in it, it is as it was kept: so
        the next estimate will keep it (`estimating.keep`), whatever is seen of its beginning later."""
        if estimate is None:
            return ""
        kept = self.kept.get(person.uuid)
        prompted = {one.episode for one in self.past.prompts.get(person.uuid, ())}
        if kept is not None and kept.phase == estimate.phase and kept.episode in prompted:
            return kept.episode
        return estimate.episode


def taken(decision: Send | Hold | Drop) -> Send | Hold | Nothing:
    """What care decided as a plan takes it: only what may go now, or waits for working time, is made.
    What waits for a cap is not made yet: by then another step may fit better."""
    if isinstance(decision, Drop) or (
        isinstance(decision, Hold) and decision.reason not in _CLOSED
    ):
        return Nothing(decision.reason, decision)
    return decision


def without(model: MaturityModel, blocked: Collection[str]) -> MaturityModel:
    """``model`` without the interventions that are ``blocked``."""
    return evolve(model, all=tuple(one for one in model.all if one.id not in blocked))


__all__ = ["OwnSteps", "taken", "without"]
