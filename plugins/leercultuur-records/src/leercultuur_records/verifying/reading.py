"""From the bytes of a file to a credential as somebody presented it. Nothing in it is believed yet."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

MOST_BYTES = 256 * 1024
"""The longest credential that is read. What it costs to check one grows faster than its length."""


class Unreadable(ValueError):
    """No credential can be read in it. The text says why, and quotes nothing."""


@frozen
class Presented:
    """A credential before any check.

    ``document`` is the credential itself; ``token`` the line of text it came in, where it is a JWT,
    with its ``header`` and its ``payload``.
    """

    document: Mapping[str, Any] = field(repr=False)
    token: str = field(default="", repr=False)
    header: Mapping[str, Any] = field(factory=dict, repr=False)
    payload: Mapping[str, Any] = field(factory=dict, repr=False)

    @property
    def issuer(self) -> str:
        """The issuer's address as the credential says it; ``""`` where it says none."""
        issuer = self.document.get("issuer")
        found = issuer.get("id") if isinstance(issuer, Mapping) else issuer
        return found if isinstance(found, str) else ""


def read(data: bytes, most: int = MOST_BYTES) -> Presented:
    """The credential in ``data``: JSON, or a JWT. Raises `Unreadable`."""
    if len(data) > most:
        raise Unreadable(f"longer than {most // 1024} KiB")
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Unreadable("no text; take the credential out of the image first") from None
    if text.startswith("{"):
        return Presented(_object(text))
    parts = text.split(".")
    if len(parts) != 3:
        raise Unreadable("neither JSON nor a JWT")
    first, second, _ = (_unpacked(part) for part in parts)
    header, payload = _object(_text(first)), _object(_text(second))
    inner = payload.get("vc")
    document = inner if isinstance(inner, Mapping) else payload
    return Presented(document, text, header, payload)


def _unpacked(part: str) -> bytes:
    try:
        padded = part + "=" * (-len(part) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("no JWT: a part of it is no base64url") from None
    # The last letter has bits that mean nothing; with others there it is another token.
    if base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=") != part:
        raise Unreadable("no JWT: a part of it is no base64url")
    return raw


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("no JWT: a part of it is no text") from None


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        if "\\u" in text:
            # An escape may be half a character, which is no text and cannot be hashed.
            json.dumps(found, ensure_ascii=False).encode()
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("no valid JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("no JSON object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Programs differ in which of two they take: one may be checked and the other shown.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a key stands in it twice")
    return found


def _no_constant(text: str) -> Any:
    raise Unreadable(f"{text} is no number in JSON")
