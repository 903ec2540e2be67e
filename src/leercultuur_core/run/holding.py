"""What holds the next own step of one person, as the plan would find, from that person's rows alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from ..advice.care import Drop, Hold
from ..extension import Sink
from ..maturity import MaturityModel
from ..maturity.vocabulary import Language
from ..phases import Estimate
from ..storage import StoredPerson, Transaction
from ..storage.delivery import OutboxEntry
from .care import Past, Working
from .effect import Arms
from .own_steps import OwnSteps, without
from .planned import WAITING, Nothing
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
            waits=self._waits,
            messages=self.past.messages.get(self.person, ()),
            rules=self.working.rules,
            working=self.working.of_person(self._who),
            now=self.now,
            language=language,
        ).text

    @property
    def _who(self) -> StoredPerson:
        return self.rights.people[self.person]

    @property
    def _waits(self) -> list[OutboxEntry]:
        """What waits about themselves. What waits for them about a unit holds their step too, and is no
        part of their own page."""
        return [
            one
            for one in self.past.prompts.get(self.person, ())
            if one.state in WAITING and one.subject_person == self.person
        ]

    def _found(self) -> tuple[str, Hold | Drop | None]:
        """The first thing that holds it, or that it waits for working time; ``""`` for nothing."""
        own = OwnSteps(
            self.rights,
            self.past,
            self.tx.results.estimates(only=[self.person]),
            self._arms(),
            self.sinks,
            self.working,
            self.now,
        )
        may = own.ask(self._who, self.estimate, waits=bool(self._waits))
        if isinstance(may, Nothing):
            return may.reason, may.decision
        if self.estimate is not None and not may.is_question:
            conditions = self.frozen.of(self.tx, self.rights, self.model, self.person)
            free = without(self.model, may.blocked)
            left = own.left(may, self.estimate, free, conditions)
            if isinstance(left, Nothing):
                return left.reason, left.decision
        return (may.decision.reason, may.decision) if isinstance(may.decision, Hold) else ("", None)

    def _arms(self) -> Arms:
        """What a study gives them; nothing of it is read where they take part in none."""
        if self.rights.refusal(self._who, "effect") is not None:
            return Arms({})
        return Arms.read(self.tx, self.rights, self.now, only={self.person})


__all__ = ["Frozen", "Holding"]
