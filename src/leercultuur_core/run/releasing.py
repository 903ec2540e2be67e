"""Releases: once a quarter what may be shown of each unit, frozen in the store.

All that others than the worker themselves get to read of a group is made from what `shown` gives.
Which groups may be shown is decided in `leercultuur_core.privacy`; here is who contributes, and that
a quarter once made stays as it is, whatever people do or say after it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from ..activity.activity import utc_day
from ..activity.visibility import Interval
from ..maturity.vocabulary import PHASES, Phase
from ..phases import Estimates
from ..privacy import Band, Release
from ..privacy.purposes import PurposeId
from ..privacy.series import Hidden, HiddenReason, Shown, next_quarter, quarter_of
from ..storage import KeptRelease, StoredPerson, Transaction
from .leave import presence_of
from .rights import LeftOut, Rights

PURPOSE: PurposeId = "group_releases"

PERIOD_DAYS = 91
"""Who could not be seen in the so many days before a release does not contribute to it: a quarter."""


@frozen
class UnitRelease:
    """What is shown of one unit in one quarter; holds no names and no count.

    release
        The values; ``None`` where nothing is shown.
    made
        The quarter whose values these are; earlier than ``quarter`` where the last release stayed.
        ``""`` where nothing is shown.
    reason
        Why nothing is shown. For whoever runs the program: people are told one text for all.
    """

    unit: str
    quarter: str
    release: Release | None = None
    made: str = ""
    reason: HiddenReason | None = None


def refused_group(rights: Rights) -> LeftOut | None:
    """Why nothing about groups is made or told now; ``None`` where it may be."""
    if rights.configuration.privacy.group_releases == "off":
        return "off"
    go_live = rights.configuration.organisation.go_live
    return None if go_live is not None and go_live.holds_on(rights.day) else "no_go_live"


def release(tx: Transaction, rights: Rights, estimates: Estimates, *, now: datetime) -> int:
    """Makes and freezes the releases of this quarter where there are none yet; gives how many units
    there are in it.

    Compared with all releases ever kept. Nothing is made where groups are off, before go-live, and
    while nobody contributed ever: then the quarter is still open.
    """
    quarter = quarter_of(rights.day)
    if refused_group(rights) or tx.privacy.releases(purpose=PURPOSE, quarter=quarter):
        return 0
    history = [read_kept(kept) for kept in tx.privacy.releases(purpose=PURPOSE)]
    units = _units(tx, rights, estimates, now)
    if not history and not any(units.values()):
        return 0
    made = next_quarter(
        history, units, quarter=quarter, k=rights.configuration.privacy.minimum_group
    )
    # After a clock that went back these are the last quarter's again, and all are there.
    return sum(tx.privacy.put_release(_kept(one, now)) for one in made)


def shown(tx: Transaction, rights: Rights) -> tuple[UnitRelease, ...]:
    """What is shown of each unit now, in the order of their paths; nothing where groups are off,
    before go-live, and in a quarter of which no releases are made yet."""
    if refused_group(rights):
        return ()
    quarter = quarter_of(rights.day)
    found = tx.privacy.releases(purpose=PURPOSE, quarter=quarter)
    if not found:
        # The clock went back to before the last release, or this quarter's are still to be made.
        every = tx.privacy.releases(purpose=PURPOSE)
        last = max((one.quarter for one in every), default="")
        found = [one for one in every if one.quarter == last and last > quarter]
    return tuple(_unit_release(read_kept(one)) for one in found)


def _unit_release(one: Shown | Hidden) -> UnitRelease:
    if isinstance(one, Hidden):
        return UnitRelease(one.unit, one.quarter, reason=one.reason)
    return UnitRelease(one.unit, one.quarter, one.release, one.made)


def _units(
    tx: Transaction, rights: Rights, estimates: Estimates, now: datetime
) -> dict[str, dict[str, Mapping[Phase, float]]]:
    """Unit → contributor → probabilities, for every unit of the people in a directory."""
    members = [person for person in rights.people.values() if in_the_tree(person)]
    known = set(estimates)
    may = [
        person.uuid
        for person in members
        if person.uuid in known and rights.refusal(person, PURPOSE) is None
    ]
    visible = seen(tx, rights, may, until=utc_day(now))
    units: dict[str, dict[str, Mapping[Phase, float]]] = {}
    for person in members:
        contributors = units.setdefault(person.unit, {})
        if person.uuid in visible:
            contributors[person.uuid] = estimates[person.uuid].probabilities
    return units


def in_the_tree(person: StoredPerson) -> bool:
    """Whether a person counts as part of their unit: the tree is what directories declare."""
    outside = person.employment == "self_employed" and not person.unit
    return person.active and person.directory is not None and not outside


def seen(
    tx: Transaction, rights: Rights, people: Collection[str], *, until: int
) -> dict[str, frozenset[str]]:
    """Who of ``people`` was present in the period at a source where something could be seen, with those
    sources."""
    if not people:
        return {}
    period: Interval = (until - PERIOD_DAYS, until)
    sight: dict[str, list[Interval]] = {}
    for (source, _), intervals in tx.ledger.visibility(until=until).intervals.items():
        sight.setdefault(source, []).extend(intervals)
    there = presence_of(tx, rights, people, until=until)
    found = {
        person: frozenset(
            source
            for source, intervals in sources.items()
            if any(
                _share_a_day(here, at, period) for here in intervals for at in sight.get(source, ())
            )
        )
        for person, sources in there.intervals.items()
    }
    return {person: sources for person, sources in found.items() if sources}


def _share_a_day(*intervals: Interval) -> bool:
    start = max(first for first, _ in intervals)
    return all(end is None or start < end for _, end in intervals)


def _kept(one: Shown | Hidden, now: datetime) -> KeptRelease:
    payload: dict[str, Any]
    if isinstance(one, Hidden):
        payload, people = {"reason": one.reason}, frozenset[str]()
    else:
        people = one.contributors
        payload = {
            "made": one.made,
            "minimum": one.release.minimum,
            "shares": {phase: [band.low, band.high] for phase, band in one.release.shares.items()},
        }
    return KeptRelease(one.unit, PURPOSE, one.quarter, payload, people, now)


def read_kept(kept: KeptRelease) -> Shown | Hidden:
    payload = kept.payload
    if "reason" in payload:
        return Hidden(kept.unit, kept.quarter, payload["reason"])
    # The order of the phases is theirs again, which JSON did not keep.
    shares = {phase: Band(*payload["shares"][phase]) for phase in PHASES}
    values = Release(kept.unit, payload["minimum"], shares)
    return Shown(kept.unit, kept.quarter, payload["made"], values, kept.contributors)


__all__ = ["UnitRelease", "in_the_tree", "refused_group", "release", "seen", "shown"]
