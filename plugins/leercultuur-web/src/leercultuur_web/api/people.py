"""One person: who that is, what is believed of them, and their yes and no."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Security

from leercultuur_core import PHASES

from .guard import Caller, caller
from .problems import Trouble, described
from .values import (
    Choices,
    ChoiceTold,
    Choose,
    EstimateTold,
    Find,
    Found,
    Language,
    ReasonTold,
    YouSaidTold,
)

router = APIRouter(tags=["people"])

ID = r"^[A-Za-z0-9._:-]{1,64}$"
Person = Annotated[str, Path(pattern=ID, description="The id of the person.")]


@router.post("/people/find", responses=described(400, 404, 413, 415))
def find_person(asked: Annotated[Caller, Security(caller, scopes=["people"])], body: Find) -> Found:
    """The id of the person who has exactly this identifier. There is no list of people here: that is what
    SCIM is for."""
    person = asked.web.engine.identified(body.identifier)
    if person is None:
        raise Trouble(404, "not-found", "nobody is known by exactly that")
    return Found(person=person)


@router.get("/people/{person}/estimate", responses=described(404))
def read_estimate(
    asked: Annotated[Caller, Security(caller, scopes=["estimate:own"])],
    person: Person,
    language: Language = "nl",
) -> EstimateTold:
    """In which phase somebody seems to be and why, for a page that shows it to that person.

    Only with their own yes to `own_prompts`; it is noted in the audit as read by the client. Who does not
    exist, said nothing or said no, and of whom nothing was seen: all get the same answer (404).
    """
    belief = asked.web.engine.shared_estimate(person, asked.now, by=asked.by, language=language)
    if belief is None:
        raise Trouble(404, "no-estimate", "nothing that this client may be told of that person")
    found = belief.estimate
    said = found.you_said
    return EstimateTold(
        at=found.at,
        phase=found.phase,
        probability=found.probability,
        probabilities={phase: found.probabilities[phase] for phase in PHASES},
        said=None if said is None else YouSaidTold(phase=said.phase, on=said.on),
        reasons=[
            ReasonTold(
                kind=one.kind,
                text=one.text,
                log_odds=one.log_odds,
                count=one.count,
                weeks=one.weeks,
            )
            for one in belief.reasons
        ],
    )


@router.get("/people/{person}/consent", responses=described(404))
def read_consent(
    asked: Annotated[Caller, Security(caller, scopes=["consent"])],
    person: Person,
    language: Language = "nl",
) -> Choices:
    """What somebody may say yes or no to, in words to them, and what they said."""
    found = asked.web.engine.choices(person, asked.now, language=language)
    if not found:
        raise Trouble(404, "not-found", "there is no such person")
    return Choices(
        choices=[
            ChoiceTold(
                purpose=one.purpose,
                name=one.name,
                text=one.text,
                said=one.said,
                done=one.refused is None,
            )
            for one in found
        ]
    )


@router.post("/people/{person}/consent", responses=described(400, 404, 413, 415))
def give_consent(
    asked: Annotated[Caller, Security(caller, scopes=["consent"])],
    person: Person,
    body: Choose,
    language: Language = "nl",
) -> Choices:
    """Notes the yes or no that somebody gave, as recorded by the client. A no takes effect at once. The
    same once more changes nothing."""
    before = {one.purpose: one.said for one in _choices(asked, person, language)}
    if before[body.purpose] is not body.given:
        asked.web.engine.consent(person, body.purpose, body.given, asked.now, by=asked.by)
    return read_consent(asked, person, language)


def _choices(asked: Caller, person: str, language: Language) -> list[ChoiceTold]:
    return read_consent(asked, person, language).choices
