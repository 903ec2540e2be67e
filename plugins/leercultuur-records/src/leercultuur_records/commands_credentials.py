"""The commands around credentials: keys, the files to publish, taking one back, and checking one."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leercultuur_core import ConfigError, Engine, Problem
from leercultuur_core.extension.commands import engine_options

from .commands_shared import now_option
from .files import write_whole
from .keys import KeyRing, moment
from .verifying import Bundle, Nowhere, Web

if TYPE_CHECKING:
    from .issuing import LocalIssuer

_OWNER_ONLY = 0o600

_new_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_file = click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True)
)


@click.command()
@_file
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="A folder with the issuer's did document and status lists.",
)
@click.option("--fetch", is_flag=True, help="Ask the issuer's site for those, over https.")
@click.option("--subject", default="", metavar="MAIL", help="Whose it should be.")
@click.option("--issuer", default="", metavar="DID", help="Whom it should be from.")
@click.option("--language", type=click.Choice(["en", "nl"]), default="en", show_default=True)
@now_option
def verify(
    file: Path,
    bundle: Path | None,
    fetch: bool,
    subject: str,
    issuer: str,
    language: str,
    now: datetime,
) -> None:
    """Check a credential: is it genuine, whose is it, does it still hold?

    FILE is an Open Badge 3.0 or another verifiable credential, as JSON or as a JWT, of any issuer; "-"
    reads what is handed over. Nothing is fetched unless you say --fetch. Works without a configuration.

    \b
    Exit codes: 0 all of it was proved, 1 something speaks against it,
    2 wrong use, 3 some of it could not be checked (it says what).
    """
    from .verifying import verify as check  # noqa: PLC0415 - brings what reads JSON-LD

    if fetch and bundle is not None:
        raise click.UsageError("expected --fetch or --bundle, found both; which of them is right?")
    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    documents = Web() if fetch else Nowhere() if bundle is None else Bundle(bundle)
    verdict = check(data, at=now, documents=documents, subject=subject, issuer=issuer)
    click.echo(verdict.text(language))
    sys.exit(1 if verdict.refused else 0 if verdict.complete else 3)


@click.group()
def keys() -> None:
    """The keys that your organisation signs credentials with."""


@keys.command("new")
@_new_file
@now_option
def new_keys(file: Path, now: datetime) -> None:
    """Make a key ring in FILE, which only you can read. An existing one is left alone."""
    if file.exists():
        found = "a file that is there already"
        hint = "to take a new key into use: leercultuur record keys rotate FILE"
        raise ConfigError("the key ring", [Problem(str(file), "a new file", found, hint)])
    ring = KeyRing.new(now)
    write_whole(file, ring.dump().encode(), _OWNER_ONLY)
    click.echo(f"{file}: one key, {ring.current.id}")
    click.echo("Keep a copy in a safe. Who has it can issue in your name; without it you cannot.")


@keys.command("rotate")
@_file
@click.option(
    "--compromised",
    is_flag=True,
    help="Somebody else may have the key: nothing it signed is good any more.",
)
@now_option
def rotate_keys(file: Path, compromised: bool, now: datetime) -> None:
    """Take a new key into use. The old one stays in FILE, to check what it signed."""
    ring = _read_ring(file).rotate(now, compromised=compromised)
    write_whole(file, ring.dump().encode(), _OWNER_ONLY)
    click.echo(f"{file}: {ring.current.id} signs from now on")
    if compromised:
        click.echo("Issue again what the old key signed: it is refused once you publish.")
    click.echo("Next: leercultuur record publish DIR")


@keys.command("list")
@_file
def list_keys(file: Path) -> None:
    """Show the keys in FILE: their public halves, and since when each is not in use."""
    for key in _read_ring(file).keys:
        ended = key.revoked or key.expires
        since = f"since {moment(ended)}" if ended else f"made {moment(key.created)}"
        click.echo(f"{key.id}  {key.state}, {since}")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@engine_options
def publish(folder: Path, config_file: str, now: datetime) -> None:
    """Write the files that others need to check what you issued.

    DIR is the root of your site, or a folder that is copied there: the did document and the status
    lists get the paths that their addresses have. Run it after a change, and at least every month:
    a status list holds for 90 days, so that an old one cannot be shown for ever.
    """
    from .publish import publish as write  # noqa: PLC0415 - brings the signing

    with _issuer(config_file, now) as issuer:
        written = write(issuer, folder, at=now)
    for path in written:
        click.echo(f"wrote {path}")
    if not written:
        click.echo("nothing to write: all of it is up to date")


@click.command()
@click.argument("credential")
@engine_options
def revoke(credential: str, config_file: str, now: datetime) -> None:
    """Take a credential back by its id, where its record is not here any more.

    CREDENTIAL is what stands in it as id, such as urn:uuid:…. Of a record that is here: leercultuur
    record take-back. Others see it when the status lists are published again.
    """
    with _issuer(config_file, now) as issuer:
        known = issuer.revoke(credential, now)
    if not known:
        found = "one that was not issued here with a status"
        problem = Problem("credential", "the id of a credential that was issued here", found)
        raise ConfigError("the credential", [problem])
    click.echo("taken back. Next: leercultuur record publish DIR")


@contextmanager
def _issuer(config_file: str, now: datetime) -> Iterator[LocalIssuer]:
    """The one issuer of this kind in the configuration."""
    from .issuing import LocalIssuer  # noqa: PLC0415 - brings the signing

    with Engine.from_config(config_file) as engine:
        entries = [one for one in engine.configuration.issuers if one.kind == LocalIssuer.name]
        if len(entries) != 1:
            expected = f'one [[issuer]] with kind = "{LocalIssuer.name}"'
            hint = "see the page on credentials"
            problem = Problem("issuer", expected, str(len(entries)), hint)
            raise ConfigError(config_file, [problem])
        adapter = engine.configuration.adapter(entries[0], LocalIssuer)
        yield LocalIssuer(adapter.settings, clock=lambda: now)


def _read_ring(file: Path) -> KeyRing:
    mode = stat.S_IMODE(file.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        expected, hint = "a file only its owner can read (mode 0600)", f"chmod 600 {file}"
        problem = Problem(str(file), expected, f"mode {mode:04o}", hint)
        raise ConfigError("the key ring", [problem])
    return KeyRing.parse(file.read_text("utf-8"), str(file))
