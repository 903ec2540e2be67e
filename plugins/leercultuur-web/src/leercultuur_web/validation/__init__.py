"""The pages of who helps people have recognised what they learned: coordinator, coach, assessors, issuer.

They show what its holder put before them, and no more: which records that are is for the road of
`leercultuur_records` to say, and each look is noted there. Without that plugin there is one sentence.
"""

from __future__ import annotations

from ..web import At
from .acts import add_evidence, assess, certify, decide, hand_back, take_back
from .intake import ask, take
from .shown import show, show_credential, show_file, show_record

_RECORD = "/validation/record/{record}"

PAGES = (
    At("/validation", "opened", show),
    At("/validation/new", "opened", ask),
    At("/validation/new", "signed_in", take),
    At(_RECORD, "opened", show_record),
    At(f"{_RECORD}/file/{{digest}}", "opened", show_file),
    At(f"{_RECORD}/credential", "opened", show_credential),
    At(f"{_RECORD}/evidence", "signed_in", add_evidence),
    At(f"{_RECORD}/assess", "signed_in", assess),
    At(f"{_RECORD}/hand-back", "signed_in", hand_back),
    At(f"{_RECORD}/decide", "signed_in", decide),
    At(f"{_RECORD}/certify", "signed_in", certify),
    At(f"{_RECORD}/take-back", "signed_in", take_back),
)

__all__ = ["PAGES"]
