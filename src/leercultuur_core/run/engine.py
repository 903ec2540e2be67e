"""The engine: what an organisation runs each night, and what a program may ask of it by day.

Every verb takes the moment as an argument and may be stopped anywhere: what was committed stays,
and the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import get_ident
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from attrs import evolve, frozen

from ..activity.activity import utc_day
from ..activity.evidence import EvidenceRules, default_rules, read_rules
from ..errors import ConfigError, Problem
from ..extension import Page, Plugins
from ..maturity import MaturityModel, maturity_model
from ..phases import Estimate, Estimates, Parameters, default_parameters, read_parameters
from ..storage import Answer, AuditEntry, Identifier, Store, Transaction
from . import collecting, delivering, estimating, persons, planning, releasing
from .builtin import Adapters, make_all, switched_on
from .care import Working
from .collecting import Collected, DirectoryCollected, Progress, SourceCollected
from .config import FILE_NAME, Configuration, read_configuration
from .delivering import Delivered
from .estimating import Estimated
from .lock import alone
from .planning import Planned
from .rights import Rights
from .status import Status, Why, read_status

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
                one = collecting.collect_directory(
                    name, directory, self.store, identify=self.identify, now=now
                )
                done = evolve(done, directories=(*done.directories, one))
            for name, source in self.adapters.sources.items():
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
                self._tell("leercultuur_collected", source=name, counts=read.counts)
            return done

        return self._noted("collect", now, work)

    def push(self, name: str, pages: Iterator[Page], now: datetime) -> Collected:
        """Takes in activities that another program hands over, such as pages of
        `leercultuur_core.run.sources.read_activities`; ``name`` says whose they are, for `status`.

        Pages before one that raises are in; handing over the same again does no harm.
        """

        def work() -> Collected:
            read = collecting.take_in(
                name, pages, self.store, rules=self.rules, identify=self.identify, now=now
            )
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
        """Puts at most one prompt for each person in the outbox, and says why the others get none:
        one about a unit they act for goes first, else their own, with what is believed now frozen
        in it. Before that it makes the releases of this quarter, where there are none yet.

        Makes and keeps the estimates of this day anew, so that a prompt rests on what is in the
        store and on what people say now."""

        def work() -> Planned:
            rights, estimated = self._estimated(now)
            with self.store.transaction() as tx:
                releasing.release(tx, rights, estimated.estimates, now=now)
            with self.store.reading() as tx:
                prompts, planned = self._planner(tx, now, rights, estimated.estimates).plan()
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
                delivered=lambda sink, counts: self._tell(
                    "leercultuur_delivered", sink=sink, counts=counts
                ),
            )
            return evolve(done, problems={**self.adapters.broken_in("sink"), **done.problems})

        return self._noted("deliver", now, work)

    def run(
        self,
        now: datetime,
        *,
        progress: Progress | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> Ran:
        """Everything in order: `collect`, `estimate`, `plan`, `deliver`, `tidy`."""
        with self._alone():
            ran = Ran(
                self.collect(now, progress=progress),
                self.estimate(now),
                self.plan(now),
                self.deliver(now, clock=clock),
            )
            self.tidy(now)
        return ran

    def tidy(self, now: datetime) -> dict[str, int]:
        """Retention: lets go of what the configuration keeps no longer; table → rows gone."""
        retention = self.configuration.retention
        today = utc_day(now)
        with self._alone(), self.store.transaction() as tx:
            return tx.privacy.keep_until(
                payload_from=today - round(retention.payload_months * _MONTH),
                ledger_from=today - round(retention.ledger_months * _MONTH),
                rejects_from=now - REJECTS_KEPT,
                at=now,
            )

    # -- what is asked by day -------------------------------------------------------------------

    def answer(self, prompt_id: str, answer: Answer, now: datetime) -> bool:
        """Keeps what a recipient answered; ``False`` where there is no such prompt."""
        with self.store.transaction() as tx:
            return tx.delivery.answer(prompt_id, answer, at=now)

    def status(self, now: datetime) -> Status:
        """How things stand: the last runs, sources, the outbox, and what is left to do."""
        with self.store.reading() as tx:
            return read_status(tx, self.configuration, self.adapters, now)

    def releases(self, now: datetime) -> tuple[releasing.UnitRelease, ...]:
        """What is shown of each unit now, and of the others why not."""
        with self.store.reading() as tx:
            return releasing.shown(tx, self._rights(tx, now))

    def why(
        self, person: str, now: datetime, *, by: str, language: Literal["nl", "en"] = "nl"
    ) -> Why:
        """Why nothing was sent to ``person`` (a uuid), or what was. Noted in the audit as read
        ``by``. Raises `KeyError` where there is no such person."""
        with self.store.reading() as tx:
            rights = self._rights(tx, now)
            estimates = estimating.believe(tx, rights, at=now, parameters=self.parameters)
            answer = self._planner(tx, now, rights, estimates).why(person, language)
        self._note(person, "why", by, now)
        return answer

    def believed(self, person: str, at: datetime, *, by: str) -> Estimate | None:
        """What is believed of one person (uuid) at ``at``, with reasons and story; ``None`` where
        nothing was seen or it may not be estimated. Noted in the audit as read ``by``."""
        self._note(person, "history", by, at)
        with self.store.reading() as tx:
            rights = self._rights(tx, at)
            estimates = estimating.believe(tx, rights, at=at, parameters=self.parameters)
        return estimates.get(person)

    def find(self, who: str, now: datetime) -> tuple[str, ...]:
        """The uuids of whom ``who`` may be: a uuid, an identifier, a mail address, a name."""
        with self.store.reading() as tx:
            return persons.find(tx, who, self.identify, now)

    def export(self, person: str, now: datetime, *, by: str) -> dict[str, Any]:
        """Everything held of a person (uuid); empty where there is no such person. Noted."""
        self._note(person, "export", by, now)
        with self.store.reading() as tx:
            return tx.privacy.export(person)

    def erase(
        self, person: str, now: datetime, *, known_as: tuple[str, ...] = ()
    ) -> dict[str, int]:
        """Forgets a person (uuid) and keeps them from coming back; table → rows gone."""
        with self._alone():
            return self.store.erase_person(person, at=now, strings=known_as)

    def consent(
        self, person: str, purpose: str, given: bool, now: datetime, *, by: str = "self"
    ) -> bool:
        """Notes a yes or no; ``False`` where there is no such person. A no takes effect at once:
        what waits for them is withdrawn. Raises `ValueError` for another purpose."""
        with self.store.transaction() as tx:
            return persons.consent(tx, person, purpose, given, by=by, now=now)

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
        self, tx: Transaction, now: datetime, rights: Rights, estimates: Estimates
    ) -> planning.Planner:
        return planning.Planner(
            tx,
            rights,
            estimates,
            model=self.model,
            sinks=self.adapters.sinks,
            working=self.working,
            now=now,
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
            done = work()
            counts = dict(done.counts)
            complete = isinstance(done, Estimated | Planned) or done.complete
            with self.store.transaction() as tx:
                tx.results.end_run(
                    number, outcome="done" if complete else "part", counts=counts, at=now
                )
        return done

    def _tell(self, hook: str, **arguments: Any) -> None:
        """Calls an observer's hook after the commit; what it raises is kept in `Plugins.broken`."""
        for _ in self.plugins.call(hook, **arguments):
            pass

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


def _rules(configuration: Configuration, plugins: Plugins) -> EvidenceRules:
    """The shipped rules, those of the plugins that are on, then the organisation's own."""
    rules = default_rules()
    for more in plugins.evidence_rules():
        rules += more
    for path in configuration.model.rules:
        rules += read_rules(path)
    return rules
