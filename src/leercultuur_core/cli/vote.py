"""``leercultuur vote``: a team chooses among three proposed actions which comes first."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import click

from .engine import config_option, engine_options, one_person, opened

if TYPE_CHECKING:
    from ..run.voting import Vote

_WHOLE = "the whole organisation"


@click.group()
def vote() -> None:
    """Let a team choose which of three actions comes first; what it chooses leads.

    Told of a vote is the choice and nothing else, and only where enough people voted. A vote may be
    changed until the round closes; then who voted what is let go of.
    """


@vote.command("open")
@click.option("--unit", required=True, help="Whose vote: the path of a unit.")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="ACTION",
    help="An action of the catalogue; give three, or none to have three proposed that fit the unit.",
)
@engine_options
def open_(unit: str, options: tuple[str, ...], config_file: str, now: datetime) -> None:
    """Open a round in a unit."""
    with opened(config_file) as engine:
        click.echo(_told(engine.open_vote(unit, options, now)))


@vote.command()
@click.argument("who", metavar="PERSON")
@click.argument("choice", metavar="ACTION")
@engine_options
def cast(who: str, choice: str, config_file: str, now: datetime) -> None:
    """Note what a person votes in the open round of their unit, in the place of an earlier vote."""
    with opened(config_file) as engine:
        engine.vote(one_person(engine, who, now), choice, now)
    click.echo("noted; it can be changed until the round closes")


@vote.command()
@click.option("--unit", required=True, help="Whose vote: the path of a unit.")
@engine_options
def close(unit: str, config_file: str, now: datetime) -> None:
    """Close the open round of a unit, and tell the choice."""
    with opened(config_file) as engine:
        click.echo(_told(engine.close_vote(unit, now)))


@vote.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@config_option
def show(form: str, config_file: str) -> None:
    """Show every round with what may be told of it, oldest first."""
    with opened(config_file) as engine:
        found = engine.votes()
    if form == "json":
        click.echo(json.dumps([_row(one) for one in found], ensure_ascii=False, indent=1))
        return
    for one in found:
        click.echo(_told(one))
    if not found:
        click.echo("no round was opened yet; leercultuur vote open does that")


def _row(one: Vote) -> dict[str, object]:
    return {
        "unit": one.unit,
        "options": list(one.options),
        "opened": one.opened.isoformat(),
        "closed": one.closed.isoformat() if one.closed else None,
        "chosen": one.chosen or None,
        "tied": one.tied,
    }


def _told(one: Vote) -> str:
    if one.closed is None:
        outcome = f"open since {one.opened:%Y-%m-%d}"
    elif one.chosen:
        outcome = f"chosen: {one.chosen}"
    else:
        outcome = "tied: no choice" if one.tied else "not known: nothing can be told of it"
    return f"{one.unit or _WHOLE} · {outcome} · of {', '.join(one.options)}"
