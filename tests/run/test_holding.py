"""What somebody's page says holds their next step: the same as the plan finds, and nothing of others."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from leercultuur_core.activity.activity import utc_day
from leercultuur_core.advice.group import unit_subject
from leercultuur_core.advice.own import OWN_LAYERS
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.maturity import MaturityModel
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import KeptArm, OutboxPrompt

from .conftest import NOW, ListDirectory, ListSource, Make
from .outside import Mailbox, OnceSink
from .test_planning import lessons
from .test_preconditions import BUSY, MODEL, UNIT, Organised, active, one, worker

DAY = timedelta(days=1)
NIGHT = timedelta(hours=7)

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


def reason(engine: Engine, uuid: str, at: datetime) -> str:
    """Why for whoever may ask, of whom the page says the same in the same words."""
    page = engine.own_page(uuid, at, language="en")
    assert page.step is None
    why = engine.why(uuid, at, by="t", language="en")
    assert page.nothing == ("" if why.reason == "to_be_planned" else why.text)
    return why.reason


def test_of_all_that_holds_a_step_both_say_what_is_asked_first(make: Make, tmp_path: Path) -> None:
    """Somebody whom everything holds, and one thing less each time."""
    people, lms = ListDirectory([]), ListSource([])
    plain = make(sources={"lms": lms}, directories={"people": people})
    sink = OnceSink(Mailbox(tmp_path / "lines"))
    engine = make(
        path=Path(plain.store.name),
        sources={"lms": lms},
        directories={"people": people},
        sinks={"sink": sink},
    )

    def directory_says(**fields: object) -> str:
        people.list = [DirectoryPerson(("account|home|w0",), language="en", **fields)]  # type: ignore[arg-type]
        plain.collect(NOW)
        return one(plain, 0)

    jan = directory_says(roles=("hr",), employment="student")
    assert reason(plain, jan, NOW) == "student"
    directory_says(roles=("hr",))
    assert reason(plain, jan, NOW) == "not_a_worker"
    directory_says(roles=("hr", "worker"))
    assert reason(plain, jan, NOW) == "no_sink"
    lms.pages = [Page(lessons("w0", range(-20, 40)))]
    plain.collect(NOW)
    assert engine.plan(NOW).made == 1
    assert reason(plain, jan, NOW) == "no_sink"
    engine.consent(jan, "effect", True, NOW)
    engine.write_study(NOW)
    with engine.store.transaction() as tx:
        tx.effect.assign(1, [KeptArm(jan, 1, "later", "acting", utc_day(NOW))], at=NOW)
    assert reason(engine, jan, NOW) == "waiting"
    assert engine.deliver(NOW).states == {"sent": 1}
    with engine.store.reading() as tx:
        (sent,) = tx.delivery.prompts()
    engine.answer(sent.prompt_id, "done", NOW)
    assert reason(engine, jan, NOW + DAY) == "effect_later"
    engine.consent(jan, "effect", False, NOW)
    assert reason(engine, jan, NOW + DAY - NIGHT) == "weekly"
    assert reason(engine, jan, NOW + 7 * DAY - NIGHT) == "quiet_hours"
    assert reason(engine, jan, NOW + 7 * DAY) == "to_be_planned"
    engine._model = only_own(sent.intervention)
    assert reason(engine, jan, NOW + 7 * DAY) == "nothing_new"
    assert reason(engine, jan, NOW + 6 * DAY - NIGHT) == "weekly"


@pytest.mark.parametrize(("busy", "found"), [(5, "nothing_new"), (1, "preconditions")])
def test_where_nothing_is_left_no_page_promises_a_step_at_working_time(
    organisation: Organised, busy: int, found: str
) -> None:
    engine = organisation([worker(0)], active(1))
    engine._model = only_own(*(HELD,) * (busy == 1))
    jan = one(engine, 0)
    engine.answer_item(jan, BUSY, busy, NOW)
    for at in (NOW, NOW - NIGHT):
        assert reason(engine, jan, at) == found
        assert engine.plan(at).nothing == {found: 1}


def test_what_was_done_in_an_episode_holds_after_late_rows_too(make: Make, tmp_path: Path) -> None:
    """The episode is that of the prompt, whatever is seen of its beginning later."""
    lms = ListSource([Page(lessons("w0", range(-75, 40)))])
    engine = make(
        sources={"lms": lms},
        directories={"people": ListDirectory([worker(0)])},
        sinks={"sink": OnceSink(Mailbox(tmp_path / "lines"))},
    )
    engine.run(NOW)
    with engine.store.reading() as tx:
        (sent,) = tx.delivery.prompts()
    engine.answer(sent.prompt_id, "done", NOW)
    engine._model = only_own(sent.intervention)
    jan, later = sent.recipient, NOW + 70 * DAY
    lms.pages = [Page(lessons("w0", range(40, 120)))]
    engine.collect(later)
    seen = engine.believed(jan, later, by="t")
    assert seen is not None
    assert seen.phase == sent.payload["believed"]["phase"]
    assert seen.episode != sent.episode
    assert reason(engine, jan, later) == "nothing_new"
    assert engine.plan(later).nothing == {"nothing_new": 1}
    assert reason(engine, jan, later) == "nothing_new"


def test_what_waits_about_a_unit_holds_a_step_of_ones_own_and_the_page_is_silent_of_it(
    organisation: Organised,
) -> None:
    engine = organisation([worker(0, roles=("worker", "manager"))], active(1))
    bea = one(engine, 0)
    about_the_unit = OutboxPrompt(
        prompt_id="p",
        recipient=bea,
        subject=unit_subject(UNIT),
        layer="manager",
        intervention="manager.appreciation",
        episode="2026-Q1",
        created=NOW,
        due=NOW,
        occasion=1,
        sink="sink",
        language="en",
        payload={},
    )
    assert both(engine, bea) == ("", "")
    with engine.store.transaction() as tx:
        assert tx.delivery.add([about_the_unit]) == 1
    page, why = both(engine, bea)
    assert (page, why) == ("", "A message is ready; it goes with the next delivery.")
