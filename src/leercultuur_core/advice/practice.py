"""The practice register: what an organisation already does, and where its white spots are.

A row says that a unit (or the whole organisation) plans, does or has stopped an intervention since
a day. *Who* does it is whoever holds the role of the intervention's layer there. It says nothing
about anybody's phase.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from attrs import frozen

from ..errors import ConfigError, Problem
from ..maturity import Intervention, MaturityModel
from ..maturity.tables import did_you_mean
from ..maturity.vocabulary import LAYERS, PHASES
from ..privacy import Release
from ..privacy.release import parents
from .concert_rules import ConcertRules, default_concert_rules

PracticeState = Literal["planned", "running", "stopped"]

PRACTICE_STATES: tuple[PracticeState, ...] = get_args(PracticeState)

PRACTICE_COLUMNS = ("unit", "intervention", "state", "since")

SpotKind = Literal["phase", "layer", "formal_without_informal", "left_out", "small_unit"]
"""What is missing: actions for a phase, a layer that acts, informal learning beside formal, actions
that reach a group of people, anything of a unit of which nothing can be shown."""

_SOME = 10  # percent: a phase that fewer are in is no white spot of one unit


@frozen
class Practised:
    """That a unit plans, does or has stopped an intervention, since a day.

    ``unit`` is a path; ``""`` is the whole organisation.
    """

    unit: str
    intervention: str
    state: PracticeState
    since: date


@frozen
class WhiteSpot:
    """Something that nothing is done about; ``subject`` is a phase, a layer, a form of employment,
    or empty. ``unit`` is ``""`` for the whole organisation."""

    kind: SpotKind
    unit: str
    subject: str = ""


def practised_at(practice: Iterable[Practised], unit: str) -> dict[str, PracticeState]:
    """Intervention → how it stands with it in ``unit``, by its own row and those of the units above.

    Running anywhere counts before planned, planned before stopped.
    """
    here = {unit, *parents(unit)}
    found: dict[str, PracticeState] = {}
    rank = ("running", "planned", "stopped")
    for row in practice:
        if row.unit in here:
            before = found.get(row.intervention, "stopped")
            found[row.intervention] = min(before, row.state, key=rank.index)
    return found


def read_practice(
    path: str | Path, *, model: MaturityModel, units: Collection[str] = ()
) -> tuple[Practised, ...]:
    """The rows of a CSV file. Raises `ConfigError`; see `parse_practice`."""
    try:
        content = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) else "other bytes"
        problem = Problem(str(path), "a readable UTF-8 file", found or type(error).__name__)
        raise ConfigError(str(path), [problem]) from error
    return parse_practice(content, str(path), model=model, units=units)


def parse_practice(
    content: str, place: str = "practice.csv", *, model: MaturityModel, units: Collection[str] = ()
) -> tuple[Practised, ...]:
    """The rows of a text with the columns ``unit,intervention,state,since``; separated by commas or
    semicolons. An empty unit is the whole organisation.

    ``units`` are the paths that there are; without any, every path is taken. Raises `ConfigError`
    with every problem at once, each with its line and column.
    """
    problems: list[Problem] = []
    head = content.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows: dict[tuple[str, str], Practised] = {}
    lines: dict[tuple[str, str], int] = {}
    try:
        columns = [cell.strip().lower() for cell in next(reader, [])]
        if sorted(columns) != sorted(PRACTICE_COLUMNS):
            expected = f"the columns {','.join(PRACTICE_COLUMNS)}"
            found = ",".join(columns) or "nothing"
            raise ConfigError(place, [Problem(f"{place}, line 1", expected, found[:80])])
        for cells in reader:
            line = f"{place}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                problems.append(Problem(line, f"{len(columns)} cells", str(len(cells))))
                continue
            row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
            one = practised(row, model=model, units=units, wrong=_at(line, problems))
            if one is None:
                continue
            key = (one.unit, one.intervention)
            if key in rows:
                expected = f"each unit and intervention once (also on line {lines[key]})"
                problems.append(Problem(line, expected, repr(one.intervention)))
            rows.setdefault(key, one)
            lines.setdefault(key, reader.line_num)
    except csv.Error as error:
        where = f"{place}, line {reader.line_num}"
        problems.append(Problem(where, "comma separated values", str(error)))
    if problems:
        raise ConfigError(place, problems)
    return tuple(rows.values())


Wrong = Callable[[str, str, str, str], None]
"""Takes a column, what was expected, what was found, a hint."""


def practised(
    row: dict[str, str], *, model: MaturityModel, units: Collection[str], wrong: Wrong
) -> Practised | None:
    """The value of one row; ``None`` where something is wrong with it, which ``wrong`` is told."""
    good = True

    def tell(column: str, expected: str, found: str, hint: str = "") -> None:
        nonlocal good
        good = False
        wrong(column, expected, found, hint)

    unit = "/".join(part.strip() for part in row["unit"].split("/"))
    known = {up for path in units for up in (path, *parents(path))} | {""}
    if units and unit not in known:
        tell("unit", "a unit of your people, or nothing", repr(unit), did_you_mean(unit, known))
    name = row["intervention"]
    if name not in model:
        hint = did_you_mean(name, (one.id for one in model.all))
        tell("intervention", "an id of the catalogue", repr(name), hint)
    state: PracticeState = "running"
    for each in PRACTICE_STATES:
        if each == row["state"].lower():
            state = each
            break
    else:
        tell("state", f"one of {', '.join(PRACTICE_STATES)}", repr(row["state"]))
    since = date.min
    try:
        since = date.fromisoformat(row["since"])
    except ValueError:
        tell("since", "a day such as 2026-03-02", repr(row["since"]))
    return Practised(unit, name, state, since) if good else None


def _at(line: str, problems: list[Problem]) -> Wrong:
    def wrong(column: str, expected: str, found: str, hint: str) -> None:
        problems.append(Problem(f"{line}, {column}", expected, found, hint))

    return wrong


def white_spots(
    practice: Collection[Practised],
    releases: Collection[Release],
    model: MaturityModel,
    *,
    units: Collection[str] = (),
    employments: Collection[str] = (),
    rules: ConcertRules | None = None,
) -> tuple[WhiteSpot, ...]:
    """What this organisation does nothing about, the whole organisation first, then by unit.

    Only what runs counts. ``releases`` are what may be shown of groups: a unit's phase that at least
    10 % are in and nothing is listed for is a white spot there. ``units`` are all paths there are:
    where something is released, one without and without anything of its own, in it or above it but for
    the whole organisation, is a small unit left out. ``employments`` are the forms of employment that occur.
    """
    rules = rules or default_concert_rules()
    running = [row for row in practice if row.state == "running" and row.intervention in model]
    return (
        *_of_the_whole(running, model, rules, employments),
        *_of_units(running, releases, model),
        *_small_units(running, releases, units),
    )


def _of_the_whole(
    running: Collection[Practised],
    model: MaturityModel,
    rules: ConcertRules,
    employments: Collection[str],
) -> Iterator[WhiteSpot]:
    done = [model[row.intervention] for row in running]
    for phase in PHASES:
        if not any(phase in one.phases for one in done):
            yield WhiteSpot("phase", "", phase)
    for layer in LAYERS:
        if not any(one.layer == layer for one in done):
            yield WhiteSpot("layer", "", layer)
    if _formal_alone(done):
        yield WhiteSpot("formal_without_informal", "")
    ids = {one.id for one in done}
    for group in ("temporary", "self_employed"):
        if group in employments and not ids & rules.groups[group]:
            yield WhiteSpot("left_out", "", group)


def _of_units(
    running: Collection[Practised], releases: Collection[Release], model: MaturityModel
) -> Iterator[WhiteSpot]:
    for release in sorted(releases, key=lambda one: one.unit):
        if not release.unit:
            continue
        done = [model[name] for name in practised_at(running, release.unit)]
        for phase in PHASES:
            some = release.shares[phase].low >= _SOME
            if some and not any(phase in one.phases for one in done):
                yield WhiteSpot("phase", release.unit, phase)
        if _formal_alone(done):
            yield WhiteSpot("formal_without_informal", release.unit)


def _small_units(
    running: Collection[Practised], releases: Collection[Release], units: Collection[str]
) -> Iterator[WhiteSpot]:
    if not releases:  # before the first release nothing says which unit is small
        return
    shown = {release.unit for release in releases}
    own = {row.unit for row in running if row.unit}
    for unit in sorted(units):
        if unit and unit not in shown and not own & {unit, *parents(unit)}:
            yield WhiteSpot("small_unit", unit)


def _formal_alone(done: Collection[Intervention]) -> bool:
    """Whether there is formal learning and no informal; what is both, is also informal."""
    kinds = {one.kind for one in done}
    return kinds == {"formal"}


__all__ = [
    "PRACTICE_COLUMNS",
    "PRACTICE_STATES",
    "PracticeState",
    "Practised",
    "SpotKind",
    "WhiteSpot",
    "parse_practice",
    "practised",
    "practised_at",
    "read_practice",
    "white_spots",
]
