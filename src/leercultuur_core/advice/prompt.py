"""A prompt: one message to one recipient, with one first step of at most a quarter of an hour."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b

from attrs import Factory, field, frozen

from ..maturity.vocabulary import Phase
from .recommend import Grounds


@frozen(kw_only=True)
class Prompt:
    """One message, as a sink delivers it.

    recipient, recipient_role
        The identifier of the one person it goes to, and the role in which it goes to them.
    subject
        Whose learning it is about: the recipient's own identifier, or ``unit|<path>``;
        ``unit|`` alone is the whole organisation.
    layer, intervention
        What the step belongs to in the catalogue.
    text
        The whole message; paragraphs are separated by an empty line, the step stands between ``**``.
    step, why, when_question
        Its parts, for a system with a layout of its own.
    phase_mix
        Of a person the probability of each phase; of a unit its band as (low, high), shares of 1.
    episode, occasion
        The ISO week in which the phase began, or for a unit the quarter; ``""`` where nothing was
        ever seen. The occasion counts the prompts within the episode, from 1; `advise` makes the first, and
        ``attrs.evolve(prompt, occasion=2)`` is the next, with an id of its own.
    name
        What the recipient is called, for a heading; not part of the JSON.
    id
        Hash of recipient, subject, intervention, episode and occasion: the same prompt has the same
        id on every machine.
    """

    recipient: str
    recipient_role: str
    subject: str
    layer: str
    intervention: str
    language: str
    text: str
    step: str
    why: str
    when_question: str
    grounds: Grounds
    phase_mix: Mapping[Phase, float] | Mapping[Phase, tuple[float, float]] = field(hash=False)
    episode: str
    occasion: int = 1
    name: str = ""
    id: str = field(init=False, default=Factory(lambda self: self._hash(), takes_self=True))

    def _hash(self) -> str:
        parts = (self.recipient, self.subject, self.intervention, self.episode, self.occasion)
        # JSON, so that no two lists of parts make one string.
        return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()

    def as_row(self) -> dict[str, object]:
        """The JSON of one prompt, keys in a fixed order."""
        return {
            "id": self.id,
            "recipient": self.recipient,
            "recipient_role": self.recipient_role,
            "subject": self.subject,
            "layer": self.layer,
            "intervention": self.intervention,
            "language": self.language,
            "text": self.text,
            "step": self.step,
            "why": self.why,
            "when_question": self.when_question,
            "grounds": {"basis": self.grounds.basis, "text": self.grounds.text},
            "phase_mix": {
                phase: list(share) if isinstance(share, tuple) else share
                for phase, share in self.phase_mix.items()
            },
            "episode": self.episode,
            "occasion": self.occasion,
        }
