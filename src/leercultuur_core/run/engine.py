"""The engine: what an organisation runs each night, and what a program may ask of it by day.

Every verb takes the moment as an argument and may be stopped anywhere: what was committed stays,
and the next run goes on from there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import get_ident
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from attrs import asdict, evolve, frozen
from sqlalchemy import Connection

from ..activity.activity import utc_day
from ..activity.evidence import EvidenceRules, default_rules, read_rules
from ..errors import ConfigError, Problem
from ..extension import Page, Plugins
from ..maturity import MaturityModel, maturity_model
from ..phases import Estimate, Estimates, Parameters, default_parameters, read_parameters
from ..storage import Answer, AuditEntry, Identifier, Store, Transaction
from . import (
    collecting,
    delivering,
    effect,
    estimating,
    links,
    naming,
    persons,
    planning,
    preconditions,
    questionnaire,
    recording,
    releasing,
    voting,
)
from .builtin import Adapters, make_all, switched_on
from .care import Working
from .channels import channel_of
from .collecting import Collected, DirectoryCollected, Progress, SourceCollected
from .config import FILE_NAME, Configuration, read_configuration
from .delivering import Delivered
from .estimating import Estimated
from .links import Link, LinkRefused, Links
from .lock import alone
from .logs import Stopwatch, Value, event
from .planning import Planned
from .preconditions import UnitPreconditions
from .questionnaire import Imported
from .rights import Rights
from .status import Status, Why, read_status

REJECTS_KEPT = timedelta(days=30)
"""How long what could not be read is kept; it is raw and may hold anything."""

NOT_TAKEN_BACK = "not_taken_back"
"""Stands among the tables of an erase for messages that stay where a sink put them."""

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


class Engine:
    """An organisation's store with everything its configuration names. Make one with `from_config`.

    A context manager: it closes the store. The verbs that change something run one at a time for a
    store, over all processes; a second raises `StoreError` (``busy``).
    """

    def __init__(
        self,
        configuration: Configuration,
        store: Store,
        *,
        plugins: Plugins,
        adapters: Adapters,
    ) -> None:
        """Raises `ConfigError` where data that the configuration names cannot be used."""
        self.configuration = configuration
        self.store = store
        self.plugins = plugins
        self.adapters = adapters
        self.identify = Identifier(configuration.organisation.keys)
        self.rules = _rules(configuration, plugins)
        self.working = Working.of(configuration)
        self.answer_links = Links.of(configuration.answers)
        self._at_work: int | None = None  # the thread that holds the lock
        self._parameters: Parameters | None = None
        self._model: MaturityModel | None = None

    @classmethod
    def from_config(
        cls,
        path: str | Path = FILE_NAME,
        environ: Mapping[str, str] | None = None,
        *,
        create: bool = False,
        upgrade: bool = False,
    ) -> Engine:
        """The engine of the configuration in ``path``.

        ``environ`` is where secrets are looked up (the process's own when ``None``); ``create``
        makes the store where there is none, ``upgrade`` brings an older one up to date. Raises
        `ConfigError` with every problem, `StoreError` where the store cannot be used. An adapter
        whose plugin is missing or broken is among ``adapters.broken``; the others go on.
        """
        configuration = read_configuration(path, environ)
        if configuration.model.estimator != "hmm":
            found = f'"{configuration.model.estimator}"'
            raise ConfigError(str(path), [Problem("model.estimator", '"hmm"', found)])
        plugins = switched_on(configuration)
        adapters = make_all(configuration, plugins, environ)
        store = Store.open(configuration.store_url, create=create, upgrade=upgrade)
        try:
            return cls(configuration, store, plugins=plugins, adapters=adapters)
        except BaseException:
            store.close()
            raise

    @contextmanager
    def database(self, *, write: bool = False) -> Iterator[Connection]:
        """The store's database, for tables of a plugin: a SQLAlchemy connection in a transaction of
        its own, kept when the ``with`` block ends and undone where it raises. Without ``write`` it is
        a snapshot to read from.

        A plugin's tables begin with its name and ``_`` and have versions of their own; whoever has
        them must have the hooks `leercultuur_personal_data` and `leercultuur_erase_person`. Raises
        `StoreError` as the store does.
        """
        with self.store.transaction() if write else self.store.reading() as tx:
            yield tx.connection

    @property
    def parameters(self) -> Parameters:
        """The parameters of the phase model: the configuration's own, or the shipped ones."""
        if self._parameters is None:
            path = self.configuration.model.parameters
            self._parameters = read_parameters(path) if path else default_parameters()
        return self._parameters

    @property
    def model(self) -> MaturityModel:
        """The catalogue, with what plugins add."""
        if self._model is None:
            model = maturity_model(self.configuration.model.catalogue)
            for _, more in self.plugins.call("leercultuur_catalogues"):
                model = model.extended(more)
            self._model = model
        return self._model

    # -- the verbs of the night -----------------------------------------------------------------

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
                effect.enrol(tx, rights, believed.estimates, sinks=self.adapters.sinks, now=now)
            with self.store.reading() as tx:
                prompts, planned = self._planner(tx, now, rights, believed.estimates).plan()
            with self.store.transaction() as tx:
                tx.delivery.add(prompts)
            return planned

        return self._noted("plan", now, work)

    def deliver(self, now: datetime, *, clock: Callable[[], datetime] | None = None) -> Delivered:
        """Sends what may go at ``now``. ``clock`` gives the moments that receipts are noted with
        (``now`` for all of them when ``None``)."""

        def work() -> Delivered:
            done = delivering.deliver(
                self.store,
                self.adapters.sinks,
                rights=self._rights,
                working=self.working,
                now=now,
                clock=clock or (lambda: now),
                delivered=self._delivered,
                links=self.answer_links,
            )
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

        return self._noted("deliver", now, work)

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
        with self._alone(), self.store.transaction() as tx:
            gone = tx.privacy.keep_until(
                payload_from=today - round(retention.payload_months * _MONTH),
                ledger_from=today - round(retention.ledger_months * _MONTH),
                rejects_from=now - REJECTS_KEPT,
                at=now,
                also=lambda uuid: persons.forget_in_plugins(self.plugins, tx, uuid, now),
            )
        event("tidy", "tidy", gone)
        return gone

    # -- what is asked by day -------------------------------------------------------------------

    def answer(self, prompt_id: str, answer: Answer, now: datetime) -> bool:
        """Keeps what a recipient answered; ``False`` where there is no such prompt."""
        with self.store.transaction() as tx:
            return tx.delivery.answer(prompt_id, answer, at=now)

    def read_link(self, token: str, now: datetime) -> Link | LinkRefused:
        """What a link in a message would do: for the page that opens on a GET. Changes nothing."""
        with self.store.reading() as tx:
            return links.read(tx, self.answer_links, token, now)

    def use_link(self, token: str, now: datetime) -> Link | LinkRefused:
        """Does what a link in a message does, once: for the POST of that page, or a mail program's
        one-click unsubscribe (RFC 8058). Gives what was done."""
        with self.store.transaction() as tx:
            return links.use(tx, self.answer_links, token, now)

    def status(self, now: datetime) -> Status:
        """How things stand: the last runs, sources, the outbox, and what is left to do."""
        with self.store.reading() as tx:
            return read_status(tx, self.configuration, self.adapters, now)

    def releases(self, now: datetime) -> tuple[releasing.UnitRelease, ...]:
        """What is shown of each unit now, and of the others why not."""
        with self.store.reading() as tx:
            return releasing.shown(tx, self._rights(tx, now))

    # -- preconditions and involvement ----------------------------------------------------------

    def preconditions(self, now: datetime) -> tuple[UnitPreconditions, ...]:
        """What is shown of the preconditions of each unit, what they hold back, what mends them."""
        with self.store.reading() as tx:
            return preconditions.overview(tx, self._rights(tx, now), self.model)

    def answer_item(self, person: str, item: str, value: int, now: datetime) -> bool:
        """Keeps what a person (uuid) answered to an item of the questionnaire, 1 to 5; what waits
        for them and does not fit it any more is withdrawn. ``False`` where there is no such person,
        or they gave a later answer. Raises `ValueError` for another item or value."""
        with self.store.transaction() as tx:
            rights = self._rights(tx, now)
            kept = preconditions.answer(tx, self.model, person, item, value, on=rights.day)
            if kept:
                preconditions.withdraw(tx, rights, self.model, now=now, only={person})
        return kept

    def import_answers(self, text: str, now: datetime, *, place: str = "answers.csv") -> Imported:
        """Keeps the answers in the text of a filled-in form (`questionnaire.form`), as `answer_item`
        does; what of it could not be used is in the answer. Raises `ConfigError` where it is no such
        form at all."""
        with self.store.transaction() as tx:
            done = questionnaire.take_in(
                tx, self.configuration, self.model, text, place=place, now=now
            )
            rights = self._rights(tx, now)
            preconditions.withdraw(tx, rights, self.model, now=now, only=done.people)
        return done

    def release_preconditions(self, now: datetime) -> int:
        """Freezes what people answered as the releases of this quarter, and withdraws what waits and
        is held back by them; gives of how many units something new is shown."""
        with self.store.transaction() as tx:
            rights = self._rights(tx, now)
            units = preconditions.release(tx, rights, self.model, now=now)
            preconditions.withdraw(tx, rights, self.model, now=now)
        return units

    def open_vote(self, unit: str, options: Sequence[str], now: datetime) -> voting.Vote:
        """Asks a unit which of three actions comes first; without ``options`` those that fit it best,
        by what is shown of it. Raises `ConfigError` with all that is in the way."""
        with self.store.transaction() as tx:
            rights = self._rights(tx, now)
            options = options or preconditions.proposed(tx, rights, self.model, unit)
            return voting.open_round(tx, rights, self.model, unit, options, now=now)

    def vote(self, person: str, choice: str, now: datetime) -> voting.Vote:
        """Keeps the vote of a person (uuid) in the open round of their unit; until that closes they
        may change it. Raises `ConfigError` where that cannot be."""
        with self.store.transaction() as tx:
            return voting.cast(tx, self._rights(tx, now), person, choice, now=now)

    def close_vote(self, unit: str, now: datetime) -> voting.Vote:
        """Closes a unit's round and lets go of who voted what. Raises `ConfigError` where none is
        open."""
        with self.store.transaction() as tx:
            return voting.close_round(tx, self._rights(tx, now), unit, now=now)

    def votes(self) -> tuple[voting.Vote, ...]:
        """Every round, oldest first, with what may be told of it."""
        with self.store.reading() as tx:
            return voting.votes(tx)

    # -- a study of whether messages help -------------------------------------------------------

    def write_study(
        self,
        now: datetime,
        *,
        seed: str | None = None,
        weeks: int | None = None,
        enrol_weeks: int | None = None,
    ) -> effect.Study:
        """Writes down the plan of a study for whoever opted in to ``effect``; until somebody is drawn
        it may be written anew. Raises `ConfigError` where a study runs, or a number is out of
        bounds."""
        with self.store.transaction() as tx:
            return effect.write(
                tx,
                self._rights(tx, now),
                now=now,
                seed=seed,
                weeks=weeks,
                enrol_weeks=enrol_weeks,
            )

    def studies(self) -> tuple[effect.Study, ...]:
        """Every study as it stands, oldest first."""
        with self.store.reading() as tx:
            return effect.studies(tx)

    def judge_study(self, now: datetime) -> effect.Study | None:
        """The last study; where it is due its figures are made now, once. ``None`` where no plan was
        ever written. Raises `ModuleNotFoundError` without SciPy (the extra ``plan``)."""
        with self.store.transaction() as tx:
            return effect.judge(tx, self._rights(tx, now), now=now)

    # -- one person -----------------------------------------------------------------------------

    def why(
        self, person: str, now: datetime, *, by: str, language: Literal["nl", "en"] = "nl"
    ) -> Why:
        """Why nothing was sent to ``person`` (a uuid), or what was. Noted in the audit as read
        ``by``. Raises `KeyError` where there is no such person."""
        with self.store.reading() as tx:
            rights = self._rights(tx, now)
            estimates = estimating.believe(
                tx, rights, at=now, parameters=self.parameters, only={person}
            )
            planner = self._planner(tx, now, rights, estimates, only={person})
            answer = planner.why(person, language)
        self._note(person, "why", by, now)
        return answer

    def believed(self, person: str, at: datetime, *, by: str) -> Estimate | None:
        """What is believed of one person (uuid) at ``at``, with reasons and story; ``None`` where
        nothing was seen or it may not be estimated. Noted in the audit as read ``by``."""
        self._note(person, "history", by, at)
        with self.store.reading() as tx:
            rights = self._rights(tx, at)
            estimates = estimating.believe(
                tx, rights, at=at, parameters=self.parameters, only={person}
            )
        return estimates.get(person)

    def find(self, who: str, now: datetime) -> tuple[str, ...]:
        """The uuids of whom ``who`` may be: a uuid, an identifier, a mail address, a name."""
        with self.store.reading() as tx:
            return naming.find(tx, who, self.identify, now)

    def export(self, person: str, now: datetime, *, by: str) -> dict[str, Any]:
        """Everything held of a person (uuid), of plugins under ``plugins``; empty where there is no
        such person. Noted. Raises `PluginError` where a plugin cannot say what it keeps."""
        self._note(person, "export", by, now)
        with self.store.reading() as tx:
            found = tx.privacy.export(person)
            kept = persons.kept_by_plugins(self.plugins, tx, person) if found else {}
        return {**found, "plugins": kept} if kept else found

    def erase(
        self, person: str, now: datetime, *, known_as: tuple[str, ...] = ()
    ) -> dict[str, int]:
        """Forgets a person (uuid) and keeps them from coming back; table → rows gone.

        What stands in their calendar is taken out first. Under `NOT_TAKEN_BACK` is how many messages
        could not be: nothing here knows of these any more. Raises `PluginError`, and forgets nothing,
        where a plugin that keeps data of people is not switched on or fails.
        """
        with self._alone():
            with self.store.reading() as tx:
                persons.check_plugins(self.plugins, tx)
            taken = delivering.forgotten(
                self.store,
                self.adapters.sinks,
                person,
                working=self.working,
                now=now,
                clock=lambda: now,
            )
            for sink in taken.problems:
                event("erase", "sink", {"sink": sink, "outcome": "failed"}, level=logging.WARNING)
            with self.store.transaction() as tx:
                counts = tx.privacy.erase(
                    person,
                    at=now,
                    strings=known_as,
                    also=lambda uuid: persons.forget_in_plugins(self.plugins, tx, uuid, now),
                )
            self.store.scrub()
        return {**counts, NOT_TAKEN_BACK: taken.left} if taken.left else counts

    def consent(
        self, person: str, purpose: str, given: bool, now: datetime, *, by: str = "self"
    ) -> bool:
        """Notes a yes or no; ``False`` where there is no such person. A no takes effect at once:
        what waits for them is withdrawn. Raises `ValueError` for another purpose."""
        with self.store.transaction() as tx:
            return persons.consent(tx, person, purpose, given, by=by, now=now)

    def choose_channels(self, person: str, channels: Sequence[str], now: datetime) -> bool:
        """Keeps on which channels a person (uuid) wants messages, the first choice first; none is
        the organisation's order. What waits goes there too. ``False`` where there is no such person.
        Raises `ValueError` for a channel that no sink has."""
        there = {channel_of(name, sink) for name, sink in self.adapters.sinks.items()}
        if strange := [one for one in channels if one not in there]:
            expected = f"one of {', '.join(sorted(there))}" if there else "none, without a [[sink]]"
            raise ValueError(f"channel: expected {expected}; found {', '.join(map(repr, strange))}")
        with self.store.transaction() as tx:
            chosen = tx.people.choose_channels(person, tuple(dict.fromkeys(channels)))
        if chosen:
            self._note(person, "channel", "self", now)
        return chosen

    def link(self, identifier: str, person: str, now: datetime) -> bool:
        """Makes a canonical identifier this person's; ``False`` where that cannot be."""
        with self.store.transaction() as tx:
            return tx.people.link(identifier, person, identify=self.identify, at=now)

    def unlink(self, identifier: str, now: datetime) -> str | None:
        """Makes an identifier that of a person of its own; gives their uuid."""
        with self.store.transaction() as tx:
            return tx.people.unlink(identifier, identify=self.identify, at=now)

    def apply_rules(self, *, dry_run: bool = False) -> Mapping[tuple[str, str], int]:
        """Reads every activity whose payload is kept with today's rules; (kind before, kind after)
        → how many differ. What was sent is not sent again."""
        with ExitStack() as stack:
            if dry_run:
                return stack.enter_context(self.store.reading()).ledger.rederive(
                    self.rules, dry_run=True
                )
            stack.enter_context(self._alone())
            return stack.enter_context(self.store.transaction()).ledger.rederive(self.rules)

    def rebuild(self) -> bool:
        """Makes the ledger anew from what counts; gives whether anything was different."""
        with self._alone(), self.store.transaction() as tx:
            return tx.ledger.recount()

    # -- what they share ------------------------------------------------------------------------

    def _note(self, person: str, what: str, by: str, now: datetime) -> None:
        """Adds to the audit that somebody's data were read."""
        with self.store.transaction() as tx:
            tx.privacy.note(AuditEntry(now, by, what, person))

    def _rights(self, tx: Transaction, at: datetime) -> Rights:
        return Rights.read(tx, self.configuration, at)

    def _estimated(self, at: datetime) -> tuple[Rights, Estimated]:
        """Estimates from a snapshot, so that nobody waits for it, then keeps them."""
        with self.store.reading() as tx:
            rights = self._rights(tx, at)
            estimates = estimating.believe(tx, rights, at=at, parameters=self.parameters)
        with self.store.transaction() as tx:
            rights = self._rights(tx, at)
            return rights, estimating.keep(tx, rights, estimates, at=at)

    def _planner(
        self,
        tx: Transaction,
        now: datetime,
        rights: Rights,
        estimates: Estimates,
        only: Collection[str] | None = None,
    ) -> planning.Planner:
        return planning.Planner(
            tx,
            rights,
            estimates,
            model=self.model,
            sinks=self.adapters.sinks,
            working=self.working,
            now=now,
            only=only,
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other run at the same time, in this process or another."""
        if self._at_work == get_ident():
            yield
            return
        with alone(Path(f"{self.store.name}.lock")):
            self._at_work = get_ident()
            try:
                yield
            finally:
                self._at_work = None

    def _noted(self, verb: str, now: datetime, work: Callable[[], _Done]) -> _Done:
        """Does ``work`` alone, with its begin and end in the store: a run without an end was
        killed."""
        with self._alone():
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

    def _tell(self, hook: str, **arguments: Any) -> None:
        """Calls an observer's hook after the commit; what it raises is kept in `Plugins.broken`."""
        before = set(self.plugins.broken)
        for _ in self.plugins.call(hook, **arguments):
            pass
        for name in sorted(set(self.plugins.broken) - before):
            fields = {"plugin": name, "hook": hook, "outcome": "failed"}
            event("plugins", "plugin", fields, level=logging.WARNING)

    def _delivered(self, sink: str, counts: dict[str, int]) -> None:
        event("deliver", "sink", {"sink": sink, **counts})
        self._tell("leercultuur_delivered", sink=sink, counts=counts)

    def close(self) -> None:
        """Closes the store."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


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


def _rules(configuration: Configuration, plugins: Plugins) -> EvidenceRules:
    """The shipped rules, those of the plugins that are on, then the organisation's own."""
    rules = default_rules()
    for more in plugins.evidence_rules():
        rules += more
    for path in configuration.model.rules:
        rules += read_rules(path)
    return rules
