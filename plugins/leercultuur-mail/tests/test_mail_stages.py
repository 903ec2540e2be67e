"""What becomes of a message at each stage of a session, and at each answer."""

from __future__ import annotations

import select
import smtplib
import socket
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from leercultuur_core import AccessDenied, LeercultuurError, Message, Receipt, SourceUnavailable
from leercultuur_core.testing.messages import message
from leercultuur_mail import MailSink

Opens = Callable[..., tuple[Any, str]]
Makes = Callable[..., MailSink]


def mails(count: int = 1) -> list[Message]:
    return [message(n, {"mail": f"collega{n}@leer.example"}) for n in range(1, count + 1)]


def delivered(sink: MailSink, messages: list[Message]) -> tuple[list[Receipt], Exception | None]:
    """The receipts, and what was raised after them."""
    receipts: list[Receipt] = []
    try:
        receipts.extend(sink.deliver(messages))
    except LeercultuurError as error:
        return receipts, error
    return receipts, None


def surely_not_sent(error: Exception | None) -> bool:
    return isinstance(error, SourceUnavailable | AccessDenied)


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA"])
def test_a_line_that_breaks_before_the_data_sent_nothing(
    opens: Opens, make_sink: Makes, login: Any, server_login: Any, stage: str
) -> None:
    office, url = opens("start", **server_login)
    office.stage = stage
    receipts, error = delivered(make_sink(url, **login), mails(2))
    assert receipts == []
    assert isinstance(error, SourceUnavailable)
    assert office.mails == []


@pytest.mark.parametrize("stage", ["EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA"])
def test_silence_before_the_data_sent_nothing(
    opens: Opens, make_sink: Makes, login: Any, server_login: Any, stage: str
) -> None:
    office, url = opens("start", **server_login)
    office.stage, office.silent = stage, True
    receipts, error = delivered(make_sink(url, patience=0.3, **login), mails())
    assert (receipts, type(error)) == ([], SourceUnavailable)


@pytest.mark.parametrize("tls", ["none", "start", "whole"])
def test_a_line_that_breaks_inside_the_data_sent_nothing(
    opens: Opens, make_sink: Makes, login: Any, tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, url = opens(tls)
    office.stage = "inside"
    plain = smtplib.SMTP.send

    def send(smtp: smtplib.SMTP, data: Any) -> None:
        if isinstance(data, bytes) and data.endswith(b"\r\n.\r\n"):
            # Not before the system knows that the other side is gone.
            assert office.gone.wait(5)
            assert isinstance(smtp.sock, socket.socket)
            assert select.select([smtp.sock], [], [], 5)[0]
        plain(smtp, data)

    monkeypatch.setattr(smtplib.SMTP, "send", send)
    receipts, error = delivered(make_sink(url, ca_file=login["ca_file"]), mails(2))
    assert receipts == []
    assert isinstance(error, SourceUnavailable)


@pytest.mark.parametrize("tls", ["none", "start", "whole"])
@pytest.mark.parametrize("stage", ["taken", "lost"])
@pytest.mark.parametrize("silent", [False, True])
def test_after_the_final_dot_nobody_knows(
    opens: Opens, make_sink: Makes, login: Any, tls: str, stage: str, silent: bool
) -> None:
    office, url = opens(tls)
    office.stage, office.silent = stage, silent
    receipts, error = delivered(make_sink(url, patience=0.5, ca_file=login["ca_file"]), mails(2))
    assert receipts == []
    assert error is not None
    assert not surely_not_sent(error), "the engine would send it again"
    assert "the log of the mail server" in str(error)
    assert len(office.mails) == (stage == "taken")


@pytest.mark.parametrize("answer", ["354 go on", "hello", "99 what"])
def test_an_answer_that_is_none_after_the_final_dot(
    opens: Opens, make_sink: Makes, answer: str
) -> None:
    office, url = opens()
    office.answers["."] = answer
    receipts, error = delivered(make_sink(url), mails())
    assert receipts == []
    assert error is not None
    assert not surely_not_sent(error)


def test_no_answer_at_the_second_leaves_the_receipt_of_the_first(
    opens: Opens, make_sink: Makes
) -> None:
    office, url = opens()
    sink = make_sink(url)
    coming = sink.deliver(mails(3))
    assert next(coming).state == "sent"
    assert len(office.mails) == 1, "a receipt comes as soon as it is known"
    office.stage = "lost"
    with pytest.raises(LeercultuurError):
        next(coming)


@pytest.mark.parametrize(
    ("stage", "answer", "state", "reason"),
    [
        ("RCPT", "550 5.1.1 no such user", "refused", "no-such-mailbox"),
        ("RCPT", "550 No such user here", "refused", "no-such-mailbox"),
        ("RCPT", "553 5.1.3 bad address", "refused", "no-such-mailbox"),
        ("RCPT", "551 5.7.1 not here", "refused", "mailbox-refused"),
        ("RCPT", "550 5.7.1 not from you", "refused", "mailbox-refused"),
        ("RCPT", "553 not allowed", "refused", "mailbox-refused"),
        ("RCPT", "552 5.2.2 over quota", "failed", "mailbox-full"),
        ("RCPT", "550 5.2.2 over quota", "failed", "mailbox-full"),
        ("RCPT", "452 4.2.2 over quota", "failed", "mailbox-full"),
        ("RCPT", "452 too little room", "failed", "mailbox-full"),
        ("RCPT", "450 4.2.0 greylisted", "failed", "try-later"),
        ("RCPT", "451 come back in five minutes", "failed", "try-later"),
        ("RCPT", "554 5.7.1 relay access denied", "failed", "not-accepted"),
        ("MAIL", "552 5.3.4 too big", "refused", "too-large"),
        ("DATA", "451 not now", "failed", "try-later"),
        ("DATA", "554 no", "failed", "not-accepted"),
        (".", "250 OK", "sent", ""),
        (".", "251 will forward", "sent", ""),
        (".", "554 5.7.1 looks like spam", "failed", "not-accepted"),
        (".", "552 5.2.2 over quota", "failed", "mailbox-full"),
        (".", "552 5.3.4 too big", "refused", "too-large"),
        (".", "451 4.3.0 not now", "failed", "try-later"),
        (".", "550 5.1.1 no such user", "refused", "no-such-mailbox"),
    ],
)
def test_each_answer_is_a_receipt(
    opens: Opens, make_sink: Makes, stage: str, answer: str, state: str, reason: str
) -> None:
    office, url = opens()
    office.answers[stage] = answer
    receipts, error = delivered(make_sink(url), mails())
    assert error is None
    assert [(one.state, one.reason) for one in receipts] == [(state, reason)]


@pytest.mark.parametrize(
    ("stage", "answer", "kind"),
    [
        ("EHLO", "421 closing", SourceUnavailable),
        ("AUTH", "535 5.7.8 wrong", AccessDenied),
        ("AUTH", "454 4.7.0 not now", SourceUnavailable),
        ("MAIL", "530 5.7.0 log in first", AccessDenied),
        ("MAIL", "550 5.7.1 not your address", AccessDenied),
        ("MAIL", "451 not now", SourceUnavailable),
        ("MAIL", "hello", SourceUnavailable),
        ("RCPT", "421 closing", SourceUnavailable),
        ("RCPT", "530 log in first", AccessDenied),
        ("DATA", "421 closing", SourceUnavailable),
        (".", "421 closing, not taken", SourceUnavailable),
    ],
)
def test_an_answer_about_everybody_is_raised(
    opens: Opens,
    make_sink: Makes,
    login: Any,
    server_login: Any,
    stage: str,
    answer: str,
    kind: type[Exception],
) -> None:
    office, url = opens("start", **server_login)
    office.answers[stage] = answer
    receipts, error = delivered(make_sink(url, **login), mails(2))
    assert (receipts, type(error)) == ([], kind)
    assert office.mails == []


def test_one_refused_one_full_and_the_rest_goes_through(opens: Opens, make_sink: Makes) -> None:
    office, url = opens()
    office.answers = {
        "collega1@leer.example": "550 5.1.1 no such user",
        "collega3@leer.example": "552 5.2.2 over quota",
        "collega4@leer.example": "450 greylisted",
    }
    receipts, error = delivered(make_sink(url), mails(5))
    assert error is None
    assert [one.state for one in receipts] == ["refused", "sent", "failed", "failed", "sent"]
    assert [one["To"].addresses[0].username for one in office.mails] == ["collega2", "collega5"]
    assert office.sessions == 1


def test_lines_that_start_with_a_dot_arrive_whole(opens: Opens, make_sink: Makes) -> None:
    office, url = opens()
    text = "x\n.\n.a\n..b\n\nz"
    one = mails()[0]
    one = evolve(one, prompts=(evolve(one.prompts[0], text=text),))
    receipts, _ = delivered(make_sink(url), [one])
    assert [receipt.state for receipt in receipts] == ["sent"]
    assert office.mails[0].get_body(("plain",)).get_content().splitlines() == text.split("\n")


def test_nobody_to_write_to_needs_no_server(make_sink: Makes) -> None:
    sink = make_sink("smtp://127.0.0.1:1")
    odd = [
        message(n, {"mail": text})
        for n, text in enumerate(["", "jo", "a@b@c", "jo@x.example\nBcc: all@x.example", "a b@x"])
    ]
    receipts, error = delivered(sink, odd)
    assert error is None
    assert [one.reason for one in receipts] == ["no-address", *["bad-address"] * 4]
    assert delivered(sink, []) == ([], None)


def test_nobody_there(make_sink: Makes) -> None:
    receipts, error = delivered(make_sink("smtp://127.0.0.1:1"), mails())
    assert (receipts, type(error)) == ([], SourceUnavailable)
    (finding,) = make_sink("smtp://127.0.0.1:1").check()
    assert finding.level == "problem"


# -- safety of the line --------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["start", "whole"])
def test_a_certificate_of_a_stranger_is_refused(opens: Opens, make_sink: Makes, tls: str) -> None:
    office, url = opens(tls)
    receipts, error = delivered(make_sink(url), mails())
    assert (receipts, type(error)) == ([], SourceUnavailable)
    assert "certificate is not trusted" in str(error)
    assert office.mails == []


def test_a_server_that_offers_no_tls(
    opens: Opens, make_sink: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, url = opens()
    monkeypatch.setattr("leercultuur_mail.settings._is_loopback", lambda _: False)
    receipts, error = delivered(make_sink(url), mails())
    assert (receipts, type(error)) == ([], SourceUnavailable)
    assert "STARTTLS" in str(error)
    sink = make_sink(url, plain_smtp=True)
    assert [one.state for one in sink.deliver(mails())] == ["sent"]
    assert [finding.level for finding in sink.check()] == ["ok", "warning"]
    assert len(office.mails) == 1


def test_a_server_that_offers_tls_gets_no_command_without_it(
    opens: Opens, make_sink: Makes, login: Any
) -> None:
    office, url = opens("start", require_starttls=True)
    receipts, _ = delivered(make_sink(url, ca_file=login["ca_file"]), mails())
    assert [one.state for one in receipts] == ["sent"]
    receipts, error = delivered(make_sink(url, plain_smtp=True), mails())
    assert receipts == []
    assert error is not None
    assert len(office.mails) == 1


def test_the_password_is_in_no_error(
    opens: Opens, make_sink: Makes, login: Any, server_login: Any
) -> None:
    office, url = opens("start", **server_login)
    secret = login["password"].reveal()
    office.answers["AUTH"] = f"535 {secret} is wrong"
    _, error = delivered(make_sink(url, **login), mails())
    assert isinstance(error, AccessDenied)
    assert secret not in f"{error}{error!r}"
    assert error.__cause__ is None


def test_an_address_beyond_ascii_needs_a_server_that_can(opens: Opens, make_sink: Makes) -> None:
    for able, state in ((True, "sent"), (False, "refused")):
        office, url = opens(enable_SMTPUTF8=able)
        receipts, error = delivered(make_sink(url), [message(1, {"mail": "zoë@bücher.example"})])
        assert error is None
        assert [one.state for one in receipts] == [state]
        assert len(office.mails) == able
    office, url = opens(enable_SMTPUTF8=False)
    receipts, _ = delivered(make_sink(url), [message(1, {"mail": "zoe@bücher.example"})])
    assert [one.state for one in receipts] == ["sent"]
    assert office.envelopes[0].rcpt_tos == ["zoe@xn--bcher-kva.example"]


def test_a_server_that_takes_less(opens: Opens, make_sink: Makes) -> None:
    office, url = opens(data_size_limit=500)
    receipts, error = delivered(make_sink(url), mails())
    assert error is None
    assert [(one.state, one.reason) for one in receipts] == [("refused", "too-large")]
    assert office.mails == []
