"""A file to hand a record over to an institution that may issue edubadges.

Only members of SURF issue an *edubadge*. What is here is what such an institution fills in, under the
names and with the choices of edubadges itself (github.com/edubadges: ``BadgeClassSerializer`` of the
server, ``newBadgeClassForm`` of its pages), so that nobody has to type it over; and what it must still
add and judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

from leercultuur_core import LeercultuurError

from .documents.words import Words, clean
from .issuing.claim import Qualification
from .record import Evidence, Language, Record
from .standard import Standard

BadgeClassType = Literal["extra_curricular", "micro_credential", "regular"]

FORMAT = "leercultuur-edubadge-1"
MOST_ALIGNMENTS = 7
"""The server refuses eight."""

_CONTEXT = "https://api.edubadges.nl/extensions/{name}/context.json"
_LANGUAGES = {"nl": "nl_NL", "en": "en_EN"}
_PARTICIPATION = {
    "online": "online",
    "onsite": "onsite",
    "blended": "blended",
    "work experience": "work_experience",
}
_ASSESSMENT = {
    "portfolio": "portfolio_assessment",
    "observation": "behavioural_assessment",
    "interview": "oram_exam",  # as edubadges spells it
    "test": "written_exam",
    "application of a skill": "professional_product",
}


class CannotHandOver(LeercultuurError):
    """A record that was not recognised, or of another standard."""


def handover(
    record: Record,
    standard: Standard,
    *,
    organisation: str,
    on: date,
    qualification: Qualification | None = None,
    recipient: str = "",
    badge_class_type: BadgeClassType = "extra_curricular",
    language: Language = "nl",
) -> dict[str, Any]:
    """The file, as JSON can write it.

    ``qualification`` has what is known of level, study load and assessment. ``recipient`` is the
    holder's mail address, where they want it to go along; without it nothing in the file names them but
    what they wrote themselves. Raises `CannotHandOver`.
    """
    if record.standard != standard.key:
        raise CannotHandOver("expected the standard that the record was assessed against")
    decided = record.decided
    if record.stage not in {"assessed", "certified"} or decided is None or decided.decision is None:
        raise CannotHandOver(
            f"a hand-over is for a record that was recognised; this one is {record.stage}"
        )
    say = Words("edubadge", language)
    known = qualification or Qualification()
    recognised = standard.aimed_at(decided.decision.criteria)
    outcome = "\n".join(f"* {clean(one.text)}" for one in recognised)
    alignments = list(_alignments(record))
    badge_class: dict[str, Any] = {
        "name": clean(standard.title)[:255],
        "badge_class_type": badge_class_type,
        "formal": badge_class_type == "regular",
        "description": _cut(say("description", title=standard.title, organisation=organisation)),
        "criteria_text": outcome,
        "participation": _PARTICIPATION.get(known.participation or ""),
        "assessment_type": _ASSESSMENT.get(known.assessment or ""),
        "assessment_supervised": (known.supervision or "none").startswith("onsite"),
        "assessment_id_verified": (known.supervision or "").endswith("with identity check"),
        "quality_assurance_url": known.quality_assurance or None,
        "eqf_nlqf_level_verified": False,
        "evidence_required": True,
        "narrative_required": True,
        "alignments": alignments[:MOST_ALIGNMENTS],
        "extensions": dict(_extensions(standard, known, outcome)),
    }
    award: dict[str, Any] = {
        "narrative": clean(record.learned),
        "evidence_items": [_evidence(one, organisation, say) for one in record.evidence],
    }
    if recipient:
        award["recipient_email"] = recipient
    return {
        "format": FORMAT,
        "read_me": say("read-me", organisation=organisation),
        "made": on.isoformat(),
        "badge_class": badge_class,
        "award": award,
        "still_needed": [say(f"need.{key}") for key in _needs(badge_class, alignments, recipient)],
    }


def _extensions(
    standard: Standard, known: Qualification, outcome: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    values: Mapping[str, Any] = {
        "Language": _LANGUAGES.get(standard.language, "nl_NL"),
        "LearningOutcome": outcome,
        "EQF": _eqf(standard, known),
        "ECTS": known.ects,
        "StudyLoad": known.study_load_hours,
    }
    for name, value in values.items():
        if value:
            extension = f"{name}Extension"
            yield (
                f"extensions:{extension}",
                {
                    "@context": _CONTEXT.format(name=extension),
                    "type": ["Extension", f"extensions:{extension}"],
                    name: value,
                },
            )


def _eqf(standard: Standard, known: Qualification) -> int | None:
    """NLQF 1 to 8 are EQF 1 to 8, 4+ is EQF 4, and the entry level has none (nlqf.nl)."""
    if known.eqf is not None:
        return known.eqf
    level = known.nlqf or standard.level
    return int(level[0]) if level[:1].isdigit() else None


def _alignments(record: Record) -> Iterator[dict[str, str]]:
    for skill in record.skills:
        yield {
            "target_name": clean(skill.name or skill.uri),
            "target_url": clean(skill.uri),
            "target_framework": f"{clean(skill.scheme)} {clean(skill.version)}".strip(),
        }


def _evidence(one: Evidence, organisation: str, say: Words) -> dict[str, str]:
    item = {"name": clean(one.title)[:255], "description": f"{say(f'kind.{one.kind}')}, {one.on}"}
    if one.kind == "link" and len(one.url) <= 1024:
        return {**item, "evidence_url": one.url}
    kept = say("evidence", organisation=organisation)
    return {**item, "narrative": f"{kept} SHA-256: {one.sha256}" if one.sha256 else kept}


def _needs(
    badge_class: Mapping[str, Any], alignments: list[dict[str, str]], recipient: str
) -> Iterator[str]:
    yield "judge"
    yield "issuer"
    yield "image"
    for key in ("participation", "assessment_type", "quality_assurance_url"):
        if not badge_class[key]:
            yield key
    if "extensions:EQFExtension" not in badge_class["extensions"]:
        yield "eqf"
    if badge_class["badge_class_type"] == "regular":
        yield "programme"
    if not {"extensions:ECTSExtension", "extensions:StudyLoadExtension"} & set(
        badge_class["extensions"]
    ):
        yield "load"
    if len(alignments) > MOST_ALIGNMENTS:
        yield "alignments"
    if not recipient:
        yield "recipient"


def _cut(text: str) -> str:
    return text[:16384]
