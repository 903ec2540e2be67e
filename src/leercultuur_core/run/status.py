"""How things stand: the last runs, the sources, the outbox, what is left; and why nothing was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

from attrs import frozen

from ..advice.care import CareRules, Drop, Hold
from ..advice.care_hours import WorkingTime
from ..advice.care_reasons import explain
from ..maturity.vocabulary import Language
from ..privacy.purposes import Refused, RefusedReason, refused_text
from ..storage import OutboxMessage, RunRecord, Transaction
from ..storage.delivery import OutboxEntry
from . import acting
from .builtin import Adapters
from .config import Configuration
from .phrases import say
from .rights import Rights

_RUNS = 50
_VERBS = ("collect", "push", "estimate", "plan", "deliver")


@frozen
class SourceStatus:
    """When a source was last read, ``None`` for never, and why it cannot be used now."""

    name: str
    read: datetime | None
    problem: str = ""


@frozen
class Status:
    """How things stand.

    runs
        The last run of each verb; one without ``ended`` was stopped half-way.
    outbox
        State → number of prompts.
    uncertain
        Ids of messages that may or may not have arrived; nobody but a person can tell.
    rejected
        How many records are kept aside.
    left
        What is left to do or to look at, in words; empty when all is well.
    """

    organisation: str
    live: bool
    people: int
    runs: tuple[RunRecord, ...]
    sources: tuple[SourceStatus, ...]
    outbox: Mapping[str, int]
    uncertain: tuple[str, ...]
    rejected: int
    left: tuple[str, ...]


@frozen
class Why:
    """Why nothing was sent to somebody, or what was: ``reason`` as a code, ``text`` in words.

    ``last`` is when the last message went; ``waiting`` are the states of what waits.
    """

    person: str
    reason: str
    text: str
    last: datetime | None
    waiting: tuple[str, ...] = ()


def read_status(
    tx: Transaction, configuration: Configuration, adapters: Adapters, now: datetime
) -> Status:
    """From the store. Says nothing about anybody's phase."""
    every = tx.results.runs(last=_RUNS)
    runs = [next((run for run in every if run.verb == verb), None) for verb in _VERBS]
    seen = tx.sources.names()
    uncertain = tuple(m.message_id for m in tx.delivery.messages(states=["uncertain"]))
    go_live = configuration.organisation.go_live
    zone = ZoneInfo(configuration.organisation.time_zone)
    broken = adapters.broken_in("source")
    sources = tuple(
        SourceStatus(name, seen.get(name), broken.get(name, ""))
        for name in sorted({*adapters.sources, *broken})
    )
    outbox = tx.delivery.states()
    rejected = len(tx.sources.rejects())
    return Status(
        organisation=configuration.organisation.name,
        live=go_live is not None and go_live.holds_on(now.astimezone(zone).date()),
        people=sum(person.active for person in tx.people.all().values()),
        runs=tuple(run for run in runs if run is not None),
        sources=sources,
        outbox=outbox,
        uncertain=uncertain,
        rejected=rejected,
        left=(
            *_left(runs, sources, adapters, outbox, len(uncertain), rejected),
            *_erases(len(tx.privacy.asked_to_erase())),
            *(
                f"messages {state}, {reason.replace('_', ' ')}: {count}"
                for (state, reason), count in tx.delivery.reasons("failed", "dead").items()
                if reason
            ),
            *acting.findings(Rights.read(tx, configuration, now)),
        ),
    )


def _left(
    runs: Sequence[RunRecord | None],
    sources: Sequence[SourceStatus],
    adapters: Adapters,
    outbox: Mapping[str, int],
    uncertain: int,
    rejected: int,
) -> list[str]:
    left = [
        f"{run.verb}: stopped half-way at {run.started:%Y-%m-%d %H:%M} UTC; the next run goes on "
        "from there"
        for run in runs
        if run is not None and run.ended is None
    ]
    left += [
        f"{run.verb}: {run.counts['failed']} failed{_names(run.counts)}; the next run tries again"
        for run in runs
        if run is not None and run.counts.get("failed")
    ]
    left += [
        f"{where} {name}: {problem}"
        for where in ("source", "directory", "sink")
        for name, problem in adapters.broken_in(where).items()
    ]
    left += [
        f"source {one.name}: never read to its end"
        for one in sources
        if one.read is None and not one.problem
    ]
    if uncertain:
        left.append(
            f"{uncertain} messages may or may not have arrived and are not sent again; look at the "
            "receiving system"
        )
    if rejected:
        left.append(f"{rejected:,} records could not be read and are kept aside for 30 days")
    if outbox.get("dead"):
        left.append(f"{outbox['dead']} prompts could not be delivered")
    return left


def _erases(waiting: int) -> list[str]:
    if not waiting:
        return []
    who = "1 person" if waiting == 1 else f"{waiting:,} people"
    return [f"{who} asked to be erased; the next run does that first"]


def _names(counts: Mapping[str, int]) -> str:
    """Which sources and directories failed, by their names in the configuration."""
    names = sorted(name.partition(".")[2] for name in counts if name.startswith("failed."))
    return f" ({', '.join(names)})" if names else ""


def told_why(
    person: str,
    reason: str,
    decision: Hold | Drop | None,
    *,
    waits: Sequence[OutboxEntry],
    messages: Sequence[OutboxMessage],
    rules: CareRules,
    working: WorkingTime,
    now: datetime,
    language: Language,
) -> Why:
    """A reason in words; names nobody."""
    refused = next((code for code in get_args(RefusedReason) if code == reason), None)
    if refused is not None:
        text = refused_text(Refused(refused), language)
    elif decision is not None:
        text = explain(decision, rules=rules, now=now, working=working, language=language)
    elif reason == "waiting":
        text = _waiting(waits[-1], working, language)
    else:
        text = say(language, reason)
    went = [message.updated for message in messages if message.state == "sent"]
    return Why(
        person, reason, text, max(went, default=None), tuple(prompt.state for prompt in waits)
    )


def _waiting(prompt: OutboxEntry, working: WorkingTime, language: Language) -> str:
    due = working.local(prompt.due)
    return say(language, f"waiting.{prompt.state}", day=f"{due:%Y-%m-%d}", time=f"{due:%H:%M}")
