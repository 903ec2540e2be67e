"""What somebody with bad intent may try; each is refused, and nothing changes."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from leercultuur_core import Engine, StoreError
from leercultuur_web.app import create_app
from leercultuur_web.settings import WebSettings, checked

from .bakery import NOW, URL, Clock, person
from .visiting import Browser, Lms

POSTS = ("/phase", "/answer", "/consent", "/language", "/export", "/erase", "/sign-out")


def step_of(engine: Engine, name: str) -> str:
    with engine.store.reading() as tx:
        return tx.delivery.prompts(states=["sent"], recipient=person(engine, name))[0].prompt_id


def test_another_persons_step_cannot_be_answered(browser: Browser, engine: Engine) -> None:
    browser.launch("jan")
    theirs = browser.send("/answer", step=step_of(engine, "piet"), answer="done")
    nobodys = browser.send("/answer", step="made-up", answer="done")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text == nobodys.text, "nor can it be told that there is one"
    with engine.store.reading() as tx:
        assert tx.delivery.answers() == []


def test_nobody_is_chosen_by_a_field_or_an_address(
    browser: Browser, engine: Engine, clock: Clock
) -> None:
    browser.launch("jan")
    piet = person(engine, "piet")
    for query in (f"/?person={piet}", f"/{piet}", f"/?role=hr&person={piet}"):
        assert piet not in browser.client.get(query).text
    browser.send("/consent", purpose="own_prompts", given="no", person=piet)
    with engine.store.reading() as tx:
        assert tx.privacy.consents_of(piet) == []
    exported = browser.send("/export", person=piet).json()
    assert piet not in json.dumps(exported)


def test_a_launch_cannot_be_replayed(browser: Browser, lms: Lms) -> None:
    asked = browser.begin()
    sent = {"id_token": lms.token(lms.claims(asked["nonce"])), "state": asked["state"]}
    assert browser.client.post("/lti/launch", data=sent).status_code == 303
    assert browser.client.post("/lti/launch", data=sent).status_code == 400


def test_a_launch_that_another_browser_began_is_refused(
    browser: Browser, other: Browser, lms: Lms
) -> None:
    """Somebody who makes you come in as them."""
    asked = browser.begin()
    other.begin()
    sent = {"id_token": lms.token(lms.claims(asked["nonce"])), "state": asked["state"]}
    assert other.client.post("/lti/launch", data=sent).status_code == 400


def test_a_token_of_another_launch_is_refused(browser: Browser, lms: Lms) -> None:
    first, second = browser.begin(), browser.begin()
    sent = {"id_token": lms.token(lms.claims(first["nonce"])), "state": second["state"]}
    assert browser.client.post("/lti/launch", data=sent).status_code == 400


@pytest.mark.parametrize("change", ["", "x", "cut", "longer"])
def test_a_forged_state_is_refused(browser: Browser, lms: Lms, change: str) -> None:
    asked = browser.begin()
    state = {
        "": "",
        "x": "x" * 200,
        "cut": asked["state"][:-1],
        "longer": f"{asked['state']}.{asked['state']}",
    }[change]
    sent = {"id_token": lms.token(lms.claims(asked["nonce"])), "state": state}
    assert browser.client.post("/lti/launch", data=sent).status_code == 400


def test_a_login_that_took_too_long_is_refused(browser: Browser, lms: Lms, clock: Clock) -> None:
    asked = browser.begin()
    clock.later(minutes=10)
    sent = {"id_token": lms.token(lms.claims(asked["nonce"])), "state": asked["state"]}
    assert browser.client.post("/lti/launch", data=sent).status_code == 400


def test_a_login_writes_nothing(browser: Browser, engine: Engine) -> None:
    """Or whoever knows the address could fill the disk."""
    for _ in range(3):
        browser.begin()
    with engine.database() as connection:
        assert connection.execute(text("SELECT count(*) FROM web_tickets_1")).scalar() == 0


@pytest.mark.parametrize("path", POSTS)
def test_a_form_of_another_site_does_nothing(
    browser: Browser, other: Browser, engine: Engine, path: str
) -> None:
    browser.launch("jan")
    other.launch("piet")
    mine, theirs = browser.csrf(), other.csrf()
    fields = {"phase": "acting", "purpose": "effect", "given": "yes", "language": "en"}
    before = engine.export(person(engine, "jan"), NOW, by="test").keys()
    for csrf in ({}, {"csrf": ""}, {"csrf": theirs}, {"csrf": "é"}, {"csrf": mine[:-1]}):
        assert browser.client.post(path, data={**fields, **csrf}).status_code == 403, csrf
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    ):
        sent = browser.client.post(path, data={**fields, "csrf": mine}, headers=headers)
        assert sent.status_code == 403, headers
    assert browser.client.get(path).status_code in {405, 200}, "a GET does none of it"
    assert engine.export(person(engine, "jan"), NOW, by="test").keys() == before
    assert browser.csrf() == mine, "still signed in"


def test_without_a_session_nothing_can_be_done(browser: Browser) -> None:
    for path in POSTS:
        assert browser.client.post(path, data={"csrf": ""}).status_code == 401, path


def test_a_session_that_was_planted_is_not_taken_over(browser: Browser, other: Browser) -> None:
    browser.launch("jan")
    planted = browser.client.cookies["__Host-leercultuur-session"]
    other.client.cookies.set("__Host-leercultuur-session", planted)
    other.launch("piet")
    assert other.client.cookies.get("__Host-leercultuur-session", domain=URL[8:]) != planted
    assert browser.client.get("/").status_code == 401, "what was there before has ended"


def test_cookies_are_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    (session,) = browser.launch().headers.get_list("set-cookie")
    name, *parts = session.split("; ")
    assert name.startswith("__Host-leercultuur-session=")
    assert {"Path=/", "HttpOnly", "Secure", "SameSite=None", "Partitioned"} <= {*parts}
    assert not any(part.startswith("Domain") for part in parts)


def test_every_answer_carries_the_policy(browser: Browser) -> None:
    browser.launch()
    for answer in (
        browser.client.get("/"),
        browser.client.get("/nothing"),
        browser.client.get("/static/style.css"),
        browser.client.post("/phase"),
        browser.client.get("/", headers={"host": "elsewhere.example"}),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert browser.client.get("/").headers["cache-control"] == "no-store"
    page = browser.client.get("/").text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)


def test_without_a_platform_nobody_frames_the_pages(engine: Engine, clock: Clock) -> None:
    app = create_app(engine, checked(WebSettings(URL)), clock=clock)
    with TestClient(app, base_url=URL) as client:
        headers = client.get("/").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


def test_a_script_in_a_step_is_only_text(browser: Browser, engine: Engine) -> None:
    step = step_of(engine, "jan")
    with engine.database(write=True) as connection:
        (payload,) = connection.execute(
            text("SELECT payload FROM outbox WHERE prompt_id = :s"), {"s": step}
        ).one()
        written = json.loads(payload)
        written["prompt"]["step"] = "<script>alert(1)</script>\" onload='x'"
        connection.execute(
            text("UPDATE outbox SET payload = :p WHERE prompt_id = :s"),
            {"p": json.dumps(written), "s": step},
        )
    browser.launch("jan")
    page = browser.client.get("/").text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    for query in ("/?noted=<script>", "/?lang=<script>", "/<script>"):
        assert "<script" not in browser.client.get(query).text


def test_nobody_is_sent_to_another_site(browser: Browser) -> None:
    for query in (
        "/?next=https://elsewhere.example",
        "//elsewhere.example",
        "/%2f%2felsewhere.example",
    ):
        assert "location" not in browser.client.get(query).headers
    browser.launch()
    sent = browser.send("/consent", purpose="effect", given="yes", next="https://elsewhere.example")
    assert sent.headers["location"] == "/?noted=consent"


def test_a_header_cannot_be_put_in(browser: Browser, lms: Lms) -> None:
    hint = "12\r\nSet-Cookie: a=b\r\n\r\n<script>"
    answer = browser.client.get("/lti/login", params=lms.initiation(login_hint=hint))
    assert answer.status_code == 303
    assert "\r" not in answer.headers["location"]
    assert "\n" not in answer.headers["location"]
    assert all("a=b" not in one for one in answer.headers.get_list("set-cookie"))
    planted = "x\r\nSet-Cookie: a=b"
    browser.client.cookies.set("__Host-leercultuur-launch", "not-one-of-ours; a=b")
    again = browser.client.get("/lti/login", params=lms.initiation(lti_message_hint=planted))
    assert all("a=b" not in one for one in again.headers.get_list("set-cookie"))


def test_another_host_name_is_refused(browser: Browser) -> None:
    assert browser.client.get("/", headers={"host": "elsewhere.example"}).status_code == 400


def test_a_body_is_bounded(browser: Browser) -> None:
    browser.launch()
    csrf = browser.csrf()
    large = {"csrf": csrf, "phase": "acting", "x": "x" * 70_000}
    assert browser.client.post("/phase", data=large).status_code == 413

    def parts() -> Iterator[bytes]:
        for _ in range(8):
            yield b"x" * 10_000

    form = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.client.post("/phase", content=parts(), headers=form).status_code == 413
    many = "&".join(f"f{number}=1" for number in range(201))
    assert browser.client.post("/phase", content=many, headers=form).status_code == 400
    twice = f"csrf={csrf}&phase=acting&phase=applying"
    assert browser.client.post("/phase", content=twice, headers=form).status_code == 400
    assert browser.client.post("/phase", files={"phase": b"acting"}).status_code == 415
    assert browser.client.post("/phase", json={"phase": "acting"}).status_code == 415


@pytest.mark.parametrize("where", ["/a/", "/in/"])
def test_guessing_tokens_is_slowed_down(browser: Browser, where: str) -> None:
    statuses = [browser.client.get(f"{where}guess-{number}").status_code for number in range(21)]
    assert statuses == [404] * 20 + [429]
    assert browser.client.post(f"{where}guess").status_code == 429
    assert browser.launch().status_code == 303, "who comes another way is not held up"


@pytest.mark.parametrize("token", ["x" * 5000, "é" * 43, "..%2f..%2fetc", "%00", "a" * 43])
def test_a_strange_token_is_one_that_is_not_right(browser: Browser, token: str) -> None:
    for where in ("/a/", "/in/"):
        assert browser.client.get(f"{where}{token}").status_code == 404
    browser.client.cookies.set(
        "__Host-leercultuur-session", token.encode("ascii", "replace").decode()
    )
    assert browser.client.get("/").status_code == 401


def test_what_goes_wrong_inside_is_not_shown_or_logged(
    browser: Browser,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    browser.launch("jan")

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("jan@korenaar.example is not in row 12")

    monkeypatch.setattr(engine, "own_page", fails)
    with caplog.at_level(logging.DEBUG, "leercultuur.web"):
        answer = browser.client.get("/")
    assert answer.status_code == 500
    assert "RuntimeError" not in answer.text
    assert "korenaar.example" not in answer.text
    assert "RuntimeError" in caplog.text
    assert "korenaar.example" not in caplog.text

    def store_fails(*_: object, **__: object) -> None:
        raise StoreError("disk of jan@korenaar.example", "busy")

    monkeypatch.setattr(engine, "own_page", store_fails)
    assert browser.client.get("/").status_code == 503
