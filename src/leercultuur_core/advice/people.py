"""People and their roles, from ``people.csv``: who may be written to, in which language, as what.

``identifier,name,roles,manager,unit,language,employment,working_days,away``: a header and one person
a row, UTF-8, separated by commas or semicolons. Only ``identifier`` is required; the others may be
empty or left out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import attrs
from attrs import Factory, define, frozen

from ..activity.identity import learner_name, mailbox
from ..errors import ConfigError, Problem
from ..maturity.vocabulary import EMPLOYMENTS, LANGUAGES, ROLES, Employment, Language, Role

COLUMNS = (
    "identifier",
    "name",
    "roles",
    "manager",
    "unit",
    "language",
    "employment",
    "working_days",
    "away",
)

_SCHEMES = ("account|", "mbox_sha1sum|", "openid|", "employee|")
_SEPARATORS = re.compile(r"[|;,\s]+")
_DAYS = {
    name: day
    for day, names in enumerate(
        ("mon ma 1", "tue di 2", "wed wo 3", "thu do 4", "fri vr 5", "sat za 6", "sun zo 7"),
        start=1,
    )
    for name in names.split()
}
_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST = 200
_T = TypeVar("_T", bound=str)


@frozen
class Person:
    """One row of the people file.

    identifier
        Canonical where that can be told: a mail address becomes its hash, an account name alone
        stays as it was written.
    written
        The identifier as it stands in the file.
    name
        What they like to be called; may be empty.
    manager
        The identifier of another row, or empty.
    unit
        A name or a path such as ``Bakkerij/Productie``; empty for nobody's or everybody's.
    language
        ``None`` where the file leaves it to the default.
    working_days
        ISO weekdays, Monday is 1; empty where the file says nothing.
    away
        First and last day of each absence, in order; why is nobody's business.
    """

    identifier: str
    written: str = ""
    name: str = ""
    roles: tuple[Role, ...] = ("worker",)
    manager: str = ""
    unit: str = ""
    language: Language | None = None
    employment: Employment = "employee"
    working_days: tuple[int, ...] = ()
    away: tuple[tuple[date, date], ...] = ()


@frozen(slots=False)
class Directory:
    """The people of one organisation, in the order of the file."""

    people: tuple[Person, ...] = ()

    def __len__(self) -> int:
        return len(self.people)

    @cached_property
    def by_identifier(self) -> Mapping[str, Person]:
        """Identifier → person."""
        return {person.identifier: person for person in self.people}


def canonical(written: str) -> str:
    """The canonical identifier of ``written``, or ``written`` itself for an account name alone."""
    if written.startswith(_SCHEMES):
        return written
    return mailbox(written) if "@" in written else written


def read_people(path: str | Path) -> Directory:
    """People from a file. Raises `ConfigError` where it cannot be read or used."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) else "other bytes"
        problem = Problem(str(path), "a readable UTF-8 file", found or type(error).__name__)
        raise ConfigError(str(path), [problem]) from error
    return parse_people(text, str(path))


def parse_people(text: str, place: str = "people.csv") -> Directory:
    """People from the text of a people file; roles and days are separated by ``|``, ``;`` or space.

    Raises `ConfigError` with every problem at once, each with its line and column: unknown columns,
    rows that are short or long, unknown values, identifiers that are empty or double, a manager
    who is nobody in the file.
    """
    mistakes = _Mistakes(place)
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: dict[int, Person] = {}
    try:
        columns = [cell.strip().lower() for cell in next(reader, [])]
        _check_columns(columns, mistakes)
        mistakes.raise_any()
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            line = reader.line_num
            if len(cells) != len(columns):
                mistakes.add(line, "", f"{len(columns)} cells", str(len(cells)))
                continue
            row = dict.fromkeys(COLUMNS, "")
            row.update(zip(columns, (cell.strip() for cell in cells), strict=True))
            rows[line] = _person(row, line, mistakes)
    except csv.Error as error:
        # After this nothing can be said about where a row begins.
        mistakes.add(reader.line_num, "", "comma separated values", str(error))
    people = _linked(rows, mistakes)
    mistakes.raise_any()
    return Directory(people)


@define
class _Mistakes:
    """Problems of one file, told in the order of its lines."""

    place: str
    found: list[tuple[int, Problem]] = Factory(list)

    def add(self, line: int, column: str, expected: str, found: str, hint: str = "") -> None:
        where = f"{self.place}, line {line}" + (f", {column}" if column else "")
        self.found.append((line, Problem(where, expected, found, hint)))

    def unknown(self, line: int, column: str, found: str, choices: tuple[str, ...]) -> None:
        expected = "one of " + ", ".join(choices)
        # With columns in another order the word is somebody's name: it is only hinted at.
        self.add(line, column, expected, "another word", _hint(found.lower(), choices))

    def raise_any(self) -> None:
        if self.found:
            ordered = sorted(self.found, key=lambda one: one[0])
            raise ConfigError(self.place, [problem for _, problem in ordered])


def _check_columns(columns: list[str], mistakes: _Mistakes) -> None:
    for number, name in enumerate(columns, 1):
        if name not in COLUMNS:
            mistakes.unknown(1, f"column {number}", name, COLUMNS)
    for name in COLUMNS:
        if columns.count(name) > 1:
            mistakes.add(1, name, "each column once", f"{columns.count(name)} times")
    if "identifier" not in columns:
        mistakes.add(1, "", "a column identifier", "others" if columns else "nothing")


def _person(row: Mapping[str, str], line: int, mistakes: _Mistakes) -> Person:
    """The person of one row; a cell that is wrong takes its default."""

    def one_of(column: str, choices: tuple[_T, ...], default: _T) -> _T:
        found = row[column].lower()
        for choice in choices:
            if found == choice:
                return choice
        if found:
            mistakes.unknown(line, column, row[column], choices)
        return default

    for column, cell in row.items():
        # Absences of years may stand there; each is looked at below.
        if not cell.isprintable() or (len(cell) > _LONGEST and column != "away"):
            expected = f"at most {_LONGEST} characters, no tabs or line breaks"
            mistakes.add(line, column, expected, f"{len(cell)} characters")
    if not row["identifier"]:
        mistakes.add(line, "identifier", "an identifier", "nothing")
    roles = _words(row["roles"])
    for role in roles:
        if role not in ROLES:
            mistakes.unknown(line, "roles", role, ROLES)
    unit = [part.strip() for part in row["unit"].split("/")]
    if row["unit"] and not all(unit):
        mistakes.add(line, "unit", "a path such as Bakkerij/Winkel", "an empty part")
    days: set[int] = set()
    for word in _words(row["working_days"]):
        found = _days(word)
        if not found:
            mistakes.unknown(line, "working_days", word, _DAY_NAMES)
        days.update(found)
    return Person(
        identifier=canonical(row["identifier"]),
        written=row["identifier"],
        name=row["name"],
        roles=tuple(role for role in ROLES if role in roles) or ("worker",),
        manager=canonical(row["manager"]),
        unit="/".join(unit),
        language=one_of("language", LANGUAGES, LANGUAGES[0]) if row["language"] else None,
        employment=one_of("employment", EMPLOYMENTS, EMPLOYMENTS[0]),
        working_days=tuple(sorted(days)),
        away=_absences(row["away"], line, mistakes),
    )


def _absences(cell: str, line: int, mistakes: _Mistakes) -> tuple[tuple[date, date], ...]:
    """The absences of ``2026-03-02/2026-03-13;2026-05-04``: one day alone is its own last day."""
    found: set[tuple[date, date]] = set()
    for word in _words(cell):
        first, slash, last = word.partition("/")
        try:
            absence = (date.fromisoformat(first), date.fromisoformat(last if slash else first))
        except ValueError:
            absence = (date.max, date.min)
        if absence[0] <= absence[1]:
            found.add(absence)
        else:
            expected = "first and last day of each absence, such as 2026-03-02/2026-03-13"
            mistakes.add(line, "away", expected, "another text")
    return tuple(sorted(found))


def _days(word: str) -> range:
    """The weekdays of ``mon`` or ``mon-fri``; empty where it is neither."""
    first, dash, last = word.partition("-")
    if first not in _DAYS or (dash and last not in _DAYS):
        return range(0)
    return range(_DAYS[first], _DAYS[last or first] + 1)


def _linked(rows: Mapping[int, Person], mistakes: _Mistakes) -> tuple[Person, ...]:
    """The people with their managers' identifiers as those stand in the managers' own rows."""
    first: dict[str, int] = {}
    named: dict[str, set[str]] = {}
    for line, person in rows.items():
        if person.identifier and first.setdefault(person.identifier, line) != line:
            expected = f"each person once (also on line {first[person.identifier]})"
            mistakes.add(line, "identifier", expected, "one again")
        named.setdefault(learner_name(person.identifier), set()).add(person.identifier)
    people = []
    for line, person in rows.items():
        manager = person.manager
        if manager and manager not in first:
            matches = named.get(manager, set())
            if len(matches) == 1:
                (manager,) = matches
            else:
                found = f"what is {len(matches)} people" if matches else "somebody else"
                near = get_close_matches(manager, first, n=1)
                hint = f"is it who stands on line {first[near[0]]}?" if near else ""
                expected = "the identifier of somebody in this file"
                mistakes.add(line, "manager", expected, found, hint)
        people.append(attrs.evolve(person, manager=manager))
    return tuple(people)


def _words(cell: str) -> list[str]:
    return [word for word in _SEPARATORS.split(cell.lower()) if word]


def _hint(found: str, choices: tuple[str, ...]) -> str:
    near = get_close_matches(found, choices, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""
