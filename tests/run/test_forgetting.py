"""Who asks to be erased: at once where nothing else is at work, else first thing in the next run."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leercultuur_core.activity.activity import Activity
from leercultuur_core.errors import PluginError, StoreError
from leercultuur_core.extension import DirectoryPerson, Page, Plugins, Source, State, hookimpl
from leercultuur_core.privacy.purposes import purposes
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.forgetting import EraseAsked
from leercultuur_core.storage import Store

from .conftest import NOW, ListDirectory, ListSource, Make
from .test_own_page import Post

JAN, PIET = "account|home|jan", "account|home|piet"
LATER = NOW + timedelta(hours=12)


def page(*names: str) -> Page:
    return Page(
        [
            Activity(
                id=f"{name}-{day}",
                identities=(name,),
                verb="http://adlnet.gov/expapi/verbs/progressed",
                source="lms",
                topic="Jans cursus",
                occurred_at=NOW - timedelta(days=day),
            )
            for name in names
            for day in range(1, 60, 2)
        ]
    )


PEOPLE = [
    DirectoryPerson((JAN,), "Jan Jansen", ("worker",), addresses={"mail": "jan@korenaar.example"}),
    DirectoryPerson((PIET,), "Piet", ("worker",), addresses={"mail": "piet@korenaar.example"}),
]


@pytest.fixture
def engine(make: Make) -> Engine:
    engine = make(
        sources={"lms": ListSource([page(JAN, PIET)])},
        directories={"people": ListDirectory(PEOPLE)},
        sinks={"post": Post()},
    )
    engine.collect(NOW)
    engine.estimate(NOW)
    engine.plan(NOW)
    return engine


def one(engine: Engine, name: str = JAN) -> str:
    (found,) = engine.find(name, NOW)
    return found


def waits(engine: Engine, person: str) -> list[str]:
    with engine.store.reading() as tx:
        return [one.state for one in tx.delivery.prompts(recipient=person)]


def left(engine: Engine) -> list[str]:
    return [line for line in engine.status(NOW).left if "asked to be erased" in line]


def asked_at_night(engine: Engine, person: str) -> EraseAsked:
    with engine.store.alone():
        return engine.ask_erase(person, NOW)


def test_at_once_where_no_run_is_at_work(engine: Engine) -> None:
    jan = one(engine)
    assert engine.ask_erase(jan, NOW) == EraseAsked(done=True)
    assert engine.export(jan, NOW, by="self") == {}
    assert engine.find(JAN, NOW) == ()
    assert left(engine) == []
    with engine.store.reading() as tx:
        assert not tx.privacy.to_scrub()


def test_while_a_run_is_at_work_it_is_remembered(engine: Engine) -> None:
    jan = one(engine)
    assert set(waits(engine, jan)) <= {"held", "ready"}
    assert waits(engine, jan)
    assert asked_at_night(engine, jan) == EraseAsked(done=False)
    assert set(waits(engine, jan)) == {"withdrawn"}
    assert left(engine) == ["1 person asked to be erased; the next run does that first"]
    shown = engine.own_page(jan, NOW)
    assert shown.erase_asked
    assert (shown.refused, shown.estimate) == ("objected", None)
    assert not engine.own_page(one(engine, PIET), NOW).erase_asked
    said = {one["purpose"]: one["given"] for one in engine.export(jan, NOW, by="self")["consents"]}
    assert said.pop("erase") is True
    assert said == dict.fromkeys(purposes(), False)


def test_a_second_time_and_a_second_person(engine: Engine) -> None:
    for name in (JAN, PIET, JAN):
        asked_at_night(engine, one(engine, name))
    assert left(engine) == ["2 people asked to be erased; the next run does that first"]
    engine.collect(LATER)
    assert left(engine) == []
    assert engine.find(JAN, NOW) == engine.find(PIET, NOW) == ()


def test_nobody_is_no_person(engine: Engine) -> None:
    with pytest.raises(KeyError):
        engine.ask_erase("nobody", NOW)


def test_nothing_is_sent_to_who_asked(engine: Engine) -> None:
    jan = one(engine)
    asked_at_night(engine, jan)
    engine.deliver(LATER)
    assert set(waits(engine, jan)) == {"withdrawn"}
    assert left(engine), "to deliver is not to have the store alone"


class Watching(Source):
    """Notes who is there when it is read."""

    name = "watching"

    def __init__(self) -> None:
        super().__init__()
        self.engine: Engine
        self.there: list[tuple[str, ...]] = []

    def fetch(self, state: State) -> Iterator[Page]:
        self.there.append(self.engine.find(JAN, NOW))
        yield page(JAN, PIET)


def test_the_next_run_does_it_before_it_reads_anything(make: Make) -> None:
    source = Watching()
    engine = source.engine = make(
        sources={"lms": source}, directories={"people": ListDirectory(PEOPLE)}
    )
    engine.collect(NOW)
    asked_at_night(engine, one(engine))
    ran = engine.run(LATER)
    assert source.there[-1] == ()
    assert ran.collected.sources[0].erased > 0, "and they do not come back"
    assert engine.find(JAN, NOW) == ()


@pytest.mark.parametrize("verb", ["collect", "estimate", "plan", "push", "tidy"])
def test_any_verb_that_has_the_store_alone_does_it(engine: Engine, verb: str) -> None:
    asked_at_night(engine, one(engine))
    if verb == "push":
        engine.push("lms", iter([page(PIET)]), LATER)
    else:
        getattr(engine, verb)(LATER)
    assert engine.find(JAN, NOW) == ()
    assert left(engine) == []


def test_who_asks_during_the_night_is_gone_at_its_end(make: Make) -> None:
    asked: list[EraseAsked] = []

    class Meanwhile(Source):
        name = "meanwhile"

        def fetch(self, state: State) -> Iterator[Page]:
            yield page(JAN, PIET)
            asked.append(by_day.ask_erase(one(by_day), NOW))

    engine = make(
        sources={"lms": Meanwhile()},
        directories={"people": ListDirectory(PEOPLE)},
        sinks={"post": Post()},
    )
    by_day = make(path=Path(engine.store.name))
    engine.run(NOW)
    assert asked == [EraseAsked(done=False)]
    assert engine.find(JAN, NOW) == ()
    assert left(engine) == []


def test_a_kill_in_between_loses_nothing_and_erased_leaves_nothing_behind(
    engine: Engine, make: Make
) -> None:
    jan = one(engine)
    script = f"""
import os, signal
from leercultuur_core.run import forgetting
from leercultuur_core.storage import Store
from datetime import datetime

store = Store.open({engine.store.name!r})
with store.transaction() as tx:
    assert forgetting.note(tx, {jan!r}, datetime.fromisoformat({NOW.isoformat()!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", script], timeout=60, check=False)  # noqa: S603
    assert killed.returncode == -9
    assert left(engine)
    path = Path(engine.store.name)
    engine.close()
    after = make(
        sources={"lms": ListSource([page(JAN, PIET)])},
        directories={"people": ListDirectory(PEOPLE)},
        path=path,
    )
    after.collect(LATER)
    assert left(after) == []
    after.close()
    files = [path, *path.parent.glob(f"{path.name}-*")]
    held = b"".join(one.read_bytes() for one in files)
    for trace in (jan, "Jan Jansen", "jan@korenaar.example"):
        assert trace.encode() not in held, trace


def test_a_stop_between_the_erase_and_the_scrub_is_made_good(engine: Engine) -> None:
    jan = one(engine)
    with engine.store.transaction() as tx:
        tx.privacy.erase(jan, at=NOW)
        assert tx.privacy.to_scrub()
    engine.collect(LATER)
    with engine.store.reading() as tx:
        assert not tx.privacy.to_scrub()


def test_one_who_reads_only_puts_off_the_scrub(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: Store) -> None:
        raise StoreError("store: another run still reads", "busy")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "scrub", busy)
        assert engine.ask_erase(one(engine), NOW) == EraseAsked(done=True)
        asked_at_night(engine, one(engine, PIET))
        engine.collect(LATER)
    assert engine.find(PIET, NOW) == ()
    engine.collect(LATER)
    with engine.store.reading() as tx:
        assert not tx.privacy.to_scrub()


class Forgetful:
    """A plugin that keeps something of people, and fails to forget once."""

    fails = True

    @hookimpl
    def leercultuur_personal_data(self, connection: Any, person: str) -> Mapping[str, Any]:
        return {}

    @hookimpl
    def leercultuur_erase_person(self, connection: Any, person: str) -> Mapping[str, int]:
        if self.fails:
            raise RuntimeError(f"of {person}")
        return {}


def test_what_a_plugin_stops_is_tried_again_and_stops_nothing_else(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    plugin = Forgetful()
    plugins = Plugins()
    plugins.register(plugin, "forgetful")
    engine = make(directories={"people": ListDirectory(PEOPLE)}, plugins=plugins)
    with engine.store.transaction() as tx:
        tx.run("CREATE TABLE forgetful_notes (person TEXT)")
    engine.collect(NOW)
    jan = one(engine)
    with caplog.at_level(logging.INFO, "leercultuur"):
        assert engine.ask_erase(jan, NOW) == EraseAsked(done=False)
        assert engine.collect(LATER).complete
    assert left(engine)
    assert jan not in caplog.text
    assert "PluginError" in caplog.text
    with pytest.raises(PluginError):
        engine.erase(jan, NOW)
    plugin.fails = False
    again = Plugins()
    again.register(plugin, "forgetful")
    engine.plugins = again
    engine.collect(LATER)
    assert engine.find(JAN, NOW) == ()


def test_nothing_of_it_is_logged_but_that_it_is_done(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    jan = one(engine)
    with caplog.at_level(logging.INFO, "leercultuur"):
        asked_at_night(engine, jan)
        engine.collect(LATER)
    assert jan not in caplog.text
    assert "event=asked outcome=done" in caplog.text
