"""The model's axes: six layers, five phases, and the roles of people. Ids only; labels are data."""

from __future__ import annotations

from typing import Literal, get_args

Phase = Literal["unaware", "selecting", "acting", "applying", "continuing"]
"""A phase of behaviour change, in the order of the upward spiral."""

PHASES: tuple[Phase, ...] = get_args(Phase)

UNKNOWN = "unknown"
"""Shown in place of a phase where too little could be seen."""

Layer = Literal["tasks", "colleagues", "manager", "hr", "leadership", "environment"]
"""Who takes the action. The environment is, above all, education."""

LAYERS: tuple[Layer, ...] = get_args(Layer)

Role = Literal[
    "worker",
    "manager",
    "hr",
    "director",
    "works_council",
    "education_contact",
    "assessor",
    "second_assessor",
    "coach",
    "issuer",
]
"""What somebody is in an organisation; a person may have several."""

ROLES: tuple[Role, ...] = get_args(Role)

Employment = Literal["employee", "temporary", "self_employed", "student", "career_switcher"]

EMPLOYMENTS: tuple[Employment, ...] = get_args(Employment)

Language = Literal["nl", "en"]

LANGUAGES: tuple[Language, ...] = get_args(Language)

Basis = Literal["stated", "layout", "judgement"]
"""What the phases of an intervention rest on: the report's text, its figure, or reasoning."""

BASES: tuple[Basis, ...] = get_args(Basis)

StatedLevel = Literal["intervention", "layer", "partly", "none"]
"""How far the report's text names the phases: for this intervention, for its layer, in part, not."""

STATED_LEVELS: tuple[StatedLevel, ...] = get_args(StatedLevel)

Kind = Literal["informal", "formal", "both"]
"""The kind of learning an intervention is about."""

KINDS: tuple[Kind, ...] = get_args(Kind)

Scope = Literal["person", "team", "organisation"]
"""Whom the first step of an intervention concerns."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

PROCESSES = (
    "consciousness raising",
    "dramatic relief",
    "self-reevaluation",
    "environmental reevaluation",
    "social liberation",
    "self-liberation",
    "helping relationships",
    "counterconditioning",
    "reinforcement management",
    "stimulus control",
)
"""The ten processes of change of the Transtheoretical Model (Prochaska & DiClemente 1983)."""

Condition = Literal["group_programme", "exposes_people", "fits_inside_work"]
"""A boolean of an intervention that the precondition rules look at."""

CONDITIONS: tuple[Condition, ...] = get_args(Condition)

Strictness = Literal["none", "warn", "gate"]
"""What a low precondition does to an intervention, from mild to strict."""

STRICTNESSES: tuple[Strictness, ...] = get_args(Strictness)
