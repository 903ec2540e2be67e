"""Credentials signed and checked, against bare canonicalisation plus signature in the same run.

    python bench/run_credentials.py [credentials] [seconds]

Stops at the number of credentials or of seconds, whichever comes first, and says how many it did. Prints
ratios within this run; seconds mean little on a shared machine.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import evolve
from measure import ratio, report, value
from pyld import jsonld  # type: ignore[import-untyped]

from leercultuur_core.extension import Secret
from leercultuur_records import contexts
from leercultuur_records.issuing import (
    Alignment,
    Claim,
    Evidence,
    LocalIssuer,
    LocalIssuerSettings,
    Qualification,
    build_credential,
)
from leercultuur_records.keys import KeyRing
from leercultuur_records.verifying import verify

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RING = KeyRing.new(AT)
OPTIONS = {
    "algorithm": "URDNA2015",
    "format": "application/n-quads",
    "documentLoader": contexts.load,
}
CLAIM = Claim(
    id="",
    achievement="urn:uuid:0b8de7a8-4d2c-4a55-9c38-0a1ad1a6f6d2",
    name="Zuurdesem",
    description="Bakt zelfstandig met zuurdesem.",
    criteria="Een collega keek mee bij vijf keer bakken.",
    valid_from=AT,
    valid_until=AT + timedelta(days=730),
    subject={"email": "sanne@korenaar.example"},
    alignments=(Alignment("brood bakken", "http://data.europa.eu/esco/skill/1", "ESCO 1.2.0"),),
    evidence=(Evidence("Foto", sha256=bytes(32)), Evidence("Verklaring", genre="statement")),
    qualification=Qualification(eqf=3, ects=2.5),
)


def bare(document: Mapping[str, Any]) -> bytes:
    """The unit's half: RDF, in its canonical order, of document and proof, and their hashes."""
    proof = {**document["proof"][0], "@context": document["@context"]}
    del proof["proofValue"]
    unsigned = {key: item for key, item in document.items() if key != "proof"}
    return b"".join(
        hashlib.sha256(jsonld.normalize(one, dict(OPTIONS)).encode()).digest()
        for one in (proof, unsigned)
    )


def main() -> None:
    """Measures and prints."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 120.0
    issuer = LocalIssuer(LocalIssuerSettings(Secret(RING.dump()), "De Korenaar"), clock=lambda: AT)
    key = RING.current.private
    public = key.public_key()
    took: dict[str, list[float]] = {
        what: [] for what in ("sign", "check", "bare sign", "bare check")
    }
    done = 0
    ends = time.perf_counter() + seconds
    while done < most and time.perf_counter() < ends:
        unsigned = build_credential(evolve(CLAIM, id=f"urn:uuid:{UUID(int=done)}"))

        start = time.perf_counter()
        signed = issuer.issue(unsigned)
        middle = time.perf_counter()
        verdict = verify(signed, at=AT, subject="sanne@korenaar.example", issuer=issuer.did)
        end = time.perf_counter()
        assert verdict.complete, verdict.text()
        took["sign"].append(middle - start)
        took["check"].append(end - middle)

        document = json.loads(signed)
        start = time.perf_counter()
        signature = key.sign(bare(document))
        middle = time.perf_counter()
        public.verify(signature, bare(document))
        end = time.perf_counter()
        took["bare sign"].append(middle - start)
        took["bare check"].append(end - middle)
        done += 1
    print(f"{done:,} credentials, each signed and checked; all were good")
    of = "canonicalisation and signature alone"
    report(
        ratio("a credential signed", took["sign"], took["bare sign"], of=of),
        ratio("a credential checked", took["check"], took["bare check"], of=of),
        value("a credential checked", [1000 * one for one in took["check"]], "ms"),
    )


if __name__ == "__main__":
    main()
