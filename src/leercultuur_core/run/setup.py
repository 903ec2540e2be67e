"""Setting up: a commented configuration and an identity key, and a check of the whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ..activity.evidence import read_rules
from ..errors import ConfigError, LeercultuurError, PluginError, Problem, StoreError
from ..extension import Finding, Plugins
from ..maturity import maturity_model
from .config import FILE_NAME, Configuration, Configured, read_configuration

KEY_FILE = "identity.key"
LINKS_KEY_FILE = "links.key"

TEMPLATE = """\
# leercultuur: one file per organisation. `leercultuur check` tells what is missing or wrong.

store = "leercultuur.db"
# plugins = ["acme"]      # plugins without an adapter, such as observers; adapters switch on their own

[organisation]
name = "{name}"
time_zone = "Europe/Amsterdam"
language = "nl"                      # for people of whom no language is known
identity_key = {{ file = "identity.key" }}   # keep a copy in a safe place: without it nobody is recognised

# The yes of the works council or the staff meeting. Until it is recorded nobody's phase is
# estimated and nothing is sent but a general invitation (docs/privacy.md).
# go_live = {{ date = 2026-02-01, reference = "OR-besluit 2026-03", scope = "alle medewerkers" }}

# Where activity comes from. `leercultuur plugins` lists the kinds you can use.
# [[source]]
# name = "drop"
# kind = "files"
# path = "drop/*.ndjson.gz"

# Who is who: identifier,name,roles,manager,unit,language,employment,working_days,away
# [[directory]]
# name = "people"
# kind = "people-file"
# path = "people.csv"

# Where prompts go. "files" writes them to a folder; a webhook is signed.
# [[sink]]
# name = "outbox"
# kind = "files"
# folder = "prompts"

# Who acts where the directory does not say so, or somebody else should (docs/preconditions.md).
# [roles]
# hr = ["loes@korenaar.example"]
# [[contact]]
# name = "ROC, loket voor bedrijven"
# address = "bedrijven@roc.example"
# units = ["Bakkerij"]    # leave out for everybody
# skills = ["zuurdesem"]  # leave out for anything

# Pages where people answer by a link in a message, and the key that signs those links.
# [answers]
# url = "https://leren.korenaar.example/a"
# key = {{ file = "links.key" }}

[care]
at_most_per_week = 1
quiet = {{ before = "08:30", after = "17:00", friday_after = "15:00" }}

[privacy]
minimum_group = 10        # never below 5
# invitation = "opt-out"  # before go_live: one general invitation to everybody in the directory
own_prompts = "opt-in"    # "opt-out" only with another basis than consent

[retention]
payload_months = 13
ledger_months = 24
"""


def initialise(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """Writes a commented configuration and two new keys (mode 0600) into ``folder``: one for
    identities, one for links to answer by.

    Gives the three paths. Raises `ConfigError` when any is there already: a key that is written over
    is a key that is lost.
    """
    folder.mkdir(parents=True, exist_ok=True)
    configuration, *keys = (folder / name for name in (FILE_NAME, KEY_FILE, LINKS_KEY_FILE))
    there = [path for path in (configuration, *keys) if path.exists()]
    if there:
        problems = [
            Problem(str(p), "no such file yet", "one", "remove it yourself if you mean it")
            for p in there
        ]
        raise ConfigError("init", problems)
    for key in keys:
        handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(secrets.token_hex(32) + "\n")
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    configuration.write_text(TEMPLATE.format(name=quoted), "utf-8")
    return configuration, keys[0], keys[1]


def check(path: Path, today: date, environ: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Findings about the configuration in ``path`` and all it names. Changes nothing anywhere.

    Raises `ConfigError` when the file itself is wrong: with that nothing else can be looked at.
    """
    configuration = read_configuration(path, environ)
    yield Finding("ok", f"{path.name} is well formed")
    yield from _data(configuration)
    yield from _adapters(configuration, environ)
    yield from _roles(configuration, today)
    yield from _law(configuration, today)


def _data(configuration: Configuration) -> Iterator[Finding]:
    model = configuration.model
    try:
        for rules in model.rules:
            read_rules(rules)
        if model.parameters is not None:
            from ..phases import read_parameters  # noqa: PLC0415 - brings NumPy

            read_parameters(model.parameters)
        maturity_model(model.catalogue)
    except LeercultuurError as error:
        yield Finding("problem", str(error))
    else:
        yield Finding("ok", "rules, parameters and catalogue are well formed")


def _roles(configuration: Configuration, today: date) -> Iterator[Finding]:
    """Who acts for whom, as far as the store knows the people by now."""
    file = configuration.store_url.removeprefix("sqlite:///")
    if "://" not in file and not Path(file).exists():
        return
    from ..storage import Store  # noqa: PLC0415 - brings the store's libraries
    from .acting import findings  # noqa: PLC0415
    from .rights import Rights  # noqa: PLC0415

    zone = ZoneInfo(configuration.organisation.time_zone)
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=zone)
    try:
        with Store.open(configuration.store_url) as store, store.reading() as tx:
            for text in findings(Rights.read(tx, configuration, noon)):
                yield Finding("warning", text)
    except LeercultuurError as error:
        if not isinstance(error, StoreError) or error.trouble != "missing":
            yield Finding("problem", str(error))


def _adapters(configuration: Configuration, environ: Mapping[str, str] | None) -> Iterator[Finding]:
    from .builtin import switched_on  # noqa: PLC0415 - built-in adapters bring their libraries

    plugins = switched_on(configuration)
    for entry in configuration.adapters:
        yield from _adapter(configuration, entry, plugins, environ)
    used = {entry.kind for entry in configuration.adapters}
    for name, broken in plugins.broken.items():
        if name not in used:  # such as the reader of a files source
            yield Finding("problem", str(broken))
    yield from _settings_of_plugins(configuration, plugins, environ)
    yield from _one_way_in(configuration)
    if not configuration.sources:
        yield Finding("warning", "no [[source]]: there is nothing to read")
    if all(one.record for one in configuration.sinks):
        yield Finding("warning", "no [[sink]]: prompts have nowhere to go")


def _settings_of_plugins(
    configuration: Configuration, plugins: Plugins, environ: Mapping[str, str] | None
) -> Iterator[Finding]:
    from .plugin_settings import read_tables  # noqa: PLC0415

    try:
        for name in read_tables(configuration, plugins, environ):
            yield Finding("ok", f"[{name}] is well formed")
    except ConfigError as error:
        for problem in error.problems:
            yield Finding("problem", str(problem))


def _one_way_in(configuration: Configuration) -> Iterator[Finding]:
    """A system that has two ways in, as ``moodle`` and ``moodle-log``, is read in one of them."""
    ways: dict[tuple[str, str], set[str]] = {}
    for entry in configuration.sources:
        url = entry.settings.get("url")
        if isinstance(url, str):
            system = entry.kind.partition("-")[0]
            ways.setdefault((system, url.rstrip("/")), set()).add(entry.kind)
    for (_, url), kinds in sorted(ways.items()):
        if len(kinds) > 1:
            yield Finding(
                "problem",
                f"{url} is read as {' and as '.join(sorted(kinds))}",
                "keep one; which content counts would be chance",
            )


def _adapter(
    configuration: Configuration,
    entry: Configured,
    plugins: Plugins,
    environ: Mapping[str, str] | None,
) -> Iterator[Finding]:
    from .builtin import make  # noqa: PLC0415

    try:
        adapter = make(configuration, entry, plugins, environ)
    except ConfigError as error:
        for problem in error.problems:
            yield Finding("problem", str(problem))
        return
    except PluginError as error:
        yield Finding("problem", f"{entry.place}: {error}", "leercultuur plugins")
        return
    try:
        findings = tuple(adapter.check())
    except Exception as error:  # noqa: BLE001 - an adapter may fail in any way
        text = str(error) if isinstance(error, LeercultuurError) else type(error).__name__
        yield Finding("problem", f"{entry.name}: {text}")
        return
    yield from findings
    if not any(finding.level == "problem" for finding in findings):
        yield Finding("ok", f"{entry.name} ({entry.kind}) answers")


def _law(configuration: Configuration, today: date) -> Iterator[Finding]:
    go_live = configuration.organisation.go_live
    if go_live is None:
        yield Finding(
            "warning",
            "organisation.go_live: until the works council's yes is recorded nobody's phase is "
            f"estimated and nothing is sent{_but_invited(configuration)}",
            "docs/privacy.md",
        )
    elif not go_live.holds_on(today):
        when = (
            f"begins on {go_live.date}" if today < go_live.date else f"ended on {go_live.expires}"
        )
        yield Finding(
            "warning",
            f"organisation.go_live: the recorded yes {when}; without it nothing is sent"
            f"{_but_invited(configuration)}",
            "docs/privacy.md",
        )
    else:
        yield Finding("ok", f"go-live recorded: {go_live.reference}")
    model = configuration.model
    if model.parameters is not None and not model.memo:
        yield Finding(
            "warning",
            "model.parameters were trained on your data: write down how the AI Act classes this use, "
            "and name it as model.memo",
            "docs/privacy.md",
        )


def _but_invited(configuration: Configuration) -> str:
    invited = configuration.privacy.invitation != "off"
    return " but the general invitation, once to everybody" if invited else ""
