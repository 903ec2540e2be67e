"""``leercultuur rebuild``: make the ledger anew from what counts."""

from __future__ import annotations

import click

from .engine import config_option, opened


@click.command()
@config_option
def rebuild(config_file: str) -> None:
    """Count everything again from the entries that say what counts; tells if anything differed."""
    with opened(config_file) as engine:
        differed = engine.rebuild()
    click.echo("made anew: the ledger was not right" if differed else "the ledger was right")
