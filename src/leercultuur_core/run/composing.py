"""What a sink is handed: a stored message with its prompts, links, and a moment for a calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b

from attrs import frozen

from ..advice import Grounds, Prompt
from ..advice.care_hours import Quiet, WorkingTime, closed, moment_of, next_window
from ..extension import Message, Recipient
from ..storage import OutboxMessage, OutboxPrompt, StoredPerson, Transaction
from .care import Working
from .links import Links

QUARTER = timedelta(minutes=15)

NOTICE = timedelta(hours=1)
"""How long a quarter of an hour is beforehand in somebody's calendar. Judgement: whoever looks now and
then sees it in time."""

_DAYS = 5
"""Days with working time that are looked through for a free quarter; each but a strange one has some."""


@frozen
class Composer:
    """Makes messages as sinks take them, from what is in the store."""

    people: Mapping[str, StoredPerson]
    working: Working
    links: Links | None
    now: datetime

    def message(self, tx: Transaction, stored: OutboxMessage) -> Message:
        """The message, the same whenever it is made; only a moment that passed is a later one."""
        person = self.people[stored.recipient]
        # What a group waits for first; ids are random, and their order would be too.
        prompts = sorted(
            tx.delivery.prompts(message_id=stored.message_id),
            key=lambda one: (one.subject_person is not None, one.prompt_id),
        )
        working, quiet = self.working.of_person(person), self.working.rules.quiet
        moment = quarter(stored.message_id, stored.created, working, quiet)
        if moment is not None and moment <= self.now:
            moment = quarter(stored.message_id, self.now, working, quiet)
        return Message(
            id=stored.message_id,
            recipient=Recipient(
                person=person.uuid,
                name=person.name,
                language="en" if prompts[0].language == "en" else "nl",
                addresses=person.addresses,
            ),
            prompts=tuple(prompt_of(one, person.name) for one in prompts),
            links={} if self.links is None else self.links.answers(stored, prompts),
            unsubscribe="" if self.links is None else self.links.unsubscribe(stored, prompts),
            moment=moment,
        )


def quarter(
    message_id: str, after: datetime, working: WorkingTime, quiet: Quiet
) -> datetime | None:
    """A quarter of an hour in somebody's working time, on the first day that has one an hour
    ``after``; ``None`` where no day has any.

    Which one of that day follows from the message, so that a team does not get them all at once.
    """
    earliest = after + NOTICE
    opens = next_window(earliest, working, quiet)
    for _ in range(_DAYS):
        if opens is None:
            return None
        open_quarters = [
            one
            for one in _quarters(opens, working)
            if one.astimezone(UTC) >= earliest.astimezone(UTC)
            and closed(one, working, quiet) is None
            and closed(one + QUARTER - timedelta(seconds=1), working, quiet) is None
        ]
        if open_quarters:
            digest = blake2b(message_id.encode(), digest_size=8).digest()
            return open_quarters[int.from_bytes(digest) % len(open_quarters)]
        tomorrow = moment_of(working.day(opens) + timedelta(days=1), working)
        opens = next_window(tomorrow, working, quiet)
    return None


def _quarters(day: datetime, working: WorkingTime) -> Iterator[datetime]:
    """Every whole quarter of an hour that the clock shows on a day."""
    for number in range(24 * 4):
        yield moment_of(working.day(day), working, time(number // 4, number % 4 * 15))


def prompt_of(stored: OutboxPrompt, name: str) -> Prompt:
    """The prompt as it was made."""
    row = {key: value for key, value in stored.payload["prompt"].items() if key != "id"}
    return Prompt(**{**row, "grounds": Grounds(**row["grounds"]), "name": name})


__all__ = ["NOTICE", "QUARTER", "Composer", "prompt_of", "quarter"]
