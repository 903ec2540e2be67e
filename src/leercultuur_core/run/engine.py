"""The engine: what an organisation runs each night, and what a program may ask of it by day.

Every verb takes the moment as an argument and may be stopped anywhere: what was committed stays,
and the next run goes on from there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import asdict, evolve, frozen

from ..activity.activity import utc_day
from ..extension import Page
from ..storage import Turn
from . import (
    collecting,
    delivering,
    effect,
    estimating,
    forgetting,
    persons,
    reach,
    recording,
    releasing,
)
from .by_day import ByDay
from .collecting import Collected, DirectoryCollected, Progress, SourceCollected
from .delivering import Delivered
from .estimating import Estimated
from .logs import Stopwatch, Value, event
from .planning import Planned
from .rights import Rights

REJECTS_KEPT = timedelta(days=30)
"""How long what could not be read is kept; it is raw and may hold anything."""

_MONTH = 365.25 / 12

_Done = TypeVar("_Done", Collected, Estimated, Planned, Delivered)


@frozen
class Ran:
    """What one `run` did."""

    collected: Collected
    estimated: Estimated
    planned: Planned
    delivered: Delivered

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do or to look at."""
        return self.collected.complete and self.delivered.complete


class Engine(ByDay):
    """An organisation's store with everything its configuration names. Make one with `from_config`.

    A context manager: it closes the store. The verbs that change something run one at a time for a
    store, over all processes; a second raises `StoreError` (``busy``).
    """

    def collect(self, now: datetime, *, progress: Progress | None = None) -> Collected:
        """Reads directories, then sources, from where each was; page by page.

        One that fails is named in the answer, and the rest goes on. ``now`` is aware.
        """

        def work() -> Collected:
            broken = self.adapters.broken_in
            done = Collected(
                tuple(DirectoryCollected(n, problem=p) for n, p in broken("directory").items()),
                tuple(SourceCollected(n, problem=p) for n, p in broken("source").items()),
            )
            for name, directory in self.adapters.directories.items():
                watch = Stopwatch()
                one = collecting.collect_directory(
                    name, directory, self.store, identify=self.identify, now=now
                )
                done = evolve(done, directories=(*done.directories, one))
                _log_read("directory", one, watch)
            for name, source in self.adapters.sources.items():
                watch = Stopwatch()
                read = collecting.collect_source(
                    name,
                    source,
                    self.store,
                    rules=self.rules,
                    identify=self.identify,
                    now=now,
                    progress=progress,
                )
                done = evolve(done, sources=(*done.sources, read))
                _log_read("source", read, watch)
                self._tell("leercultuur_collected", source=name, counts=read.counts)
            return done

        return self._noted("collect", now, work)

    def push(self, name: str, pages: Iterator[Page], now: datetime) -> Collected:
        """Takes in activities that another program hands over, such as pages of
        `leercultuur_core.run.sources.read_activities`; ``name`` says whose they are, for `status`.

        Pages before one that raises are in; handing over the same again does no harm.
        """

        def work() -> Collected:
            watch = Stopwatch()
            read = collecting.take_in(
                name, pages, self.store, rules=self.rules, identify=self.identify, now=now
            )
            _log_read("source", read, watch)
            self._tell("leercultuur_collected", source=name, counts=read.counts)
            return Collected(sources=(read,))

        return self._noted("push", now, work)

    def estimate(self, at: datetime) -> Estimated:
        """Estimates the phase of everybody of whom that may be, at the start of the UTC day of
        ``at``, and keeps it. Of others what was kept is taken out."""

        def work() -> Estimated:
            return self._estimated(at)[1]

        return self._noted("estimate", at, work)

    def plan(self, now: datetime) -> Planned:
        """Puts what each person gets in the outbox, and says why the others get none: at most one
        prompt about a unit they act for and one of their own, with what is believed now frozen in
        it. Before that it makes the releases of this quarter, where there are none yet.

        Makes and keeps the estimates of this day anew, so that a prompt rests on what is in the
        store and on what people say now."""

        return self._planned(now, self._estimated)

    def _planned(
        self, now: datetime, estimated: Callable[[datetime], tuple[Rights, Estimated]]
    ) -> Planned:
        def work() -> Planned:
            rights, believed = estimated(now)
            with self.store.transaction() as tx:
                releasing.release(tx, rights, believed.estimates, now=now)
                reach.freeze(tx, rights, sinks=self.adapters.sinks, now=now)
                effect.enrol(tx, rights, believed.estimates, sinks=self.adapters.sinks, now=now)
            with self.store.reading() as tx:
                prompts, planned = self._planner(tx, now, rights, believed.estimates).plan()
            with self.store.transaction() as tx:
                tx.delivery.add(prompts)
            return planned

        return self._noted("plan", now, work)

    def deliver(self, now: datetime, *, clock: Callable[[], datetime] | None = None) -> Delivered:
        """Sends what may go at ``now``. ``clock`` gives the moments that receipts are noted with
        (``now`` for all of them when ``None``).

        Where the store is in PostgreSQL several may do so at once: each sends what no other has
        taken."""

        def work(turn: Turn) -> Delivered:
            done = delivering.deliver(
                self.store,
                self.adapters.sinks,
                rights=self._rights,
                working=self.working,
                now=now,
                clock=clock or (lambda: now),
                delivered=self._delivered,
                links=self.answer_links,
                turn=turn,
            )
            noted: dict[str, str] = {}
            if turn.last():
                noted = recording.record(
                    self.store,
                    self.adapters.recorders,
                    working=self.working,
                    now=now,
                    links=self.answer_links,
                )
            broken = self.adapters.broken_in("sink")
            done = evolve(done, problems={**broken, **done.problems, **noted})
            for sink in done.problems:
                event("deliver", "sink", {"sink": sink, "outcome": "failed"}, level=logging.WARNING)
            return done

        with self._alone(share=True) as turn:
            return self._noted("deliver", now, lambda: work(turn))

    def run(
        self,
        now: datetime,
        *,
        progress: Progress | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> Ran:
        """Everything in order: `collect`, `estimate`, `plan`, `deliver`, `tidy`.

        The plan rests on the estimates that were just made, unless somebody said something in
        between that counts for them."""
        with self._alone():
            collected = self.collect(now, progress=progress)
            made: list[tuple[Rights, Estimated]] = []

            def estimate() -> Estimated:
                made.append(self._estimated(now))
                return made[-1][1]

            def estimated_just_now(at: datetime) -> tuple[Rights, Estimated]:
                with self.store.reading() as tx:
                    rights = self._rights(tx, at)
                return made[-1] if made[-1][0] == rights else self._estimated(at)

            ran = Ran(
                collected,
                self._noted("estimate", now, estimate),
                self._planned(now, estimated_just_now),
                self.deliver(now, clock=clock),
            )
            self.tidy(now)
        return ran

    def tidy(self, now: datetime) -> dict[str, int]:
        """Retention: lets go of what the configuration keeps no longer; table → rows gone."""
        retention = self.configuration.retention
        today = utc_day(now)
        with self._alone():
            self._erase_asked(now)
            with self.store.transaction() as tx:
                gone = tx.privacy.keep_until(
                    payload_from=today - round(retention.payload_months * _MONTH),
                    ledger_from=today - round(retention.ledger_months * _MONTH),
                    rejects_from=now - REJECTS_KEPT,
                    at=now,
                    also=lambda uuid: persons.forget_in_plugins(self.plugins, tx, uuid, now),
                )
        event("tidy", "tidy", gone)
        return gone

    # -- how a verb is done ---------------------------------------------------------------------

    def _erase_asked(self, now: datetime) -> None:
        """Who asked to be erased while another run was at work, before anything is read."""
        forgetting.forget_asked(self.store, lambda person: self._forgotten(person, now))

    def _estimated(self, at: datetime) -> tuple[Rights, Estimated]:
        """Estimates from a snapshot, so that nobody waits for it, then keeps them."""
        with self.store.reading() as tx:
            rights = self._rights(tx, at)
            estimates = estimating.believe(tx, rights, at=at, parameters=self.parameters)
        with self.store.transaction() as tx:
            rights = self._rights(tx, at)
            return rights, estimating.keep(tx, rights, estimates, at=at)

    def _noted(self, verb: str, now: datetime, work: Callable[[], _Done]) -> _Done:
        """Does ``work`` alone, with its begin and end in the store: a run without an end was
        killed."""
        with self._alone():
            if verb != "deliver":  # which others may be at as well
                self._erase_asked(now)
            with self.store.transaction() as tx:
                number = tx.results.start_run(verb, at=now)
            watch = Stopwatch()
            try:
                done = work()
            except Exception as error:
                failed: dict[str, Value] = {
                    "outcome": "failed",
                    "error": type(error).__name__,
                    "seconds": watch.seconds,
                }
                event(verb, verb, failed, level=logging.ERROR)
                raise
            counts = dict(done.counts)
            complete = isinstance(done, Estimated | Planned) or done.complete
            with self.store.transaction() as tx:
                tx.results.end_run(
                    number, outcome="done" if complete else "part", counts=counts, at=now
                )
            outcome = "done" if complete else "part"
            event(verb, verb, {"outcome": outcome, **counts, "seconds": watch.seconds})
        return done

    def _delivered(self, sink: str, counts: dict[str, int]) -> None:
        event("deliver", "sink", {"sink": sink, **counts})
        self._tell("leercultuur_delivered", sink=sink, counts=counts)


def _log_read(what: str, read: DirectoryCollected | SourceCollected, watch: Stopwatch) -> None:
    """Logs what a directory or source brought, and of a source how many records are kept aside."""
    counts = {name: count for name, count in asdict(read).items() if isinstance(count, int)}
    fields: dict[str, Value] = {
        what: read.name,
        "outcome": "failed" if read.problem else "done",
        **counts,
        "seconds": watch.seconds,
    }
    event("collect", what, fields, level=logging.WARNING if read.problem else logging.INFO)
    if isinstance(read, SourceCollected) and read.rejected:
        rejects: dict[str, Value] = {what: read.name, "kept": read.rejected}
        event("collect", "rejects", rejects, level=logging.WARNING)
