"""Messages in Moodle itself, from the service user to one person.

Moodle keeps no key of a message: sent twice is delivered twice. So each message bears a mark, and what
may have arrived is looked for before it is sent again. One message a call, since a call with one bad
recipient answers with an error although the others were delivered.

Whether a message was read is not looked at: Moodle tells the sender, but leercultuur has no purpose that
a worker could say yes to for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar

from attrs import frozen

from leercultuur_core import BadRecord, LeercultuurError, SourceUnavailable
from leercultuur_core.extension import Delivery, Finding, Message, Receipt, Sink

from .accounts import CHANNEL, Row, accounts, in_use, is_number
from .client import MoodleClient, Value, rows
from .errors import Refused
from .rights import check
from .settings import MoodleSettings
from .words import mark, message_html

_SEND = "core_message_send_instant_messages"
_LOOK = "core_message_get_messages"
_ABOUT = "core_message_get_member_info"
_HTML = 1
_NEWEST = 100
"""How many of the newest messages to a person are looked through. Their order within a second is not
fixed, so not page by page; at one a week these are two years."""


@frozen
class MoodleMessageSettings(MoodleSettings):
    """How to get in. What reaches people needs no more."""

    channel: ClassVar[str] = CHANNEL


class Unanswered(LeercultuurError):
    """``function`` was called and no clear answer came: it may have been done, and is looked for before
    it is tried again."""

    def __init__(self, function: str) -> None:
        super().__init__(
            f"moodle, {function}: no clear answer came; it may have been done, and is looked for before "
            "it is tried again"
        )


class MoodleMessages(Sink):
    """Messages to people with an address of the kind ``moodle``, as `MoodlePeople` gives.

    Who blocks the service user, takes messages of contacts only, or is suspended gets none. It needs no
    right to override that: see docs/adapters/moodle.md.
    """

    name = "moodle"
    settings: Any = MoodleMessageSettings
    delivery: ClassVar[Delivery] = "lookup"

    @cached_property
    def client(self) -> MoodleClient:
        """The site."""
        return MoodleClient(self.settings)

    def check(self) -> Iterable[Finding]:
        """Whether messages can be sent; sends none."""
        yield from check(self.client, self.settings, ("messages",))

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Sends each in a call of its own.

        Raises `SourceUnavailable` or `AccessDenied` where the first message without a receipt surely did
        not go out, and `Unanswered` where it may have.
        """
        known = recipients(self.client, messages)
        for message in messages:
            yield no_recipient(message, known) or self._send(message, address(message))

    def find(self, message: Message) -> Receipt | None:
        """Whether the message is among those sent to this person, read or not."""
        number = address(message)
        if not number:
            return Receipt(message.id, "refused", "no-address")
        try:
            answer = self.client.read(
                _LOOK,
                useridto=number,
                useridfrom=self.client.site().user,
                type="conversations",
                read=2,
                newestfirst=True,
                limitfrom=0,
                limitnum=_NEWEST,
            )
        except Refused as refused:
            if refused.kind == "absent":
                return Receipt(message.id, "refused", "no-such-user")
            raise
        for one in rows(answer, "messages", _LOOK):
            if any(mark(message) in str(one.get(key)) for key in ("text", "fullmessagehtml")):
                return Receipt(message.id, "sent")
        return None

    def _send(self, message: Message, number: int) -> Receipt:
        one: dict[str, Value] = {
            "touserid": number,
            "text": message_html(message, self.settings.url.rstrip("/")),
            "textformat": _HTML,
            "clientmsgid": mark(message),
        }
        try:
            answer = self.client.write(_SEND, messages=[one])
            (sent,) = rows(answer, "", _SEND, number="msgid")
        except BadRecord:
            return Receipt(message.id, "failed", "not-accepted")
        except Refused as refused:
            return unless_surely_not(message, refused, _SEND)
        except (SourceUnavailable, ValueError):
            raise Unanswered(_SEND) from None
        if sent["msgid"] > 0:
            return Receipt(message.id, "sent")
        return self._turned_down(message, number)

    def _turned_down(self, message: Message, number: int) -> Receipt:
        """Why not. Moodle says it in a translated sentence that names nobody's choice; this asks."""
        try:
            answer = self.client.read(
                _ABOUT,
                referenceuserid=self.client.site().user,
                userids=[number],
                includecontactrequests=False,
                includeprivacyinfo=True,
            )
        except (BadRecord, Refused):
            return Receipt(message.id, "failed", "not-taken")
        about = next(iter(rows(answer, "", _ABOUT)), {})
        if about.get("canmessageevenifblocked") is True:
            return Receipt(message.id, "refused", "blocked")
        if about.get("requirescontact") is True:
            return Receipt(message.id, "refused", "contacts-only")
        # An administrator can mend this, by enrolling the service user.
        return Receipt(message.id, "failed", "no-shared-course")


def address(message: Message) -> int:
    """Moodle's number of the recipient; 0 where there is none."""
    written = message.recipient.addresses.get(CHANNEL, "")
    return int(written) if is_number(written) else 0


def recipients(client: MoodleClient, messages: Sequence[Message]) -> dict[int, Row]:
    """The accounts of the recipients that the service user can see."""
    return accounts(client, filter(None, map(address, messages)))


def no_recipient(message: Message, known: dict[int, Row]) -> Receipt | None:
    """A receipt where the message cannot go to anybody."""
    number = address(message)
    if not number:
        return Receipt(message.id, "refused", "no-address")
    if number not in known:
        # Deleted, or the service user lost a right; only the first is for good.
        return Receipt(message.id, "failed", "not-seen")
    if not in_use(known[number]):
        return Receipt(message.id, "refused", "suspended")
    return None


def unless_surely_not(message: Message, refused: Refused, function: str) -> Receipt:
    """The receipt where Moodle did not take this one.

    Raises ``refused`` where it takes none, `Unanswered` where it may have taken it.
    """
    if refused.kind in {"unfit", "absent"}:
        return Receipt(message.id, "failed", "not-accepted")
    if refused.kind == "unknown":
        raise Unanswered(function) from None
    raise refused
