"""Reads what people did from Moodle's web services: what is so now, compared with what was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from leercultuur_core import Visibility
from leercultuur_core.extension import Finding, Page, Reject, Source, State

from .client import MoodleClient
from .course_night import read_course
from .facts import Names
from .mark import Mark
from .memory import Memory
from .night import Closed, Night
from .people_night import read_people, take_back_left
from .rights import check, rights
from .settings import MoodleSourceSettings
from .streams import KINDS


class MoodleSource(Source):
    """What people did in the courses of one Moodle (4.5), and what it keeps of them outside courses.

    Moodle's services give states and no history. What is read is remembered with each learner
    (`leercultuur_moodle.memory`), so that what is undone is taken back. What the web service user
    may not see is named and left as it was: that is not the same as not done.

    ``clock`` gives seconds since 1970; only when everything is to be compared again, and when an
    enrolment was first seen, go by it. All else goes by Moodle's own times.
    """

    name = "moodle"
    settings: Any = MoodleSourceSettings

    def __init__(self, settings: Any = None, clock: Callable[[], float] = time.time) -> None:
        super().__init__(settings)
        self._clock = clock
        self._seen: Visibility | None = None
        self.closed: Mapping[Closed, str] = {}
        """What the last run was not let into: course (0: people) and stream → why."""

    @cached_property
    def client(self) -> MoodleClient:
        """The site."""
        return MoodleClient(self.settings)

    @cached_property
    def names(self) -> Names:
        """How things at the site are named."""
        return Names(self.settings.url)

    def check(self) -> Iterable[Finding]:
        """Whether the site answers, and the user may see what the settings ask for."""
        return check(self.client, self.settings, self.settings.streams)

    def visibility(self) -> Visibility | None:
        """What the last run could see: kinds of evidence at the site, from the day that a stream of
        theirs was first read in some course. ``None`` before a run: it is then learned from what
        comes. `closed` has what was shut, course by course."""
        return self._seen

    def fetch(self, state: State) -> Iterator[Page]:
        """Course by course, stream by stream, then what Moodle keeps of people.

        A course or stream that the user may not see is kept aside with its reason, and the rest goes
        on. Raises `SourceUnavailable` and `AccessDenied`; what came before stays, and the next run
        goes on there.
        """
        site = self.client.site()
        courses = self.client.courses()
        mark = Mark.read(state.mark).only({0, *(one.id for one in courses)}, self.settings.streams)
        night = Night(
            self.client,
            self.names,
            self.settings,
            Memory(state.learners, self.names),
            mark,
            int(self._clock()),
        )
        self.closed = night.closed
        for stream in self.settings.streams:
            if absent := rights().functions[stream] - site.functions:
                night.lacking[stream] = f"the service lacks {', '.join(sorted(absent))}"
        if night.lacking:
            yield Page(
                rejects=[
                    Reject(f"moodle, {one}", None, f"not read: {reason}; run leercultuur check")
                    for one, reason in night.lacking.items()
                ]
            )
        for course in courses:
            yield from read_course(night, course)
        yield from read_people(night)
        yield from take_back_left(night)
        self._seen = _visible(night.mark, self.names.url)


def _visible(mark: Mark, url: str) -> Visibility:
    """Kinds of what was read, from the first day that it was."""
    first: dict[tuple[str, str], int] = {}
    for (_, stream), progress in mark.progress.items():
        if progress.since < 0:
            continue
        for kind in KINDS[stream]:  # type: ignore[index]
            key = (url, kind)
            first[key] = min(progress.since, first.get(key, progress.since))
    return Visibility({key: ((day, None),) for key, day in sorted(first.items())})
