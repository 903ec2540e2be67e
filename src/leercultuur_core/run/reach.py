"""How many people can be seen at all, and where: once a quarter, frozen, in bands.

Gaps come before conclusions: what is told of the phases is about those who are seen. A count of them
would tell, from one day to the next, who came or went. So it is made as the releases are (`releasing`,
`leercultuur_core.privacy.series`): of one group, everybody in a directory who did not object; anew only
where that group is the same or differs by the minimum; as shares in bands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from ..activity.activity import utc_day
from ..extension import Sink
from ..maturity.vocabulary import EMPLOYMENTS, PHASES, Employment, Phase
from ..privacy import Band, Release
from ..privacy.series import Hidden, Shown, next_quarter, quarter_of
from ..storage import KeptRelease, StoredPerson, Transaction
from . import channels, releasing
from .rights import Rights

_PURPOSE = "reach"

_EDGES = (10, 25, 50, 75, 90)
"""As those of the phases, in percent. In a small group fewer: the first and the last band hold at least the
minimum of people, so that *hardly anybody* and *nearly everybody* never point to one."""

_ANY_MIX: Mapping[Phase, float] = dict.fromkeys(PHASES, 1 / len(PHASES))
"""`next_quarter` compares groups of people with phases; who can be seen has none, and is never too alike."""


@frozen
class Reach:
    """How many of the people in the directories can be seen, as shares in bands; holds no names and no
    count.

    made
        The quarter whose values these are.
    minimum
        The group has at least so many people.
    seen
        The share of those who can be seen in some system.
    sources
        System → the share of those who can be seen there; one where fewer than ``minimum`` can be seen
        is not named.
    messages
        The share of those whom a message can reach.
    groups
        The forms of employment that at least ``minimum`` people have.
    """

    made: str
    minimum: int
    seen: Band
    sources: Mapping[str, Band]
    messages: Band
    groups: tuple[Employment, ...]


def freeze(tx: Transaction, rights: Rights, *, sinks: Mapping[str, Sink], now: datetime) -> bool:
    """Makes and freezes this quarter's reach where its releases are made and it is not; gives whether
    something new is shown."""
    quarter = quarter_of(rights.day)
    if (
        releasing.refused_group(rights)
        or not tx.privacy.releases(purpose=releasing.PURPOSE, quarter=quarter)
        or tx.privacy.releases(purpose=_PURPOSE, quarter=quarter)
    ):
        return False
    kept = tx.privacy.releases(purpose=_PURPOSE)
    group = {
        uuid: person
        for uuid, person in rights.people.items()
        if person.active
        and person.directory is not None
        and rights.refusal(person, releasing.PURPOSE) is None
    }
    k = rights.configuration.privacy.minimum_group
    (made,) = next_quarter(
        [_read(one) for one in kept], {"": dict.fromkeys(group, _ANY_MIX)}, quarter=quarter, k=k
    )
    payload: dict[str, Any]
    if isinstance(made, Hidden):
        payload, people = {"reason": made.reason}, frozenset[str]()
    elif made.made != quarter:
        payload = dict(next(one.payload for one in kept if one.quarter == made.made))
        people = made.contributors
    else:
        seen = releasing.seen(tx, rights, group, until=utc_day(now))
        payload = {
            **_values(group, seen, sinks, k=k, quarter=quarter),
            "groups": _groups(rights, k),
        }
        people = made.contributors
    put = tx.privacy.put_release(KeptRelease("", _PURPOSE, made.quarter, payload, people, now))
    return put and payload.get("made") == quarter


def shown(tx: Transaction, rights: Rights) -> Reach | None:
    """What is shown of it now; ``None`` where nothing is: groups are off, before go-live, before the
    first releases, in a small organisation."""
    if releasing.refused_group(rights):
        return None
    kept = tx.privacy.releases(purpose=_PURPOSE)
    if not kept or "reason" in kept[-1].payload:
        return None
    payload = kept[-1].payload
    return Reach(
        made=payload["made"],
        minimum=payload["minimum"],
        seen=Band(*payload["seen"]),
        sources={name: Band(*share) for name, share in sorted(payload["sources"].items())},
        messages=Band(*payload["messages"]),
        groups=tuple(one for one in EMPLOYMENTS if one in payload["groups"]),
    )


def _values(
    group: Mapping[str, StoredPerson],
    seen: Mapping[str, Collection[str]],
    sinks: Mapping[str, Sink],
    *,
    k: int,
    quarter: str,
) -> dict[str, Any]:
    whole = len(group)
    by_source = Counter(source for sources in seen.values() for source in sources)
    reached = sum(bool(channels.reachable(person, sinks)) for person in group.values())
    return {
        "made": quarter,
        "minimum": k,
        "seen": band(len(seen), whole, k),
        "sources": {
            one: band(count, whole, k) for one, count in sorted(by_source.items()) if count >= k
        },
        "messages": band(reached, whole, k),
    }


def _groups(rights: Rights, k: int) -> list[Employment]:
    """The forms of employment of at least ``k`` people. Students are counted too, of whom nothing else is
    used; who objected is not."""
    found = Counter(
        person.employment
        for person in rights.people.values()
        if person.active
        and person.directory is not None
        and rights.refusal(person, releasing.PURPOSE) in {None, "student"}
    )
    return [one for one in EMPLOYMENTS if found[one] >= k]


def band(count: int, whole: int, k: int) -> tuple[int, int]:
    """The edges, in percent, of the band that ``count`` of ``whole`` people are in; the last one holds its
    upper edge too. The first and the last are so wide that ``k`` people fit in."""
    edges = [0, *(one for one in _EDGES if min(one, 100 - one) * whole >= 100 * k), 100]
    low = max(edge for edge in edges[:-1] if count * 100 >= edge * whole)
    return low, edges[edges.index(low) + 1]


def _read(kept: KeptRelease) -> Shown | Hidden:
    if "reason" in kept.payload:
        return Hidden("", kept.quarter, kept.payload["reason"])
    # `next_quarter` carries the values along and looks at the people alone.
    values = Release("", kept.payload["minimum"], {})
    return Shown("", kept.quarter, kept.payload["made"], values, kept.contributors)


__all__ = ["Reach", "freeze", "shown"]
