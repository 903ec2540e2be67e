"""An intervention: what one layer can do, in which phases, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from .vocabulary import (
    BASES,
    CONDITIONS,
    KINDS,
    LANGUAGES,
    LAYERS,
    PHASES,
    PROCESSES,
    SCOPES,
    STATED_LEVELS,
    Basis,
    Condition,
    Kind,
    Language,
    Layer,
    Phase,
    Scope,
    StatedLevel,
)

Texts = Mapping[Language, str]
"""A text in each language."""


@frozen(kw_only=True)
class Intervention:
    """One intervention of the catalogue.

    ``labels``, ``summaries``, ``steps`` and ``asks`` hold a text per language: its name, what it
    is, one first step for whoever acts in its layer, and how a worker may ask for it (for tasks, of
    the manager). ``phases`` stand in the order of the spiral; of these ``primary_phase`` fits best;
    ``also_plausible`` fit by reasoning only. ``basis``, ``basis_text`` and ``stated_level`` say what
    ``phases`` rest on; ``seed_line`` is the line of the report's plain text (``None`` for a row
    that is not from the report). ``science`` marks what the report starred as coming from
    scientific literature; ``processes`` are the TTM processes of change it works through.
    ``grounds`` says for each of the three conditions why it is so. ``addition`` is true for what the
    report's 82 do not hold.
    """

    id: str
    layer: Layer
    labels: Texts = field(hash=False)
    summaries: Texts = field(hash=False)
    steps: Texts = field(hash=False)
    asks: Texts = field(hash=False)
    phases: tuple[Phase, ...]
    primary_phase: Phase
    also_plausible: tuple[Phase, ...] = ()
    basis: Basis
    basis_text: str
    stated_level: StatedLevel
    seed_line: int | None = None
    science: bool = False
    kind: Kind
    scope: Scope
    processes: tuple[str, ...] = ()
    group_programme: bool
    exposes_people: bool
    fits_inside_work: bool
    grounds: Mapping[Condition, str] = field(hash=False)
    addition: bool = True

    def holds(self, condition: Condition) -> bool:
        """Whether ``condition`` holds: a programme for a group, exposes people, fits inside the
        work."""
        return bool(getattr(self, condition))


def contradictions(intervention: Intervention) -> Iterator[tuple[str, str, str]]:
    """What cannot be in one intervention, as (field, expected, found).

    The same checks for a row of a table and for a value that a plugin made in Python.
    """
    if not intervention.id or intervention.id != intervention.id.strip():
        yield "id", "an id", repr(intervention.id)
    choices: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("layer", LAYERS),
        ("primary_phase", PHASES),
        ("basis", BASES),
        ("stated_level", STATED_LEVELS),
        ("kind", KINDS),
        ("scope", SCOPES),
    )
    for name, known in choices:
        if (value := getattr(intervention, name)) not in known:
            yield name, f"one of {', '.join(known)}", repr(value)
    for name, known in (("phases", PHASES), ("also_plausible", PHASES), ("processes", PROCESSES)):
        for value in getattr(intervention, name):
            if value not in known:
                yield name, f"some of {', '.join(known)}", repr(value)
    if not intervention.phases:
        yield "phases", "at least one phase", "none"
    for name in ("phases", "also_plausible"):
        given = getattr(intervention, name)
        ordered = tuple(phase for phase in PHASES if phase in given)
        if set(given) <= set(PHASES) and given != ordered:
            yield name, f"the order of the spiral, each once: {','.join(ordered)}", ",".join(given)
    if intervention.phases and intervention.primary_phase not in intervention.phases:
        yield (
            "primary_phase",
            f"one of its phases {','.join(intervention.phases)}",
            intervention.primary_phase,
        )
    for phase in intervention.also_plausible:
        if phase in intervention.phases:
            yield "also_plausible", "phases that are not already in phases", phase
    stated = intervention.stated_level in ("intervention", "layer")
    if stated != (intervention.basis == "stated"):
        yield (
            "stated_level",
            "intervention or layer with basis stated, and partly or none with another basis",
            f"{intervention.stated_level} with basis {intervention.basis}",
        )
    if not intervention.basis_text:
        yield "basis_text", "a ground", "nothing"
    for name in ("labels", "summaries", "steps", "asks"):
        texts = getattr(intervention, name)
        for language in LANGUAGES:
            if not texts.get(language):
                yield f"{name}.{language}", "a text", "nothing"
    for condition in CONDITIONS:
        if not intervention.grounds.get(condition):
            yield f"grounds.{condition}", "a ground", "nothing"
