"""A comment on the recipient's own learning plan.

Others read a plan: who reviews it, and whoever has ``moodle/competency:planview`` for this person. So
only the step stands in the comment, of a prompt about the recipient's own learning, and no way to answer
in their name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from leercultuur_core import BadRecord, SourceUnavailable
from leercultuur_core.extension import Delivery, Finding, Message, Receipt, Sink

from .accounts import Row
from .client import MoodleClient, Value, rows
from .errors import Refused
from .messages import (
    MoodleMessageSettings,
    Unanswered,
    address,
    no_recipient,
    recipients,
    unless_surely_not,
)
from .rights import check
from .words import comment_html, mark

_PLANS = "core_competency_list_user_plans"
_READ = "core_comment_get_comments"
_WRITE = "core_comment_add_comments"
_ACTIVE = 1
_PAGES = 20
"""How many pages of comments (15 each, newest first) are looked through."""


class MoodlePlanComments(Sink):
    """The step as a comment on the active plan that changed last. Moodle notifies its owner."""

    name = "moodle-plan"
    settings: Any = MoodleMessageSettings
    delivery: ClassVar[Delivery] = "lookup"

    @cached_property
    def client(self) -> MoodleClient:
        """The site."""
        return MoodleClient(self.settings)

    def check(self) -> Iterable[Finding]:
        """Whether plans are seen and may be commented on; writes nothing."""
        yield from check(self.client, self.settings, ("comments",))

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Writes a comment for each. Raises as `MoodleMessages.deliver` does."""
        known = recipients(self.client, messages)
        for message in messages:
            yield self._elsewhere(message) or no_recipient(message, known) or self._write(message)

    def find(self, message: Message) -> Receipt | None:
        """Whether the comment is there, on any plan of this person."""
        number = address(message)
        if not number:
            return Receipt(message.id, "refused", "no-address")
        found = any(
            mark(message) in str(comment.get("content"))
            for plan in self._plans(number)
            for comment in self._comments(plan["id"], number)
        )
        return Receipt(message.id, "sent") if found else None

    @staticmethod
    def _elsewhere(message: Message) -> Receipt | None:
        """What is about others, or for a role, does not belong on somebody's own plan."""
        own = all(
            one.subject == one.recipient and one.recipient_role == "worker"
            for one in message.prompts
        )
        return None if own else Receipt(message.id, "refused", "not-their-own")

    def _write(self, message: Message) -> Receipt:
        try:
            plan = self._active_plan(address(message))
            if plan is None:
                return Receipt(message.id, "refused", "no-plan")
            return self._comment(message, plan)
        except BadRecord:
            return Receipt(message.id, "failed", "not-accepted")
        except Refused as refused:
            if refused.kind == "forbidden":
                return Receipt(message.id, "failed", "not-allowed")
            raise

    def _active_plan(self, number: int) -> int | None:
        """The active plan of this person that changed last."""
        active = [one for one in self._plans(number) if one.get("status") == _ACTIVE]
        if not active:
            return None
        return int(max(active, key=lambda one: (one.get("timemodified") or 0, one["id"]))["id"])

    def _comment(self, message: Message, plan: int) -> Receipt:
        page = f"{self.settings.url.rstrip('/')}/admin/tool/lp/plan.php?id={plan}"
        where = _where(plan, address(message))
        comment = {**where, "content": comment_html(message, page)}
        try:
            (_,) = rows(self.client.write(_WRITE, comments=[comment]), "", _WRITE)
        except Refused as refused:
            return unless_surely_not(message, refused, _WRITE)
        except (SourceUnavailable, ValueError):
            raise Unanswered(_WRITE) from None
        return Receipt(message.id, "sent")

    def _plans(self, number: int) -> list[Row]:
        """The person's plans. Raises `Refused` where they may not be seen."""
        try:
            return rows(self.client.read(_PLANS, userid=number), "", _PLANS)
        except Refused as refused:
            if refused.kind == "absent":
                return []
            raise

    def _comments(self, plan: int, number: int) -> Iterator[Row]:
        for page in range(_PAGES):
            answer = self.client.read(_READ, **_where(plan, number), page=page)
            found = rows(answer, "comments", _READ)
            yield from found
            if not found or len(found) < (answer.get("perpage") or len(found) + 1):
                return


def _where(plan: int, number: int) -> Mapping[str, Value]:
    return {
        "contextlevel": "user",
        "instanceid": number,
        "component": "competency",
        "itemid": plan,
        "area": "plan",
    }
