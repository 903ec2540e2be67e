"""One run of the source: what it goes by and what it has learned so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve, field, mutable

from leercultuur_core.extension import Record

from .client import MoodleClient
from .errors import Refused
from .facts import Fact, Names
from .mark import Mark
from .memory import Memory
from .settings import MoodleSourceSettings, Stream

DAY = 86_400
TOGETHER = 500
"""So many records make a page."""

Closed = tuple[int, Stream]
"""A course (0: people, outside any) and a stream."""


@mutable
class Night:
    """What one run goes by, and what it knows so far.

    now
        Our clock, in seconds since 1970.
    lacking
        Streams for which the service lacks a function, and which.
    closed
        What the user may not see, and why.
    accounts
        Everybody who learns in a course that was read: Moodle's number → identifier.
    access
        When each was last at the site.
    enrolled
        Course → the numbers of everybody in it, teachers too.
    """

    client: MoodleClient
    names: Names
    settings: MoodleSourceSettings
    memory: Memory
    mark: Mark
    now: int
    lacking: dict[Stream, str] = field(factory=dict)
    closed: dict[Closed, str] = field(factory=dict)
    accounts: dict[int, str] = field(factory=dict)
    access: dict[int, int] = field(factory=dict)
    enrolled: dict[int, frozenset[int]] = field(factory=dict)

    @property
    def overlap(self) -> int:
        """Seconds that are read again."""
        return int(self.settings.overlap.total_seconds())

    def is_time(self, last: int) -> bool:
        """Whether what was last compared whole at ``last`` is to be compared again."""
        return self.now - last >= self.settings.full_every.total_seconds()

    def note(self, fact: Fact) -> None:
        """Keeps the newest time of Moodle's; one that lies ahead of our clock is somebody's mistake."""
        if self.mark.newest < fact.changed <= self.now:
            self.mark = evolve(self.mark, newest=fact.changed)


def in_pages(records: Iterable[Record]) -> Iterator[list[Record]]:
    """The records, some at a time; those before a refusal too, for they are remembered already."""
    page: list[Record] = []
    refused: Refused | None = None
    try:
        for record in records:
            page.append(record)
            if len(page) >= TOGETHER:
                yield page
                page = []
    except Refused as error:
        refused = error
    if page:
        yield page
    if refused is not None:
        raise refused
