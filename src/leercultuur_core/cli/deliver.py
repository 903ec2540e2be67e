"""``leercultuur deliver``: send what may go now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from .engine import engine_options, log_option, opened, told_delivered

if TYPE_CHECKING:
    from ..run.logs import Format


@click.command()
@engine_options
@log_option
@click.pass_context
def deliver(ctx: click.Context, config_file: str, now: datetime, log_format: Format | None) -> None:
    """Send what is in the outbox and may go now: in working hours, never too often.

    What could not be sent is tried again at the next run."""
    with opened(config_file, log_format=log_format) as engine:
        done = engine.deliver(now)
    told_delivered(done)
    ctx.exit(0 if done.complete else 3)
