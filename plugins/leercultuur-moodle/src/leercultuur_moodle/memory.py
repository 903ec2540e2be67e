"""What is remembered of each learner, so that what has changed or is gone is noticed.

Moodle's services give what is so now. To see that something is no longer so, one must remember that it
was. This is the core's ``learners``: it stands with the learner, and is erased with them. It holds
numbers and times, no text of anybody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from attrs import field, frozen, mutable

from leercultuur_core import Retraction
from leercultuur_core.extension import Record

from .facts import Fact, Names, after, rank_in, revision


@frozen
class Entry:
    """A fact that was seen.

    part
        What it was found in.
    revision
        That of the last record of it.
    shown
        The one that Moodle's own time gives; lower, where Moodle went back to an earlier time or to
        what had been taken back.
    counts
        Whether it was not taken back.
    """

    part: str
    revision: int
    shown: int
    counts: bool


@mutable
class Learner:
    """What is remembered of one person.

    ``entries``: key of the fact → entry. ``times``: what was looked at → a time of Moodle's.
    """

    identifier: str = field(repr=False)
    names: Names = field(repr=False)
    entries: dict[str, Entry] = field(factory=dict, repr=False)
    times: dict[str, int] = field(factory=dict, repr=False)
    touched: bool = False

    def take(self, fact: Fact) -> Iterator[Record]:
        """The record that a fact makes, if it says anything new."""
        old = self.entries.get(fact.key)
        part, own = part_of(fact), fact.revision
        if not fact.done:
            if old is None and not fact.changed:
                return
            if old is None or old.counts:
                yield self._take_back(fact.key, part, max(own, old.revision if old else 0))
            return
        if old is not None and old.counts and old.shown == fact.revision:
            if old.part != part:
                self._put(fact.key, Entry(part, old.revision, old.shown, counts=True))
            return
        if old is not None and old.revision >= own:
            own = after(old.revision, fact.rank)
        self._put(fact.key, Entry(part, own, fact.revision, counts=True))
        yield self.names.activity(fact, self.identifier, own)

    def know(self, fact: Fact) -> None:
        """Remembers a fact without a record: it was there before anybody looked."""
        if fact.key not in self.entries:
            self._put(fact.key, Entry(part_of(fact), 0, 0, counts=True))

    def knows(self, key: str) -> bool:
        """Whether a fact counts."""
        entry = self.entries.get(key)
        return entry is not None and entry.counts

    def settled(self, key: str) -> bool:
        """Whether a fact counts in its last state, after which it changes no more."""
        entry = self.entries.get(key)
        return entry is not None and entry.counts and rank_in(entry.shown) > 0

    def gone(self, parts: Collection[str], found: Collection[str], at: int = 0) -> Iterator[Record]:
        """Takes back what was remembered in ``parts``, which were read whole, and not ``found`` now."""
        for key, entry in list(self.entries.items()):
            if entry.counts and key not in found and _within(entry.part, parts):
                yield self._take_back(key, entry.part, max(entry.revision, revision(at)))

    def parts(self, beginning: str) -> set[str]:
        """The parts that begin so and in which something counts."""
        return {
            one.part
            for one in self.entries.values()
            if one.counts and one.part.startswith(beginning)
        }

    def note(self, what: str, time: int) -> None:
        """Remembers a time."""
        if self.times.get(what) != time:
            self.times[what] = time
            self.touched = True

    def _take_back(self, key: str, part: str, last: int) -> Retraction:
        self._put(key, Entry(part, last, last, counts=False))
        return Retraction(id=self.names.activity_id(key), revision=last)

    def _put(self, key: str, entry: Entry) -> None:
        self.entries[key] = entry
        self.touched = True


class Memory:
    """What is remembered of all learners; of whom nobody asks stays unread."""

    def __init__(self, learners: Mapping[str, str], names: Names) -> None:
        self._learners = learners
        self._names = names
        self._known: dict[str, Learner] = {}

    def of(self, identifier: str) -> Learner:
        """What is remembered of a person; nothing of whom was never seen."""
        if identifier not in self._known:
            # A store keeps no identifiers but digests of them: it can only be asked, not listed.
            self._known[identifier] = _read(
                Learner(identifier, self._names), self._learners.get(identifier, "")
            )
        return self._known[identifier]

    def take_changes(self) -> dict[str, str | None]:
        """What is new since the last call: identifier → text, or ``None`` where nothing is left."""
        changed = [one for one in self._known.values() if one.touched]
        for one in changed:
            one.touched = False
        return {one.identifier: _write(one) for one in changed}


def part_of(fact: Fact) -> str:
    """Where a fact was found: course, stream, and in that what the fact names."""
    return part(fact.course, fact.stream, fact.part)


def part(course: int, stream: str, inner: str = "") -> str:
    """A part of what is read: of a course (0 for none) and stream, all or something in it."""
    whole = f"{course}/{stream}"
    return f"{whole}/{inner}" if inner else whole


def _within(inner: str, parts: Iterable[str]) -> bool:
    return any(inner == one or inner.startswith(f"{one}/") for one in parts)


def _read(learner: Learner, text: str) -> Learner:
    """Lines ``part key revision shown +`` and ``@what time``; what is no line of ours is passed over."""
    for line in text.split("\n"):
        words = line.split(" ")
        if len(words) == 2 and words[0].startswith("@") and words[1].isdecimal():
            learner.times[words[0][1:]] = int(words[1])
        elif len(words) == 5 and words[2].isdecimal() and words[3].isdecimal():
            numbers = int(words[2]), int(words[3])
            learner.entries[words[1]] = Entry(words[0], *numbers, counts=words[4] == "+")
    return learner


def _write(learner: Learner) -> str | None:
    lines = [f"@{what} {time}" for what, time in sorted(learner.times.items())]
    lines += [
        f"{one.part} {key} {one.revision} {one.shown} {'+' if one.counts else '-'}"
        for key, one in sorted(learner.entries.items())
    ]
    return "\n".join(lines) or None
