"""A year of nights in an organisation: who is sent what, and whether anything goes where or when it
should not.

    python bench/run_year.py [--people 600] [--units 30] [--days 364] [--seed 1]

Units are of 5 to 60 people. People join, leave, are away, work part of the week, object, and answer at
random; managers too. Each day has one run and one or two deliveries, at any minute of the day or night.
Go-live is in week five; before it everybody may get the general invitation. Twice a year everybody
answers the questionnaire on preconditions: the largest unit is unsafe, the next overloaded, elsewhere
some are.

What was sent and told is checked from the outside, by what the sink saw and what the organisation
knows; exit code 1 where there is any violation, or where nothing was released, held, held back or
sent. That each check finds what it looks for is tested (`tests/run/test_year.py`). A year of 600
takes some minutes.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from attrs import define, field, frozen
from measure import report as leave
from measure import value
from nights import Handed, Life, Listed, identifier

from leercultuur_core.advice.concert_rules import default_concert_rules
from leercultuur_core.extension import (
    Delivery,
    DirectoryPerson,
    Message,
    Plugins,
    Receipt,
    Secret,
    Sink,
)
from leercultuur_core.maturity import Intervention, MaturityModel, maturity_model
from leercultuur_core.phases import default_parameters
from leercultuur_core.run import concert
from leercultuur_core.run.builtin import Adapters
from leercultuur_core.run.config import Configuration, GoLive, Organisation, Privacy
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.rights import Rights
from leercultuur_core.storage import Answer, KeptRelease, OutboxPrompt, Store
from leercultuur_core.storage.delivery import Asks

ZONE = ZoneInfo("Europe/Amsterdam")
FIRST = date(2026, 1, 5)
GO_LIVE = FIRST + timedelta(weeks=4)

# Written out, so that the library's calendar is checked too. In weekends there are more.
HOLIDAYS = frozenset(
    date(*day)
    for day in (
        (2026, 4, 6),
        (2026, 4, 27),
        (2026, 5, 14),
        (2026, 5, 25),
        (2026, 12, 25),
        (2026, 12, 26),
        (2027, 1, 1),
    )
)
WEEKS_TOGETHER = ((1, 2, 3, 4, 5), (1, 2, 3), (2, 3, 4, 5), (4, 5, 6))
SMALLEST, LARGEST, K = 5, 60, 10
ASKED = (GO_LIVE + timedelta(days=8), GO_LIVE + timedelta(days=8 + 26 * 7))
"""When everybody who is there answers the questionnaire, and it is released."""

UNSAFE = frozenset({("safety-and-workload", "safety")})
OVERLOADED = frozenset({("safety-and-workload", "workload-not-too-high")})
Low = frozenset[tuple[str, str]]
"""Facets that are low, as (precondition, facet)."""


def sizes(people: int, units: int, dice: random.Random) -> list[int]:
    """How many people are in each unit, the largest first: 5 to 60, or one unit where there are few."""
    found = [min(SMALLEST, people)] * units
    if not sum(found) <= people <= LARGEST * units:
        raise SystemExit(f"{people} people do not go in {units} units of {SMALLEST} to {LARGEST}")
    weights = [dice.gammavariate(1, 1) for _ in range(units)]
    while sum(found) < people:
        (one,) = dice.choices(range(units), weights)
        found[one] += found[one] < LARGEST
    return sorted(found, reverse=True)


def held_back(one: Intervention, low: Low, mends: Collection[str]) -> bool:
    """Whether an intervention is held back by what is low, and is not among what ``mends`` it: two
    lines of the table in `docs/preconditions.md`, written out."""
    if one.id in mends:
        return False
    if low & UNSAFE and one.exposes_people:
        return True
    return bool(low & OVERLOADED) and not (one.kind == "informal" and one.fits_inside_work)


@frozen
class Sent:
    """One message as the outside saw it."""

    at: datetime
    worker: int
    prompts: tuple[str, ...]
    interventions: tuple[str, ...]
    own: tuple[bool, ...]


@frozen
class Told:
    """What was told of a unit on a day, in a release or a plan: of at least how many people, and the
    roles of whom something is asked."""

    on: date
    unit: str
    minimum: int = K
    roles: tuple[str, ...] = ()


def _roles(number: int, units: int) -> tuple[str, ...]:
    """The first of each unit is its manager; the very first is director and HR as well."""
    roles = ("worker", "manager") if number < units else ("worker",)
    return roles if number else (*roles, "hr", "director")


@define
class Worker:
    """What the organisation knows of somebody."""

    life: Life
    working_days: tuple[int, ...]
    joins: date
    leaves: date
    away: tuple[date, date]
    unit: int = 0
    objected: date | None = None
    low: Low = frozenset()
    low_since: date = date.max
    answered: dict[str, tuple[date, str]] = field(factory=dict)

    def listed(self, day: date) -> bool:
        """Whether they are in the directory on a day."""
        return self.joins <= day < self.leaves

    def on_leave(self, day: date) -> bool:
        """Whether they are away on a day."""
        first, last = self.away
        return first <= day <= last

    def present(self, day: date) -> bool:
        """Whether they are there on a day."""
        return self.listed(day) and not self.on_leave(day)


class Postbox(Sink):
    """Keeps what it is given, with the moment and the worker it was for."""

    name = "postbox"
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime.min.replace(tzinfo=UTC)
        self.sent: list[Sent] = []

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            prompts = message.prompts
            self.sent.append(
                Sent(
                    self.now,
                    int(message.recipient.name.removeprefix("Worker ")),
                    tuple(prompt.id for prompt in prompts),
                    tuple(prompt.intervention for prompt in prompts),
                    tuple(prompt.subject == prompt.recipient for prompt in prompts),
                )
            )
            yield Receipt(message.id, "sent")


class Year:
    """The organisation and its nights; counts as they come."""

    def __init__(
        self, folder: Path, people: int, days: int, seed: int, units: int | None = None
    ) -> None:
        self.dice = random.Random(seed)
        self.days = days
        self.sizes = sizes(people, units or max(1, people // 20), self.dice)
        parameters = default_parameters()
        # The managers come first, then the others of each unit.
        of_unit = [*range(len(self.sizes))]
        of_unit += [unit for unit, size in enumerate(self.sizes) for _ in range(size - 1)]
        self.workers = [
            self._worker(Life(number, seed, parameters), unit)
            for number, unit in enumerate(of_unit)
        ]
        self.workers[0].joins, self.workers[0].leaves = FIRST, FIRST + timedelta(days=days)
        self.source, self.directory, self.postbox = Handed(), Listed(), Postbox()
        self.nothing: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self.states: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.estimated_too_early = 0
        self.low: dict[int, Low] = {}
        self.said = 0
        self.told: list[Told] = []
        self.held_back: dict[str, int] = {}
        configuration = Configuration(
            organisation=Organisation(
                name="Made up",
                identity_key=Secret("k" * 40),
                time_zone=str(ZONE),
                go_live=GoLive(GO_LIVE, "made up", "all"),
            ),
            store=str(folder / "store.db"),
            privacy=Privacy(minimum_group=K, own_prompts="opt-out", invitation="opt-out"),
        )
        self.engine = Engine(
            configuration,
            Store.open(configuration.store_url, create=True),
            plugins=Plugins(),
            adapters=Adapters(
                {"handed": self.source}, {"listed": self.directory}, {"postbox": self.postbox}
            ),
        )

    def _worker(self, life: Life, unit: int) -> Worker:
        dice, last = self.dice, FIRST + timedelta(days=self.days)

        def some_day() -> date:
            return FIRST + timedelta(days=dice.randrange(self.days))

        away = some_day()
        return Worker(
            life,
            dice.choice((WEEKS_TOGETHER[0], *WEEKS_TOGETHER)),
            joins=some_day() if dice.random() < 0.15 else FIRST,
            leaves=some_day() if dice.random() < 0.15 else last,
            away=(away, away + timedelta(days=dice.choice((7, 21, 90)))),
            unit=unit,
            low=(UNSAFE, OVERLOADED)[unit]
            if unit < 2
            else (UNSAFE if dice.random() < 0.1 else frozenset()),
        )

    def go(self) -> None:
        """All nights."""
        for number in range(self.days):
            day = FIRST + timedelta(days=number)
            self._happen(day)
            if day in ASKED:
                self._ask(day)
            minutes = sorted(self.dice.sample(range(24 * 60), 2 + number % 2))
            run, *later = (
                datetime.combine(day, time(*divmod(m, 60)), ZONE).astimezone(UTC) for m in minutes
            )
            self._run(run, day)
            for moment in sorted(later):
                self._deliver(moment)
            self._hear(day)
            if number % 28 == 27 or number == self.days - 1:
                self._tell(day)

    def _happen(self, day: date) -> None:
        """What people did the day before, and who is there today."""
        before = day - timedelta(days=1)
        if day.isoweekday() == 1:
            for worker in self.workers:
                worker.life.week()
        late = self.source.records[-20:]
        fresh = [
            activity
            for worker in self.workers
            if worker.present(before) and before.isoweekday() in worker.working_days
            for activity in worker.life.day(before)
        ]
        self.source.records = [*late, *fresh]
        units = len(self.sizes)
        self.directory.list = [
            DirectoryPerson(
                (identifier(number),),
                name=f"Worker {number}",
                roles=_roles(number, units),
                manager=identifier(worker.unit if number >= units else 0) if number else None,
                unit=f"team {worker.unit}",
                working_days=worker.working_days,
                # Nobody tells beforehand.
                away=(worker.away,) if worker.away[0] <= day else (),
            )
            for number, worker in enumerate(self.workers)
            if worker.listed(day)
        ]

    def _ask(self, day: date) -> None:
        """Whoever was there yesterday answers the questionnaire, and what they say is released."""
        now = datetime.combine(day, time(0, 1), ZONE).astimezone(UTC)
        out = io.StringIO()
        form = csv.writer(out)
        form.writerow(("identifier", "item", "answer"))
        for number, worker in enumerate(self.workers):
            if not (worker.present(day - timedelta(days=1)) and worker.listed(day)):
                continue
            worker.low_since = min(worker.low_since, day)
            for item in self.engine.model.items:
                low = (item.precondition, item.facet) in worker.low
                answer = self.dice.randint(1, 2) if low else self.dice.randint(3, 5)
                form.writerow((identifier(number), item.id, answer))
        done = self.engine.import_answers(out.getvalue(), now)
        if done.problems:
            raise AssertionError(done.problems)
        self.said += done.taken
        self.engine.release_preconditions(now)
        for one in self.engine.preconditions(now):
            if one.unit:
                unit = int(one.unit.removeprefix("team "))
                found = frozenset(facet for facet, state in one.states.items() if state.low)
                self.low.setdefault(unit, found)
                self.held_back[one.unit] = len(one.held)

    def _tell(self, day: date) -> None:
        """What whoever runs the program gets to see."""
        now = datetime.combine(day, time(23, 59), ZONE).astimezone(UTC)
        self.told += [
            Told(day, one.unit, one.release.minimum)
            for one in self.engine.releases(now)
            if one.release is not None
        ]
        self.told += [
            Told(day, one.unit, state.contributors)
            for one in self.engine.preconditions(now)
            for state in one.states.values()
            if state.known
        ]
        with self.engine.store.reading() as tx:
            rights = Rights.read(tx, self.engine.configuration, now)
            plan = concert.read(tx, rights, self.engine.model, rules=default_concert_rules())
        self.told += [
            Told(day, one.unit, roles=tuple(action.role for action in one.actions))
            for one in plan.plans.values()
            if one.actions
        ]

    def _run(self, now: datetime, day: date) -> None:
        self.postbox.now = now
        ran = self.engine.run(now)
        if ran.collected.problems:
            raise AssertionError(ran.collected.problems)
        self.nothing.update(ran.planned.nothing)
        self.made.update(made=ran.planned.made, held=ran.planned.held)
        self.states.update(ran.delivered.states)
        self.reasons.update(ran.delivered.reasons)
        if day < GO_LIVE:
            self.estimated_too_early += ran.estimated.people

    def _deliver(self, now: datetime) -> None:
        self.postbox.now = now
        done = self.engine.deliver(now)
        self.states.update(done.states)
        self.reasons.update(done.reasons)

    def _hear(self, day: date) -> None:
        """Some answer what came this fortnight; now and then somebody objects."""
        late = datetime.combine(day, time(23, 59), ZONE).astimezone(UTC)
        for sent in reversed(self.postbox.sent):
            if (late - sent.at).days > 13:
                break
            worker = self.workers[sent.worker]
            prompt = sent.prompts[0]
            if prompt in worker.answered or self.dice.random() > 0.08:
                continue
            answer: Answer = self.dice.choice(("done", "done", "not_now", "not_for_me", "wrong"))
            worker.answered[prompt] = (day, answer)
            self.answers[answer] += 1
            self.engine.answer(prompt, answer, late)
        worker = self.dice.choice(self.workers)
        if worker.objected is None and worker.present(day) and self.dice.random() < 0.1:
            (person,) = self.engine.find(identifier(self.workers.index(worker)), late)
            self.engine.consent(person, "own_prompts", False, late)
            worker.objected = day


KINDS = (
    "in quiet hours",
    "on a holiday",
    "on a day off",
    "before go-live, and no invitation",
    "to somebody not in the directory",
    "to somebody on leave",
    "about oneself after an objection",
    "estimated before go-live",
    "invited twice",
    "sent twice",
    "more than one in seven days",
    "after four without an answer",
    "too soon after two without an answer",
    "the same step too soon",
    "a step again that was not for them",
    f"about a group of which no {K} were released",
    f"released of fewer than {K}",
    f"between two releases fewer than {K}",
    "about a group to somebody who does not act for it",
    "held back by a precondition",
    f"told of a unit of fewer than {K}",
    "an action for which nobody is there",
)
"""What is looked for."""


@frozen
class Seen:
    """What the outside knows after a year: enough to look for what should not have been."""

    sent: Sequence[Sent]
    workers: Sequence[Worker]
    prompts: Sequence[OutboxPrompt]
    releases: Sequence[KeptRelease]
    estimated_too_early: int = 0
    low: Mapping[int, Low] = field(factory=dict)
    told: Sequence[Told] = ()

    @classmethod
    def of(cls, year: Year) -> Seen:
        """After the nights of ``year``."""
        with year.engine.store.reading() as tx:
            prompts, releases = tx.delivery.prompts(), tx.privacy.releases()
        return cls(
            year.postbox.sent,
            year.workers,
            prompts,
            releases,
            year.estimated_too_early,
            year.low,
            year.told,
        )


def violations(seen: Seen) -> dict[str, int]:
    """What should not have been, by what; each looked at from the outside."""
    found = Counter(dict.fromkeys(KINDS, 0))
    by_worker: dict[int, list[Sent]] = {}
    asks = {one.prompt_id: one.asks for one in seen.prompts}
    for sent in seen.sent:
        by_worker.setdefault(sent.worker, []).append(sent)
        local = sent.at.astimezone(ZONE)
        day, worker = local.date(), seen.workers[sent.worker]
        latest = time(15) if day.isoweekday() == 5 else time(17)
        invited = [asks[one] == "invitation" for one in sent.prompts]
        own = any(mine and not asked for mine, asked in zip(sent.own, invited, strict=True))
        found["in quiet hours"] += not time(8, 30) <= local.time() < latest
        found["on a holiday"] += day in HOLIDAYS
        found["on a day off"] += day.isoweekday() not in worker.working_days
        found["before go-live, and no invitation"] += day < GO_LIVE and not all(invited)
        found["to somebody not in the directory"] += not worker.listed(day)
        found["to somebody on leave"] += worker.on_leave(day)
        objected = worker.objected is not None and day > worker.objected
        found["about oneself after an objection"] += objected and own
    found["estimated before go-live"] = seen.estimated_too_early
    for number, messages in by_worker.items():
        invitations = {
            one for sent in messages for one in sent.prompts if asks[one] == "invitation"
        }
        found["invited twice"] += max(0, len(invitations) - 1)
        found.update(_caps(messages, seen.workers[number], asks))
    found.update(_too_small(seen.prompts, seen.releases))
    found.update(_not_theirs(seen, maturity_model()))
    found.update(_told_wrongly(seen))
    arrived = Counter(one for sent in seen.sent for one in sent.prompts)
    found["sent twice"] = sum(count - 1 for count in arrived.values())
    return dict(found)


def _too_small(prompts: Sequence[OutboxPrompt], releases: Sequence[KeptRelease]) -> Iterator[str]:
    """Prompts about somebody else, or a group, that do not rest on a release of enough people."""
    shown = [one for one in releases if "reason" not in one.payload]
    large = {
        (one.unit, one.quarter)
        for one in shown
        if "shares" in one.payload and len(one.contributors) >= K
    }
    for prompt in prompts:
        if prompt.subject_person == prompt.recipient:
            continue
        unit = prompt.subject.removeprefix("unit|")
        if prompt.subject_person or (unit, prompt.episode) not in large:
            yield f"about a group of which no {K} were released"
    for nth, one in enumerate(shown):
        if len(one.contributors) < K:
            yield f"released of fewer than {K}"
        for other in shown[:nth]:
            nested = not one.unit or not other.unit or one.unit == other.unit
            same = nested and one.purpose == other.purpose
            if same and 0 < len(one.contributors ^ other.contributors) < K:
                yield f"between two releases fewer than {K}"


def _not_theirs(seen: Seen, model: MaturityModel) -> Iterator[str]:
    """Steps that went to somebody who does not act for that group, or that what is low there, or what
    they said themselves, holds back."""
    mends = {
        each
        for one in model.preconditions
        if one.id == "safety-and-workload"
        for each in one.repaired_by
    }
    prompts = {one.prompt_id: one for one in seen.prompts}
    for sent in seen.sent:
        day, worker = sent.at.astimezone(ZONE).date(), seen.workers[sent.worker]
        for prompt in (prompts[one] for one in sent.prompts):
            if prompt.asks != "step":
                continue
            own = prompt.subject_person is not None
            named = prompt.subject.removeprefix("unit|").removeprefix("team ")
            unit = worker.unit if own else int(named) if named else None
            if not own and sent.worker != _acts(seen.workers, unit, prompt.layer, day):
                yield "about a group to somebody who does not act for it"
            low: Low = frozenset()
            if day >= ASKED[0] and unit is not None:
                low |= seen.low.get(unit, frozenset())
            if own and day >= worker.low_since:
                low |= worker.low
            if held_back(model[prompt.intervention], low, mends):
                yield "held back by a precondition"


def _acts(workers: Sequence[Worker], unit: int | None, layer: str, day: date) -> int:
    """The number of who acts for a unit in a layer: its manager while they are listed, else the
    director, who is the first and never leaves."""
    there = layer == "manager" and unit is not None and workers[unit].listed(day)
    return unit if there and unit is not None else 0


def _told_wrongly(seen: Seen) -> Iterator[str]:
    """What was told of too few, and actions of a plan for which nobody is listed."""
    for one in seen.told:
        ever = [
            worker
            for worker in seen.workers
            if worker.joins <= one.on and one.unit in {"", f"team {worker.unit}"}
        ]
        if min(one.minimum, len(ever)) < K:
            yield f"told of a unit of fewer than {K}"
        for role in one.roles:
            # What the whole organisation's plan asks of managers, it asks of all of them.
            units = {worker.unit for worker in ever}
            manager = any(seen.workers[unit].listed(one.on) for unit in units)
            if role not in {"worker", "hr", "director"} and not (role == "manager" and manager):
                yield "an action for which nobody is there"


def _caps(messages: Sequence[Sent], worker: Worker, asks: Mapping[str, Asks]) -> Iterator[str]:
    """The caps that one person's messages, oldest first, go over."""
    days = [sent.at.astimezone(ZONE).date() for sent in messages]
    for before, after in pairwise(days):
        if (after - before).days < 7:
            yield "more than one in seven days"
    for number, day in enumerate(days):
        since = max((on for on, _ in worker.answered.values() if on <= day), default=date.min)
        ignored = sum(
            (day - one).days >= 14 and one > since and not _answered(messages[nth], worker, day)
            for nth, one in enumerate(days[:number])
        )
        if ignored >= 4:
            yield "after four without an answer"
        if 2 <= ignored < 4 and (day - days[number - 1]).days < 28:
            yield "too soon after two without an answer"
    yield from _again(messages, days, worker, asks)


def _again(
    messages: Sequence[Sent], days: Sequence[date], worker: Worker, asks: Mapping[str, Asks]
) -> Iterator[str]:
    """The same step too soon. The phase question and the invitation are steps of their own; the
    first may come again when somebody said since that what was thought of them is wrong."""
    last: dict[str, tuple[date, str]] = {}
    for sent, day in zip(messages, days, strict=True):
        for prompt, intervention in zip(sent.prompts, sent.interventions, strict=True):
            step = intervention if asks[prompt] == "step" else asks[prompt]
            if step in last:
                earlier, before = last[step]
                on, answer = worker.answered.get(before, (date.max, ""))
                doubted = step == "question" and any(
                    said == "wrong" and earlier <= when <= day
                    for when, said in worker.answered.values()
                )
                # People answer late in the evening: a message of that day was on its way by then.
                if answer == "not_for_me" and on < day:
                    yield "a step again that was not for them"
                wait, of = (28, on) if answer == "not_now" else (60, earlier)
                if (day - of).days < wait and not doubted:
                    yield "the same step too soon"
            last[step] = (day, prompt)


def _answered(sent: Sent, worker: Worker, day: date) -> bool:
    return any(worker.answered.get(one, (date.max, ""))[0] <= day for one in sent.prompts)


def report(year: Year) -> int:
    """Prints the counts; gives the number of violations."""

    def table(title: str, counts: dict[str, int]) -> None:
        print(f"\n{title}")
        for name, count in counts.items():
            print(f"  {count:>9,}  {name.replace('_', ' ')}")

    sent = year.postbox.sent
    print(f"{len(year.workers)} people, {year.days} nights, {len(sent):,} messages")
    print(f"{len(year.sizes)} units of {year.sizes[-1]} to {year.sizes[0]}")
    print(f"{sum(not all(one.own) for one in sent):,} of them about a group, to who acts for it")
    early = sum(one.at.astimezone(ZONE).date() < GO_LIVE for one in sent)
    print(f"{early:,} of them invitations before go-live")
    table("prompts made, and of those held at once for working time", dict(year.made))
    table("nothing made, people times nights", dict(year.nothing.most_common()))
    table("messages and prompts that came to a state", dict(year.states.most_common()))
    table("why held, expired or withdrawn", dict(year.reasons.most_common()))
    table("answers", dict(year.answers.most_common()))
    seen = Seen.of(year)
    shown = [one for one in seen.releases if "reason" not in one.payload]
    above_zero = {
        "answers to the questionnaire": year.said,
        "releases of phases": sum("shares" in one.payload for one in shown),
        "releases of preconditions": sum("state" in one.payload for one in shown),
        "units in which something is low": sum(map(bool, year.low.values())),
        "interventions held back there": sum(year.held_back.values()),
        "actions in plans": sum(len(one.roles) for one in year.told),
        "held": year.states["held"],
        "sent": year.states["sent"],
    }
    table("released, held back, planned, held and sent; each above zero", above_zero)
    wrong = violations(seen)
    table("violations", wrong)
    return sum(wrong.values()) + sum(not count for count in above_zero.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the counts; exit code 1 where there is any violation."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--units", type=int, help="one for each 20 people when left out")
    parser.add_argument("--days", type=int, default=364)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="leercultuur-year-") as folder:
        year = Year(Path(folder), asked.people, asked.days, asked.seed, asked.units)
        with year.engine:
            year.go()
            wrong = report(year)
    what = f"{asked.days} nights of {asked.people} people: violations of a promise"
    leave(value(what, [wrong], "violations", at_most=0))
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
