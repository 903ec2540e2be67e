"""Checking a credential, whoever issued it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote

from ..issuing.recipient import is_about
from .dates import check_dates
from .documents import Documents, Nowhere
from .proofs import check_proof
from .reading import Presented, Unreadable, read
from .shape import check_shape
from .standing import check_status
from .verdict import Check, Verdict


def verify(
    data: bytes,
    *,
    at: datetime,
    documents: Documents | None = None,
    subject: str = "",
    issuer: str = "",
) -> Verdict:
    """What can be proved of the credential in ``data`` as of ``at`` (aware).

    documents
        Where a did document and a status list come from; nowhere by default, so that nothing is fetched.
    subject
        A mail address, a did or another identifier that it should be about.
    issuer
        The did of the issuer it should be from.

    Takes Open Badges 3.0 and other Verifiable Credentials 2.0 with ``eddsa-rdfc-2022``, and VC-JWT with
    EdDSA, ES256, ES384, RS256 or PS256. Never raises for what stands in ``data``.
    """
    where = documents or Nowhere()
    try:
        presented = read(data)
    except Unreadable as error:
        unreadable = Check("shape", "refused", "shape.unreadable", {"found": str(error)})
        return Verdict((Check("proof", "refused", "proof.none"), unreadable))
    proof = check_proof(presented, where, at)
    return Verdict(
        (
            proof,
            _issuer(presented, proof, where, issuer),
            check_dates(presented.document, at),
            check_status(presented, where, at),
            check_shape(presented.document),
            _subject(presented, subject),
        ),
        presented.document,
    )


def _issuer(presented: Presented, proof: Check, where: Documents, expected: str) -> Check:
    name = presented.issuer
    detail = {"found": name}
    if not name:
        return Check("issuer", "refused", "issuer.none")
    if expected and name != expected:
        return Check("issuer", "refused", "issuer.other", detail)
    if proof.outcome != "proved":
        return Check("issuer", "unknown", "issuer.unproved", detail)
    if name.startswith("did:key:"):
        code = "issuer.expected" if expected else "issuer.key"
        return Check("issuer", "proved" if expected else "unknown", code, detail)
    if where.fetched:
        return Check("issuer", "proved", "issuer.site", {"found": _site(name)})
    return Check("issuer", "unknown", "issuer.bundle", detail)


def _site(issuer: str) -> str:
    if issuer.startswith("did:web:"):
        return unquote(issuer.removeprefix("did:web:").replace(":", "/"))
    return issuer


def _subject(presented: Presented, wanted: str) -> Check:
    subject = presented.document.get("credentialSubject")
    subject = subject if isinstance(subject, Mapping) else {}
    said = subject.get("identifier", [])
    identifiers = [
        one for one in (said if isinstance(said, list) else [said]) if isinstance(one, Mapping)
    ]
    own = subject.get("id")
    if not identifiers and not own:
        return Check("subject", "refused" if wanted else "unknown", "subject.nobody")
    if not wanted:
        return Check("subject", "unknown", "subject.not-asked")
    plain = {"identityHash": own or ""}
    if any(is_about(one, wanted) for one in [*identifiers, plain]):
        return Check("subject", "proved", "subject.them")
    return Check("subject", "refused", "subject.other")
