"""From a claim to an unsigned Open Badges 3.0 credential.

A field goes where Open Badges has a place for it; where SURF's edubadges uses such a place, the same one
(EQF as an alignment, ECTS as ``creditsAvailable``). Only what is left uses our own extension, which
stands in the credential as a whole: a context that lives at an address can go dark, and take every
credential with it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from .. import contexts
from ..keys import moment
from .claim import Alignment, Claim, Evidence, Qualification
from .recipient import identity

_EQF = "http://data.europa.eu/snb/eqf/"
_NLQF = "https://www.nlqf.nl/nlqf-niveaus"


def build_credential(claim: Claim) -> dict[str, Any]:
    """The unsigned credential, without an issuer: an `Issuer` puts itself there.

    Every call salts the subject anew. The document is Verifiable Credentials 2.0 and Open Badges 3.0.
    """
    extra = dict(_extra(claim.qualification))
    credential: dict[str, Any] = {
        "@context": [
            contexts.CREDENTIALS,
            contexts.OPEN_BADGES,
            *([contexts.extension()] if extra else []),
        ],
        "id": claim.id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": claim.name,
        "validFrom": moment(claim.valid_from),
        "credentialSubject": _subject(claim, extra),
    }
    if claim.valid_until is not None:
        credential["validUntil"] = moment(claim.valid_until)
    if claim.evidence:
        credential["evidence"] = [_evidence(one) for one in claim.evidence]
    return credential


def _subject(claim: Claim, extra: dict[str, Any]) -> dict[str, Any]:
    subject: dict[str, Any] = {
        "type": ["AchievementSubject"],
        "achievement": _achievement(claim, extra),
    }
    if claim.subject:
        subject["identifier"] = [identity(kind, value) for kind, value in claim.subject.items()]
    if claim.narrative:
        subject["narrative"] = claim.narrative
    if claim.period is not None:
        first, last = claim.period
        subject["activityStartDate"] = first.isoformat()
        subject["activityEndDate"] = last.isoformat()
    return subject


def _achievement(claim: Claim, extra: dict[str, Any]) -> dict[str, Any]:
    achievement: dict[str, Any] = {
        "id": claim.achievement,
        "type": ["Achievement", *(["EuropeanAchievement"] if extra else [])],
        "name": claim.name,
        "description": claim.description,
        "criteria": {"narrative": claim.criteria},
        "inLanguage": claim.language,
    }
    alignments = [_alignment(one) for one in (*claim.alignments, *_levels(claim.qualification))]
    optional = {
        "alignment": alignments,
        "humanCode": claim.code,
        "version": claim.version,
        "creditsAvailable": claim.qualification.ects,
    }
    return {**achievement, **{key: value for key, value in optional.items() if value}, **extra}


def _levels(qualification: Qualification) -> Iterator[Alignment]:
    if qualification.eqf is not None:
        level = str(qualification.eqf)
        yield Alignment(f"EQF {level}", _EQF + level, "European Qualifications Framework", level, "ext:EQFLevel")  # fmt: skip
    if qualification.nlqf:
        level = qualification.nlqf
        yield Alignment(f"NLQF {level}", _NLQF, "NLQF", level, "ext:NLQFLevel")


def _extra(qualification: Qualification) -> Iterator[tuple[str, Any]]:
    """What Open Badges has no place for."""
    fields = {
        "assessmentType": qualification.assessment,
        "assessmentSupervision": qualification.supervision,
        "participation": qualification.participation,
        "learningPath": qualification.learning_path,
        "studyLoadHours": qualification.study_load_hours,
        "qualityAssurance": qualification.quality_assurance,
    }
    return ((key, value) for key, value in fields.items() if value)


def _alignment(alignment: Alignment) -> dict[str, Any]:
    optional = {
        "targetFramework": alignment.framework,
        "targetCode": alignment.code,
        "targetType": alignment.kind,
    }
    return {
        "type": ["Alignment"],
        "targetName": alignment.name,
        "targetUrl": alignment.url,
        **{key: value for key, value in optional.items() if value},
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    digest = base64.b64encode(evidence.sha256).decode("ascii")
    optional = {
        "id": evidence.url,
        "description": evidence.description,
        "genre": evidence.genre,
        "digestSRI": f"sha256-{digest}" if digest else "",
    }
    return {
        "type": ["Evidence"],
        "name": evidence.name,
        **{key: value for key, value in optional.items() if value},
    }
