"""How well the phase model does on made-up worlds, beside what could be done.

    python bench/run_phase_models.py --people 1000 --seed 1

For each world (``bench/worlds.py``) five rows:

- *ceiling*: an observer who knows how that world works;
- *shipped*: the library with the parameters it comes with;
- *calibrated*: the library after `calibrate` on the same ledger;
- *decayed, shipped* and *decayed, true*: decayed counts, where every count is worth half after a
  half-life, read with the shipped rates and with that world's true rates. Both are given the phases'
  true shares as prior and the half-life that gives the lowest log loss there.

Macro-F1 of the most probable phase, log loss, calibration error; the first two also as a share of
the ceiling's. The program fails where decayed counts have a lower log loss than the calibrated
filter, and says where they have a lower one than the filter as shipped.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from attrs import evolve, frozen
from measure import report, value
from worlds import (
    AT,
    WORLDS,
    Floats,
    World,
    shipped,
    world,
    world_that_stops,
)

from leercultuur_core.activity.activity import iso_week, utc_day
from leercultuur_core.activity.visibility import SILENT_WEEKS, Visibility, learned_visibility
from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases import Estimates, calibrate, estimate
from leercultuur_core.phases.evaluate import LEAST_PROBABILITY, calibration_error, macro_f1

HALF_LIVES = (0.25, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)


@frozen
class Score:
    """Macro-F1, log loss and calibration error of one model in one world."""

    macro_f1: float
    log_loss: float
    calibration_error: float


def score(probabilities: Floats, phases: list[str]) -> Score:
    """Measures (P, 5) ``probabilities`` against ``phases``."""
    truth = np.array([PHASES.index(phase) for phase in phases])
    answer = probabilities.argmax(axis=1)
    confusion = [
        [int(((truth == row) & (answer == column)).sum()) for column in range(len(PHASES))]
        for row in range(len(PHASES))
    ]
    given = probabilities[np.arange(len(truth)), truth]
    return Score(
        macro_f1(confusion),
        float(-np.log(np.maximum(given, LEAST_PROBABILITY)).mean()),
        calibration_error(
            list(zip(probabilities.max(axis=1).tolist(), (answer == truth).tolist(), strict=True))
        ),
    )


def of_estimates(estimates: Estimates, labels: list[str]) -> Floats:
    """(P, 5) of those in ``labels``."""
    return np.array([[estimates[name].probabilities[phase] for phase in PHASES] for name in labels])


def decayed_counts(made: World, rates: Floats, half_life: float) -> Floats:
    """(P, 5) from decayed counts, with ``rates`` (5, K) and the phases' true shares.

    The decayed counts and exposures are read as one long week of the same negative multinomial,
    the activity level integrated out; what could not be seen is left out.
    """
    parameters = shipped()
    weeks = made.seen.counts.shape[1]
    weight = 0.5 ** (np.arange(weeks - 1, -1, -1) / half_life)
    counts = (made.seen.counts * weight[:, None]).sum(axis=1)
    exposure = (made.seen.visible * weight[:, None]).sum(axis=1)
    shape = parameters.burst_shape
    activity = np.array(parameters.activity_levels)[None, :, None]
    total = counts.sum(axis=1)[:, None, None]
    logs = (counts @ np.log(made.rates).T)[:, None, :] + total * np.log(activity)
    logs = logs - (total + shape) * np.log(shape + activity * (exposure @ rates.T)[:, None, :])
    shares = np.bincount(
        [PHASES.index(phase) for phase in made.labels.values()], minlength=len(PHASES)
    )
    logs = logs + np.log((shares + 0.5) / (shares.sum() + 2.5))
    joint = np.exp(logs - logs.max(axis=(1, 2), keepdims=True)).sum(axis=1)
    by_person: Floats = joint / joint.sum(axis=1, keepdims=True)
    return by_person


def table(made: World) -> list[tuple[str, Score, str]]:
    """The rows of one world: name, score, note."""
    labels, phases = list(made.labels), list(made.labels.values())
    shipped_rates = np.array(list(shipped().rates.values())).T
    first = estimate(made.ledger, at=AT)
    fitted = calibrate(made.ledger, at=AT)
    second = estimate(made.ledger, at=AT, parameters=fitted.parameters)
    return [
        ("ceiling", score(made.ceiling, phases), ""),
        ("shipped", score(of_estimates(first, labels), phases), ""),
        (
            "calibrated",
            score(of_estimates(second, labels), phases),
            f"{fitted.passes} passes, {'accepted' if fitted.accepted else 'refused'}",
        ),
        ("decayed, shipped", *best_decayed(made, shipped_rates, phases)),
        ("decayed, true", *best_decayed(made, made.rates, phases)),
    ]


def best_decayed(made: World, rates: Floats, phases: list[str]) -> tuple[Score, str]:
    """Decayed counts at their best half-life."""
    scores = {half: score(decayed_counts(made, rates, half), phases) for half in HALF_LIVES}
    best = min(scores, key=lambda half: scores[half].log_loss)
    return scores[best], f"half-life {best:g} weeks"


def show(name: str, rows: list[tuple[str, Score, str]]) -> list[str]:
    """Prints one world; gives which models decayed counts beat there on log loss."""
    top = rows[0][1]
    print(f"\n{name}\n{'':18}{'macro-F1':>9}{'':8}{'log loss':>9}{'':8}{'cal. error':>11}")
    for model, found, note in rows:
        print(
            f"{model:18}{found.macro_f1:9.3f}{found.macro_f1 / top.macro_f1:7.1%} "
            f"{found.log_loss:9.3f}{found.log_loss / top.log_loss:7.2f}×"
            f"{found.calibration_error:11.3f}   {note}"
        )
    scores = {model: found for model, found, _ in rows}
    report(
        value(
            f"log loss of the calibrated filter, {name.partition(':')[0]}",
            [scores["calibrated"].log_loss / scores["decayed, true"].log_loss],
            "×",
            at_most=1,
            note="of decayed counts that know the rates",
        )
    )
    pairs = (("shipped", "decayed, shipped"), ("calibrated", "decayed, true"))
    return [mine for mine, other in pairs if scores[mine].log_loss >= scores[other].log_loss]


def silence(people: int, seed: int) -> None:
    """Two readings of a source's silence, by how long ago one of three platforms stopped."""
    print("\na platform stopped: log loss of its people, by when its visibility ends")
    print(f"{'weeks ago':>10}{'at its last week':>18}{'after 4 silent weeks':>22}{'ceiling':>9}")
    for weeks_ago in (2, 4, 5, 6, 8, 12):
        made = world_that_stops(weeks_ago, people, seed)
        there = made.seen.visible[:, -1].sum(axis=1) == 0
        names = [name for name, kept in zip(made.labels, there, strict=True) if kept]
        phases = [made.labels[name] for name in names]
        closed = learned_visibility(made.ledger, until=utc_day(AT))
        late = _closed_later(closed)
        losses = [
            score(
                of_estimates(estimate(made.ledger, at=AT, visibility=visibility), names), phases
            ).log_loss
            for visibility in (closed, late)
        ]
        best = score(made.ceiling[there], phases).log_loss
        print(f"{weeks_ago:10}{losses[0]:18.3f}{losses[1]:22.3f}{best:9.3f}")


def _closed_later(visibility: Visibility) -> Visibility:
    """The same, with each closed interval four weeks longer."""
    return evolve(
        visibility,
        intervals={
            key: tuple(
                (start, None if end is None else end + 7 * SILENT_WEEKS) for start, end in spans
            )
            for key, spans in visibility.intervals.items()
        },
    )


def main() -> None:
    """Prints one table per world."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--world", choices=sorted(WORLDS), action="append", help="all if not given")
    parser.add_argument("--silence", action="store_true", help="also compare readings of silence")
    options = parser.parse_args()
    began = time.perf_counter()
    lost: dict[str, list[str]] = {"shipped": [], "calibrated": []}
    print(f"{options.people} made-up people, seed {options.seed}, weeks to {iso_week(utc_day(AT))}")
    for name in options.world or WORLDS:
        made = world(name, options.people, options.seed)
        for model in show(f"{name}: {made.assumptions}", table(made)):
            lost[model].append(name)
    if options.silence:
        silence(options.people, options.seed)
    print(f"\n{time.perf_counter() - began:.0f} s")
    for model, names in lost.items():
        if names:
            print(f"decayed counts have a lower log loss than {model} in: {', '.join(names)}")
    if lost["calibrated"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
