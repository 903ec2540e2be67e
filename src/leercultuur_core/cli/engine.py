"""What every command that works on a store shares: the configuration, the moment, the outcome."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from getpass import getuser
from typing import TYPE_CHECKING

import click

from ..errors import StoreError
from ..extension.commands import config_option, engine_options
from ..run.logs import Format, logging_to

if TYPE_CHECKING:
    from ..run.collecting import Collected
    from ..run.delivering import Delivered
    from ..run.engine import Engine
    from ..run.estimating import Estimated
    from ..run.planning import Planned

__all__ = [
    "config_option",
    "engine_options",
    "log_option",
    "one_person",
    "opened",
    "reader",
    "told_collected",
    "told_delivered",
    "told_estimated",
    "told_planned",
]

_EXTRA = {"sqlalchemy", "alembic", "holidays", "itsdangerous", "tenacity"}

log_option = click.option(
    "--log-format",
    type=click.Choice(["json", "text"]),
    help="Write what happens to the error output too, an event a line; holds nobody's data.",
)


@contextmanager
def opened(
    config_file: str,
    *,
    create: bool = False,
    upgrade: bool = False,
    log_format: Format | None = None,
) -> Iterator[Engine]:
    """The engine of a configuration; with ``log_format`` what it does is logged to the error output.
    Exit code 2 where another run is at work, or where what the engine needs is not installed."""
    try:
        from ..run.engine import Engine  # noqa: PLC0415 - brings the store's libraries

        engine = Engine.from_config(config_file, create=create, upgrade=upgrade)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise click.UsageError(
            f"this command needs {error.name}; try: pip install 'leercultuur-core[engine]'"
        ) from None
    with engine, ExitStack() as stack:
        if log_format is not None:
            stack.enter_context(logging_to(sys.stderr, log_format))
        try:
            yield engine
        except StoreError as error:
            if error.trouble != "busy":
                raise
            click.echo(str(error), err=True)
            click.get_current_context().exit(2)


def one_person(engine: Engine, who: str, now: datetime) -> str:
    """The uuid of whom ``who`` is; exit code 2 where that is nobody or cannot be told."""
    found = engine.find(who, now)
    if len(found) == 1:
        return found[0]
    if not found:
        raise click.UsageError(
            "nobody is known by that; give an identifier such as account|<address>|<name>, a mail "
            "address, a name from the people file, or the person's id"
        )
    raise click.UsageError(
        f"{len(found)} people are known by that; use one of these ids: {', '.join(found)}"
    )


def reader() -> str:
    """Who reads, for the audit: the name of the account on this machine."""
    try:
        return getuser()
    except (OSError, KeyError):
        return "unknown"


def told_collected(done: Collected) -> None:
    """One line per directory and source."""
    for directory in done.directories:
        if directory.problem:
            _line("collect", directory.name, directory.problem)
            continue
        parts = [f"{directory.people:,} people", f"{directory.new:,} new"]
        parts += [f"{directory.gone:,} left"] if directory.gone else []
        parts += [f"{directory.ambiguous:,} not clear who"] if directory.ambiguous else []
        parts += [f"{directory.erased:,} erased before"] if directory.erased else []
        _line("collect", directory.name, " · ".join(parts))
    for source in done.sources:
        parts = [f"{source.new:,} new"]
        for word, count in (
            ("replaced", source.replaced),
            ("taken back", source.retracted),
            ("seen before", source.duplicates),
            ("with two contents", source.conflicts),
            ("erased before", source.erased),
        ):
            parts += [f"{count:,} {word}"] if count else []
        parts.append(f"{source.rejected:,} rejected")
        if source.unknown:
            parts.append(f"{len(source.unknown):,} verbs unknown")
        _line("collect", source.name, " · ".join(parts))
        if source.problem:
            _line("collect", source.name, source.problem)


def told_estimated(done: Estimated, minimum_group: int) -> None:
    """How many, and how many moved where that is a group: the few who moved since last night could
    be told by whoever knows what else happened."""
    parts = [f"{done.people:,} people"]
    if done.people >= minimum_group:
        parts += [
            f"{_at_least(count, minimum_group)} {word}"
            for count, word in ((done.moved_on, "moved on"), (done.moved_back, "moved back"))
        ]
    _line("estimate", "", " · ".join([*parts, *_reasons(done.left_out)]))


def _at_least(count: int, minimum_group: int) -> str:
    return f"{count:,}" if count >= minimum_group else f"fewer than {minimum_group}"


def told_planned(done: Planned) -> None:
    """How many prompts there are, and why there are no more."""
    waits = f" ({done.held:,} for working hours)" if done.held else ""
    _line("plan", "", " · ".join([f"{done.made:,} new prompts{waits}", *_reasons(done.nothing)]))


def told_delivered(done: Delivered) -> None:
    """What became of the messages."""
    parts = _reasons(done.states)
    text = " · ".join(parts) or "nothing to send"
    if done.reasons:
        text += f" ({', '.join(_reasons(done.reasons))})"
    _line("deliver", "", text)
    for sink, problem in done.problems.items():
        _line("deliver", sink, problem)


def _reasons(counts: Mapping[str, int]) -> list[str]:
    return [f"{count:,} {reason.replace('_', ' ')}" for reason, count in counts.items()]


def _line(verb: str, name: str, text: str) -> None:
    head = f"{verb:<9} {name:<11} " if name else f"{verb:<9} "
    click.echo(head + text)
