"""The JSON API: what each operation does, the second time too."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.testclient import TestClient

from leercultuur_core import PHASE_QUESTION, Engine
from leercultuur_records import Records
from leercultuur_web.api import commands
from leercultuur_web.api.application import document
from leercultuur_web.api.clients import SCOPES

from ..bakery import LOGIN


def activity(number: int, **other: Any) -> dict[str, Any]:
    return {
        "type": "activity",
        "id": f"a-{number}",
        "identities": [f"account|{LOGIN}|jan"],
        "verb": "http://adlnet.gov/expapi/verbs/completed",
        "object_type": "http://adlnet.gov/expapi/activities/lesson",
        "occurred_at": f"2026-03-02T10:{number:02}:00+01:00",
        **other,
    }


def counted(engine: Engine) -> int:
    with engine.store.reading() as tx:
        return int(tx.value("SELECT count(*) FROM dedupe"))


# -- the document ----------------------------------------------------------------------------------


def test_the_document_is_valid_and_needs_no_token(http: TestClient) -> None:
    answer = http.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == document()
    OpenAPIV31SpecValidator(answer.json()).validate()


def test_every_operation_names_its_scope_and_its_errors() -> None:
    scopes = set()
    for path, operations in document()["paths"].items():
        for operation in operations.values():
            (security,) = operation["security"]
            scopes.update(security["token"])
            assert len(security["token"]) == (path != "/client")
            for status, response in operation["responses"].items():
                kind = "application/problem+json"
                assert (kind in response["content"]) == (not status.startswith("2"))
    assert scopes == set(SCOPES)


def test_no_page_of_documentation_that_loads_from_elsewhere(portal: Any) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert portal.get(path).status_code == 404


# -- activities ------------------------------------------------------------------------------------


def test_a_batch_twice_is_a_batch_once(portal: Any, engine: Engine) -> None:
    before = counted(engine)
    batch = {"activities": [activity(number) for number in range(3)]}
    for _ in range(2):
        answer = portal.post("/activities", batch)
        assert answer.status_code == 200
        assert answer.json() == {"accepted": 3, "problems": []}
        assert counted(engine) == before + 3


def test_what_is_not_fit_is_named_and_the_rest_is_in(portal: Any, engine: Engine) -> None:
    before = counted(engine)
    rows = [activity(0), activity(1, verb=""), {"type": "nothing"}, activity(3, note="hoi"), "x", 7]
    answer = portal.post("/activities", {"activities": [*rows, activity(6)]}).json()
    assert answer["accepted"] == 2
    assert [one["place"] for one in answer["problems"]] == [f"activities[{n}]" for n in range(1, 6)]
    assert answer["problems"][0]["problem"] == "verb: expected an IRI, found an empty text"
    assert counted(engine) == before + 2


def test_a_higher_revision_replaces_and_a_retraction_takes_back(
    portal: Any, engine: Engine
) -> None:
    before = counted(engine)
    portal.post("/activities", {"activities": [activity(1)]})
    portal.post("/activities", {"activities": [activity(1, revision=2, success=True)]})
    assert counted(engine) == before + 1
    portal.post("/activities", {"activities": [{"type": "retraction", "id": "a-1"}]})
    assert counted(engine) == before


def test_texts_with_line_ends_stay_one_row(portal: Any) -> None:
    body = json.dumps({"activities": [activity(1, topic="a\nb"), activity(2)]}, indent=3)
    answer = portal.http.post(
        "/api/v1/activities",
        content=body,
        headers={"Authorization": f"Bearer {portal.token}", "Content-Type": "application/json"},
    )
    assert answer.json() == {"accepted": 2, "problems": []}


def test_activities_come_in_beside_a_night(portal: Any, engine: Engine) -> None:
    with engine._alone():
        assert portal.post("/activities", {"activities": [activity(1)]}).status_code == 200


def test_activities_count_for_the_person_they_are_of(portal: Any, engine: Engine, jan: str) -> None:
    row = activity(
        1,
        verb="http://adlnet.gov/expapi/verbs/answered",
        object_id=PHASE_QUESTION,
        object_type="",
        answer="applying",
    )
    portal.post("/activities", {"activities": [row]})
    portal.post(f"/people/{jan}/consent", {"purpose": "own_prompts", "given": True})
    said = portal.get(f"/people/{jan}/estimate").json()["said"]
    assert said == {"phase": "applying", "on": "2026-03-02"}


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"activities": []}, 422), ({"activities": {}}, 422), ([], 422)],
)
def test_what_is_no_batch_is_said(portal: Any, body: Any, status: int) -> None:
    answer = portal.post("/activities", body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["problems"][0]["place"] == "activities"


def test_more_than_a_thousand_rows_are_too_many(portal: Any, engine: Engine) -> None:
    before = counted(engine)
    rows = [activity(number % 60, id=f"n-{number}") for number in range(1001)]
    assert portal.post("/activities", {"activities": rows}).status_code == 422
    assert counted(engine) == before


# -- people ----------------------------------------------------------------------------------------


def test_a_person_is_found_by_exactly_an_identifier(portal: Any, jan: str) -> None:
    found = portal.post("/people/find", {"identifier": f"account|{LOGIN}|jan"})
    assert found.json() == {"person": jan}
    for other in ("Jan", "jan", f"account|{LOGIN}|ja", "jan@korenaar.example"):
        answer = portal.post("/people/find", {"identifier": other})
        assert answer.status_code == 404
        assert other not in answer.text


def test_an_estimate_asks_for_a_yes(portal: Any, engine: Engine, jan: str) -> None:
    assert (
        portal.get(f"/people/{jan}/estimate").status_code == 404
    )  # opted out of nothing is no yes
    consent = portal.post(f"/people/{jan}/consent", {"purpose": "own_prompts", "given": True})
    assert consent.status_code == 200
    answer = portal.get(f"/people/{jan}/estimate", language="en").json()
    assert answer["phase"] in {*answer["probabilities"], "unknown"}
    assert answer["reasons"]
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    with engine.store.reading() as tx:
        entries = [one for one in tx.privacy.audit(subject=jan) if one.who == "client:portal"]
    assert [one.what for one in entries] == ["estimate"]
    portal.post(f"/people/{jan}/consent", {"purpose": "own_prompts", "given": False})
    assert portal.get(f"/people/{jan}/estimate").status_code == 404


def test_reasons_are_told_in_the_language_that_is_asked_for(portal: Any, jan: str) -> None:
    portal.post(f"/people/{jan}/consent", {"purpose": "own_prompts", "given": True})
    dutch, english = (
        portal.get(f"/people/{jan}/estimate", language=language).json()["reasons"][0]["text"]
        for language in ("nl", "en")
    )
    assert dutch != english
    assert portal.get(f"/people/{jan}/estimate", language="fr").status_code == 422


def test_consent_is_kept_once_as_recorded_by_the_client(
    portal: Any, engine: Engine, jan: str
) -> None:
    for given in (True, True, False, False):
        answer = portal.post(
            f"/people/{jan}/consent", {"purpose": "manager_prompt", "given": given}
        )
        (choice,) = (o for o in answer.json()["choices"] if o["purpose"] == "manager_prompt")
        assert choice["said"] is given
        assert choice["done"] is given
    with engine.store.reading() as tx:
        kept = [(one.given, one.recorded_by) for one in tx.privacy.consents_of(jan)]
    assert kept == [(True, "client:portal"), (False, "client:portal")]


def test_consent_of_nobody(portal: Any) -> None:
    body = {"purpose": "own_prompts", "given": True}
    assert portal.get(f"/people/{uuid4()}/consent").status_code == 404
    assert portal.post(f"/people/{uuid4()}/consent", body).status_code == 404
    wrong = portal.post(f"/people/{uuid4()}/consent", {"purpose": "all", "given": "yes"})
    assert {one["place"] for one in wrong.json()["problems"]} == {"purpose", "given"}


# -- messages --------------------------------------------------------------------------------------


def test_messages_come_again_until_there_is_a_receipt(portal: Any, engine: Engine) -> None:
    first = portal.get("/messages").json()["messages"]
    assert len(first) > 1
    assert portal.get("/messages").json()["messages"] == first
    one, *others = (message["id"] for message in first)
    for result in ("noted", "known"):
        answer = portal.post("/receipts", {"receipts": [{"message": one, "state": "sent"}]})
        assert answer.json() == {"receipts": [{"message": one, "result": result}]}
    assert [message["id"] for message in portal.get("/messages").json()["messages"]] == others
    with engine.store.reading() as tx:
        message = tx.delivery.message(one)
        assert message is not None
        assert message.state == "sent"
        assert [(r.state, r.sink) for r in tx.delivery.receipts(one)] == [("sent", "portal")]


def test_a_message_holds_nothing_that_was_worked_out(portal: Any) -> None:
    for message in portal.get("/messages").json()["messages"]:
        assert set(message) == {"id", "recipient", "prompts", "links", "unsubscribe", "moment"}
        assert message["recipient"]["address"] is None
        assert not {"phase", "intervention", "believed"} & set(message["prompts"][0])


def test_as_many_messages_as_are_asked_for(portal: Any) -> None:
    assert len(portal.get("/messages", most=1).json()["messages"]) == 1
    assert portal.get("/messages", most=0).status_code == 422


def test_a_no_is_heard_between_the_night_and_the_fetching(
    portal: Any, engine: Engine, clock: Any
) -> None:
    message = portal.get("/messages", most=1).json()["messages"][0]
    person = message["recipient"]["person"]
    engine.consent(person, "own_prompts", False, clock())
    own = {one["recipient"]["person"] for one in portal.get("/messages").json()["messages"]}
    assert person not in own


def test_only_the_program_of_the_sink_gets_its_messages(
    portal: Any, program: Callable[..., Any]
) -> None:
    message = portal.get("/messages").json()["messages"][0]
    other = program(name="other")
    assert other.get("/messages").json() == {"messages": []}
    receipt = {"receipts": [{"message": message["id"], "state": "sent"}]}
    assert other.post("/receipts", receipt).json()["receipts"][0]["result"] == "unknown"
    answer = {"prompt": message["prompts"][0]["id"], "answer": "done"}
    assert other.post("/answers", answer).status_code == 404


def test_an_answer_is_kept_once_and_the_last_counts(portal: Any, engine: Engine) -> None:
    prompt = portal.get("/messages").json()["messages"][0]["prompts"][0]["id"]
    for answer, result in (("not_now", "noted"), ("not_now", "known"), ("done", "noted")):
        got = portal.post("/answers", {"prompt": prompt, "answer": answer})
        assert got.json() == {"result": result}
    with engine.store.reading() as tx:
        kept = [one.answer for one in tx.delivery.answers() if one.prompt_id == prompt]
    assert kept == ["not_now", "done"]


def test_the_night_after_leaves_what_was_fetched_to_the_program(
    portal: Any, engine: Engine, clock: Any
) -> None:
    first = portal.get("/messages").json()["messages"]
    done = engine.deliver(clock())
    assert done.complete
    assert portal.get("/messages").json()["messages"] == first


# -- groups ----------------------------------------------------------------------------------------


def test_groups_are_what_is_released(portal: Any, engine: Engine, clock: Any) -> None:
    answer = portal.get("/groups").json()
    shown = {one["unit"]: one for one in answer["units"]}
    assert answer["quarter"] == "2026-Q1"
    released = {one.unit: one for one in engine.releases(clock())}
    assert set(shown) == set(released)
    assert any(one["shares"] for one in shown.values())
    for unit, one in shown.items():
        assert (one["shares"] is None) == (released[unit].release is None)
        assert "reason" not in one


def test_preconditions_are_what_is_released(portal: Any, engine: Engine, clock: Any) -> None:
    path = "/groups/preconditions"
    nothing = portal.get(path).json()
    item = next(one for one in engine.model.items if one.keying == "agree-is-good")
    with engine.store.reading() as tx:
        people = list(tx.people.all())
    for person in people:
        engine.answer_item(person, item.id, 1, clock())
    assert portal.get(path).json() == nothing  # nobody released it
    assert engine.release_preconditions(clock())
    low = [
        (facet["facet"], facet["minimum"])
        for unit in portal.get(path).json()["units"]
        for facet in unit["facets"]
        if facet["state"] == "low"
    ]
    assert set(low) == {(item.facet, 10)}


def test_the_plan_is_that_of_the_quarter(portal: Any) -> None:
    plan = portal.get("/groups/plan", language="en").json()
    assert plan["quarter"] == "2026-Q1"
    assert any(unit["actions"] for unit in plan["units"])


# -- records ---------------------------------------------------------------------------------------


def test_records_are_seen_as_long_as_they_are_shared(
    portal: Any, engine: Engine, clock: Any, jan: str
) -> None:
    records = Records(engine)
    record = records.new(jan, "Ik hoor aan het deeg of het klaar is.", clock())
    path = f"/people/{jan}/records"
    assert portal.get(path).json() == {"records": []}
    records.share(record.id, jan, "client:portal", date(2026, 3, 3))
    (told,) = portal.get(path).json()["records"]
    assert (told["id"], told["stage"]) == (record.id, "identified")
    assert told["learned"] == "Ik hoor aan het deeg of het klaar is."
    assert portal.get(f"/records/{record.id}/credential").status_code == 404
    records.unshare(record.id, jan, "client:portal")
    assert portal.get(path).json() == {"records": []}


def test_a_credential_is_handed_over_as_it_was_signed(
    portal: Any, engine: Engine, clock: Any, jan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Records, "credential", lambda *_: b'{"proof": 1}')
    answer = portal.get("/records/r-1/credential")
    assert answer.headers["content-type"] == "application/vc+ld+json"
    assert answer.content == b'{"proof": 1}'


# -- the clients -----------------------------------------------------------------------------------


def test_a_client_may_know_what_it_may_do(program: Callable[..., Any]) -> None:
    answer = program("messages", name="mine", per_minute=7).get("/client").json()
    assert answer["name"] == "mine"
    assert answer["scopes"] == ["messages"]
    assert answer["per_minute"] == 7


def test_the_command_makes_lists_and_takes_back(folder: Path, http: TestClient) -> None:
    def run(*words: str) -> Any:
        config = ["--config", str(folder / "leercultuur.toml")]
        return CliRunner().invoke(commands.api_client, [*words, *config])

    assert "no clients" in run("list").stderr
    made = run("new", "hr-tool", "--scope", "people", "--scope", "consent", "--days", "9999")
    assert made.exit_code == 2
    made = run("new", "hr-tool", "--scope", "people", "--scope", "consent", "--days", "3650")
    assert made.exit_code == 0, made.output
    token = made.stdout.strip()
    assert token.startswith("lcapi.hr-tool.")
    listed = run("list").stdout
    assert "hr-tool" in listed
    assert "consent people" in listed
    assert token not in listed
    assert token.rpartition(".")[2].encode() not in b"".join(
        path.read_bytes() for path in folder.glob("leercultuur.db*")
    )

    def asked() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return http.get("/api/v1/client", headers=headers).status_code

    assert asked() == 200
    assert run("new", "hr-tool", "--scope", "people").exit_code == 2
    assert run("new", "drop", "--scope", "people").exit_code == 2  # a source of the configuration
    assert run("new", "No Name", "--scope", "people").exit_code == 2
    assert run("revoke", "hr-tool").exit_code == 0
    assert run("revoke", "hr-tool").exit_code == 2
    assert asked() == 401


def test_the_help_knows_the_scopes() -> None:
    assert commands._SCOPES == SCOPES


def test_clients_stand_in_nobodys_export(portal: Any, engine: Engine, clock: Any, jan: str) -> None:
    portal.post("/activities", {"activities": [activity(1)]})
    assert "web" not in engine.export(jan, clock(), by="self").get("plugins", {})
    engine.erase(jan, clock())
    assert portal.get("/client").status_code == 200


def test_the_page_is_fresh() -> None:
    docs = Path(__file__).parents[4] / "docs"
    page = runpy.run_path(str(docs / "write_api.py"))["page"]()
    assert (docs / "api-http.md").read_text("utf-8") == page, "run: make reference"
