"""``leercultuur deliver``: send what may go now."""

from __future__ import annotations

from datetime import datetime

import click

from .engine import engine_options, opened, told_delivered


@click.command()
@engine_options
@click.pass_context
def deliver(ctx: click.Context, config_file: str, now: datetime) -> None:
    """Send what is in the outbox and may go now: in working hours, never too often.

    What could not be sent is tried again at the next run."""
    with opened(config_file) as engine:
        done = engine.deliver(now)
    told_delivered(done)
    ctx.exit(0 if done.complete else 3)
