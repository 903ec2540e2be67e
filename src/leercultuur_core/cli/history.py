"""``leercultuur history``: one person's story from the store, for that person."""

from __future__ import annotations

from datetime import datetime

import click

from ..maturity.vocabulary import Language
from .engine import engine_options, one_person, opened, reader
from .reading import language_option


@click.command()
@click.argument("who", metavar="PERSON")
@engine_options
@language_option
@click.pass_context
def history(
    ctx: click.Context, who: str, config_file: str, now: datetime, language: Language
) -> None:
    """Week by week what is believed of a person, as now known, and why; noted in the audit.

    It is theirs: show it to them and to nobody else.
    """
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn

    from .story import draw_bars, draw_reasons, draw_weeks  # noqa: PLC0415

    with opened(config_file) as engine:
        one = engine.believed(one_person(engine, who, now), now, by=reader())
    if one is None:
        click.echo(
            "There is no estimate: nothing was seen, or it may not be made. "
            "leercultuur status --why says which."
        )
        ctx.exit(0)
    console = Console(highlight=False)
    draw_bars(console, one, language)
    console.print()
    draw_weeks(console, one, language)
    console.print()
    draw_reasons(console, one, language)
