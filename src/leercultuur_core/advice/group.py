"""What a unit's manager, HR and leadership read: a function of what may be shown of the unit."""

from __future__ import annotations

from functools import lru_cache

from ..maturity import MaturityModel
from ..maturity.vocabulary import PHASES, Language, Phase
from ..privacy import Release
from .own import greeting, ground
from .phrases import default_phrases
from .prompt import Prompt
from .recommend import Recommendation, Same, recommend
from .roles import Holder

GROUP_LAYERS = ("manager", "hr", "leadership")
"""The layers that are told about a unit. Education is outside the organisation, and is not."""

_NAMED = 2  # phases whose share is put into words


def unit_subject(unit: str) -> str:
    """What a prompt about ``unit`` is about; ``""`` is the whole organisation."""
    return f"unit|{unit}"


def rank_for_unit(
    release: Release, layer: str, *, model: MaturityModel, language: Language
) -> tuple[Recommendation, ...]:
    """The interventions of ``layer`` for the largest part of a unit, the best fit first.

    A group is not one person in doubt between five phases, it is people in several of them. Mixed
    over all, what fits everybody a little would always win; so the step is chosen for the phases in
    the highest band, each weighing the same. A function of what may be shown.
    """
    highest = max(band.low for band in release.shares.values())
    largest = tuple(phase for phase, band in release.shares.items() if band.low == highest)
    return _ranked(Same(model), largest, layer, language)


@lru_cache(maxsize=1024)
def _ranked(
    key: Same, phases: tuple[Phase, ...], layer: str, language: Language
) -> tuple[Recommendation, ...]:
    """Many units look the same, since what is released is coarse."""
    mix = dict.fromkeys(phases, 1 / len(phases))
    return recommend(mix, model=key.model, layers=(layer,), language=language)


def unit_prompt(
    release: Release,
    best: Recommendation,
    *,
    recipient: str,
    name: str,
    holder: Holder,
    episode: str,
    language: Language,
) -> Prompt:
    """The prompt about a unit to ``recipient`` (an identifier), who is called ``name``.

    It names no person and no number of people, only bands.
    """
    phrases = default_phrases()
    layer = best.intervention.layer
    step = best.intervention.steps[language]
    why = phrases.say(language, f"unit.why.{best.carried_by[0]}")
    when = phrases.say(language, "step.when")
    what = (
        phrases.say(language, "unit.team", unit=release.unit)
        if release.unit
        else phrases.say(language, "unit.whole")
    )
    opening = [
        phrases.say(language, "unit.intro", unit=what, minimum=release.minimum),
        phrases.say(language, "unit.shares", shares=_shares(release, language)),
    ]
    if holder.stands_in:
        opening.append(phrases.say(language, f"standin.{layer}"))
    paragraphs = [
        f"{greeting(name, language)}\n{' '.join(opening)}",
        f"**{step}** {phrases.say(language, 'step.enough')} {when}",
        f"{phrases.say(language, 'why.heading', why=why)} {ground(best.intervention, language)}",
        phrases.say(language, "close.reply_unit"),
    ]
    return Prompt(
        recipient=recipient,
        recipient_role=holder.role,
        subject=unit_subject(release.unit),
        layer=layer,
        intervention=best.intervention.id,
        language=language,
        text="\n\n".join(paragraphs),
        step=step,
        why=why,
        when_question=when,
        grounds=best.grounds,
        phase_mix={p: (b.low / 100, b.high / 100) for p, b in release.shares.items()},
        episode=episode,
        name=name,
    )


def _shares(release: Release, language: Language) -> str:
    """The largest shares in words."""
    phrases = default_phrases()
    largest = sorted(PHASES, key=lambda phase: (-release.shares[phase].low, PHASES.index(phase)))
    return "; ".join(
        phrases.say(
            language,
            "unit.share",
            low=release.shares[phase].low,
            high=release.shares[phase].high,
            people=phrases.say(language, f"people.{phase}"),
        )
        for phase in largest[:_NAMED]
    )
