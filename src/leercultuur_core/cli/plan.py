"""``leercultuur plan``: put a fitting step in the outbox."""

from __future__ import annotations

from datetime import datetime

import click

from .engine import engine_options, opened, told_planned


@click.command()
@engine_options
def plan(config_file: str, now: datetime) -> None:
    """Put at most one fitting step for each person in the outbox; sends nothing."""
    with opened(config_file) as engine:
        done = engine.plan(now)
    told_planned(done)
