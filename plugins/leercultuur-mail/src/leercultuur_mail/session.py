"""One session with a mail server, and what each of its answers means for a message.

A mail is handed over when the server says yes after the final dot of the data, and not a moment
earlier (RFC 5321, 4.2.5). So each stage has one of three outcomes. An answer is a receipt. A connection
that breaks before the last byte of the final dot has left surely brought nothing: `SourceUnavailable`.
A connection that breaks after it may have: `NoAnswer`, so that nobody sends it again.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Literal, ParamSpec, Self, TypeVar

from attrs import frozen

from leercultuur_core import AccessDenied, LeercultuurError, SourceUnavailable

from .settings import Server

_P = ParamSpec("_P")
_T = TypeVar("_T")

_ENHANCED = re.compile(rb"\s*[245]\.(\d{1,3})\.(\d{1,3})\b")
_GOODBYE = 5.0
_LOG_IN = frozenset({530, 534, 535, 538})
"""Replies that want another login, or one at all (RFC 4954)."""


@frozen
class Patience:
    """Seconds: to get a connection, for an answer, and for the answer to a whole message.

    The last is long, as RFC 5321 (4.5.3.2.6) asks: a server that takes its time there has often
    already accepted the message, and who hangs up too soon never knows.
    """

    connect: float = 10.0
    read: float = 60.0
    accept: float = 600.0


class NoAnswer(LeercultuurError):
    """The whole message went out and no answer came: it may have arrived."""


@frozen
class Outcome:
    """What a server said about one message: the state and reason of its receipt."""

    state: Literal["sent", "refused", "failed"]
    reason: str = ""


class Session:
    """A connection, logged in, for the length of a ``with`` block.

    Raises `SourceUnavailable` or `AccessDenied`. What the server says is in no error: servers quote
    addresses.
    """

    def __init__(self, server: Server, patience: Patience) -> None:
        self._server = server
        self._patience = patience
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def may_send_as(self, sender: str) -> None:
        """Raises where the server takes no mail from ``sender``; sends none."""
        self._mail(sender, [])
        self._surely_not(self._on.rset)

    def hand_over(self, sender: str, recipient: str, data: bytes) -> Outcome:
        """Hands over one message, ``data`` with CRLF line ends.

        Raises `SourceUnavailable` or `AccessDenied` where it surely did not go out, `NoAnswer` where
        nobody can know.
        """
        smtp = self._on
        most = smtp.esmtp_features.get("size", "")
        if most.isdecimal() and 0 < int(most) < len(data):
            return Outcome("refused", "too-large")
        options = [f"size={len(data)}"] if smtp.has_extn("size") else []
        if not recipient.isascii():
            if not smtp.has_extn("smtputf8"):
                return Outcome("refused", "address-not-supported")
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        early = self._mail(sender, options)
        if early is not None:
            return early
        code, said = self._surely_not(smtp.rcpt, recipient)
        if code not in {250, 251, 252}:
            return self._turned_down(code, said)
        code, said = self._surely_not(smtp.docmd, "DATA")
        if code != 354:
            return self._turned_down(code, said)
        # Where this raises, the system did not take the last bytes, and those are the final dot.
        self._surely_not(smtp.send, _dotted(data))
        code, said = self._after_the_dot()
        return Outcome("sent") if code < 300 else self._judged(code, said)

    # -- stages ----------------------------------------------------------------------------------

    def _open(self) -> None:
        server = self._server
        self._smtp = self._surely_not(self._connected)
        self._set_patience(self._patience.read)
        self._greet()
        if server.tls == "start":
            self._start_tls()
        if server.password is not None:
            self._log_in(server.user, server.password.reveal())

    def _connected(self) -> smtplib.SMTP:
        server, seconds = self._server, self._patience.connect
        if server.tls == "whole":
            return smtplib.SMTP_SSL(
                server.host, server.port, timeout=seconds, context=server.context
            )
        return smtplib.SMTP(server.host, server.port, timeout=seconds)

    def _greet(self) -> None:
        code, _ = self._surely_not(self._on.ehlo)
        if not 200 <= code < 300:
            self._refuse_all(code)
            # A server from before 1995 knows the older word only.
            code, _ = self._surely_not(self._on.helo)
        if not 200 <= code < 300:
            raise self._unavailable(f"does not want to talk now ({code})")

    def _start_tls(self) -> None:
        if self._on.has_extn("starttls"):
            self._surely_not(lambda: self._on.starttls(context=self._server.context))
            self._greet()
        elif self._server.must:
            raise SourceUnavailable(
                f"{self._server.about}: offers no encryption (STARTTLS), so nothing was sent; use "
                "smtps://, or set plain_smtp = true where nobody can listen along the way"
            )

    def _log_in(self, user: str, password: str) -> None:
        denied = ""
        try:
            self._on.login(user, password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code // 100 == 4:
                raise self._unavailable("cannot log anybody in now") from None
            denied = f"does not accept the user and password ({error.smtp_code})"
        except smtplib.SMTPNotSupportedError:
            denied = "lets nobody log in here; leave out user and password, or use another port"
        except OSError as error:
            raise self._unavailable(_words(error)) from None
        except ValueError:  # no known way to log in; hashes that this system does not allow
            denied = "offers no way to log in that is known here"
        if denied:
            raise AccessDenied(f"{self._server.about}: {denied}", "log in")

    def _mail(self, sender: str, options: list[str]) -> Outcome | None:
        """``None`` where the server wants to hear more."""
        code, said = self._surely_not(self._on.mail, sender, options)
        if code == 250:
            return None
        self._refuse_all(code)
        if code == 552 or _detail(said) == (3, 4):
            return Outcome("refused", "too-large")
        if code // 100 == 5:
            raise AccessDenied(
                f"{self._server.about}: does not take mail from the sender ({code}); set sender to "
                "an address that this user may send as",
                "send as the sender",
            )
        raise self._unavailable(f"takes no mail now ({code})")

    def _after_the_dot(self) -> tuple[int, bytes]:
        self._set_patience(self._patience.accept)
        answer: tuple[int, bytes] | None = None
        with suppress(OSError):  # all that smtplib raises is one
            answer = self._on.getreply()
        if answer is None or answer[0] // 100 not in {2, 4, 5}:
            raise NoAnswer(
                f"{self._server.about}: the connection broke after the whole message was sent; "
                "whether it arrived stands in the log of the mail server"
            )
        self._set_patience(self._patience.read)
        return answer

    # -- what an answer means --------------------------------------------------------------------

    def _turned_down(self, code: int, said: bytes) -> Outcome:
        """The receipt for a no before the data; makes the session ready for the next message."""
        outcome = self._judged(code, said)
        # A connection that breaks here is found by the next message; this one has its answer.
        with suppress(OSError):
            self._on.rset()
        return outcome

    def _judged(self, code: int, said: bytes) -> Outcome:
        """The receipt for a no; raises where the no is not about this one message."""
        self._refuse_all(code)
        subject, detail = _detail(said)
        if (subject, detail) == (3, 4):
            return Outcome("refused", "too-large")
        if (subject, detail) == (2, 2) or code in {452, 552}:
            return Outcome("failed", "mailbox-full")
        if code // 100 == 4:
            return Outcome("failed", "try-later")
        if code in {550, 551, 553}:
            # 5.1.x is about the address. Servers that say no more mean that too with a bare 550.
            unknown = subject == 1 or (subject == 0 and code == 550)
            return Outcome("refused", "no-such-mailbox" if unknown else "mailbox-refused")
        # Of the rest (554 …) it cannot be said that it is about this recipient: tried again.
        return Outcome("failed", "not-accepted")

    def _refuse_all(self, code: int) -> None:
        if code == 421:
            raise self._unavailable("is closing (421)")
        if code in _LOG_IN:
            raise AccessDenied(f"{self._server.about}: wants a login ({code})", "log in")
        if not 200 <= code < 600:
            raise self._unavailable("does not speak SMTP")

    # -- the connection --------------------------------------------------------------------------

    @property
    def _on(self) -> smtplib.SMTP:
        if self._smtp is None:
            raise self._unavailable("is not connected")
        return self._smtp

    def _surely_not(self, call: Callable[_P, _T], *args: _P.args, **more: _P.kwargs) -> _T:
        """What ``call`` gives; for the stages in which a broken connection brought nothing."""
        try:
            return call(*args, **more)
        except OSError as error:  # all that smtplib and ssl raise is one
            raise self._unavailable(_words(error)) from None

    def _set_patience(self, seconds: float) -> None:
        if self._on.sock is not None:
            self._on.sock.settimeout(seconds)

    def _unavailable(self, why: str) -> SourceUnavailable:
        return SourceUnavailable(f"{self._server.about}: {why}")

    def _close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with suppress(OSError):
            if smtp.sock is not None:
                smtp.sock.settimeout(_GOODBYE)
                smtp.quit()
        smtp.close()


def _words(error: OSError) -> str:
    """What went wrong with a connection, in words of our own: a server's may name somebody."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({error.verify_message}); is the url right? For a "
            "certificate of your own authority set ca_file"
        )
    if isinstance(error, ssl.SSLError):
        return "no safe connection (TLS) could be made; smtps:// is for port 465, smtp:// for 587"
    if isinstance(error, TimeoutError):
        return "did not answer in time"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"does not want to talk now ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPException):
        # smtplib says the same of a time-out and of a connection that was closed.
        return "broke the connection, or did not answer in time, before anything was handed over"
    return f"cannot be reached ({error.strerror or type(error).__name__})"


def _detail(said: bytes) -> tuple[int, int]:
    """Subject and detail of the enhanced status code (RFC 3463); (0, 0) where there is none."""
    found = _ENHANCED.match(said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _dotted(data: bytes) -> bytes:
    """``data`` as it goes over the line, with the final dot (RFC 5321, 4.5.2)."""
    lines = re.sub(rb"(?m)^\.", b"..", data)
    return lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n"
