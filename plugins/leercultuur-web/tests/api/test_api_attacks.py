"""What the API refuses."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from leercultuur_core import Engine, StoreError
from leercultuur_web.api.application import document
from leercultuur_web.api.clients import SCOPES
from leercultuur_web.api.guard import LARGEST_BODY

from ..bakery import LOGIN

JSON = {"Content-Type": "application/json"}

OPERATIONS = [
    (method, path.format(person=UUID(int=7), record="r-1"), operation["security"][0]["token"])
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
]


def is_problem(answer: Any, status: int, kind: str) -> bool:
    problem = answer.json()
    return bool(
        answer.status_code == status == problem["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and problem["type"] == f"urn:leercultuur:problem:{kind}"
    )


@pytest.mark.parametrize(("method", "path", "scopes"), OPERATIONS)
def test_each_operation_asks_for_its_scope(
    program: Callable[..., Any], method: str, path: str, scopes: list[str]
) -> None:
    others = program(*(set(SCOPES) - set(scopes)), name="other")
    answer = others.post(path, {}) if method == "post" else others.get(path)
    if scopes:
        assert is_problem(answer, 403, "scope")
        assert scopes[0] in answer.json()["detail"]
    else:
        assert answer.status_code == 200


@pytest.mark.parametrize(("method", "path", "scopes"), OPERATIONS)
def test_each_operation_asks_for_a_token(
    http: TestClient, method: str, path: str, scopes: list[str]
) -> None:
    answer = http.request(method, f"/api/v1{path}", headers=JSON)
    assert is_problem(answer, 401, "token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_without_a_token_no_address_tells_whether_it_is_there(http: TestClient) -> None:
    assert is_problem(http.get("/api/v1/nothing"), 401, "token")
    assert is_problem(http.get("/api/v1/"), 401, "token")


def test_who_guesses_tokens_waits(portal: Any, http: TestClient) -> None:
    name, secret = portal.token.rpartition(".")[::2]
    wrong = [
        f"{name}.{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
        "",
        "x",
        f"{name}.",
        secret,
    ]
    for number in range(20):
        headers = {"Authorization": f"Bearer {wrong[number % len(wrong)] or 'y'}"}
        assert is_problem(http.get("/api/v1/client", headers=headers), 401, "token")
    answer = portal.get("/client")
    assert is_problem(answer, 429, "too-many")
    assert 0 < int(answer.headers["retry-after"]) <= 600


def test_right_tokens_never_count_as_guesses(portal: Any) -> None:
    assert {portal.get("/client").status_code for _ in range(30)} == {200}


def test_a_token_expires(portal: Any, clock: Any) -> None:
    clock.now += timedelta(days=30, seconds=1)
    assert is_problem(portal.get("/client"), 401, "token")


def test_a_session_of_the_pages_is_no_token(http: TestClient) -> None:
    http.cookies.set("__Host-leercultuur-session", "x" * 43)
    assert is_problem(http.get("/api/v1/client"), 401, "token")


def test_a_client_has_so_many_requests_in_a_minute(program: Callable[..., Any]) -> None:
    slow, other = program(name="slow", per_minute=3), program(name="other")
    assert [slow.get("/client").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = slow.get("/client")
    assert is_problem(answer, 429, "too-many")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert other.get("/client").status_code == 200


@pytest.mark.parametrize("said", [True, False])
def test_a_body_that_is_too_large_is_not_read(portal: Any, said: bool) -> None:
    body = b'{"activities": [' + b" " * LARGEST_BODY + b"]}"
    headers = {**JSON, "Authorization": f"Bearer {portal.token}"}
    content: Any = body if said else iter([body[:100], body[100:]])
    answer = portal.http.post("/api/v1/activities", content=content, headers=headers)
    assert is_problem(answer, 413, "too-large")


def test_a_stranger_can_send_no_large_body(http: TestClient) -> None:
    answer = http.post("/api/v1/activities", content=b"x" * 10_000_000, headers=JSON)
    assert is_problem(answer, 401, "token")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_read(portal: Any, kind: str) -> None:
    headers = {"Authorization": f"Bearer {portal.token}", "Content-Type": kind}
    for path in ("/activities", "/receipts"):
        answer = portal.http.post(f"/api/v1{path}", content=b"{}", headers=headers)
        assert is_problem(answer, 415, "media-type")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"activities": [' + b"[" * 5000]
)
def test_what_is_no_json_is_said(portal: Any, body: bytes) -> None:
    headers = {**JSON, "Authorization": f"Bearer {portal.token}"}
    for path in ("/activities", "/receipts"):
        answer = portal.http.post(f"/api/v1{path}", content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_row_that_is_nested_deep_stops_no_other(portal: Any) -> None:
    deep = "[" * 900 + "]" * 900
    body = f'{{"activities": [{deep}, {{"type": "retraction", "id": "x"}}]}}'
    headers = {**JSON, "Authorization": f"Bearer {portal.token}"}
    answer = portal.http.post("/api/v1/activities", content=body, headers=headers).json()
    assert answer["accepted"] == 1
    assert [one["place"] for one in answer["problems"]] == ["activities[0]"]


def test_no_value_that_was_sent_stands_in_an_error(portal: Any) -> None:
    mail = "sanne@korenaar.example"
    for path, body in (
        ("/people/find", {"identifier": [mail]}),
        ("/people/find", {"identifier": "x\n", mail: mail}),
        ("/receipts", {"receipts": [{"message": "m", "state": mail, "reason": mail}]}),
        (f"/people/{mail}/consent", {"purpose": mail, "given": mail}),
        ("/answers", {"prompt": mail, "answer": "done"}),
        ("/activities", {"activities": [{"type": mail}, {"type": "activity", mail: 1}]}),
    ):
        answer = portal.post(path, body)
        assert answer.status_code in {200, 404, 422}
        assert mail not in answer.text
    assert mail not in portal.get(f"/people/{mail}/estimate").text


def test_somebody_elses_person_tells_no_more_than_nobody(
    program: Callable[..., Any], jan: str
) -> None:
    reader = program("estimate:own", "records")
    known, unknown = (reader.get(f"/people/{one}/estimate") for one in (jan, uuid4()))
    assert known.content == unknown.content
    assert is_problem(known, 404, "no-estimate")
    known, unknown = (reader.get(f"/people/{one}/records") for one in (jan, uuid4()))
    assert known.content == unknown.content


def test_a_client_takes_nothing_of_another_back(
    portal: Any, program: Callable[..., Any], engine: Engine
) -> None:
    row = {
        "type": "activity",
        "id": "same",
        "identities": [f"account|{LOGIN}|jan"],
        "verb": "http://adlnet.gov/expapi/verbs/completed",
        "occurred_at": "2026-03-02T10:00:00+01:00",
        "source": "drop",
    }
    portal.post("/activities", {"activities": [row]})

    def counted() -> tuple[int, set[str]]:
        with engine.store.reading() as tx:
            sources = {name for (name,) in tx.all("SELECT DISTINCT source FROM facets")}
            return int(tx.value("SELECT count(*) FROM dedupe")), sources

    before, sources = counted()
    assert "portal/drop" in sources
    other = program(name="other")
    other.post("/activities", {"activities": [{"type": "retraction", "id": "same"}]})
    other.post(
        "/activities",
        {"activities": [{"type": "retraction", "id": "urn:leercultuur:client:portal:same"}]},
    )
    assert counted()[0] == before
    other.post("/activities", {"activities": [{**row, "id": "mine"}]})
    portal.post("/activities", {"activities": [{"type": "retraction", "id": "mine"}]})
    assert counted()[0] == before + 1


def test_who_was_erased_cannot_be_told_from_who_was_not(
    portal: Any, engine: Engine, clock: Any, jan: str
) -> None:
    def hand_in(number: int) -> Any:
        row = {
            "type": "activity",
            "id": f"e-{number}",
            "identities": [f"account|{LOGIN}|jan"],
            "verb": "http://adlnet.gov/expapi/verbs/completed",
            "occurred_at": "2026-03-02T10:00:00+01:00",
        }
        return portal.post("/activities", {"activities": [row]}).json()

    before = hand_in(1)
    engine.erase(jan, clock())
    assert hand_in(2) == before
    with engine.store.reading() as tx:
        assert tx.people.find(f"account|{LOGIN}|jan", engine.identify) is None


@pytest.mark.parametrize("path", ["/groups", "/groups/preconditions", "/groups/plan"])
def test_a_group_view_is_the_same_before_and_after_one_person(
    portal: Any, engine: Engine, clock: Any, jan: str, path: str
) -> None:
    before = portal.get(path)
    assert before.status_code == 200
    engine.consent(jan, "group_releases", False, clock())
    engine.consent(jan, "own_prompts", False, clock())
    engine.answer_item(jan, engine.model.items[0].id, 1, clock())
    assert portal.get(path).content == before.content
    engine.erase(jan, clock())
    engine.estimate(clock())
    engine.plan(clock())
    assert portal.get(path).content == before.content


def test_a_receipt_comes_too_late_to_change_what_was(portal: Any) -> None:
    message = portal.get("/messages").json()["messages"][0]["id"]

    def result(state: str) -> str:
        answer = portal.post("/receipts", {"receipts": [{"message": message, "state": state}]})
        return str(answer.json()["receipts"][0]["result"])

    assert result("sent") == "noted"
    assert [result(state) for state in ("sent", "refused", "failed")] == ["known"] * 3


def test_a_receipt_of_what_was_never_fetched(portal: Any, engine: Engine) -> None:
    with engine.store.reading() as tx:
        message = tx.delivery.messages(states=["ready"])[0].message_id
    for one in (message, "nothing"):
        answer = portal.post("/receipts", {"receipts": [{"message": one, "state": "sent"}]})
        assert answer.json()["receipts"][0]["result"] == "unknown"


def test_no_header_can_be_put_in(portal: Any) -> None:
    for text in ("%0d%0aX-In: 1", "%0D%0ASet-Cookie:%20a=b"):
        for path in (f"/people/{text}/estimate", f"/records/{text}/credential", f"/{text}"):
            answer = portal.get(path)
            assert answer.status_code == 404
            assert "x-in" not in answer.headers
            assert "set-cookie" not in answer.headers
    assert portal.get("/groups/plan", language="nl\r\nX-In: 1").status_code == 422


def test_another_host_name_is_refused(portal: Any) -> None:
    headers = {"Authorization": f"Bearer {portal.token}", "Host": "evil.example"}
    assert portal.http.get("/api/v1/client", headers=headers).status_code == 400


def test_another_site_gets_no_leave_to_read(portal: Any) -> None:
    headers = {"Authorization": f"Bearer {portal.token}", "Origin": "https://evil.example"}
    answer = portal.http.get("/api/v1/client", headers=headers)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert portal.http.options("/api/v1/client", headers=headers).status_code == 405
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_another_method_is_refused(portal: Any, method: str) -> None:
    headers = {"Authorization": f"Bearer {portal.token}"}
    answer = portal.http.request(method, "/api/v1/groups", headers=headers)
    assert is_problem(answer, 405, "method")
    assert answer.headers["allow"] == "GET"
    both = portal.http.request(method, "/api/v1/people/x/consent", headers=headers)
    assert both.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (RuntimeError("sanne@korenaar.example"), 500, "unexpected"),
        (StoreError("sanne@korenaar.example", "busy"), 503, "busy"),
    ],
)
def test_what_goes_wrong_inside_stays_inside(
    portal: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    kind: str,
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(Engine, "releases", fails)
    with caplog.at_level(logging.DEBUG):
        answer = portal.get("/groups")
    assert is_problem(answer, status, kind)
    assert "sanne" not in answer.text + caplog.text
