"""From phases to prompts for a whole organisation: against the phase filter for the same people.

    python bench/run_advise.py [--people 20000] [--rounds 2]

First as a program asks for it, with `leercultuur_core.advise`: everybody gets a prompt. Beside it the
same without the sentence on what was seen, which rests on what the estimate would be without each
kind that was: some dozen times. Then a night of the engine on a store: the first, in which
everybody gets something, and the one after it, in which everybody has something that waits.
All times are processor time of this one process.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
from attrs import evolve
from measure import ratio, report, value
from nights import Handed, Listed, identifier
from run_filter import spent

from leercultuur_core.activity.activity import Activity, day_start, utc_day
from leercultuur_core.activity.ledger import Ledger
from leercultuur_core.advice import Directory, advise, parse_people
from leercultuur_core.demo.bakery import TRACES
from leercultuur_core.extension import DirectoryPerson, Message, Plugins, Receipt, Secret, Sink
from leercultuur_core.phases import Estimate, Estimates, default_parameters, estimate
from leercultuur_core.phases.filtering import filter_weeks
from leercultuur_core.phases.observations import observe
from leercultuur_core.run.builtin import Adapters
from leercultuur_core.run.config import Configuration, GoLive, Organisation, Privacy
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import Store

AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
WEEKS = 52
UNIT = 20
PLATFORMS = ("https://leren.example", "https://academie.example", "https://campus.example")


def made_up(people: int, seed: int = 1) -> Ledger:
    """A year of ``people`` who go through the phases as the shipped parameters say, of what the
    traces of the demo can show, each at one of three platforms."""
    chance, parameters = np.random.default_rng(seed), default_parameters()
    kinds = [kind for kind in parameters.kinds if kind in TRACES]
    rates = np.array([parameters.rates[kind] for kind in kinds])
    moves = np.cumsum(np.array(parameters.transmat), axis=1)
    phase = (chance.random((people, 1)) > np.cumsum(parameters.startprob)).sum(axis=1).clip(0, 4)
    level = chance.gamma(parameters.activity_shape, 1 / parameters.activity_shape, people)
    place = chance.integers(0, len(PLATFORMS), people).tolist()
    first = utc_day(AT) - 7 * WEEKS
    counts: dict[tuple[str, str, str, str, int], int] = {}
    for week in range(WEEKS):
        burst = chance.gamma(parameters.burst_shape, 1 / parameters.burst_shape, people)
        made = chance.poisson((rates[:, phase] * level * burst).T)
        who, kind = np.nonzero(made)
        day = chance.integers(0, 5, len(who)) + first + 7 * week
        for one, what, when, count in zip(
            who.tolist(), kind.tolist(), day.tolist(), made[who, kind].tolist(), strict=True
        ):
            counts[identifier(one), PLATFORMS[place[one]], "general", kinds[what], when] = count
        phase = (chance.random((people, 1)) > moves[phase]).sum(axis=1).clip(0, 4)
    return Ledger(counts)


def directory(people: int) -> Directory:
    """Everybody in teams, the first of each its manager."""
    rows = ["identifier,name,roles,manager,unit,language,employment"]
    for number in range(people):
        role = "manager worker" if number % UNIT == 0 else "worker"
        team = f"Made up/Team {number // UNIT}"
        rows.append(f"{identifier(number)},Name {number},{role},,{team},nl,employee")
    return parse_people("\n".join(rows))


def unseen(estimates: Estimates) -> dict[str, Estimate]:
    """The same estimates, but they cannot say what they rest on."""
    return {name: evolve(one, run=None) for name, one in estimates.items()}


class Nowhere(Sink):
    """Is there to be planned for."""

    name = "nowhere"

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Says of everything that it was sent."""
        for message in messages:
            yield Receipt(message.id, "sent")


def organisation(folder: Path, ledger: Ledger, people: int) -> tuple[Engine, Handed]:
    """An engine on a new store, and its source, which holds what ``ledger`` counts."""
    source, listed = Handed(), Listed()
    source.records = [
        Activity(
            id=str(number),
            identities=(who,),
            verb=TRACES[kind].verb,
            object_id="https://leren.example/1",
            object_type=TRACES[kind].object_type,
            occurred_at=day_start(day) + timedelta(hours=10),
            source=platform,
        )
        for number, ((who, platform, _, kind, day), _) in enumerate(ledger)
    ]
    listed.list = [
        DirectoryPerson(
            (identifier(number),),
            name=f"Name {number}",
            language="nl",
            unit=f"Made up/Team {number // UNIT}",
            roles=("worker", "manager") if number % UNIT == 0 else ("worker",),
        )
        for number in range(people)
    ]
    path = folder / "store.db"
    configuration = Configuration(
        organisation=Organisation(
            name="Made up",
            identity_key=Secret("k" * 40),
            go_live=GoLive(date(2025, 1, 1), "made up", "all"),
        ),
        store=str(path),
        privacy=Privacy(own_prompts="opt-out"),
    )
    engine = Engine(
        configuration,
        Store.open(path, create=True),
        plugins=Plugins(),
        adapters=Adapters({"handed": source}, {"listed": listed}, {"nowhere": Nowhere()}),
    )
    return engine, source


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    people, rounds = options.people, options.rounds
    ledger, parameters = made_up(people), default_parameters()
    found = estimate(ledger, at=AT)
    seen = observe(ledger, at=AT, kinds=parameters.kinds, visibility=found.visibility)
    known, silent = directory(people), unseen(found)
    taken = spent(
        {
            "filter": partial(filter_weeks, seen, parameters),
            "estimate": partial(estimate, ledger, at=AT),
            "silent": partial(advise, silent, people=known),
            "whole": partial(advise, found, people=known),
        },
        rounds,
    )
    unit = taken["filter"]
    of = f"the filter for {people:,} people and {WEEKS} weeks"
    report(
        value(of, unit, "s", at_most=2.5),
        ratio(f"`estimate` of {people:,} people from a ledger", taken["estimate"], unit, of=of),
        ratio(
            f"`advise` for {people:,} people, without what was seen",
            taken["silent"],
            unit,
            of=of,
            at_most=2,
        ),
        ratio(f"`advise` for {people:,} people", taken["whole"], unit, of=of, at_most=2),
    )
    with tempfile.TemporaryDirectory(prefix="leercultuur-bench-") as folder, ExitStack() as stack:
        engine, source = organisation(Path(folder), ledger, people)
        stack.enter_context(engine)
        engine.collect(AT)
        taken = spent({"filter": partial(filter_weeks, seen, parameters)}, 3)
        taken |= spent({"estimate": partial(engine.estimate, AT)}, 1)
        # A plan that is asked for makes the estimates anew; what is left of it is planning.
        for night in ("first", "next"):
            planned = spent({"plan": partial(engine.plan, AT)}, 1)["plan"][0]
            taken[night] = [planned - taken["estimate"][0]]
        news = [
            msgspec.structs.replace(one, id=f"new {one.id}", occurred_at=AT)
            for one in source.records[:: 20 * len(source.records) // people]
        ]
        source.records = news
        engine.collect(AT + timedelta(days=1))
        taken |= spent({"news": partial(engine.estimate, AT + timedelta(days=1))}, 1)
    unit = [median(taken["filter"])]
    report(
        ratio(
            f"`estimate` of {people:,} people where one in twenty has news",
            taken["news"],
            taken["estimate"],
            of="the one before it",
            at_most=0.1,
        ),
        ratio(f"`estimate` of {people:,} people in a store", taken["estimate"], unit, of=of),
        ratio(f"`plan` of a night with {people:,} prompts", taken["first"], unit, of=of),
        ratio("`plan` of a night in which everybody waits", taken["next"], unit, of=of),
    )


if __name__ == "__main__":
    main()
