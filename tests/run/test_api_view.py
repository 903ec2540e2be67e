"""What other programs put in is their own, and what they get out is what its person said yes to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.activity import Activity, Retraction
from leercultuur_core.phases import estimate
from leercultuur_core.run import beliefs
from leercultuur_core.run.api_view import activity_schema, as_own
from leercultuur_core.run.beliefs import Beliefs
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.rights import Rights

from .conftest import NOW, Make, workers

WORKER = "employee|bakery|1"


def row(number: int, **other: Any) -> bytes:
    fields = {
        "type": "activity",
        "id": f"a-{number}",
        "identities": [WORKER],
        "verb": "http://adlnet.gov/expapi/verbs/completed",
        "object_type": "http://adlnet.gov/expapi/activities/lesson",
        "occurred_at": datetime(2026, 3, 2, 9, number, tzinfo=UTC).isoformat(),
        **other,
    }
    return json.dumps(fields).encode()


def counted(engine: Engine) -> int:
    with engine.store.reading() as tx:
        return sum(count for _, count in tx.ledger.read())


@pytest.fixture
def engine(make: Make) -> Engine:
    engine = make(directories={"people": workers(3)})
    engine.collect(NOW)
    return engine


@pytest.fixture
def worker(engine: Engine) -> str:
    found = engine.identified(WORKER)
    assert found is not None
    return found


def test_ids_and_sources_are_the_programs_own() -> None:
    found = as_own("hr", [row(1), row(2, source="site"), b'{"type": "retraction", "id": "a-1"}'])
    first, second, back = found.records
    assert isinstance(first, Activity)
    assert isinstance(second, Activity)
    assert isinstance(back, Retraction)
    assert (first.id, first.source) == ("urn:leercultuur:client:hr:a-1", "hr")
    assert second.source == "hr/site"
    assert back.id == first.id
    assert not found.problems


@given(st.lists(st.one_of(st.just("fit"), st.just("unfit"), st.integers(), st.none()), max_size=30))
def test_each_row_is_a_record_or_a_problem_at_its_place(kinds: list[Any]) -> None:
    rows = [
        row(n)
        if kind == "fit"
        else row(n, verb="")
        if kind == "unfit"
        else json.dumps(kind).encode()
        for n, kind in enumerate(kinds)
    ]
    found = as_own("hr", rows)
    fit = [n for n, kind in enumerate(kinds) if kind == "fit"]
    assert [one.id for one in found.records] == [f"urn:leercultuur:client:hr:a-{n}" for n in fit]
    assert list(found.problems) == [n for n in range(len(kinds)) if n not in fit]


def test_a_name_that_is_too_long_with_the_programs_is_a_problem() -> None:
    found = as_own("hr", [row(1, id="x" * 2048), row(2, source="y" * 2048), row(3)])
    assert list(found.problems) == [0, 1]
    assert len(found.records) == 1


def test_the_schema_is_of_what_is_read() -> None:
    schema = activity_schema()
    assert set(schema) == {"Activity", "Retraction"}
    known = set(Activity.__struct_fields__) | {"type"}
    assert set(schema["Activity"]["properties"]) == known
    assert schema["Activity"]["required"] == ["type", "id", "identities", "verb", "occurred_at"]


def test_the_same_rows_again_change_nothing(engine: Engine) -> None:
    for _ in range(2):
        assert engine.take_in("hr", [row(1), row(2)], NOW) == (2, {})
        assert counted(engine) == 2
    assert engine.take_in("other", [row(1)], NOW) == (1, {})
    assert counted(engine) == 3


def test_rows_come_in_while_the_night_is_at_work(engine: Engine) -> None:
    with engine._alone():
        engine.take_in("hr", [row(1)], NOW)
    assert counted(engine) == 1


def test_what_an_erased_person_did_is_not_kept_and_not_told(engine: Engine, worker: str) -> None:
    engine.erase(worker, NOW)
    assert engine.take_in("hr", [row(1)], NOW) == (1, {})
    assert counted(engine) == 0
    assert engine.identified(WORKER) is None


def test_a_person_is_identified_by_an_identifier_only(engine: Engine, worker: str) -> None:
    assert engine.identified(WORKER) == worker
    for other in ("Worker 1", worker, "employee|bakery|99", ""):
        assert engine.identified(other) is None


def test_choices_are_what_was_said_and_what_holds(engine: Engine, worker: str) -> None:
    engine.consent(worker, "group_releases", False, NOW)
    found = {one.purpose: one for one in engine.choices(worker, NOW, language="en")}
    assert (found["own_prompts"].said, found["own_prompts"].refused) == (None, None)
    assert (found["group_releases"].said, found["group_releases"].refused) == (False, "objected")
    assert found["manager_prompt"].refused == "not_opted_in"
    assert engine.choices("nobody", NOW, language="en") == ()


def test_an_estimate_is_shared_with_a_yes_alone(engine: Engine, worker: str) -> None:
    engine.take_in("hr", [row(number) for number in range(5)], NOW)

    def shared(by: str = "client:hr") -> bool:
        return engine.shared_estimate(worker, NOW, by=by) is not None

    assert not shared()
    engine.consent(worker, "own_prompts", True, NOW)
    assert shared()
    engine.consent(worker, "own_prompts", False, NOW + timedelta(minutes=1))
    assert not shared()
    assert engine.shared_estimate("nobody", NOW, by="client:hr") is None
    with engine.store.reading() as tx:
        noted = [one for one in tx.privacy.audit(subject=worker) if one.who == "client:hr"]
    assert [one.what for one in noted] == ["estimate"]


def test_an_estimate_is_made_anew_where_anything_it_rests_on_differs(
    engine: Engine, worker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counting(*given: Any, **named: Any) -> Any:
        made.append("one")
        return estimate(*given, **named)

    monkeypatch.setattr(beliefs, "estimate", counting)
    engine.take_in("hr", [row(number) for number in range(5)], NOW)
    engine.consent(worker, "own_prompts", True, NOW)

    def told(at: datetime = NOW) -> Any:
        belief = engine.shared_estimate(worker, at, by="client:hr")
        assert belief is not None
        return dict(belief.estimate.probabilities), belief.reasons

    def fresh(at: datetime = NOW) -> Any:
        with Engine(
            engine.configuration, engine.store, plugins=engine.plugins, adapters=engine.adapters
        ) as other:
            belief = other.shared_estimate(worker, at, by="client:hr")
        assert belief is not None
        return dict(belief.estimate.probabilities), belief.reasons

    assert told() == told() == fresh()
    assert len(made) == 2
    engine.take_in("hr", [row(40)], NOW)
    assert told() == fresh()
    engine.take_in("hr", [row(50, identities=["employee|bakery|2"], source="site")], NOW)
    assert told() == fresh()
    tomorrow = NOW + timedelta(days=1)
    assert told(tomorrow) == fresh(tomorrow)
    assert len(made) == 8
    assert told(tomorrow) == told(tomorrow)
    assert len(made) == 8


def test_estimates_of_few_are_kept_and_none_after_an_erase(make: Make) -> None:
    engine = make(directories={"people": workers(3)})
    engine.collect(NOW)
    people = [engine.identified(f"employee|bakery|{number}") or "" for number in range(3)]
    for number, person in enumerate(people):
        engine.take_in("hr", [row(number, identities=[f"employee|bakery|{number}"])], NOW)
        engine.consent(person, "own_prompts", True, NOW)
    few = Beliefs(2)
    with engine.store.reading() as tx:
        for person in people:
            rights = Rights.of_one(tx, engine.configuration, NOW, person)
            few.of(tx, rights, person, at=NOW, parameters=engine.parameters, language="nl")
            engine.shared_estimate(person, NOW, by="client:hr")
    assert len(few) == 2
    assert len(engine._beliefs) == 3
    engine.erase(people[0], NOW)
    assert len(engine._beliefs) == 0


def test_before_go_live_nothing_is_shared(make: Make) -> None:
    engine = make(directories={"people": workers(3)}, go_live=None)
    engine.collect(NOW)
    engine.take_in("hr", [row(1)], NOW)
    worker = engine.identified(WORKER)
    assert worker is not None
    engine.consent(worker, "own_prompts", True, NOW)
    assert engine.shared_estimate(worker, NOW, by="client:hr") is None
