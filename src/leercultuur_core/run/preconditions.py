"""The questionnaire on preconditions in the running engine: answers, releases, and what is held.

Answers are a person's own. Of a unit is shown what `release` freezes, once in a quarter and only
when asked: whoever runs the questionnaire knows when people are done. Who may be counted and which
groups stand beside each other is decided as for the phases (`releasing`, `leercultuur_core.privacy`),
for each facet apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any

from attrs import evolve, field, frozen

from ..activity.activity import day_date, utc_day
from ..advice.group import rank_for_unit, unit_subject
from ..advice.own import OWN_LAYERS
from ..advice.preconditions import (
    POINTS,
    UNMEASURED,
    Facet,
    Gate,
    Held,
    Measured,
    Said,
    States,
    Warn,
    facets_of,
    fresh,
    gated,
    half_in,
    leading,
    low_facets,
    of_group,
    of_person,
    scores,
    together,
    verdict,
)
from ..maturity import MaturityModel
from ..maturity.vocabulary import PHASES, Language, Phase
from ..privacy import Release
from ..privacy.series import Hidden, Shown, next_quarter, quarter_of
from ..storage import ItemAnswer, KeptRelease, PromptState, Transaction
from . import releasing, voting
from .phrases import say
from .releasing import in_the_tree, refused_group
from .rights import Rights

_PURPOSE = "preconditions/{}/{}"

_ANY_MIX: Mapping[Phase, float] = dict.fromkeys(PHASES, 1 / len(PHASES))
"""`next_quarter` compares groups of people with phases; answers have none, and are never too alike
(`leercultuur_core.advice.preconditions` says why)."""

_PROPOSED = ("tasks", "colleagues", "manager")
"""The layers that a team feels each day: it votes among what these can do."""

GATED = "preconditions"
"""The reason code of a prompt that a precondition holds back."""

_MAY_STILL_GO: tuple[PromptState, ...] = ("held", "ready", "failed")


@frozen
class HeldBack:
    """An intervention that is held back in a unit, or warned about, and for which preconditions."""

    intervention: str
    reasons: tuple[Held, ...]


@frozen
class UnitPreconditions:
    """What is known of a unit: each facet, what that holds back or warns about, what mends it, and
    what the team chose.

    ``released`` is the quarter of the last release of this unit; ``""`` where there is none.
    ``warned`` are warnings for what is low; what is unknown warns about nearly everything.
    """

    unit: str
    released: str
    states: Mapping[Facet, Measured]
    held: tuple[HeldBack, ...]
    warned: tuple[HeldBack, ...]
    mending: tuple[str, ...]
    chosen: str = ""


@frozen
class Conditions:
    """What holds prompts back, for whoever plans: by person and by unit."""

    model: MaturityModel
    units: Mapping[str, States]
    chosen: Mapping[str, str]
    own: Mapping[str, States]
    _gated: dict[frozenset[str], frozenset[str]] = field(
        factory=dict, init=False, eq=False, repr=False
    )

    @classmethod
    def read(
        cls,
        tx: Transaction,
        rights: Rights,
        model: MaturityModel,
        *,
        only: Collection[str] | None = None,
    ) -> Conditions:
        """From the store; ``only`` are the people (uuids) whose own answers are asked for."""
        return cls(
            model,
            shown(tx, rights, model),
            voting.chosen(tx, rights),
            _own(tx, rights, model, only),
        )

    def with_own(self, tx: Transaction, rights: Rights, people: Collection[str]) -> Conditions:
        """The same with the own answers of ``people`` (uuids)."""
        return evolve(self, own=_own(tx, rights, self.model, people))

    def held_from(self, person: str, unit: str) -> frozenset[str]:
        """The interventions that are not for ``person`` of ``unit`` now: by what they said
        themselves, and by what is shown of their unit."""
        states = together(self.own.get(person, {}), self.units.get(unit, {}) if unit else {})
        return self._held(states)

    def because(self, intervention: str, unit: str, language: Language) -> str:
        """Why ``intervention`` leads in ``unit``, in words: the team chose it, or it mends what is
        low there; ``""`` where neither is so."""
        if intervention == self.chosen.get(unit):
            return say(language, "because.chosen")
        low = {precondition for (precondition, _), s in self.units.get(unit, {}).items() if s.low}
        mended = [
            one.labels[language]
            for one in self.model.preconditions
            if one.id in low and intervention in one.repaired_by
        ]
        what = ", ".join(label[:1].lower() + label[1:] for label in mended)
        return say(language, "because.mending", what=what) if mended else ""

    def held_in(self, unit: str) -> frozenset[str]:
        """The interventions that are not for those who act for ``unit`` now."""
        return self._held(self.units.get(unit, {}))

    def _held(self, states: States) -> frozenset[str]:
        low = frozenset(low_facets(states))
        if low not in self._gated:
            self._gated[low] = gated(self.model, low)
        return self._gated[low]

    def for_person(self, model: MaturityModel, person: str, unit: str) -> MaturityModel:
        """``model`` without what is held back for a person, with what their team chose in front:
        where that is something they do themselves, nothing else of their own layers is left."""
        held = self.held_from(person, unit)
        left = tuple(one for one in model.all if one.id not in held)
        first = self.chosen.get(unit, "") if unit else ""
        if any(one.id == first and one.layer in OWN_LAYERS for one in left):
            left = tuple(one for one in left if one.id == first or one.layer not in OWN_LAYERS)
        return model if left == model.all else evolve(model, all=left)

    def for_unit(self, model: MaturityModel, unit: str, layer: str) -> MaturityModel:
        """``model`` with what `leading` gives for ``layer`` around ``unit``."""
        states = self.units.get(unit, {})
        first = self.chosen.get(unit, "")
        if not first and not any(one.low for one in states.values()):
            return model
        return evolve(model, all=leading(model, states, layer=layer, chosen=first))


def proposed(tx: Transaction, rights: Rights, model: MaturityModel, unit: str) -> tuple[str, ...]:
    """Three actions for a team to vote on: of the work itself, of colleagues and of the manager each what
    fits a unit best, by what is shown of it now. Of a layer nothing, where nothing is shown or all is
    held back."""
    here = next((one.release for one in releasing.shown(tx, rights) if one.unit == unit), None)
    if here is None:
        return ()
    conditions = Conditions.read(tx, rights, model, only=())
    found = []
    for layer in _PROPOSED:
        free = conditions.for_unit(model, unit, layer)
        ranked = rank_for_unit(here, layer, model=free, language="nl")
        found += [one.intervention.id for one in ranked[:1]]
    return tuple(found)


def answer(
    tx: Transaction, model: MaturityModel, person: str, item: str, value: int, *, on: date
) -> bool:
    """Keeps what a person (uuid) answered; ``False`` where there is no such person, or they gave a
    later answer. Raises `ValueError` where there is no such item, or ``value`` is not 1 to 5."""
    if item not in {one.id for one in model.items}:
        raise ValueError(f"expected an item of the questionnaire, found {item!r}")
    if value not in POINTS:
        raise ValueError(f"expected an answer from {POINTS[0]} to {POINTS[-1]}, found another")
    kept = ItemAnswer(person, item, value, utc_day(datetime(on.year, on.month, on.day, tzinfo=UTC)))
    return tx.preconditions.answer(kept)


def release(tx: Transaction, rights: Rights, model: MaturityModel, *, now: datetime) -> int:
    """Freezes what people answered until now as this quarter's releases, facet by facet; gives of
    how many units something new is shown. 0 where groups are off, before go-live, where there are
    this quarter's already, and where no group is large enough: then nothing is frozen."""
    if refused_group(rights):
        return 0
    quarter, k = quarter_of(rights.day), rights.configuration.privacy.minimum_group
    members = {uuid: one.unit for uuid, one in rights.people.items() if in_the_tree(one)}
    may = {
        uuid for uuid in members if rights.refusal(rights.people[uuid], "group_releases") is None
    }
    said = [one for one in _said(tx) if one.person in may]
    measured = scores(said, model.items, at=rights.day, months=_months(rights))
    new: set[str] = set()
    for facet in facets_of(model):
        purpose = _PURPOSE.format(*facet)
        history = tx.privacy.releases(purpose=purpose)
        people = measured.get(facet, {})
        units: dict[str, dict[str, Mapping[Phase, float]]] = {}
        for uuid, unit in members.items():
            contributors = units.setdefault(unit, {})
            if uuid in people:
                contributors[uuid] = _ANY_MIX
        made = next_quarter([_read(one) for one in history], units, quarter=quarter, k=k)
        if not any(isinstance(one, Shown) and one.made == quarter for one in made):
            continue
        items = {one.id for one in model.items if (one.precondition, one.facet) == facet}
        for one in made:
            payload, contributors_ = _payload(one, history), frozenset[str]()
            if isinstance(one, Shown):
                contributors_ = one.contributors
                if one.made == quarter:
                    days = [s.on for s in said if s.person in contributors_ and s.item in items]
                    group = of_group(
                        [people[uuid] for uuid in contributors_], minimum=k, as_of=half_in(days)
                    )
                    payload |= _as_row(group)
            kept = KeptRelease(one.unit, purpose, quarter, payload, contributors_, now)
            if tx.privacy.put_release(kept) and payload.get("made") == quarter:
                new.add(one.unit)
    return len(new)


def shown(
    tx: Transaction, rights: Rights, model: MaturityModel
) -> dict[str, dict[Facet, Measured]]:
    """Unit → facet → what is shown of it; a facet that is too old is unknown. Empty where groups are
    off and before go-live."""
    if refused_group(rights):
        return {}
    found: dict[str, dict[Facet, Measured]] = {}
    for facet in facets_of(model):
        for one in _latest(tx, facet):
            measured = _measured(one.payload)
            if measured.as_of is not None and not fresh(
                measured.as_of, rights.day.replace(day=1), _months(rights)
            ):
                measured = Measured()
            found.setdefault(one.unit, {})[facet] = measured
    return dict(sorted(found.items()))


def overview(
    tx: Transaction, rights: Rights, model: MaturityModel
) -> tuple[UnitPreconditions, ...]:
    """What is shown of each unit of which anything was ever released, by path."""
    chosen = voting.chosen(tx, rights)
    quarters: dict[str, str] = {}
    for facet in facets_of(model):
        for one in _latest(tx, facet):
            if "made" in one.payload:
                quarters[one.unit] = max(quarters.get(one.unit, ""), one.payload["made"])
    return tuple(
        _overview(unit, states, model, quarters.get(unit, ""), chosen.get(unit, ""))
        for unit, states in shown(tx, rights, model).items()
    )


def _overview(
    unit: str, known: States, model: MaturityModel, released: str, chosen: str
) -> UnitPreconditions:
    states = {facet: known.get(facet, UNMEASURED) for facet in facets_of(model)}
    verdicts = {one.id: verdict(one, states, model=model) for one in model.all}
    low = low_facets(states)
    return UnitPreconditions(
        unit=unit,
        released=released,
        states=states,
        held=tuple(
            HeldBack(one, said.reasons) for one, said in verdicts.items() if isinstance(said, Gate)
        ),
        warned=tuple(
            HeldBack(one, of_low)
            for one, said in verdicts.items()
            if isinstance(said, Warn)
            and (of_low := tuple(why for why in said.reasons if not why.unknown))
        ),
        mending=tuple(one.id for one in model.favoured(low)),
        chosen=chosen,
    )


def withdraw(
    tx: Transaction,
    rights: Rights,
    model: MaturityModel,
    *,
    now: datetime,
    only: Collection[str] | None = None,
) -> int:
    """Takes back what waits in the outbox and may not go any more, of everybody or of the
    recipients ``only``; gives how many prompts."""
    conditions = Conditions.read(tx, rights, model, only=only)
    gone = []
    for prompt in tx.delivery.prompts(states=_MAY_STILL_GO):
        if (only is not None and prompt.recipient not in only) or prompt.asks != "step":
            continue
        if prompt.subject_person is None:
            held = conditions.held_in(prompt.subject.removeprefix(unit_subject("")))
        else:
            person = rights.people[prompt.recipient]
            held = conditions.held_from(person.uuid, person.unit)
        if prompt.intervention in held:
            gone.append(prompt)
    tx.delivery.withdraw(gone, reason=GATED, at=now)
    return len(gone)


def _months(rights: Rights) -> int:
    return rights.configuration.preconditions.fresh_months


def _said(tx: Transaction, only: Collection[str] | None = None) -> list[Said]:
    return [
        Said(one.person, one.item, one.value, day_date(one.day))
        for one in tx.preconditions.answers(only)
    ]


def _own(
    tx: Transaction, rights: Rights, model: MaturityModel, only: Collection[str] | None
) -> dict[str, dict[Facet, Measured]]:
    said = _said(tx, only)
    measured = scores(said, model.items, at=rights.day, months=_months(rights))
    people = {one.person for one in said}
    return {uuid: of_person(measured, uuid, as_of=rights.day) for uuid in people}


def _latest(tx: Transaction, facet: Facet) -> list[KeptRelease]:
    """The releases of the last quarter in which this facet was released."""
    every = tx.privacy.releases(purpose=_PURPOSE.format(*facet))
    last = max((one.quarter for one in every), default="")
    return [one for one in every if one.quarter == last]


def _payload(one: Shown | Hidden, history: Collection[KeptRelease]) -> dict[str, Any]:
    """What is kept of a release: of one that stayed the values it was made with."""
    if isinstance(one, Hidden):
        return {"reason": one.reason}
    made = [k for k in history if k.unit == one.unit and k.payload.get("made") == one.made]
    return dict(made[0].payload) if made else {"made": one.made}


def _as_row(group: Measured) -> dict[str, Any]:
    return {
        "state": group.state,
        "minimum": group.contributors,
        "as_of": group.as_of.isoformat() if group.as_of else None,
    }


def _measured(payload: Mapping[str, Any]) -> Measured:
    if "reason" in payload:
        return Measured()
    return Measured(payload["state"], payload["minimum"], date.fromisoformat(payload["as_of"]))


def _read(kept: KeptRelease) -> Shown | Hidden:
    """A release as `next_quarter` compares it: by its contributors."""
    payload = kept.payload
    if "reason" in payload:
        return Hidden(kept.unit, kept.quarter, payload["reason"])
    values = Release(kept.unit, payload["minimum"], {})
    return Shown(kept.unit, kept.quarter, payload["made"], values, kept.contributors)


__all__ = [
    "GATED",
    "Conditions",
    "HeldBack",
    "UnitPreconditions",
    "answer",
    "overview",
    "release",
    "shown",
    "withdraw",
]
