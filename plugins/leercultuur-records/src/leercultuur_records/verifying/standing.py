"""Whether the issuer still stands behind a credential: its status, in the issuer's list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..status import decode
from .dates import check_dates
from .documents import MOST_BYTES, Documents
from .proofs import check_proof
from .reading import Presented, Unreadable, read
from .verdict import Check

_SPEAKS_AGAINST = {"revocation": "status.revoked", "suspension": "status.suspended"}


def check_status(presented: Presented, documents: Documents, at: datetime) -> Check:
    """Looks the credential up in each list it names, as of ``at``."""
    found = presented.document.get("credentialStatus")
    entries = found if isinstance(found, list) else [] if found is None else [found]
    if not entries:
        return Check("status", "proved", "status.none")
    checks = [_check_entry(presented, entry, documents, at) for entry in entries]
    # The worst speaks for all.
    order = {"refused": 0, "unknown": 1, "proved": 2}
    return min(checks, key=lambda check: order[check.outcome])


def _check_entry(presented: Presented, entry: Any, documents: Documents, at: datetime) -> Check:
    if not isinstance(entry, Mapping):
        return _refused("status.malformed", "credentialStatus")
    kind, purpose = entry.get("type"), entry.get("statusPurpose")
    known = kind == "BitstringStatusListEntry"
    if not known or not isinstance(purpose, str) or purpose not in _SPEAKS_AGAINST:
        named = purpose if kind == "BitstringStatusListEntry" else kind
        return Check("status", "unknown", "status.kind", {"found": str(named)[:40]})
    address, index = entry.get("statusListCredential"), entry.get("statusListIndex")
    if not isinstance(address, str) or not str(index).isascii() or not str(index).isdigit():
        return _refused("status.malformed", "statusListCredential or statusListIndex")
    if str(entry.get("statusSize", 1)) != "1":
        return Check("status", "unknown", "status.kind", {"found": "statusSize"})
    content = documents.get(address)
    if content is None:
        return Check("status", "unknown", "status.no-list")
    try:
        status_list = read(content, MOST_BYTES)
    except Unreadable as error:
        return _refused("status.list-refused", str(error))
    wrong = _not_the_list(status_list, presented.issuer, address, purpose, at)
    if wrong:
        return _refused("status.list-refused", wrong)
    proof = check_proof(status_list, documents, at)
    if proof.outcome != "proved":
        if proof.outcome == "unknown":
            return Check("status", "unknown", "status.list-unproved")
        return _refused("status.list-refused", proof.code)
    try:
        bits = decode(status_list.document["credentialSubject"]["encodedList"])
        place = int(str(index))
        is_set = bits[place // 8] >> (7 - place % 8) & 1
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return _refused("status.list-refused", "encodedList")
    if is_set:
        return _refused(_SPEAKS_AGAINST[purpose])
    return Check("status", "proved", "status.good")


def _not_the_list(
    status_list: Presented, issuer: str, address: str, purpose: str, at: datetime
) -> str:
    """What makes it another list than the one that was named; ``""`` where it is the one."""
    document = status_list.document
    subject = document.get("credentialSubject")
    types = document.get("type")
    if not isinstance(types, list) or "BitstringStatusListCredential" not in types:
        return "type"
    if not isinstance(subject, Mapping) or subject.get("type") != "BitstringStatusList":
        return "credentialSubject"
    purposes = subject.get("statusPurpose")
    if purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        return "statusPurpose"
    if document.get("id") != address:
        return "id"
    if status_list.issuer != issuer:
        return "issuer"
    dates = check_dates(document, at)
    return "" if dates.outcome == "proved" else dates.code


def _refused(code: str, found: str = "") -> Check:
    return Check("status", "refused", code, {"found": found} if found else {})
