"""Votes on what a team does first, in the running engine. Told of a vote is the choice, no more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import frozen

from ..advice.involvement import OPTIONS, Choice, NoChoice, count
from ..advice.preconditions import fresh
from ..errors import ConfigError, Problem
from ..maturity import MaturityModel
from ..maturity.tables import did_you_mean
from ..privacy.series import quarter_of
from ..storage import KeptRelease, StoredPerson, Transaction, VoteRound
from .releasing import in_the_tree, refused_group
from .rights import Rights

_PURPOSE = "vote"

LEADS_MONTHS = 6
"""What a team chose leads for so long. A judgement: two quarters, so that a choice late in one still
has a whole one to be done in."""

NoVote = Literal["off", "open", "open_near", "chosen"]
"""Why no round can be opened: groups are off or before go-live, one is open here, one is open in a
part of it or in a whole it is part of, or a choice was made this quarter."""


@frozen
class Vote:
    """A round and, where it is closed, what came of it: ``chosen``, or ``""`` with ``tied``; neither
    where the choice is not known."""

    unit: str
    options: tuple[str, ...]
    opened: datetime
    closed: datetime | None
    chosen: str = ""
    tied: bool = False


def refusals(tx: Transaction, rights: Rights, unit: str) -> tuple[NoVote, ...]:
    """Why no round can be opened for a unit now; empty where one can."""
    found: list[NoVote] = []
    if refused_group(rights):
        found.append("off")
    asked = [one.unit for one in _open(tx)]
    if unit in asked:
        found.append("open")
    # Somebody is in one round at a time, so that their vote is for the one they were asked about.
    elif any(_inside(one, unit) or _inside(unit, one) for one in asked):
        found.append("open_near")
    if tx.privacy.releases(purpose=_PURPOSE, unit=unit, quarter=quarter_of(rights.day)):
        found.append("chosen")
    return tuple(found)


def open_round(
    tx: Transaction,
    rights: Rights,
    model: MaturityModel,
    unit: str,
    options: Sequence[str],
    *,
    now: datetime,
) -> Vote:
    """Opens a round for a unit. Raises `ConfigError` with all that is in the way: what `refusals`
    gives, no such unit, other than three known options."""
    problems = [_in_the_way(one, rights) for one in refusals(tx, rights, unit)]
    units = {one.unit for one in rights.people.values() if in_the_tree(one)}
    if not any(_inside(one, unit) for one in units):
        problems.append(
            Problem("unit", "a unit of the directory", repr(unit), did_you_mean(unit, units))
        )
    if len(set(options)) != OPTIONS or len(options) != OPTIONS:
        hint = "" if options else "too little is shown of this unit to propose three; give them"
        problems.append(
            Problem("options", f"{OPTIONS} different actions", str(len(set(options))), hint)
        )
    problems += [
        Problem(
            "options",
            "actions of the catalogue",
            repr(one),
            did_you_mean(one, [i.id for i in model.all]),
        )
        for one in options
        if one not in model
    ]
    if problems:
        raise ConfigError("the vote", problems)
    tx.preconditions.open_round(unit, options, at=now)
    return Vote(unit, tuple(options), now, None)


def cast(tx: Transaction, rights: Rights, person: str, choice: str, *, now: datetime) -> Vote:
    """Keeps a person's vote in the open round of their unit; they may change it until that closes.
    Raises `ConfigError` where there is no such round, they may not be counted, or ``choice`` is not
    one of its options."""
    found = open_for(tx, rights, person)
    if found is None:
        raise ConfigError(
            "the vote",
            [Problem("person", "somebody of a unit with an open round, who is counted", "another")],
        )
    if choice not in found.options:
        hint = did_you_mean(choice, found.options)
        problem = Problem("choice", f"one of {', '.join(found.options)}", repr(choice), hint)
        raise ConfigError("the vote", [problem])
    tx.preconditions.cast(found.number, person, choice, at=now)
    return Vote(found.unit, found.options, found.opened, None)


def open_for(tx: Transaction, rights: Rights, person: str) -> VoteRound | None:
    """The open round in which a person may vote: that of their unit, where they may be counted."""
    who = rights.people[person]
    if not _counts(rights, who):
        return None
    return next((one for one in _open(tx) if _inside(who.unit, one.unit)), None)


def close_round(tx: Transaction, rights: Rights, unit: str, *, now: datetime) -> Vote:
    """Closes the open round of a unit, freezes what came of it, and lets go of the votes. Who left
    the unit or objected meanwhile is not counted. Raises `ConfigError` where none is open."""
    found = next((one for one in _open(tx) if one.unit == unit), None)
    if found is None:
        raise ConfigError("the vote", [Problem("unit", "a unit with an open round", repr(unit))])
    votes = {
        person: vote
        for person, vote in tx.preconditions.votes(found.number).items()
        if _counts(rights, rights.people[person]) and _inside(rights.people[person].unit, unit)
    }
    choice = Choice(found.options, reason="too_few")
    if not refused_group(rights):
        before = [_choice(one) for one in tx.privacy.releases(purpose=_PURPOSE)]
        minimum = rights.configuration.privacy.minimum_group
        choice = count(votes, found.options, k=minimum, before=before)
    tx.preconditions.close_round(found.number, at=now)
    if choice.contributors:
        payload = {
            "round": found.number,
            "options": list(choice.options),
            "chosen": choice.chosen,
            "reason": choice.reason,
        }
        quarter = quarter_of(rights.day)
        tx.privacy.put_release(
            KeptRelease(unit, _PURPOSE, quarter, payload, choice.contributors, now)
        )
    return Vote(unit, found.options, found.opened, now, choice.chosen, choice.reason == "tie")


def votes(tx: Transaction) -> tuple[Vote, ...]:
    """All rounds, oldest first, with what may be told of each."""
    released = {one.payload["round"]: _choice(one) for one in tx.privacy.releases(purpose=_PURPOSE)}
    return tuple(_vote(one, released.get(one.number)) for one in tx.preconditions.rounds())


def chosen(tx: Transaction, rights: Rights) -> dict[str, str]:
    """Unit → what its team chose last, where that still leads; empty where groups are off."""
    if refused_group(rights):
        return {}
    zone = ZoneInfo(rights.configuration.organisation.time_zone)
    found = {}
    for one in tx.privacy.releases(purpose=_PURPOSE):
        if fresh(one.made.astimezone(zone).date(), rights.day, LEADS_MONTHS):
            found[one.unit] = str(one.payload["chosen"])
    return {unit: choice for unit, choice in found.items() if choice}


def _in_the_way(refused: NoVote, rights: Rights) -> Problem:
    if refused == "off":
        return Problem("vote", "group releases, after go-live", refused_group(rights) or "")
    if refused == "chosen":
        return Problem("unit", "no choice yet this quarter", "one", "ask again next quarter")
    return Problem("unit", "no open round there", "one", "close it first")


def _open(tx: Transaction) -> list[VoteRound]:
    return [one for one in tx.preconditions.rounds() if one.closed is None]


def _vote(one: VoteRound, choice: Choice | None) -> Vote:
    if choice is None or one.closed is None:
        return Vote(one.unit, one.options, one.opened, one.closed)
    return Vote(
        one.unit, one.options, one.opened, one.closed, choice.chosen, choice.reason == "tie"
    )


def _choice(kept: KeptRelease) -> Choice:
    reason: NoChoice | None = kept.payload["reason"]
    options: Collection[str] = kept.payload["options"]
    return Choice(tuple(options), kept.payload["chosen"], reason, kept.contributors)


def _counts(rights: Rights, person: StoredPerson) -> bool:
    return in_the_tree(person) and rights.refusal(person, "group_releases") is None


def _inside(unit: str, above: str) -> bool:
    """Whether ``unit`` is ``above`` or a part of it; all are parts of the whole organisation."""
    return not above or unit == above or unit.startswith(f"{above}/")


__all__ = [
    "NoVote",
    "Vote",
    "cast",
    "chosen",
    "close_round",
    "open_for",
    "open_round",
    "refusals",
    "votes",
]
