"""The directory ``csv``: people from a CSV, TSV or Parquet file, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from attrs import Factory, define, evolve, field, frozen

from leercultuur_core import ConfigError, Problem, SourceUnavailable
from leercultuur_core.extension import (
    EMPLOYMENTS,
    LANGUAGES,
    ROLES,
    Directory,
    DirectoryPerson,
    Finding,
)

from .cells import Cell, Unfit, fold, text, yes_or_no
from .table import open_table
from .who import IDENTITIES, FileForm, Unusable, wanted

__all__ = ["CsvPeople", "CsvPeopleSettings", "PeopleColumns"]

_T = TypeVar("_T", bound=str)

_LONGEST = 200
_SEPARATORS = re.compile(r"[|;,]")
_DAYS = {
    name: day
    for day, names in enumerate(
        (
            "ma maandag mon monday 1",
            "di dinsdag tue tuesday 2",
            "wo woensdag wed wednesday 3",
            "do donderdag thu thursday 4",
            "vr vrijdag fri friday 5",
            "za zaterdag sat saturday 6",
            "zo zondag sun sunday 7",
        ),
        start=1,
    )
    for name in names.split()
}


@frozen(kw_only=True)
class PeopleColumns:
    """Column of ours → its heading in the file. Without any, the headings are these names.

    ``name``, or ``first_name``, ``infix`` and ``last_name``; ``manager`` names the manager as
    ``manager_is`` says; ``active`` is yes or no.
    """

    identity: str | None = None
    account: str | None = None
    employee: str | None = None
    mail: str | None = None
    openid: str | None = None
    name: str | None = None
    first_name: str | None = None
    infix: str | None = None
    last_name: str | None = None
    manager: str | None = None
    unit: str | None = None
    roles: str | None = None
    language: str | None = None
    employment: str | None = None
    working_days: str | None = None
    active: str | None = None


@frozen(kw_only=True)
class CsvPeopleSettings(FileForm):
    """Where the people are, and how their table is read.

    manager_is
        The column that a manager is named by, in the manager's own row.
    managers_lead
        Who is named as somebody's manager has that role, whatever ``roles`` says.
    unknown_managers
        What is done about a manager who is not in the file: that name is left out, or the whole file
        is refused, where it should hold everybody.
    roles, employments, languages
        Word in the file → role, employment or language of ours.
    at_least
        With fewer people than this the file is refused.
    """

    path: Path
    columns: PeopleColumns = PeopleColumns()
    manager_is: Literal["identity", "account", "employee", "mail", "openid"] = "employee"
    managers_lead: bool = True
    unknown_managers: Literal["leave-out", "refuse"] = "leave-out"
    roles: Mapping[str, str] = field(factory=dict)
    employments: Mapping[str, str] = field(factory=dict)
    languages: Mapping[str, str] = field(factory=dict)
    at_least: int = 1


class CsvPeople(Directory):
    """People from a table. Addresses are those of the channels ``mail``, ``employee`` and
    ``account``, as far as there are such columns."""

    name: ClassVar[str] = "csv"
    settings = CsvPeopleSettings

    def __init__(self, settings: CsvPeopleSettings) -> None:
        """Raises `ConfigError` for settings that make no sense."""
        super().__init__(settings)
        self._own = settings
        columns = wanted(settings.columns)
        named = () if columns.optional else tuple(columns.headings)
        problems = settings.missing(named)
        if named and not set(IDENTITIES) & set(named):
            expected = f"the heading of one of {', '.join(IDENTITIES)}"
            problems.append(Problem("columns", expected, "none of them"))
        for words, choices in (
            ("roles", ROLES),
            ("employments", EMPLOYMENTS),
            ("languages", LANGUAGES),
        ):
            problems += [
                Problem(f"{words}[{word}]", f"one of {', '.join(choices)}", f'"{ours}"')
                for word, ours in getattr(settings, words).items()
                if ours not in choices
            ]
        if problems:
            raise ConfigError(f"directory {self.name}", problems)

    def check(self) -> Iterable[Finding]:
        """Every mistake in the file, with its line."""
        try:
            read = self._read()
        except SourceUnavailable as error:
            yield Finding("problem", str(error))
            return
        path = self._own.path
        for line, reason in read.mistakes:
            yield Finding("problem", f"{path}{f', line {line}' if line else ''}: {reason}")
        if not read.mistakes:
            yield Finding("ok", f"{path}: {len(read.people):,} people")
        if read.without_manager:
            text = f"{path}: {read.without_manager:,} people whose manager is not in the file"
            yield Finding("warning", text, 'set unknown_managers = "refuse" if all should be in it')

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        """All people who are active, in one page.

        Raises `SourceUnavailable` where anything in the file is wrong: whoever is on a line that
        cannot be read must not look like somebody who left.
        """
        read = self._read()
        if read.mistakes:
            count = len(read.mistakes)
            raise SourceUnavailable(
                f"{self._own.path} has {count} mistake{'' if count == 1 else 's'}, so nobody "
                "is taken from it; leercultuur check names each"
            )
        yield read.people

    def _read(self) -> _Read:
        own = self._own
        table = open_table(own.path, wanted(own.columns), own.encoding, own.delimiter)
        read = _Read()
        people: dict[int, DirectoryPerson] = {}
        gone: set[str] = set()
        for number, row in enumerate(table.rows(), 1):
            line = row.line or number
            try:
                if row.reason:
                    raise Unusable(row.reason)
                person = _Reading(own, row.cells).person()
            except Unusable as error:
                read.mistakes.append((row.line, str(error)))
                continue
            if person.active:
                people[line] = person
            else:
                gone.update(person.identifiers)
        read.mistakes += _twice(people)
        self._add_managers(people, gone, read)
        if not read.mistakes and len(people) < own.at_least:
            expected = f"expected at least {own.at_least:,} people, found {len(people):,}"
            read.mistakes.append((None, f"{expected}; is this the whole file?"))
        read.mistakes.sort(key=lambda one: one[0] or 0)
        return read

    def _add_managers(
        self, people: Mapping[int, DirectoryPerson], gone: set[str], read: _Read
    ) -> None:
        """Puts the people in ``read``, with managers who are among them."""
        owner = {name: line for line, person in people.items() for name in person.identifiers}
        leaders = {owner[one.manager] for one in people.values() if one.manager in owner}
        for line, person in people.items():
            known = person.manager in owner
            if person.manager and not known and person.manager not in gone:
                read.without_manager += 1
                if self._own.unknown_managers == "refuse":
                    read.mistakes.append(
                        (line, "manager: expected somebody in this file, found nobody")
                    )
            roles = set(person.roles)
            if self._own.managers_lead and line in leaders:
                roles.add("manager")
            read.people.append(
                evolve(
                    person,
                    manager=person.manager if known else None,
                    roles=tuple(role for role in ROLES if role in roles),
                )
            )


@define
class _Read:
    """The active people of a file, and what is wrong with it, each with its line."""

    people: list[DirectoryPerson] = Factory(list)
    mistakes: list[tuple[int | None, str]] = Factory(list)
    without_manager: int = 0


def _twice(people: Mapping[int, DirectoryPerson]) -> list[tuple[int | None, str]]:
    first: dict[str, int] = {}
    found: dict[int, str] = {}
    for line, person in people.items():
        for name in person.identifiers:
            if first.setdefault(name, line) != line:
                found[line] = f"expected each person once, found the one of line {first[name]}"
    return list(found.items())


class _Reading:
    """One row as a person; all that is wrong with it is told together."""

    def __init__(self, settings: CsvPeopleSettings, row: Mapping[str, Cell]) -> None:
        self._settings = settings
        self._wrong: list[str] = []
        self._cells = {column: self._text(column, cell) for column, cell in row.items()}

    def person(self) -> DirectoryPerson:
        """The person. Raises `Unusable`."""
        settings, cells = self._settings, self._cells
        identifiers: tuple[str, ...] = ()
        try:
            identifiers = settings.identities(cells)
            if not identifiers:
                self._wrong.append(f"expected one of {', '.join(IDENTITIES)}, found nothing")
        except Unusable as error:
            self._wrong.append(str(error))
        manager = None
        if cells.get("manager"):
            try:
                manager = settings.canonical(settings.manager_is, cells["manager"])
            except Unfit as error:
                self._wrong.append(f"manager: {error}")
        names = (cells.get(part, "") for part in ("first_name", "infix", "last_name"))
        person = DirectoryPerson(
            identifiers=identifiers,
            name=cells.get("name", "") or " ".join(filter(None, names)),
            roles=self._roles(),
            manager=manager,
            unit=self._unit(),
            language=self._one_of("language", settings.languages, LANGUAGES),
            employment=self._one_of("employment", settings.employments, EMPLOYMENTS) or "employee",
            working_days=self._working_days(),
            addresses={
                channel: cells[channel].removeprefix("mailto:")
                for channel in ("mail", "employee", "account")
                if cells.get(channel)
            },
            active=self._active(),
        )
        if self._wrong:
            raise Unusable("; ".join(self._wrong))
        return person

    def _text(self, column: str, cell: Cell) -> str:
        try:
            words = str(cell).lower() if isinstance(cell, bool) else text(cell)
        except Unfit as error:
            self._wrong.append(f"{column}: {error}")
            return ""
        if not words.isprintable() or len(words) > _LONGEST:
            expected = f"at most {_LONGEST} characters without tabs or line breaks"
            self._wrong.append(f"{column}: expected {expected}, found another text")
        return words

    def _one_of(self, column: str, words: Mapping[str, str], choices: tuple[_T, ...]) -> _T | None:
        cell = self._cells.get(column, "")
        return self._chosen(column, cell, words, choices) if cell else None

    def _chosen(
        self, column: str, cell: str, words: Mapping[str, str], choices: tuple[_T, ...]
    ) -> _T | None:
        by_word = {fold(word): ours for word, ours in words.items()}
        ours = by_word.get(fold(cell), fold(cell).replace(" ", "_"))
        for choice in choices:
            if ours == choice:
                return choice
        known = ", ".join([*words, *choices])
        self._wrong.append(f"{column}: expected one of {known}, found another word")
        return None

    def _roles(self) -> tuple[str, ...]:
        cell = self._cells.get("roles", "")
        words = {fold(word) for word in self._settings.roles}
        # A job title may hold a comma or semicolon of its own.
        parts = [cell] if fold(cell) in words else _SEPARATORS.split(cell)
        found = [
            self._chosen("roles", part, self._settings.roles, ROLES)
            for part in parts
            if part.strip()
        ]
        return tuple(role for role in ROLES if role in found) or ("worker",)

    def _unit(self) -> str:
        parts = [part.strip() for part in self._cells.get("unit", "").split("/")]
        if parts != [""] and not all(parts):
            self._wrong.append("unit: expected a path such as Bakkerij/Winkel, found an empty part")
        return "/".join(parts)

    def _working_days(self) -> tuple[int, ...] | None:
        words = re.sub(r"\s*-\s*", "-", self._cells.get("working_days", "").casefold())
        days: set[int] = set()
        for word in filter(None, re.split(r"[|;,\s]+", words)):
            first, dash, last = word.partition("-")
            if first not in _DAYS or (dash and last not in _DAYS):
                self._wrong.append("working_days: expected days such as ma-do, found another word")
                break
            days.update(range(_DAYS[first], _DAYS[last or first] + 1))
        return tuple(sorted(days)) or None

    def _active(self) -> bool:
        cell = self._cells.get("active", "")
        try:
            return yes_or_no(cell) if cell else True
        except Unfit as error:
            self._wrong.append(f"active: {error}")
            return True
