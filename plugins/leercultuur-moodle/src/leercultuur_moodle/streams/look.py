"""What a stream is given to look at, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from attrs import field, frozen, mutable

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import Reject

from ..client import MoodleClient
from ..errors import Refused
from ..facts import Fact, Names
from ..memory import Memory, part
from ..settings import Stream

Row = Mapping[str, Any]


@frozen
class Part:
    """Some facts, and of what they are all.

    whole
        Parts (`leercultuur_moodle.memory.part`) that were read whole: what was remembered in them
        and is not among ``facts`` is gone.
    who
        Of whom, ``None`` for everybody in the course.
    """

    facts: Sequence[Fact]
    whole: frozenset[str] = frozenset()
    who: frozenset[int] | None = None


@mutable
class Kept:
    """Keeps aside what could not be read."""

    place: str
    rejects: list[Reject] = field(factory=list)

    def aside(self, what: str, reason: str) -> None:
        """One thing; neither text may hold anything that a person wrote."""
        self.rejects.append(Reject(f"{self.place}, {what}", None, reason))

    def take(self) -> list[Reject]:
        """All since the last call."""
        taken, self.rejects = self.rejects, []
        return taken

    def facts(
        self, function: str, rows: Iterable[Any], make: Callable[[Row], Iterable[Fact]]
    ) -> tuple[list[Fact], bool]:
        """The facts in rows, and whether every row could be read."""
        found: list[Fact] = []
        sound = True
        for row in rows:
            try:
                found += make(row)
            except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
                sound = False
                # Which field it was is not said: the name of one may be anybody's.
                self.aside(function, "expected a row as Moodle 4.5 gives it, found another")
        return found, sound


@mutable
class Look:
    """One course in one night.

    learners
        Everybody who learns in it: Moodle's number → canonical identifier.
    moved
        Those who were there since the last time; all of them where ``whole``.
    whole
        Whether everything is read, rather than what has changed.
    since
        From when on changes are asked for, in seconds since 1970.
    hits
        What has changed, says the course: name of the change → activity → numbers of the things.
    """

    client: MoodleClient
    names: Names
    memory: Memory
    course: int
    completion: bool
    learners: Mapping[int, str]
    contents: Contents
    kept: Kept
    moved: frozenset[int] = frozenset()
    whole: bool = True
    since: int = 0
    hits: Mapping[str, Mapping[int, frozenset[int]]] = field(factory=dict)

    @property
    def due(self) -> list[int]:
        """Whom to ask for, one by one."""
        return sorted(self.learners if self.whole else self.moved)

    def modules(self, modname: str, *hits: str) -> dict[int, int]:
        """The activities of a kind (cmid → instance) to read: all, or those that have changed."""
        changed = {cmid for name in hits for cmid in self.hits.get(name, ())}
        if not self.whole and not changed:
            return {}
        every = self.contents.of(modname)
        if self.whole:
            return every
        return {cmid: instance for cmid, instance in every.items() if cmid in changed}

    def part(self, stream: Stream, inner: str | int = "") -> str:
        """A part of this course."""
        return part(self.course, stream, str(inner))


class Contents:
    """The activities of a course that the user sees, asked for when first needed."""

    def __init__(self, client: MoodleClient, course: int) -> None:
        self._client = client
        self._course = course
        self._found: dict[int, tuple[str, int]] | None = None

    def every(self) -> Mapping[int, tuple[str, int]]:
        """cmid → kind and instance."""
        if self._found is None:
            function = "core_course_get_contents"
            options = [{"name": "excludecontents", "value": 1}]
            answer = self._client.read(function, courseid=self._course, options=options)
            try:
                self._found = {
                    whole(one, "id"): (text(one, "modname"), whole(one, "instance"))
                    for section in listed(answer, "", function)
                    for one in section["modules"]
                }
            except (KeyError, TypeError):
                found = None
            else:
                found = self._found
            if found is None:
                raise SourceUnavailable(f"moodle, {function}: expected activities, found another")
        return self._found or {}

    def of(self, modname: str) -> dict[int, int]:
        """cmid → instance of those of one kind."""
        return {
            cmid: instance for cmid, (name, instance) in self.every().items() if name == modname
        }


class CourseStream(Protocol):
    """Reads one kind of thing in a course. Raises `Refused` where the user may not see it."""

    def __call__(self, look: Look) -> Iterator[Part]: ...


def listed(answer: object, key: str, function: str) -> list[Any]:
    """The list under ``key`` of an answer (``""``: the answer itself).

    Raises `SourceUnavailable` where it is something else, so that it is never taken for nothing.
    """
    found = answer.get(key) if key and isinstance(answer, dict) else answer
    if not isinstance(found, list):
        raise SourceUnavailable(f"moodle, {function}: expected a list, found something else")
    return found


def whole(row: Row, key: str) -> int:
    """A whole number in a row. Raises `TypeError` or `KeyError`."""
    value = row[key]
    if type(value) is not int:
        raise TypeError("expected a whole number")
    return value


def text(row: Row, key: str) -> str:
    """A text in a row. Raises `TypeError` or `KeyError`."""
    value = row[key]
    if type(value) is not str:
        raise TypeError("expected a text")
    return value


def time(row: Row, key: str) -> int:
    """Seconds since 1970 in a row, not 0. Raises `TypeError`, `KeyError` or `ValueError`."""
    value = whole(row, key)
    if not 0 < value < _FAR:
        raise ValueError("expected a time")
    return value


_FAR = 2**33
"""In the year 2242: what is later is no time in seconds."""


def forbidden(message: str) -> Refused:
    """The user may not see something, though Moodle did not say so in so many words."""
    return Refused(message, "", "forbidden")
