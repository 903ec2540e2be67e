"""Whether a signature is the issuer's, and over what was presented."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

from ..issuing.canonical import CannotCanonicalise, hash_data
from .documents import MOST_BYTES, Documents
from .issuers import IssuerKey, NoKey, issuer_keys, key_at
from .reading import Presented
from .verdict import Check

SKEW = timedelta(minutes=5)
"""How far clocks may differ."""

_SUITE = "eddsa-rdfc-2022"

_ALGORITHMS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("OKP", "Ed25519"): ("EdDSA", "Ed25519"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("RSA", ""): ("RS256", "PS256"),
}
"""Kind of key → what may be signed with it. The key decides, and never the token."""


class _Registry(jws.JWSRegistry):
    """Takes the tokens of others: with an RSA key in the header, and words there that we do not use."""

    max_header_length = 8_192
    max_payload_length = 2 * MOST_BYTES  # in base64url


class _Refused(Exception):
    """A check that does not pass."""

    def __init__(self, check: Check) -> None:
        super().__init__(check.code)
        self.check = check


def check_proof(presented: Presented, documents: Documents, at: datetime) -> Check:
    """Looks at the signature of what was presented, as of ``at``."""
    try:
        if presented.token:
            _check_token(presented, documents, at)
        else:
            _check_proofs(presented, documents, at)
    except _Refused as refused:
        return refused.check
    except NoKey as missing:
        if missing.code == "proof.other-key":
            return Check("proof", "refused", missing.code)
        return Check("proof", "unknown", missing.code)
    return Check("proof", "proved", "proof.holds")


def _check_proofs(presented: Presented, documents: Documents, at: datetime) -> None:
    found = presented.document.get("proof")
    proofs = found if isinstance(found, list) else [] if found is None else [found]
    if not proofs:
        raise _refusal("proof.none")
    if not all(isinstance(proof, Mapping) for proof in proofs):
        raise _refusal("proof.malformed", "proof")
    unknown = [proof for proof in proofs if proof.get("cryptosuite") != _SUITE]
    if unknown:
        # One that cannot be checked may be the one that was broken.
        name = str(unknown[0].get("cryptosuite") or unknown[0].get("type"))[:40]
        raise _Refused(Check("proof", "unknown", "proof.suite", {"found": name}))
    for proof in proofs:
        _check_one(presented, proof, documents, at)


def _check_one(
    presented: Presented, proof: Mapping[str, Any], documents: Documents, at: datetime
) -> None:
    address, value = proof.get("verificationMethod"), proof.get("proofValue")
    if proof.get("type") != "DataIntegrityProof" or proof.get("proofPurpose") != "assertionMethod":
        raise _refusal("proof.malformed", "type or proofPurpose")
    if not isinstance(address, str) or not isinstance(value, str):
        raise _refusal("proof.malformed", "verificationMethod or proofValue")
    expires = _moment(proof, "expires")
    if expires is not None and expires < at - SKEW:
        raise _refusal("proof.expired")
    key = key_at(presented.issuer, address, documents)
    _in_use(key, _moment(proof, "created"), at)
    if not isinstance(key.key, OKPKey):
        raise _refusal("proof.algorithm", _SUITE)
    options = {name: item for name, item in proof.items() if name != "proofValue"}
    document = {name: item for name, item in presented.document.items() if name != "proof"}
    try:
        signed = hash_data(document, options)
        if not value.startswith("z"):
            raise ValueError
        public = key.key.public_key
        if not isinstance(public, Ed25519PublicKey):
            raise _refusal("proof.algorithm", _SUITE)
        public.verify(base58.b58decode(value[1:]), signed)
    except CannotCanonicalise as error:
        raise _refusal("proof.not-signable", str(error)) from None
    except (InvalidSignature, ValueError):
        raise _refusal("proof.broken") from None


def _check_token(presented: Presented, documents: Documents, at: datetime) -> None:
    header, payload = presented.header, presented.payload
    issuer = presented.issuer or str(payload.get("iss", ""))
    if payload.get("iss", issuer) != issuer:
        raise _refusal("proof.claims", "iss")
    if "crit" in header or "b64" in header:
        raise _refusal("proof.malformed", "crit")
    if not presented.token.rpartition(".")[2]:
        raise _refusal("proof.none")
    named = header.get("kid")
    if named is None and issuer.startswith("did:"):
        keys = issuer_keys(issuer, documents)
    elif isinstance(named, str):
        keys = (key_at(issuer, named, documents),)
    else:
        raise NoKey("proof.not-tied")
    algorithm = str(header.get("alg"))
    usable = [key for key in keys if algorithm in _algorithms(key)]
    if not usable:
        raise _refusal("proof.algorithm", algorithm[:20])
    fitting = [key for key in usable if _fits(presented.token, key, algorithm)]
    if not fitting:
        raise _refusal("proof.broken")
    _in_use(fitting[0], _numeric(payload, "iat") or _numeric(payload, "nbf"), at)
    _same_claims(presented, at)


def _fits(token: str, key: IssuerKey, algorithm: str) -> bool:
    with warnings.catch_warnings():
        # That "EdDSA" is an old name is not what the person who checks can mend.
        warnings.simplefilter("ignore", SecurityWarning)
        try:
            registry = _Registry(algorithms=[algorithm], strict_check_header=False)
            jws.deserialize_compact(token, key.key, registry=registry)
        except (JoseError, ValueError):
            return False
    return True


def _algorithms(key: IssuerKey) -> tuple[str, ...]:
    curve = str(getattr(key.key, "curve_name", ""))
    return _ALGORITHMS.get((key.key.key_type, curve), ())


def _same_claims(presented: Presented, at: datetime) -> None:
    """The registered claims say what the credential says, and hold at ``at``."""
    document, payload = presented.document, presented.payload
    subject = document.get("credentialSubject")
    same = {
        "jti": document.get("id"),
        "sub": subject.get("id") if isinstance(subject, Mapping) else None,
    }
    for claim, said in same.items():
        if claim in payload and said is not None and payload[claim] != said:
            raise _refusal("proof.claims", claim)
    until, since = _numeric(payload, "exp"), _numeric(payload, "nbf")
    if until is not None and until < at - SKEW:
        raise _refusal("proof.expired")
    if since is not None and since > at + SKEW:
        raise _refusal("proof.claims", "nbf")


def _in_use(key: IssuerKey, signed: datetime | None, at: datetime) -> None:
    if key.revoked is not None and key.revoked <= at:
        raise _refusal("proof.key-revoked")
    if key.expires is not None and (signed or at) - key.expires > SKEW:
        raise _refusal("proof.key-expired")


def _moment(proof: Mapping[str, Any], name: str) -> datetime | None:
    if name not in proof:
        return None
    try:
        found = datetime.fromisoformat(proof[name])
    except (TypeError, ValueError):
        raise _refusal("proof.malformed", name) from None
    if found.tzinfo is None:
        raise _refusal("proof.malformed", name)
    return found


def _numeric(payload: Mapping[str, Any], name: str) -> datetime | None:
    if name not in payload:
        return None
    try:
        return datetime.fromtimestamp(payload[name], UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise _refusal("proof.malformed", name) from None


def _refusal(code: str, found: str = "") -> _Refused:
    return _Refused(Check("proof", "refused", code, {"found": found} if found else {}))
