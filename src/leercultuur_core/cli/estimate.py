"""``leercultuur estimate``: the phase of whom it may be estimated."""

from __future__ import annotations

from datetime import datetime

import click

from .engine import engine_options, opened, told_estimated


@click.command()
@engine_options
def estimate(config_file: str, now: datetime) -> None:
    """Estimate phases from what was collected, of those of whom that may be.

    Needs the works council's yes in the configuration; see docs/privacy.md."""
    with opened(config_file) as engine:
        done = engine.estimate(now)
        told_estimated(done, engine.configuration.privacy.minimum_group)
