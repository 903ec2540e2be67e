"""What somebody's page says holds their next step: the same as the plan finds, and nothing of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from leercultuur_core.advice.own import OWN_LAYERS
from leercultuur_core.maturity import MaturityModel
from leercultuur_core.run.engine import Engine

from .conftest import NOW, Make
from .test_preconditions import BUSY, MODEL, UNIT, Organised, active, one, worker

HELD = next(
    each.id
    for each in MODEL.all
    if each.layer == "tasks"
    and each.kind == "informal"
    and not each.fits_inside_work
    and each.id not in MODEL.preconditions[3].repaired_by
)


def only_own(*ids: str) -> MaturityModel:
    """The catalogue with of people's own layers only these."""
    kept = (each for each in MODEL.all if each.layer not in OWN_LAYERS or each.id in ids)
    return evolve(MODEL, all=tuple(kept))


@pytest.fixture
def organisation(make: Make, tmp_path: Path) -> Organised:
    return Organised(make, tmp_path)


def both(engine: Engine, uuid: str) -> tuple[str, str]:
    """What the page says, and why for whoever may ask."""
    page = engine.own_page(uuid, NOW, language="en")
    assert page.step is None
    why = engine.why(uuid, NOW, by="t", language="en")
    return page.nothing, "" if why.reason == "to_be_planned" else why.text


def test_what_an_own_answer_holds_back(organisation: Organised) -> None:
    engine = organisation([worker(n) for n in range(2)], active(2))
    engine._model = only_own(HELD)
    jan, piet = one(engine, 0), one(engine, 1)
    assert both(engine, jan) == ("", "")
    engine.answer_item(jan, BUSY, 1, NOW)
    page, why = both(engine, jan)
    assert page == why == "Nothing now: what fits waits until work leaves room for it."
    assert both(engine, piet) == ("", ""), "and nobody else's"
    engine.answer_item(jan, BUSY, 5, NOW)
    assert both(engine, jan) == ("", "")


def test_what_is_shown_of_the_team_holds_back_from_its_release_on(organisation: Organised) -> None:
    engine = organisation([worker(n) for n in range(13)], active(13))
    engine._model = only_own(HELD)
    silent = one(engine, 12)
    for who in range(12):
        engine.answer_item(one(engine, who), BUSY, 1, NOW)
    assert both(engine, silent) == ("", "")
    assert engine.release_preconditions(NOW)
    page, why = both(engine, silent)
    assert page == why == "Nothing now: what fits waits until work leaves room for it."
    assert UNIT not in page


def test_what_is_left_where_nothing_is_held(organisation: Organised) -> None:
    engine = organisation([worker(0)], active(1))
    engine._model = only_own()
    page, why = both(engine, one(engine, 0))
    assert page == why
    assert page.startswith("Nothing: to all that fits")


def test_who_is_no_worker_and_was_not_seen(organisation: Organised) -> None:
    engine = organisation([worker(0, roles=("hr",))])
    page, why = both(engine, one(engine, 0))
    assert page == why
    assert "without the role of worker" in page
