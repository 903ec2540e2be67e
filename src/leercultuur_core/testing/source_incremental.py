"""Night after night: nothing late is lost, re-read rows are harmless, marks follow what is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ..extension import Source, State
from .contract import ScriptedServer, expect
from .events import Event, Serve, event
from .system import Noted, SourceFixtures, told
from .taking import Taken, conflicts, counted, take

_DAY = timedelta(days=1)
_HOW = (
    "give a fixture `serve` that shows made-up events as your system would; without it nobody "
    "knows whether late rows are lost (docs/testing.md)"
)


class Nights:
    """A system whose content changes, and an adapter that reads it night after night."""

    def __init__(
        self,
        source: Source,
        again: Callable[[Source], Source],
        server: ScriptedServer,
        serve: Serve,
    ) -> None:
        self.server = server
        self.events: list[Event] = []
        self.taken: list[Taken] = []
        self.state = State()
        self._source = source
        self._again = again
        self._serve = serve

    def put(self, *events: Event) -> None:
        """Adds events, or new versions of those that are there."""
        kept = {one.id: one for one in self.events} | {one.id: one for one in events}
        self.events = sorted(kept.values(), key=lambda one: one.number)

    def show(self) -> None:
        """What was put is there to be read from now on."""
        answers = self._serve(self.events)
        if answers is not None:
            self.server.play(answers)

    def night(self, **more: Any) -> Taken:
        """A run by an adapter that knows nothing but the last mark."""
        self.show()
        taken = take(self._again(self._source), self.state, **more)
        self.state = taken.state
        self.taken.append(taken)
        return taken

    def kept(self) -> dict[str, bytes]:
        """What counts after all nights."""
        return dict(counted(*self.taken))

    def whole(self) -> dict[str, bytes]:
        """What a first run would bring now."""
        self.show()
        return dict(counted(take(self._again(self._source))))


class Incremental(SourceFixtures):
    """Part of `leercultuur_core.testing.SourceContract`; needs the fixture ``serve``."""

    @pytest.fixture
    def nights(self, source: Source, scripted: ScriptedServer, serve: Serve | None) -> Nights:
        """The system, still empty."""
        if serve is None:
            pytest.skip(_HOW)
        return Nights(source, self.again, scripted, serve)

    def test_first_night_brings_all(self, nights: Nights) -> None:
        """Each event is an activity at least."""
        nights.put(*_daily(1, 12))
        taken = nights.night()
        expect(taken.error is None, f"the first night ends with {told(taken)}")
        found = len(counted(taken))
        expect(
            found >= len(nights.events),
            f"the first night brings {found} activities of {len(nights.events)} events; does "
            "`serve` show each of them as your system would?",
        )

    def test_a_night_without_news(self, nights: Nights, noted: Noted) -> None:
        """Re-read rows are harmless."""
        nights.put(*_daily(1, 6))
        nights.night()
        nights.night()
        self._complete(nights, noted, "a night without news")

    def test_only_what_is_new_is_read(self, nights: Nights) -> None:
        """The mark is used: a second night does not read everything again."""
        nights.put(*_daily(1, 30))
        first = nights.night()
        nights.put(*_daily(31, 31))
        second = nights.night()
        expect(
            len(second.records) * 2 < len(first.records),
            f"the second night reads {len(second.records)} records where one is new: yield a mark, "
            "and start from it with a little overlap",
        )

    def test_late_rows_behind_the_mark(self, nights: Nights, noted: Noted) -> None:
        """A row that the system shows late, with a time before the last one that was read."""
        if not self.late:
            pytest.skip("this system shows nothing late, says the test class")
        nights.put(*_daily(1, 6))
        nights.night()
        nights.put(event(7, stored=6 * _DAY - self.late))
        nights.night()
        self._complete(
            nights, noted, "late rows behind the mark", "read a little before the mark (overlap)"
        )

    def test_late_rows_with_news(self, nights: Nights, noted: Noted) -> None:
        """The same, in a night that has newer rows as well."""
        if not self.late:
            pytest.skip("this system shows nothing late, says the test class")
        nights.put(*_daily(1, 6))
        nights.night()
        nights.put(event(7, stored=6 * _DAY - self.late), *_daily(8, 11))
        nights.night()
        self._complete(
            nights, noted, "late rows with news", "read a little before the mark (overlap)"
        )

    def test_happened_long_ago(self, nights: Nights, noted: Noted) -> None:
        """What happened half a year ago and was sent in today, by a phone that was offline."""
        nights.put(*_daily(1, 6))
        nights.night()
        nights.put(event(7, stored=7 * _DAY, happened=-180 * _DAY))
        nights.night()
        self._complete(
            nights, noted, "happened long ago",
            "go by when the system stored a row, not by when it happened",
        )  # fmt: skip

    def test_same_time_as_the_mark(self, nights: Nights, noted: Noted) -> None:
        """Another row with exactly the time of the last one."""
        nights.put(*_daily(1, 6))
        nights.night()
        nights.put(event(7, stored=6 * _DAY))
        nights.night()
        self._complete(
            nights, noted, "same time as the mark",
            "ask for what is at or after the mark, not only after it",
        )  # fmt: skip

    def test_one_time_for_all(self, nights: Nights, noted: Noted) -> None:
        """Rows written in one go share a time, also over the edge of a page; stopped halfway."""
        nights.put(*(event(number, stored=_DAY) for number in range(1, 11)))
        nights.night(pages=1)
        nights.night()
        self._complete(
            nights, noted, "one time for all",
            "ask for what is at or after the mark, not only after it",
        )  # fmt: skip

    def test_changed_afterwards(self, nights: Nights, noted: Noted) -> None:
        """A new version of a row takes the place of the old one, in whatever order they come."""
        nights.put(*_daily(1, 6))
        nights.night()
        nights.put(
            evolve(nights.events[2], revision=2, score=0.9, stored_at=_daily(7, 7)[0].stored_at)
        )
        nights.night()
        expect(
            not conflicts(*nights.taken),
            "changed afterwards: two versions of a row have one revision, so that chance says which "
            "counts; keep the id, and give what was changed a higher revision (a version number, or "
            "the time of the change in seconds)",
        )
        self._complete(nights, noted, "changed afterwards")

    def test_stopped_after_any_page(self, nights: Nights, noted: Noted) -> None:
        """The mark of a page covers that page and those before it, no more."""
        nights.put(*_daily(1, 12))
        count = len(nights.night().pages)
        for pages in range(1, min(count, 6) + 1):
            nights.taken, nights.state = [], State()
            nights.night(pages=pages)
            nights.night()
            self._complete(
                nights, noted, "stopped after any page",
                "the mark moves before its page is kept: yield it with the page that it is about",
            )  # fmt: skip

    def test_stopped_each_night(self, nights: Nights, noted: Noted) -> None:
        """One page a night gets there in the end."""
        nights.put(*_daily(1, 12))
        for _ in range(len(nights.night(pages=1).pages) * 30):
            before = nights.state
            nights.night(pages=1)
            if nights.state == before:
                break
        nights.night()
        self._complete(nights, noted, "stopped each night")

    def test_rows_added_while_it_reads(self, nights: Nights, noted: Noted) -> None:
        """Rows come in between two pages, of which one is late."""
        nights.put(*_daily(1, 12))
        added = [event(13, stored=13 * _DAY), event(14, stored=12 * _DAY - self.late)]

        def add() -> None:
            if added:
                nights.put(added.pop(0))
                nights.show()

        nights.night(after_page=add)
        nights.put(*added)
        nights.night()
        self._complete(nights, noted, "rows added while it reads")

    def test_state_from_last_year(self, nights: Nights, noted: Noted) -> None:
        """Switched off for a year: all of that year is there."""
        nights.put(event(1, stored=-370 * _DAY), event(2, stored=-369 * _DAY))
        nights.night()
        nights.put(*(event(number, stored=(number * 8 - 360) * _DAY) for number in range(3, 43)))
        nights.night()
        self._complete(nights, noted, "state from last year")

    def test_empty_at_first(self, nights: Nights, noted: Noted) -> None:
        """A system in which nothing happened yet: the mark does not run ahead to today."""
        taken = nights.night()
        expect(taken.error is None, f"an empty system: expected no error, found {told(taken)}")
        nights.put(*_daily(1, 4))
        nights.night()
        self._complete(nights, noted, "empty at first", "leave the mark as it was: mark=None")

    def test_many_nights(self, nights: Nights, noted: Noted) -> None:
        """Seven nights with news, late rows and changes."""
        for night in range(7):
            first = night * 5 + 1
            nights.put(*_daily(first, first + 3))
            if night and self.late:
                nights.put(event(first + 4, stored=(first - 2) * _DAY - self.late / 2))
            if night:
                last = nights.events[0]
                nights.put(
                    evolve(last, revision=last.revision + 1, score=night / 10,
                           stored_at=_daily(first + 3, first + 3)[0].stored_at)
                )  # fmt: skip
            nights.night()
        self._complete(nights, noted, "many nights")

    def _complete(self, nights: Nights, noted: Noted, fault: str, advice: str = "") -> None:
        """Together the nights brought what a first run would bring now, each once."""
        whole, kept = nights.whole(), nights.kept()
        lost, doubled = len(whole.keys() - kept.keys()), len(kept.keys() - whole.keys())
        stale = sum(whole[key] != kept[key] for key in whole.keys() & kept.keys())
        errors = [told(one) for one in nights.taken if one.error is not None or one.endless]
        noted(fault, lost=lost, doubled=doubled, ended=not errors and not stale)
        expect(not errors, f"{fault}: expected that each night ends well, found {errors}")
        more = f"; {advice}" if advice else ""
        expect(not lost, f"{fault}: {lost} of {len(whole)} activities are lost{more}")
        expect(
            not doubled,
            f"{fault}: {doubled} activities count twice; derive ids from the system's own",
        )
        expect(
            not stale,
            f"{fault}: of {stale} activities an older version counts; give what was changed a "
            "higher revision",
        )


def _daily(first: int, last: int) -> list[Event]:
    return [event(number, stored=number * _DAY) for number in range(first, last + 1)]
