"""``leercultuur infer``: phases from files of activity."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Literal

import click

from ..maturity.vocabulary import PHASES, UNKNOWN, Language
from ..phases import Estimate, Estimates
from .asked import Asked, asks_for_files
from .reading import language_option, printable

if TYPE_CHECKING:
    from rich.console import Console

_LISTED = 40
"""Up to this many people the table names each; above it, JSON Lines does."""

_EPILOG = """\b
Examples:
  leercultuur infer statements.ndjson.gz --at 2026-03-02
  leercultuur infer january.ndjson february.ndjson --format jsonl > phases.jsonl
  leercultuur infer statements.json --reasons --parameters params.toml

Nothing is stored. The names in the files are the names you see.
"""


@click.command(epilog=_EPILOG)
@asks_for_files
@click.option("--reasons", is_flag=True, help="Say for each person what the estimate rests on.")
@click.option(
    "--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True
)
@language_option
@click.pass_context
def infer(
    ctx: click.Context,
    asked: Asked,
    reasons: bool,
    form: str,
    language: Language,
) -> None:
    """In which phase each learner in FILE… seems to be, and how sure that is."""
    reading, estimates = asked.estimates()
    if form == "jsonl":
        for one in estimates.values():
            click.echo(json.dumps(as_row(one, language if reasons else None), ensure_ascii=False))
    else:
        _table(estimates, language if reasons else None)
    ctx.exit(reading.exit_code)


def as_row(one: Estimate, reasons: Language | None = None) -> dict[str, object]:
    """The JSON of one estimate; with its reasons in the language ``reasons``, when given."""
    said = one.you_said
    row: dict[str, object] = {
        "learner": one.learner,
        "identifier": one.identifier,
        "at": one.at.isoformat(),
        "phase": one.phase,
        "you_said": said and {"phase": said.phase, "on": said.on.isoformat()},
        "probability": one.probability,
        "probabilities": dict(one.probabilities),
        "episode": one.episode,
        "cycles": one.cycles,
    }
    if reasons:
        row["reasons"] = [
            {
                "kind": reason.kind,
                "count": reason.count,
                "weeks": reason.weeks,
                "log_odds": reason.log_odds,
                "text": reason.text,
            }
            for reason in one.explain(reasons)
        ]
    return row


def print_summary(console: Console, estimates: Estimates) -> None:
    """How many people are shown in each phase."""
    people = Counter(one.phase for one in estimates.values())
    console.print("phase       people", markup=False)
    for phase in (UNKNOWN, *PHASES):
        hint = phase == UNKNOWN and people[phase]
        note = "   too little to see; asking them would tell most" if hint else ""
        console.print(f"{phase:<10}  {people[phase]:>6,}{note}", markup=False)


def _table(estimates: Estimates, reasons: Language | None) -> None:
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console(highlight=False)
    print_summary(console, estimates)
    console.print()
    if not estimates:
        console.print("Nobody was seen before this day.")
        return
    if len(estimates) > _LISTED:
        console.print("One line for each person: --format jsonl")
        return
    listing = Table(box=None, pad_edge=False)
    for heading in ("learner", "phase", "sure", "since", "own answer"):
        justify: Literal["left", "right"] = "right" if heading == "sure" else "left"
        listing.add_column(heading, justify=justify, overflow="fold")
    for one in estimates.values():
        said = f"{one.you_said.phase} ({one.you_said.on})" if one.you_said else ""
        listing.add_row(
            escape(printable(one.learner)), one.phase, f"{one.probability:.2f}", one.episode, said
        )
        for reason in one.explain(reasons) if reasons else ():
            listing.add_row(f"  {reason.text} ({reason.log_odds:+.1f})")
    console.print(listing)
