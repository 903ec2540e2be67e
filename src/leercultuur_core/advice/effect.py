"""Measuring whether messages help: the plan of a study, who gets what in it, and for how long.

Three arms: *matched* gets what it would get anyway, the step that fits its phase; *unmatched* a
harmless step that fits it least; *later* no step for some weeks. After those weeks everybody gets
what they would get anyway, so that nobody is left without. Only people who said yes take part.

People are taken in blocks of three who are alike (same shown phase, unit of about the same size),
one in each arm. Within a block chance alone decides, so that the difference between two of a block
is a fair comparison, and a block is analysed as it was drawn (Imai 2008, *Statistics in Medicine*
27, on matched pairs). Chance is a hash of the seed and the person: whoever has the seed, which is
written down beforehand, can draw again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import blake2b, sha256
from typing import Any, Literal, get_args

from attrs import asdict, evolve, field, frozen, validators

from ..maturity import MaturityModel
from ..maturity.shipped import shipped_rows
from ..maturity.tables import Schema, names, text
from ..maturity.vocabulary import PHASES, Phase
from .own import OWN_LAYERS
from .recommend import fit

Arm = Literal["matched", "unmatched", "later"]
"""What somebody in a study gets. These names are stored and never change their meaning."""

ARMS: tuple[Arm, ...] = get_args(Arm)

METHOD = 1
"""The version of what is written here and in `effect_figures`; part of every plan."""

_WEEK = 7
_LATE = 1  # weeks in which a system may still bring what was done before
_SMALL, _LARGE = (
    10,
    50,
)  # where micro, small and larger enterprises part (Recommendation 2003/361/EC)

_between = [validators.ge(1), validators.le(52)]
_share = [validators.gt(0.0), validators.lt(1.0)]


@frozen(kw_only=True)
class StudyPlan:
    """What will be done and how it will be judged, written down before anybody is drawn.

    seed
        What the draw is made from.
    minimum
        Pairs below which nothing is told.
    enrol_weeks
        How long people are taken in, from the first draw.
    weeks
        How long the arms differ for somebody, and how long before and after it is looked at.
    days_worth, share_worth
        The smallest difference worth knowing: in days a week, and as a share of people.
    confidence
        Of both comparisons on one outcome together.
    power
        The probability with which a difference worth knowing is to be found.
    """

    seed: str = field(validator=validators.min_len(1))
    minimum: int = field(validator=validators.ge(2))
    enrol_weeks: int = field(default=12, validator=_between)
    weeks: int = field(default=6, validator=_between)
    days_worth: float = field(default=0.25, validator=validators.gt(0.0))
    share_worth: float = field(default=0.1, validator=_share)
    confidence: float = field(default=0.95, validator=_share)
    power: float = field(default=0.8, validator=_share)
    method: int = METHOD

    def as_row(self) -> dict[str, Any]:
        """The plan as JSON writes it; `from_row` reads it."""
        return asdict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> StudyPlan:
        """The plan that `as_row` gave."""
        return cls(**row)

    @property
    def digest(self) -> str:
        """SHA-256 of the plan: whoever was given it beforehand can tell that nothing changed."""
        return sha256(json.dumps(self.as_row(), sort_keys=True).encode()).hexdigest()

    def last_enrolment(self, started: int) -> int:
        """The day (number) before which people are taken in, of a study that ``started`` on one."""
        return started + _WEEK * self.enrol_weeks

    def due(self, started: int) -> int:
        """The day from which the outcome is known: the last who came in are through it by then."""
        return self.last_enrolment(started) + _WEEK * (self.weeks + _LATE)

    def arm_on(self, arm: Arm, since: int, day: int) -> Arm:
        """What somebody drawn on the day ``since`` gets on ``day``: after the weeks what everybody
        gets."""
        return arm if day < since + _WEEK * self.weeks else "matched"


@frozen
class Drawn:
    """Somebody's place in a study: which block of people who are alike, and which arm."""

    person: str
    block: int
    arm: Arm
    stratum: str


def stratum(phase: Phase, unit_size: int) -> str:
    """What those of a block have in common."""
    size = "small" if unit_size < _SMALL else "middle" if unit_size < _LARGE else "large"
    return f"{phase}/{size}"


def draw(people: Mapping[str, str], seed: str, *, first_block: int = 1) -> tuple[Drawn, ...]:
    """Puts ``people`` (person → stratum) in blocks of three, one in each arm.

    Depends on the seed and on who they are, and on no order. At most two of a stratum are left over;
    they may be in a later draw, which then starts at another ``first_block``.
    """
    strata: dict[str, list[str]] = {}
    for person in sorted(people, key=lambda one: _chance(seed, "person", one)):
        strata.setdefault(people[person], []).append(person)
    drawn: list[Drawn] = []
    block = first_block
    for name, members in sorted(strata.items()):
        for start in range(0, len(members) - len(ARMS) + 1, len(ARMS)):
            three = members[start : start + len(ARMS)]
            arms = sorted(ARMS, key=lambda arm: _chance(seed, "arm", arm, *three))
            drawn += [
                Drawn(person, block, arm, name) for person, arm in zip(three, arms, strict=True)
            ]
            block += 1
    return tuple(drawn)


def _chance(*parts: str) -> bytes:
    return blake2b(json.dumps(parts).encode(), digest_size=16).digest()


def not_matched(model: MaturityModel, phase: Phase) -> MaturityModel:
    """The catalogue with, in the worker's own layers, only harmless steps that fit ``phase`` least.

    Harmless: fits inside the work, exposes nobody, is no programme for a group. Of those that fit
    least, the ones whose own phase comes soonest after ``phase`` on the spiral: they will fit later.
    Where there are none the catalogue stays as it is, and the person gets what fits.
    """
    harmless = [
        one
        for layer in OWN_LAYERS
        for one in model.interventions(layer=layer)
        if one.fits_inside_work
        and not one.exposes_people
        and not one.group_programme
        and one.primary_phase != phase
    ]
    if not harmless:
        return model
    place = PHASES.index(phase)

    def order(one: Any) -> tuple[int, int]:
        return fit(one, phase), (PHASES.index(one.primary_phase) - place) % len(PHASES)

    least = min(map(order, harmless))
    kept = {one.id for one in harmless if order(one) == least}
    return evolve(
        model,
        all=tuple(one for one in model.all if one.layer not in OWN_LAYERS or one.id in kept),
    )


_KINDS = Schema("effect_kinds.tsv", (text("intervention"), names("kinds")), key=("intervention",))


@cache
def named_kinds() -> Mapping[str, frozenset[str]]:
    """Intervention → the evidence kinds that its step asks for, of the worker's own layers.

    A reading of the steps' texts. What is not in it counts as asking for every kind.
    """
    return {row["intervention"]: frozenset(row["kinds"]) for row in shipped_rows(_KINDS)}


def blocks(drawn: Iterable[tuple[int, Arm, str]]) -> dict[int, dict[Arm, str]]:
    """Block → arm → person, from (block, arm, person) of those who are still in it."""
    found: dict[int, dict[Arm, str]] = {}
    for block, arm, person in drawn:
        found.setdefault(block, {})[arm] = person
    return found


__all__ = [
    "ARMS",
    "METHOD",
    "Arm",
    "Drawn",
    "StudyPlan",
    "blocks",
    "draw",
    "named_kinds",
    "not_matched",
    "stratum",
]
