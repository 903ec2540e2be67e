"""``leercultuur person``: what is held of one person, their yes or no, and who they are."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal

import click

from ..privacy.purposes import purposes
from .engine import engine_options, one_person, opened, reader


@click.group()
def person() -> None:
    """One person: export, erase, consent, and the identities that are theirs.

    PERSON is an identifier such as account|https://leren.example|sanne, a mail address, a name from
    the people file, or the person's id in the store.
    """


@person.command()
@click.argument("who", metavar="PERSON")
@engine_options
def export(who: str, config_file: str, now: datetime) -> None:
    """Print everything held of a person, as JSON; noted in the audit."""
    with opened(config_file) as engine:
        found = engine.export(one_person(engine, who, now), now, by=reader())
    click.echo(json.dumps(found, ensure_ascii=False, indent=1))


@person.command()
@click.argument("who", metavar="PERSON")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@engine_options
def erase(who: str, yes: bool, config_file: str, now: datetime) -> None:
    """Forget a person for good, and keep the next run from bringing them back."""
    with opened(config_file) as engine:
        uuid = one_person(engine, who, now)
        if not yes:
            click.confirm("Everything of this person goes, for good. Go on?", abort=True)
        counts = engine.erase(uuid, now, known_as=(who, who.rpartition("|")[2]))
    left = counts.pop("not_taken_back", 0)
    for table, count in sorted(counts.items()):
        click.echo(f"{table:<14} {count:>8,} gone")
    click.echo("Backups still hold them; write down when those are deleted.")
    if left:
        click.echo(
            f"{left:,} messages could not be taken out of their calendar; take them out there.",
            err=True,
        )


@person.command()
@click.argument("who", metavar="PERSON")
@click.argument("purpose", type=click.Choice(list(purposes())))
@click.argument("said", type=click.Choice(["yes", "no"]))
@click.option("--by", default="self", show_default=True, help="Who noted it down.")
@engine_options
def consent(
    who: str,
    purpose: str,
    said: Literal["yes", "no"],
    by: str,
    config_file: str,
    now: datetime,
) -> None:
    """Note a person's yes or no to a purpose; a no takes effect at once."""
    with opened(config_file) as engine:
        engine.consent(one_person(engine, who, now), purpose, said == "yes", now, by=by)
    click.echo("noted")


@person.command()
@click.argument("who", metavar="PERSON")
@click.argument("channels", metavar="[CHANNEL]...", nargs=-1)
@engine_options
def channel(who: str, channels: tuple[str, ...], config_file: str, now: datetime) -> None:
    """Note on which CHANNEL a person wants messages, such as mail; with several, the first first.

    Without one they come in the organisation's order again. What cannot come that way goes another.
    """
    with opened(config_file) as engine:
        try:
            engine.choose_channels(one_person(engine, who, now), channels, now)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    click.echo("noted")


@person.command()
@click.argument("identifier")
@click.argument("who", metavar="PERSON")
@engine_options
@click.pass_context
def link(ctx: click.Context, identifier: str, who: str, config_file: str, now: datetime) -> None:
    """Say that IDENTIFIER is this person too; can be taken back with unlink."""
    with opened(config_file) as engine:
        done = engine.link(identifier, one_person(engine, who, now), now)
    if not done:
        click.echo("not linked: that identifier is of somebody who was erased", err=True)
        ctx.exit(1)
    click.echo("linked")


@person.command()
@click.argument("identifier")
@engine_options
@click.pass_context
def unlink(ctx: click.Context, identifier: str, config_file: str, now: datetime) -> None:
    """Say that IDENTIFIER is somebody else; they get an id of their own."""
    with opened(config_file) as engine:
        uuid = engine.unlink(identifier, now)
    if uuid is None:
        click.echo("that identifier was never seen", err=True)
        ctx.exit(1)
    click.echo(uuid)
