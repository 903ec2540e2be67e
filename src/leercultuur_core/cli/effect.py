"""``leercultuur effect``: a study of whether messages help, written down first and judged once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from .engine import config_option, engine_options, opened

if TYPE_CHECKING:
    from ..advice.effect_figures import Figure
    from ..run.effect import Study

_NONE = (
    "no plan is written down: `leercultuur effect write` does. People take part who say yes to it: "
    "`leercultuur person consent PERSON effect yes`"
)
_NAMES = {
    "unprompted": "unprompted activity, days a week",
    "self_reports": "own answers, share that is acting, applying or continuing",
}
_FEW = 5  # pairs are told in fives
_SPREADS = (0.5, 1.0, 2.0)

_format = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)


@click.group(invoke_without_command=True)
@engine_options
@_format
@click.pass_context
def effect(ctx: click.Context, config_file: str, now: datetime, form: str) -> None:
    """Show what the last study found: whether messages help, how sure that is, or what is not known.

    Compared are people who said yes: with a step that fits their phase, with a harmless one that fits
    it least, and with none for some weeks. Figures are made once, from the day on which the last who
    came in are through; before it nothing is told, not even how many take part.
    """
    if ctx.invoked_subcommand is not None:
        return
    with opened(config_file) as engine, _needs_scipy():
        study = engine.judge_study(now)
    if form == "json":
        click.echo(json.dumps(None if study is None else _row(study), ensure_ascii=False, indent=1))
    else:
        click.echo(_NONE if study is None else "\n".join(_lines(study)))


@effect.command()
@config_option
@_format
def plan(config_file: str, form: str) -> None:
    """Print the plan as it was written down, with its hash: give it to somebody who keeps it."""
    with opened(config_file) as engine:
        every = engine.studies()
    with _needs_scipy():
        _print_plan(every[-1] if every else None, form)


@effect.command()
@click.option("--seed", metavar="TEXT", help="What the draw is made from; made up if left out.")
@click.option(
    "--weeks",
    type=click.IntRange(1, 52),
    help="How long the arms differ for somebody.  [default: 6]",
)
@click.option(
    "--enrol-weeks",
    type=click.IntRange(1, 52),
    help="How long people are taken in.  [default: 12]",
)
@engine_options
@_format
def write(
    seed: str | None,
    weeks: int | None,
    enrol_weeks: int | None,
    config_file: str,
    now: datetime,
    form: str,
) -> None:
    """Write the plan of a study down and print it. It may be written anew until somebody is drawn.

    From then on `leercultuur plan`, or the night, draws arms for whoever said yes.
    """
    with opened(config_file) as engine:
        study = engine.write_study(now, seed=seed, weeks=weeks, enrol_weeks=enrol_weeks)
    with _needs_scipy():
        _print_plan(study, form)


@contextmanager
def _needs_scipy() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"scipy", "numpy"}:
            raise
        raise click.UsageError(
            f"figures need {error.name}; try: pip install 'leercultuur-core[engine,plan]'"
        ) from None


def _print_plan(study: Study | None, form: str) -> None:
    if form == "json":
        row = None if study is None else {**_head(study), "plan": study.plan.as_row()}
        click.echo(json.dumps(row, ensure_ascii=False, indent=1))
    else:
        click.echo(_NONE if study is None else "\n".join(_plan_lines(study)))


def _plan_lines(study: Study) -> Iterator[str]:
    from ..advice.effect_figures import PROMPTED_DAYS, pairs_needed  # noqa: PLC0415

    plan = study.plan
    yield f"study {study.number} · written down {study.written:%Y-%m-%d %H:%M} UTC"
    yield f"  hash (SHA-256)  {study.digest}"
    yield f"  seed            {plan.seed}"
    yield "  who             people who said yes, of whom the phase is known"
    yield "  arms            matched · unmatched · later, one in each block of three"
    yield "  alike           in a block: shown phase; unit of under 10, under 50, or more"
    yield f"  taken in        for {plan.enrol_weeks} weeks from the first draw"
    yield f"  arms differ     for {plan.weeks} weeks; then everybody gets what fits"
    yield f"  first outcome   {_NAMES['unprompted']}: {plan.weeks} weeks after, minus"
    yield f"                  {plan.weeks} weeks before; of a kind that no prompt to anybody in the"
    yield f"                  block asked for in the {PROMPTED_DAYS} days before"
    yield f"  second outcome  {_NAMES['self_reports']}"
    yield "  compared        matched with unmatched, and with later; pairs within blocks"
    yield f"  interval        Student's, {plan.confidence:.0%} for both comparisons together"
    yield f"  worth knowing   {plan.days_worth:g} days a week; a share of {plan.share_worth:g}"
    yield f"  told            nothing of fewer than {plan.minimum} pairs; once, when all are through"
    for spread in _SPREADS:
        yield (
            f"  it takes        {_people(pairs_needed(plan.days_worth, spread, plan))} people in each "
            f"arm if pairs differ by {spread:g} days a week (standard deviation)"
        )


def _lines(study: Study) -> Iterator[str]:
    yield (
        f"study {study.number} · {study.state} · written down {study.written:%Y-%m-%d} · "
        f"hash {study.digest[:12]}"
    )
    if study.state == "written":
        yield "  nobody is drawn yet: the next `leercultuur plan` draws whoever said yes"
    elif study.state == "running":
        yield f"  people are taken in until {study.enrols_until}"
        yield f"  not known yet: figures can be made from {study.due}"
    above = ""
    for figure in study.figures:
        if figure.outcome != above:
            yield f"  {_NAMES[figure.outcome]}"
            above = figure.outcome
        yield f"    matched − {figure.against:<10} {_told(figure)}"
        if figure.needed is not None:
            yield (
                f"    {'':<20} {_people(figure.needed)} people in each arm would find a difference "
                "worth knowing"
            )


def _told(figure: Figure) -> str:
    if figure.difference is None:
        return "not known: too few people, or all alike"
    words = {
        "more": "more with a step that fits",
        "less": "less with a step that fits",
        "no_difference": "no difference that is worth knowing",
    }
    said = words.get(figure.verdict, "cannot tell: it may be none, or one worth knowing")
    return (
        f"{figure.difference:+.2f} ({figure.low:+.2f} to {figure.high:+.2f}) · {said} · "
        f"at least {_at_least(figure)} pairs"
    )


def _at_least(figure: Figure) -> int:
    return figure.pairs - figure.pairs % _FEW


def _people(needed: int | None) -> str:
    return "more than a million" if needed is None else f"{needed:,}"


def _head(study: Study) -> dict[str, Any]:
    return {
        "study": study.number,
        "state": study.state,
        "written": study.written.isoformat(),
        "hash": study.digest,
    }


def _row(study: Study) -> dict[str, Any]:
    return {
        **_head(study),
        "started": None if study.started is None else study.started.isoformat(),
        "enrols_until": None if study.enrols_until is None else study.enrols_until.isoformat(),
        "due": None if study.due is None else study.due.isoformat(),
        "figures": [
            {
                "outcome": one.outcome,
                "against": one.against,
                "verdict": one.verdict,
                "pairs_at_least": _at_least(one),
                "difference": one.difference,
                "low": one.low,
                "high": one.high,
                "needed": one.needed,
            }
            for one in study.figures
        ],
    }
