"""What data about a person may be used for: purposes as data, and whether one is `allowed` now.

``data/purposes.tsv`` holds the purposes, ``data/purpose_phrases.tsv`` the words for what they rest
on. Ground of the defaults: GDPR art. 6, 21, 25 and 35; WP29 Opinion 2/2017 (consent at work is valid
only where a no costs nothing); WOR art. 27(1)(k) and (l). See ``docs/privacy.md``. Not legal advice.

Made-up data is nobody's and asks no purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Literal, Protocol, get_args

from attrs import frozen

from ..maturity.shipped import shipped_rows, shipped_words
from ..maturity.tables import Schema, choice, choices_of, text, yes_no
from ..maturity.vocabulary import LANGUAGES, Language

PurposeId = Literal[
    "own_records",
    "invitation",
    "own_prompts",
    "group_releases",
    "manager_prompt",
    "validation",
    "effect",
]
"""What data may be used for. These ids are stored with consents and never change their meaning."""

Choice = Literal["opt-in", "opt-out", "own-act", "off"]
"""How a purpose is switched on: by the person's yes (consent); until their no (legitimate interest,
after go-live); each time by what they do themselves (at their request); not at all."""

Viewer = Literal["self", "manager", "hr", "leadership", "assessor", "evaluator"]

RefusedReason = Literal["no_go_live", "off", "student", "objected", "not_opted_in"]
"""Why something may not be done. These codes are stored and never change their meaning."""

_PURPOSES = "purposes.tsv"
_PHRASES = "purpose_phrases.tsv"
_CHOICES: tuple[Choice, ...] = get_args(Choice)

_PURPOSE_SCHEMA = Schema(
    _PURPOSES,
    (
        choice("id", get_args(PurposeId)),
        choice("default", _CHOICES),
        choices_of("may_be", _CHOICES),
        yes_no("before_go_live"),
        yes_no("estimates"),
        choices_of("seen_by", get_args(Viewer)),
        *(text(f"name_{language}") for language in LANGUAGES),
        *(text(f"text_{language}") for language in LANGUAGES),
    ),
)


class GoLive(Protocol):
    """The recorded yes of the works council or staff meeting."""

    def holds_on(self, day: date) -> bool:
        """Whether the yes has begun by ``day`` and not run out."""


class Said(Protocol):
    """What one person said; `leercultuur_core.privacy.consent.Consents` is one."""

    def given(self, purpose: PurposeId) -> bool | None:
        """Their yes or no that counts; ``None`` where nothing was said."""


@frozen
class Purpose:
    """One purpose.

    default, may_be
        How it is switched on, and what an organisation may choose instead.
    before_go_live
        Whether it may be done without the works council's yes.
    estimates
        Whether it needs somebody's phase.
    seen_by
        Who sees something of the person, or of the group they are in.
    name, text
        Language → a heading, and one or two sentences for the person themselves.
    """

    id: PurposeId
    default: Choice
    may_be: tuple[Choice, ...]
    before_go_live: bool
    estimates: bool
    seen_by: tuple[Viewer, ...]
    name: Mapping[Language, str]
    text: Mapping[Language, str]


@frozen
class Allowed:
    """It may be done. ``basis`` is the choice it rests on; for an own act the act is still needed."""

    basis: Choice


@frozen
class Refused:
    """It may not be done, and nothing of the person may be read for it."""

    reason: RefusedReason


@cache
def purposes() -> Mapping[PurposeId, Purpose]:
    """The shipped purposes, in the order in which they are told to people."""
    rows = shipped_rows(_PURPOSE_SCHEMA)
    return {
        row["id"]: Purpose(
            id=row["id"],
            default=row["default"],
            may_be=row["may_be"],
            before_go_live=row["before_go_live"],
            estimates=row["estimates"],
            seen_by=row["seen_by"],
            name={language: row[f"name_{language}"] for language in LANGUAGES},
            text={language: row[f"text_{language}"] for language in LANGUAGES},
        )
        for row in rows
    }


def allowed(
    purpose: PurposeId,
    *,
    said: Said,
    go_live: GoLive | None,
    day: date,
    choices: Mapping[PurposeId, Choice] | None = None,
    student: bool = False,
    students_configured: bool = False,
) -> Allowed | Refused:
    """Whether ``purpose`` may be done on ``day`` for the person who ``said`` what they said.

    choices
        What the organisation chose where that is not the default.
    student
        Their employment in the directory is *student*. Their phase is not estimated, since steering
        learning inside vocational education may be high-risk under the AI Act (Annex III, 3), unless
        a purpose and a memo are on record (``students_configured``).

    Raises `ValueError` for a choice that this purpose does not allow.
    """
    what = purposes()[purpose]
    chosen = (choices or {}).get(purpose, what.default)
    if chosen not in what.may_be:
        expected = ", ".join(what.may_be)
        raise ValueError(f"expected one of {expected} for {purpose}, found {chosen!r}")
    if chosen == "off":
        return Refused("off")
    if not what.before_go_live and (go_live is None or not go_live.holds_on(day)):
        return Refused("no_go_live")
    if what.estimates and student and not students_configured:
        return Refused("student")
    given = said.given(purpose)
    if given is False:
        return Refused("objected")
    if chosen == "opt-in" and given is None:
        return Refused("not_opted_in")
    return Allowed(chosen)


def may_estimate(
    *,
    said: Said,
    go_live: GoLive | None,
    day: date,
    choices: Mapping[PurposeId, Choice] | None = None,
    student: bool = False,
    students_configured: bool = False,
) -> bool:
    """Whether there is any purpose for which this person's phase may be estimated."""
    return any(
        isinstance(
            allowed(
                purpose.id,
                said=said,
                go_live=go_live,
                day=day,
                choices=choices,
                student=student,
                students_configured=students_configured,
            ),
            Allowed,
        )
        for purpose in purposes().values()
        if purpose.estimates
    )


def basis_text(chosen: Choice, language: Language) -> str:
    """What a purpose rests on, in words."""
    return _phrases()[language][f"basis.{chosen}"]


def viewer_text(viewer: Viewer, language: Language) -> str:
    """Who sees something, in words to the person it is about."""
    return _phrases()[language][f"seen_by.{viewer}"]


def refused_text(refused: Refused, language: Language) -> str:
    """Why something may not be done, in words."""
    return _phrases()[language][f"refused.{refused.reason}"]


def _phrases() -> Mapping[Language, Mapping[str, str]]:
    return shipped_words(_PHRASES)
