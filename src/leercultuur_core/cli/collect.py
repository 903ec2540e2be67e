"""``leercultuur collect``: read what is new."""

from __future__ import annotations

from datetime import datetime

import click

from .engine import engine_options, opened, told_collected
from .reading import progress


@click.command()
@engine_options
@click.pass_context
def collect(ctx: click.Context, config_file: str, now: datetime) -> None:
    """Read people and activity from everything the configuration names.

    What was read before counts once. A source that fails is named, and the others go on."""
    with opened(config_file) as engine, progress("collect", 0) as advance:
        done = engine.collect(now, progress=lambda _source, count: advance(count))
    told_collected(done)
    ctx.exit(0 if done.complete else 3)
