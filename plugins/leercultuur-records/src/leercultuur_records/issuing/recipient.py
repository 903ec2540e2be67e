"""Who a credential is about, in such a way that only who knows them can tell.

Open Badges 3.0 calls it an IdentityObject: SHA-256 over the identifier and a salt
(https://www.imsglobal.org/spec/ob/v3p0/#identityobject). It keeps a mail address out of a badge that
is passed around; it does not hide one from whoever can guess it, since the salt stands beside it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

_KINDS = {"email": "emailAddress"}


def identity(kind: str, value: str, salt: str | None = None) -> dict[str, Any]:
    """The IdentityObject of one identifier; with a fresh ``salt`` of 128 bits where none is given."""
    salt = secrets.token_hex(16) if salt is None else salt
    return {
        "type": "IdentityObject",
        "identityType": _KINDS.get(kind, kind),
        "hashed": True,
        "salt": salt,
        "identityHash": _hash(value, salt),
    }


def is_about(identifier: Mapping[str, Any], value: str) -> bool:
    """Whether an IdentityObject, hashed or plain, is of ``value``. Letter case counts in neither."""
    found = str(identifier.get("identityHash", ""))
    if not identifier.get("hashed"):
        return hmac.compare_digest(_usual(found).encode(), _usual(value).encode())
    salt = str(identifier.get("salt", ""))
    candidates = (_hash(value, salt), _hash_exactly(value, salt))
    return any(hmac.compare_digest(found.lower().encode(), one.encode()) for one in candidates)


def _hash(value: str, salt: str) -> str:
    return _hash_exactly(_usual(value), salt)


def _hash_exactly(value: str, salt: str) -> str:
    return "sha256$" + hashlib.sha256((value + salt).encode("utf-8")).hexdigest()


def _usual(value: str) -> str:
    return value.strip().removeprefix("mailto:").lower()
