"""Care in a running organisation: the configured numbers, working time, and what was sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from attrs import frozen

from ..activity.activity import day_date
from ..activity.ledger import Ledger
from ..advice.care import QUESTION, CareRules, History, SentMessage, SentPrompt, WaitingPrompt
from ..advice.care_hours import WorkingTime
from ..errors import ConfigError, Problem
from ..storage import GivenAnswer, OutboxMessage, StoredPerson, Transaction
from ..storage.delivery import OutboxEntry
from .config import Configuration

INVITATION = "invitation"
"""Stands for an intervention where the prompt is the general invitation."""

_SELF_REPORT = "self-report."

# What may have arrived. A refusal too: somebody who wants no messages there is tried less and less.
_WENT = frozenset({"sent", "uncertain", "sending", "dead"})


@frozen
class Working:
    """When people are at work, and how often they may be written to."""

    rules: CareRules
    zone: ZoneInfo
    is_holiday: Callable[[date], bool]

    @classmethod
    def of(cls, configuration: Configuration) -> Working:
        """As configured. Raises `ConfigError` for a country or region without known holidays."""
        organisation = configuration.organisation
        return cls(
            configuration.care,
            ZoneInfo(organisation.time_zone),
            _holidays(organisation.country, organisation.region),
        )

    def of_person(self, person: StoredPerson) -> WorkingTime:
        """The working time of one person."""
        return WorkingTime(
            zone=self.zone,
            working_days=person.working_days or (),
            is_holiday=self.is_holiday,
            away=person.away,
        )


def _holidays(country: str, region: str | None) -> Callable[[date], bool]:
    import holidays  # noqa: PLC0415 - large, and only the engine needs it

    try:
        calendar = holidays.country_holidays(country, subdiv=region)
    except NotImplementedError:
        found = f'"{country}"' if region is None else f'"{country}" with region "{region}"'
        problem = Problem(
            "organisation.country", 'a country code such as "NL", and a region it has', found
        )
        raise ConfigError("the configuration", [problem]) from None
    return lambda day: day in calendar


@frozen
class Past:
    """What was sent to some people and what they said, read once."""

    messages: Mapping[str, tuple[OutboxMessage, ...]]
    prompts: Mapping[str, tuple[OutboxEntry, ...]]
    answers: Mapping[str, GivenAnswer]
    said_on: Mapping[str, date]
    asked_at: Mapping[str, datetime]

    @classmethod
    def read(cls, tx: Transaction, ledger: Ledger, people: Collection[str]) -> Past:
        """Of ``people`` (uuids): from the outbox, the answers, and the own answers to the phase
        question in ``ledger``. Reads no text of what was sent."""
        prompts: dict[str, list[OutboxEntry]] = {}
        for prompt in tx.delivery.entries(people):
            prompts.setdefault(prompt.recipient, []).append(prompt)
        messages: dict[str, list[OutboxMessage]] = {}
        for message in tx.delivery.messages_to(people):
            messages.setdefault(message.recipient, []).append(message)
        return cls(
            messages={person: tuple(some) for person, some in messages.items()},
            prompts={person: tuple(some) for person, some in prompts.items()},
            answers={one.prompt_id: one for one in tx.delivery.answers(people)},
            said_on=_said_on(ledger),
            asked_at=tx.privacy.last_yes("own_prompts", people),
        )

    def of(self, person: str, *, besides: str | None = None) -> History:
        """All that went to one person, but for the message ``besides``."""
        by_message: dict[str, list[OutboxEntry]] = {}
        for prompt in self.prompts.get(person, ()):
            if prompt.message_id is not None:
                by_message.setdefault(prompt.message_id, []).append(prompt)
        sent = tuple(
            SentMessage(message.updated, tuple(map(self._sent, by_message[message.message_id])))
            for message in self.messages.get(person, ())
            if message.state in _WENT and message.message_id != besides
        )
        said = self.said_on.get(person)
        return History(
            messages=sent,
            asked_at=self.asked_at.get(person),
            # The ledger knows the day; that it was before another answer of that day is not known,
            # and then nobody is asked twice.
            said_at=None if said is None else datetime.combine(said, time.max, tzinfo=UTC),
        )

    def _sent(self, prompt: OutboxEntry) -> SentPrompt:
        given = self.answers.get(prompt.prompt_id)
        return SentPrompt(
            intervention=intervention_of(prompt),
            episode=prompt.episode,
            own=_is_own(prompt),
            answer=None if given is None else given.answer,
            answered_at=None if given is None else given.at,
        )


def intervention_of(prompt: OutboxEntry) -> str:
    """What care counts a prompt as: the phase question and the general invitation are not the
    intervention that their words come from."""
    if prompt.asks == "step":
        return prompt.intervention
    return QUESTION if prompt.asks == "question" else INVITATION


def _is_own(prompt: OutboxEntry) -> bool:
    """Whether a prompt rests on what is thought of its reader. An invitation rests on nothing."""
    return prompt.asks != "invitation" and prompt.subject_person == prompt.recipient


def waiting(prompt: OutboxEntry) -> WaitingPrompt:
    """A prompt of the outbox as care looks at it."""
    return WaitingPrompt(
        intervention=intervention_of(prompt),
        episode=prompt.episode,
        made=prompt.created,
        own=_is_own(prompt),
    )


def _said_on(ledger: Iterable[tuple[tuple[str, str, str, str, int], int]]) -> dict[str, date]:
    latest: dict[str, int] = {}
    for (person, _, _, kind, day), _ in ledger:
        if kind.startswith(_SELF_REPORT):
            latest[person] = max(day, latest.get(person, day))
    return {person: day_date(day) for person, day in latest.items()}


__all__ = ["INVITATION", "Past", "Working", "intervention_of", "waiting"]
