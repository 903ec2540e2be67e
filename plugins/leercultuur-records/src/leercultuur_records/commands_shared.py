"""What the commands of records share: the configuration, the moment, who acts, and plain errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from leercultuur_core.extension.commands import Moment

if TYPE_CHECKING:
    from .records import Records

now_option = click.option(
    "--now",
    type=Moment(),
    default=lambda: datetime.now(UTC),
    show_default="the clock",
    help="As if it were this moment; for trying things out.",
)
"""For a command without a configuration; others take `engine_options`."""

by_option = click.option("--by", metavar="PERSON", required=True, help="Who does this.")
by_holder_option = click.option(
    "--by", metavar="PERSON", default="", help="Who does this; the holder when left out."
)
seen_option = click.option(
    "--seen",
    "version",
    type=int,
    help="The version you looked at: refused where somebody changed it since.",
)


@contextmanager
def opened(config_file: str) -> Iterator[Records]:
    """The records of a configuration. What was filled in wrongly becomes exit code 2, a record that
    there is not exit code 1."""
    from leercultuur_core import Engine  # noqa: PLC0415 - brings the store's libraries

    from .records import Records  # noqa: PLC0415

    with Engine.from_config(config_file) as engine:
        try:
            yield Records(engine)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        except KeyError:
            raise click.ClickException("there is no record with that id") from None


def who(records: Records, written: str, now: datetime) -> str:
    """The id of a person or candidate; exit code 2 where that is nobody or cannot be told."""
    found = records.find(written, now)
    if len(found) == 1:
        return found[0]
    if not found:
        raise click.UsageError(
            "nobody is known by that; give an identifier, a mail address, a name, or an id. For somebody "
            "without an account: leercultuur record candidate"
        )
    raise click.UsageError(f"{len(found)} people are known by that; use one of: {', '.join(found)}")


def acting(records: Records, record: str, by: str, now: datetime) -> str:
    """Who acts on a record: the holder where nobody is named."""
    return who(records, by, now) if by else records.holder(record)
