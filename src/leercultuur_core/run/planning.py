"""Plan: at most one prompt for each person, and for everybody else the reason why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, get_args

from attrs import evolve, frozen

from ..activity.activity import utc_day
from ..advice import Directory, Person, Prompt
from ..advice.care import (
    QUESTION,
    Drop,
    Hold,
    Reason,
    Send,
    WaitingPrompt,
    blocked_interventions,
    decide,
    question_first,
)
from ..advice.care_hours import ClosedReason
from ..advice.own import OWN_LAYERS, own_prompt, question
from ..advice.roles import Holders
from ..extension import Sink
from ..maturity import MaturityModel
from ..maturity.vocabulary import UNKNOWN, Language
from ..phases import Estimate, Estimates
from ..storage import OutboxPrompt, PromptState, StoredPerson, Transaction
from .care import Past, Working
from .group_prompts import GroupPrompts
from .releasing import shown
from .rights import LeftOut, Rights
from .status import Why, told_why

NothingReason = LeftOut | Reason | Literal["no_sink", "not_a_worker", "waiting", "nothing_new"]
"""Why somebody gets nothing. These codes are stored and never change their meaning.

``no_sink``: nothing in the configuration can bring it; ``not_a_worker``: nothing was seen of
somebody who is in no worker's role; ``waiting``: a prompt is in the outbox already;
``nothing_new``: they said no to all there is.
"""

WAITING: tuple[PromptState, ...] = ("held", "ready", "sending", "failed")
"""States of a prompt that may still go."""

_CLOSED: tuple[str, ...] = get_args(ClosedReason)

_ANY_STEP = ""
"""Stands for a step that care has nothing against."""


@frozen
class Planned:
    """What one `plan` gave: how many prompts are new in the outbox, how many of those wait for
    their recipient's working time, and of how many people there is none for which reason."""

    made: int
    held: int
    nothing: Mapping[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """The numbers, by name."""
        return {"made": self.made, "held": self.held, **self.nothing}


@frozen
class Offer:
    """A prompt that may go now, or from ``decision.until`` when the recipient is at work."""

    prompt: Prompt
    is_question: bool
    sink: str
    decision: Send | Hold


@frozen
class Nothing:
    """No prompt, and why; ``decision`` where care decided so."""

    reason: NothingReason
    decision: Hold | Drop | None = None


class Planner:
    """Decides for each person, from what is in the store at one moment."""

    def __init__(
        self,
        tx: Transaction,
        rights: Rights,
        estimates: Estimates,
        *,
        model: MaturityModel,
        sinks: Mapping[str, Sink],
        working: Working,
        now: datetime,
    ) -> None:
        self._rights = rights
        self._estimates = estimates
        self._sinks = sinks
        self._working = working
        self._now = now
        self._past = Past.read(tx, tx.ledger.read(list(estimates)))
        self._kept = tx.results.estimates()
        default = rights.configuration.organisation.language
        self._rows = {
            uuid: _row(person, default) for uuid, person in rights.people.items() if person.active
        }
        self._holders = Holders.of(Directory(tuple(self._rows.values())))
        self._groups = GroupPrompts(shown(tx, rights), self._holders)

        @lru_cache
        def without(blocked: frozenset[str]) -> MaturityModel:
            return evolve(model, all=tuple(one for one in model.all if one.id not in blocked))

        self._model_without = without

    def plan(self) -> tuple[list[OutboxPrompt], Planned]:
        """Decides for everybody: the prompts for the outbox, and the numbers. Writes nothing."""
        nothing: Counter[str] = Counter()
        new: list[OutboxPrompt] = []
        for uuid in sorted(self._rights.people):
            step = self.decide(uuid)
            if isinstance(step, Nothing):
                nothing[step.reason] += 1
            else:
                new.append(self._outbox(uuid, step))
        held = sum(prompt.state == "held" for prompt in new)
        return new, Planned(made=len(new), held=held, nothing=dict(sorted(nothing.items())))

    def decide(self, uuid: str) -> Offer | Nothing:
        """What to do for one person: what others wait for goes before their own. Raises `KeyError`
        where there is no such person."""
        group = self._decide_group(uuid)
        if isinstance(group, Offer):
            return group
        own = self._decide_own(uuid)
        if isinstance(own, Nothing) and own.decision is None and group is not None:
            # Of two reasons the one that care gave tells when there is something again.
            return group
        return own

    def _decide_group(self, uuid: str) -> Offer | Nothing | None:
        """What to do about the units that somebody acts for; ``None`` where there is nothing."""
        person = self._rights.people[uuid]
        quarter = self._groups.quarter(uuid)
        before = self._past.prompts.get(uuid, ())
        sink = self._sink(person)
        if quarter is None or sink is None or any(one.state in WAITING for one in before):
            return None
        working = self._working.of_person(person)
        history = self._past.of(uuid)
        rules = self._working.rules
        blocked = blocked_interventions(
            history, self._now, rules=rules, working=working, episode=quarter
        )
        prompt = self._groups.best(
            self._rows[uuid],
            before,
            model=self._model_without(frozenset(blocked) - {QUESTION}),
            now=self._now,
        )
        if prompt is None:
            return None
        decision = decide(
            WaitingPrompt(prompt.intervention, quarter, self._now, own=False),
            history,
            rules=rules,
            now=self._now,
            working=working,
            episode=quarter,
        )
        if isinstance(decision, Drop) or (
            isinstance(decision, Hold) and decision.reason not in _CLOSED
        ):
            return Nothing(decision.reason, decision)
        return Offer(prompt, is_question=False, sink=sink, decision=decision)

    def _decide_own(self, uuid: str) -> Offer | Nothing:
        person = self._rights.people[uuid]
        refused = self._rights.refusal(person, "own_prompts")
        if refused is not None:
            return Nothing(refused)
        estimate = self._estimates.get(uuid)
        if estimate is None and "worker" not in person.roles:
            return Nothing("not_a_worker")
        sink = self._sink(person)
        if sink is None:
            return Nothing("no_sink")
        if any(prompt.state in WAITING for prompt in self._past.prompts.get(uuid, ())):
            return Nothing("waiting")
        episode = self._episode(uuid, estimate)
        working = self._working.of_person(person)
        history = self._past.of(uuid)
        rules = self._working.rules
        unknown = estimate is None or (estimate.phase == UNKNOWN and estimate.you_said is None)
        is_question = unknown or question_first(history) is not None
        # Care looks first, since most get nothing tonight and a text takes longest to make. Which
        # step it is makes no difference: those that may not be offered are not chosen from.
        decision = decide(
            WaitingPrompt(QUESTION if is_question else _ANY_STEP, episode, self._now),
            history,
            rules=rules,
            now=self._now,
            working=working,
            episode=episode,
        )
        # What waits for a cap is not made yet: by then another step may fit better.
        if isinstance(decision, Drop) or (
            isinstance(decision, Hold) and decision.reason not in _CLOSED
        ):
            return Nothing(decision.reason, decision)
        blocked = blocked_interventions(
            history, self._now, rules=rules, working=working, episode=episode
        )
        prompt = self._prompt(person, estimate, is_question, frozenset(blocked) - {QUESTION})
        if prompt is None:
            return Nothing("nothing_new")
        return Offer(self._numbered(uuid, prompt, episode), is_question, sink, decision)

    def _prompt(
        self,
        person: StoredPerson,
        estimate: Estimate | None,
        is_question: bool,
        blocked: frozenset[str],
    ) -> Prompt | None:
        row = self._rows[person.uuid]
        language = row.language or "nl"
        if is_question or estimate is None:
            return question(
                person.uuid,
                name=person.name,
                model=self._model_without(frozenset()),
                language=language,
                mix=estimate.probabilities if estimate else None,
                episode=estimate.episode if estimate else "",
            )
        model = self._model_without(blocked)
        if not any(model.interventions(layer=layer) for layer in OWN_LAYERS):
            return None
        return own_prompt(
            estimate, model=model, language=language, person=row, holders=self._holders
        )

    def _numbered(self, uuid: str, prompt: Prompt, episode: str) -> Prompt:
        """The next occasion of this step in this episode, so that it has an id of its own."""
        before = sum(
            one.intervention == prompt.intervention and one.episode == episode
            for one in self._past.prompts.get(uuid, ())
        )
        return evolve(prompt, episode=episode, occasion=before + 1)

    def _episode(self, uuid: str, estimate: Estimate | None) -> str:
        """The episode as it was kept, where that is of today and the same phase."""
        if estimate is None:
            return ""
        kept = self._kept.get(uuid)
        same = kept is not None and kept.day == utc_day(self._now) and kept.phase == estimate.phase
        return kept.episode if kept is not None and same else estimate.episode

    def _sink(self, person: StoredPerson) -> str | None:
        """The first sink that has an address for this person, else the first."""
        for name, sink in self._sinks.items():
            channel = getattr(sink.settings, "channel", "")
            if not channel or channel in person.addresses:
                return name
        return next(iter(self._sinks), None)

    def _outbox(self, uuid: str, offer: Offer) -> OutboxPrompt:
        prompt, hold = offer.prompt, offer.decision
        estimate = self._estimates.get(uuid)
        payload: dict[str, Any] = {"prompt": prompt.as_row(), "question": offer.is_question}
        own = prompt.subject == uuid
        # A prompt about a unit holds nobody's estimate, not even that of who reads it.
        if own and estimate is not None:
            payload["believed"] = {
                "at": estimate.at.isoformat(),
                "phase": estimate.phase,
                "probabilities": dict(estimate.probabilities),
            }
        return OutboxPrompt(
            prompt_id=prompt.id,
            recipient=uuid,
            subject_person=uuid if own else None,
            subject="" if own else prompt.subject,
            layer=prompt.layer,
            intervention=prompt.intervention,
            episode=prompt.episode,
            occasion=prompt.occasion,
            sink=offer.sink,
            language=prompt.language,
            payload=payload,
            state="held" if isinstance(hold, Hold) else "ready",
            reason=hold.reason if isinstance(hold, Hold) else "",
            created=self._now,
            due=hold.until if isinstance(hold, Hold) else self._now,
        )

    def why(self, uuid: str, language: Language) -> Why:
        """Why nothing was sent to somebody, or what waits for them, in words."""
        step = self.decide(uuid)
        person = self._rights.people[uuid]
        waits = [p for p in self._past.prompts.get(uuid, ()) if p.state in WAITING]
        decision: Hold | Drop | None
        reason: str
        if isinstance(step, Offer):
            reason = "to_be_planned" if isinstance(step.decision, Send) else step.decision.reason
            decision = step.decision if isinstance(step.decision, Hold) else None
        else:
            reason, decision = step.reason, step.decision
        return told_why(
            uuid,
            reason,
            decision,
            waits=waits,
            messages=self._past.messages.get(uuid, ()),
            rules=self._working.rules,
            working=self._working.of_person(person),
            now=self._now,
            language=language,
        )


def _row(person: StoredPerson, default: Language) -> Person:
    """A person of the store as advice knows them."""
    language: Language = "en" if (person.language or default) == "en" else "nl"
    roles: tuple[Any, ...] = person.roles
    employment: Any = person.employment
    return Person(
        identifier=person.uuid,
        written=person.uuid,
        name=person.name,
        roles=roles,
        manager=person.manager or "",
        unit=person.unit,
        language=language,
        employment=employment,
        working_days=person.working_days or (),
    )


__all__ = ["Nothing", "Offer", "Planned", "Planner"]
