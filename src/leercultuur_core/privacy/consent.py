"""What one person said yes or no to: events that are only ever added to, of which the last counts.

A yes to an opt-in purpose is consent, a no to it takes that back; a no to an opt-out purpose is an
objection, a yes takes that back.
"""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen

from .purposes import PurposeId


@frozen
class ConsentEvent:
    """One yes or no.

    ``at`` is aware; ``by`` says who noted it down: the person, or somebody on their behalf.
    """

    purpose: PurposeId
    given: bool
    at: datetime = field()
    by: str

    @at.validator
    def _aware(self, _: object, value: datetime) -> None:
        if value.utcoffset() is None:
            raise ValueError(f"expected a moment with an offset, found {value.isoformat()}")


@frozen
class Consents:
    """All events of one person, **in the order in which they were noted down**.

    That order decides, not the clock: a no that was noted after a yes holds, even where a clock
    that went back gave it an earlier moment.
    """

    events: tuple[ConsentEvent, ...] = ()

    def noted(self, event: ConsentEvent) -> Consents:
        """These and ``event``."""
        return evolve(self, events=(*self.events, event))

    def standing(self, purpose: PurposeId) -> ConsentEvent | None:
        """The event that counts for ``purpose``, if there is one."""
        return next((e for e in reversed(self.events) if e.purpose == purpose), None)

    def given(self, purpose: PurposeId) -> bool | None:
        """The yes or no that counts for ``purpose``; ``None`` where nothing was said."""
        event = self.standing(purpose)
        return None if event is None else event.given
