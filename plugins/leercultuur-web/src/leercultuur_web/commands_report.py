"""``leercultuur report``: the learning culture in one file."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from leercultuur_core import ConfigError, Engine, Problem
from leercultuur_core.extension.commands import engine_options


@click.command()
@engine_options
@click.option(
    "--out",
    metavar="FILE",
    help="Where the report goes; - is the output.  [default: report.html or report.json]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "json"]),
    default="html",
    show_default=True,
    help="A page to read and print, or data.",
)
@click.option(
    "--language",
    type=click.Choice(["nl", "en"]),
    help="The language of the page.  [default: that of the organisation]",
)
def report(
    config_file: str,
    now: datetime,
    out: str | None,
    form: Literal["html", "json"],
    language: Literal["nl", "en"] | None,
) -> None:
    """Write the learning culture into one file, for HR, leadership and the works council.

    It holds what may be shown of groups and nothing of one person, and needs no network to be read.
    A file that is there already is replaced when the new one is whole.
    """
    from .report import as_html, as_json  # noqa: PLC0415 - brings the library of the charts

    target = out or f"report.{form}"
    if target != "-" and Path(target).is_dir():
        raise click.UsageError(f"--out: expected a file, found a folder, {target}")
    with Engine.from_config(config_file) as engine:
        _tell("reading what may be shown")
        culture = engine.culture(now)
        spoken = language or engine.configuration.organisation.language
        if form == "json":
            content = as_json(culture)
        else:
            _tell("drawing")
            content = as_html(culture, engine.model, "en" if spoken == "en" else "nl")
    if target == "-":
        click.echo(content, nl=False)
        return
    _write(Path(target), content)
    if culture.refused is not None:
        why = "groups are off" if culture.refused == "off" else "there is no go-live yet"
        _tell(f"{why}, so there are no figures in it")
    elif all(one.release is None or one.release.release is None for one in culture.units):
        _tell("nothing is released yet, so there are no figures of groups in it")
    click.echo(f"{target}  {len(content.encode()):,} bytes")


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _write(path: Path, content: str) -> None:
    """Whole or not at all: who reads it meanwhile has the old one."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(content, "utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        problem = Problem("--out", "a file that can be written", error.strerror or "another")
        raise ConfigError("the report", [problem]) from None


__all__ = ["report"]
