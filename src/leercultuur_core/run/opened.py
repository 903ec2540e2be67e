"""A store that is open, with everything its configuration names: what the engine's verbs share."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import get_ident
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection

from ..activity.evidence import EvidenceRules, default_rules, read_rules
from ..errors import ConfigError, Problem
from ..extension import Plugins, structure
from ..maturity import MaturityModel, maturity_model
from ..phases import Estimates, Parameters, default_parameters, read_parameters
from ..storage import AuditEntry, Identifier, Store, Transaction, Turn
from . import (
    planning,
)
from .builtin import Adapters, make_all, switched_on
from .care import Working
from .config import FILE_NAME, Configuration, read_configuration
from .links import Links
from .logs import event
from .plugin_settings import read_tables
from .rights import Rights

_T = TypeVar("_T")


class Opened:
    """An organisation's store with everything its configuration names. Make one with `from_config`.

    A context manager: it closes the store.
    """

    def __init__(
        self,
        configuration: Configuration,
        store: Store,
        *,
        plugins: Plugins,
        adapters: Adapters,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """``settings`` are those of plugins by name. Raises `ConfigError` where data that the
        configuration names cannot be used."""
        self.configuration = configuration
        self.store = store
        self.plugins = plugins
        self.adapters = adapters
        self.identify = Identifier(configuration.organisation.keys)
        self.rules = _rules(configuration, plugins)
        self.working = Working.of(configuration)
        self.answer_links = Links.of(configuration.answers)
        self._settings = dict(settings or {})
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
    ) -> Self:
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
        settings = read_tables(configuration, plugins, environ)
        store = Store.open(configuration.store_url, create=create, upgrade=upgrade)
        try:
            return cls(configuration, store, plugins=plugins, adapters=adapters, settings=settings)
        except BaseException:
            store.close()
            raise

    def settings_of(self, plugin: str, kind: type[_T]) -> _T:
        """The settings of a plugin, of its class ``kind`` (`leercultuur_settings`): from the table with
        its name in the configuration; without one all as they are where nothing is said.

        Raises `ConfigError` where there is no table, and one of them has to be said.
        """
        found = self._settings.get(plugin)
        return found if isinstance(found, kind) else structure(kind, {}, place=plugin)

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

    # -- what the verbs share -------------------------------------------------------------------

    def _note(self, person: str, what: str, by: str, now: datetime) -> None:
        """Adds to the audit that somebody's data were read."""
        with self.store.transaction() as tx:
            tx.privacy.note(AuditEntry(now, by, what, person))

    def _tell(self, hook: str, **arguments: Any) -> None:
        """Calls an observer's hook after the commit; what it raises is kept in `Plugins.broken`."""
        before = set(self.plugins.broken)
        for _ in self.plugins.call(hook, **arguments):
            pass
        for name in sorted(set(self.plugins.broken) - before):
            fields = {"plugin": name, "hook": hook, "outcome": "failed"}
            event("plugins", "plugin", fields, level=logging.WARNING)

    def _rights(self, tx: Transaction, at: datetime) -> Rights:
        return Rights.read(tx, self.configuration, at)

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
    def _alone(self, *, share: bool = False) -> Iterator[Turn]:
        """No other run at the same time, in this process or another; with ``share`` none but those
        that share too, where the store can have several."""
        if self._at_work == get_ident():
            yield Turn()
            return
        with self.store.alone(share=share) as turn:
            self._at_work = get_ident()
            try:
                yield turn
            finally:
                self._at_work = None


def _rules(configuration: Configuration, plugins: Plugins) -> EvidenceRules:
    """The shipped rules, those of the plugins that are on, then the organisation's own."""
    rules = default_rules()
    for more in plugins.evidence_rules():
        rules += more
    for path in configuration.model.rules:
        rules += read_rules(path)
    return rules
