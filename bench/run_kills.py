"""Real kills: nights of collect, estimate, plan and deliver, each stopped by SIGKILL at random
moments until one comes to its end.

    python bench/run_kills.py [--kills 300] [--seconds 1200] [--people 60] [--seed 1]
        [--store sqlite|postgresql]

Three sinks, one for each promise, whose receiving end is a file that outlives the process. At the end
nothing may be lost, nothing doubled where a sink can prevent it, and no more may be ``uncertain``
than there were kills; the ledger must be that of the same activities read once. Exit code 1 if not.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from attrs import frozen
from measure import report as leave
from measure import value
from nights import Handed, Life, Listed, identifier

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.ledger import Ledger, fold
from leercultuur_core.extension import DirectoryPerson, Plugins, Secret
from leercultuur_core.phases import default_parameters
from leercultuur_core.run.builtin import Adapters
from leercultuur_core.run.config import Configuration, GoLive, Organisation, Privacy
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import Answer, Store
from leercultuur_core.testing.postgresql import postgresql_server

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.run.outside import SINKS, Mailbox, OnceSink

FIRST = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
"""A Tuesday at ten in the Netherlands; each night is one week later, so that caps let all go."""

SLOW = 0.002
"""Seconds that the receiving system takes before and after it has a message."""


@frozen
class Channel:
    """Settings of a sink: it serves who has an address on this channel."""

    channel: str


class World:
    """The organisation, its store, and what arrived at the receiving systems."""

    def __init__(self, folder: Path, people: int, seed: int, store: str = "") -> None:
        self.folder = folder
        self.store = store or str(folder / "store.db")
        self.dice = random.Random(seed)
        self.source, self.directory = Handed(), Listed()
        names = [sink.name for sink in SINKS]
        self.directory.list = [
            DirectoryPerson(
                (identifier(number),),
                name=f"Worker {number}",
                addresses={names[number % len(names)]: f"worker{number}"},
            )
            for number in range(people)
        ]
        parameters = default_parameters()
        self.lives = [Life(number, seed, parameters) for number in range(people)]
        self.every: list[Activity] = []
        self.night = -1
        Store.open(self.store, create=True).close()

    @property
    def now(self) -> datetime:
        """The moment of this night."""
        return FIRST + timedelta(weeks=self.night)

    def begin_night(self) -> None:
        """A week went by. The source reads some of the last again."""
        self.night += 1
        monday = self.now.date() - timedelta(days=8)
        last = list(self.source.records)
        fresh: list[Activity] = []
        for life in self.lives:
            life.week()
            for day in range(5):
                fresh += life.day(monday + timedelta(days=day))
        fresh.sort(key=lambda one: one.occurred_at)
        self.source.records = [*last[-len(last) // 4 :], *fresh]
        self.every += fresh

    def mailbox(self, sink: str, night: int) -> Mailbox:
        """What arrived at a sink in a night."""
        return Mailbox(self.folder / f"{sink} {night}", SLOW)

    def engine(self) -> Engine:
        """An engine of its own for a process."""
        sinks: dict[str, OnceSink] = {}
        for cls in SINKS:
            sink = cls(self.mailbox(cls.name, self.night))
            sink.settings = Channel(cls.name)
            sinks[cls.name] = sink
        return Engine(
            Configuration(
                organisation=Organisation(
                    name="Made up",
                    identity_key=Secret("k" * 40),
                    go_live=GoLive(date(2026, 1, 1), "made up", "all"),
                ),
                store=Secret(self.store),
                privacy=Privacy(own_prompts="opt-out"),
            ),
            Store.open(self.store),
            plugins=Plugins(),
            adapters=Adapters({"handed": self.source}, {"listed": self.directory}, sinks),
        )

    def work(self) -> None:
        """A whole night."""
        with self.engine() as engine:
            ran = engine.run(self.now)
        if ran.collected.problems or ran.delivered.problems:
            raise AssertionError([ran.collected.problems, ran.delivered.problems])

    def answer_all(self) -> None:
        """Everybody answers, so that nobody is left in peace."""
        with self.engine() as engine:
            with engine.store.reading() as tx:
                answered = {one.prompt_id for one in tx.delivery.answers()}
                prompts = tx.delivery.prompts(states=["sent"])
            for prompt in prompts:
                if prompt.prompt_id not in answered:
                    given: Answer = self.dice.choice(("done", "not_now"))
                    engine.answer(prompt.prompt_id, given, self.now + timedelta(hours=2))

    def stopped_in(self) -> str:
        """The verb that was at work at the last kill."""
        with self.engine() as engine, engine.store.reading() as tx:
            last = tx.results.runs(last=1)
        return last[0].verb if last and last[0].ended is None else "between verbs"


def child(work: Callable[[], None], kill_after: float | None) -> bool:
    """Does ``work`` in a process of its own; kills it after some seconds unless it is done by then.
    Whether it was killed."""
    sys.stdout.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: other threads do no harm here
        process = os.fork()
    if process == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - told, and then the process is over
            traceback.print_exc()
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.waitstatus_to_exitcode(status):
        raise SystemExit("a night failed on something else than a kill")
    return False


def nights_of_kills(world: World, kills: int, seconds: float) -> Counter[str]:
    """Nights until so many kills landed, or so much time went by; verb → kills that landed."""
    landed: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    window = 0.5
    while landed.total() < kills and time.monotonic() < deadline:
        world.begin_night()
        while landed.total() < kills and time.monotonic() < deadline:
            if not child(world.work, world.dice.uniform(0, window)):
                window *= 0.9
                break
            landed[world.stopped_in()] += 1
            # With these two numbers a night is stopped some five times, from begin to end.
            window *= 1.02
        else:
            child(world.work, None)
        world.answer_all()
    world.begin_night()
    child(world.work, None)
    child(world.work, None)
    return landed


def rows_by_person(ledger: Ledger) -> list[list[tuple[object, ...]]]:
    """A ledger without its names: two are equal when everybody's rows are."""
    people: dict[str, list[tuple[object, ...]]] = {}
    for (person, *key), count in ledger:
        people.setdefault(person, []).append((*key, count))
    return sorted(sorted(rows) for rows in people.values())


def report(world: World, landed: Counter[str]) -> int:
    """Prints the table; gives the number of violations."""
    with world.engine() as engine, engine.store.reading() as tx:
        prompts, messages = tx.delivery.prompts(), tx.delivery.messages()
        right = rows_by_person(tx.ledger.read()) == rows_by_person(fold(world.every, engine.rules))
    state = {message.message_id: message.state for message in messages}
    print(f"{landed.total()} kills landed in {world.night + 1} nights")
    for verb, count in landed.most_common():
        print(f"  {count:>6,}  in {verb}")
    print("\nsink         planned  arrived  lost  doubled  uncertain  twice in a night")
    wrong = 0
    for cls in SINKS:
        nights = [world.mailbox(cls.name, night) for night in range(world.night + 1)]
        arrived: Counter[str] = sum((one.arrived for one in nights), Counter())
        mine = [one for one in prompts if one.sink == cls.name]
        lost = sum(not _settled(one.message_id, one.state, arrived) for one in mine)
        lost += len(arrived.keys() - state.keys())
        doubled = sum(count - 1 for count in arrived.values())
        unsure = sum(m.state == "uncertain" for m in messages if m.sink == cls.name)
        twice = sum(_twice(one.path) for one in nights)
        print(
            f"{cls.name:<12}{len(mine):>8,}{len(arrived):>9,}{lost:>6}{doubled:>9}{unsure:>11}"
            f"{twice:>18}"
        )
        what, note = f"kills, a sink of {cls.name}", f"{landed.total()} kills"
        leave(
            value(f"{what}: lost", [lost], "messages", at_most=0, note=note),
            value(f"{what}: doubled", [doubled], "messages", at_most=0, note=note),
        )
        wrong += lost + doubled + twice
        wrong += max(0, unsure - landed.total()) if cls.delivery == "at_most_once" else unsure
    print(f"\nthe ledger is that of the activities read once: {'yes' if right else 'NO'}")
    return wrong + (not right)


def _settled(message: str | None, state: str, arrived: Collection[str | None]) -> bool:
    """Whether a planned prompt arrived, or is listed with a reason why it may not have."""
    if state == "sent":
        return message in arrived
    return state in {"uncertain", "expired", "withdrawn"}


def _twice(path: Path) -> int:
    """How many messages of a night went to somebody who had one already."""
    if not path.exists():
        return 0
    people = Counter(line.rpartition(",")[2] for line in path.read_text().splitlines())
    return sum(count - 1 for count in people.values())


def main() -> int:
    """Prints the table; exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="leercultuur-kills-"))
        store = ""
        if asked.store == "postgresql":
            server = stack.enter_context(postgresql_server())
            store = server.url(server.new_database())
        world = World(Path(folder), asked.people, asked.seed, store)
        landed = nights_of_kills(world, asked.kills, asked.seconds)
        wrong = report(world, landed)
    print("nothing lost, nothing doubled" if not wrong else f"{wrong} wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
