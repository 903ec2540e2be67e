"""The tables of the catalogue: which files there are, and what their columns hold."""

from __future__ import annotations

from .preconditions import WHENS
from .tables import Column, Schema, choice, choices_of, names, text, whole_number, yes_no
from .vocabulary import (
    BASES,
    CONDITIONS,
    KINDS,
    LANGUAGES,
    LAYERS,
    PHASES,
    PROCESSES,
    ROLES,
    SCOPES,
    STATED_LEVELS,
    STRICTNESSES,
)

SCHEMA = 1
"""The schema of the tables that this version reads."""

HEAD = "catalogue.toml"
"""The file that says the schema and the version of the tables beside it."""

AXES: dict[str, tuple[str, ...]] = {
    "layer": LAYERS,
    "phase": PHASES,
    "role": ROLES,
    "basis": BASES,
    "kind": KINDS,
    "scope": SCOPES,
}

INTERVENTIONS = Schema(
    "interventions.tsv",
    (
        text("id"),
        choice("layer", LAYERS),
        choices_of("phases", PHASES),
        choice("primary_phase", PHASES),
        choices_of("also_plausible", PHASES, required=False),
        choice("basis", BASES),
        choice("stated_level", STATED_LEVELS),
        text("basis_text"),
        whole_number("seed_line", required=False),
        yes_no("science"),
        choice("kind", KINDS),
        choice("scope", SCOPES),
        choices_of("processes", PROCESSES, required=False),
        yes_no("addition"),
    ),
)


def _in_each_language(*stems: str) -> tuple[Column, ...]:
    return tuple(text(f"{stem}_{language}") for stem in stems for language in LANGUAGES)


TEXTS = Schema("texts.tsv", (text("id"), *_in_each_language("label", "summary", "step", "ask")))
CONDITIONS_TABLE = Schema(
    "conditions.tsv",
    (
        text("id"),
        *(
            column
            for condition in CONDITIONS
            for column in (yes_no(condition), text(f"{condition}_ground"))
        ),
    ),
)
PRECONDITIONS = Schema(
    "preconditions.tsv",
    (
        text("id"),
        *_in_each_language("label", "without"),
        text("ground"),
        names("repaired_by"),
        whole_number("seed_line", required=False),
    ),
)
ITEMS = Schema(
    "precondition_items.tsv",
    (
        text("id"),
        text("precondition"),
        text("facet"),
        *_in_each_language("item"),
        choice("keying", ("agree-is-good", "agree-is-bad")),
    ),
)
RULES = Schema(
    "precondition_rules.tsv",
    (
        text("precondition"),
        names("low_facets"),
        choices_of("kinds", KINDS),
        choice("when", WHENS),
        choice("effect", STRICTNESSES),
        names("favours"),
    ),
    key=("precondition", "low_facets", "kinds", "when"),
)
LABELS = Schema(
    "labels.tsv",
    (choice("axis", tuple(AXES)), text("id"), *_in_each_language("label", "description")),
    key=("axis", "id"),
)

OF_INTERVENTIONS = (INTERVENTIONS, TEXTS, CONDITIONS_TABLE)
"""The three tables that together hold the interventions, a row each in all of them."""

ALL = (*OF_INTERVENTIONS, PRECONDITIONS, ITEMS, RULES, LABELS)
