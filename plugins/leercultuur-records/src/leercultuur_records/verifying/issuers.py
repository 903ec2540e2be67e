"""The keys of an issuer: from its own name (did:key), or from what it publishes (did:web)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import base58
from attrs import field, frozen
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from ..issuing.issuer import did_address
from .documents import Documents

_MULTIKEYS: Mapping[bytes, tuple[str, str, int]] = {
    b"\xed\x01": ("OKP", "Ed25519", 32),
    b"\x80\x24": ("EC", "P-256", 33),
    b"\x81\x24": ("EC", "P-384", 49),
}
"""Multicodec prefix → what kind of key follows, and its length."""

AnyKey = OKPKey | ECKey | RSAKey


@frozen
class IssuerKey:
    """A public key that the issuer says is theirs, and since when it is not in use."""

    id: str
    key: AnyKey = field(repr=False)
    expires: datetime | None = None
    revoked: datetime | None = None


class NoKey(Exception):
    """The issuer's key cannot be had: ``code`` is that of a check."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def issuer_keys(issuer: str, documents: Documents) -> tuple[IssuerKey, ...]:
    """All keys with which ``issuer`` may sign credentials. Raises `NoKey`."""
    try:
        if issuer.startswith("did:key:"):
            name = issuer.removeprefix("did:key:")
            return (IssuerKey(f"{issuer}#{name}", _multikey(name)),)
        if issuer.startswith("did:web:"):
            return _published(issuer, documents.get(did_address(issuer)))
    except (ValueError, TypeError, KeyError, AttributeError, JoseError, RecursionError):
        raise NoKey("proof.no-key") from None
    raise NoKey("proof.not-tied")


def key_at(issuer: str, address: str, documents: Documents) -> IssuerKey:
    """The key of ``issuer`` at ``address``, as a proof or a token names it. Raises `NoKey`, also
    where the key is somebody else's.

    An issuer that is a web address (not a did) may keep a JWK at an address of the same site.
    """
    if issuer.startswith("https://"):
        if _site(address) != _site(issuer):
            raise NoKey("proof.not-tied")
        return _jwk_at(address, documents)
    if address.partition("#")[0] not in {issuer, ""}:
        raise NoKey("proof.other-key")
    keys = issuer_keys(issuer, documents)
    wanted = address if address.startswith("did:") else f"{issuer}{address}"
    found = next((key for key in keys if key.id == wanted), None)
    if found is None:
        raise NoKey("proof.other-key")
    return found


def _published(issuer: str, content: bytes | None) -> tuple[IssuerKey, ...]:
    if content is None:
        raise NoKey("proof.no-key")
    document = json.loads(content)
    if document["id"] != issuer:
        raise NoKey("proof.no-key")
    named = document.get("assertionMethod", [])
    inside = [method for method in named if isinstance(method, Mapping)]
    allowed = {_whole(issuer, one) for one in named if isinstance(one, str)}
    keys = []
    for method in [*document.get("verificationMethod", []), *inside]:
        identifier = _whole(issuer, method["id"])
        # A key that was revoked is listed no more; who used it is told why.
        if identifier in allowed or method in inside or "revoked" in method:
            keys.append(
                IssuerKey(
                    identifier, _key_of(method), _time(method, "expires"), _time(method, "revoked")
                )
            )
    return tuple(keys)


def _whole(issuer: str, identifier: str) -> str:
    return f"{issuer}{identifier}" if identifier.startswith("#") else identifier


def _key_of(method: Mapping[str, Any]) -> AnyKey:
    if "publicKeyMultibase" in method:
        return _multikey(method["publicKeyMultibase"])
    return _jwk(method["publicKeyJwk"])


def _jwk_at(address: str, documents: Documents) -> IssuerKey:
    content = documents.get(address)
    if content is None:
        raise NoKey("proof.no-key")
    try:
        return IssuerKey(address, _jwk(json.loads(content)))
    except (ValueError, TypeError, KeyError, AttributeError, JoseError, RecursionError):
        raise NoKey("proof.no-key") from None


def _jwk(fields: Mapping[str, Any]) -> AnyKey:
    kinds: dict[str, type[AnyKey]] = {"OKP": OKPKey, "EC": ECKey, "RSA": RSAKey}
    public = {name: fields[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in fields}
    return kinds[public["kty"]].import_key(public)


def _multikey(text: str) -> AnyKey:
    if not text.startswith("z"):
        raise ValueError("no base58btc multibase")
    raw = base58.b58decode(text[1:])
    kind, curve, length = _MULTIKEYS[raw[:2]]
    if len(raw) - 2 != length:
        raise ValueError("a key of another length")
    if kind == "OKP":
        return _jwk({"kty": "OKP", "crv": curve, "x": _base64url(raw[2:])})
    return _point(curve, raw[2:])


def _point(curve: str, compressed: bytes) -> AnyKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - for who needs it
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    kind = ec.SECP256R1() if curve == "P-256" else ec.SECP384R1()
    public = ec.EllipticCurvePublicKey.from_encoded_point(kind, compressed)
    return ECKey.import_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _base64url(raw: bytes) -> str:

    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _time(method: Mapping[str, Any], name: str) -> datetime | None:
    if name not in method:
        return None
    found = datetime.fromisoformat(method[name])
    if found.tzinfo is None:
        raise ValueError("a time without an offset")
    return found


def _site(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return (parts.scheme, parts.netloc.lower())
