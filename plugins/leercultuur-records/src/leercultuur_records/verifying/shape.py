"""Whether a document has the shape of an Open Badge 3.0.

The rules are those that the specification calls required (https://www.imsglobal.org/spec/ob/v3p0/,
appendix B), in our own words: the licence of its JSON Schemas does not let us pass them on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .verdict import Check

_BADGES = {"OpenBadgeCredential", "AchievementCredential"}


def check_shape(document: Mapping[str, Any]) -> Check:
    """Looks for what every badge has; names the first thing that is not there."""
    types = _strings(document.get("type"))
    if "VerifiableCredential" not in types:
        return _wrong("type")
    if not _BADGES & set(types):
        return Check("shape", "unknown", "shape.other")
    missing = _first_missing(document)
    return _wrong(missing) if missing else Check("shape", "proved", "shape.badge")


def _first_missing(document: Mapping[str, Any]) -> str:
    if not _text(document.get("id")):
        return "id"
    issuer = document.get("issuer")
    if not _text(issuer.get("id") if isinstance(issuer, Mapping) else issuer):
        return "issuer"
    subject = document.get("credentialSubject")
    if not isinstance(subject, Mapping):
        return "credentialSubject"
    if "AchievementSubject" not in _strings(subject.get("type")):
        return "credentialSubject.type"
    achievement = subject.get("achievement")
    if not isinstance(achievement, Mapping):
        return "achievement"
    for name in ("id", "name", "description"):
        if not _text(achievement.get(name)):
            return f"achievement.{name}"
    if "Achievement" not in _strings(achievement.get("type")):
        return "achievement.type"
    criteria = achievement.get("criteria")
    if not isinstance(criteria, Mapping) or not (
        _text(criteria.get("id")) or _text(criteria.get("narrative"))
    ):
        return "achievement.criteria"
    return ""


def _strings(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _wrong(what: str) -> Check:
    return Check("shape", "refused", "shape.wrong", {"found": what})
