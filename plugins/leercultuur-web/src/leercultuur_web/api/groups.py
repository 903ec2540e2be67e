"""Groups: what is released of them, and nothing else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Security

from .guard import Caller, caller
from .problems import Trouble, described
from .values import (
    ActionTold,
    BandTold,
    FacetTold,
    Groups,
    Language,
    PlanTold,
    PreconditionsTold,
    UnitPlanTold,
    UnitPreconditionsTold,
    UnitTold,
    WhyTold,
)

router = APIRouter(tags=["groups"])

Reader = Annotated[Caller, Security(caller, scopes=["groups:read"])]


@router.get("/groups", responses=described())
def read_groups(asked: Reader) -> Groups:
    """The shares of the phases in each unit, in bands. They are frozen once a quarter, so that asking twice
    tells nothing about who came, left or answered in between."""
    found = asked.web.engine.releases(asked.now)
    return Groups(
        quarter=found[0].quarter if found else "",
        units=[
            UnitTold(
                unit=one.unit,
                made=one.made,
                minimum=None if one.release is None else one.release.minimum,
                shares=None
                if one.release is None
                else {
                    phase: BandTold(low=band.low, high=band.high)
                    for phase, band in one.release.shares.items()
                },
            )
            for one in found
        ],
    )


@router.get("/groups/preconditions", responses=described())
def read_preconditions(asked: Reader) -> PreconditionsTold:
    """The preconditions of each unit, as released."""
    return PreconditionsTold(
        units=[
            UnitPreconditionsTold(
                unit=one.unit,
                released=one.released,
                facets=[
                    FacetTold(
                        precondition=precondition,
                        facet=facet,
                        state=measured.state,
                        minimum=measured.contributors,
                        as_of=measured.as_of,
                    )
                    for (precondition, facet), measured in one.states.items()
                ],
                mending=list(one.mending),
                chosen=one.chosen,
            )
            for one in asked.web.engine.preconditions(asked.now)
        ]
    )


@router.get("/groups/plan", responses=described(404))
def read_plan(asked: Reader, language: Language = "nl") -> PlanTold:
    """The plan in concert of this quarter: what each layer does, where and when. It rests on what is
    released alone."""
    try:
        found = asked.web.engine.concert(asked.now)
    except ModuleNotFoundError:
        detail = "a plan needs a solver: pip install leercultuur-core[plan]"
        raise Trouble(404, "not-installed", detail) from None
    return PlanTold(
        quarter=found.quarter,
        units=[
            UnitPlanTold(
                unit=unit,
                actions=[
                    ActionTold(
                        intervention=one.id,
                        label=one.intervention.labels[language],
                        layer=one.intervention.layer,
                        role=one.role,
                        stands_in=one.stands_in,
                        begin=one.begin,
                        end=one.end,
                        why=[WhyTold(code=why.code, names=list(why.names)) for why in one.reasons],
                    )
                    for one in plan.actions
                ],
            )
            for unit, plan in found.plans.items()
        ],
    )
