"""``leercultuur infer``: phases from files of activity."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal

import click

from ..maturity.vocabulary import PHASES, UNKNOWN, Language
from ..phases import Estimate
from .asked import Asked, asks_for_files
from .bulk import Engine, chosen, read_in_bulk
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
  leercultuur infer year/*.ndjson --engine duckdb --format jsonl > phases.jsonl

Nothing is stored. The names in the files are the names you see.
"""


@click.command(epilog=_EPILOG)
@asks_for_files
@click.option("--reasons", is_flag=True, help="Say for each person what the estimate rests on.")
@click.option(
    "--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True
)
@click.option(
    "--engine",
    type=Engine(),
    metavar="NAME",
    help="stream: one pass in this process. duckdb: about twice as fast for large files. spark, or "
    "spark=URL: on a cluster. All give the same. Without it: duckdb for 128 MB or more, where it is "
    "installed and knows how the files are written; else stream.",
)
@language_option
@click.pass_context
def infer(
    ctx: click.Context,
    asked: Asked,
    reasons: bool,
    form: str,
    engine: str | None,
    language: Language,
) -> None:
    """In which phase each learner in FILE… seems to be, and how sure that is."""
    said = language if reasons else None
    write = partial(_line, reasons=said)
    if (name := chosen(engine, asked)) == "stream":
        reading, estimates = asked.estimates()
        if form == "jsonl":
            for one in estimates.values():
                click.echo(write(one))
        else:
            _table(estimates, said)
        ctx.exit(reading.exit_code)
    with read_in_bulk(asked, name) as bulk:
        if form == "jsonl":
            for line in bulk.lines(write):
                click.echo(line)
        else:
            _table(bulk.estimates(), said)
        code = bulk.kept.exit_code
    ctx.exit(code)


def _line(one: Estimate, reasons: Language | None) -> str:
    return json.dumps(as_row(one, reasons), ensure_ascii=False)


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


def print_summary(console: Console, estimates: Mapping[str, Estimate]) -> None:
    """How many people are shown in each phase."""
    people = Counter(one.phase for one in estimates.values())
    console.print("phase       people", markup=False)
    for phase in (UNKNOWN, *PHASES):
        hint = phase == UNKNOWN and people[phase]
        note = "   too little to see; asking them would tell most" if hint else ""
        console.print(f"{phase:<10}  {people[phase]:>6,}{note}", markup=False)


def _table(estimates: Mapping[str, Estimate], reasons: Language | None) -> None:
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
