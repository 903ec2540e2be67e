"""Where to go on: for each course and stream, until when it was read. Says nothing about anyone."""

from __future__ import annotations

import json
from collections.abc import Collection

from attrs import astuple, evolve, frozen

_VERSION = 1
_NEVER = "-"
_Key = tuple[int, str]


@frozen
class Progress:
    """How far a stream of a course (0: of the people) was read.

    until
        Moodle's newest time that had been seen when it was last asked.
    full
        When it was last read whole, by our clock, in seconds since 1970.
    since
        The day since 1970 on which it was first read; -1 where there is nothing in it to see.
    """

    until: int
    full: int
    since: int


@frozen
class Mark:
    """The progress of all, the newest time of Moodle's seen so far, the highest number of a user
    (a count of accounts, of nobody in particular), and when everybody was last looked for."""

    progress: dict[_Key, Progress]
    newest: int = 0
    highest: int = 0
    swept: int = 0

    @classmethod
    def read(cls, text: str | None) -> Mark:
        """A mark; an empty one from what is not ours: reading again does no harm."""
        try:
            found = json.loads(text or "{}")
            if found.get("v") != _VERSION:
                return cls({})
            table = [Progress(*map(int, numbers)) for numbers in found["p"]]
            return cls(
                {
                    (int(course[1:]), stream): table[int(place)]
                    for course, places in found["c"].items()
                    for stream, place in zip(found["s"], places.split(), strict=True)
                    if place != _NEVER
                },
                newest=int(found["n"]),
                highest=int(found["h"][1:]),
                swept=int(found["w"]),
            )
        except (ValueError, TypeError, AttributeError, KeyError, IndexError):
            return cls({})

    def write(self) -> str:
        """The mark as text. Most streams of most courses are equally far: each of those states stands
        in it once, and for each course which of them its streams are in."""
        table = sorted({*self.progress.values()}, key=astuple)
        place = {one: str(number) for number, one in enumerate(table)}
        streams = sorted({stream for _, stream in self.progress})
        found = {
            "v": _VERSION,
            "n": self.newest,
            "h": f"u{self.highest}",
            "w": self.swept,
            "p": [astuple(one) for one in table],
            "s": streams,
            "c": {
                f"c{course}": " ".join(
                    place[one] if (one := self.of(course, stream)) else _NEVER for stream in streams
                )
                for course in sorted({course for course, _ in self.progress})
            },
        }
        return json.dumps(found, separators=(",", ":"))

    def of(self, course: int, stream: str) -> Progress | None:
        """How far a stream was read; ``None`` if never, or if it was closed since."""
        return self.progress.get((course, stream))

    def put(self, course: int, stream: str, progress: Progress | None) -> Mark:
        """The mark with that progress; with ``None`` as if it was never read."""
        rest = {key: one for key, one in self.progress.items() if key != (course, stream)}
        if progress is not None:
            rest[course, stream] = progress
        return evolve(self, progress=rest)

    def only(self, courses: Collection[int], streams: Collection[str]) -> Mark:
        """Without what the settings no longer name."""
        return evolve(
            self,
            progress={
                key: one
                for key, one in self.progress.items()
                if key[0] in courses and key[1] in streams
            },
        )
