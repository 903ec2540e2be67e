"""``leercultuur practice``: what is already done, and what nothing is done about."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from ..advice.practice import PRACTICE_COLUMNS, PRACTICE_STATES, practised, read_practice
from ..errors import ConfigError, Problem
from ..maturity.vocabulary import Language
from .engine import engine_options, opened
from .reading import language_option

if TYPE_CHECKING:
    from ..run.practice import Row

_WHOLE = "the whole organisation"
_EMPTY = (
    "nothing is registered yet; `leercultuur practice add INTERVENTION` notes what is already done "
    "(leercultuur catalogue lists the ids)"
)


@click.group()
def practice() -> None:
    """What the organisation already does: the practice register, and its white spots.

    Each row says that a unit, or the whole organisation, plans, does or has stopped an
    intervention of the catalogue, since when. It says nothing about anybody's phase.
    """


@practice.command()
@engine_options
@click.argument("intervention")
@click.option("--unit", default="", metavar="UNIT", help="A unit; the whole organisation without.")
@click.option("--state", type=click.Choice(PRACTICE_STATES), default="running", show_default=True)
@click.option("--since", metavar="DAY", help="Since when.  [default: today]")
def add(
    config_file: str, now: datetime, intervention: str, unit: str, state: str, since: str | None
) -> None:
    """Note that something is planned, running or stopped; in the place of what was noted of it."""
    from ..run import practice as register  # noqa: PLC0415 - brings the store's libraries
    from ..run.rights import Rights  # noqa: PLC0415

    problems: list[Problem] = []

    def wrong(column: str, expected: str, found: str, hint: str) -> None:
        problems.append(Problem(column, expected, found, hint))

    with opened(config_file) as engine:
        row = {
            "unit": unit,
            "intervention": intervention,
            "state": state,
            "since": since or now.date().isoformat(),
        }
        with engine.store.transaction() as tx:
            rights = Rights.read(tx, engine.configuration, now)
            one = practised(row, model=engine.model, units=register.units(rights), wrong=wrong)
            if one is None:
                raise ConfigError("what you noted", problems)
            register.put(tx, [one])
    click.echo(f"noted: {intervention} is {state} in {one.unit or _WHOLE}, since {one.since}")


@practice.command("import")
@engine_options
@click.argument("file")
def import_(config_file: str, now: datetime, file: str) -> None:
    """Note all rows of a CSV file: unit,intervention,state,since. Of a file with a mistake nothing
    is noted."""
    from ..run import practice as register  # noqa: PLC0415
    from ..run.rights import Rights  # noqa: PLC0415

    with opened(config_file) as engine, engine.store.transaction() as tx:
        rights = Rights.read(tx, engine.configuration, now)
        rows = read_practice(file, model=engine.model, units=register.units(rights))
        count = register.put(tx, rows)
    click.echo(f"{count:,} noted")


@practice.command("list")
@engine_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="csv is what `practice import` reads.",
)
def list_(config_file: str, now: datetime, form: str) -> None:
    """The register: what is done in which unit, by which role, since when."""
    from ..run import practice as register  # noqa: PLC0415
    from ..run.rights import Rights  # noqa: PLC0415

    with opened(config_file) as engine, engine.store.reading() as tx:
        rights = Rights.read(tx, engine.configuration, now)
        rows = register.listed(tx, rights, engine.model)
    if form == "json":
        click.echo(json.dumps([_fields(row) for row in rows], ensure_ascii=False, indent=1))
    elif form == "csv":
        click.echo(_csv(rows), nl=False)
    elif rows:
        _table(rows)
    else:
        click.echo(_EMPTY)


@practice.command()
@engine_options
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@language_option
def spots(config_file: str, now: datetime, form: str, language: Language) -> None:
    """White spots: phases and layers without actions, formal learning without informal, who is left
    out."""
    from ..advice.concert_words import spot  # noqa: PLC0415
    from ..run import practice as register  # noqa: PLC0415
    from ..run.rights import Rights  # noqa: PLC0415

    with opened(config_file) as engine, engine.store.reading() as tx:
        rights = Rights.read(tx, engine.configuration, now)
        found = register.spots(tx, rights, engine.model)
        words = [spot(one, model=engine.model, language=language) for one in found]
    if form == "json":
        rows = [
            {"kind": one.kind, "unit": one.unit, "subject": one.subject, "text": text}
            for one, text in zip(found, words, strict=True)
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not found:
        click.echo("no white spots")
    last = None
    for one, text in zip(found, words, strict=True):
        if one.unit != last:
            click.echo(one.unit or _WHOLE)
            last = one.unit
        click.echo(f"  {text}")


def _fields(row: Row) -> dict[str, object]:
    one = row.practised
    return {
        "unit": one.unit,
        "intervention": one.intervention,
        "layer": row.layer,
        "state": one.state,
        "since": one.since.isoformat(),
        "role": row.role,
        "stands_in": row.stands_in,
    }


def _csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(PRACTICE_COLUMNS)
    for row in rows:
        one = row.practised
        since: date = one.since
        writer.writerow((one.unit, one.intervention, one.state, since.isoformat()))
    return out.getvalue()


def _table(rows: Sequence[Row]) -> None:
    cells = [("unit", "intervention", "state", "since", "by")]
    for row in rows:
        one = row.practised
        role = (row.role or "nobody").replace("_", " ")
        by = f"{role}, standing in" if row.stands_in else role
        where = one.unit or _WHOLE
        cells.append((where, one.intervention, one.state, one.since.isoformat(), by))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())
