"""What holds the next own step of one person, as the plan would find, from that person's rows alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, frozen

from ..advice.care import (
    QUESTION,
    Drop,
    Hold,
    WaitingPrompt,
    blocked_interventions,
    decide,
    question_first,
)
from ..advice.own import OWN_LAYERS
from ..extension import Sink
from ..maturity import MaturityModel
from ..maturity.vocabulary import UNKNOWN, Language
from ..phases import Estimate
from ..storage import StoredPerson, Transaction
from . import channels
from .care import Past, Working
from .effect import Arms
from .planned import WAITING
from .preconditions import Conditions
from .rights import Rights
from .status import told_why


class Frozen:
    """What is shown of every unit, kept for a day as long as nothing new is frozen: to read it takes
    the longer, the more quarters there are."""

    _last: tuple[object, Conditions] | None = None

    def of(self, tx: Transaction, rights: Rights, model: MaturityModel, person: str) -> Conditions:
        """With what a person (uuid) answered themselves, which is read each time."""
        key = (tx.privacy.last_release(), rights.day)
        last = self._last
        if last is None or last[0] != key:
            last = self._last = (key, Conditions.read(tx, rights, model, only=()))
        return last[1].with_own(tx, rights, [person])


@frozen
class Holding:
    """What is known of one person (uuid) and of the organisation, to tell what holds their step."""

    tx: Transaction
    rights: Rights
    person: str
    past: Past
    estimate: Estimate | None
    model: MaturityModel
    sinks: Mapping[str, Sink]
    working: Working
    now: datetime
    frozen: Frozen

    def told(self, language: Language) -> str:
        """It in words, which say nothing of a group or of anybody else; ``""`` where nothing does."""
        reason, decision = self._found()
        if not reason:
            return ""
        return told_why(
            self.person,
            reason,
            decision,
            waits=[
                one
                for one in self.past.prompts.get(self.person, ())
                if one.state in WAITING and one.subject_person == self.person
            ],
            messages=self.past.messages.get(self.person, ()),
            rules=self.working.rules,
            working=self.working.of_person(self._who),
            now=self.now,
            language=language,
        ).text

    @property
    def _who(self) -> StoredPerson:
        return self.rights.people[self.person]

    def _found(self) -> tuple[str, Hold | Drop | None]:
        """A refusal, a way that is not there, one that waits, a study, care, or what work gives no room
        for: in the order in which the plan asks."""
        who, estimate = self._who, self.estimate
        refused = self.rights.refusal(who, "own_prompts")
        if refused is not None:
            return refused, None
        if estimate is None and "worker" not in who.roles:
            return "not_a_worker", None
        if channels.first(who, self.sinks) is None:
            return "no_sink", None
        if any(
            one.state in WAITING and one.subject_person == self.person
            for one in self.past.prompts.get(self.person, ())
        ):
            return "waiting", None
        history, hours = self.past.of(self.person), self.working.of_person(who)
        unknown = estimate is None or (estimate.phase == UNKNOWN and estimate.you_said is None)
        asks = unknown or question_first(history) is not None
        arms = self._arms()
        if not asks and arms.waits(self.person):
            return "effect_later", None
        episode = estimate.episode if estimate is not None else ""
        rules = self.working.rules
        decision = decide(
            WaitingPrompt(QUESTION if asks else "", episode, self.now),
            history,
            rules=rules,
            now=self.now,
            working=hours,
            episode=episode,
        )
        if isinstance(decision, Hold | Drop):
            return decision.reason, decision
        if asks or estimate is None:
            return "", None
        blocked = blocked_interventions(
            history, self.now, rules=rules, working=hours, episode=episode
        )
        conditions = self.frozen.of(self.tx, self.rights, self.model, self.person)
        free = evolve(self.model, all=tuple(one for one in self.model.all if one.id not in blocked))
        free = conditions.for_person(free, self.person, who.unit)
        free = arms.fitting(free, self.person, estimate)
        if any(free.interventions(layer=layer) for layer in OWN_LAYERS):
            return "", None
        held = conditions.held_from(self.person, who.unit)
        return ("preconditions" if held else "nothing_new"), None

    def _arms(self) -> Arms:
        """What a study gives them; nothing of it is read where they take part in none."""
        if self.rights.refusal(self._who, "effect") is not None:
            return Arms({})
        return Arms.read(self.tx, self.rights, self.now, only={self.person})


__all__ = ["Frozen", "Holding"]
