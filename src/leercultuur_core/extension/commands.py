"""What commands on a store share, the program's own and those of plugins: which one, and as of when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


class Moment(click.ParamType[datetime]):
    """``2026-03-02`` or ``2026-03-02T00:00:00Z``: an aware moment."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"expected a date or a time such as 2026-03-02T00:00:00Z, found {value!r}",
                param,
                ctx,
            )
        if moment.tzinfo is not None:
            return moment
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(
                f"expected a time with an offset, such as {value}Z, found {value!r}", param, ctx
            )
        return datetime(day.year, day.month, day.day, tzinfo=UTC)


class Day(click.ParamType[date]):
    """``2026-03-02``."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"expected a date such as 2026-03-02, found {value!r}", param, ctx)


config_option = click.option(
    "--config",
    "config_file",
    default="leercultuur.toml",
    show_default=True,
    metavar="FILE",
    help="The organisation's configuration.",
)


def engine_options(function: _F) -> _F:
    """``--config`` and ``--now``, shared by the commands that work on a store."""
    now = click.option(
        "--now",
        type=Moment(),
        default=lambda: datetime.now(UTC),
        show_default="the clock",
        help="As if it were this moment; for trying things out.",
    )
    return config_option(now(function))


__all__ = ["Day", "Moment", "config_option", "engine_options"]
