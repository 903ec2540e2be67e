"""Hands messages to a mail server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import ClassVar

from leercultuur_core import AccessDenied, Finding, Message, Receipt, Sink, SourceUnavailable
from leercultuur_core.extension import Delivery

from .letter import LARGEST, letter
from .mailbox import mailbox
from .session import Patience, Session
from .settings import MailSettings, understood


def _now() -> datetime:
    return datetime.now(UTC).astimezone()


class MailSink(Sink):
    """Each message as one mail, whatever the number of its prompts.

    SMTP has no way to ask what arrived, and a server does not know a mail that comes twice: delivery
    is ``at_most_once``. What may have gone out without an answer gets no receipt.
    """

    name = "mail"
    settings = MailSettings
    delivery: ClassVar[Delivery] = "at_most_once"

    def __init__(
        self,
        settings: MailSettings,
        *,
        patience: Patience | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Raises `ConfigError` with every problem of the settings at once.

        ``patience`` and ``clock`` (an aware moment) are for tests.
        """
        super().__init__(settings)
        self._patience = patience or Patience()
        self._clock = clock
        self._server, self._sender = understood(settings)

    def check(self) -> Iterable[Finding]:
        """Whether the server lets us in and takes mail from the sender; sends none."""
        try:
            with Session(self._server, self._patience) as session:
                session.may_send_as(self._sender.address.addr_spec)
        except (AccessDenied, SourceUnavailable) as error:
            yield Finding("problem", f"{self.name}: {error}", "docs/adapters/mail.md")
            return
        yield Finding("ok", f"{self.name}: {self._server.about} takes mail from the sender")
        if self._server.tls == "none" and not self._server.loopback:
            yield Finding(
                "warning",
                f"{self.name}: what goes to {self._server.host} can be read along the way",
                "use smtps://, or smtp:// without plain_smtp",
            )

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Sends the messages in one session, and gives each receipt as soon as the server answers.

        Raises `SourceUnavailable` or `AccessDenied` while it is sure that the first message without a
        receipt did not go out, and another `LeercultuurError` where it may have.
        """
        session: Session | None = None
        with ExitStack() as stack:
            for message in messages:
                recipient = message.recipient
                written = recipient.addresses.get(self.settings.channel, "")
                to = mailbox(written, recipient.name)
                if to is None:
                    reason = "bad-address" if written else "no-address"
                    yield Receipt(message.id, "refused", reason)
                    continue
                data = letter(message, self._sender, to, at=self._clock())
                if len(data) > LARGEST:
                    yield Receipt(message.id, "refused", "too-large")
                    continue
                if session is None:
                    session = stack.enter_context(Session(self._server, self._patience))
                sender = self._sender.address.addr_spec
                outcome = session.hand_over(sender, to.addr_spec, data)
                yield Receipt(message.id, outcome.state, outcome.reason)
