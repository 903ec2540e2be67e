"""Collect: page by page, what fails is named, the rest goes on, and a stop loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.visibility import Visibility
from leercultuur_core.errors import SourceUnavailable, StoreError
from leercultuur_core.extension import Page, Plugins, Reject, State, hookimpl
from leercultuur_core.run import collecting
from leercultuur_core.run.sources import activity_line, read_activities
from leercultuur_core.storage import PageResult, Store

from .conftest import NOW, ListDirectory, ListSource, Make, workers


def lesson(number: int) -> Activity:
    return Activity(
        id=f"a{number}",
        identities=("account|home|x",),
        verb="http://adlnet.gov/expapi/verbs/progressed",
        occurred_at=NOW - timedelta(days=1, minutes=number),
    )


class Broken(ListDirectory):
    def people(self):  # type: ignore[no-untyped-def]
        raise RuntimeError("Sanne was here")


def test_one_that_fails_is_named_and_the_rest_goes_on(make: Make) -> None:
    down = ListSource([Page([lesson(1)], mark="1"), SourceUnavailable("down: try at noon")])
    odd = ListSource([ValueError("Sanne was here")])
    good = ListSource([Page([lesson(2)], [Reject("file", 3, "expected JSON")], mark="9")])
    engine = make(
        sources={"down": down, "odd": odd, "good": good},
        directories={"broken": Broken([]), "people": workers(2)},
    )
    done = engine.collect(NOW)
    assert done.problems == {
        "broken": "stopped on something it did not expect (RuntimeError)",
        "down": "down: try at noon",
        "odd": "stopped on something it did not expect (ValueError)",
    }
    assert not done.complete
    assert [one.new for one in done.sources] == [1, 0, 1]
    assert done.sources[2].rejected == 1
    status = engine.status(NOW)
    assert "collect: 3 failed (broken, down, odd); the next run tries again" in status.left
    assert "1 records could not be read and are kept aside for 30 days" in status.left
    down.pages = [Page([lesson(3)], mark="2")]
    assert engine.collect(NOW).sources[0].new == 1
    assert [state.mark for state in down.states] == [None, "1"]


@pytest.mark.parametrize(("patience", "transactions"), [(60.0, 1), (0.0, 3)])
def test_pages_that_come_quickly_go_together_and_count_the_same(
    make: Make, monkeypatch: pytest.MonkeyPatch, patience: float, transactions: int
) -> None:
    monkeypatch.setattr(collecting, "PATIENCE", patience)
    committed: list[str | None] = []
    commit = Store.commit_page

    def counting(self: Store, *records: Any, **more: Any) -> PageResult:
        committed.append(more["mark"])
        return commit(self, *records, **more)

    monkeypatch.setattr(Store, "commit_page", counting)
    lms = ListSource(
        [
            Page([lesson(1), lesson(2)], mark="1", learners={"account|home|x": "a"}),
            Page([lesson(2)], [Reject("file", 3, "expected JSON")], mark="3"),
            Page([lesson(3)], mark="2", learners={"account|home|x": "b"}),
            SourceUnavailable("down: try at noon"),
        ]
    )
    engine = make(sources={"lms": lms})
    (read,) = engine.collect(NOW).sources
    assert len(committed) == transactions
    assert (read.pages, read.new, read.duplicates, read.rejected) == (3, 3, 1, 1)
    assert read.problem == "down: try at noon"
    engine.collect(NOW)
    assert lms.states[-1].mark == "3"
    assert lms.states[-1].learners["account|home|x"] == "b"


def test_what_a_source_says_it_can_see_is_kept(make: Make) -> None:
    class Telling(ListSource):
        def visibility(self) -> Visibility:
            return Visibility({("lms", "shared"): ((100, None),)})

    engine = make(sources={"telling": Telling([])})
    engine.collect(NOW)
    with engine.store.reading() as tx:
        assert tx.ledger.visibility(until=20_000).intervals == {("lms", "shared"): ((100, None),)}


def test_observers_hear_numbers_after_the_commit_and_may_fail(make: Make) -> None:
    heard: list[tuple[str, int]] = []

    class Monitor:
        @hookimpl
        def leercultuur_collected(self, source: str, counts: dict[str, int]) -> None:
            heard.append((source, counts["new"]))

    class Raises:
        @hookimpl
        def leercultuur_collected(self) -> None:
            raise RuntimeError("broken")

    plugins = Plugins()
    plugins.register(Raises(), "a-raises")
    plugins.register(Monitor(), "monitor")
    engine = make(sources={"lms": ListSource([Page([lesson(1)])])}, plugins=plugins)
    assert engine.collect(NOW).complete
    assert heard == [("lms", 1)]
    assert "a-raises" in plugins.broken


def test_a_second_run_at_once_is_refused(make: Make) -> None:
    engine = make()
    other = make(path=Path(engine.store.name))
    with other.store.alone(), pytest.raises(StoreError, match="another run"):
        engine.collect(NOW)
    engine.collect(NOW)


def test_another_thread_is_another_run(make: Make) -> None:
    other: list[str] = []

    class Slow(ListSource):
        def fetch(self, state: State) -> Iterator[Page]:
            with ThreadPoolExecutor() as pool:
                error = pool.submit(engine.collect, NOW).exception()
            other.append(str(error))
            yield Page([lesson(1)])

    engine = make(sources={"slow": Slow([])})
    assert engine.collect(NOW).complete
    assert "another run is at work" in other[0]


def test_a_run_that_was_stopped_is_told(make: Make) -> None:
    engine = make(sources={"stopped": ListSource([])})

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    engine.adapters.sources["stopped"].fetch = stop  # type: ignore[assignment,method-assign]
    with pytest.raises(KeyboardInterrupt):
        engine.collect(NOW)
    assert engine.status(NOW).left == (
        "collect: stopped half-way at 2026-03-03 09:00 UTC; the next run goes on from there",
        "source stopped: never read to its end",
    )


def test_rules_that_change_are_shown_first_then_applied(make: Make) -> None:
    unknown = Activity(
        id="u",
        identities=("account|home|x",),
        verb="urn:acme:did",
        occurred_at=lesson(1).occurred_at,
    )
    engine = make(sources={"lms": ListSource([Page([unknown])])})
    (read,) = engine.collect(NOW).sources
    assert read.unknown == {("urn:acme:did", ""): 1}
    from leercultuur_core import parse_rules

    mine = 'schema = 1\nversion = "m"\n[[rule]]\nverb = "urn:acme:did"\nkind = "progressed"\nground = "g"'
    engine.rules += parse_rules(mine, "mine.toml")
    assert engine.apply_rules(dry_run=True) == {("other", "progressed"): 1}
    assert engine.apply_rules() == {("other", "progressed"): 1}
    assert engine.apply_rules() == {}
    assert engine.rebuild() is False


def test_what_is_pushed_counts_once_and_may_be_wrong_in_part(make: Make) -> None:
    engine = make()
    lines = activity_line(lesson(1)) + activity_line(lesson(2)) + b"{}\n"
    for new, before in ((2, 0), (0, 2)):
        (read,) = engine.push("hr", read_activities(BytesIO(lines)), NOW).sources
        assert (read.new, read.duplicates, read.rejected) == (new, before, 1)
    with engine.store.reading() as tx:
        assert len(tx.sources.rejects("hr")) == 1
    done = engine.push("hr", read_activities(BytesIO(b"<html>")), NOW)
    assert "found a web page" in done.problems["hr"]


def test_retention_lets_go_of_what_is_old(make: Make) -> None:
    old = [lesson(number) for number in range(3)]
    rejected = Page(old, [Reject("file", 1, "expected JSON", b"Sanne")])
    engine = make(sources={"lms": ListSource([rejected])})
    engine.collect(NOW)
    assert engine.tidy(NOW + timedelta(days=29)) == {}
    assert engine.tidy(NOW + timedelta(days=31)) == {"rejects": 1}
    assert "log" in engine.tidy(NOW + timedelta(days=13.5 * 30.5))
    gone = engine.tidy(NOW + timedelta(days=24.5 * 30.5))
    assert gone["ledger"] == 1
    assert gone["persons"] == 1
    with engine.store.reading() as tx:
        assert len(tx.ledger.read()) == 0
