"""Issues badges with openbadgeslib, for ours to check; runs in an environment of its own.

Writes {name: {credential, document}}, the did document of who issued each.
"""

import json
import sys
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from openbadgeslib.keys import public_jwk_from_pem
from openbadgeslib.ob3 import (
    Achievement,
    Issuer,
    OB3LdpSigner,
    OB3Signer,
    OpenBadgeCredential,
    build_did_document,
    did_key_from_pem,
)

SPKI = PublicFormat.SubjectPublicKeyInfo


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def badge(issuer):
    return OpenBadgeCredential(
        issuer=Issuer(id=issuer, name="Een ander"),
        achievement=Achievement(
            id="https://ander.example/zuurdesem",
            name="Zuurdesem",
            description="Bakt zelfstandig.",
            criteria_narrative="Vijf keer gebakken.",
        ),
        recipient_id="mailto:sanne@korenaar.example",
        issuance_date=datetime(2026, 3, 2, tzinfo=UTC),
    )


def main():
    keys = {
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "RS256": rsa.generate_private_key(65537, 2048),
    }
    issued = {}
    for algorithm, key in keys.items():
        did = f"did:web:ander.example:{algorithm.lower()}"
        jwk = public_jwk_from_pem(key.public_key().public_bytes(Encoding.PEM, SPKI))
        issued[algorithm] = {
            "credential": OB3Signer(pem(key), algorithm).sign(badge(did)),
            "document": build_did_document(did, [("key-1", jwk)]),
            "issuer": did,
        }
    key = keys["EdDSA"]
    did = did_key_from_pem(key.public_key().public_bytes(Encoding.PEM, SPKI))
    issued["eddsa-rdfc-2022"] = {
        "credential": OB3LdpSigner(pem(key)).sign(badge(did)),
        "document": {},
        "issuer": did,
    }
    json.dump(issued, sys.stdout)


main()
