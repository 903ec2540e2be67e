"""Whose data may be used for what, read from the store at once for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import Factory, frozen

from ..maturity.vocabulary import Role
from ..privacy.purposes import (
    Choice,
    PurposeId,
    Refused,
    RefusedReason,
    allowed,
    may_estimate,
    purposes,
)
from ..storage import Identifier, StoredPerson, Transaction
from . import naming
from .config import Configuration

LeftOut = RefusedReason | Literal["left"]
"""Why somebody is left out. ``left``: their directory no longer names them."""


@frozen
class Rights:
    """What everybody said, on one day, with what the organisation chose.

    ``named`` are the people (uuids) whom the configuration names for a role, as far as each name is
    one active person's.
    """

    people: Mapping[str, StoredPerson]
    said: Mapping[PurposeId, Mapping[str, bool]]
    configuration: Configuration
    day: date
    named: Mapping[Role, tuple[str, ...]] = Factory(dict)

    @classmethod
    def read(cls, tx: Transaction, configuration: Configuration, at: datetime) -> Rights:
        """From the store; ``at`` (aware) gives the day, in the organisation's time zone."""
        return cls(
            people=tx.people.all(),
            said={purpose: tx.privacy.consents(purpose) for purpose in purposes()},
            configuration=configuration,
            day=_day(configuration, at),
            named=named(tx, configuration, at),
        )

    @classmethod
    def of_one(
        cls, tx: Transaction, configuration: Configuration, at: datetime, person: str
    ) -> Rights:
        """Of one person (uuid) alone, and of nobody where there is no such person: what concerns
        others, and who acts for whom, cannot be asked of it."""
        said: dict[PurposeId, dict[str, bool]] = {purpose: {} for purpose in purposes()}
        for one in tx.privacy.consents_of(person):
            if one.purpose in said:
                said[one.purpose][person] = one.given
        return cls(
            people=tx.people.all([person]),
            said=said,
            configuration=configuration,
            day=_day(configuration, at),
        )

    @classmethod
    def of_nobody(cls, configuration: Configuration, at: datetime) -> Rights:
        """For what was frozen or registered: what may be shown of it on that day."""
        return cls(people={}, said={}, configuration=configuration, day=_day(configuration, at))

    def chosen(self, purpose: PurposeId) -> Choice:
        """How a purpose is switched on in this organisation."""
        return self._choices.get(purpose, purposes()[purpose].default)

    @property
    def _choices(self) -> Mapping[PurposeId, Choice]:
        privacy = self.configuration.privacy
        return {
            "invitation": privacy.invitation,
            "own_prompts": privacy.own_prompts,
            "group_releases": privacy.group_releases,
        }

    def refusal(self, person: StoredPerson, purpose: PurposeId) -> LeftOut | None:
        """Why ``purpose`` may not be done for this person; ``None`` where it may."""
        if not person.active:
            return "left"
        answer = allowed(
            purpose,
            said=_Said(self.said, person.uuid),
            go_live=self.configuration.organisation.go_live,
            day=self.day,
            choices=self._choices,
            student=person.employment == "student",
            students_configured=self.configuration.model.students is not None,
        )
        return answer.reason if isinstance(answer, Refused) else None

    def may_estimate(self, person: StoredPerson) -> bool:
        """Whether this person's phase may be estimated for any purpose."""
        return person.active and may_estimate(
            said=_Said(self.said, person.uuid),
            go_live=self.configuration.organisation.go_live,
            day=self.day,
            choices=self._choices,
            student=person.employment == "student",
            students_configured=self.configuration.model.students is not None,
        )

    def why_not_estimated(self, person: StoredPerson) -> LeftOut:
        """Of somebody whose phase may not be estimated: the reason to tell."""
        return self.refusal(person, "own_prompts") or "off"


def named(
    tx: Transaction, configuration: Configuration, at: datetime
) -> dict[Role, tuple[str, ...]]:
    """The people (uuids) whom the configuration names for a role, as far as each name is one active
    person's."""
    if not configuration.roles.named:
        return {}
    identify = Identifier(configuration.organisation.keys)
    found = {
        role: [uuids[0] for name in names if len(uuids := naming.find(tx, name, identify, at)) == 1]
        for role, names in configuration.roles.named.items()
    }
    people = tx.people.all({uuid for uuids in found.values() for uuid in uuids})
    return {
        role: tuple(uuid for uuid in uuids if people[uuid].active) for role, uuids in found.items()
    }


def _day(configuration: Configuration, at: datetime) -> date:
    return at.astimezone(ZoneInfo(configuration.organisation.time_zone)).date()


@frozen
class _Said:
    """What one person said, as `allowed` asks it."""

    said: Mapping[PurposeId, Mapping[str, bool]]
    person: str

    def given(self, purpose: PurposeId) -> bool | None:
        return self.said[purpose].get(self.person)


__all__ = ["LeftOut", "Rights", "named"]
