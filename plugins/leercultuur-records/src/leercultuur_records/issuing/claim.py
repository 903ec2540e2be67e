"""What a credential says, before it becomes an Open Badge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from attrs import field, frozen

LearningPath = Literal["formal", "non-formal", "informal"]
Participation = Literal["online", "onsite", "blended", "work experience", "volunteering"]
Assessment = Literal[
    "portfolio", "observation", "interview", "test", "application of a skill", "none"
]
Supervision = Literal[
    "none",
    "online without identity check",
    "online with identity check",
    "onsite without identity check",
    "onsite with identity check",
]


@frozen
class Alignment:
    """A skill or qualification that the achievement is about, in somebody's framework.

    ``url`` names it; ``framework`` is the framework with its version (``ESCO 1.2.0``), ``code`` its
    code there, ``kind`` a targetType of Open Badges (``ext:`` before one of your own).
    """

    name: str
    url: str
    framework: str = ""
    code: str = ""
    kind: str = ""


@frozen
class Evidence:
    """Something that was looked at. The credential says what it was and its hash, never its content.

    ``sha256`` is the raw digest of the file, 32 bytes; ``url`` where it may be seen, if anywhere.
    """

    name: str
    description: str = ""
    url: str = ""
    sha256: bytes = b""
    genre: str = ""


@frozen
class Qualification:
    """The European and Dutch fields that edubadges has too; leave out what does not apply.

    eqf, nlqf
        A level from 1 to 8; NLQF also knows ``"entry"`` and ``"4+"``.
    ects, study_load_hours
        Study load in European credits (60 to a year), or in hours (*studiebelastingsuren*).
    quality_assurance
        The address of how the quality of the assessment is looked after.
    """

    eqf: int | None = None
    nlqf: str = ""
    ects: float | None = None
    study_load_hours: int | None = None
    learning_path: LearningPath | None = None
    participation: Participation | None = None
    assessment: Assessment | None = None
    supervision: Supervision | None = None
    quality_assurance: str = ""


@frozen
class Claim:
    """What is said of whom.

    id
        The credential's own address, such as ``urn:uuid:…``; the same one for a second try.
    subject
        What the holder can be recognised by, kind → value: ``email``, or another identityType of Open
        Badges. Only salted hashes of these leave the house.
    achievement
        The address of the achievement: the same for everybody who gets it.
    criteria
        What somebody must show for it, in plain words.
    """

    id: str
    achievement: str
    name: str
    description: str
    criteria: str
    valid_from: datetime
    valid_until: datetime | None = None
    subject: Mapping[str, str] = field(factory=dict, repr=False)
    narrative: str = field(default="", repr=False)
    period: tuple[date, date] | None = None
    language: str = "nl"
    alignments: tuple[Alignment, ...] = ()
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    qualification: Qualification = Qualification()
    code: str = ""
    version: str = ""

    def __repr__(self) -> str:
        return "<Claim>"
