"""From a recognised record to what its credential says."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from .record import Evidence, Issued, Record
from .standard import Standard

if TYPE_CHECKING:
    from . import issuing
    from .issuing import Claim

_KINDS = {
    "nl": {"file": "bestand", "link": "link", "activity": "activiteit", "statement": "verklaring"},
    "en": {"file": "file", "link": "link", "activity": "activity", "statement": "statement"},
}


def achievement_of(record: Record, standard: Standard) -> str:
    """The address of what was achieved: the same for all who were recognised for the same criteria of
    the same version of a standard."""
    parts = [standard.code, standard.version, *sorted(record.criteria)]
    return "urn:leercultuur:standard:" + ":".join(quote(part, safe="") for part in parts)


def claim_of(record: Record, standard: Standard, issued: Issued, mail: str) -> Claim:
    """What is said of whom. ``mail`` is what the holder can be recognised by; only a salted hash of it
    gets into the credential. Words that others wrote about the holder stay out, and so do names of
    who assessed."""
    from .issuing import Alignment, Claim, Qualification  # noqa: PLC0415 - brings the cryptography

    aimed = standard.aimed_at(record.criteria)
    alignments = [
        Alignment(skill.name or skill.uri, skill.uri, f"{skill.scheme} {skill.version}".strip())
        for skill in record.skills
    ]
    if standard.url:
        framework = f"{standard.title} {standard.version}"
        alignments += [
            Alignment(one.process_title or one.text, standard.url, framework, one.code)
            for one in aimed
        ]
    level = {standard.framework: standard.level}
    return Claim(
        id=issued.credential,
        achievement=achievement_of(record, standard),
        name=standard.title,
        description=standard.title
        if not standard.issued_by
        else f"{standard.title} ({standard.issued_by})",
        criteria="\n".join(f"{one.code}: {one.text}" for one in aimed),
        valid_from=issued.valid_from,
        valid_until=issued.valid_until,
        subject={"email": mail} if mail else {},
        narrative=record.learned,
        period=record.period,
        language=record.language,
        alignments=tuple(alignments),
        evidence=tuple(_evidence(record, one) for one in record.evidence),
        qualification=Qualification(
            eqf=int(level["EQF"]) if level.get("EQF", "").isdigit() else None,
            nlqf=level.get("NLQF", ""),
            learning_path=record.how,
            assessment="portfolio",
        ),
        code=standard.code,
        version=standard.version,
    )


def months_later(moment: datetime, months: int) -> datetime:
    """The same day and time so many months later; the last of the month where there is no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _evidence(record: Record, evidence: Evidence) -> issuing.Evidence:
    from .issuing import Evidence as Shown  # noqa: PLC0415

    return Shown(
        name=evidence.title,
        description=f"{_KINDS[record.language][evidence.kind]}, {evidence.on.isoformat()}",
        url=evidence.url,
        sha256=bytes.fromhex(evidence.sha256) if evidence.kind == "file" else b"",
        genre=evidence.kind,
    )
