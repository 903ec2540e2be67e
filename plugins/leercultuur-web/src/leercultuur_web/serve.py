"""``leercultuur serve`` and ``leercultuur sign-in``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from leercultuur_core import ConfigError, Engine, Problem
from leercultuur_core.extension.commands import Moment, config_option

from .settings import WebSettings, settings_of

if TYPE_CHECKING:
    from starlette.applications import Starlette

_now = click.option(
    "--now",
    type=Moment(),
    show_default="the clock",
    help="As if it were this moment; for trying things out.",
)


@click.command()
@config_option
@_now
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--proxy",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESSES",
    help="Proxies that are believed about where a request came from, with commas.",
)
def serve(config_file: str, now: datetime | None, host: str, port: int, proxy: str) -> None:
    """Show people their own page, inside the LMS or by a link.

    Put a proxy with https before it. One process; stop it with Ctrl-C.
    """
    import uvicorn  # noqa: PLC0415 - only where something is served

    with Engine.from_config(config_file) as engine:
        app, settings = _app(engine, clock_from(now))
        click.echo(f"{settings.url}  open, listening on {host}:{port}", err=True)
        # No access log: addresses hold tokens.
        uvicorn.run(
            app,
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            forwarded_allow_ips=proxy,
        )


@click.command("sign-in")
@click.argument("who", metavar="PERSON")
@config_option
@_now
def sign_in(who: str, config_file: str, now: datetime | None) -> None:
    """Print a link with which PERSON signs in once, to give to them and nobody else.

    PERSON is an identifier, a mail address, a name from the people file, or the person's id.
    """
    from .sessions import Tickets  # noqa: PLC0415 - brings SQLAlchemy

    now = now or datetime.now(UTC)
    with Engine.from_config(config_file) as engine:
        switched_on(engine)
        settings = settings_of(engine)
        found = engine.find(who, now)
        if len(found) != 1:
            known = "nobody is" if not found else f"{len(found)} people are"
            raise click.UsageError(f"{known} known by that; use the id of one person")
        token = Tickets(engine.database).issue(
            "sign_in",
            found[0],
            language=engine.configuration.organisation.language,
            now=now,
            lifetime=timedelta(hours=settings.sign_in_hours),
        )
    click.echo(f"{settings.url}/in/{token}")
    click.echo(f"Works once, for {settings.sign_in_hours} hours.", err=True)


def clock_from(now: datetime | None) -> Callable[[], datetime]:
    """The clock; with ``now`` one that stood there when this was called."""
    if now is None:
        return lambda: datetime.now(UTC)
    ahead = now - datetime.now(UTC)
    return lambda: datetime.now(UTC) + ahead


def _app(engine: Engine, clock: Callable[[], datetime]) -> tuple[Starlette, WebSettings]:
    from .app import create_app  # noqa: PLC0415 - brings the framework

    switched_on(engine)
    settings = settings_of(engine)
    answers, expected = engine.configuration.answers, f"{settings.url}/a"
    if answers is not None and answers.url.rstrip("/") != expected:
        problem = Problem(
            "answers.url", f'"{expected}"', f'"{answers.url}"', "links go to these pages"
        )
        raise ConfigError("leercultuur.toml", [problem])
    return create_app(engine, settings, clock=clock), settings


def switched_on(engine: Engine) -> None:
    """Sessions are in the store: without the plugin nobody could be erased any more."""
    if not engine.plugins.implements("web", "leercultuur_erase_person"):
        hint = 'add "web" to plugins'
        problem = Problem("plugins", 'a list with "web" in it', "none", hint)
        raise ConfigError("leercultuur.toml", [problem])
