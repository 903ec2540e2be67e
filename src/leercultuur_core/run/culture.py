"""The learning culture of an organisation, for those who monitor it: HR, leadership, works council.

All of it is released, registered or planned from that: nothing here changes with what one person does,
says or answers before the next release. Gaps come first (`reach`), then what is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import frozen

from ..advice.concert import Concert
from ..advice.concert_words import spot
from ..advice.practice import (
    PracticeState,
    Practised,
    SpotKind,
    practised_at,
    white_spots,
)
from ..advice.roles import Holders, role_of
from ..maturity import MaturityModel
from ..maturity.interventions import Texts
from ..maturity.vocabulary import LANGUAGES, LAYERS, PHASES, Employment, Layer, Phase, Role
from ..privacy import Band
from ..privacy.series import quarter_of
from ..storage import ReadCount, StoredPerson, Transaction
from . import acting, concert, practice, preconditions, reach, releasing
from .config import Configuration
from .effect import Study, studies
from .preconditions import Conditions, UnitPreconditions
from .reach import Reach
from .releasing import UnitRelease
from .rights import LeftOut, Rights, named
from .unit_page import Plans

LeftOutReason = Literal["no_action", "not_estimated", "not_shown"]
"""Why a group gets nothing: no action that runs is meant for it; its phases are not estimated here;
too few people for anything to be shown of it, and nothing is done there."""


@frozen
class Cell:
    """What is done for one phase by one layer.

    lands, held, planned
        How many actions run, how many run while a precondition that is low holds them back, how many are
        planned.
    known
        How many the catalogue has.
    people
        The share of the people in that phase, where it is shown.
    """

    phase: Phase
    layer: Layer
    lands: int = 0
    held: int = 0
    planned: int = 0
    known: int = 0
    people: Band | None = None


@frozen
class UnitCulture:
    """What is shown of one unit; ``""`` is the whole organisation.

    cells
        Phase by phase of each layer, in their order. For the whole organisation what is done anywhere.
    preconditions
        ``None`` where nothing of them is shown.
    """

    unit: str
    release: UnitRelease | None
    cells: tuple[Cell, ...]
    preconditions: UnitPreconditions | None = None


@frozen
class Spot:
    """A white spot, as a sentence in each language; ``unit`` is ``""`` for the whole organisation."""

    kind: SpotKind
    unit: str
    subject: str
    texts: Texts


@frozen
class LeftOutGroup:
    """People that nothing reaches: a form of employment that at least ``minimum`` people have, or a unit
    of which nothing is shown (``minimum`` is 0)."""

    kind: Literal["employment", "unit"]
    name: str
    reason: LeftOutReason
    minimum: int = 0


@frozen
class Doing:
    """An action that runs, is planned or was stopped: ``role`` does it, ``""`` where nobody has that role.

    begin, end
        From and until when; ``end`` is ``None`` where that is open.
    proposed
        Whether it is this quarter's plan that proposes it; else it is in the register.
    """

    unit: str
    intervention: str
    layer: Layer
    role: str
    stands_in: bool
    state: PracticeState
    begin: date
    end: date | None = None
    proposed: bool = False


@frozen
class Culture:
    """The learning culture as it may be shown on one day; holds no names, and no count of people.

    refused
        Why nothing about groups is shown: *off* or *no_go_live*; ``None`` where it may be.
    reach
        ``None`` where nothing of it is shown.
    units
        The whole organisation first, then by path.
    plan
        ``None`` where the solver that makes one is not installed.
    """

    organisation: str
    day: date
    quarter: str
    minimum: int
    refused: LeftOut | None
    reach: Reach | None
    units: tuple[UnitCulture, ...]
    spots: tuple[Spot, ...]
    left_out: tuple[LeftOutGroup, ...]
    register: tuple[Doing, ...]
    plan: tuple[Doing, ...] | None
    studies: tuple[Study, ...]


class Everybody:
    """The people of the organisation, and who acts for what, as they were last read: anew after each
    change in a directory, which counts at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._key: object = None
        self._people: Mapping[str, StoredPerson] = {}
        self._named: Mapping[Role, tuple[str, ...]] = {}
        self._units: frozenset[str] = frozenset()
        self._holders: Holders | None = None

    def read(
        self, tx: Transaction, configuration: Configuration, at: datetime
    ) -> tuple[Rights, frozenset[str], Holders]:
        """What does not hang on what people said, so that nobody's refusal can be asked of it; their
        units; and who acts."""
        roles = configuration.roles
        # Whom a name stands for may change with each identity that is seen.
        names = tx.people.identities() if roles.named else 0
        key = (tx.people.version(), roles, names, configuration.contacts)
        with self._lock:
            if self._holders is None or key != self._key:
                self._people, self._named = tx.people.all(), named(tx, configuration, at)
                rights = self._rights(configuration, at)
                self._units = practice.units(rights)
                self._holders = acting.holders(acting.rows(rights), configuration.contacts)
                self._key = key
            return self._rights(configuration, at), self._units, self._holders

    def _rights(self, configuration: Configuration, at: datetime) -> Rights:
        day = at.astimezone(ZoneInfo(configuration.organisation.time_zone)).date()
        return Rights(self._people, {}, configuration, day, self._named)


def read(
    tx: Transaction,
    configuration: Configuration,
    model: MaturityModel,
    now: datetime,
    *,
    everybody: Everybody,
    plans: Plans,
) -> Culture:
    """From the store; ``everybody`` and ``plans`` keep what was worked out between calls."""
    rights, people, holders = everybody.read(tx, configuration, now)
    refused = releasing.refused_group(rights)
    register = practice.read(tx)
    releases = releasing.shown(tx, rights)
    seen = reach.shown(tx, rights)
    conditions = Conditions.read(tx, rights, model, only=())
    known = {one.unit: one for one in preconditions.overview(tx, rights, model)}
    found = white_spots(
        register,
        [one.release for one in releases if one.release is not None],
        model,
        units=people,
        employments=seen.groups if seen else (),
    )
    spots = tuple(
        Spot(
            one.kind,
            one.unit,
            one.subject,
            {language: spot(one, model=model, language=language) for language in LANGUAGES},
        )
        for one in found
    )

    def who(unit: str, layer: Layer) -> tuple[str, bool]:
        if layer in {"tasks", "colleagues"}:
            return role_of(layer), False
        holder = holders.for_unit(unit, layer)
        return (holder.role, holder.stands_in) if holder else ("", False)

    def planned() -> Concert:
        return concert.read(tx, rights, model, conditions=conditions)

    made_from = (releases, register, holders, conditions.units, conditions.chosen)
    try:
        plan = plans.of(made_from, planned)
    except ModuleNotFoundError as error:
        if not concert.lacks_solver(error):
            raise
        plan = None
    return Culture(
        organisation=rights.configuration.organisation.name,
        day=rights.day,
        quarter=quarter_of(rights.day),
        minimum=rights.configuration.privacy.minimum_group,
        refused=refused,
        reach=seen,
        units=_units(releases, register, known, model),
        spots=spots,
        left_out=tuple(_left_out(spots, seen, rights)),
        register=tuple(
            Doing(
                row.unit,
                row.intervention,
                layer,
                *who(row.unit, layer),
                row.state,
                row.since,
            )
            for row in register
            if row.intervention in model
            for layer in (model[row.intervention].layer,)
        ),
        plan=None if plan is None else tuple(_planned(plan)),
        studies=studies(tx),
    )


def reads(tx: Transaction, *, since: datetime) -> tuple[ReadCount, ...]:
    """Who read data of one person and what, counted by day (UTC), newest first; of whom it was is not
    told. What people read of themselves is not in it."""
    return tuple(tx.privacy.reads(since=since, but=("self",)))


def _units(
    releases: Sequence[UnitRelease],
    register: Sequence[Practised],
    known: Mapping[str, UnitPreconditions],
    model: MaturityModel,
) -> tuple[UnitCulture, ...]:
    shown = {one.unit: one for one in releases}
    names = sorted({"", *shown, *known})
    found = []
    for unit in names:
        release = shown.get(unit)
        states = practised_at(register, unit) if unit else _anywhere(register)
        held = _held(register, known, unit)
        shares = release.release.shares if release and release.release else {}
        cells = tuple(
            _cell(phase, layer, states, held, model, shares.get(phase))
            for layer in LAYERS
            for phase in PHASES
        )
        found.append(UnitCulture(unit, release, cells, known.get(unit)))
    return tuple(found)


def _held(
    register: Iterable[Practised], known: Mapping[str, UnitPreconditions], unit: str
) -> set[str]:
    """The interventions that do not land in ``unit`` since a precondition is low there; in the whole
    organisation those that are held back wherever they run."""
    held = {name: {one.intervention for one in found.held} for name, found in known.items()}
    here = held.get(unit, set())
    if unit:
        return here
    running = [row for row in register if row.state == "running"]
    lands = {row.intervention for row in running if row.intervention not in held.get(row.unit, ())}
    return here | ({row.intervention for row in running} - lands)


def _anywhere(register: Iterable[Practised]) -> dict[str, PracticeState]:
    """As `practised_at`, of what is done in any unit."""
    rows = list(register)
    return practised_at([Practised("", row.intervention, row.state, row.since) for row in rows], "")


def _cell(
    phase: Phase,
    layer: Layer,
    states: Mapping[str, PracticeState],
    held: Iterable[str],
    model: MaturityModel,
    people: Band | None,
) -> Cell:
    possible = [one.id for one in model.interventions(phase, layer)]
    running = [one for one in possible if states.get(one) == "running"]
    waiting = [one for one in running if one in held]
    return Cell(
        phase,
        layer,
        lands=len(running) - len(waiting),
        held=len(waiting),
        planned=sum(states.get(one) == "planned" for one in possible),
        known=len(possible),
        people=people,
    )


def _left_out(spots: Iterable[Spot], seen: Reach | None, rights: Rights) -> Iterable[LeftOutGroup]:
    for one in spots:
        if one.kind == "left_out" and seen is not None:
            yield LeftOutGroup("employment", one.subject, "no_action", seen.minimum)
    student: Employment = "student"
    if seen is not None and student in seen.groups and not rights.configuration.model.students:
        yield LeftOutGroup("employment", student, "not_estimated", seen.minimum)
    for one in spots:
        if one.kind == "small_unit":
            yield LeftOutGroup("unit", one.unit, "not_shown")


def _planned(plan: Concert) -> Iterable[Doing]:
    if not plan.plans:
        return
    first = _first_day(plan.quarter)
    for unit in sorted(plan.plans):
        for one in plan.plans[unit].actions:
            yield Doing(
                unit,
                one.id,
                one.intervention.layer,
                one.role,
                one.stands_in,
                "planned",
                first + timedelta(weeks=one.begin - 1),
                first + timedelta(weeks=one.end, days=-1),
                proposed=True,
            )


def _first_day(quarter: str) -> date:
    """The day on which a quarter such as ``2026-Q1`` begins: its week 1 does too."""
    year, _, number = quarter.partition("-Q")
    return date(int(year), 3 * int(number) - 2, 1)


__all__ = [
    "Cell",
    "Culture",
    "Doing",
    "Everybody",
    "LeftOutGroup",
    "LeftOutReason",
    "Spot",
    "UnitCulture",
    "read",
    "reads",
]
