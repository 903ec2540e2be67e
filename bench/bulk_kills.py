"""Real kills of `collect FILE…`: stopped by SIGKILL at random moments while it reads and while it
writes, then started again, until it comes to its end.

    python bench/bulk_kills.py [--kills 100] [--seconds 120] [--store sqlite|postgresql] [--seed 1]

Each time it came to its end, the store must hold what one that was left alone holds, row by row; and
what the killed ones left in the temporary folder must be gone. Exit code 1 if not.
"""

from __future__ import annotations

import argparse
import contextlib
import mmap
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from attrs import Factory, define
from measure import Figure, value
from measure import report as leave
from run_kills import child
from statements import AT, write_statements
from tests.bulk.left import dump
from tests.bulk.statements import MESSY, group, line, void

from leercultuur_core.cli import leercultuur
from leercultuur_core.run import bulk_collecting
from leercultuur_core.storage import Store
from leercultuur_core.storage.load import Load
from leercultuur_core.testing.postgresql import postgresql_server, program

STATEMENTS = 1500
"""In each of two files, beside odd ones."""

TOGETHER = 200
"""Records in a transaction, so that there are a dozen to be killed in."""

PHASES = ("before reading", "reading", "sorting", "writing")
STORES = ("sqlite", "postgresql")

_CONFIGURATION = """
store = { env = "LOAD_STORE" }
[organisation]
name = "Made up"
identity_key = { env = "LOAD_KEY" }
"""


@define
class Outcome:
    """What became of the stores. ``lost`` and ``doubled`` are rows, ``folders`` what was left in the
    temporary folder once the command had come to its end."""

    landed: Counter[str] = Factory(Counter)
    finished: int = 0
    lost: int = 0
    doubled: int = 0
    folders: int = 0

    @property
    def wrong(self) -> int:
        """All that should not be."""
        return self.lost + self.doubled + self.folders

    @property
    def note(self) -> str:
        """How many kills landed, and in what."""
        where = ", ".join(f"{self.landed[phase]} {phase}" for phase in PHASES)
        return f"{self.landed.total()} kills: {where}"

    def compare(self, expected: Mapping[str, Sequence[Any]], found: dict[str, Any]) -> None:
        """Counts the rows of each table that are not as ``expected``."""
        for table, rows in expected.items():
            if table == "counts":  # numbers of the same rows, and of those that belong to none
                self.doubled += rows != found[table]
                continue
            self.lost += (Counter(rows) - Counter(found[table])).total()
            self.doubled += (Counter(found[table]) - Counter(rows)).total()

    def figures(self, store: str) -> tuple[Figure, ...]:
        """For the table of figures."""
        what, note = f"kills of `collect FILE`, {store}", self.note
        return (
            value(f"{what}: lost", [self.lost], "rows", at_most=0, note=note),
            value(f"{what}: doubled", [self.doubled], "rows", at_most=0, note=note),
            value(f"{what}: temporary folders left", [self.folders], "folders", at_most=0),
        )


class World:
    """Two files, and stores to take them into."""

    def __init__(self, folder: Path, new_store: Callable[[], str]) -> None:
        self.folder = folder
        self.new_store = new_store
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.files = [folder / "1.ndjson", folder / "2.ndjson"]
        for number, path in enumerate(self.files):
            write_statements(path, STATEMENTS - number, 50)
        with self.files[0].open("ab") as out:
            out.writelines((void(50, 1), line(3), line(4), group(70)))
        with self.files[1].open("ab") as out:
            out.writelines((*MESSY.values(), line(1), line(3, result={"success": True}), line(4)))
        (folder / "leercultuur.toml").write_text(_CONFIGURATION, "utf-8")
        self._phase = mmap.mmap(-1, 1)  # shared with the processes that are killed

    @property
    def phase(self) -> str:
        """What the last process was doing."""
        return PHASES[self._phase[0]]

    def work(self, store: str) -> None:
        """The command, in this process; for a child."""
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until it ends
        os.environ.update(LOAD_STORE=store, LOAD_KEY="k" * 40)
        tempfile.tempdir = str(self.temporary)
        asked = ["collect", *map(str, self.files), "--name", "lrs", "--now", _now()]
        asked += ["--config", str(self.folder / "leercultuur.toml")]
        with ExitStack() as stack:
            for owner, name, phase in (
                (bulk_collecting, "loading", 1),
                (Load, "parts", 2),
                (bulk_collecting, "write", 3),
            ):
                seen = self._noting(getattr(owner, name), phase)
                stack.enter_context(patch.object(owner, name, seen))
            small = partial(bulk_collecting.collect_files, together=TOGETHER)
            stack.enter_context(patch.object(bulk_collecting, "collect_files", small))
            code = leercultuur.main(asked, prog_name="leercultuur", standalone_mode=False)
        # Some lines are kept aside.
        if code != 3:
            raise SystemExit(f"expected exit code 3, found {code}")

    def _noting(self, function: Callable[..., Any], phase: int) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self._phase[0] = phase
            return function(*given, **named)

        return call

    def run(self, store: str, kill_after: float | None) -> bool:
        """The command in a process of its own; whether it was killed."""
        self._phase[0] = 0
        return child(partial(self.work, store), kill_after)

    def left_alone(self) -> tuple[dict[str, Any], float]:
        """What a store holds that nobody disturbed, and how many seconds it took."""
        store = self.new_store()
        start = time.monotonic()
        self.run(store, None)
        took = time.monotonic() - start
        return contents(store), took


def _now() -> str:
    return (AT + timedelta(days=1)).isoformat()


def contents(url: str) -> dict[str, Any]:
    """All that a store holds of activities."""
    with Store.open(url) as store:
        return dump(store)


def kill(world: World, kills: int, seconds: float, seed: int) -> Outcome:
    """Kills until so many landed, or so much time went by."""
    dice, outcome = random.Random(seed), Outcome()
    deadline = time.monotonic() + seconds
    expected, window = world.left_alone()
    while outcome.landed.total() < kills and time.monotonic() < deadline:
        store = world.new_store()
        while outcome.landed.total() < kills and time.monotonic() < deadline:
            if not world.run(store, dice.uniform(0, window)):
                window *= 0.93
                break
            outcome.landed[world.phase] += 1
            # With these two numbers a load is killed some three times.
            window *= 1.025
        else:
            world.run(store, None)
        outcome.finished += 1
        outcome.compare(expected, contents(store))
        outcome.folders += len(list(world.temporary.iterdir()))
    return outcome


@contextlib.contextmanager
def worlds(store: str) -> Iterator[World]:
    """A world with a kind of store; a PostgreSQL server runs for as long."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leercultuur-kills-")))
        if store == "postgresql":
            server = stack.enter_context(postgresql_server())
            empty = server.new_database()
            Store.open(server.url(empty), create=True).close()

            def new() -> str:
                return server.url(server.new_database(empty))

        else:
            empty_file = folder / "empty.db"
            Store.open(empty_file, create=True).close()

            def new() -> str:
                path = folder / "store.db"
                for left in folder.glob("store.db*"):
                    left.unlink()
                path.write_bytes(empty_file.read_bytes())
                return str(path)

        yield World(folder, new)


def measure(store: str, kills: int, seconds: float, seed: int = 1) -> int:
    """Kills, reports, and gives how much is wrong."""
    with worlds(store) as world:
        outcome = kill(world, kills, seconds, seed)
    leave(*outcome.figures(store))
    print(f"{outcome.note}; {outcome.finished} stores came to their end", flush=True)
    return outcome.wrong


def stores_here() -> list[str]:
    """The kinds of store that this machine has."""
    return [one for one in STORES if one != "postgresql" or program("initdb") is not None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the figures; exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--store", choices=STORES, default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    wrong = measure(asked.store, asked.kills, asked.seconds, asked.seed)
    print("nothing lost, nothing doubled" if not wrong else f"{wrong} wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
