"""``leercultuur evaluate``: hold estimates against phases that are known."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import click
from attrs import asdict

from ..errors import ConfigError, Problem
from ..maturity.vocabulary import PHASES
from ..phases import Evaluation
from ..phases import evaluate as judge
from .asked import Asked, asks_for_files

_EPILOG = """\b
Example:
  leercultuur evaluate statements.ndjson.gz --at 2026-03-02 --labels labels.csv

labels.csv has two columns, identifier and phase. The identifier is the canonical one, or a name or
mailbox that occurs once in the files.
"""


@click.command(epilog=_EPILOG)
@asks_for_files
@click.option(
    "--labels", "labels_file", required=True, metavar="FILE", help="CSV with identifier,phase."
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.pass_context
def evaluate(
    ctx: click.Context,
    asked: Asked,
    labels_file: str,
    form: str,
) -> None:
    """How well the estimates from FILE… agree with the phases in a labels file."""
    labels = read_labels(labels_file)
    reading, estimates = asked.estimates()
    result = judge(estimates, labels)
    if form == "json":
        click.echo(json.dumps(asdict(result), indent=1))
    else:
        _table(result)
    ctx.exit(reading.exit_code)


def read_labels(path: str) -> dict[str, str]:
    """identifier → phase from a CSV file; `ConfigError` with every problem at once."""
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            path, [Problem(path, "a readable UTF-8 file", type(error).__name__)]
        ) from error
    reader = csv.reader(lines)
    try:
        rows = list(reader)
    except csv.Error as error:
        place = f"line {reader.line_num}"
        problem = Problem(place, "comma separated values", str(error))
        raise ConfigError(path, [problem]) from None
    head = rows[0] if rows else []
    if head != ["identifier", "phase"]:
        # Without a header the first line is somebody, and with its columns swapped each line is.
        found = "others" if head else "nothing"
        raise ConfigError(path, [Problem("line 1", "the columns identifier,phase", found)])
    problems: list[Problem] = []
    labels: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        if not row:
            continue
        if len(row) != 2:
            problems.append(Problem(f"line {number}", "two columns", f"{len(row)}"))
        elif row[1] not in PHASES:
            problems.append(
                Problem(f"line {number}, phase", f"one of {', '.join(PHASES)}", "another word")
            )
        elif row[0] in labels:
            problems.append(Problem(f"line {number}, identifier", "each once", "one named before"))
        else:
            labels[row[0]] = row[1]
    if problems:
        raise ConfigError(path, problems)
    return labels


def _table(result: Evaluation) -> None:
    click.echo(f"labels with an estimate  {result.n:>8,}")
    click.echo(f"labels without           {len(result.missing):>8,}")
    if not result.n:
        return
    click.echo(f"macro-F1                 {result.macro_f1:>8.3f}")
    click.echo(f"log loss                 {result.log_loss:>8.3f}")
    click.echo(f"calibration error        {result.calibration_error:>8.3f}")
    click.echo(f"a phase is shown for     {result.coverage:>8.1%}")
    click.echo(f"  and is right in        {result.shown_accuracy:>8.1%}")
    click.echo("\nlabel (down), most probable (across)")
    click.echo(f"{'':12}" + "".join(f"{phase:>12}" for phase in PHASES))
    for phase, row in zip(PHASES, result.confusion, strict=True):
        click.echo(f"{phase:12}" + "".join(f"{count:>12,}" for count in row))
