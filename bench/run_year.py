"""A year of nights in an organisation: who is sent what, and whether anything goes where or when it
should not.

    python bench/run_year.py [--people 300] [--days 364] [--seed 1]

People join, leave, are away, work part of the week, object, and answer at random. Each day has one
run and two deliveries, at any minute of the day or night. Go-live is in week five. What was sent is
checked from the outside, by what the sink saw and what the organisation knows; exit code 1 where
there is any violation.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from attrs import define, field, frozen
from nights import Handed, Life, Listed, identifier

from leercultuur_core.extension import (
    Delivery,
    DirectoryPerson,
    Message,
    Plugins,
    Receipt,
    Secret,
    Sink,
)
from leercultuur_core.phases import default_parameters
from leercultuur_core.run.builtin import Adapters
from leercultuur_core.run.config import Configuration, GoLive, Organisation, Privacy
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import Answer, KeptRelease, OutboxPrompt, Store

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
TEAM, K = 25, 10


@frozen
class Sent:
    """One message as the outside saw it."""

    at: datetime
    worker: int
    prompts: tuple[str, ...]
    interventions: tuple[str, ...]
    own: tuple[bool, ...]


def _roles(number: int, teams: int) -> tuple[str, ...]:
    """The first of each team is its manager; the very first is director and HR as well."""
    roles = ("worker", "manager") if number < teams else ("worker",)
    return roles if number else (*roles, "hr", "director")


@define
class Worker:
    """What the organisation knows of somebody."""

    life: Life
    working_days: tuple[int, ...]
    joins: date
    leaves: date
    away: tuple[date, date]
    objected: date | None = None
    answered: dict[str, tuple[date, str]] = field(factory=dict)

    def present(self, day: date) -> bool:
        """Whether they are in the directory on a day."""
        first, last = self.away
        return self.joins <= day < self.leaves and not first <= day <= last


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

    def __init__(self, folder: Path, people: int, days: int, seed: int) -> None:
        self.dice = random.Random(seed)
        self.days = days
        parameters = default_parameters()
        self.workers = [self._worker(Life(number, seed, parameters)) for number in range(people)]
        self.source, self.directory, self.postbox = Handed(), Listed(), Postbox()
        self.nothing: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self.states: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.estimated_too_early = 0
        configuration = Configuration(
            organisation=Organisation(
                name="Made up",
                identity_key=Secret("k" * 40),
                time_zone=str(ZONE),
                go_live=GoLive(GO_LIVE, "made up", "all"),
            ),
            store=str(folder / "store.db"),
            privacy=Privacy(minimum_group=K, own_prompts="opt-out"),
        )
        self.engine = Engine(
            configuration,
            Store.open(configuration.store, create=True),
            plugins=Plugins(),
            adapters=Adapters(
                {"handed": self.source}, {"listed": self.directory}, {"postbox": self.postbox}
            ),
        )

    def _worker(self, life: Life) -> Worker:
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
        )

    def go(self) -> None:
        """All nights."""
        for number in range(self.days):
            day = FIRST + timedelta(days=number)
            self._happen(day)
            minutes = sorted(self.dice.sample(range(24 * 60), 3))
            run, *later = (
                datetime.combine(day, time(*divmod(m, 60)), ZONE).astimezone(UTC) for m in minutes
            )
            self._run(run, day)
            for moment in sorted(later):
                self._deliver(moment)
            self._hear(day)

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
        teams = max(1, len(self.workers) // TEAM)
        self.directory.list = [
            DirectoryPerson(
                (identifier(number),),
                name=f"Worker {number}",
                roles=_roles(number, teams),
                manager=identifier(number % teams) if number >= teams else None,
                unit=f"team {number % teams}",
                working_days=worker.working_days,
            )
            for number, worker in enumerate(self.workers)
            if worker.present(day)
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


CAPS = (
    "more than one in seven days",
    "after four without an answer",
    "too soon after two without an answer",
    "the same step too soon",
    "a step again that was not for them",
    f"about a group of which no {K} were released",
    f"released of fewer than {K}",
    f"between two releases fewer than {K}",
)


def violations(year: Year) -> dict[str, int]:
    """What should not have been, by what; each looked at from the outside."""
    found = Counter(dict.fromkeys(CAPS, 0))
    by_worker: dict[int, list[Sent]] = {}
    with year.engine.store.reading() as tx:
        prompts, releases = tx.delivery.prompts(), tx.privacy.releases()
    questions = {one.prompt_id for one in prompts if one.payload["question"]}
    for sent in year.postbox.sent:
        by_worker.setdefault(sent.worker, []).append(sent)
        local = sent.at.astimezone(ZONE)
        day, worker = local.date(), year.workers[sent.worker]
        latest = time(15) if day.isoweekday() == 5 else time(17)
        found["in quiet hours"] += not time(8, 30) <= local.time() < latest
        found["on a holiday"] += day in HOLIDAYS
        found["on a day off"] += day.isoweekday() not in worker.working_days
        found["before go-live"] += day < GO_LIVE
        found["to somebody not present"] += not worker.present(day)
        objected = worker.objected is not None and day > worker.objected
        found["about oneself after an objection"] += objected and any(sent.own)
    found["estimated before go-live"] = year.estimated_too_early
    for number, messages in by_worker.items():
        found.update(_caps(messages, year.workers[number], questions))
    found.update(_too_small(prompts, releases))
    arrived = Counter(one for sent in year.postbox.sent for one in sent.prompts)
    found["sent twice"] = sum(count - 1 for count in arrived.values())
    return dict(found)


def _too_small(prompts: Sequence[OutboxPrompt], releases: Sequence[KeptRelease]) -> Iterator[str]:
    """Prompts about somebody else, or a group, that do not rest on a release of enough people."""
    shown = [one for one in releases if "shares" in one.payload]
    large = {(one.unit, one.quarter) for one in shown if len(one.contributors) >= K}
    for prompt in prompts:
        if prompt.subject_person == prompt.recipient:
            continue
        unit = prompt.subject.removeprefix("unit|")
        if prompt.subject_person or (unit, prompt.episode) not in large:
            yield CAPS[-3]
    for nth, one in enumerate(shown):
        if len(one.contributors) < K:
            yield CAPS[-2]
        for other in shown[:nth]:
            nested = not one.unit or not other.unit or one.unit == other.unit
            if nested and 0 < len(one.contributors ^ other.contributors) < K:
                yield CAPS[-1]


def _caps(messages: Sequence[Sent], worker: Worker, questions: set[str]) -> Iterator[str]:
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
    yield from _again(messages, days, worker, questions)


def _again(
    messages: Sequence[Sent], days: Sequence[date], worker: Worker, questions: set[str]
) -> Iterator[str]:
    """The same step too soon. The phase question is a step of its own, and may come again when
    somebody said since that what was thought of them is wrong."""
    last: dict[str, tuple[date, str]] = {}
    for sent, day in zip(messages, days, strict=True):
        for prompt, intervention in zip(sent.prompts, sent.interventions, strict=True):
            step = "question" if prompt in questions else intervention
            if step in last:
                earlier, before = last[step]
                on, answer = worker.answered.get(before, (date.max, ""))
                doubted = step == "question" and any(
                    said == "wrong" and earlier <= when <= day
                    for when, said in worker.answered.values()
                )
                if answer == "not_for_me" and on <= day:
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
    print(f"{sum(not all(one.own) for one in sent):,} of them about a group, to who acts for it")
    table("prompts made, and of those held at once for working time", dict(year.made))
    table("nothing made, people times nights", dict(year.nothing.most_common()))
    table("messages and prompts that came to a state", dict(year.states.most_common()))
    table("why held, expired or withdrawn", dict(year.reasons.most_common()))
    table("answers", dict(year.answers.most_common()))
    wrong = violations(year)
    table("violations", wrong)
    return sum(wrong.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the counts; exit code 1 where there is any violation."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--days", type=int, default=364)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="leercultuur-year-") as folder:
        year = Year(Path(folder), asked.people, asked.days, asked.seed)
        with year.engine:
            year.go()
            wrong = report(year)
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
