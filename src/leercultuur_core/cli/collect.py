"""``leercultuur collect``: read what is new."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from .engine import engine_options, log_option, opened, told_collected
from .reading import progress

if TYPE_CHECKING:
    from ..run.logs import Format


@click.command()
@engine_options
@log_option
@click.pass_context
def collect(ctx: click.Context, config_file: str, now: datetime, log_format: Format | None) -> None:
    """Read people and activity from everything the configuration names.

    What was read before counts once. A source that fails is named, and the others go on."""
    with opened(config_file, log_format=log_format) as engine, progress("collect", 0) as advance:
        done = engine.collect(now, progress=lambda _source, count: advance(count))
    told_collected(done)
    ctx.exit(0 if done.complete else 3)
