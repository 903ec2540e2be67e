"""Who somebody is, by what they are called."""

from __future__ import annotations

from datetime import datetime

from ..activity.activity import utc_day
from ..activity.identity import account
from ..advice.people import canonical
from ..storage import Identifier, Transaction


def find(tx: Transaction, who: str, identify: Identifier, now: datetime) -> tuple[str, ...]:
    """The uuids of whom ``who`` may be, sorted.

    A uuid; else a canonical identifier or mail address; else the account of that name at any
    system that was seen; else an address or a name in a directory, in whatever case.
    """
    if tx.people.all([who]):
        return (who,)
    places = tx.ledger.visibility(until=utc_day(now) + 1).sources
    for names in ([canonical(who)], [account(place, who) for place in places]):
        found = {uuid for name in names if (uuid := tx.people.find(name, identify))}
        if found:
            return tuple(sorted(found))
    wanted, people = who.casefold(), tx.people.all()
    return tuple(
        uuid
        for uuid, person in people.items()
        if wanted == person.name.casefold()
        or any(wanted == address.casefold() for address in person.addresses.values())
    )
