"""From a claim to a signed Open Badge."""

from .claim import Alignment, Claim, Evidence, Qualification
from .document import build_credential
from .issuer import LocalIssuer, LocalIssuerSettings

__all__ = [
    "Alignment",
    "Claim",
    "Evidence",
    "LocalIssuer",
    "LocalIssuerSettings",
    "Qualification",
    "build_credential",
]
