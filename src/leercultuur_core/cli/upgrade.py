"""``leercultuur upgrade``: bring a store of an older version up to date."""

from __future__ import annotations

import click

from .engine import config_option, opened


@click.command()
@config_option
def upgrade(config_file: str) -> None:
    """Bring the store up to date with this program, in one transaction. Make a backup first."""
    with opened(config_file, upgrade=True) as engine:
        click.echo(f"{engine.store.name}: schema {engine.store.version()}")
