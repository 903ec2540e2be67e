"""What the commands of records share: the configuration, the moment, who acts, and plain errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from .records import Records

_F = TypeVar("_F", bound=Callable[..., Any])


class Moment(click.ParamType[datetime]):
    """``2026-03-02`` or ``2026-03-02T09:00:00Z``: an aware moment."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment; a day is its start in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
            if found.tzinfo is not None:
                return found
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"expected a date or 2026-03-02T09:00:00Z, found {value!r}", param, ctx)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)


class Day(click.ParamType[date]):
    """``2026-03-02``."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"expected a date such as 2026-03-02, found {value!r}", param, ctx)


def store_options(function: _F) -> _F:
    """``--config`` and ``--now``."""
    config = click.option(
        "--config",
        "config_file",
        default="leercultuur.toml",
        show_default=True,
        metavar="FILE",
        help="The organisation's configuration.",
    )
    now = click.option(
        "--now",
        type=Moment(),
        default=lambda: datetime.now(UTC),
        show_default="the clock",
        help="As if it were this moment; for trying things out.",
    )
    return config(now(function))


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
