"""A plan in words: why each action, what the others do meanwhile, what it rests on, what is left out.

``data/concert_phrases.tsv`` holds the phrases, ``concert_links.tsv`` what two actions that build on
each other do; what an action is comes from the catalogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from ..maturity import MaturityModel
from ..maturity.shipped import shipped_words
from ..maturity.vocabulary import BASES, Language
from .concert import Action, LeftOut, Reason, UnitPlan
from .concert_rules import ConcertRules
from .practice import WhiteSpot

_MEANWHILE = 3  # sentences about the others: what somebody still reads


def say(language: Language, key: str, **values: object) -> str:
    """The phrase ``key``, filled in. Raises `KeyError` where there is none."""
    return shipped_words("concert_phrases.tsv")[language][key].format(**values)


def why(reason: Reason, *, model: MaturityModel, language: Language) -> str:
    """One reason in words."""
    if reason.code == "phases":
        names = ", ".join(
            model.terms["phase"][phase].labels[language].lower() for phase in reason.names
        )
        return say(language, "reason.phases", phases=names)
    labels = [model[name].labels[language] for name in reason.names if name in model]
    other = ", ".join(f"“{label}”" for label in labels)
    return say(language, f"reason.{reason.code}", other=other)


def meanwhile(
    action: Action,
    beside: Iterable[Action],
    *,
    rules: ConcertRules,
    language: Language,
) -> tuple[str, ...]:
    """What the others do around ``action``, in sentences: first those it builds on or makes room for,
    then other layers at work in the same weeks. ``beside`` are the actions that concern one unit."""
    others = [one for one in beside if one.intervention.layer != action.intervention.layer]
    ids = {one.id for one in others}
    found = [
        link.texts[language]
        for link in rules.links
        if (link.first == action.id and link.then in ids)
        or (link.then == action.id and link.first in ids)
    ]
    told = {
        end
        for link in rules.links
        if action.id in (link.first, link.then)
        for end in (link.first, link.then)
    }
    found += [
        _what(one, language)
        for one in others
        if one.id not in told and one.begin <= action.end and action.begin <= one.end
    ]
    return tuple(found[:_MEANWHILE])


def _what(action: Action, language: Language) -> str:
    """What others read about an action. The catalogue speaks to the worker about tasks."""
    if action.intervention.layer == "tasks":
        return say(language, "others.tasks", label=action.intervention.labels[language])
    return action.intervention.summaries[language]


def grounds(actions: Collection[Action]) -> Counter[str]:
    """How many actions rest on what: ``stated``, ``layout``, ``judgement``."""
    bases = [one.intervention.basis for one in actions]
    return Counter({basis: bases.count(basis) for basis in BASES})


def grounds_line(actions: Collection[Action], language: Language) -> str:
    """`grounds` as a sentence."""
    return say(language, "grounds", all=len(actions), **grounds(actions))


def left_out(plans: Sequence[UnitPlan], *, model: MaturityModel, language: Language) -> list[str]:
    """What is not in the plans, a line for each reason; named where it is held, done or next."""
    by_reason: dict[str, list[LeftOut]] = {}
    for plan in plans:
        for one in plan.left_out:
            by_reason.setdefault(one.reason, []).append(one)
    lines = []
    for reason in ("held", "running", "planned", "nobody", "budget", "fit"):
        found = by_reason.get(reason, [])
        if not found:
            continue
        line = f"{len(found)} · {say(language, f'left.{reason}')}"
        if reason in {"held", "running", "planned"}:
            line += ": " + "; ".join(one.intervention.labels[language] for one in found)
        lines.append(line)
        repairs = dict.fromkeys(name for one in found for name in one.names if name in model)
        if repairs:
            labels = "; ".join(model[name].labels[language] for name in repairs)
            lines.append("    " + say(language, "left_repairs", names=labels))
    return lines


def spot(one: WhiteSpot, *, model: MaturityModel, language: Language) -> str:
    """A white spot as a sentence."""
    label = ""
    if one.kind in {"phase", "layer"}:
        label = model.terms[one.kind][one.subject].labels[language]
    elif one.subject:
        label = say(language, f"group.{one.subject}")
    return say(language, f"spots.{one.kind}", phase=label, layer=label, group=label)


__all__ = ["grounds", "grounds_line", "left_out", "meanwhile", "say", "spot", "why"]
