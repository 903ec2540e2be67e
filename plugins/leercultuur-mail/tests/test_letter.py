"""What a mail looks like: to a person, to a mailbox, and to a machine that answers by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from leercultuur_core import ConfigError, Message, Prompt, Secret
from leercultuur_core.extension import structure
from leercultuur_core.testing.messages import message
from leercultuur_mail import MailSettings, MailSink
from leercultuur_mail.letter import letter
from leercultuur_mail.mailbox import mailbox, one_line, shown_name
from leercultuur_mail.settings import Sender

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LEAVE = f"https://stap.korenaar.example/af?t={'a1' * 200}"


def sender(address: str = "leren@korenaar.example", name: str = "De Korenaar") -> Sender:
    found = mailbox(address, name)
    assert found is not None
    return Sender(found, None)


def written(one: Message, *, to: str = "jo@leer.example", by: Sender | None = None) -> bytes:
    address = mailbox(to, one.recipient.name)
    assert address is not None
    return letter(one, by or sender(), address, at=AT)


def read(data: bytes) -> EmailMessage:
    mail = message_from_bytes(data, policy=default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text


def prompt(text: str, number: int = 1, **more: Any) -> Prompt:
    return evolve(message(number, {}).prompts[0], text=text, **more)


OWN = """Hoi Sanne,
Zo te zien ben je volop aan het leren. Mooi.

**Kies één ding dat je morgen kunt gebruiken.** Een kwartier is ruim genoeg.

Wat je anderen kunt vragen, als je wilt:
- een collega: “Doe je mee?”
- je leidinggevende: “Mag ik een uur oefenen?”"""
UNIT = """Hoi Sanne,
Je team kijkt rond wat er te leren is.

**Maak een half uur vrij.** Wanneer zou dat passen?"""


@pytest.fixture
def digest() -> Message:
    one, two = prompt(OWN), prompt(UNIT, 2)
    links = {
        p.id: {a: f"https://stap.korenaar.example/{a}?p={n}&s=x" for a in ("done", "not_now")}
        for n, p in enumerate((one, two))
    }
    return evolve(message(1, {}), prompts=(one, two), links=links, unsubscribe=LEAVE)


def test_what_people_read(digest: Message, snapshot: SnapshotAssertion) -> None:
    mail = read(written(digest))
    assert body(mail, "plain") == snapshot(name="text")
    assert body(mail, "html") == snapshot(name="html")


@pytest.mark.parametrize(
    ("language", "count", "subject"),
    [
        ("nl", 1, "Een kleine stap voor deze week"),
        ("nl", 2, "Een paar kleine stappen voor deze week"),
        ("en", 1, "A small step for this week"),
        ("en", 2, "A few small steps for this week"),
    ],
)
def test_the_subject_says_nothing_of_anyone(language: Any, count: int, subject: str) -> None:
    one = message(1, {}, language)
    one = evolve(one, prompts=tuple(prompt(OWN, n) for n in range(count)))
    assert read(written(one))["Subject"] == subject


def test_the_headers(digest: Message) -> None:
    mail = read(written(digest))
    assert mail["From"] == "De Korenaar <leren@korenaar.example>"
    assert mail["Date"].datetime == AT
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert mail["Content-Language"] == "nl"
    assert mail["List-Unsubscribe"] == f"<{LEAVE}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Reply-To"] is None
    assert mail.get_content_type() == "multipart/alternative"


def test_without_a_way_back_none_is_promised() -> None:
    mail = read(written(message(1, {})))
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None
    assert "://" not in body(mail, "plain") + body(mail, "html")


@pytest.mark.parametrize("odd", ["javascript:alert(1)", "https://x.example/>\r\nBcc: a@b", "x"])
def test_an_address_that_is_none_is_left_out(odd: str) -> None:
    one = message(1, {})
    one = evolve(one, unsubscribe=odd, links={one.prompts[0].id: {"done": odd}})
    data = written(one)
    assert read(data)["List-Unsubscribe"] is None
    assert read(data)["Bcc"] is None
    assert "<a " not in body(read(data), "html")


def test_the_id_follows_from_the_prompts(digest: Message) -> None:
    turned = evolve(digest, id="f" * 32, prompts=digest.prompts[::-1])
    less = evolve(digest, prompts=digest.prompts[:1])
    ids = [read(written(one))["Message-ID"] for one in (digest, turned, less)]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@korenaar.example>")
    long = sender(f"leren@{'k' * 60}.{'l' * 60}.example")
    assert b"Message-ID: <" in written(digest, by=long)


def test_nothing_is_loaded_and_nothing_is_counted(digest: Message) -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[tuple[str, dict[str, str | None]]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.append((tag, dict(attrs)))

    tags = Tags()
    tags.feed(body(read(written(digest)), "html"))
    assert not {name for name, _ in tags.found} & {"img", "script", "link", "style", "iframe"}
    assert not any({"src", "onclick", "background"} & attrs.keys() for _, attrs in tags.found)
    known = {LEAVE, *(where for links in digest.links.values() for where in links.values())}
    assert {attrs["href"] for name, attrs in tags.found if name == "a"} == known
    assert ("html", {"lang": "nl"}) in tags.found
    colours = [attrs.get("style") or "" for _, attrs in tags.found]
    assert not any("color" in style for style in colours)


def test_what_people_wrote_is_text() -> None:
    one = evolve(message(1, {}), prompts=(prompt('<img src=x> & **"nu" <b>**'),))
    html = body(read(written(one)), "html")
    assert "&lt;img src=x&gt; &amp; <strong>&quot;nu&quot; &lt;b&gt;</strong>" in html


anything = st.text(st.characters(exclude_categories=[]), max_size=120)


@settings(max_examples=40, deadline=None)
@given(name=anything, text=anything)
def test_no_name_or_text_adds_a_header_or_loses_the_address(name: str, text: str) -> None:
    plain = message(1, {})
    one = evolve(
        plain, recipient=evolve(plain.recipient, name=name), prompts=(prompt(f"x {text}"),)
    )
    data = written(one)
    mail = read(data)
    assert sorted(mail.keys()) == sorted(read(written(plain)).keys())
    assert [one.addr_spec for one in mail["To"].addresses] == ["jo@leer.example"]
    # Read with the older parser: the newer one of Python 3.11 puts a space in a name that is folded. What
    # writes it may lose one where it folds, and only there.
    to = message_from_bytes(data)["To"]
    shown, _ = parseaddr(to)
    asked = shown_name(name)
    told = str(make_header(decode_header(shown)))
    assert told == asked if "\n" not in to else told.replace(" ", "") == asked.replace(" ", "")
    assert asked.split() == one_line(name)[:60].replace("=?", "= ?").split()
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


@given(text=anything)
def test_whatever_is_an_address_is_one_in_a_command_and_a_header(text: str) -> None:
    found = mailbox(text)
    if found is not None:
        assert found.addr_spec.isprintable()
        assert not set(found.addr_spec) & set(' <>,;:"()[]\\')
        assert found.addr_spec.count("@") == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jo@leer.example", "jo@leer.example"),
        ("jo.d'arc+les@BÜCHER.example", "jo.d'arc+les@xn--bcher-kva.example"),
        ("zoë@leer.example", "zoë@leer.example"),
        ("jo@straße.example", "jo@xn--strae-oqa.example"),
    ],
)
def test_addresses(text: str, found: str) -> None:
    address = mailbox(text)
    assert address is not None
    assert address.addr_spec == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jo",
        "@leer.example",
        "jo@",
        "a..b@x.example",
        ".a@x.example",
        "jo@x_y.example",
        "a@b@c.example",
        '"a b"@x.example',
        "jo@x.example\n",
        "jo@x.example,a@y.example",
        "a" * 65 + "@x",
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert mailbox(text) is None


# -- settings ------------------------------------------------------------------------------------


def test_every_problem_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        MailSink(
            MailSettings(
                url="http://wachtwoord@mail.example",
                sender="leren",
                reply_to="x y@z",
                user="leercultuur",
                ca_file=__file__,  # type: ignore[arg-type]
            )
        )
    problems = {problem.place for problem in caught.value.problems}
    assert problems == {"url", "sender", "reply_to", "password", "ca_file"}
    assert "wachtwoord" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "more", "place"),
    [
        ("smtp://mail.example:port", {}, "url"),
        ("smtp://mail.example/path", {}, "url"),
        ("smtps://mail.example", {"plain_smtp": True}, "plain_smtp"),
        ("smtp://mail.example", {"password": Secret("wachtwoord")}, "user"),
        ("smtp://mail.example", {"user": "u", "password": Secret("wåchtwoord")}, "password"),
    ],
)
def test_settings_that_do_not_fit(url: str, more: dict[str, Any], place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        MailSink(MailSettings(url=url, sender="leren@korenaar.example", **more))
    assert [problem.place for problem in caught.value.problems] == [place]
    assert "wåchtwoord" not in str(caught.value)


def test_where_it_connects() -> None:
    for url, host, port in (
        ("smtp://mail.example", "mail.example", 587),
        ("smtp://mail.example:25", "mail.example", 25),
        ("smtps://bücher.example", "xn--bcher-kva.example", 465),
        ("smtp://[::1]:2525", "::1", 2525),
    ):
        server = MailSink(MailSettings(url=url, sender="leren@korenaar.example"))._server
        assert (server.host, server.port) == (host, port)


def test_the_settings_as_they_stand_in_a_file(tmp_path: Path) -> None:
    found = structure(
        MailSettings,
        {
            "url": "smtps://mail.example",
            "sender": "leren@korenaar.example",
            "user": "leercultuur",
            "password": {"env": "MAIL_PASSWORD"},
            "ca_file": "ca.pem",
        },
        base=tmp_path,
        environ={"MAIL_PASSWORD": "wachtwoord"},
    )
    assert found.ca_file == tmp_path / "ca.pem"
    assert found.channel == "mail"
    assert "wachtwoord" not in repr(found)
