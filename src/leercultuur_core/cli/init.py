"""``leercultuur init``: a commented configuration, an identity key, and an empty store."""

from __future__ import annotations

from pathlib import Path

import click

from .engine import opened


@click.command()
@click.argument("folder", default=".", metavar="[FOLDER]")
@click.option("--name", default="My organisation", show_default=True, help="Of the organisation.")
def init(folder: str, name: str) -> None:
    """Write leercultuur.toml, identity.key, links.key and the store into FOLDER.

    Where the configuration is there already, only the store that it names is made.
    """
    from ..run.config import FILE_NAME, read_configuration  # noqa: PLC0415
    from ..run.setup import initialise  # noqa: PLC0415

    path = Path(folder) / FILE_NAME
    store = ""
    if path.exists():
        store = read_configuration(path).store_url.removeprefix("sqlite:///")
    if not store or Path(store).exists():
        path, key, links_key = initialise(Path(folder), name)
        click.echo(f"{path}  look through it, then: leercultuur check")
        click.echo(f"{key}  keep a copy in a safe place: without it nobody is recognised")
        click.echo(f"{links_key}  signs the links people answer by")
    with opened(str(path), create=True) as engine:
        click.echo(f"{engine.store.name}  the store, empty")
