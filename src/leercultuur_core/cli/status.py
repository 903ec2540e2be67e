"""``leercultuur status``: how things stand, and why nothing was sent to somebody."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import click
from attrs import asdict

from ..maturity.vocabulary import Language
from .engine import engine_options, one_person, opened, reader
from .reading import language_option

if TYPE_CHECKING:
    from ..run.status import Status, Why


@click.command()
@engine_options
@click.option("--why", "who", metavar="PERSON", help="Why nothing was sent to this person.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@language_option
def status(config_file: str, now: datetime, who: str | None, form: str, language: Language) -> None:
    """How things stand: the last runs, the outbox, and what is left to look at.

    With --why, in one sentence why nothing was sent to a person. That is noted in the audit.
    """
    with opened(config_file) as engine:
        if who is not None:
            person = one_person(engine, who, now)
            why = engine.why(person, now, by=reader(), language=language)
            click.echo(_json(why) if form == "json" else why.text)
            return
        found = engine.status(now)
    if form == "json":
        click.echo(_json(found))
    else:
        _show(found)


def _json(value: Status | Why) -> str:
    return json.dumps(asdict(value), default=_iso, ensure_ascii=False, indent=1)


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _show(found: Status) -> None:
    live = "live" if found.live else "not live: no yes of the works council on record"
    click.echo(f"{found.organisation} · {found.people:,} people · {live}")
    for run in found.runs:
        outcome = "stopped half-way" if run.outcome is None else run.outcome
        click.echo(f"{run.verb:<9} {run.started:%Y-%m-%d %H:%M} UTC  {outcome}")
    for source in found.sources:
        read = "never read" if source.read is None else f"read {source.read:%Y-%m-%d %H:%M} UTC"
        click.echo(f"source    {source.name}  {read}")
    states = " · ".join(f"{count:,} {state}" for state, count in found.outbox.items())
    click.echo(f"outbox    {states or 'empty'}")
    for line in found.left:
        click.echo(f"left      {line}")
    for message in found.uncertain:
        click.echo(f"uncertain {message}")
    if not found.left:
        click.echo("left      nothing")
