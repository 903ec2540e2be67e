"""An older store becomes one of today, and says what its rows already said."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from leercultuur_core.errors import StoreError
from leercultuur_core.storage import ItemAnswer, KeptArm, Store
from leercultuur_core.storage.migrations import migrate
from leercultuur_core.storage.rows import Rows
from leercultuur_core.storage.store import _database

from ..conftest import Databases, Files

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def first(stores: Files | Databases) -> str:
    """A store of the first schema, with more prompts than one batch."""
    url = stores.without_tables()
    database = _database(url, 1)
    with database.begin(write=True) as connection:
        migrate(connection, "0001")
        rows = Rows(connection)
        rows.run(
            "INSERT INTO persons (person, uuid, name, roles, unit, employment, addresses, active, "
            "since) VALUES (1, 'u', 'Sanne', 'worker', '', 'employee', '{}', 1, 20000)"
        )
        prompts = [
            (
                f"p{number:04}",
                json.dumps({"prompt": {"text": '"question": true'}, "question": number % 700 == 3}),
            )
            for number in range(1500)
        ]
        rows.many(
            "INSERT INTO outbox (prompt_id, recipient, subject_person, subject, layer, "
            "intervention, episode, occasion, sink, language, payload, state, reason, created, "
            "due, updated) VALUES (?, 1, 1, '', 'tasks', 'look', '', 1, 'files', 'nl', ?, 'sent', "
            "'', 7, 7, 7)",
            prompts,
        )
    database.engine.dispose()
    return url


def test_the_phase_question_is_told_from_a_step_in_rows_of_before(first: str) -> None:
    with pytest.raises(StoreError, match="leercultuur upgrade"):
        Store.open(first)
    with Store.open(first, upgrade=True) as store, store.reading() as tx:
        entries = tx.delivery.entries(["u"])
        assert len(entries) == 1500
        questions = [one.prompt_id for one in entries if one.asks == "question"]
        assert questions == ["p0003", "p0703", "p1403"]
        assert {one.asks for one in entries} == {"question", "step"}
        assert tx.people.all()["u"].away == ()
        assert tx.people.all()["u"].channels == ()


def test_a_store_of_before_the_questionnaire_takes_answers(first: str) -> None:
    with Store.open(first, upgrade=True) as store, store.transaction() as tx:
        assert tx.preconditions.answers() == []
        assert tx.preconditions.answer(ItemAnswer("u", "safety", 2, 20500))
        number = tx.preconditions.open_round("Bakkerij", ["a", "b", "c"], at=NOON)
        assert tx.preconditions.cast(number, "u", "a", at=NOON)
        assert tx.preconditions.votes(number) == {"u": "a"}


def test_a_store_of_before_studies_takes_one(first: str) -> None:
    with Store.open(first, upgrade=True) as store, store.transaction() as tx:
        assert tx.effect.studies() == []
        study = tx.effect.write({"seed": "zout"}, "abc", at=NOON)
        assert tx.effect.assign(study.number, [KeptArm("u", 1, "later", "s", 20500)], at=NOON) == 1
        assert [one.person for one in tx.effect.arms(study.number)] == ["u"]
        tx.effect.close(study.number, [{"pairs": 0}])
        tx.effect.close(study.number, [{"pairs": 9}])
        (kept,) = tx.effect.studies()
        assert (kept.started, kept.figures) == (20500, [{"pairs": 0}])
        assert tx.effect.arms(study.number) == []
