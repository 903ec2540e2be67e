"""``leercultuur run``: the whole night, for cron."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from .engine import (
    engine_options,
    log_option,
    opened,
    told_collected,
    told_delivered,
    told_estimated,
    told_planned,
)
from .reading import progress

if TYPE_CHECKING:
    from ..run.logs import Format


@click.command()
@engine_options
@log_option
@click.pass_context
def run(ctx: click.Context, config_file: str, now: datetime, log_format: Format | None) -> None:
    """Collect, estimate, plan and deliver, and let go of what is kept no longer.

    May be stopped at any moment: the next run goes on from there. One run at a time.
    """
    with opened(config_file, log_format=log_format) as engine, progress("run", 0) as advance:
        ran = engine.run(now, progress=lambda _source, count: advance(count))
        minimum_group = engine.configuration.privacy.minimum_group
    told_collected(ran.collected)
    told_estimated(ran.estimated, minimum_group)
    told_planned(ran.planned)
    told_delivered(ran.delivered)
    ctx.exit(0 if ran.complete else 3)
