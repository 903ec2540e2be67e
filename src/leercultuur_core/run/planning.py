"""Plan: what each person gets, and for everybody else the reason why not.

That is at most one prompt about themselves and one about a unit they act for. Those that may go at the
same moment make one message, and messages are what is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from attrs import evolve

from ..advice import Prompt
from ..advice.care import (
    QUESTION,
    Drop,
    Hold,
    Send,
    WaitingPrompt,
    blocked_interventions,
    decide,
)
from ..advice.own import Explanation, needs_reasons, own_prompt, question
from ..extension import Sink
from ..maturity import MaturityModel
from ..maturity.vocabulary import LANGUAGES, Language
from ..phases import Estimates
from ..storage import OutboxPrompt, StoredPerson, Transaction
from ..storage.delivery import Asks
from . import acting, channels, concert
from .care import INVITATION, Past, Working
from .effect import Arms
from .group_prompts import NEVER_WENT, GroupPrompts, unit_of
from .invitation import invitation
from .own_steps import OwnSteps, taken, without
from .planned import WAITING, May, Nothing, NothingReason, Offer, Planned
from .preconditions import Conditions
from .releasing import shown
from .rights import Rights
from .status import Why, told_why

_TOGETHER = 1024
"""People for whom is decided at once."""


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
        only: Collection[str] | None = None,
    ) -> None:
        """``only`` are the people (uuids) who are asked about: of others nothing is read."""
        self._rights = rights
        self._estimates = estimates
        self._sinks = sinks
        self._working = working
        self._now = now
        self._rows = acting.rows(rights)
        self._holders = acting.holders(self._rows, rights.configuration.contacts)
        people = self._rows.keys() if only is None else only
        seen = set(estimates).intersection(people)
        self._past = Past.read(tx, tx.ledger.own_answers(seen), people)
        self._conditions = Conditions.read(tx, rights, model, only=only)
        self._arms = Arms.read(tx, rights, now)
        self._own = OwnSteps(
            rights,
            self._past,
            tx.results.estimates(only=only),
            self._arms,
            sinks,
            working,
            now,
        )
        self._groups = GroupPrompts(
            shown(tx, rights),
            self._holders,
            lambda: concert.steps_now(tx, rights, model, self._conditions),
        )

        @lru_cache
        def model_without(blocked: frozenset[str]) -> MaturityModel:
            return without(model, blocked)

        self._model_without = model_without

    def plan(self) -> tuple[list[OutboxPrompt], Planned]:
        """Decides for everybody: the prompts for the outbox, and the numbers. Writes nothing."""
        nothing: Counter[str] = Counter()
        new: list[OutboxPrompt] = []
        people = sorted(self._rights.people)
        for low in range(0, len(people), _TOGETHER):
            for uuid, step in self._decide_some(people[low : low + _TOGETHER]):
                if isinstance(step, Nothing):
                    nothing[step.reason] += 1
                else:
                    new += [self._outbox(uuid, offer) for offer in step]
        held = sum(prompt.state == "held" for prompt in new)
        return new, Planned(made=len(new), held=held, nothing=dict(sorted(nothing.items())))

    def decide(self, uuid: str) -> tuple[Offer, ...] | Nothing:
        """What to do for one person. Raises `KeyError` where there is no such person."""
        return next(step for _, step in self._decide_some([uuid]))

    def _decide_some(
        self, people: Sequence[str]
    ) -> Iterator[tuple[str, tuple[Offer, ...] | Nothing]]:
        """For each of ``people`` what to do; together, since what their steps rest on takes longest."""
        own = {uuid: self._may_own(uuid) for uuid in people}
        reasons = self._explain([one for one in own.values() if isinstance(one, May)])
        for uuid, may in own.items():
            if isinstance(may, May):
                yield uuid, self._both(uuid, self._offer_own(may, reasons.get(uuid)))
            else:
                yield uuid, self._both(uuid, may)

    def _explain(self, some: Sequence[May]) -> dict[str, Sequence[Explanation]]:
        found: dict[str, Sequence[Explanation]] = {}
        for language in LANGUAGES:
            asked = [
                one.person.uuid
                for one in some
                if self._language(one.person) == language
                and not one.is_question
                and one.estimate is not None
                and needs_reasons(one.estimate)
            ]
            found.update(self._estimates.seen_all(asked, language))
        return found

    def _both(self, uuid: str, own: Offer | Nothing) -> tuple[Offer, ...] | Nothing:
        """What others wait for goes before their own, in one message."""
        group = self._decide_group(uuid)
        offers = tuple(one for one in (group, own) if isinstance(one, Offer))
        if offers:
            return offers
        if isinstance(group, Nothing) and isinstance(own, Nothing) and own.decision is None:
            # Of two reasons the one that care gave tells when there is something again.
            return group
        assert isinstance(own, Nothing)  # noqa: S101 - for the type checker
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
        model = self._model_without(frozenset(blocked) - {QUESTION})
        prompt = self._groups.best(
            self._rows[uuid],
            before,
            fitting=lambda unit, layer: self._conditions.for_unit(model, unit, layer),
            now=self._now,
        )
        if prompt is None:
            return None
        prompt = self._with_reason(prompt, uuid, unit_of(prompt.subject))
        decision = taken(
            decide(
                WaitingPrompt(prompt.intervention, quarter, self._now, own=False),
                history,
                rules=rules,
                now=self._now,
                working=working,
                episode=quarter,
            )
        )
        if isinstance(decision, Nothing):
            return decision
        return Offer(prompt, "step", sink, decision)

    def _may_own(self, uuid: str) -> Offer | Nothing | May:
        person = self._rights.people[uuid]
        waits = any(prompt.state in WAITING for prompt in self._past.prompts.get(uuid, ()))
        may = self._own.ask(person, self._estimates.get(uuid), waits=waits)
        if isinstance(may, Nothing) and may.reason == "no_go_live" and self._may_be_invited(person):
            return self._invite(person)
        return may

    def _offer_own(self, may: May, reasons: Sequence[Explanation] | None) -> Offer | Nothing:
        prompt = self._prompt(may, reasons)
        if isinstance(prompt, Nothing):
            return prompt
        asks: Asks = "question" if may.is_question else "step"
        numbered = self._numbered(may.person.uuid, prompt, may.episode)
        return Offer(numbered, asks, may.sink, may.decision)

    def _may_be_invited(self, person: StoredPerson) -> bool:
        """Whether somebody in a directory is still to get the one general invitation."""
        return (
            person.directory is not None
            and self._rights.refusal(person, "invitation") is None
            and all(
                one.asks != "invitation" or one.state in {*NEVER_WENT, *WAITING}
                for one in self._past.prompts.get(person.uuid, ())
            )
        )

    def _invite(self, person: StoredPerson) -> Offer | Nothing:
        """The general invitation, which rests on nothing that was seen."""
        sink = self._sink(person)
        if sink is None:
            return Nothing("no_sink")
        if any(one.state in WAITING for one in self._past.prompts.get(person.uuid, ())):
            return Nothing("waiting")
        decision = taken(
            decide(
                WaitingPrompt(INVITATION, "", self._now, own=False),
                self._past.of(person.uuid),
                rules=self._working.rules,
                now=self._now,
                working=self._working.of_person(person),
                episode="",
            )
        )
        if isinstance(decision, Nothing):
            return decision
        prompt = invitation(
            person.uuid,
            name=person.name,
            model=self._model_without(frozenset()),
            language=self._rows[person.uuid].language or "nl",
        )
        return Offer(self._numbered(person.uuid, prompt, ""), "invitation", sink, decision)

    def _language(self, person: StoredPerson) -> Language:
        return self._rows[person.uuid].language or "nl"

    def _prompt(self, may: May, reasons: Sequence[Explanation] | None) -> Prompt | Nothing:
        person, estimate = may.person, may.estimate
        language = self._language(person)
        if may.is_question or estimate is None:
            return question(
                person.uuid,
                name=person.name,
                model=self._model_without(frozenset()),
                language=language,
                mix=estimate.probabilities if estimate else None,
                episode=estimate.episode if estimate else "",
            )
        free = self._model_without(may.blocked)
        model = self._own.left(may, estimate, free, self._conditions)
        if isinstance(model, Nothing):
            return model
        prompt = own_prompt(
            estimate,
            model=model,
            language=language,
            person=self._rows[person.uuid],
            holders=self._holders,
            reasons=reasons,
        )
        prompt = self._arms.worded(prompt, person.uuid)
        return self._with_reason(prompt, person.uuid, person.unit) if person.unit else prompt

    def _with_reason(self, prompt: Prompt, uuid: str, unit: str) -> Prompt:
        """With what the team chose, or what is low there, said before the close."""
        because = self._conditions.because(
            prompt.intervention, unit, self._rows[uuid].language or "nl"
        )
        if not because:
            return prompt
        *text, close = prompt.text.split("\n\n")
        return evolve(prompt, text="\n\n".join([*text, because, close]))

    def _numbered(self, uuid: str, prompt: Prompt, episode: str) -> Prompt:
        """The next occasion of this step in this episode, so that it has an id of its own."""
        before = sum(
            one.intervention == prompt.intervention and one.episode == episode
            for one in self._past.prompts.get(uuid, ())
        )
        return evolve(prompt, episode=episode, occasion=before + 1)

    def _sink(self, person: StoredPerson) -> str | None:
        return channels.first(person, self._sinks)

    def _outbox(self, uuid: str, offer: Offer) -> OutboxPrompt:
        prompt, hold = offer.prompt, offer.decision
        estimate = self._estimates.get(uuid)
        payload: dict[str, Any] = {"prompt": prompt.as_row()}
        own = prompt.subject == uuid
        # A prompt about a unit holds nobody's estimate, not even that of who reads it.
        if own and estimate is not None and offer.asks != "invitation":
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
            asks=offer.asks,
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
        if isinstance(step, Nothing):
            reason, decision = step.reason, step.decision
        else:
            first = step[0].decision
            reason = "to_be_planned" if isinstance(first, Send) else first.reason
            decision = first if isinstance(first, Hold) else None
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


__all__ = ["Nothing", "NothingReason", "Offer", "Planned", "Planner"]
