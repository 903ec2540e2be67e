"""LTI 1.3: only what a platform really signed, for us, once, and just now, lets anybody in."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from attrs import evolve
from joserfc import jwt
from joserfc.jwk import RSAKey

from leercultuur_core import Engine
from leercultuur_web.lti import Launched, person_of
from leercultuur_web.security import Refused

from .bakery import NOW, URL, Clock
from .visiting import CLAIM, LMS, PLATFORM, Browser, Lms


def base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def test_the_platform_is_asked_what_the_spec_says(browser: Browser) -> None:
    asked = browser.begin()
    assert {name: asked[name] for name in asked if name not in {"state", "nonce"}} == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "tool-1",
        "redirect_uri": f"{URL}/lti/launch",
        "login_hint": "12",
        "lti_message_hint": "34",
    }
    again = browser.begin()
    assert (asked["state"], asked["nonce"]) != (again["state"], again["nonce"])


def test_the_login_may_be_a_form_too(browser: Browser, lms: Lms) -> None:
    answer = browser.client.post("/lti/login", data=lms.initiation())
    assert answer.status_code == 303


def test_two_launches_side_by_side_both_work(browser: Browser, lms: Lms) -> None:
    both = [browser.begin(), browser.begin()]
    for asked in both:
        token = lms.token(lms.claims(asked["nonce"]))
        sent = {"id_token": token, "state": asked["state"]}
        assert browser.client.post("/lti/launch", data=sent).status_code == 303


@pytest.mark.parametrize(
    "other",
    [
        {"iss": "https://elsewhere.example"},
        {"client_id": "tool-2"},
        {"lti_deployment_id": "8"},
        {"login_hint": ""},
        {"target_link_uri": "https://elsewhere.example/"},
        {"target_link_uri": f"{URL}.elsewhere.example/"},
        {"target_link_uri": f"{URL}@elsewhere.example/"},
    ],
)
def test_a_login_that_is_not_for_us_is_refused(
    browser: Browser, lms: Lms, other: dict[str, str]
) -> None:
    answer = browser.client.get("/lti/login", params=lms.initiation(**other))
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "tool-2"},
        {"aud": ["tool-1", "tool-2"]},
        {"aud": ["tool-1", "tool-2"], "azp": "tool-2"},
        {"azp": "tool-2"},
        {"nonce": "another"},
        {"exp": int(NOW.timestamp())},
        {"iat": int(NOW.timestamp()) + 7200},
        {"exp": None},
        {"sub": ""},
        {"sub": 12},
        {f"{CLAIM}deployment_id": "8"},
        {f"{CLAIM}deployment_id": ["7"]},
        {f"{CLAIM}message_type": "LtiDeepLinkingRequest"},
        {f"{CLAIM}version": "1.1"},
        {f"{CLAIM}target_link_uri": "https://elsewhere.example/"},
    ],
    ids=str,
)
def test_a_launch_with_one_claim_wrong_is_refused(browser: Browser, claims: dict[str, Any]) -> None:
    answer = browser.launch(**claims)
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    assert browser.client.get("/").status_code == 200, "nobody is signed in"


def test_several_audiences_are_fine_where_we_are_named(browser: Browser) -> None:
    assert browser.launch(aud=["tool-1", "tool-2"], azp="tool-1").status_code == 303


def test_a_launch_that_another_signed_is_refused(browser: Browser, lms: Lms) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False)
    public = lms.key.as_pem(private=False)
    asked = browser.begin()
    claims = lms.claims(asked["nonce"])
    unsigned = ".".join(
        [
            "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ",  # {"alg":"none","kid":"k1"}
            lms.token(claims).split(".")[1],
            "",
        ]
    )
    # Signed with our own copy of the public key as if it were a shared secret.
    head = base64url(b'{"alg":"HS256","kid":"k1"}')
    signing = f"{head}.{lms.token(claims).split('.')[1]}"
    confused = f"{signing}.{base64url(hmac.digest(public, signing.encode(), 'sha256'))}"
    without_key_id = jwt.encode({"alg": "RS256"}, claims, lms.key, ["RS256"])
    tampered = lms.token(claims)[:-6] + "AAAAAA"
    for token in (
        lms.token(claims, stranger),
        unsigned,
        confused,
        without_key_id,
        tampered,
        "",
        "a.b.c",
        "é.é.é",
    ):
        sent = {"id_token": token, "state": asked["state"]}
        assert browser.client.post("/lti/launch", data=sent).status_code == 400, token[:40]
    # None of these used the launch up.
    sent = {"id_token": lms.token(claims), "state": asked["state"]}
    assert browser.client.post("/lti/launch", data=sent).status_code == 303


def test_keys_are_kept_and_read_anew_when_the_platform_changes_them(
    browser: Browser, lms: Lms, clock: Clock
) -> None:
    browser.launch()
    browser.launch()
    assert lms.fetched == 1
    old, lms.key = lms.key, RSAKey.generate_key(2048, {"kid": "k2"}, auto_kid=False)
    asked = browser.begin()
    token = lms.token(lms.claims(asked["nonce"]), kid="k2")
    sent = {"id_token": token, "state": asked["state"]}
    assert browser.client.post("/lti/launch", data=sent).status_code == 400
    assert lms.fetched == 1, "a stranger's key id does not make us ask again and again"
    clock.later(minutes=1)
    asked = browser.begin()
    token = lms.token(lms.claims(asked["nonce"]), kid="k2")
    sent = {"id_token": token, "state": asked["state"]}
    assert browser.client.post("/lti/launch", data=sent).status_code == 303
    asked = browser.begin()
    sent = {"id_token": lms.token(lms.claims(asked["nonce"]), old), "state": asked["state"]}
    assert browser.client.post("/lti/launch", data=sent).status_code == 400, "a key taken back"


def test_a_platform_that_is_down_says_so(browser: Browser, lms: Lms) -> None:
    lms.down = True
    answer = browser.launch()
    assert answer.status_code == 503
    assert "antwoordt nu niet" in answer.text


def test_a_browser_without_cookies_is_told_what_to_do(browser: Browser, lms: Lms) -> None:
    asked = browser.begin()
    browser.client.cookies.clear()
    sent = {"id_token": lms.token(lms.claims(asked["nonce"])), "state": asked["state"]}
    answer = browser.client.post("/lti/launch", data=sent)
    assert answer.status_code == 400
    assert "nieuw venster" in answer.text


def test_the_role_that_a_platform_claims_changes_nothing(browser: Browser) -> None:
    worker = browser.launch()
    page = browser.read()
    roles = ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"]
    assert browser.launch(**{f"{CLAIM}roles": roles}).headers["location"] == "/"
    assert worker.status_code == 303
    without_token = [line for line in page.splitlines() if "csrf" not in line]
    assert [line for line in browser.read().splitlines() if "csrf" not in line] == without_token


@pytest.mark.parametrize("username", ["nobody", "", "$Canvas.user.loginId", "jan|sanne"])
def test_who_is_not_known_sees_nothing(browser: Browser, username: str) -> None:
    answer = browser.launch(username)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_people_are_recognised_by_what_the_configuration_says(engine: Engine) -> None:
    from leercultuur_web.lti import _identifiers

    claims = {
        "sub": "12",
        "email": "jan@korenaar.example",
        f"{CLAIM}ext": {"user_username": "jan"},
    }
    both = evolve(PLATFORM, people=("sub", "username", "mail"), home_page="https://h.example")
    found = _identifiers(claims, both)
    assert found[:2] == ("account|https://h.example|12", "account|https://h.example|jan")
    assert found[2].startswith("mbox_sha1sum|")
    brightspace = {"sub": "1", "http://www.brightspace.com": {"username": "jan"}}
    canvas = {"sub": "1", f"{CLAIM}custom": {"username": "jan"}}
    for one in (brightspace, canvas):
        assert _identifiers(one, PLATFORM) == (f"account|{PLATFORM.home_page}|jan",)

    def find(identifier: str, _: object) -> tuple[str, ...]:
        return (identifier[-3:],)

    with pytest.raises(Refused, match="unclear_person"):
        person_of(Launched(("account|x|jan", "account|x|piet"), "nl"), find, NOW)


def test_the_language_of_the_lms_is_that_of_the_page(browser: Browser) -> None:
    browser.launch(**{f"{CLAIM}launch_presentation": {"locale": "en-GB"}})
    assert '<html lang="en">' in browser.read()
    browser.launch(**{f"{CLAIM}launch_presentation": {"locale": "fr"}})
    assert '<html lang="nl">' in browser.read()


def test_only_the_site_of_a_platform_may_frame_the_pages(browser: Browser) -> None:
    policy = browser.client.get("/").headers["content-security-policy"]
    assert f"frame-ancestors {LMS}" in policy
    assert "unsafe" not in policy
