"""Made-up people for nights with the engine: what they do each day, who is there, and adapters that
hand it over. Nobody here exists."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone

from leercultuur_core.activity.activity import Activity
from leercultuur_core.demo.bakery import TRACES, draw, poisson
from leercultuur_core.extension import Directory, DirectoryPerson, Page, Source, State
from leercultuur_core.phases import Parameters

PAGE = 100


def identifier(number: int) -> str:
    """The canonical identifier of one of them."""
    return f"account|https://leren.example|worker{number}"


class Life:
    """One person's walk over the phases, and what they do on a day."""

    def __init__(self, number: int, seed: int, parameters: Parameters) -> None:
        self._dice = random.Random(f"{seed} {number}")
        self._number = number
        self._parameters = parameters
        shape = parameters.activity_shape
        self._level = self._dice.gammavariate(shape, 1 / shape)
        self._phase = draw(list(parameters.startprob), self._dice)

    def week(self) -> None:
        """A week goes by: perhaps another phase."""
        self._phase = draw(list(self._parameters.transmat[self._phase]), self._dice)

    def day(self, day: date) -> Iterator[Activity]:
        """What they do on a day, in their working time."""
        for kind, trace in TRACES.items():
            mean = self._parameters.rates[kind][self._phase] * self._level / 5
            for nth in range(poisson(mean, self._dice)):
                clock = time(self._dice.randrange(7, 16), self._dice.randrange(60))
                course = f"https://leren.example/course/{self._dice.randrange(6)}"
                yield Activity(
                    id=f"{self._number} {day} {kind} {nth}",
                    identities=(identifier(self._number),),
                    verb=trace.verb,
                    object_id=f"{course}/{kind}",
                    object_type=trace.object_type,
                    occurred_at=datetime.combine(day, clock, tzinfo=timezone(timedelta(hours=1))),
                    source=trace.platform,
                    topic=course,
                )


class Handed(Source):
    """Hands over the records it was last given, in pages."""

    name = "handed"

    def __init__(self) -> None:
        super().__init__()
        self.records: Sequence[Activity] = ()

    def fetch(self, state: State) -> Iterator[Page]:  # noqa: ARG002 - reads it all, each night
        for first in range(0, len(self.records), PAGE):
            yield Page(self.records[first : first + PAGE])


class Listed(Directory):
    """Hands over the people it was last given."""

    name = "listed"

    def __init__(self) -> None:
        super().__init__()
        self.list: Sequence[DirectoryPerson] = ()

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        yield self.list
