"""``leercultuur calibrate``: fit the model's parameters to your own data."""

from __future__ import annotations

from pathlib import Path

import click

from ..phases import Calibration, dump_parameters
from ..phases import calibrate as fit
from .asked import Asked, asks_for_files
from .reading import progress

_EPILOG = """\b
Example:
  leercultuur calibrate statements.ndjson.gz --at 2026-03-02 --out params.toml
  leercultuur infer statements.ndjson.gz --at 2026-03-02 --parameters params.toml

Needs no labels. Own answers to the phase question, where there are some, keep the phases' meaning
in place. New parameters that fit worse, or agree less with own answers, are not written.
A trained model may be an AI system in law: see docs/model.md.
"""


@click.command(epilog=_EPILOG)
@asks_for_files
@click.option("--out", required=True, metavar="FILE", help="Where the new parameters go.")
@click.pass_context
def calibrate(
    ctx: click.Context,
    asked: Asked,
    out: str,
) -> None:
    """Fit the phase model to the activity in FILE… and write its parameters."""
    reading = asked.read()
    with progress("calibrating", 1000) as advance:
        result = fit(
            reading.fold.ledger,
            at=asked.at,
            parameters=asked.parameters,
            progress=lambda done, most: advance(1000 * done // most),
        )
    _report(result)
    if not result.accepted:
        click.echo(f"Not written: {result.why}", err=True)
        ctx.exit(1)
    Path(out).write_text(dump_parameters(result.parameters), "utf-8")
    click.echo(f"Written: {out}")
    ctx.exit(reading.exit_code)


def _report(result: Calibration) -> None:
    """What fitting did, so that one can judge it oneself."""
    click.echo(f"people                      {result.people:>10,}")
    click.echo(f"weeks of all people         {result.person_weeks:>10,}")
    click.echo(f"passes                      {result.passes:>10,}")
    if not result.passes:
        return
    per_week = max(result.person_weeks, 1)
    click.echo(
        f"log-likelihood per week     {result.log_likelihood_before / per_week:>10.4f} before"
    )
    click.echo(f"                            {result.log_likelihood_after / per_week:>10.4f} after")
    click.echo(f"own answers                 {result.answers:>10,}")
    for agreement, when in ((result.agreement_before, "before"), (result.agreement_after, "after")):
        if agreement is not None:
            click.echo(f"agreement with own answers  {agreement:>10.3f} {when} (weighted kappa)")
    click.echo(result.why)
