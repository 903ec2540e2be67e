"""``leercultuur releases``: what is shown of each unit this quarter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ..maturity.vocabulary import PHASES
from .engine import engine_options, opened

if TYPE_CHECKING:
    from ..run.releasing import UnitRelease

_WHOLE = "the whole organisation"
_HIDDEN = {
    "too_few": "hidden: too few people for now",
    "too_alike": "hidden: nearly all alike",
    "too_near": "hidden: too near to what was shown before",
}


@click.command()
@engine_options
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def releases(config_file: str, now: datetime, form: str) -> None:
    """What is shown of each unit this quarter: shares of the phases in bands.

    It is made once a quarter by plan, and then stays as it is. SINCE is the quarter whose values
    these are: where no new ones can be shown, the last ones stay. Why a unit is hidden is for you
    who runs this; to others, say that there is nothing to show.
    """
    with opened(config_file) as engine:
        found = engine.releases(now)
    if form == "json":
        click.echo(json.dumps([_row(one) for one in found], ensure_ascii=False, indent=1))
    elif found:
        _table(found)
    else:
        click.echo("nothing is released in this quarter; leercultuur plan does that, after go-live")


def _row(one: UnitRelease) -> dict[str, object]:
    row: dict[str, object] = {"unit": one.unit, "quarter": one.quarter}
    if one.release is None:
        return {**row, "hidden": one.reason}
    shares = {phase: [band.low, band.high] for phase, band in one.release.shares.items()}
    return {**row, "since": one.made, "at_least": one.release.minimum, "shares": shares}


def _table(found: Sequence[UnitRelease]) -> None:
    width = max(len(one.unit or _WHOLE) for one in found)
    phases = "  ".join(f"{phase:<10}" for phase in PHASES).rstrip()
    click.echo(f"{'unit':<{width}}  {'since':<7}  {phases}")
    for one in found:
        head = f"{one.unit or _WHOLE:<{width}}"
        if one.release is None:
            click.echo(f"{head}  {one.quarter}  {_HIDDEN[one.reason or 'too_few']}")
            continue
        shares = "  ".join(f"{one.release.shares[phase]!s:<10}" for phase in PHASES).rstrip()
        click.echo(f"{head}  {one.made}  {shares}")
