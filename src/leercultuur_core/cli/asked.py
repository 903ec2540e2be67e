"""What every command asks that estimates from files: which files, as of when, with what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import click
from attrs import frozen

from ..extension.commands import Moment
from ..phases import Estimates, Parameters, default_parameters, estimate, read_parameters
from .reading import Reading, read_files


@frozen
class Asked:
    """The files and options of one command."""

    files: tuple[str, ...]
    at: datetime
    reader: str
    rule_files: tuple[str, ...]
    rejects: str | None
    parameters: Parameters

    def read(self) -> Reading:
        """Reads the files; says on standard error what was kept aside."""
        return read_files(
            self.files,
            reader=self.reader,
            rule_files=self.rule_files,
            rejects=self.rejects,
            at=self.at,
        )

    def estimates(self) -> tuple[Reading, Estimates]:
        """Reads the files and estimates everybody in them."""
        reading = self.read()
        estimates = estimate(
            reading.fold.ledger, at=self.at, parameters=self.parameters, labels=reading.labels
        )
        return reading, estimates


_OPTIONS = (
    click.argument("files", nargs=-1, required=True, metavar="FILE…"),
    click.option(
        "--at",
        type=Moment(),
        default=lambda: datetime.now(UTC),
        show_default="today",
        help="As known at the start of this UTC day.",
    ),
    click.option(
        "--reader",
        default="xapi",
        show_default=True,
        help="How the files are written (see: leercultuur plugins).",
    ),
    click.option(
        "--rules",
        "rule_files",
        multiple=True,
        metavar="FILE",
        help="Evidence rules of your own, on top of the shipped ones.",
    ),
    click.option(
        "--rejects",
        metavar="FILE",
        help="Keep what could not be read here, as JSON Lines with the reason.",
    ),
    click.option(
        "--parameters",
        "parameters_file",
        metavar="FILE",
        help="From `leercultuur calibrate`; the shipped ones otherwise.",
    ),
)


def asks_for_files(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the argument FILE… and its options, as one value ``asked``."""

    @wraps(command)
    def with_asked(
        *args: Any,
        files: tuple[str, ...],
        at: datetime,
        reader: str,
        rule_files: tuple[str, ...],
        rejects: str | None,
        parameters_file: str | None,
        **rest: Any,
    ) -> None:
        parameters = read_parameters(parameters_file) if parameters_file else default_parameters()
        asked = Asked(files, at, reader, rule_files, rejects, parameters)
        command(*args, asked=asked, **rest)

    decorated: Callable[..., None] = with_asked
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
