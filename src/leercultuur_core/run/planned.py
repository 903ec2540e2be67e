"""What a plan is made of: prompts that may go, and why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from ..advice import Prompt
from ..advice.care import Drop, Hold, Reason, Send
from ..phases import Estimate
from ..storage import PromptState, StoredPerson
from ..storage.delivery import Asks
from .rights import LeftOut

NothingReason = (
    LeftOut
    | Reason
    | Literal["no_sink", "not_a_worker", "waiting", "nothing_new", "preconditions", "effect_later"]
)
"""Why somebody gets nothing. These codes are stored and never change their meaning.

``no_sink``: nothing in the configuration can bring it; ``not_a_worker``: nothing was seen of
somebody who is in no worker's role; ``waiting``: a prompt is in the outbox already;
``nothing_new``: they said no to all there is; ``preconditions``: what is left is held back until a
precondition that is low is better; ``effect_later``: they take part in a study, and their steps come
some weeks later.
"""

WAITING: tuple[PromptState, ...] = ("held", "ready", "sending", "failed")
"""States of a prompt that may still go."""


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
    asks: Asks
    sink: str
    decision: Send | Hold


@frozen
class Nothing:
    """No prompt, and why; ``decision`` where care decided so."""

    reason: NothingReason
    decision: Hold | Drop | None = None


@frozen
class May:
    """That care has nothing against an own prompt for ``person`` now, but for the interventions
    ``blocked``; which one it is, and its words, are still to be found."""

    person: StoredPerson
    estimate: Estimate | None
    is_question: bool
    blocked: frozenset[str]
    episode: str
    sink: str
    decision: Send | Hold


__all__ = ["WAITING", "May", "Nothing", "NothingReason", "Offer", "Planned"]
