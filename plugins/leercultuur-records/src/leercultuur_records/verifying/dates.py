"""Whether a credential holds at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from .verdict import Check

_SKEW = timedelta(minutes=5)


def check_dates(document: Mapping[str, Any], at: datetime) -> Check:
    """Looks at ``validFrom`` and ``validUntil`` as of ``at`` (aware), with five minutes for clocks."""
    for name, code in (("validFrom", "dates.future"), ("validUntil", "dates.past")):
        said = document.get(name)
        if said is None and name == "validUntil":
            continue
        try:
            moment = datetime.fromisoformat(str(said))
            if moment.tzinfo is None:
                raise ValueError(name)
        except (TypeError, ValueError):
            return Check("dates", "refused", "dates.malformed", {"found": name})
        too_early = name == "validFrom" and moment > at + _SKEW
        too_late = name == "validUntil" and moment < at - _SKEW
        if too_early or too_late:
            return Check("dates", "refused", code, {"found": str(said)})
    return Check("dates", "proved", "dates.hold")
