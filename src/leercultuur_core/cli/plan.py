"""``leercultuur plan``: put a fitting step in the outbox, or show the plan in concert of a team."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from ..maturity.vocabulary import Language
from .engine import engine_options, log_option, opened, told_planned
from .reading import language_option

if TYPE_CHECKING:
    from ..run.engine import Engine
    from ..run.logs import Format
    from .concert import Told


@click.command()
@engine_options
@click.option(
    "--team",
    metavar="UNIT",
    help="Show what all layers do together around this unit; . is the whole organisation.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "md"]),
    default="table",
    show_default=True,
    help="How to write the plan of a team.",
)
@click.option(
    "--rules",
    "rules_file",
    metavar="FILE",
    help="Budgets and weights of your own for the plan of a team; the shipped ones otherwise.",
)
@language_option
@log_option
def plan(
    config_file: str,
    now: datetime,
    team: str | None,
    form: str,
    rules_file: str | None,
    language: Language,
    log_format: Format | None,
) -> None:
    """Put at most one fitting step for each person in the outbox; sends nothing.

    With --team it changes nothing, and shows the plan in concert of this quarter: a small set of
    actions over the layers, by week, each with why and with what the others do meanwhile; and what
    was left out. It is made of what is released, what is registered (leercultuur practice) and the
    preconditions that are released.
    """
    with opened(config_file, log_format=log_format) as engine:
        if team is None:
            told_planned(engine.plan(now))
            return
        told = _told(engine, now, "" if team == "." else team, rules_file, language)
    click.echo({"table": told.table, "json": told.json, "md": told.markdown}[form]())


def _told(
    engine: Engine, now: datetime, unit: str, rules_file: str | None, language: Language
) -> Told:
    from ..advice.concert_rules import (  # noqa: PLC0415
        default_concert_rules,
        read_concert_rules,
    )
    from ..run import concert, practice  # noqa: PLC0415 - brings the store's libraries
    from ..run.rights import Rights  # noqa: PLC0415
    from .concert import Told  # noqa: PLC0415

    rules = read_concert_rules(rules_file) if rules_file else default_concert_rules()
    with engine.store.reading() as tx:
        rights = Rights.read(tx, engine.configuration, now)
        practice.check_unit(unit, practice.units(rights))
        try:
            found = concert.read(tx, rights, engine.model, rules=rules)
        except ModuleNotFoundError as error:
            if not concert.lacks_solver(error):
                raise
            raise click.UsageError(
                f"a plan needs {error.name}; try: pip install 'leercultuur-core[engine,plan]'"
            ) from None
    return Told(found, unit, engine.model, rules, language)
