"""Real kills with real servers: nights of collect, estimate, plan and deliver by SMTP (aiosmtpd) and
CalDAV (Radicale), each stopped by SIGKILL until one comes to its end.

    python bench/run_kills_live.py [--kills 200] [--seconds 540] [--people 40] [--seed 1]

Half of the kills are at a boundary: before or after a commit, or just after a server took a message;
the others at random moments, also in the middle of a conversation with a server. The servers run in
processes of their own and are not killed. At the end nothing may be lost, nothing doubled, and no more
mail may be ``uncertain`` than there were kills; of the calendar nothing. Exit code 1 if not.
"""

from __future__ import annotations

import argparse
import mailbox
import os
import re
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from unittest.mock import patch

from attrs import evolve
from measure import report as leave
from measure import value
from nights import identifier
from run_kills import World, child
from tests.run.outside import StoppingStore

from leercultuur_calendar import CalendarSink
from leercultuur_core import HttpClient, Secret
from leercultuur_core.extension import DirectoryPerson, Message, Receipt, Sink
from leercultuur_core.run import opened
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import OutboxMessage, OutboxPrompt
from leercultuur_core.testing.servers import free_port, python_environment, running
from leercultuur_mail import MailSink

ROOT = Path(__file__).resolve().parents[1]
RADICALE = ROOT / "plugins/leercultuur-calendar/tests/servers/radicale.txt"
PASSWORD = "wachtwoord-5f2c9e7a"  # noqa: S105 - of a server for these nights
SINKS: Sequence[type[Sink]] = (MailSink, CalendarSink)

_RADICALE = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {home}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = authenticated
[storage]
filesystem_folder = {home}/collections
"""

_CONFIGURATION = """
store = "store.db"
[organisation]
name = "Made up"
identity_key = {{ env = "KEY" }}
go_live = {{ date = 2026-01-01, reference = "made up", scope = "all" }}
[[sink]]
name = "mail"
url = "smtp://127.0.0.1:{smtp}"
sender = "leren@korenaar.example"
[[sink]]
name = "calendar"
url = "http://127.0.0.1:{caldav}/leercultuur/{{user}}/"
user = "leercultuur"
password = {{ env = "PASSWORD" }}
[privacy]
own_prompts = "opt-out"
"""


@contextmanager
def servers(folder: Path, people: int) -> Iterator[tuple[int, int]]:
    """aiosmtpd that keeps its mail in a Maildir, and Radicale with a calendar for each person; gives
    their ports."""
    smtp, caldav = free_port(), free_port()
    mail: list[str | Path] = [
        sys.executable,
        "-m",
        "aiosmtpd",
        "--nosetuid",
        "--listen",
        f"127.0.0.1:{smtp}",
    ]
    mail += ["--class", "aiosmtpd.handlers.Mailbox", str(folder / "mail")]
    (folder / "users").write_text(f"leercultuur:{PASSWORD}\n", "utf-8")
    (folder / "radicale").write_text(_RADICALE.format(port=caldav, home=folder), "utf-8")
    calendars: list[str | Path] = [python_environment(RADICALE) / "python", "-m", "radicale"]
    calendars += ["--config", folder / "radicale"]
    url = f"http://127.0.0.1:{caldav}"
    with ExitStack() as stack:
        stack.enter_context(running(mail, ready=partial(listens, smtp), cwd=folder))
        stack.enter_context(running(calendars, ready=f"{url}/.web/", cwd=folder))
        login = ("leercultuur", Secret(PASSWORD))
        client = HttpClient(url, login=login, headers={"Accept": "*/*"})
        for number in range(people):
            answer = client.send("MKCALENDAR", f"/leercultuur/worker{number}/")
            if answer.status != 201:
                raise SystemExit(f"no calendar for worker {number}: {answer.status}")
        client.close()
        yield smtp, caldav


class LiveWorld(World):
    """The organisation, half of it reached by mail and half in their calendars."""

    def __init__(self, folder: Path, people: int, seed: int, smtp: int, caldav: int) -> None:
        super().__init__(folder, people, seed)
        self.directory.list = [
            DirectoryPerson(
                (identifier(number),),
                name=f"Worker {number}",
                addresses={"calendar": f"worker{number}"}
                if number % 2
                else {"mail": f"worker{number}@korenaar.example"},
            )
            for number in range(people)
        ]
        self.configuration = folder / "leercultuur.toml"
        self.configuration.write_text(_CONFIGURATION.format(smtp=smtp, caldav=caldav), "utf-8")
        self.came: dict[str, Counter[str]] = {sink.name: Counter() for sink in SINKS}
        self.twice = dict.fromkeys(self.came, 0)

    def engine(self) -> Engine:
        """An engine of its own for a process, from the configuration; who is there and what they did
        is handed over."""
        engine = Engine.from_config(self.configuration, {"KEY": "k" * 40, "PASSWORD": PASSWORD})
        engine.adapters = evolve(
            engine.adapters,
            sources={"handed": self.source},
            directories={"listed": self.directory},
        )
        return engine

    def work_until(self, boundary: int) -> None:
        """A night in which the process kills itself at the boundary of this number; for a child."""
        passed = 0

        def at() -> None:
            nonlocal passed
            passed += 1
            if passed == boundary:
                os.kill(os.getpid(), signal.SIGKILL)

        class Stopping(StoppingStore):
            boundary = staticmethod(at)

        with ExitStack() as stack:
            stack.enter_context(patch.object(opened, "Store", Stopping))
            for sink in SINKS:
                stack.enter_context(patch.object(sink, "deliver", _around(sink.deliver, at)))
            self.work()

    def look(self) -> None:
        """Counts what came since the last look: the mail, and the appointments that are new."""
        box = mailbox.Maildir(str(self.folder / "mail"), create=False)
        mails = [(_id(mail["Message-ID"]), str(mail["To"])) for mail in box]
        box.clear()
        found = [
            (_id(path.name), path.parent.name)
            for path in (self.folder / "collections").rglob("*.ics")
            if ".Radicale.cache" not in path.parts
        ]
        before = dict(self.came["calendar"])
        new = [(one, where) for one, where in found if one not in before]
        for name, came in (("mail", mails), ("calendar", new)):
            self.came[name].update(one for one, _ in came)
            self.twice[name] += len(came) - len({who for _, who in came})


def _around(
    deliver: Callable[[Sink, Sequence[Message]], Iterator[Receipt]], at: Callable[[], None]
) -> Callable[[Sink, Sequence[Message]], Iterator[Receipt]]:
    """``deliver`` of a sink, with a boundary after the server took each message."""

    def around(sink: Sink, messages: Sequence[Message]) -> Iterator[Receipt]:
        for receipt in deliver(sink, messages):
            at()
            yield receipt

    return around


def _id(written: str) -> str:
    """The message's id in a Message-ID or the name of an appointment."""
    found = re.search(r"[0-9a-f]{32}", written)
    if found is None:
        raise SystemExit(f"expected the id of a message, found {written!r}")
    return found[0]


def listens(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def nights_of_kills(world: LiveWorld, kills: int, seconds: float) -> Counter[str]:
    """Nights until so many kills landed, or so much time went by; verb → kills that landed."""
    landed: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    window, reach = 0.5, 40.0
    tries = 0
    while landed.total() < kills and time.monotonic() < deadline:
        world.begin_night()
        killed = True
        while killed and landed.total() < kills and time.monotonic() < deadline:
            tries += 1
            if tries % 2:
                killed = child(world.work, world.dice.uniform(0, window))
                window *= 1.02 if killed else 0.9
            else:
                boundary = world.dice.randint(1, round(reach))
                killed = child(partial(world.work_until, boundary), None)
                reach *= 1.02 if killed else 0.9
            if killed:
                landed[world.stopped_in()] += 1
        if killed:
            child(world.work, None)
        world.look()
        world.answer_all()
    world.begin_night()
    child(world.work, None)
    child(world.work, None)
    world.look()
    return landed


def report(world: LiveWorld, landed: Counter[str]) -> int:
    """Prints the table; gives the number of violations."""
    with world.engine() as engine, engine.store.reading() as tx:
        prompts, messages = tx.delivery.prompts(), tx.delivery.messages()
    print(f"{landed.total()} kills landed in {world.night + 1} nights")
    for verb, count in landed.most_common():
        print(f"  {count:>6,}  in {verb}")
    print("\nsink         planned  arrived  lost  doubled  uncertain  twice in a night")
    wrong = 0
    for sink in SINKS:
        mine = [one for one in prompts if one.sink == sink.name]
        came = world.came[sink.name]
        lost, doubled, unsure = counted(
            mine, [one for one in messages if one.sink == sink.name], came
        )
        print(
            f"{sink.name:<12}{len(mine):>8,}{len(came):>9,}{lost:>6}{doubled:>9}{unsure:>11}"
            f"{world.twice[sink.name]:>18}"
        )
        reported(f"kills with a live {sink.name} sink", lost, doubled, landed.total())
        wrong += lost + doubled + world.twice[sink.name] + (not came)
        may = landed.total() if sink.delivery == "at_most_once" else 0
        wrong += max(0, unsure - may)
    return wrong


def reported(what: str, lost: int, doubled: int, kills: int) -> None:
    """The figures that a table of all benches shows."""
    note = f"{kills} kills"
    leave(
        value(f"{what}: lost", [lost], "messages", at_most=0, note=note),
        value(f"{what}: doubled", [doubled], "messages", at_most=0, note=note),
    )


def counted(
    prompts: Sequence[OutboxPrompt], messages: Sequence[OutboxMessage], came: Mapping[str, int]
) -> tuple[int, int, int]:
    """Of one sink: how many are lost, came more than once, and are uncertain. Lost is what is noted
    as sent and never came, what came and is not known, and what still waits for no reason."""
    sent = {one.message_id for one in prompts if one.state == "sent"}
    ends = {"sent", "uncertain", "expired", "withdrawn"}
    waits = sum(one.state not in ends for one in prompts)
    lost = waits + len(sent - came.keys()) + len(came.keys() - {m.message_id for m in messages})
    doubled = sum(count - 1 for count in came.values())
    return lost, doubled, sum(one.state == "uncertain" for one in messages)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=540)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="leercultuur-kills-") as name:
        folder = Path(name)
        with servers(folder, asked.people) as ports:
            world = LiveWorld(folder, asked.people, asked.seed, *ports)
            landed = nights_of_kills(world, asked.kills, asked.seconds)
            wrong = report(world, landed)
    print("nothing lost, nothing doubled" if not wrong else f"{wrong} wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
