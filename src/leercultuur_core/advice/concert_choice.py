"""What a plan in concert is chosen from, place by place: who acts, what it is worth, what is best.

See `leercultuur_core.advice.concert` for what the worth is made of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction

from attrs import Factory, define, frozen

from ..maturity import Intervention, MaturityModel
from ..maturity.vocabulary import PHASES, Layer, Phase
from ..privacy import Release
from ..privacy.release import parents
from .concert_rules import ConcertRules
from .practice import PracticeState, Practised, practised_at
from .preconditions import Gate, States, Verdict, Warn, low_facets, verdict
from .recommend import fit
from .roles import Holder, Holders
from .selection import Bonus, Budget, Selection, choose

WHOLE = ""
"""The whole organisation, as a unit."""

_ORGANISATION: tuple[Layer, ...] = ("hr", "leadership", "environment")
_WORKERS: tuple[Layer, ...] = ("tasks", "colleagues")
_SCIENCE = 100  # more than the actions that a plan can hold: science decides only between equals


@frozen
class Quarter:
    """What is released in one quarter; ``hidden`` are the units of which nothing may be shown."""

    name: str
    releases: tuple[Release, ...]
    hidden: tuple[str, ...] = ()


@define
class Place:
    """One unit (or the whole organisation) while its plan is made."""

    unit: str
    mix: Mapping[Phase, int]  # thousandths
    holders: Mapping[Layer, Holder | None]
    states: States
    done: Mapping[str, PracticeState]  # intervention → how it stands with it here
    before: frozenset[str]
    chosen: str
    held: dict[str, Gate] = Factory(dict)
    worth: dict[str, int] = Factory(dict)
    repairs: frozenset[str] = frozenset()
    cautions: set[str] = Factory(set)
    selection: Selection = Factory(lambda: Selection({}, ()))
    picked: frozenset[str] = frozenset()
    reach: Mapping[Layer, Fraction] = Factory(dict)


@define
class Chooser:
    """Makes plans with what is known beside the releases."""

    model: MaturityModel
    holders: Holders
    practice: tuple[Practised, ...]
    states: Mapping[str, States]
    chosen: Mapping[str, str]
    rules: ConcertRules
    _verdicts: dict[tuple[object, ...], Mapping[str, Verdict]] = Factory(dict)

    def compose(self, quarter: Quarter, before: Mapping[str, frozenset[str]]) -> dict[str, Place]:
        """What is chosen in each place, the whole organisation first."""
        places: dict[str, Place] = {}
        for unit, (layers, reach) in self._places(quarter).items():
            place = self._place(quarter, unit, layers, before.get(unit, frozenset()))
            place.reach = reach
            place.selection = self._selection(place, self.beside(places, place))
            place.picked = choose(place.selection)
            places[unit] = place
        return places

    def beside(self, places: Mapping[str, Place], place: Place) -> frozenset[str]:
        """What the whole organisation does around a unit."""
        if place.unit == WHOLE:
            return frozenset()
        return frozenset(
            one
            for one in places[WHOLE].picked
            if holds_for(self.model[one].layer, tuple(place.holders))
        )

    # -- where, and who -------------------------------------------------------------------------

    def _places(
        self, quarter: Quarter
    ) -> dict[str, tuple[dict[Layer, Holder | None], Mapping[Layer, Fraction]]]:
        """Unit → the layers that act there and who does, and for which part of the units a layer acts
        where that is not for all; the whole organisation first.

        What a manager and the workers do is planned in the smallest unit that is shown. Where some
        of the units below are hidden it is planned for those too, one level up.
        """
        shown = sorted(release.unit for release in quarter.releases if release.unit)
        if not quarter.releases:
            return {}
        hidden = [
            next((up for up in parents(unit) if up in shown), WHOLE)
            for unit in quarter.hidden
            if unit
        ]
        whole: dict[Layer, Holder | None] = {
            layer: self.holders.for_unit(WHOLE, layer) for layer in _ORGANISATION
        }
        if whole["environment"] is None and self.holders.contacts:
            # Somebody at a school who is in no directory.
            whole["environment"] = Holder((), "education_contact")
        led = {unit: self.holders.for_unit(unit, "manager") for unit in shown}
        own = {unit: holder for unit, holder in led.items() if holder and not holder.stands_in}
        if WHOLE in hidden or not shown:
            managers = self.holders.holding("manager")
            whole["manager"] = (
                Holder(managers, "manager") if managers else self.holders.for_unit(WHOLE, "manager")
            )
            whole.update(dict.fromkeys(_WORKERS, Holder((), "worker")))
        elif len(own) < len(shown):
            # The director does for units without a manager what a manager would, once for all.
            whole["manager"] = self.holders.for_unit(WHOLE, "manager")
        units = len(shown) + len(hidden) or 1
        alone = hidden.count(WHOLE) if shown else units
        reach: dict[Layer, Fraction] = dict.fromkeys(_WORKERS, Fraction(alone, units))
        reach["manager"] = Fraction(alone + len(shown) - len(own), units)
        places: dict[str, tuple[dict[Layer, Holder | None], Mapping[Layer, Fraction]]] = {
            WHOLE: (whole, reach)
        }
        for unit in shown:
            layers: dict[Layer, Holder | None] = {}
            if unit in own:
                layers["manager"] = own[unit]
            if unit in hidden or not any(one.startswith(f"{unit}/") for one in shown):
                layers.update(dict.fromkeys(_WORKERS, Holder((), "worker")))
            places[unit] = (layers, {})
        return places

    def _place(
        self,
        quarter: Quarter,
        unit: str,
        layers: Mapping[Layer, Holder | None],
        before: frozenset[str],
    ) -> Place:
        place = Place(
            unit=unit,
            mix=_mix(quarter.releases, unit),
            holders=layers,
            states=self.states.get(unit, {}),
            done=practised_at(self.practice, unit),
            before=before,
            chosen=self.chosen.get(unit, ""),
        )
        verdicts, place.repairs = self._judge(place.states)
        for one in self.model.all:
            found = verdicts[one.id]
            if isinstance(found, Gate):
                place.held[one.id] = found
            elif isinstance(found, Warn) and not all(reason.unknown for reason in found.reasons):
                place.cautions.add(one.id)
        return place

    def _judge(self, states: States) -> tuple[Mapping[str, Verdict], frozenset[str]]:
        """Intervention → verdict, and what mends a facet that is low."""
        key = tuple(sorted((facet, one.state) for facet, one in states.items()))
        if key not in self._verdicts:
            self._verdicts[key] = {
                one.id: verdict(one, states, model=self.model) for one in self.model.all
            }
        mending = self.model.favoured(low_facets(states))
        return self._verdicts[key], frozenset(one.id for one in mending)

    # -- what to choose from --------------------------------------------------------------------

    def _selection(self, place: Place, beside: frozenset[str]) -> Selection:
        """``beside`` is what the whole organisation does."""
        candidates = {
            one.id: one
            for one in self.model.all
            if place.holders.get(one.layer) is not None
            and one.id not in place.held
            and place.done.get(one.id, "stopped") == "stopped"
        }
        place.worth = {one.id: self._worth(place, one) for one in candidates.values()}
        present = {one for one, state in place.done.items() if state != "stopped"}
        return Selection(
            {
                name: worth * _SCIENCE + self.model[name].science
                for name, worth in place.worth.items()
            },
            self._budgets(place, candidates),
            tuple(self._bonuses(place, candidates, frozenset(present), beside)),
        )

    def _worth(self, place: Place, one: Intervention) -> int:
        weight = self.rules.weights
        best = max(place.mix[phase] * fit(one, phase) for phase in PHASES) // 100
        worth = int(best * place.reach.get(one.layer, 1)) - weight["effort"]
        worth += weight["stays"] * (one.id in place.before)
        worth += weight["repairs"] * (one.id in place.repairs)
        worth += weight["chosen"] * (one.id == place.chosen)
        worth -= weight["caution"] * (one.id in place.cautions)
        return worth

    def _budgets(self, place: Place, candidates: Mapping[str, Intervention]) -> tuple[Budget, ...]:
        """One for all that the same people do here, as large as the largest of their roles. What is
        planned in this very unit takes its part."""
        members: dict[str, set[str]] = {}
        for name, one in candidates.items():
            members.setdefault(hands(place, one.layer), set()).add(name)
        planned = [
            hands(place, self.model[row.intervention].layer)
            for row in self.practice
            if row.unit == place.unit and row.state == "planned" and row.intervention in self.model
        ]
        most = {
            key: max(self.rules.budget[self.holder(place, name).role] for name in found)
            for key, found in members.items()
        }
        return tuple(
            Budget(frozenset(found), max(0, most[key] - planned.count(key)))
            for key, found in sorted(members.items())
        )

    def _bonuses(
        self,
        place: Place,
        candidates: Mapping[str, Intervention],
        present: frozenset[str],
        beside: frozenset[str],
    ) -> list[Bonus]:
        weight = self.rules.weights
        found: list[Bonus] = []
        here = [self.model[one] for one in present if one in self.model]

        def bonus(worth: int, *groups: frozenset[str], there: frozenset[str]) -> None:
            """For a member of each group, where those that are ``there`` need no choosing."""
            left = tuple(group & candidates.keys() for group in groups if not group & there)
            if left and worth and all(left):
                found.append(Bonus(worth * _SCIENCE, tuple(map(frozenset, left))))

        for phase in PHASES:
            for_phase = frozenset(n for n, one in candidates.items() if phase in one.phases)
            done = frozenset(one.id for one in here if phase in one.phases)
            share = weight["phase"] * place.mix[phase] // 1000
            bonus(share, for_phase | done, there=present)
        for layer in place.holders:
            of_layer = frozenset(n for n, one in candidates.items() if one.layer == layer)
            done = frozenset(one.id for one in here if one.layer == layer)
            worth = int(weight["layer"] * place.reach.get(layer, 1))
            bonus(worth, of_layer | done, there=present)
        for name, groups in self.sides().items():
            bonus(weight[name], *groups, there=present | beside)
        for link in self.rules.links:
            ends = frozenset({link.first}), frozenset({link.then})
            # Only forwards: what runs already is built upon, not what should have come before it.
            if link.then not in present:
                bonus(weight["builds_on"], *ends, there=present | beside)
        return found

    def sides(self) -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
        """What belongs beside each other: two groups of interventions."""
        formal = frozenset(one.id for one in self.model.all if one.kind != "informal")
        informal = frozenset(one.id for one in self.model.all if one.kind == "informal")
        groups = self.rules.groups
        return {
            "formal_informal": (formal, informal),
            "students_professionals": (groups["students"], groups["professionals"]),
        }

    def holder(self, place: Place, name: str) -> Holder:
        holder = place.holders[self.model[name].layer]
        assert holder is not None  # noqa: S101 - layers without one have no candidates
        return holder


def hands(place: Place, layer: Layer) -> str:
    """Stands for whoever acts for a layer: the same for two layers where the same people do."""
    holder = place.holders.get(layer)
    if holder is None:
        return ""
    return "|".join(sorted(one.identifier for one in holder.people)) or holder.role


def holds_for(layer: Layer, own: Collection[Layer]) -> bool:
    """Whether what the whole organisation does in ``layer`` concerns a unit that acts itself in its
    ``own`` layers: managers and workers are planned for there only where a unit cannot."""
    return layer in _ORGANISATION or (layer == "manager" and layer not in own)


def _mix(releases: Collection[Release], unit: str) -> dict[Phase, int]:
    """The middles of the bands of a unit, in thousandths; they need not sum to 1000.

    Of the whole organisation without a release of its own: the mean of the widest units shown.
    """
    by_unit = {release.unit: release for release in releases}
    if unit in by_unit:
        found = [by_unit[unit]]
    else:
        found = [one for path, one in by_unit.items() if not by_unit.keys() & {*parents(path)}]
    return {
        phase: sum(5 * (one.shares[phase].low + one.shares[phase].high) for one in found)
        // len(found)
        for phase in PHASES
    }


__all__ = ["WHOLE", "Chooser", "Place", "Quarter", "hands", "holds_for"]
