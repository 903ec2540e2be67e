"""``leercultuur explain``: one person's story, week by week."""

from __future__ import annotations

import json

import click

from ..maturity.vocabulary import PHASES, Language
from .asked import Asked, asks_for_files
from .infer import as_row
from .reading import language_option, printable

_EPILOG = """\b
Example:
  leercultuur explain statements.ndjson.gz --at 2026-03-02 --learner sanne

An estimate is a guess with reasons, not a verdict. The person's own answer outranks it.
"""


@click.command(epilog=_EPILOG)
@asks_for_files
@click.option(
    "--learner", required=True, metavar="NAME", help="Name, mailbox or identifier as in the files."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@language_option
@click.pass_context
def explain(
    ctx: click.Context,
    asked: Asked,
    learner: str,
    form: str,
    language: Language,
) -> None:
    """How one learner's phase moved, and what the estimate rests on."""
    reading, estimates = asked.estimates()
    try:
        one = estimates[learner]
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from error
    if form == "json":
        row = as_row(one, language)
        row["weeks"] = [
            {
                "week": week.label,
                "phase": week.shown,
                "path": week.path,
                "probabilities": {phase: week.probabilities[phase] for phase in PHASES},
                "counts": {**week.counts},
            }
            for week in one.story()
        ]
        click.echo(json.dumps(row, ensure_ascii=False, indent=1))
        ctx.exit(reading.exit_code)
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn

    from .story import draw_bars, draw_reasons, draw_weeks  # noqa: PLC0415

    console = Console(highlight=False)
    console.print(f"{printable(one.learner)} · {one.at}\n", markup=False)
    draw_bars(console, one, language)
    console.print()
    draw_weeks(console, one, language)
    console.print()
    draw_reasons(console, one, language)
    ctx.exit(reading.exit_code)
