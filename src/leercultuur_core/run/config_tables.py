"""What ``leercultuur.toml`` holds, as values: a class for each table, and `Configuration` for the whole.

How the file is read, and what it must not say, is in `leercultuur_core.run.config`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from attrs import Factory, field, frozen

from ..advice.care import CareRules
from ..advice.networks import Contact
from ..advice.preconditions import FRESH_MONTHS
from ..extension import Adapter, Secret, structure
from ..maturity.vocabulary import Role


@frozen
class GoLive:
    """The yes of the works council or staff meeting, without which nobody's phase is estimated."""

    date: dt.date
    reference: str
    scope: str
    expires: dt.date | None = None

    def holds_on(self, day: dt.date) -> bool:
        """Whether the yes has begun and not run out."""
        return self.date <= day and (self.expires is None or day < self.expires)


@frozen
class Organisation:
    """Who this store belongs to. One organisation is one store, one key, one configuration."""

    name: str
    identity_key: Secret
    time_zone: str = "Europe/Amsterdam"
    language: Literal["nl", "en"] = "nl"
    country: str = "NL"
    region: str | None = None
    go_live: GoLive | None = None

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The identity keys, the one in use first; older ones keep what they named together."""
        return tuple(line.encode() for line in self.identity_key.reveal().split())


@frozen
class Privacy:
    """What may be done with whose data. Purposes and their bases: `docs/privacy.md`.

    ``invitation``: whether everybody in the directory gets the general invitation, once, as long as
    there is no yes on record.
    """

    minimum_group: int = 10
    invitation: Literal["opt-out", "off"] = "off"
    own_prompts: Literal["opt-in", "opt-out"] = "opt-in"
    group_releases: Literal["opt-out", "off"] = "opt-out"


@frozen
class Students:
    """Why phases of vocational students may be estimated, where that is allowed at all."""

    purpose: str
    memo: str


@frozen
class Retention:
    """How long what is kept, in months."""

    payload_months: int = 13
    ledger_months: int = 24


@frozen
class Model:
    """Which data the estimates and suggestions are made with; shipped data when left out."""

    estimator: str = "hmm"
    parameters: Path | None = None
    rules: tuple[Path, ...] = ()
    catalogue: Path | None = None
    students: Students | None = None
    memo: str | None = None


@frozen
class Roles:
    """Who acts for what, where the organisation names them itself: identifiers, mail addresses or
    names of people in a directory, as `leercultuur person` takes them.

    ``hr``, ``director`` and ``education_contact`` hold that role in the place of whom the
    directories give it to, and so does ``works_council``; ``manager`` is for people without a manager of
    their own.
    """

    manager: tuple[str, ...] = ()
    hr: tuple[str, ...] = ()
    director: tuple[str, ...] = ()
    works_council: tuple[str, ...] = ()
    education_contact: tuple[str, ...] = ()

    @property
    def named(self) -> Mapping[Role, tuple[str, ...]]:
        """The roles for which somebody is named."""
        every: Mapping[Role, tuple[str, ...]] = {
            "manager": self.manager,
            "hr": self.hr,
            "director": self.director,
            "works_council": self.works_council,
            "education_contact": self.education_contact,
        }
        return {role: names for role, names in every.items() if names}


@frozen
class Preconditions:
    """How long an answer to the questionnaire counts, in months."""

    fresh_months: int = FRESH_MONTHS


@frozen
class Answers:
    """Where people answer by the links in a message.

    url
        The address of the pages; a link is this, a slash and a token.
    key
        What links are signed with: keys of 32 characters or more, one a line, the one in use first.
        The others are still read; a key that is taken out makes its links worthless.
    valid_days
        How long an answer may be given by a link. Judgement: by then the same step may come again.
    """

    url: str
    key: Secret = field(repr=False)
    valid_days: int = 60

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The keys, the one in use first."""
        return tuple(line.encode() for line in self.key.reveal().split())


@frozen
class Configured:
    """An adapter that the configuration switches on: its own name, kind, and settings as given.

    ``record``: a sink that brings nobody anything, and is told what others brought.
    """

    name: str
    kind: str
    settings: Mapping[str, Any] = field(factory=dict, repr=False)
    place: str = ""
    record: bool = False


@frozen
class Configuration:
    """Everything in ``leercultuur.toml``. Adapters' settings are structured by `adapter`.

    ``store`` is the path of a file or an address; a `Secret` where it is not written out, since an
    address may hold a password.
    ``plugins`` switches on plugins that have no adapter, such as observers and rules; a table with the
    name of one of these is in ``plugin_settings`` as it was given (`plugin_settings.read_tables`).
    """

    organisation: Organisation
    store: str | Secret = "leercultuur.db"
    plugins: tuple[str, ...] = ()
    care: CareRules = Factory(CareRules)
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    model: Model = Model()
    roles: Roles = Roles()
    contacts: tuple[Contact, ...] = ()
    preconditions: Preconditions = Preconditions()
    answers: Answers | None = None
    sources: tuple[Configured, ...] = ()
    directories: tuple[Configured, ...] = ()
    sinks: tuple[Configured, ...] = ()
    issuers: tuple[Configured, ...] = ()
    plugin_settings: Mapping[str, Mapping[str, Any]] = field(factory=dict, repr=False)
    base: Path = Factory(Path)

    @property
    def adapters(self) -> tuple[Configured, ...]:
        """All adapters that are switched on."""
        return (*self.sources, *self.directories, *self.sinks, *self.issuers)

    @property
    def store_url(self) -> str:
        """Where the store is; a path is relative to the configuration's folder. It may hold a
        password: for opening it, never for a message."""
        store = self.store.reveal() if isinstance(self.store, Secret) else self.store
        if "://" in store:
            return store
        return f"sqlite:///{(self.base / store).resolve()}"

    def adapter(
        self, entry: Configured, cls: type[Adapter], environ: Mapping[str, str] | None = None
    ) -> Adapter:
        """The adapter ``cls`` with the settings of ``entry``, structured by its own class."""
        settings = structure(
            cls.settings, entry.settings, place=entry.place, base=self.base, environ=environ
        )
        return cls(settings)


__all__ = [
    "Answers",
    "Configuration",
    "Configured",
    "GoLive",
    "Model",
    "Organisation",
    "Preconditions",
    "Privacy",
    "Retention",
    "Roles",
    "Students",
]
