"""Estimate: from the ledger in the store to everyone's phase, for whom that may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from attrs import field, frozen

from ..activity.activity import utc_day
from ..activity.columns import LedgerColumns
from ..maturity.vocabulary import PHASES
from ..phases import Estimate, Estimates, Parameters, estimate
from ..storage import KeptEstimate, Transaction
from .leave import presence
from .rights import Rights

_MILLION = 1_000_000


@frozen
class Estimated:
    """What one `estimate` gave.

    people
        Of how many the phase was estimated.
    moved_on, moved_back
        How many are shown in a later, or an earlier, phase than at the estimate before.
    left_out
        Reason → how many it may not, or no longer, be done of.
    estimates
        The estimates by person (uuid): everything `infer` gives, reasons too.
    """

    people: int
    moved_on: int
    moved_back: int
    left_out: Mapping[str, int]
    estimates: Estimates = field(repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers, by name."""
        return {"people": self.people, "left_out": sum(self.left_out.values())}


def believe(
    tx: Transaction,
    rights: Rights,
    *,
    at: datetime,
    parameters: Parameters,
    only: Collection[str] | None = None,
) -> Estimates:
    """Estimates of everybody whose phase may be estimated, by uuid, or of those of ``only``; writes
    nothing. Of one person it gives what an estimate of everybody would.

    What could be seen is learned from everyone's activities, as `infer` does, also from those of
    people whose phase is not estimated. Days of leave are taken out of it.
    """
    wanted = [
        uuid
        for uuid, person in rights.people.items()
        if (only is None or uuid in only) and rights.may_estimate(person)
    ]
    everybody = only is None and len(wanted) == len(rights.people)
    ledger = tx.ledger.columns(None if everybody else wanted)
    return believe_of(tx, rights, ledger, at=at, parameters=parameters)


def believe_of(
    tx: Transaction, rights: Rights, ledger: LedgerColumns, *, at: datetime, parameters: Parameters
) -> Estimates:
    """What `believe` gives of the people in ``ledger``, who are among those of ``rights``. Whether it
    may be made is for the caller to ask."""
    until = utc_day(at)
    return estimate(
        ledger,
        at=at.astimezone(UTC),
        visibility=tx.ledger.visibility(until=until),
        presence=presence(tx, rights, ledger, until=until),
        parameters=parameters,
        labels={uuid: rights.people[uuid].name for uuid in ledger.identities},
    )


def keep(tx: Transaction, rights: Rights, estimates: Estimates, *, at: datetime) -> Estimated:
    """Puts the estimates in the store and takes out those of whom they may no longer be kept.

    ``rights`` are those of now: who said no while the estimates were made is left out.
    """
    before = tx.results.estimates()
    day = utc_day(at)
    prompted = tx.delivery.episodes()
    may = {uuid for uuid, person in rights.people.items() if rights.may_estimate(person)}
    kept = [
        _kept(one, day, before.get(uuid), prompted)
        for uuid, one in estimates.items()
        if uuid in may
    ]
    out: Counter[str] = Counter(
        rights.why_not_estimated(person)
        for uuid, person in rights.people.items()
        if uuid not in may
    )
    tx.results.drop_estimates(before.keys() - {one.person for one in kept})
    # At a second time on a day, as when a plan follows an estimate, nearly all are the same again.
    tx.results.put_estimates(one for one in kept if one != before.get(one.person))
    moves = [_move(before[one.person].phase, one.phase) for one in kept if one.person in before]
    return Estimated(
        people=len(kept),
        moved_on=moves.count(1),
        moved_back=moves.count(-1),
        left_out=dict(out),
        estimates=estimates,
    )


def _kept(
    one: Estimate, day: int, before: KeptEstimate | None, prompted: set[tuple[str, str]]
) -> KeptEstimate:
    first, second, third, fourth, fifth = (
        round(one.probabilities[phase] * _MILLION) for phase in PHASES
    )
    episode = one.episode
    # An episode is frozen once a prompt exists: late rows must not make it seem another.
    if before and before.phase == one.phase and (before.person, before.episode) in prompted:
        episode = before.episode
    return KeptEstimate(
        one.identifier, day, one.phase, (first, second, third, fourth, fifth), episode, one.cycles
    )


def _move(before: str, now: str) -> int:
    """1 for a later phase, -1 for an earlier one, 0 otherwise and where either is unknown."""
    order: list[str] = [*PHASES]
    if before not in order or now not in order:
        return 0
    return (order.index(now) > order.index(before)) - (order.index(now) < order.index(before))


def frozen_episodes(tx: Transaction) -> Mapping[str, str]:
    """Person → the episode they are in, as the last estimate kept it."""
    return {uuid: one.episode for uuid, one in tx.results.estimates().items()}


__all__ = ["Estimated", "believe", "believe_of", "frozen_episodes", "keep"]
