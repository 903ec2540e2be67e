"""What one person's page costs, at a few people and at 20,000: it reads that person's rows alone.

    python bench/run_pages.py [--people 20000] [--each 30] [--views 50]

The store is filled directly: people in units of fifty with a manager each, two years of activities,
consents, and messages that were sent. `own_page` is what a view of somebody's own page takes of the
engine, its entry in the audit and the reasons in words included: the first view of a person, one that
comes back, and one after somebody else did something; `acts_for` what every page asks to
know which parts to show, and once more after a directory changed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from measure import ratio, report, value

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.identity import mailbox
from leercultuur_core.extension import DirectoryPerson, Plugins, Secret
from leercultuur_core.run.builtin import Adapters
from leercultuur_core.run.config import Configuration, GoLive, Organisation, Privacy, Roles
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import Consent, OutboxPrompt, Store

AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
DAYS = 730
UNIT = 50
FEW = 200
VERBS = ("progressed", "registered", "answered", "completed", "shared", "asked")


def made(folder: Path, people: int, each: int) -> Engine:
    """An engine around a new store of ``people`` with ``each`` activities."""
    store = Store.open(f"sqlite:///{folder / f'{people}.db'}", create=True)
    configuration = Configuration(
        Organisation(
            "De Korenaar",
            Secret("k" * 40),
            go_live=GoLive(date(2026, 1, 1), "OR-besluit 2026-01", "alle medewerkers"),
        ),
        privacy=Privacy(own_prompts="opt-out"),
        roles=Roles(hr=(f"p1@{people}.example",)),
    )
    engine = Engine(configuration, store, plugins=Plugins(), adapters=Adapters())
    with store.transaction() as tx:
        tx.people.put_directory("hr", listed(people), identify=engine.identify, at=AT)
    rng = random.Random(7)
    batch: list[Activity] = []
    for one in activities(rng, people, each):
        batch.append(one)
        if len(batch) == 20_000:
            kept(engine, batch)
            batch = []
    kept(engine, batch)
    with store.transaction() as tx:
        uuids = [uuid for uuid, one in tx.people.all().items() if one.directory]
        for uuid in uuids[::3]:
            tx.privacy.consent(Consent(uuid, "own_prompts", True, AT - timedelta(days=300)))
        tx.delivery.add(prompt(uuid, week) for uuid in uuids for week in range(4))
    return engine


def listed(people: int) -> Iterator[DirectoryPerson]:
    """The people: the first of each unit leads it."""
    for number in range(people):
        unit = number // UNIT
        boss = None if number % UNIT == 0 else f"account|home|p{unit * UNIT}"
        yield DirectoryPerson(
            (f"account|home|p{number}", mailbox(f"p{number}@{people}.example")),
            f"Mens {number}",
            ("worker",),
            manager=boss,
            unit=f"Divisie {unit // 20}/Team {unit}",
            addresses={"mail": f"p{number}@{people}.example"},
        )


def activities(rng: random.Random, people: int, each: int) -> Iterator[Activity]:
    """Their activities, in order of time as nights would bring them."""
    for number in range(people * each):
        day = DAYS - number * DAYS // (people * each)
        yield Activity(
            id=f"a{number}",
            identities=(f"account|home|p{rng.randrange(people)}",),
            verb=f"http://adlnet.gov/expapi/verbs/{rng.choice(VERBS)}",
            source=f"https://lms{number % 3}.example",
            topic=f"course {number % 60}",
            occurred_at=AT - timedelta(days=day),
        )


def kept(engine: Engine, batch: list[Activity]) -> None:
    """Puts them in the store."""
    engine.store.commit_page(
        batch, rules=engine.rules, identify=engine.identify, source_name="lms", at=AT
    )


def elsewhere(number: int) -> Activity:
    """What somebody does who is in no directory, of a kind and on a day that were seen before."""
    return Activity(
        id=f"elsewhere{number}",
        identities=("account|home|elsewhere",),
        verb="http://adlnet.gov/expapi/verbs/progressed",
        source="https://lms0.example",
        occurred_at=AT - timedelta(days=3),
    )


def prompt(uuid: str, week: int) -> OutboxPrompt:
    """A step that was sent."""
    sent = AT - timedelta(weeks=week, days=1)
    row = {"step": "Kies één ding.", "why": "Waarom dit?", "when_question": "Wanneer?"}
    return OutboxPrompt(
        prompt_id=f"{uuid}-{week}",
        recipient=uuid,
        subject_person=uuid,
        layer="tasks",
        intervention="try-it",
        episode="2026-W01",
        occasion=week + 1,
        sink="mail",
        language="nl",
        payload={"prompt": row},
        state="sent",
        created=sent,
        due=sent,
    )


def views(engine: Engine, uuids: list[str]) -> list[float]:
    """Milliseconds of each view."""
    taken = []
    for uuid in uuids:
        begun = time.perf_counter()
        page = engine.own_page(uuid, AT)
        if page.estimate is not None:
            page.estimate.explain("nl")
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def asked(engine: Engine, uuids: list[str]) -> list[float]:
    """Milliseconds of each `acts_for`."""
    taken = []
    for uuid in uuids:
        begun = time.perf_counter()
        engine.acts_for(uuid, AT)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def main() -> None:
    """Measures and reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--each", type=int, default=30)
    parser.add_argument("--views", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        few, many = (made(Path(folder), n, given.each) for n in (FEW, given.people))
        rng = random.Random(3)
        at_few: list[float] = []
        at_many: list[float] = []
        again: list[float] = []
        changed_since: list[float] = []
        acts: list[float] = []
        after: list[float] = []
        for engine in (few, many):
            engine.own_page(some(engine, rng, 1)[0], AT)  # what is read once in a process
        for number in range(5):
            few._beliefs.forget()  # of so few some would come back
            at_few.append(typical(views(few, some(few, rng, given.views))))
            people = some(many, rng, given.views)
            at_many.append(typical(views(many, people)))
            again.append(typical(views(many, people)))
            kept(many, [elsewhere(number)])
            views(many, people[:1])  # what could be seen is read once for everybody
            changed_since.append(typical(views(many, people[1:])))
            with many.store.transaction() as tx:
                changed = DirectoryPerson(("account|home|new",), f"Nieuw {len(after)}", ("worker",))
                tx.people.put_directory("other", [changed], identify=many.identify, at=AT)
            after += asked(many, some(many, rng, 1))
            acts.append(typical(asked(many, some(many, rng, given.views))))
        named = f"{given.people:,} people"
        report(
            value(f"`own_page` of one person among {named}", at_many, "ms"),
            value(f"`own_page` among {named}, once more", again, "ms"),
            value(f"`own_page` among {named}, after another did something", changed_since, "ms"),
            ratio(
                f"`own_page` among {named}", at_many, at_few, of=f"the same among {FEW}", at_most=3
            ),
            value(f"`acts_for` of one person among {named}", acts, "ms"),
            value(f"`acts_for` after a directory of {named} changed", after, "ms"),
        )
        few.close()
        many.close()


def some(engine: Engine, rng: random.Random, count: int) -> list[str]:
    """Some people, drawn."""
    with engine.store.reading() as tx:
        return rng.sample(sorted(tx.people.all()), count)


def typical(taken: list[float]) -> float:
    """The median."""
    return sorted(taken)[len(taken) // 2]


if __name__ == "__main__":
    main()
