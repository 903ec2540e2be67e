"""What somebody gets to look at about themselves, and what they say there.

Only this person's rows are read, whatever the number of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from attrs import field, frozen

from ..activity.activity import Activity, day_date, utc_day
from ..activity.evidence import PHASE_QUESTION, SELF_REPORT
from ..activity.identity import account
from ..activity.ledger import Ledger
from ..advice.preconditions import fresh
from ..extension import Sink
from ..maturity import MaturityModel
from ..maturity.vocabulary import PHASES, Language, Phase
from ..phases import Estimate, Parameters
from ..privacy.purposes import PurposeId, purposes
from ..storage import OutboxPrompt, Transaction
from . import voting
from .beliefs import Beliefs, OwnWeek
from .care import Past, Working
from .channels import channel_of
from .holding import Frozen, Holding
from .releasing import in_the_tree, refused_group
from .rights import LeftOut, Rights

SOURCE = "web"
"""The source of what people say of themselves on their page."""

OwnAnswer = Phase | Literal["reflected"]
"""Where somebody says they are; or that they looked back at their work."""

_HOME_PAGE = "urn:leercultuur:web"
_ANSWERED = "http://adlnet.gov/expapi/verbs/answered"
_REFLECTED = "https://w3id.org/xapi/dod-isd/verbs/reflected"


@frozen
class OwnStep:
    """A step that was sent to somebody about themselves and is open: not answered, and not so old that
    the same may be sent again. ``when`` asks when it would suit them."""

    id: str
    step: str = field(repr=False)
    why: str = field(default="", repr=False)
    when: str = field(default="", repr=False)


@frozen
class OwnChoice:
    """A purpose that somebody may say yes or no to, in words to them, and whether their answer or,
    without one, the organisation's default is yes."""

    purpose: PurposeId
    name: str
    text: str
    on: bool


@frozen
class OwnChannel:
    """A way to reach somebody, as people call it, and whether they chose it first."""

    name: str
    first: bool


@frozen
class OwnVote:
    """The round that somebody may vote in: option (id of an intervention) → its label and what it is,
    and their ``choice`` so far (``""`` for none)."""

    unit: str
    options: Mapping[str, tuple[str, str]]
    choice: str = field(default="", repr=False)


@frozen
class OwnItem:
    """An item of the questionnaire that somebody may answer, 1 (not at all) to 5 (wholly)."""

    id: str
    text: str


@frozen(kw_only=True)
class OwnPage:
    """What somebody gets to look at about themselves. It is for nobody else.

    person, name
        Their uuid, and what their directory calls them (``""`` for nothing).
    live
        Whether the yes of the works council or staff meeting holds.
    refused
        Why nothing may be estimated for them; ``None`` where it may.
    erase_asked
        Whether they asked to be erased, and the next run will do it.
    estimate
        What is believed, with reasons; ``None`` where it may not be, or nothing was seen. It rests on
        all before today, and on today as well where they answered the phase question today: that
        counts at once.
    weeks
        Their story, oldest first; it stops where ``estimate`` does.
    step, nothing
        The step that is open; or what holds the next one, in words, ``""`` where nothing does.
    reflected
        Whether they said today that they looked back.
    choices, channels
        What they may say yes or no to; the ways to reach them, where there is a choice.
    vote, items
        The open vote of their unit; the items that they did not answer lately, none where groups are
        off.
    """

    person: str
    name: str = field(repr=False)
    live: bool
    refused: LeftOut | None
    erase_asked: bool
    estimate: Estimate | None = field(repr=False)
    weeks: tuple[OwnWeek, ...] = field(repr=False)
    step: OwnStep | None
    nothing: str
    reflected: bool
    choices: tuple[OwnChoice, ...]
    channels: tuple[OwnChannel, ...]
    vote: OwnVote | None
    items: tuple[OwnItem, ...]


@frozen
class Kept:
    """What an engine keeps in memory between views."""

    beliefs: Beliefs
    frozen: Frozen = field(factory=Frozen)


def read(
    tx: Transaction,
    rights: Rights,
    person: str,
    *,
    parameters: Parameters,
    model: MaturityModel,
    sinks: Mapping[str, Sink],
    working: Working,
    now: datetime,
    language: Language,
    kept: Kept,
) -> OwnPage:
    """Of ``person`` (a uuid), of whom ``rights`` are at least. What ``kept`` has is used as long as it
    is what the store would give, and of rights nothing is kept. Raises `KeyError` where there is no such
    person."""
    who = rights.people[person]
    refused = rights.refusal(who, "own_prompts")
    ledger = kept.beliefs.ledger(tx, person) if refused is None else Ledger()
    today = utc_day(now)
    kinds_today = {kind for (_, _, _, kind, day), _ in ledger if day == today}
    said_today = any(kind.startswith(SELF_REPORT) for kind in kinds_today)
    at = now + timedelta(days=1) if said_today else now
    estimate = None
    if len(ledger):
        estimate = kept.beliefs.estimate(tx, rights, person, at=at, parameters=parameters)
    past = Past.read(tx, ledger, [person])
    step = _step(tx, person, past, working, now)
    holding = Holding(tx, rights, person, past, estimate, model, sinks, working, now, kept.frozen)
    go_live = rights.configuration.organisation.go_live
    return OwnPage(
        person=person,
        name=who.name,
        live=go_live is not None and go_live.holds_on(rights.day),
        refused=refused,
        erase_asked=tx.privacy.asks_erase(person),
        estimate=estimate,
        weeks=() if estimate is None else kept.beliefs.weeks(estimate, at=at),
        step=step,
        nothing="" if step is not None else holding.told(language),
        reflected="reflected" in kinds_today,
        choices=_choices(rights, person, language),
        channels=_channels(rights, person, sinks),
        vote=_vote(tx, rights, person, model, language),
        items=_items(tx, rights, person, model, language),
    )


def own_activity(person: str, answer: OwnAnswer, now: datetime) -> Activity:
    """What somebody says of themselves as an activity; of one day the last of each kind counts."""
    day = now.astimezone(UTC).date()
    question = answer in PHASES
    number = f"{person}:{day}" if question else f"{person}:{day}:{answer}"
    return Activity(
        id=f"urn:leercultuur:web:{number}",
        revision=int(now.timestamp()),
        source=SOURCE,
        identities=(known_as(person),),
        verb=_ANSWERED if question else _REFLECTED,
        object_id=PHASE_QUESTION if question else "",
        occurred_at=now,
        answer=answer if question else None,
    )


def known_as(person: str) -> str:
    """The identifier of a person (uuid) as whom they say something on their page."""
    return account(_HOME_PAGE, person)


def _step(
    tx: Transaction, person: str, past: Past, working: Working, now: datetime
) -> OwnStep | None:
    """The last own one that was sent. What somebody gets because they act for a unit is no part of
    their own page."""
    open_for = timedelta(days=working.rules.same_again_after_days)
    for one in reversed(past.prompts.get(person, ())):
        if (
            one.state == "sent"
            and one.subject_person == person
            and one.prompt_id not in past.answers
            and now - one.created < open_for
        ):
            whole = tx.delivery.prompt(one.prompt_id)
            if whole is not None:
                return _told(whole)
    return None


def _told(prompt: OutboxPrompt) -> OwnStep:
    row = prompt.payload["prompt"]
    return OwnStep(prompt.prompt_id, row["step"], row["why"], row["when_question"])


def _choices(rights: Rights, person: str, language: Language) -> tuple[OwnChoice, ...]:
    found = []
    for name, purpose in purposes().items():
        chosen, said = rights.chosen(name), rights.said[name].get(person)
        if chosen in {"opt-in", "opt-out"}:
            on = chosen == "opt-out" if said is None else said
            found.append(OwnChoice(name, purpose.name[language], purpose.text[language], on))
    return tuple(found)


def _channels(rights: Rights, person: str, sinks: Mapping[str, Sink]) -> tuple[OwnChannel, ...]:
    who = rights.people[person]
    names = list(
        dict.fromkeys(
            channel_of(name, sink)
            for name, sink in sinks.items()
            if (channel := getattr(sink.settings, "channel", "")) == "" or channel in who.addresses
        )
    )
    first = next(iter(who.channels), "")
    return tuple(OwnChannel(one, one == first) for one in names) if len(names) > 1 else ()


def _vote(
    tx: Transaction, rights: Rights, person: str, model: MaturityModel, language: Language
) -> OwnVote | None:
    found = voting.open_for(tx, rights, person)
    if found is None or refused_group(rights):
        return None
    options = {
        one: (model[one].labels[language], model[one].summaries[language])
        for one in found.options
        if one in model
    }
    return OwnVote(found.unit, options, tx.preconditions.vote_of(found.number, person) or "")


def _items(
    tx: Transaction, rights: Rights, person: str, model: MaturityModel, language: Language
) -> tuple[OwnItem, ...]:
    who = rights.people[person]
    counted = in_the_tree(who) and rights.refusal(who, "group_releases") is None
    if not counted or refused_group(rights):
        return ()
    months = rights.configuration.preconditions.fresh_months
    answered = {
        one.item
        for one in tx.preconditions.answers([person])
        if fresh(day_date(one.day), rights.day, months)
    }
    return tuple(
        OwnItem(one.id, one.texts[language]) for one in model.items if one.id not in answered
    )


__all__ = [
    "Kept",
    "OwnAnswer",
    "OwnChannel",
    "OwnChoice",
    "OwnItem",
    "OwnPage",
    "OwnStep",
    "OwnVote",
    "OwnWeek",
    "known_as",
    "own_activity",
    "read",
]
