"""The practice register in the store: what is done, by which role, and the white spots."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from attrs import frozen

from ..activity.activity import day_date, utc_day
from ..advice.practice import PRACTICE_STATES, Practised, WhiteSpot, white_spots
from ..advice.roles import Holder, role_of
from ..errors import ConfigError, Problem
from ..maturity import MaturityModel
from ..storage import Practice, Transaction
from . import acting
from .releasing import shown
from .rights import Rights


@frozen
class Row:
    """A row of the register with the role that does it; ``stands_in`` where for somebody else, and no
    role where nobody has it."""

    practised: Practised
    layer: str
    role: str | None
    stands_in: bool = False


def read(tx: Transaction) -> tuple[Practised, ...]:
    """The register, by unit and intervention."""
    return tuple(
        Practised(row.unit, row.intervention, state, day_date(row.since))
        for row in tx.results.practice()
        for state in PRACTICE_STATES
        if state == row.state
    )


def put(tx: Transaction, rows: Iterable[Practised]) -> int:
    """Records ``rows``, each in the place of what was known of that unit and intervention; gives how
    many."""
    count = 0
    for row in rows:
        day = utc_day(datetime(row.since.year, row.since.month, row.since.day, tzinfo=UTC))
        tx.results.put_practice(Practice(row.unit, row.intervention, row.state, day))
        count += 1
    return count


def units(rights: Rights) -> frozenset[str]:
    """The units of the people in the directories."""
    return frozenset(
        person.unit
        for person in rights.people.values()
        if person.active and person.directory and person.unit
    )


def listed(tx: Transaction, rights: Rights, model: MaturityModel) -> tuple[Row, ...]:
    """The register with who acts now; of an intervention that the catalogue no longer has, nobody."""
    holders = acting.holders(acting.rows(rights), rights.configuration.contacts)
    found = []
    for row in read(tx):
        layer = model[row.intervention].layer if row.intervention in model else ""
        holder: Holder | None = None
        if layer in {"tasks", "colleagues"}:
            holder = Holder((), role_of(layer))
        elif layer:
            holder = holders.for_unit(row.unit, layer)
        found.append(
            Row(
                row, layer, holder.role if holder else None, holder is not None and holder.stands_in
            )
        )
    return tuple(found)


def spots(tx: Transaction, rights: Rights, model: MaturityModel) -> tuple[WhiteSpot, ...]:
    """The white spots of this organisation, from the register and what is released now."""
    active = [person for person in rights.people.values() if person.active and person.directory]
    releases = [one.release for one in shown(tx, rights) if one.release is not None]
    return white_spots(
        read(tx),
        releases,
        model,
        units=units(rights),
        employments=frozenset(person.employment for person in active),
    )


def check_unit(unit: str, known: Collection[str]) -> None:
    """Raises `ConfigError` where ``unit`` is not one of ``known`` or above it."""
    if unit and known and not any(f"{one}/".startswith(f"{unit}/") for one in known):
        expected = f"a unit of your people, such as {min(known)}"
        raise ConfigError("the unit", [Problem("--unit", expected, repr(unit))])


__all__ = ["Row", "check_unit", "listed", "put", "read", "spots", "units"]
