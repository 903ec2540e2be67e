"""A mail server in this process (aiosmtpd) that says no, falls silent or hangs up where it is told to."""
# ruff: noqa: N802 - the names of handlers and commands are those of aiosmtpd

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from leercultuur_core.extension import Secret
from leercultuur_mail import MailSettings, MailSink, Patience

USER = "leercultuur"
PASSWORD = "wachtwoord-5f2c9e7a"  # noqa: S105 - of a server in this process
# Linger of zero seconds: what is closed like this is reset, as by a machine that lost its power.
_RESET = struct.pack("ii", 1, 0)


class PostOffice:
    """What came, and how it misbehaves.

    stage
        ``greeting``, ``EHLO``, ``STARTTLS``, ``AUTH``, ``MAIL``, ``RCPT``, ``DATA``, ``inside`` (after
        354), ``taken`` or ``lost`` (after the final dot), where it hangs up, or falls silent when
        ``silent``.
    answers
        A command, ``.`` for the end of the data, or an address, with what it answers instead.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.sessions = 0
        self.stage = ""
        self.silent = False
        self.answers: dict[str, str] = {}
        self.gone = threading.Event()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The answer to one recipient."""
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The answer to a whole message."""
        answer = self.answers.get(".", "250 OK")
        if answer.startswith("25") and self.stage != "lost":
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.envelopes.append(envelope)
        if self.stage in {"taken", "lost"}:
            await self.misbehave(server)
        return answer

    async def misbehave(self, server: SMTP) -> None:
        """Hangs up, or says nothing for a while."""
        if self.silent:
            await asyncio.sleep(2)
        assert server.transport is not None
        hang_up(server.transport)
        self.gone.set()


def hang_up(transport: Any) -> None:
    """Resets the connection."""
    line = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


class Clerk(SMTP):
    """The protocol of one connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts, and may hang up at once."""
        office: PostOffice = self.event_handler
        office.sessions += self.transport is None  # after STARTTLS it is the same session
        if office.stage == "greeting" and not office.silent:
            hang_up(transport)
        super().connection_made(transport)

    async def _at(self, stage: str, go_on: Callable[[str | None], Any], arg: str | None) -> None:
        office: PostOffice = self.event_handler
        if office.stage == stage:
            await office.misbehave(self)
        elif stage in office.answers:
            await self.push(office.answers[stage])
        else:
            await go_on(arg)

    async def smtp_EHLO(self, arg: str | None) -> None:
        await self._at("EHLO", super().smtp_EHLO, arg)

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        await self._at("STARTTLS", super().smtp_STARTTLS, arg)

    async def smtp_AUTH(self, arg: str | None) -> None:
        await self._at("AUTH", super().smtp_AUTH, arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        await self._at("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        await self._at("RCPT", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg: str | None) -> None:
        if self.event_handler.stage == "inside":
            await self.push("354 go on")
            await self.event_handler.misbehave(self)
        else:
            await self._at("DATA", super().smtp_DATA, arg)


class House(Controller):
    """A server on a free port of this machine."""

    def factory(self) -> SMTP:
        return Clerk(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _knows(_: SMTP, __: Session, ___: Envelope, ____: str, data: Any) -> AuthResult:
    right = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=data == right)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """The file of a made-up authority, and a server's end with a certificate of it."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return path, context


Opens = Callable[..., tuple[PostOffice, str]]


@pytest.fixture
def opens(authority: tuple[Path, ssl.SSLContext]) -> Iterator[Opens]:
    """Opens a post office; gives it with its address. ``tls`` as in the adapter: ``start``,
    ``whole`` or ``none``; more goes to aiosmtpd."""
    # The server writes what it gets in a log, which is not ours to judge.
    log = logging.getLogger("mail.log")
    before, log.disabled = log.disabled, True
    with ExitStack() as stack:
        stack.callback(setattr, log, "disabled", before)

        def start(tls: str = "none", **more: Any) -> tuple[PostOffice, str]:
            office = PostOffice()
            if tls == "start":
                more["tls_context"] = authority[1]
            if tls == "whole":
                more["ssl_context"] = authority[1]
            house = House(office, hostname="127.0.0.1", port=0, **{"enable_SMTPUTF8": True, **more})
            house.start()
            stack.callback(house.stop, no_assert=True)
            office.sessions = 0
            return office, f"{'smtps' if tls == 'whole' else 'smtp'}://127.0.0.1:{house.port}"

        yield start


@pytest.fixture
def server_login() -> dict[str, Any]:
    """For a server that wants a login, after TLS."""
    return {"authenticator": _knows, "auth_required": True}


@pytest.fixture
def login(authority: tuple[Path, ssl.SSLContext]) -> dict[str, Any]:
    """The settings for such a server."""
    return {"user": USER, "password": Secret(PASSWORD), "ca_file": authority[0]}


@pytest.fixture
def make_sink() -> Callable[..., MailSink]:
    """Makes a sink for an address, with more settings; it does not wait long."""

    def make(url: str, *, patience: float = 2.0, **more: Any) -> MailSink:
        settings = {"sender": "leren@korenaar.example", "sender_name": "De Korenaar", **more}
        return MailSink(
            MailSettings(url=url, **settings), patience=Patience(patience, patience, patience)
        )

    return make
