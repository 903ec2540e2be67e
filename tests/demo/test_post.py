"""The mail server of the demo: it takes what is sent, and goes away."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest

from leercultuur_core.demo import post
from leercultuur_core.demo.post import PostOffice, lacking, open_post_office


def test_what_is_sent_came_in_order_and_then_nobody_listens() -> None:
    pytest.importorskip("aiosmtpd")
    with open_post_office(PostOffice()) as office:
        host, _, port = office.url.removeprefix("smtp://").partition(":")
        with smtplib.SMTP(host, int(port), timeout=10) as line:
            for number in range(3):
                mail = EmailMessage()
                mail["From"], mail["To"] = "leren@korenaar.example", f"w{number}@korenaar.example"
                mail["Subject"] = f"Stap {number} ë"
                mail.set_content("Een kleine stap")
                line.send_message(mail)
        assert [mail["Subject"] for mail in office.mails] == [f"Stap {n} ë" for n in range(3)]
        body = office.mails[0].get_body(("plain",))
        assert body is not None
        assert body.get_content().strip() == "Een kleine stap"
    with pytest.raises(OSError, match="refused"):
        smtplib.SMTP(host, int(port), timeout=10)


def test_what_is_not_installed_is_named_as_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(post, "NEEDED", ("json", "leercultuur_absent"))
    assert lacking() == ("leercultuur-absent",)
    monkeypatch.setattr(post, "NEEDED", ("json",))
    assert lacking() == ()
