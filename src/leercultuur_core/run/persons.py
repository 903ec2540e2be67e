"""What is asked and noted about one person: who somebody is, a yes or no."""

from __future__ import annotations

from datetime import datetime

from ..activity.activity import utc_day
from ..activity.identity import account
from ..advice.people import canonical
from ..privacy.purposes import purposes
from ..storage import Consent, Identifier, PromptState, Transaction
from .group_prompts import is_group

_NOT_SENT: tuple[PromptState, ...] = ("held", "ready", "failed")


def find(tx: Transaction, who: str, identify: Identifier, now: datetime) -> tuple[str, ...]:
    """The uuids of whom ``who`` may be, sorted.

    A uuid; else a canonical identifier or mail address; else the account of that name at any
    system that was seen; else an address or a name in a directory, in whatever case.
    """
    people = tx.people.all()
    if who in people:
        return (who,)
    places = tx.ledger.visibility(until=utc_day(now) + 1).sources
    for names in ([canonical(who)], [account(place, who) for place in places]):
        found = {uuid for name in names if (uuid := tx.people.find(name, identify))}
        if found:
            return tuple(sorted(found))
    wanted = who.casefold()
    return tuple(
        uuid
        for uuid, person in people.items()
        if wanted == person.name.casefold()
        or any(wanted == address.casefold() for address in person.addresses.values())
    )


def consent(
    tx: Transaction, person: str, purpose: str, given: bool, *, by: str, now: datetime
) -> bool:
    """Keeps a yes or no; after a no to own prompts, what still waits for them is withdrawn.

    ``False`` where there is no such person; raises `ValueError` for a purpose there is not.
    """
    if purpose not in purposes():
        raise ValueError(f"expected a purpose, one of {', '.join(purposes())}; found {purpose!r}")
    if not tx.privacy.consent(Consent(person, purpose, given, now, by)):
        return False
    if purpose == "own_prompts" and not given:
        # What they get about a unit is part of their role, and rests on no yes of theirs.
        own = [
            prompt
            for prompt in tx.delivery.prompts(states=_NOT_SENT, recipient=person)
            if not is_group(prompt)
        ]
        carried = {prompt.message_id for prompt in own}
        for message in tx.delivery.messages(states=_NOT_SENT, recipient=person):
            if message.message_id in carried:
                tx.delivery.take(
                    message.message_id, message.state, "withdrawn", reason="objected", at=now
                )
        for prompt in own:
            tx.delivery.move(prompt.prompt_id, prompt.state, "withdrawn", reason="objected", at=now)
    return True
