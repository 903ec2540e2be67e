"""``leercultuur answer``: note what a recipient answered to a prompt."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import click

from ..advice.care import Answer
from .engine import engine_options, opened

_ANSWERS: tuple[Answer, ...] = get_args(Answer)


@click.command()
@click.argument("prompt_id")
@click.argument("said", metavar="ANSWER", type=click.Choice(_ANSWERS))
@engine_options
@click.pass_context
def answer(
    ctx: click.Context, prompt_id: str, said: Answer, config_file: str, now: datetime
) -> None:
    """Note an ANSWER to a prompt: done, not_now, not_for_me or wrong.

    It steers what is offered next, and is no sign of a phase.
    """
    with opened(config_file) as engine:
        there = engine.answer(prompt_id, said, now)
    if not there:
        click.echo("no prompt has that id; it stands as id in the message", err=True)
        ctx.exit(1)
    click.echo("noted")
