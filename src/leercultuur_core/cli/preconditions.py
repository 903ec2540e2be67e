"""``leercultuur preconditions``: the questionnaire, and what it holds back and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

import click

from ..maturity.vocabulary import Language
from .engine import config_option, engine_options, opened
from .reading import language_option

if TYPE_CHECKING:
    from ..advice.preconditions import Facet, Held, Measured
    from ..maturity import MaturityModel
    from ..run.preconditions import HeldBack, UnitPreconditions

_WHOLE = "the whole organisation"
_STATES = {"in_order": "in order", "unsure": "not sure"}
_UNKNOWN = "unknown: warns, holds nothing back"
_NOTHING = (
    "nothing is released yet: `leercultuur preconditions ask` prints the questionnaire, `import` "
    "reads the answers, `release` freezes them, after go-live. What is not known warns, and holds "
    "nothing back"
)


@click.group(invoke_without_command=True)
@engine_options
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@language_option
@click.pass_context
def preconditions(
    ctx: click.Context, config_file: str, now: datetime, form: str, language: Language
) -> None:
    """Show the preconditions of each unit: their state, what they hold back, what mends them.

    Four things must be in order for actions to land: involvement, a shared vision, readiness,
    safety with a bearable workload. A facet is LOW where the upper 80 % bound of its mean is below
    3 of 5. What is shown of a unit is made of at least so many people as the configuration says,
    and stays as it is for a quarter.
    """
    if ctx.invoked_subcommand is not None:
        return
    with opened(config_file) as engine:
        found, model = engine.preconditions(now), engine.model
    if form == "json":
        rows = [_row(one) for one in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif found:
        click.echo("\n\n".join("\n".join(_lines(one, model, language)) for one in found))
    else:
        click.echo(_NOTHING)


@preconditions.command()
@config_option
@click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True
)
@language_option
def ask(config_file: str, form: str, language: Language) -> None:
    """Print the questionnaire: a form to fill in, or its items for a survey tool.

    Answers go from 1 (not at all) to 5 (wholly). Fill in the columns identifier, answer and, if it
    was another day, on; the question is for who reads it.
    """
    from ..run import questionnaire  # noqa: PLC0415 - brings the store's libraries

    with opened(config_file) as engine:
        model = engine.model
    if form == "csv":
        click.echo(questionnaire.form(model, language), nl=False)
        return
    items = [
        {
            "item": item.id,
            "precondition": item.precondition,
            "facet": item.facet,
            "question": item.texts[language],
        }
        for item in model.items
    ]
    click.echo(json.dumps({"from": 1, "to": 5, "items": items}, ensure_ascii=False, indent=1))


@preconditions.command("import")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@engine_options
@click.pass_context
def import_(ctx: click.Context, file: TextIO, config_file: str, now: datetime) -> None:
    """Read answers from FILE, a filled-in form (- for standard input).

    A person's latest answer to an item counts, once. Exit code 3 where rows could not be used; the
    other rows are in.
    """
    try:
        text = file.read()
    except UnicodeDecodeError:
        raise click.UsageError("expected a file in UTF-8, found other bytes") from None
    with opened(config_file) as engine:
        done = engine.import_answers(text, now, place=file.name)
    parts = [f"{done.taken:,} answers of {len(done.people):,} people"]
    parts += [f"{done.older:,} older than what they answered since"] if done.older else []
    parts += [f"{done.empty:,} left open"] if done.empty else []
    click.echo(" · ".join(parts))
    for problem in done.problems:
        click.echo(str(problem), err=True)
    ctx.exit(3 if done.problems else 0)


@preconditions.command()
@engine_options
def release(config_file: str, now: datetime) -> None:
    """Freeze the answers as this quarter's releases; do this when people are done answering.

    Once in a quarter: what came in later counts in the next. Prompts that wait and are held back by
    what is shown now are withdrawn.
    """
    with opened(config_file) as engine:
        units = engine.release_preconditions(now)
    click.echo(
        f"something new is shown of {units:,} units"
        if units
        else "nothing new is shown: released this quarter already, not live, or too few people"
    )


def _row(one: UnitPreconditions) -> dict[str, object]:
    return {
        "unit": one.unit,
        "released": one.released or None,
        "facets": [_facet(facet, measured) for facet, measured in one.states.items()],
        "held": [_held(each) for each in one.held],
        "warned": [_held(each) for each in one.warned],
        "mending": list(one.mending),
        "chosen": one.chosen or None,
    }


def _facet(facet: Facet, measured: Measured) -> dict[str, object]:
    row: dict[str, object] = {
        "precondition": facet[0],
        "facet": facet[1],
        "state": measured.state,
    }
    if measured.as_of is None:
        return row
    return {
        **row,
        "at_least": measured.contributors,
        "half_in": f"{measured.as_of:%Y-%m}",
    }


def _held(one: HeldBack) -> dict[str, object]:
    return {"intervention": one.intervention, "reasons": [_reason(why) for why in one.reasons]}


def _reason(why: Held) -> dict[str, object]:
    return {
        "precondition": why.precondition,
        "facets": list(why.facets),
        "repaired_by": list(why.repaired_by),
    }


def _lines(one: UnitPreconditions, model: MaturityModel, language: Language) -> list[str]:
    head = one.unit or _WHOLE
    if not any(measured.known for measured in one.states.values()):
        return [f"{head} · {_UNKNOWN}"]
    lines = [f"{head} · released {one.released}"]
    names = {each.id: each for each in model.preconditions}
    width = max(len(facet) for _, facet in one.states)
    above = ""
    for (precondition, facet), measured in one.states.items():
        if precondition != above:
            lines.append(f"  {names[precondition].labels[language]}")
            above = precondition
        lines.append(f"    {facet:<{width}}  {_told(measured)}".rstrip())
    low = dict.fromkeys(p for (p, _), measured in one.states.items() if measured.low)
    lines += [f"  low: {names[precondition].without[language]}" for precondition in low]
    if one.held:
        lines.append(f"  held back ({len(one.held)} of {len(model.all)}):")
        lines += [f"    {held.intervention}  ({_because(held.reasons)})" for held in one.held]
    if one.warned:
        lines.append(f"  warned about: {len(one.warned)} of {len(model.all)}; json has them")
    if one.mending:
        lines.append("  what mends it, never held back by it:")
        lines += [f"    {each}  {model[each].labels[language]}" for each in one.mending]
    if one.chosen:
        lines.append(f"  chosen by the team: {one.chosen}")
    return lines


def _told(measured: Measured) -> str:
    if measured.as_of is None:
        return _UNKNOWN
    state = _STATES.get(measured.state, measured.state)
    return f"{state:<9} at least {measured.contributors} people · {measured.as_of:%Y-%m}"


def _because(reasons: Sequence[Held]) -> str:
    return "; ".join(f"{why.precondition}: {', '.join(why.facets)}" for why in reasons)
