"""VRAAK: variation, relevance, authenticity, currency (*actualiteit*) and quantity of evidence.

The rubric is data, with numbers that differ between providers. Hints count what can be counted; what
it means is for a person to judge, so that no hint is a mark.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from string import Formatter

from attrs import Factory, field, frozen

from leercultuur_core import ConfigError, Problem
from leercultuur_core.extension import structure

from .record import Evidence, Language, Record
from .standard import Standard

_YEAR = 365.25


@frozen
class Words:
    """A text in both languages."""

    nl: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.nl if language == "nl" else self.en


@frozen
class RubricCriterion:
    """One letter of VRAAK: what is asked, what each mark means, and what a hint says."""

    id: str
    label: Words
    question: Words
    met: Words
    partly: Words
    not_met: Words
    hint: Words


@frozen
class Rubric:
    """What evidence is judged on. ``fresh_years`` and ``enough`` are for hints only."""

    schema: int
    version: str
    criterion: tuple[RubricCriterion, ...]
    fresh_years: int = 5
    enough: int = 2

    @property
    def ids(self) -> tuple[str, ...]:
        """The criteria, in order."""
        return tuple(one.id for one in self.criterion)


@frozen
class Hint:
    """What can be counted for one criterion of the rubric. Never a verdict."""

    criterion: str
    numbers: Mapping[str, int | None] = field(factory=dict)
    text: Words = Factory(lambda: Words("", ""))


def default_rubric() -> Rubric:
    """The shipped rubric."""
    place = resources.files(__package__) / "rubric.toml"
    return parse_rubric(place.read_text("utf-8"), "rubric.toml")


def read_rubric(path: Path) -> Rubric:
    """A rubric of one's own. Raises `ConfigError` where it cannot be read or used."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(str(path), "a readable UTF-8 file", type(error).__name__)
        raise ConfigError(str(path), [problem]) from error
    return parse_rubric(text, str(path))


def parse_rubric(text: str, place: str) -> Rubric:
    """A rubric from TOML. Raises `ConfigError` with every problem at once."""
    try:
        rubric = structure(Rubric, tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # a number or a list without end too
        raise ConfigError(place, [Problem(place, "a TOML file", str(error))]) from error
    except ConfigError as error:
        raise ConfigError(place, error.problems) from None
    problems = []
    if rubric.schema != 1:
        problems.append(Problem("schema", "1", str(rubric.schema)))
    if sorted(rubric.ids) != sorted(_NUMBERS):
        expected = f"each of {', '.join(_NUMBERS)} once"
        problems.append(Problem("criterion", expected, ", ".join(rubric.ids) or "none"))
    for one in rubric.criterion:
        for language, hint in (("nl", one.hint.nl), ("en", one.hint.en)):
            where = f"criterion {one.id}.hint.{language}"
            known = _NUMBERS.get(one.id, ())
            try:
                strange = [n for _, n, _, _ in Formatter().parse(hint) if n and n not in known]
            except ValueError as error:
                problems.append(Problem(where, "a text with numbers in {}", str(error)))
                continue
            problems += [Problem(where, f"one of {', '.join(known)}", repr(n)) for n in strange]
    if problems:
        raise ConfigError(place, problems)
    return rubric


_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "variation": ("kinds", "contexts"),
    "relevance": ("shown", "asked"),
    "authenticity": ("statements", "relations"),
    "currency": ("newest", "old", "count", "years"),
    "quantity": ("count", "enough"),
}
"""What is counted for each criterion; a hint may use these."""


def hints(
    record: Record, on: date, *, rubric: Rubric, standard: Standard | None
) -> tuple[Hint, ...]:
    """What can be counted of a record's evidence on a day, for each criterion of the rubric.

    ``newest`` is in days, ``None`` where there is no evidence.
    """
    numbers = _counted(record, record.evidence, on, rubric, standard)
    return tuple(
        Hint(one.id, numbers[one.id], _worded(one.hint, numbers[one.id]))
        for one in rubric.criterion
    )


def _counted(
    record: Record,
    evidence: Sequence[Evidence],
    on: date,
    rubric: Rubric,
    standard: Standard | None,
) -> Mapping[str, Mapping[str, int | None]]:
    ages = [(on - one.on).days for one in evidence]
    said = [one for one in evidence if one.kind == "statement"]
    asked = {one.code for one in standard.aimed_at(record.criteria)} if standard else set()
    shown = asked & {code for one in evidence for code in one.shows}
    return {
        "variation": {
            "kinds": len({one.kind for one in evidence}),
            "contexts": len({one.context.casefold() for one in evidence if one.context}),
        },
        "relevance": {"shown": len(shown), "asked": len(asked)},
        "authenticity": {
            "statements": len(said),
            "relations": len({one.relation for one in said if one.relation}),
        },
        "currency": {
            "newest": min(ages, default=None),
            "old": sum(age > rubric.fresh_years * _YEAR for age in ages),
            "count": len(evidence),
            "years": rubric.fresh_years,
        },
        "quantity": {"count": len(evidence), "enough": rubric.enough},
    }


def _worded(hint: Words, numbers: Mapping[str, int | None]) -> Words:
    shown = {name: "–" if number is None else number for name, number in numbers.items()}
    return Words(hint.nl.format(**shown), hint.en.format(**shown))
