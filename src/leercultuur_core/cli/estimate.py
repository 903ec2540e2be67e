"""``leercultuur estimate``: the phase of whom it may be estimated."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from .engine import engine_options, log_option, opened, told_estimated

if TYPE_CHECKING:
    from ..run.logs import Format


@click.command()
@engine_options
@log_option
def estimate(config_file: str, now: datetime, log_format: Format | None) -> None:
    """Estimate phases from what was collected, of those of whom that may be.

    Needs the works council's yes in the configuration; see docs/privacy.md."""
    with opened(config_file, log_format=log_format) as engine:
        done = engine.estimate(now)
        told_estimated(done, engine.configuration.privacy.minimum_group)
