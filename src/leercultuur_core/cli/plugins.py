"""``leercultuur plugins``: what is installed, what it gives, and what is broken."""

from __future__ import annotations

import json

import click
from attrs import asdict, frozen

from ..extension import HOOKS, Plugins, installed


@frozen
class Row:
    """What is told of one plugin."""

    name: str
    distribution: str
    version: str
    hooks: list[str]
    adapters: list[str]
    error: str | None


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.pass_context
def plugins(ctx: click.Context, form: str) -> None:
    """Plugins that are installed: what each gives, and why one cannot be used.

    Installed is not switched on: a command uses only the plugin it needs.
    """
    on_disk = installed()
    loaded = Plugins.load(available=on_disk)
    adapters: dict[str, list[str]] = {}
    for owner, classes in loaded.call("leercultuur_adapters"):
        adapters.setdefault(owner, []).extend(adapter.name for adapter in classes)
    loaded.adapters()  # names claimed twice are found here
    rows = [
        Row(
            name=plugin.name,
            distribution=plugin.distribution,
            version=plugin.version,
            hooks=[hook for hook in HOOKS if loaded.implements(plugin.name, hook)],
            adapters=adapters.get(plugin.name, []),
            error=str(loaded.broken[plugin.name]) if plugin.name in loaded.broken else None,
        )
        for plugin in on_disk
    ]
    if form == "json":
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
    elif not rows:
        click.echo("No plugins installed. To read xAPI files: pip install leercultuur-xapi")
    else:
        for row in rows:
            _show(row)
    ctx.exit(1 if loaded.broken else 0)


def _show(row: Row) -> None:
    click.echo(f"{row.name}  ({row.distribution} {row.version})")
    if row.error is not None:
        click.echo(f"  cannot be used: {row.error}")
        return
    for adapter in row.adapters:
        click.echo(f"  adapter {adapter}")
    click.echo(f"  hooks   {', '.join(row.hooks)}")
