"""Estimates of single people by day, kept in memory for as long as all that they rest on is the same.

People come back to a page, and a portal asks for the same person each time they open it. A number in the
store says whether anything changed since (`LedgerTables.version`); where it did, what an estimate rests
on is read, and the estimate is made anew only where any of that differs. Nothing of it is ever on disk.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

from ..activity.activity import utc_day
from ..activity.ledger import Ledger
from ..activity.visibility import Visibility
from ..maturity.vocabulary import UNKNOWN, Language
from ..phases import Estimate, Parameters, Reason, estimate
from ..storage import Transaction
from .leave import presence
from .rights import Rights

MOST = 2000
"""People of whom something is kept; the one asked for longest ago makes room."""

_DAYS = 3
"""Days of which what could be seen is kept: today and, for who answered today, tomorrow."""

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


@frozen
class OwnWeek:
    """One week of somebody's story: its first day, the phase shown at its end or ``unknown``, and the
    probability of that phase (of the most probable one where it is unknown)."""

    monday: date
    phase: str
    probability: float


@frozen
class Belief:
    """What is believed of a person, and why in one language."""

    estimate: Estimate
    reasons: tuple[Reason, ...] = field(repr=False)


class Beliefs:
    """What was asked for last, of one engine with its one set of parameters.

    May be shared by threads. Of somebody who may not be estimated the caller must not ask: what people
    said and who they are is asked of the store each time, and never kept here.
    """

    def __init__(self, most: int = MOST) -> None:
        self._lock = Lock()
        self._forgotten = 0
        self._ledgers: _Last[str, tuple[int, Ledger]] = _Last(most)
        self._estimates: _Last[tuple[str, int], _Kept] = _Last(most)
        self._sight: _Last[int, tuple[int, Visibility]] = _Last(_DAYS)

    def ledger(self, tx: Transaction, person: str) -> Ledger:
        """All that was seen of a person (uuid)."""
        version, may_keep = self._version(tx)
        with self._lock:
            kept = self._ledgers.get(person)
        if kept is not None and kept[0] == version:
            return kept[1]
        found = tx.ledger.read([person])
        if may_keep:
            with self._lock:
                self._ledgers.put(person, (version, found))
        return found

    def estimate(
        self, tx: Transaction, rights: Rights, person: str, *, at: datetime, parameters: Parameters
    ) -> Estimate | None:
        """What `estimating.believe` gives of ``person`` (uuid); ``None`` where nothing was seen of
        them."""
        version, may_keep = self._version(tx)
        until, who = utc_day(at), rights.people[person]
        now = (version, who.name, who.away)
        key = (person, until)
        with self._lock:
            kept = self._estimates.get(key)
        if kept is not None and kept.now == now:
            return kept.estimate
        ledger = self.ledger(tx, person)
        visibility = self._visibility(tx, version, until)
        there = presence(tx, rights, ledger, until=until)
        made_from = (ledger, visibility, there, who.name)
        if kept is not None and kept.made_from == made_from:
            found = kept.estimate
        else:
            found = estimate(
                ledger,
                at=at.astimezone(UTC),
                visibility=visibility,
                presence=there,
                parameters=parameters,
                labels={person: who.name},
            ).get(person)
        if may_keep:
            with self._lock:
                weeks = kept.weeks if kept is not None and kept.estimate is found else None
                self._estimates.put(key, _Kept(now, made_from, found, weeks))
        return found

    def of(
        self,
        tx: Transaction,
        rights: Rights,
        person: str,
        *,
        at: datetime,
        parameters: Parameters,
        language: Language,
    ) -> Belief | None:
        """`estimate` with its reasons."""
        found = self.estimate(tx, rights, person, at=at, parameters=parameters)
        return None if found is None else Belief(found, found.explain(language))

    def weeks(self, estimate: Estimate, *, at: datetime) -> tuple[OwnWeek, ...]:
        """The story of what `estimate` gave for ``at``."""
        with self._lock:
            kept = self._estimates.get((estimate.identifier, utc_day(at)))
        if kept is None or kept.estimate is not estimate:
            return _weeks(estimate)
        if kept.weeks is None:
            kept.weeks = _weeks(estimate)
        return kept.weeks

    def forget(self) -> None:
        """Lets go of everybody's."""
        with self._lock:
            self._forget()

    def __len__(self) -> int:
        return len(self._estimates)

    def _forget(self) -> None:
        self._ledgers.clear()
        self._estimates.clear()

    def _version(self, tx: Transaction) -> tuple[int, bool]:
        """The number to keep things under, and whether they may be kept. Once people were forgotten,
        here or elsewhere, nothing stays that was kept before; nor does what a transaction still sees
        that began before."""
        version, forgotten = tx.ledger.version()
        with self._lock:
            if forgotten > self._forgotten:
                self._forget()
                self._forgotten = forgotten
            return version, forgotten == self._forgotten

    def _visibility(self, tx: Transaction, version: int, until: int) -> Visibility:
        """What could be seen, the same for everybody."""
        with self._lock:
            kept = self._sight.get(until)
        if kept is not None and kept[0] == version:
            return kept[1]
        found = tx.ledger.visibility(until=until)
        with self._lock:
            self._sight.put(until, (version, found))
        return found


@define(eq=False)
class _Kept:
    """An estimate, with what it was made from, and under which number and words that was so; and its
    weeks, once they were asked for."""

    now: object
    made_from: Any = field(repr=False)
    estimate: Estimate | None
    weeks: tuple[OwnWeek, ...] | None = field(default=None, repr=False)


def _weeks(estimate: Estimate) -> tuple[OwnWeek, ...]:
    return tuple(
        OwnWeek(
            date.fromisocalendar(int(week.label[:4]), int(week.label[6:]), 1),
            week.shown,
            max(
                value
                for phase, value in week.probabilities.items()
                if week.shown in {phase, UNKNOWN}
            ),
        )
        for week in estimate.story()
    )


class _Last(Generic[_Key, _Value]):
    """The last values that were asked for or put in."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[_Key, _Value] = OrderedDict()

    def get(self, key: _Key) -> _Value | None:
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
        return found

    def put(self, key: _Key, value: _Value) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)

    def clear(self) -> None:
        self._values.clear()

    def __len__(self) -> int:
        return len(self._values)


__all__ = ["MOST", "Belief", "Beliefs", "OwnWeek"]
