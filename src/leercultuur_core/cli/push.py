"""``leercultuur push``: take in activities that another program hands over."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from .engine import engine_options, opened, told_collected

_EPILOG = """\b
Example:
  your-program | leercultuur push hr

One JSON object a line: docs/webhook.md. Handing over the same again does no harm.
"""


@click.command(epilog=_EPILOG)
@click.argument("name")
@engine_options
@click.pass_context
def push(ctx: click.Context, name: str, config_file: str, now: datetime) -> None:
    """Take in activities from standard input, as JSON Lines; NAME says whose they are."""
    from ..run.sources import read_activities  # noqa: PLC0415

    with opened(config_file) as engine:
        done = engine.push(name, read_activities(sys.stdin.buffer), now)
    told_collected(done)
    ctx.exit(0 if done.complete else 3)
