"""``leercultuur answer``: note what a recipient answered to a prompt."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import click

from ..advice.care import Answer
from .engine import engine_options, opened

_ANSWERS: tuple[Answer, ...] = get_args(Answer)

_REFUSED = {
    "forged": "not a link of ours, or signed with a key that is no longer there",
    "expired": "that link is too old; answer with the id of the prompt",
    "used": "that link was used before",
    "gone": "what that link was about is no longer held",
}


@click.command()
@click.argument("prompt_id", required=False)
@click.argument("said", metavar="[ANSWER]", required=False, type=click.Choice(_ANSWERS))
@click.option(
    "--link", "token", metavar="TOKEN", help="The last part of a link in a message, instead."
)
@engine_options
@click.pass_context
def answer(
    ctx: click.Context,
    prompt_id: str | None,
    said: Answer | None,
    token: str | None,
    config_file: str,
    now: datetime,
) -> None:
    """Note an ANSWER to a prompt: done, not_now, not_for_me or wrong.

    It steers what is offered next, and is no sign of a phase.
    """
    if token is not None:
        if prompt_id is not None:
            raise click.UsageError("give a link, or the id of a prompt and an answer")
        _by_link(ctx, token, config_file, now)
        return
    if prompt_id is None or said is None:
        raise click.UsageError("give the id of a prompt and an answer, or a link with --link")
    with opened(config_file) as engine:
        there = engine.answer(prompt_id, said, now)
    if not there:
        click.echo("no prompt has that id; it stands as id in the message", err=True)
        ctx.exit(1)
    click.echo("noted")


def _by_link(ctx: click.Context, token: str, config_file: str, now: datetime) -> None:
    with opened(config_file) as engine:
        done = engine.use_link(token, now)
    from ..run.links import LinkRefused  # noqa: PLC0415 - brings the engine's libraries

    if isinstance(done, LinkRefused):
        click.echo(_REFUSED[done.reason], err=True)
        ctx.exit(1)
    click.echo(f"noted: {done.what}")
