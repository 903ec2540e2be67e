"""Preconditions: what must be in order for interventions to land, and what a low one does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from attrs import field, frozen

from .interventions import Intervention, Texts
from .vocabulary import CONDITIONS, STRICTNESSES, Condition, Kind, Strictness

When = Condition | Literal["always", "otherwise"]
"""When a rule applies: a condition of the intervention, or for all that no earlier rule took."""

WHENS: tuple[str, ...] = (*CONDITIONS, "always", "otherwise")


@frozen(kw_only=True)
class Precondition:
    """One of the preconditions.

    ``without`` says what goes wrong without it, ``ground`` why its rules are as they are;
    ``repaired_by`` are ids of interventions that it never holds back, because they mend it.
    """

    id: str
    labels: Texts = field(hash=False)
    without: Texts = field(hash=False)
    ground: str
    repaired_by: tuple[str, ...]
    seed_line: int | None = None


@frozen(kw_only=True)
class PreconditionItem:
    """One item of the questionnaire, answered from 1 (not at all) to 5 (wholly).

    ``facet`` is what it measures. Items of one facet may be averaged, facets never. With ``keying``
    *agree-is-good* a low answer means that the facet is low.
    """

    id: str
    precondition: str
    facet: str
    texts: Texts = field(hash=False)
    keying: Literal["agree-is-good", "agree-is-bad"]


@frozen(kw_only=True)
class PreconditionRule:
    """Where any of ``low_facets`` is low, ``effect`` holds for interventions of one of ``kinds``
    for which ``when`` is true. ``favours`` are ids of interventions that then help in particular.
    """

    precondition: str
    low_facets: tuple[str, ...]
    kinds: tuple[Kind, ...]
    when: When
    effect: Strictness
    favours: tuple[str, ...] = ()

    def applies(self, intervention: Intervention) -> bool:
        """Whether this rule is about ``intervention``; *otherwise* and *always* are about all."""
        if intervention.kind not in self.kinds:
            return False
        if self.when == "always" or self.when == "otherwise":  # noqa: PLR1714 - narrows the type
            return True
        return intervention.holds(self.when)


@frozen(kw_only=True)
class Effect:
    """What one precondition does to one intervention.

    ``rule`` is the rule that decided and ``low`` the facets that made it so; both empty where
    nothing is low. ``repairs`` is true where the intervention mends this precondition, which then
    never holds it back.
    """

    precondition: str
    effect: Strictness = "none"
    rule: PreconditionRule | None = None
    low: tuple[str, ...] = ()
    repairs: bool = False


def evaluate(
    intervention: Intervention,
    low: Collection[str],
    preconditions: Iterable[Precondition],
    rules: Iterable[PreconditionRule],
) -> tuple[Effect, ...]:
    """The effect of each precondition on ``intervention`` where the facets in ``low`` are low.

    Rules about the same facets of one precondition form a group, in which the first that applies
    decides; over the groups of a precondition the strictest decides, of equals the first. Facets
    are looked at one by one, never averaged.
    """
    rules = tuple(rules)
    effects = []
    for precondition in preconditions:
        if intervention.id in precondition.repaired_by:
            effects.append(Effect(precondition=precondition.id, repairs=True))
            continue
        deciding: dict[tuple[str, ...], PreconditionRule] = {}
        for rule in rules:
            if (
                rule.precondition == precondition.id
                and rule.low_facets not in deciding
                and any(facet in low for facet in rule.low_facets)
                and rule.applies(intervention)
            ):
                deciding[rule.low_facets] = rule
        effects.append(_strictest(precondition.id, low, deciding))
    return tuple(effects)


def _strictest(
    precondition: str,
    low: Collection[str],
    deciding: Mapping[tuple[str, ...], PreconditionRule],
) -> Effect:
    if not deciding:
        return Effect(precondition=precondition)
    rule = max(deciding.values(), key=lambda rule: STRICTNESSES.index(rule.effect))
    return Effect(
        precondition=precondition,
        effect=rule.effect,
        rule=rule,
        low=tuple(facet for facet in rule.low_facets if facet in low),
    )
