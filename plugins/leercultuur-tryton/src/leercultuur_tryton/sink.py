"""Puts a message among the recipient's own notifications in Tryton.

Not in a note. A note on an employee can be read by everybody who can read the employee, which in Tryton
is every user; and to make one, leercultuur would need the right to change employees. A notification is
for one user: the record rule "Own notification" keeps it from all others, whatever their groups. Two
see more: who is in the rule "Any notification", and users with Tryton's mark *administrator*, for whom
no record rule holds. So a text that should reach nobody else does not belong in Tryton.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any, ClassVar

from leercultuur_core import AccessDenied, BadRecord, SourceUnavailable
from leercultuur_core.extension import Delivery, Finding, Message, Receipt, Sink

from .client import Tryton
from .people import CHANNEL
from .settings import TrytonSettings

_LABELS = {"nl": "Een kleine stap", "en": "A small step"}
_MODEL = "res.notification"
_HINT = (
    "in Tryton, give the user's group read and create on Notification (Administration, Models, "
    'Access) and put the group in the record rule "Any notification"'
)


class TrytonNotifications(Sink):
    """Messages as notifications, which colleagues, managers and HR cannot read (8.2).

    The recipient needs an address of the kind ``tryton``, as `TrytonPeople` gives, and a user that
    is linked to the employee.
    """

    name = "tryton"
    settings: Any = TrytonSettings
    delivery: ClassVar[Delivery] = "lookup"

    @cached_property
    def tryton(self) -> Tryton:
        """The session."""
        return Tryton(self.settings, self.http)

    def check(self) -> Iterable[Finding]:
        """Whether the user gets in and may make notifications; makes none."""
        entrance = self.tryton.look()
        yield entrance
        if entrance.level == "problem":
            return
        try:
            rights = self.tryton.model("ir.model.access", "get_access", [_MODEL])
        except (AccessDenied, SourceUnavailable) as error:
            yield Finding("problem", str(error), _HINT)
            return
        own = rights.get(_MODEL, {}) if isinstance(rights, dict) else {}
        if own.get("create") and own.get("read"):
            yield Finding("ok", "tryton: notifications can be made")
        else:
            yield Finding("problem", "tryton: this user may not make notifications", _HINT)

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Makes a notification for each. Raises `AccessDenied` or `SourceUnavailable`."""
        for message in messages:
            try:
                receipt = self._send(message)
            except BadRecord:
                receipt = Receipt(message.id, "failed", "not-accepted")
            yield receipt

    def find(self, message: Message) -> Receipt | None:
        """Whether the notification is there, by the mark at its end: also when it was read, and when
        the recipient has another user by now, or none."""
        domain = [["description", "like", f"%{_marker(message)}"]]
        return Receipt(message.id, "sent") if self.tryton.count(_MODEL, domain) else None

    def _send(self, message: Message) -> Receipt:
        user = self._user(message)
        if isinstance(user, Receipt):
            return user
        self.tryton.create(
            _MODEL,
            {
                "user": user,
                "label": _LABELS[message.recipient.language],
                "description": f"{_text(message)} {_marker(message)}",
            },
        )
        return Receipt(message.id, "sent")

    def _user(self, message: Message) -> int | Receipt:
        """The recipient's user in Tryton, or why there is none."""
        address = message.recipient.addresses.get(CHANNEL, "")
        if not address.isdecimal():
            return Receipt(message.id, "refused", "no-address")
        rows = self.tryton.read(
            "res.user",
            [["employees", "=", int(address)], ["active", "=", True]],
            ["employees"],
            "id ASC",
            limit=2,
        )
        # A user who acts for several employees is not one person's.
        own = [row["id"] for row in rows if row.get("employees") == [int(address)]]
        if len(own) != 1:
            return Receipt(message.id, "refused", "no-user" if not own else "several-users")
        return int(own[0])


def _text(message: Message) -> str:
    """The message on one line, as the field wants it."""
    words = " ".join(prompt.text for prompt in message.prompts).replace("**", "")
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def _marker(message: Message) -> str:
    """What tells this message from others: 12 hexadecimal digits between brackets."""
    return f"[{blake2b(message.id.encode(), digest_size=6).hexdigest()}]"
