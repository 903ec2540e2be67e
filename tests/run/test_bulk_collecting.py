"""Whole files into the store of an engine, beside its nightly run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from leercultuur_core.activity.activity import Activity, Retraction
from leercultuur_core.cli import leercultuur
from leercultuur_core.extension import Page, Plugins, Record, Reject, hookimpl
from leercultuur_core.run.bulk_collecting import collect_files, collect_in_bulk
from leercultuur_core.run.collecting import SourceCollected
from leercultuur_core.run.engine import Engine

from ..bulk.left import Given, dump
from ..bulk.statements import line
from ..conftest import KINDS
from .conftest import NOW, ListSource, Make

both = pytest.mark.parametrize("database", KINDS, scope="session")


def lesson(number: int, **changes: object) -> Activity:
    given = {
        "id": f"a{number}",
        "identities": (f"account|home|u{number % 3}",),
        "verb": "http://adlnet.gov/expapi/verbs/progressed",
        "occurred_at": NOW - timedelta(days=1 + number % 5),
    }
    return Activity(**{**given, **changes})  # type: ignore[arg-type]


NIGHT: list[Record] = [*map(lesson, range(20)), lesson(3, revision=1), Retraction(id="a30")]
YEARS: list[Record] = [*map(lesson, range(10, 40)), lesson(4, success=True), Retraction(id="a5")]


class Observer:
    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    @hookimpl
    def leercultuur_collected(self, source: str, counts: dict[str, int]) -> None:
        self.told.append((source, counts["new"]))


def test_it_is_noted_and_told(make: Make) -> None:
    observer = Observer()
    plugins = Plugins()
    plugins.register(observer, "observer")
    engine = make(plugins=plugins)
    page = Page([lesson(1), lesson(2)], [Reject("years", 3, "expected JSON")])
    told: list[tuple[str, int]] = []
    done = collect_in_bulk(
        engine, "lrs", [Given(page)], NOW, progress=lambda name, count: told.append((name, count))
    )
    assert (done.sources[0].new, done.sources[0].rejected, done.complete) == (2, 1, False)
    assert told == [("lrs", 2)]
    assert observer.told == [("lrs", 2)]
    status = engine.status(NOW)
    assert [(run.verb, run.outcome, run.counts["new"]) for run in status.runs] == [
        ("push", "part", 2)
    ]
    assert "1 records could not be read and are kept aside for 30 days" in status.left


@both
def test_a_night_in_the_middle_of_the_files(make: Make) -> None:
    """The run that has the store to itself does not stop a load, and is not stopped by it."""
    other = make(sources={"lms": ListSource([Page(NIGHT)])})
    engine = make(path=Path(other.store.name))

    class Slow(Given):
        def pages(self) -> Iterator[Page]:
            yield Page(YEARS[:15])
            assert other.run(NOW).collected.complete
            yield Page(YEARS[15:])

    collect_in_bulk(engine, "years", [Slow()], NOW)
    alone = make(sources={"lms": ListSource([Page(NIGHT)]), "years": ListSource([Page(YEARS)])})
    alone.collect(NOW)
    assert dump(engine.store) == dump(alone.store)


@both
def test_a_load_and_a_collect_that_write_in_turns(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leercultuur_core.run.collecting.PATIENCE", 0.0)  # a page a transaction
    pages = [Page([record]) for record in NIGHT]
    other = make(sources={"lms": ListSource(pages)})
    engine = make(path=Path(other.store.name))
    night = threading.Thread(target=other.collect, args=(NOW,))
    night.start()
    done = collect_files(
        "years",
        [Given(Page(YEARS))],
        engine.store,
        rules=engine.rules,
        identify=engine.identify,
        now=NOW,
        together=4,
    )
    night.join()
    assert not done.problem
    alone = make(sources={"lms": ListSource(pages), "years": ListSource([Page(YEARS)])})
    alone.collect(NOW)
    assert dump(engine.store) == dump(alone.store)


@both
def test_two_loads_at_once(make: Make) -> None:
    """Two commands, each with half of the files; an id may be in both."""
    engines = [make()]
    engines.append(make(path=Path(engines[0].store.name)))
    halves = [Page(NIGHT), Page(YEARS)]
    all_read = threading.Barrier(2, timeout=30)
    done: list[SourceCollected] = []

    class Half(Given):
        def pages(self) -> Iterator[Page]:
            yield from super().pages()
            all_read.wait()

    def load(engine: Engine, page: Page) -> None:
        how = {"rules": engine.rules, "identify": engine.identify, "now": NOW, "together": 4}
        done.append(collect_files("lrs", [Half(page)], engine.store, **how))  # type: ignore[arg-type]

    threads = [
        threading.Thread(target=load, args=each) for each in zip(engines, halves, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.problem for one in done] == ["", ""]
    alone = make()
    collect_files(
        "lrs",
        map(Given, halves),
        alone.store,
        rules=alone.rules,
        identify=alone.identify,
        now=NOW,
    )
    assert dump(engines[0].store) == dump(alone.store)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(leercultuur, ["init", "--name", "Bakkerij"])
    assert ran.exit_code == 0, ran.output
    return tmp_path


def test_on_the_command_line(place: Path) -> None:
    for name, numbers in (("1.ndjson", range(8)), ("2.ndjson", range(6, 12))):
        (place / name).write_bytes(b"".join(map(line, numbers)))
    asked = ["collect", "1.ndjson", "2.ndjson", "1.ndjson", "--name", "lrs"]
    ran = CliRunner().invoke(leercultuur, asked)
    assert (ran.exit_code, ran.output) == (
        0,
        "collect   lrs         12 new · 2 seen before · 0 rejected\n",
    )
    ran = CliRunner().invoke(leercultuur, asked)
    assert ran.output == "collect   lrs         0 new · 14 seen before · 0 rejected\n"
    ran = CliRunner().invoke(leercultuur, ["collect", "missing.ndjson"])
    assert ran.exit_code == 3
    assert "missing.ndjson" in ran.output


def test_activities_as_another_program_pushes_them(place: Path) -> None:
    from leercultuur_core.run.sources import ActivityLines, activity_line

    (place / "a.jsonl").write_bytes(activity_line(lesson(1)))
    ran = CliRunner().invoke(leercultuur, ["collect", "a.jsonl", "--reader", ActivityLines.name])
    assert ran.exit_code == 0, ran.output
    assert "1 new" in ran.output


def test_what_is_not_there_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "1.ndjson").write_bytes(line(1))
    ran = CliRunner().invoke(leercultuur, ["collect", "1.ndjson", "--reader", "nothing"])
    assert ran.exit_code == 2
    monkeypatch.setattr("leercultuur_core.cli.collect.find_spec", lambda _name: None)
    ran = CliRunner().invoke(leercultuur, ["collect", "1.ndjson"])
    assert ran.exit_code == 2
    assert "pip install 'leercultuur-core[bulk]'" in ran.output
