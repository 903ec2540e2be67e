"""The maturity model as one value: the catalogue, a grid to query, and the preconditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import evolve, field, frozen

from ..errors import ConfigError, Problem
from .interventions import Intervention, Texts, contradictions
from .preconditions import Effect, Precondition, PreconditionItem, PreconditionRule, evaluate
from .tables import did_you_mean
from .vocabulary import LAYERS, PHASES, ROLES, SCOPES, Layer, Phase, Role


@frozen(kw_only=True)
class Term:
    """The name of a layer, phase, role or other term, and one sentence about it, per language."""

    id: str
    labels: Texts = field(hash=False)
    descriptions: Texts = field(hash=False)


@frozen(kw_only=True)
class MaturityModel:
    """Six layers, five phases, and what each layer can do in each phase.

    ``all`` are the interventions in the order of the catalogue, ``terms`` the names by axis
    (layer, phase, role, basis, kind, scope) and id, ``version`` that of the tables. Make one with
    `maturity_model`.
    """

    version: str
    source: str
    all: tuple[Intervention, ...]
    preconditions: tuple[Precondition, ...]
    items: tuple[PreconditionItem, ...]
    rules: tuple[PreconditionRule, ...]
    terms: Mapping[str, Mapping[str, Term]] = field(repr=False)
    _by_id: Mapping[str, Intervention] = field(init=False, repr=False, eq=False)

    @_by_id.default
    def _index(self) -> Mapping[str, Intervention]:
        return {intervention.id: intervention for intervention in self.all}

    @property
    def layers(self) -> Mapping[Layer, Term]:
        """The names of the layers, in their order."""
        return {layer: self.terms["layer"][layer] for layer in LAYERS}

    @property
    def phases(self) -> Mapping[Phase, Term]:
        """The names of the phases, in the order of the spiral."""
        return {phase: self.terms["phase"][phase] for phase in PHASES}

    @property
    def roles(self) -> Mapping[Role, Term]:
        """The names of the roles."""
        return {role: self.terms["role"][role] for role in ROLES}

    @property
    def facets(self) -> tuple[str, ...]:
        """What the questionnaire measures, each facet once."""
        return tuple(dict.fromkeys(item.facet for item in self.items))

    def __getitem__(self, intervention_id: str) -> Intervention:
        """The intervention with this id; ``KeyError``, with the nearest id, where there is none."""
        try:
            return self._by_id[intervention_id]
        except KeyError:
            hint = did_you_mean(intervention_id, self._by_id)
            message = f"no intervention {intervention_id!r} in the catalogue"
            raise KeyError(f"{message}; {hint}" if hint else message) from None

    def __contains__(self, intervention_id: object) -> bool:
        return intervention_id in self._by_id

    def interventions(
        self,
        phase: str | None = None,
        layer: str | None = None,
        *,
        scope: str | None = None,
        plausible: bool = False,
        additions: bool = True,
    ) -> tuple[Intervention, ...]:
        """Interventions for a phase, a layer and a scope (``None``: any), in catalogue order.

        ``layer`` may be *education*, which is the environment. With ``plausible`` also those for
        which the phase is plausible but not assigned; without ``additions`` only the report's own.
        Raises ``ValueError`` on a phase, layer or scope that the model does not have.
        """
        if layer == "education":
            layer = "environment"
        _one_of("phase", phase, PHASES)
        _one_of("layer", layer, LAYERS)
        _one_of("scope", scope, SCOPES)
        return tuple(
            each
            for each in self.all
            if (layer is None or each.layer == layer)
            and (scope is None or each.scope == scope)
            and (additions or not each.addition)
            and (
                phase is None
                or phase in each.phases
                or (plausible and phase in each.also_plausible)
            )
        )

    def grid(self) -> Mapping[tuple[Layer, Phase], tuple[Intervention, ...]]:
        """The interventions of each (layer, phase), all thirty cells, in catalogue order."""
        return {
            (layer, phase): self.interventions(phase, layer) for layer in LAYERS for phase in PHASES
        }

    def effects(self, intervention: Intervention, low: Collection[str]) -> tuple[Effect, ...]:
        """What each precondition does to ``intervention`` where the facets in ``low`` are low.

        One `Effect` per precondition, in their order. ``low`` holds facets of the questionnaire;
        ``workload-not-too-high`` is low where the workload is too high. Raises ``ValueError`` on a
        facet that the questionnaire does not have.
        """
        for facet in low:
            _one_of("facet", facet, self.facets)
        return evaluate(intervention, low, self.preconditions, self.rules)

    def favoured(self, low: Collection[str]) -> tuple[Intervention, ...]:
        """Interventions that help in particular where the facets in ``low`` are low.

        Those that repair a precondition with a low facet, and those a rule favours, in catalogue
        order. Raises ``ValueError`` on a facet that the questionnaire does not have.
        """
        for facet in low:
            _one_of("facet", facet, self.facets)
        hit = {item.precondition for item in self.items if item.facet in low}
        ids = {name for each in self.preconditions if each.id in hit for name in each.repaired_by}
        for rule in self.rules:
            if any(facet in low for facet in rule.low_facets):
                ids.update(rule.favours)
        return tuple(each for each in self.all if each.id in ids)

    def extended(self, more: Iterable[Intervention]) -> MaturityModel:
        """This model with ``more`` interventions after its own.

        They are held to the checks that a table is held to, and their ids must be new: what the
        report holds cannot be replaced. Raises `ConfigError` with every problem.
        """
        added = tuple(more)
        problems: list[Problem] = []
        seen = set(self._by_id)
        for intervention in added:
            if intervention.id in seen:
                problems.append(
                    Problem(f"{intervention.id}, id", "a new id", "one the catalogue has")
                )
            seen.add(intervention.id)
            if not intervention.addition:
                problems.append(
                    Problem(f"{intervention.id}, addition", "yes: it is not from the report", "no")
                )
            for name, expected, found in contradictions(intervention):
                problems.append(Problem(f"{intervention.id}, {name}", expected, found))
        if problems:
            raise ConfigError("the addition to the catalogue", problems)
        return evolve(self, all=self.all + added)


def _one_of(what: str, given: str | None, choices: Sequence[str]) -> None:
    if given is not None and given not in choices:
        hint = did_you_mean(given, choices)
        message = f"no {what} {given!r}; the choices are {', '.join(choices)}"
        raise ValueError(f"{message}; {hint}" if hint else message)
