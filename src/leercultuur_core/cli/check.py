"""``leercultuur check``: everything the configuration names, without changing anything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from .engine import config_option

_SIGNS = {"ok": "ok      ", "warning": "warning ", "problem": "problem "}


@click.command()
@config_option
@click.pass_context
def check(ctx: click.Context, config_file: str) -> None:
    """Check the configuration and all it names, and what the law asks; change nothing.

    Exit code 2 where there is a problem; warnings are for you to judge.
    """
    from ..run.setup import check as findings  # noqa: PLC0415

    problems = 0
    for finding in findings(Path(config_file), datetime.now(UTC).date()):
        problems += finding.level == "problem"
        hint = f" ({finding.hint})" if finding.hint else ""
        click.echo(f"{_SIGNS[finding.level]}{finding.text}{hint}")
    ctx.exit(2 if problems else 0)
