"""Links: opening does nothing, the button does, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from leercultuur_core import ConfigError, Engine
from leercultuur_web.serve import serve, sign_in
from leercultuur_web.sessions import Tickets

from .bakery import NOW, URL, Clock, engine_of, person
from .visiting import Browser

DAY = timedelta(days=1)


def answers(engine: Engine) -> list[str]:
    with engine.store.reading() as tx:
        return [one.answer for one in tx.delivery.answers([person(engine)])]


@pytest.fixture
def links(engine: Engine) -> dict[str, str]:
    """Answer → path, of the message that Jan got, and ``unsubscribe``."""
    made = engine.answer_links
    assert made is not None
    with engine.store.reading() as tx:
        (message,) = tx.delivery.messages(recipient=person(engine))
        prompts = tx.delivery.prompts(message_id=message.message_id)
    (each,) = made.answers(message, prompts).values()
    every = {**each, "unsubscribe": made.unsubscribe(message, prompts)}
    return {what: urlsplit(address).path for what, address in every.items()}


@pytest.mark.parametrize("what", ["done", "not_now", "not_for_me", "wrong"])
def test_a_link_answers_by_its_button_and_once(
    browser: Browser, engine: Engine, links: dict[str, str], what: str
) -> None:
    for _ in range(2):
        assert browser.client.get(links[what]).status_code == 200
        assert browser.client.head(links[what]).status_code == 200
    assert answers(engine) == [], "opening it changes nothing"
    assert browser.client.post(links[what]).status_code == 200
    assert answers(engine) == [what]
    again = browser.client.post(links[what])
    assert (again.status_code, "Dit was al genoteerd" in again.text) == (410, True)
    assert answers(engine) == [what]


def test_a_link_signs_nobody_in(browser: Browser, links: dict[str, str]) -> None:
    assert "set-cookie" not in browser.client.post(links["done"]).headers
    assert 'name="csrf"' not in browser.read()


def test_a_mail_program_unsubscribes_by_itself(
    browser: Browser, engine: Engine, links: dict[str, str]
) -> None:
    """RFC 8058: one POST, without cookies, as a form of either kind."""
    answer = browser.client.post(
        links["unsubscribe"], files={"List-Unsubscribe": (None, "One-Click")}
    )
    assert answer.status_code == 200
    with engine.store.reading() as tx:
        said = {one.purpose: one.given for one in tx.privacy.consents_of(person(engine))}
    assert said == {"own_prompts": False, "invitation": False}


def test_an_expired_link_does_nothing(
    browser: Browser, engine: Engine, links: dict[str, str], clock: Clock
) -> None:
    clock.later(days=61)
    for answer in (browser.client.get(links["done"]), browser.client.post(links["done"])):
        assert (answer.status_code, "verlopen" in answer.text) == (410, True)
    assert answers(engine) == []


def test_a_sign_in_link_works_once(browser: Browser, engine: Engine, clock: Clock) -> None:
    tickets = Tickets(engine.database)
    token = tickets.issue("sign_in", person(engine), language="en", now=clock.now, lifetime=DAY)
    for _ in range(2):
        assert "Open my page" in browser.read(f"/in/{token}")
    assert browser.client.post(f"/in/{token}").headers["location"] == "/"
    assert "Where you seem to be" in browser.read()
    assert browser.client.get(f"/in/{token}").status_code == 404
    assert browser.client.post(f"/in/{token}").status_code == 404


def test_a_sign_in_link_expires_and_is_no_session(
    browser: Browser, engine: Engine, clock: Clock
) -> None:
    tickets = Tickets(engine.database)
    token = tickets.issue("sign_in", person(engine), language="nl", now=clock.now, lifetime=DAY)
    browser.client.cookies.set("__Host-leercultuur-session", token)
    assert browser.client.get("/").status_code == 401
    clock.later(days=1)
    assert browser.client.post(f"/in/{token}").status_code == 404


def test_the_store_holds_no_token(engine: Engine, folder: Path, clock: Clock) -> None:
    token = Tickets(engine.database).issue(
        "sign_in", person(engine), language="nl", now=clock.now, lifetime=DAY
    )
    engine.close()
    for file in folder.glob("leercultuur.db*"):
        assert token.encode() not in file.read_bytes()


def settings(folder: Path, url: str = URL) -> None:
    config = folder / "leercultuur.toml"
    text = config.read_text("utf-8").partition("\n[web]\n")[0]
    config.write_text(f'{text}\n[web]\nurl = "{url}"\n', "utf-8")


def test_the_command_prints_a_link(folder: Path) -> None:
    settings(folder)
    config = str(folder / "leercultuur.toml")
    done = CliRunner().invoke(sign_in, ["jan", "--config", config])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"{URL}/in/")
    with engine_of(folder) as engine:
        token = done.stdout.strip().rpartition("/")[2]
        ticket = Tickets(engine.database).take("sign_in", token, NOW)
        assert ticket is not None
        assert ticket.person == person(engine)
    nobody = CliRunner().invoke(sign_in, ["nobody", "--config", config])
    assert (nobody.exit_code, "nobody is known by that" in nobody.output) == (2, True)


def test_serve_says_what_is_missing(folder: Path) -> None:
    config = folder / "leercultuur.toml"
    arguments = ["--config", str(config)]

    def problem() -> str:
        done = CliRunner().invoke(serve, arguments)
        assert isinstance(done.exception, ConfigError), done.output
        return str(done.exception)

    assert "web.url" in problem()
    settings(folder, "https://elders.example")
    assert "answers.url" in problem()
    settings(folder)
    text = config.read_text("utf-8")
    config.write_text(text.replace('plugins = ["web"]', ""), "utf-8")
    assert 'add "web" to plugins' in problem()
    config.write_text(text.replace('["web"]', "[]").partition("\n[web]\n")[0], "utf-8")
    assert 'add "web" to plugins' in problem()
    config.write_text(
        text.replace('\nurl = "https://leren.korenaar.example"\n', '\nurk = "x"\n'), "utf-8"
    )
    assert 'did you mean "url"?' in problem()
