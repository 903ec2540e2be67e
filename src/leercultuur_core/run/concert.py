"""The plan in concert of an organisation: from what is released, registered and answered.

Nothing of it is kept: the same releases, register and answers give the same plan each night.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from ..advice.concert import WHOLE, Action, Concert, Quarter, concert
from ..advice.concert_rules import ConcertRules, default_concert_rules
from ..advice.concert_words import meanwhile
from ..advice.group import GROUP_LAYERS
from ..maturity import MaturityModel
from ..maturity.interventions import Texts
from ..maturity.vocabulary import LANGUAGES
from ..privacy.series import Hidden, Shown
from ..storage import Transaction
from . import acting, practice
from .preconditions import Conditions
from .releasing import PURPOSE, read_kept, shown
from .rights import Rights


@frozen
class Step:
    """An action of the plan for somebody who is told about a unit: the intervention, and in each
    language what the others do meanwhile (may be empty)."""

    intervention: str
    meanwhile: Texts


Steps = Mapping[tuple[str, str], tuple[Step, ...]]
"""Unit and layer → the steps of the plan for whoever acts there, in their order."""


def read(
    tx: Transaction,
    rights: Rights,
    model: MaturityModel,
    *,
    conditions: Conditions | None = None,
    rules: ConcertRules | None = None,
) -> Concert:
    """The plan of this quarter; empty where nothing is released. ``conditions`` are read where they
    are not given. Raises `ModuleNotFoundError` without SciPy (the extra ``plan``)."""
    quarters = _quarters(tx, rights)
    if not quarters or not quarters[-1].releases:
        return Concert(quarters[-1].name if quarters else "", {})
    if conditions is None:
        conditions = Conditions.read(tx, rights, model, only=())
    return concert(
        quarters,
        model=model,
        holders=acting.holders(acting.rows(rights), rights.configuration.contacts),
        practice=practice.read(tx),
        states=conditions.units,
        chosen=conditions.chosen,
        rules=rules,
    )


def steps(found: Concert, rules: ConcertRules | None = None) -> Steps:
    """What the plan has for who is told about a unit. A unit that has no manager of its own has for
    that layer what the whole organisation's plan says."""
    rules = rules or default_concert_rules()
    every: dict[tuple[str, str], tuple[Step, ...]] = {}
    for unit, plan in found.plans.items():
        beside = [action for one in found.of(unit) for action in one.actions]
        for layer in GROUP_LAYERS:
            mine = [one for one in plan.actions if one.intervention.layer == layer]
            if layer == "manager" and not mine and WHOLE in found.plans:
                whole = found.plans[WHOLE].actions
                mine = [one for one in whole if one.intervention.layer == layer]
            if mine:
                every[unit, layer] = tuple(_step(one, beside, rules) for one in mine)
    return every


def steps_now(
    tx: Transaction, rights: Rights, model: MaturityModel, conditions: Conditions
) -> Steps:
    """`steps` of the plan of this quarter. None without SciPy (the extra ``plan``): then who acts for
    a unit is told what fits it best, each layer by itself."""
    try:
        return steps(read(tx, rights, model, conditions=conditions))
    except ModuleNotFoundError as error:
        if not lacks_solver(error):
            raise
        return {}


def lacks_solver(error: ModuleNotFoundError) -> bool:
    """Whether what is missing is what a plan needs."""
    return (error.name or "").partition(".")[0] in {"scipy", "numpy"}


def _step(action: Action, beside: Sequence[Action], rules: ConcertRules) -> Step:
    return Step(
        action.id,
        {
            language: " ".join(meanwhile(action, beside, rules=rules, language=language))
            for language in LANGUAGES
        },
    )


def _quarters(tx: Transaction, rights: Rights) -> list[Quarter]:
    """What was shown in each quarter up to this one, in the order of time."""
    now = shown(tx, rights)
    if not now:
        return []
    last = now[0].quarter
    by_quarter: dict[str, list[Shown | Hidden]] = {}
    for kept in tx.privacy.releases(purpose=PURPOSE):
        if kept.quarter < last:
            by_quarter.setdefault(kept.quarter, []).append(read_kept(kept))
    past = [
        Quarter(
            name,
            tuple(one.release for one in found if isinstance(one, Shown)),
            tuple(one.unit for one in found if isinstance(one, Hidden)),
        )
        for name, found in sorted(by_quarter.items())
    ]
    this = Quarter(
        last,
        tuple(one.release for one in now if one.release is not None),
        tuple(one.unit for one in now if one.release is None),
    )
    return [*past, this]


__all__ = ["Step", "Steps", "lacks_solver", "read", "steps", "steps_now"]
