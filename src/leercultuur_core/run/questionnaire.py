"""The questionnaire as a form, and answers that come back in a file.

The form is the file: ``identifier,item,question,answer,on``, a header and one answer a row, UTF-8,
separated by commas or semicolons. A row without an answer is one that nobody filled in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from attrs import frozen

from ..advice.preconditions import POINTS
from ..errors import ConfigError, Problem
from ..maturity import MaturityModel
from ..maturity.tables import did_you_mean
from ..maturity.vocabulary import Language
from ..storage import Identifier, Transaction
from . import naming, preconditions
from .config import Configuration

COLUMNS = ("identifier", "item", "question", "answer", "on")
_REQUIRED = ("identifier", "item", "answer")


@frozen
class Imported:
    """What came of a file of answers.

    taken, older
        Answers that count now; answers to items that somebody answered later already.
    empty
        Rows without an answer.
    problems
        What could not be used, by line; the other rows are in. Holds no answer and nobody's name.
    people
        Whose answers (uuids) were taken.
    """

    taken: int = 0
    older: int = 0
    empty: int = 0
    problems: tuple[Problem, ...] = ()
    people: frozenset[str] = frozenset()


def form(model: MaturityModel, language: Language) -> str:
    """The questionnaire as an empty form: the text of a file, to be filled in and read again."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(("", item.id, item.texts[language], "", "") for item in model.items)
    return out.getvalue()


def take_in(
    tx: Transaction,
    configuration: Configuration,
    model: MaturityModel,
    text: str,
    *,
    place: str,
    now: datetime,
) -> Imported:
    """Keeps the answers in the text of a file; ``on`` is today where a row leaves it open.

    A row that cannot be used is a problem of its own, and the rest goes on. Reading the same file
    again changes nothing. Raises `ConfigError` where it is no such file at all.
    """
    today = now.astimezone(ZoneInfo(configuration.organisation.time_zone)).date()
    identify = Identifier(configuration.organisation.keys)
    items = {item.id for item in model.items}
    known: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    taken = older = empty = 0
    people: set[str] = set()
    for line, row in _rows(text, place):
        if not row["answer"]:
            empty += 1
            continue
        who = row["identifier"]
        if who not in known:
            known[who] = naming.find(tx, who, identify, now) if who else ()
        found = _problems(row, line, place, items, len(known[who]), today)
        if found:
            problems += found
            continue
        (person,) = known[who]
        on = date.fromisoformat(row["on"]) if row["on"] else today
        value = int(row["answer"])
        if preconditions.answer(tx, model, person, row["item"], value, on=on):
            taken += 1
            people.add(person)
        else:
            older += 1
    return Imported(taken, older, empty, tuple(problems), frozenset(people))


def _problems(
    row: Mapping[str, str], line: int, place: str, items: set[str], people: int, today: date
) -> list[Problem]:
    """What is wrong with a row. Names neither the person nor what they answered."""
    where = f"{place}, line {line}"
    found = []
    if people != 1:
        expected = "an identifier, mail address or name of one person"
        found.append(Problem(f"{where}, identifier", expected, f"one of {people} people"))
    if row["item"] not in items:
        hint = did_you_mean(row["item"], items)
        found.append(Problem(f"{where}, item", "an item of the questionnaire", "another", hint))
    if row["answer"] not in map(str, POINTS):
        expected = f"a whole number from {POINTS[0]} to {POINTS[-1]}"
        found.append(Problem(f"{where}, answer", expected, "something else"))
    try:
        ahead = bool(row["on"]) and date.fromisoformat(row["on"]) > today
    except ValueError:
        found.append(Problem(f"{where}, on", "a day such as 2026-03-02", "something else"))
    else:
        if ahead:
            found.append(Problem(f"{where}, on", "today or a day before", "a day to come"))
    return found


def _rows(text: str, place: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of the file with their lines. Raises `ConfigError` where its head or form is wrong."""
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=";" if head.count(";") > head.count(",") else ",",
        strict=True,
    )
    problems: list[Problem] = []
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        columns = [cell.strip().lower() for cell in next(reader, [])]
        problems += [
            Problem(f"{place}, line 1", f"a column {name}", "no such column")
            for name in _REQUIRED
            if name not in columns
        ]
        for name in columns:
            if name not in COLUMNS or columns.count(name) > 1:
                expected = f"each of {', '.join(COLUMNS)} once"
                hint = did_you_mean(name, COLUMNS)
                problems.append(Problem(f"{place}, line 1", expected, repr(name), hint))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                problems.append(
                    Problem(
                        f"{place}, line {reader.line_num}",
                        f"{len(columns)} cells",
                        str(len(cells)),
                    )
                )
                continue
            row = dict.fromkeys(COLUMNS, "")
            row.update(zip(columns, (cell.strip() for cell in cells), strict=True))
            rows.append((reader.line_num, row))
    except csv.Error as error:
        problems.append(
            Problem(f"{place}, line {reader.line_num}", "comma separated values", str(error))
        )
    if problems:
        raise ConfigError(place, problems)
    return rows


__all__ = ["COLUMNS", "Imported", "form", "take_in"]
