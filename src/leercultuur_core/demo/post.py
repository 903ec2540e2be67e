"""A real mail server on this machine, for the length of a demo: aiosmtpd, which keeps what it gets."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

NEEDED = ("aiosmtpd", "leercultuur_mail")
"""What mail in the demo needs, as it is imported."""


class PostOffice:
    """What came, in the order in which it came; ``url`` is where mail is handed in."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.url = ""

    # The name is one that aiosmtpd looks for.
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802
        """Keeps a mail."""
        mail = message_from_bytes(envelope.content, policy=default)
        if isinstance(mail, EmailMessage):
            self.mails.append(mail)
        return "250 OK"


def lacking() -> tuple[str, ...]:
    """The packages, by the name they are installed by, that mail in the demo still needs."""
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    return tuple(name.replace("_", "-") for name in absent)


@contextmanager
def open_post_office(office: PostOffice) -> Iterator[PostOffice]:
    """Serves ``office`` on a free port of 127.0.0.1 while the block lasts. Raises
    `ModuleNotFoundError` where aiosmtpd is not installed."""
    from aiosmtpd.controller import Controller  # noqa: PLC0415 - only where there is mail

    class OnFreePort(Controller):
        def _trigger_server(self) -> None:
            # It looks whether the server answers, at the port that it was given: none yet.
            self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
            super()._trigger_server()  # type: ignore[no-untyped-call]

    # It writes what it gets in a log; that is mail.
    log = logging.getLogger("mail.log")
    before, log.disabled = log.disabled, True
    server = OnFreePort(office, hostname="127.0.0.1", port=0, enable_SMTPUTF8=True)
    try:
        server.start()
        office.url = f"smtp://127.0.0.1:{server.port}"
        yield office
    finally:
        server.stop(no_assert=True)
        log.disabled = before


__all__ = ["NEEDED", "PostOffice", "lacking", "open_post_office"]
