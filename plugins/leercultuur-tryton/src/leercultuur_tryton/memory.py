"""What is remembered of each employee: which records counted, so that one that goes is noticed.

Tryton deletes for good and keeps no list of what was deleted. The memory is the core's ``learners``:
it stands with the learner and is erased with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from attrs import frozen

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class Entry:
    """A record that counted: the activity it became, in which revision (microseconds since 1970)."""

    stream: str
    number: int
    revision: int
    id: str


class Memory:
    """Who has which records. Texts in and out hold a line ``stream:number:revision:id`` each."""

    def __init__(self, learners: Mapping[str, str]) -> None:
        self._entries: dict[str, dict[tuple[str, int], Entry]] = {}
        self._owner: dict[tuple[str, int], str] = {}
        self._touched: set[str] = set()
        self._seen: set[tuple[str, int]] = set()
        for learner, text in learners.items():
            for entry in _read(text):
                self._put(learner, entry)

    def keep(self, learner: str, entry: Entry) -> Entry | None:
        """Remembers a record. Gives what it was with somebody else, where it was theirs."""
        key = (entry.stream, entry.number)
        self._seen.add(key)
        owner = self._owner.get(key)
        before = self._take(owner, key) if owner is not None and owner != learner else None
        if self._entries.get(learner, {}).get(key) != entry:
            self._put(learner, entry)
            self._touched.add(learner)
        return before

    def unseen(self, stream: str) -> list[int]:
        """The ids of the records of a stream that were not kept again in this run, sorted."""
        return sorted(number for key, number in self._owner.keys() - self._seen if key == stream)

    def drop(self, stream: str, numbers: Collection[int]) -> list[Entry]:
        """Forgets these, and gives what they were."""
        return [self._take(self._owner[stream, one], (stream, one)) for one in numbers]

    def drop_all_but(self, known: Collection[str]) -> list[Entry]:
        """Forgets all of other streams than ``known``, and gives what they were."""
        others = sorted(key for key in self._owner if key[0] not in known)
        return [self._take(self._owner[key], key) for key in others]

    def forget_before(self, stream: str, moment: datetime) -> None:
        """Forgets records of a stream that were last changed before ``moment``."""
        oldest = (moment - _EPOCH) // timedelta(microseconds=1)
        for key, owner in list(self._owner.items()):
            if key[0] == stream and self._entries[owner][key].revision < oldest:
                self._take(owner, key)

    def take_changes(self) -> dict[str, str | None]:
        """What is new since the last call: learner → text, or ``None`` where nothing is left."""
        changes = {one: _write(self._entries.get(one, {})) for one in sorted(self._touched)}
        self._touched.clear()
        return changes

    def _put(self, learner: str, entry: Entry) -> None:
        key = (entry.stream, entry.number)
        self._entries.setdefault(learner, {})[key] = entry
        self._owner[key] = learner

    def _take(self, owner: str, key: tuple[str, int]) -> Entry:
        del self._owner[key]
        self._touched.add(owner)
        return self._entries[owner].pop(key)


def _read(text: str) -> Iterator[Entry]:
    """The entries in a text; what is no entry of ours is passed over."""
    for part in text.split("\n"):
        stream, number, revision, name = [*part.split(":", 3), "", "", ""][:4]
        if number.isdecimal() and revision.isdecimal() and name:
            yield Entry(stream, int(number), int(revision), name)


def _write(entries: Mapping[tuple[str, int], Entry]) -> str | None:
    ordered = (entries[key] for key in sorted(entries))
    return "\n".join(f"{e.stream}:{e.number}:{e.revision}:{e.id}" for e in ordered) or None
