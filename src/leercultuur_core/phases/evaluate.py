"""How good estimates are, measured against phases that are known otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import cast

from attrs import frozen

from ..maturity.vocabulary import PHASES, UNKNOWN, Phase
from .estimate import Estimate, Estimates

BINS = 10
"""Equal-width bins of the top probability for the calibration error."""

LEAST_PROBABILITY = 5e-7
"""What a probability of 0 counts as in the log loss: half of the last decimal."""


@frozen
class Evaluation:
    """Measures over the labelled people who have an estimate.

    n, missing
        How many people were measured; labelled people without an estimate, sorted.
    accuracy, macro_f1
        Of the most probable phase; the F1 is averaged over the phases that occur among the labels
        or the answers.
    log_loss
        Mean of −log probability of the labelled phase, natural logarithm.
    calibration_error
        Mean distance, weighed by people, between the top probability and the share that was right,
        over ten equal-width bins.
    confusion
        5 × 5 people, row is the label, column the most probable phase.
    coverage, shown_accuracy
        Share of people who are shown a phase other than ``unknown``, and the share of those for
        whom it is right.

    With nobody to measure, everything but ``n`` and ``missing`` is 0.
    """

    n: int
    missing: tuple[str, ...]
    accuracy: float
    macro_f1: float
    log_loss: float
    calibration_error: float
    confusion: tuple[tuple[int, ...], ...]
    coverage: float
    shown_accuracy: float


def evaluate(estimates: Estimates, labels: Mapping[str, str]) -> Evaluation:
    """Measures ``estimates`` against ``labels``: identifier, or a name that only one learner has,
    → phase.

    Raises `ValueError` for labels that are no phase.
    """
    strange = sorted({phase for phase in labels.values() if phase not in PHASES})
    if strange:
        raise ValueError(
            f"labels: expected one of {', '.join(PHASES)}; found {', '.join(map(repr, strange))}"
        )
    pairs: list[tuple[Estimate, Phase]] = []
    missing: list[str] = []
    for name, phase in labels.items():
        try:
            pairs.append((estimates[name], cast("Phase", phase)))
        except KeyError:
            missing.append(name)
    n = len(pairs)
    confusion = [[0] * len(PHASES) for _ in PHASES]
    for estimate, phase in pairs:
        confusion[PHASES.index(phase)][PHASES.index(estimate.most_probable)] += 1
    shown = [(estimate, phase) for estimate, phase in pairs if estimate.phase != UNKNOWN]
    return Evaluation(
        n=n,
        missing=tuple(sorted(missing)),
        accuracy=_share(sum(confusion[phase][phase] for phase in range(len(PHASES))), n),
        macro_f1=macro_f1(confusion),
        log_loss=_share(
            sum(
                -log(max(estimate.probabilities[phase], LEAST_PROBABILITY))
                for estimate, phase in pairs
            ),
            n,
        ),
        calibration_error=calibration_error(
            [
                (max(estimate.probabilities.values()), estimate.most_probable == phase)
                for estimate, phase in pairs
            ]
        ),
        confusion=tuple(tuple(row) for row in confusion),
        coverage=_share(len(shown), n),
        shown_accuracy=_share(
            sum(estimate.phase == phase for estimate, phase in shown), len(shown)
        ),
    )


def macro_f1(confusion: list[list[int]]) -> float:
    """Mean F1 over the phases that occur in a ``confusion`` of labels (rows) and answers."""
    scores = []
    for phase, row in enumerate(confusion):
        labelled, answered = sum(row), sum(other[phase] for other in confusion)
        if labelled or answered:
            scores.append(2 * row[phase] / (labelled + answered))
    return _share(sum(scores), len(scores))


def calibration_error(answers: list[tuple[float, bool]]) -> float:
    """Expected calibration error of (top probability, whether it was right)."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for probability, right in answers:
        bins[min(int(probability * BINS), BINS - 1)].append((probability, right))
    gap = sum(abs(sum(probability - float(right) for probability, right in bin_)) for bin_ in bins)
    return _share(gap, len(answers))


def _share(part: float, whole: int) -> float:
    return part / whole if whole else 0.0
