"""``leercultuur.toml``: one file per organisation, read strictly, every problem at once.

What comes back are the values of `leercultuur_core.run.config_tables`, which are to be had here too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import Factory, fields, frozen

from ..advice.care import CareRules
from ..advice.networks import Contact
from ..errors import ConfigError, Problem
from ..extension import Secret, structure
from ..maturity.tables import did_you_mean
from .config_tables import (
    Answers,
    Configuration,
    Configured,
    GoLive,
    Model,
    Organisation,
    Preconditions,
    Privacy,
    Retention,
    Roles,
    Students,
)

FILE_NAME = "leercultuur.toml"

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@frozen
class _Document:
    """The file as it is written; lists of adapters are looked at apart."""

    organisation: Organisation
    store: Any = "leercultuur.db"
    plugins: tuple[str, ...] = ()
    care: CareRules = Factory(CareRules)
    privacy: Privacy = Factory(Privacy)
    retention: Retention = Factory(Retention)
    model: Model = Factory(Model)
    roles: Roles = Factory(Roles)
    contact: tuple[Contact, ...] = ()
    preconditions: Preconditions = Factory(Preconditions)
    answers: Answers | None = None
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
    except (OSError, ValueError, RecursionError) as error:
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
    own = _tables_of_plugins(data)
    problems += _unknown(data, own)
    known = {one.name for one in fields(_Document)}
    try:
        document = structure(
            _Document,
            {key: value for key, value in data.items() if key in known},
            base=base,
            environ=environ,
        )
    except ConfigError as error:
        raise ConfigError(path.name, [*error.problems, *problems]) from None
    store = _store(document.store, base, environ, problems)
    problems += _sense(document)
    if problems:
        raise ConfigError(path.name, problems)
    return Configuration(
        organisation=document.organisation,
        store=store,
        plugins=document.plugins,
        care=document.care,
        privacy=document.privacy,
        retention=document.retention,
        model=document.model,
        roles=document.roles,
        contacts=document.contact,
        preconditions=document.preconditions,
        answers=document.answers,
        plugin_settings=own,
        base=base,
        **lists,
    )


@frozen
class _Hidden:
    store: Secret


def _store(
    value: Any, base: Path, environ: Mapping[str, str] | None, problems: list[Problem]
) -> str | Secret:
    """Where the store is, as it stands or from where secrets come from."""
    if isinstance(value, Mapping):
        try:
            return structure(_Hidden, {"store": value}, base=base, environ=environ).store
        except ConfigError as error:
            problems.extend(error.problems)
            return ""
    expected = 'a path or an address in quotes, or { env = "NAME" } or { file = "path" }'
    if not isinstance(value, str) or not value:
        problems.append(Problem("store", expected, "nothing" if value == "" else "something else"))
        return ""
    account, at, _ = value.partition("://")[2].rpartition("@")
    if (at and ":" in account) or "password=" in value.partition("?")[2].lower():
        hint = 'put the whole address in a file only you can read, and: store = { file = "path" }'
        problems.append(Problem("store", expected, "an address with a password", hint))
    return value


def _tables_of_plugins(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The tables that bear the name of a plugin that is switched on, and not of a table of ours."""
    known = {one.name for one in fields(_Document)}
    plugins = data.get("plugins", ())
    names = plugins if isinstance(plugins, list | tuple) else ()
    return {
        name: data[name]
        for name in names
        if isinstance(name, str) and name not in known and isinstance(data.get(name), Mapping)
    }


def _unknown(data: Mapping[str, Any], own: Mapping[str, Any]) -> list[Problem]:
    known = [one.name for one in fields(_Document)]
    plugins = data.get("plugins", ())
    names = [one for one in plugins if isinstance(one, str)] if isinstance(plugins, list) else []
    problems = []
    for key in sorted(set(data) - set(known) - set(own)):
        hint = did_you_mean(key, [*known, *names])
        if not hint and isinstance(data[key], Mapping):
            hint = f'where it is of a plugin, add "{key}" to plugins'
        hint = hint or f"known here: {', '.join(known)}"
        problems.append(Problem(key, "a known key", f'"{key}"', hint))
    return problems


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
        record = table.get("record", False)
        if not isinstance(record, bool) or (record and key != "sink"):
            expected = "true or false" if key == "sink" else "record at a [[sink]] only"
            problems.append(Problem(f"{place}.record", expected, repr(record)))
        settings = {k: v for k, v in table.items() if k not in {"name", "kind", "record"}}
        entries.append(Configured(str(name), str(kind), settings, place, record is True))
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
    at_least("preconditions.fresh_months", configuration.preconditions.fresh_months, 1)
    for number, contact in enumerate(configuration.contact):
        problems += [
            Problem(f"contact[{number}].{name}", "a text", "nothing")
            for name in ("name", "address")
            if not getattr(contact, name).strip()
        ]
    if configuration.answers is not None:
        problems += _answers(configuration.answers)
        at_least("answers.valid_days", configuration.answers.valid_days, 1)
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


def _answers(answers: Answers) -> list[Problem]:
    problems = []
    try:
        address = urlsplit(answers.url)
        host = address.hostname or ""
    except ValueError:
        address, host = urlsplit(""), ""
    safe = address.scheme == "https" or (address.scheme == "http" and host in _THIS_MACHINE)
    plain = answers.url.isascii() and answers.url.isprintable() and " " not in answers.url
    if not host or not safe or not plain or address.query or address.fragment:
        problems.append(
            Problem(
                "answers.url",
                "an address such as https://leren.korenaar.example/a",
                f'"{answers.url[:80]}"',
                "http:// is for this machine only: a link holds all it takes to answer",
            )
        )
    if not answers.keys or any(len(key) < 32 for key in answers.keys):
        found = "none" if not answers.keys else "a shorter one"
        hint = "make one with: openssl rand -hex 32"
        problems.append(Problem("answers.key", "keys of 32 characters or more", found, hint))
    return problems


__all__ = [
    "FILE_NAME",
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
    "parse_configuration",
    "read_configuration",
]
