"""``leercultuur.toml``: one file per organisation, read strictly, every problem at once."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import Factory, field, frozen

from ..advice.care import CareRules
from ..errors import ConfigError, Problem
from ..extension import Adapter, Secret, structure

FILE_NAME = "leercultuur.toml"


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
    """What may be done with whose data. Purposes and their bases: `docs/privacy.md`."""

    minimum_group: int = 10
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
class Configured:
    """An adapter that the configuration switches on: its own name, kind, and settings as given."""

    name: str
    kind: str
    settings: Mapping[str, Any] = field(factory=dict, repr=False)
    place: str = ""


@frozen
class Configuration:
    """Everything in ``leercultuur.toml``. Adapters' settings are structured by `adapter`.

    ``plugins`` switches on plugins that have no adapter, such as observers and rules.
    """

    organisation: Organisation
    store: str = "leercultuur.db"
    plugins: tuple[str, ...] = ()
    care: CareRules = Factory(CareRules)
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    model: Model = Model()
    sources: tuple[Configured, ...] = ()
    directories: tuple[Configured, ...] = ()
    sinks: tuple[Configured, ...] = ()
    issuers: tuple[Configured, ...] = ()
    base: Path = Factory(Path)

    @property
    def adapters(self) -> tuple[Configured, ...]:
        """All adapters that are switched on."""
        return (*self.sources, *self.directories, *self.sinks, *self.issuers)

    @property
    def store_url(self) -> str:
        """Where the store is; a path is relative to the configuration's folder."""
        if "://" in self.store:
            return self.store
        return f"sqlite:///{(self.base / self.store).resolve()}"

    def adapter(
        self, entry: Configured, cls: type[Adapter], environ: Mapping[str, str] | None = None
    ) -> Adapter:
        """The adapter ``cls`` with the settings of ``entry``, structured by its own class."""
        settings = structure(
            cls.settings, entry.settings, place=entry.place, base=self.base, environ=environ
        )
        return cls(settings)


@frozen
class _Document:
    """The file as it is written; lists of adapters are looked at apart."""

    organisation: Organisation
    store: str = "leercultuur.db"
    plugins: tuple[str, ...] = ()
    care: CareRules = Factory(CareRules)
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    model: Model = Model()
    source: Any = ()
    directory: Any = ()
    sink: Any = ()
    issuer: Any = ()


_LISTS = {"source": "sources", "directory": "directories", "sink": "sinks", "issuer": "issuers"}


def read_configuration(
    path: str | Path = FILE_NAME, environ: Mapping[str, str] | None = None
) -> Configuration:
    """The configuration in ``path``. Raises `ConfigError` with every problem at once.

    The adapters' own settings are looked at by `Configuration.adapter`, when their plugins are on.
    """
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        hint = "make one with: leercultuur init"
        raise ConfigError(
            str(path), [Problem(str(path), "a configuration", "no such file", hint)]
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            str(path), [Problem(str(path), "a readable TOML file", str(error))]
        ) from None
    return parse_configuration(data, path, environ)


def parse_configuration(
    data: Mapping[str, Any], path: Path, environ: Mapping[str, str] | None = None
) -> Configuration:
    """A configuration from ``data`` as TOML gives it, which stood in the file ``path``."""
    problems: list[Problem] = []
    base = path.resolve().parent
    lists = {
        attribute: _entries(key, data.get(key, ()), problems) for key, attribute in _LISTS.items()
    }
    try:
        document = structure(_Document, data, base=base, environ=environ)
    except ConfigError as error:
        raise ConfigError(path.name, [*error.problems, *problems]) from None
    problems += _sense(document)
    if problems:
        raise ConfigError(path.name, problems)
    return Configuration(
        organisation=document.organisation,
        store=document.store,
        plugins=document.plugins,
        care=document.care,
        privacy=document.privacy,
        retention=document.retention,
        model=document.model,
        base=base,
        **lists,
    )


def _entries(key: str, tables: Any, problems: list[Problem]) -> tuple[Configured, ...]:
    if not isinstance(tables, Sequence) or isinstance(tables, str):
        problems.append(Problem(key, f"a list of [[{key}]] tables", "something else"))
        return ()
    entries: list[Configured] = []
    for number, table in enumerate(tables):
        place = f"{key}[{number}]"
        if not isinstance(table, Mapping):
            problems.append(Problem(place, "a table", type(table).__name__))
            continue
        name, kind = table.get("name"), table.get("kind", table.get("name"))
        for what, value in (("name", name), ("kind", kind)):
            if not isinstance(value, str) or not value:
                found = "nothing" if value is None else repr(value)
                problems.append(Problem(f"{place}.{what}", "a text in quotes", found))
        if any(name == other.name for other in entries):
            problems.append(
                Problem(
                    f"{place}.name", "each name once", repr(name), "add a name of its own, and kind"
                )
            )
        settings = {k: v for k, v in table.items() if k not in {"name", "kind"}}
        entries.append(Configured(str(name), str(kind), settings, place))
    return tuple(entries)


def _sense(configuration: _Document) -> list[Problem]:
    """What fits its type and still makes no sense."""
    problems = []
    organisation, care, privacy = (
        configuration.organisation,
        configuration.care,
        configuration.privacy,
    )

    def at_least(place: str, value: int, least: int, why: str = "") -> None:
        if value < least:
            problems.append(Problem(place, f"at least {least}", str(value), why))

    try:
        ZoneInfo(organisation.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(
            Problem(
                "organisation.time_zone",
                "a time zone such as Europe/Amsterdam",
                f'"{organisation.time_zone}"',
            )
        )
    if any(len(key) < 32 for key in organisation.keys):
        problems.append(
            Problem(
                "organisation.identity_key",
                "keys of 32 characters or more",
                "a shorter one",
                "make one with: leercultuur init",
            )
        )
    at_least(
        "privacy.minimum_group", privacy.minimum_group, 5, "smaller groups can be seen through"
    )
    for name in ("at_most_per_week", "open_at_most", "same_again_after_days", "expires_after_days"):
        at_least(f"care.{name}", getattr(care, name), 1)
    at_least("retention.payload_months", configuration.retention.payload_months, 1)
    at_least("retention.ledger_months", configuration.retention.ledger_months, 1)
    if care.quiet.before >= care.quiet.after:
        problems.append(
            Problem(
                "care.quiet",
                "before earlier than after",
                f"{care.quiet.before} and {care.quiet.after}",
            )
        )
    return problems
