"""From phase probabilities to a ranking of interventions. The phase ranks; it never withholds.

An intervention's score is its fit to each phase, weighed by the probability of that phase:
``score = sum over z of P(z) * fit(z)``. There is no threshold: everything the catalogue holds for
the asked layers is in the ranking. Evidence for matching help to phases is thin (Riemsma et al.
2003, Cahill et al. 2010), so the phase may order suggestions and nothing more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from operator import ge

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..maturity import Intervention, MaturityModel
from ..maturity.vocabulary import LAYERS, PHASES, Phase
from .phrases import default_phrases

PRIMARY_FIT, LISTED_FIT, PLAUSIBLE_FIT, OTHER_FIT = 100, 70, 30, 10
"""How well an intervention fits a phase, in hundredths.

A judgement of ours, not a measurement: the phase it serves first, a phase the report (or its
layout, or our reading) lists for it, a phase that is plausible too, any other. The last is not
zero, so that nothing drops out; only the order of the four carries meaning.
"""

OPTIONS = 3
"""The first so many of a ranking are what somebody may choose from; two or three is a choice, ten is a list."""

NOTICE_DAILY_LEARNING = "addition.notice-daily-learning"
"""The library's one addition to TNO's 82: always among the options of the unaware."""

_COULD_BE_FIRST = 2
_BASES = ("stated", "layout", "judgement")  # strongest ground first
_WHOLE = 1_000_000
_CARRIES = 0.2  # the part of a score from which a phase is named as a reason


@frozen
class Grounds:
    """On what the assignment of an intervention to phases rests: the catalogue's own words."""

    basis: str
    text: str


@frozen
class Recommendation:
    """An intervention with its place in the ranking.

    score
        Between 0 and 1,000,000: the fit to the phases, weighed by their probabilities.
    carried_by
        The phases that make up most of the score, the largest part first.
    reasons
        Why it stands here, in words.
    """

    intervention: Intervention
    score: int
    carried_by: tuple[Phase, ...]
    reasons: tuple[str, ...]
    grounds: Grounds


def recommend(
    probabilities: Mapping[Phase, float],
    *,
    model: MaturityModel,
    layers: Collection[str] = LAYERS,
    language: str = "nl",
    you_said: Phase | None = None,
    scope: str | None = None,
) -> tuple[Recommendation, ...]:
    """All interventions of ``layers`` (and of ``scope``, when given), the best fit first.

    ``probabilities`` (phase → probability, summing to 1) mix the fits. ``you_said``, a person's
    own answer, takes their place when given. Ties: with a ground in the literature first, then the
    stronger basis, then the id. Where unaware is the most probable phase, noticing one's daily
    learning is among the first `OPTIONS`, if its layer was asked for. Raises `ValueError` on a
    phase, layer or scope that the model does not have.
    """
    mix = _millionths({you_said: 1.0} if you_said else probabilities)
    phrases = default_phrases()
    ranked = []
    found = {
        one.id: one for layer in layers for one in model.interventions(layer=layer, scope=scope)
    }
    for intervention in found.values():
        parts = {phase: mix[phase] * fit(intervention, phase) for phase in PHASES}
        total = sum(parts.values())
        carried = tuple(
            sorted(
                (phase for phase in PHASES if parts[phase] and parts[phase] >= _CARRIES * total),
                key=lambda phase: (-parts[phase], PHASES.index(phase)),
            )
        )
        words = ", ".join(phrases.say(language, f"phase.{phase}") for phase in carried)
        reasons = [phrases.say(language, "reason.phases", phases=words)]
        if you_said:
            reasons.append(phrases.say(language, "reason.said"))
        if intervention.id == NOTICE_DAILY_LEARNING and _leads(mix, "unaware"):
            reasons.append(phrases.say(language, "reason.always"))
        ranked.append(
            Recommendation(
                intervention,
                total // 100,
                carried,
                tuple(reasons),
                Grounds(intervention.basis, intervention.basis_text),
            )
        )
    ranked.sort(key=_order)
    return tuple(_with_daily_learning(ranked) if _leads(mix, "unaware") else ranked)


@frozen(eq=False)
class Leaders:
    """What comes first in each layer for one mix of phases: as `recommend` orders them, but without
    the words, for whoever needs one for each of many people."""

    _scores: Sequence[int]
    _table: _Table

    @classmethod
    def of(
        cls,
        probabilities: Mapping[Phase, float],
        *,
        model: MaturityModel,
        you_said: Phase | None = None,
    ) -> Leaders:
        """For ``probabilities``, or in their place somebody's own answer. Raises `ValueError` on a
        phase that the model does not have."""
        mix = _millionths({you_said: 1.0} if you_said else probabilities)
        table = _table(Same(model))
        scores = table.fits @ np.array([*mix.values()]) // 100
        return cls(scores.tolist(), table)

    def first(
        self, layers: Collection[str], *, besides: str = ""
    ) -> tuple[Intervention, int] | None:
        """The first of ``layers``, not counting ``besides``, and its score; ``None`` where they hold
        no other."""
        scores = self._scores
        best, lowest, found = -1, 0, None
        for layer in layers:
            for place, alike, intervention in self._table.layers[layer]:
                score = scores[alike]
                if (
                    score > best or (score == best and place < lowest)
                ) and intervention.id != besides:
                    best, lowest, found = score, place, intervention
        return None if found is None else (found, best)


@frozen(eq=False)
class _Table:
    """The interventions of a model by how they fit.

    fits
        (F, 5) fit to each phase, each row once.
    layers
        Layer → what could come first there for some mix: place among equals, which of ``fits``,
        intervention. Second places are among them, since one may be asked not to count.
    """

    fits: npt.NDArray[np.int64]
    layers: Mapping[str, tuple[tuple[int, int, Intervention], ...]]


class Same:
    """A model as a key: the very same one, since to compare two takes longer than what is kept."""

    def __init__(self, model: MaturityModel) -> None:
        self.model = model

    def __hash__(self) -> int:
        return id(self.model)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.model is self.model


@lru_cache(maxsize=256)
def _table(key: Same) -> _Table:
    before: dict[str, list[tuple[int, ...]]] = {layer: [] for layer in LAYERS}
    fits: dict[tuple[int, ...], int] = {}
    layers: dict[str, list[tuple[int, int, Intervention]]] = {layer: [] for layer in LAYERS}
    for place, intervention in enumerate(sorted(key.model.all, key=_among_equals)):
        mine = tuple(fit(intervention, phase) for phase in PHASES)
        same_layer = before[intervention.layer]
        # Who goes first among equals and fits no phase less well is always before.
        ahead = sum(all(map(ge, other, mine)) for other in same_layer)
        same_layer.append(mine)
        if ahead < _COULD_BE_FIRST:
            alike = fits.setdefault(mine, len(fits))
            layers[intervention.layer].append((place, alike, intervention))
    return _Table(
        np.array([*fits], dtype=np.int64).reshape(-1, len(PHASES)),
        {layer: tuple(some) for layer, some in layers.items()},
    )


def fit(intervention: Intervention, phase: Phase) -> int:
    """How well ``intervention`` fits ``phase``, in hundredths."""
    if phase == intervention.primary_phase:
        return PRIMARY_FIT
    if phase in intervention.phases:
        return LISTED_FIT
    return PLAUSIBLE_FIT if phase in intervention.also_plausible else OTHER_FIT


def _order(one: Recommendation) -> tuple[int, tuple[bool, int, str]]:
    return -one.score, _among_equals(one.intervention)


def _among_equals(intervention: Intervention) -> tuple[bool, int, str]:
    """With a ground in the literature first, then the stronger basis, then the id."""
    return not intervention.science, _BASES.index(intervention.basis), intervention.id


def _with_daily_learning(ranked: list[Recommendation]) -> list[Recommendation]:
    places = [i for i, one in enumerate(ranked) if one.intervention.id == NOTICE_DAILY_LEARNING]
    if places and places[0] >= OPTIONS:
        ranked.insert(OPTIONS - 1, ranked.pop(places[0]))
    return ranked


def _leads(mix: Mapping[Phase, int], phase: Phase) -> bool:
    return mix[phase] == max(mix.values())


def _millionths(probabilities: Mapping[Phase, float]) -> dict[Phase, int]:
    """Integers, so that no rounding of a float decides an order."""
    unknown = probabilities.keys() - set(PHASES)
    if unknown:
        raise ValueError(f"expected phases {', '.join(PHASES)}; found {', '.join(sorted(unknown))}")
    return {phase: round(probabilities.get(phase, 0.0) * _WHOLE) for phase in PHASES}
