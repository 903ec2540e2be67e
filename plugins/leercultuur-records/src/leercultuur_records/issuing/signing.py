"""Putting a signature on a credential, in the two ways that Open Badges 3.0 knows.

``eddsa-rdfc-2022`` leaves a JSON document that people can read, with the signature in it. A VC-JWT is
one line of text that a program unpacks. Both with Ed25519.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import base58
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey

from leercultuur_core import ConfigError, Problem

from ..keys import Key, moment
from .canonical import CannotCanonicalise, hash_data


def with_proof(document: Mapping[str, Any], key: Key, did: str, at: datetime) -> dict[str, Any]:
    """``document`` with an ``eddsa-rdfc-2022`` proof by ``key`` of ``did``, made at ``at``.

    ``proof`` is a list of one: the JSON Schema of Open Badges wants a list, and so does SURF's; Data
    Integrity allows both. Raises `ConfigError` where the document holds what a signature cannot cover.
    """
    proof: dict[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": moment(at),
        "verificationMethod": f"{did}#{key.id}",
        "proofPurpose": "assertionMethod",
    }
    try:
        signature = key.private.sign(hash_data(document, proof))
    except CannotCanonicalise as error:
        problem = Problem("credential", "a document that can be signed as a whole", str(error))
        raise ConfigError("the credential", [problem]) from None
    proof["proofValue"] = "z" + base58.b58encode(signature).decode("ascii")
    return {**document, "proof": [proof]}


def as_jwt(document: Mapping[str, Any], key: Key, did: str) -> str:
    """``document`` as a VC-JWT by ``key`` of ``did``.

    The payload is the credential with the registered claims beside it (Open Badges 3.0, 8.2.4); the
    header names the key by its address, which leads to the issuer, and does not carry one.
    """
    header = {"alg": "EdDSA", "typ": "JWT", "kid": f"{did}#{key.id}"}
    payload = json.dumps({**document, **_registered(document, did)}, ensure_ascii=False)
    with warnings.catch_warnings():
        # The name is old (RFC 9864 has "Ed25519" for it), and the one that Open Badges names.
        warnings.simplefilter("ignore", SecurityWarning)
        return jws.serialize_compact(
            header, payload.encode("utf-8"), _jwk(key), algorithms=["EdDSA"]
        )


def _registered(document: Mapping[str, Any], did: str) -> dict[str, Any]:
    subject = document.get("credentialSubject", {}).get("id")
    until = document.get("validUntil")
    return {
        "iss": did,
        "jti": document["id"],
        "nbf": _seconds(document["validFrom"]),
        **({"sub": subject} if subject else {}),
        **({"exp": _seconds(until)} if until else {}),
    }


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _jwk(key: Key) -> OKPKey:
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return OKPKey.import_key(pem)
