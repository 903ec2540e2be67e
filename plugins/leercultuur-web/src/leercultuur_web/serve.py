"""``leercultuur serve`` and ``leercultuur sign-in``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leercultuur_core import ConfigError, Engine, Problem

from .settings import FILE_NAME, WebSettings, read_settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

_config = click.option(
    "--config",
    "config_file",
    default="leercultuur.toml",
    show_default=True,
    metavar="FILE",
    help="The organisation's configuration.",
)

_settings = click.option(
    "--web",
    "web_file",
    metavar="FILE",
    show_default=f"{FILE_NAME} beside the configuration",
    help="The settings of the pages.",
)


@click.command()
@_config
@_settings
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--proxy",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESSES",
    help="Proxies that are believed about where a request came from, with commas.",
)
def serve(config_file: str, web_file: str | None, host: str, port: int, proxy: str) -> None:
    """Show people their own page, inside the LMS or by a link.

    Put a proxy with https before it. One process; stop it with Ctrl-C.
    """
    import uvicorn  # noqa: PLC0415 - only where something is served

    settings = _read(config_file, web_file)
    with Engine.from_config(config_file) as engine:
        app = _app(engine, settings)
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
@_config
@_settings
def sign_in(who: str, config_file: str, web_file: str | None) -> None:
    """Print a link with which PERSON signs in once, to give to them and nobody else.

    PERSON is an identifier, a mail address, a name from the people file, or the person's id.
    """
    from .sessions import Tickets  # noqa: PLC0415 - brings SQLAlchemy

    settings = _read(config_file, web_file)
    now = datetime.now(UTC)
    with Engine.from_config(config_file) as engine:
        _switched_on(engine)
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


def _read(config_file: str, web_file: str | None) -> WebSettings:
    return read_settings(Path(web_file) if web_file else Path(config_file).parent / FILE_NAME)


def _app(engine: Engine, settings: WebSettings) -> Starlette:
    from .app import create_app  # noqa: PLC0415 - brings the framework

    _switched_on(engine)
    answers, expected = engine.configuration.answers, f"{settings.url}/a"
    if answers is not None and answers.url.rstrip("/") != expected:
        problem = Problem(
            "answers.url", f'"{expected}"', f'"{answers.url}"', "links go to these pages"
        )
        raise ConfigError("leercultuur.toml", [problem])
    return create_app(engine, settings)


def _switched_on(engine: Engine) -> None:
    """Sessions are in the store: without the plugin nobody could be erased any more."""
    if not engine.plugins.implements("web", "leercultuur_erase_person"):
        hint = 'add "web" to plugins'
        problem = Problem("plugins", 'a list with "web" in it', "none", hint)
        raise ConfigError("leercultuur.toml", [problem])
