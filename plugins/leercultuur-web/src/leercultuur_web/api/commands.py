"""``leercultuur api-client``: who may call the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from leercultuur_core import Engine
from leercultuur_core.extension.commands import config_option

if TYPE_CHECKING:
    from .clients import Clients

# Written out here: `clients` brings SQLAlchemy, and help should not wait for that. A test keeps the two
# the same.
_SCOPES = (
    "activities",
    "people",
    "estimate:own",
    "messages",
    "answers",
    "consent",
    "groups:read",
    "records",
)


@click.group("api-client")
def api_client() -> None:
    """Say which programs may call the JSON API, and what for.

    Each has a name, which is that of its source and its sink too, and a token of its own.
    """


@api_client.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(_SCOPES),
    help="What it may do; give one for each.",
)
@click.option(
    "--days",
    default=365,
    show_default=True,
    type=click.IntRange(1, 3650),
    help="How long its token works.",
)
@click.option(
    "--per-minute",
    default=600,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many requests it may make in a minute.",
)
@config_option
def new(name: str, scopes: tuple[str, ...], days: int, per_minute: int, config_file: str) -> None:
    """Make a client NAME and print its token, once.

    Only a hash of it is kept: who loses it makes a new one.
    """
    from .clients import NAME, SCOPES  # noqa: PLC0415 - brings SQLAlchemy

    if not NAME.fullmatch(name):
        raise click.UsageError("NAME: expected small letters, digits and hyphens, at most 40")
    with _opened(config_file) as (engine, clients):
        taken = {"web", *(one.name for one in engine.configuration.sources)}
        if name in taken:
            raise click.UsageError(
                f"{name} is a source already; what this client brings must not mix"
            )
        token = clients.add(
            name,
            frozenset(one for one in SCOPES if one in scopes),
            now=datetime.now(UTC),
            lifetime=timedelta(days=days),
            per_minute=per_minute,
        )
    if token is None:
        raise click.UsageError(
            f"there is a client {name}; take its token back first: leercultuur api-client revoke {name}"
        )
    click.echo(token)
    click.echo(f"Shown this once; works for {days} days.", err=True)


@api_client.command("list")
@config_option
def list_clients(config_file: str) -> None:
    """List the clients: scopes, requests in a minute, and until when. Never a token."""
    now = datetime.now(UTC)
    with _opened(config_file) as (_, clients):
        found = clients.all()
    if not found:
        click.echo(
            "no clients; make one with: leercultuur api-client new NAME --scope SCOPE", err=True
        )
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        until = f"{'until' if one.expires > now else 'expired'} {one.expires:%Y-%m-%d}"
        scopes = " ".join(sorted(one.scopes))
        click.echo(f"{one.name:<{width}}  {until}  {one.per_minute}/minute  {scopes}")


@api_client.command()
@click.argument("name")
@config_option
def revoke(name: str, config_file: str) -> None:
    """Take the token of client NAME back; it works no more from the next request on.

    What it brought stays.
    """
    with _opened(config_file) as (_, clients):
        if not clients.revoke(name):
            raise click.UsageError(f"there is no client {name}; see: leercultuur api-client list")
    click.echo(f"{name}: its token works no more")


@contextmanager
def _opened(config_file: str) -> Iterator[tuple[Engine, Clients]]:
    from ..serve import switched_on  # noqa: PLC0415 - only where something is done
    from .clients import Clients  # noqa: PLC0415 - brings SQLAlchemy

    with Engine.from_config(config_file) as engine:
        switched_on(engine)
        yield engine, Clients(engine.database)


__all__ = ["api_client"]
