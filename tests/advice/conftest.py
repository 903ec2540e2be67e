"""A made-up estimate, with the attributes of a real one and no filter behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import pytest
from attrs import frozen

from leercultuur_core.activity.identity import learner_name
from leercultuur_core.maturity import MaturityModel, maturity_model
from leercultuur_core.maturity.vocabulary import PHASES, Language, Phase


@frozen
class Said:
    phase: Phase
    on: date = date(2026, 2, 12)


@frozen
class Why:
    kind: str
    count: int
    log_odds: float
    text: str


@frozen
class Guess:
    identifier: str
    probabilities: Mapping[Phase, float]
    phase: str
    you_said: Said | None = None
    learner: str = ""
    at: date = date(2026, 3, 2)
    episode: str = "2026-W05"
    reasons: tuple[Why, ...] = ()

    def explain(self, language: Language) -> Sequence[Why]:
        return self.reasons


Guessing = Callable[..., Guess]


def _guess(
    who: str = "sanne",
    phase: str = "acting",
    *,
    mix: Mapping[Phase, float] | None = None,
    said: Phase | None = None,
    seen: str = "",
) -> Guess:
    """Somebody most likely in ``phase`` (``unknown``: no telling), or with the given ``mix``."""
    if mix is None:
        mix = {each: 0.6 if each == phase else 0.1 for each in PHASES}
        if phase == "unknown":
            mix = dict.fromkeys(PHASES, 0.2)
    identifier = who if "|" in who else f"account|https://leren.example|{who}"
    return Guess(
        identifier=identifier,
        probabilities=mix,
        phase=phase,
        you_said=Said(said) if said else None,
        learner=learner_name(identifier),
        reasons=(Why("progressed", 3, 1.2, seen),) if seen else (),
    )


@pytest.fixture(scope="session")
def guess() -> Guessing:
    """Makes an estimate: ``guess("sanne", "acting")``."""
    return _guess


@pytest.fixture(scope="session")
def model() -> MaturityModel:
    """The shipped maturity model."""
    return maturity_model()
