"""Whether what is in the outbox may go now, and whether what was sent still fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from ..advice.care import Drop, Hold, Send, decide
from ..advice.roles import Holders
from ..storage import OutboxPrompt, Transaction
from . import acting
from .care import Past, Working, waiting
from .estimating import frozen_episodes
from .group_prompts import episode_now, refused_to_send
from .rights import Rights

_SETTLED = frozenset({"done", "not_for_me", "wrong"})
"""Answers after which a step need not stand in a calendar any more."""


class Rightful(Protocol):
    """Reads what may be done for whom."""

    def __call__(self, tx: Transaction, at: datetime) -> Rights: ...


@frozen
class Desk:
    """What deciding rests on, read in one transaction."""

    rights: Rights
    holders: Holders
    past: Past
    episodes: Mapping[str, str]
    working: Working
    now: datetime

    @classmethod
    def read(
        cls,
        tx: Transaction,
        rights: Rights,
        recipients: Iterable[str],
        *,
        working: Working,
        now: datetime,
    ) -> Desk:
        """For these recipients (uuids)."""
        people = sorted(set(recipients))
        return cls(
            rights,
            acting.holders(acting.rows(rights)),
            Past.read(tx, tx.ledger.own_answers(people), people),
            frozen_episodes(tx),
            working,
            now,
        )

    def verdict(
        self, prompts: Sequence[OutboxPrompt], besides: str | None = None
    ) -> Send | Hold | Drop | str:
        """Whether these may go to their one recipient; a text says why not even that is asked."""
        person = self.rights.people[prompts[0].recipient]
        answer: Send | Hold | Drop = Send()
        for prompt in prompts:
            refused = refused_to_send(self.rights, self.holders, prompt)
            if refused is not None:
                return refused
            answer = decide(
                waiting(prompt),
                self.past.of(person.uuid, besides=besides),
                rules=self.working.rules,
                now=self.now,
                working=self.working.of_person(person),
                episode=episode_now(self.rights, prompt, self.episodes.get(person.uuid, "")),
            )
            if not isinstance(answer, Send):
                break
        return answer

    def past_its_use(self, prompts: Sequence[OutboxPrompt]) -> str | None:
        """Why a message that was sent no longer fits: none of its prompts does; else ``None``."""
        reasons = [self._past_its_use(prompt) for prompt in prompts]
        return None if None in reasons else next(iter(reasons), None)

    def _past_its_use(self, prompt: OutboxPrompt) -> str | None:
        given = self.past.answers.get(prompt.prompt_id)
        if given is not None and given.answer in _SETTLED:
            return given.answer
        refused = refused_to_send(self.rights, self.holders, prompt)
        if refused is not None:
            return refused
        now = episode_now(self.rights, prompt, self.episodes.get(prompt.recipient, ""))
        return "moved_on" if now != prompt.episode else None


__all__ = ["Desk", "Rightful"]
