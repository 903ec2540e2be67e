"""The adapters that come with the core, and how an entry of the configuration becomes an adapter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..activity.identity import account
from ..advice import Person, read_people
from ..errors import ConfigError, PluginError, Problem, SourceUnavailable
from ..extension import (
    CONTRACTS,
    Adapter,
    Directory,
    DirectoryPerson,
    FileSource,
    Finding,
    Issuer,
    Plugins,
    Sink,
    Source,
)
from .config import Configuration, Configured
from .sinks import FilesSink, PullSink
from .sources import ActivityLines, FilesSource
from .webhook import WebhookSink


@frozen
class PeopleFileSettings:
    """``path``: the people file. ``home_page``: the address of the system where a bare name in it
    is an account, such as ``https://leren.example``."""

    path: Path
    home_page: str = ""


class PeopleFile(Directory):
    """People from a CSV file, as `leercultuur_core.advice.read_people` reads it. A mail address in
    it is also where mail goes."""

    name = "people-file"
    settings = PeopleFileSettings

    def check(self) -> Iterable[Finding]:
        """Every mistake in the file, with its line and column."""
        try:
            count = sum(len(page) for page in self._read())
        except ConfigError as error:
            for problem in error.problems:
                yield Finding("problem", str(problem))
        else:
            yield Finding("ok", f"{self.settings.path}: {count:,} people")

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        """All people of the file. Raises `SourceUnavailable` where anything in it is wrong."""
        try:
            pages = list(self._read())
        except ConfigError as error:
            count = len(error.problems)
            # The problems themselves quote the file, and that is about people.
            raise SourceUnavailable(
                f"{self.settings.path} has {count} problem{'' if count == 1 else 's'}; "
                "leercultuur check names each"
            ) from None
        yield from pages

    def _read(self) -> Iterator[Sequence[DirectoryPerson]]:
        directory = read_people(self.settings.path)
        problems: list[Problem] = []
        people = [self._person(person, problems) for person in directory.people]
        if problems:
            raise ConfigError(str(self.settings.path), problems)
        yield people

    def _person(self, person: Person, problems: list[Problem]) -> DirectoryPerson:
        address = {"mail": person.written} if "@" in person.written else {}
        return DirectoryPerson(
            identifiers=(self._canonical(person.identifier, problems),),
            name=person.name,
            roles=person.roles,
            manager=self._canonical(person.manager, problems) if person.manager else None,
            unit=person.unit,
            language=person.language,
            employment=person.employment,
            working_days=person.working_days or None,
            away=person.away,
            addresses=address if "|" not in person.written else {},
        )

    def _canonical(self, identifier: str, problems: list[Problem]) -> str:
        if "|" in identifier:
            return identifier
        if not self.settings.home_page:
            problems.append(
                Problem(
                    str(self.settings.path),
                    "account|<address of the system>|<name> or a mail address",
                    repr(identifier),
                    "or say in home_page of which system these are accounts",
                )
            )
        return account(self.settings.home_page, identifier)


BUILTIN: Mapping[str, Mapping[str, type[Adapter]]] = {
    "source": {FilesSource.name: FilesSource},
    "directory": {PeopleFile.name: PeopleFile},
    "sink": {FilesSink.name: FilesSink, PullSink.name: PullSink, WebhookSink.name: WebhookSink},
    "issuer": {},
}
"""List in the configuration → kind → adapter that needs no plugin."""


def switched_on(configuration: Configuration) -> Plugins:
    """The plugins that the configuration names, and no others."""
    names = [e.kind for e in configuration.adapters if e.kind not in BUILTIN[_list_of(e)]]
    readers = [
        str(e.settings.get("reader", "xapi"))
        for e in configuration.sources
        if e.kind == FilesSource.name
    ]
    readers = [name for name in readers if name != ActivityLines.name]
    return Plugins.load([*configuration.plugins, *names, *readers])


def make(
    configuration: Configuration,
    entry: Configured,
    plugins: Plugins,
    environ: Mapping[str, str] | None = None,
) -> Adapter:
    """The adapter of ``entry``.

    Raises `ConfigError` where its settings are wrong, `PluginError` where its plugin is broken or
    has no adapter of that kind for this list.
    """
    where = _list_of(entry)
    from_plugins: Mapping[str, type[Adapter]] = plugins.adapters(CONTRACTS[where])
    cls = BUILTIN[where].get(entry.kind) or from_plugins.get(entry.kind)
    if entry.kind in plugins.broken:
        raise plugins.broken[entry.kind]
    if cls is None:
        raise PluginError(
            entry.kind,
            f"has nothing for {entry.place} in the configuration; `leercultuur plugins` lists what "
            "there is",
        )
    adapter = configuration.adapter(entry, cls, environ)
    if cls is FilesSource:
        settings: Any = adapter.settings
        return FilesSource(settings, plugins.adapters(FileSource))
    return adapter


@frozen
class Adapters:
    """All adapters that are switched on, by their name in the configuration.

    ``broken``: (list, name) → why one cannot be used; the others go on.
    """

    sources: Mapping[str, Source] = field(factory=dict)
    directories: Mapping[str, Directory] = field(factory=dict)
    sinks: Mapping[str, Sink] = field(factory=dict)
    recorders: Mapping[str, Sink] = field(factory=dict)
    issuers: Mapping[str, Issuer] = field(factory=dict)
    broken: Mapping[tuple[str, str], str] = field(factory=dict)

    def broken_in(self, where: str) -> Mapping[str, str]:
        """Name → why it cannot be used, of one list: ``source``, ``directory``, ``sink`` or
        ``issuer``."""
        return {name: why for (one, name), why in self.broken.items() if one == where}


def make_all(
    configuration: Configuration, plugins: Plugins, environ: Mapping[str, str] | None = None
) -> Adapters:
    """Makes them all. Raises `ConfigError` with what is wrong in any of their settings."""
    made: dict[str, dict[str, Adapter]] = {where: {} for where in BUILTIN}
    broken: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    for entry in configuration.adapters:
        try:
            made[_list_of(entry)][entry.name] = make(configuration, entry, plugins, environ)
        except ConfigError as error:
            problems += error.problems
        except PluginError as error:
            broken[_list_of(entry), entry.name] = str(error)
    if problems:
        raise ConfigError("the configuration", problems)
    recording = {entry.name for entry in configuration.sinks if entry.record}
    for name, sink in made["sink"].items():
        if name in recording and getattr(sink, "delivery", "") != "idempotent":
            broken["sink", name] = "cannot record: to note something twice must do no harm there"
    return Adapters(
        sources={n: one for n, one in made["source"].items() if isinstance(one, Source)},
        directories={n: one for n, one in made["directory"].items() if isinstance(one, Directory)},
        sinks={
            n: one
            for n, one in made["sink"].items()
            if isinstance(one, Sink) and n not in recording
        },
        recorders={
            n: one
            for n, one in made["sink"].items()
            if isinstance(one, Sink) and n in recording and ("sink", n) not in broken
        },
        issuers={n: one for n, one in made["issuer"].items() if isinstance(one, Issuer)},
        broken=broken,
    )


def _list_of(entry: Configured) -> str:
    return entry.place.partition("[")[0]
