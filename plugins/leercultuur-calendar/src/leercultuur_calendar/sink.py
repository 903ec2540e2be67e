"""Puts messages in calendars.

The talking goes through the core's `HttpClient`: it keeps credentials at their host and people out of
errors, and bounds every wait. The package ``caldav`` brings a client of its own that promises neither,
for discovery and searching that one PUT has no use for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import ClassVar
from urllib.parse import quote

from leercultuur_core import (
    AccessDenied,
    Finding,
    HttpClient,
    LeercultuurError,
    Message,
    Receipt,
    Sink,
    SourceUnavailable,
)
from leercultuur_core.extension import Delivery
from leercultuur_core.extension.http import Answer, Limits

from . import event
from .settings import CalendarSettings, understood

_TYPE = "text/calendar; charset=utf-8"
_WHO_AM_I = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>'
)


def _now() -> datetime:
    return datetime.now(UTC)


class CalendarSink(Sink):
    """Each message as one appointment with itself: no guests, no organiser, no alarm, nobody's time
    taken.

    Its UID and its place follow from the message, so sending it again makes no second one. What
    somebody changed in it is theirs: it is not moved back and not written over.
    """

    name = "calendar"
    settings = CalendarSettings
    delivery: ClassVar[Delivery] = "idempotent"

    def __init__(self, settings: CalendarSettings, *, clock: Callable[[], datetime] = _now) -> None:
        """Raises `ConfigError` with every problem of the settings at once. ``clock`` (an aware
        moment) is for tests."""
        super().__init__(settings)
        self._calendars, self._zone = understood(settings)
        self._clock = clock
        self._about = f"the calendars at {self._calendars.base}"
        self.http  # noqa: B018 - an address or password that cannot be used is found at once

    @cached_property
    def http(self) -> HttpClient:
        """A client for the server, logged in."""
        return HttpClient(
            self._calendars.base,
            login=(self.settings.user, self.settings.password),
            headers={"Accept": "text/calendar"},
            plain_http=self.settings.plain_http,
            agent=f"leercultuur-{self.name}",
            # The client says in its log what it asks again, with the address, and that names somebody.
            limits=Limits(attempts=1),
        )

    def check(self) -> Iterable[Finding]:
        """Whether the server lets us in. Of single calendars it asks nothing."""
        try:
            answer = self.http.send(
                "PROPFIND",
                content=_WHO_AM_I,
                headers={"Depth": "0", "Content-Type": "application/xml", "Accept": "*/*"},
            )
            if answer.status == 404:
                hint = "who may write in whose calendar shows at the first delivery"
                yield Finding("warning", f"{self.name}: {self._calendars.base} has no page", hint)
                return
            answer.checked()
        except LeercultuurError as error:
            yield Finding("problem", f"{self.name}: {error}", "docs/adapters/calendar.md")
            return
        if answer.status == 207:
            yield Finding("ok", f"{self.name}: the server lets us in")
        else:
            yield Finding(
                "problem",
                f"{self.name}: expected a CalDAV server (207), found an answer {answer.status}",
                "is the url right?",
            )

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Puts an appointment in each recipient's calendar.

        Raises `AccessDenied` where the server does not know us, or refuses two calendars in a row;
        `SourceUnavailable` where it does not answer, or fails at two in a row.
        """
        before = 0
        for message in messages:
            where = self._where(message)
            if isinstance(where, Receipt):
                yield where
                continue
            if message.moment is None:
                yield Receipt(message.id, "failed", "no-moment")
                continue
            answer = self._put(where, message, message.moment)
            if isinstance(answer, Answer):
                receipt = _receipt(message.id, answer)
                if receipt is None or (answer.status in {403, 500} and answer.status == before):
                    raise self._refused(answer)
                before = answer.status
            else:
                receipt, before = answer, 0
            yield receipt

    def withdraw(self, message: Message) -> Receipt | None:
        """Takes the appointment out of the calendar, also where it was moved; what somebody wrote in
        it themselves stays. Nothing there is fine too.

        Deleted, not marked as cancelled: nobody else was invited who would have to be told, and many
        programs keep showing what was cancelled.
        """
        where = self._where(message)
        if isinstance(where, Receipt):
            return where
        answer = self._ask("GET", where)
        if answer.status in {404, 410}:
            return Receipt(message.id, "sent", "already-gone")
        if answer.status != 200:
            raise self._refused(answer)
        there = event.read(answer.body, message)
        if there is None:
            return Receipt(message.id, "failed", "not-understood")
        if there.rewritten:
            return Receipt(message.id, "sent", "changed-by-hand")
        answer = self._ask("DELETE", where, _if_unchanged(answer))
        if answer.status in {404, 410}:
            return Receipt(message.id, "sent", "already-gone")
        if answer.status == 412:
            return Receipt(message.id, "failed", "changed-meanwhile")
        if answer.status not in {200, 202, 204}:
            raise self._refused(answer)
        return Receipt(message.id, "sent")

    # -- one appointment -------------------------------------------------------------------------

    def _put(self, where: str, message: Message, moment: datetime) -> Answer | Receipt:
        """What became of it; an answer where the server refused the appointment."""
        wanted = event.appointment(
            message,
            moment,
            zone=self._zone,
            duration=self.settings.duration,
            links=self.settings.links,
        )
        body = event.written(wanted, at=self._clock())
        answer = self._send(where, body, {"If-None-Match": "*"})
        if answer.status in {201, 204}:
            return Receipt(message.id, "sent")
        if _is_elsewhere(answer):
            # Its UID is in this calendar under another name: a program moved it, or renamed it.
            return Receipt(message.id, "sent", "already-there")
        if answer.status != 412:
            return answer
        return self._again(where, message, wanted)

    def _again(self, where: str, message: Message, wanted: event.Appointment) -> Answer | Receipt:
        """Of an appointment that is there: brings it up to date, unless somebody changed it."""
        answer = self._ask("GET", where)
        if answer.status in {404, 410}:  # removed this very moment
            return Receipt(message.id, "failed", "changed-meanwhile")
        if answer.status != 200:
            return answer
        there = event.read(answer.body, message)
        if there is None:
            return Receipt(message.id, "failed", "not-understood")
        if there.moved or there.rewritten or there.fits(wanted):
            return Receipt(message.id, "sent", "already-there")
        body = event.rewritten(there, wanted, at=self._clock())
        answer = self._send(where, body, _if_unchanged(answer))
        if answer.status == 412:  # somebody was at it this very moment
            return Receipt(message.id, "sent", "already-there")
        return Receipt(message.id, "sent") if answer.status in {200, 201, 204} else answer

    def _send(self, where: str, body: bytes, headers: dict[str, str]) -> Answer:
        return self._ask("PUT", where, {"Content-Type": _TYPE, **headers}, body)

    def _where(self, message: Message) -> str | Receipt:
        """The address of the message's appointment, or why there is none."""
        written = message.recipient.addresses.get(self.settings.channel, "")
        calendar = self._calendars.address(written) if written else None
        if calendar is None:
            return Receipt(message.id, "refused", "bad-address" if written else "no-address")
        return f"{calendar}leercultuur-{quote(message.id, safe='')}.ics"

    def _ask(
        self,
        method: str,
        where: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """An answer. An address holds a user name, so no error says where exactly it went wrong."""
        try:
            return self.http.send(method, where, content=body, headers=headers)
        except SourceUnavailable as error:
            what = str(error).partition(": ")[2]
            raise SourceUnavailable(f"{self._about}: {what}", error.retry_after) from None

    def _refused(self, answer: Answer) -> LeercultuurError:
        """The error for an answer that is about every message."""
        status = answer.status
        if status == 401:
            return AccessDenied(
                f"{self._about}: does not accept the user and password (401)", "log in"
            )
        if status == 403:
            return AccessDenied(
                f"{self._about}: the user may not write in these calendars (403)",
                "write in calendars",
            )
        if 200 <= status < 300:
            why = f"expected a CalDAV server (201 or 204), found an answer {status}; is the url right?"
        else:
            why = f"cannot take appointments now ({status})"
        return SourceUnavailable(f"{self._about}: {why}", answer.retry_after)


def _if_unchanged(answer: Answer) -> dict[str, str]:
    """So that what somebody changes this very moment is not lost."""
    tag = answer.headers.get("etag", "")
    # A weak one never matches in If-Match (RFC 9110, 13.1.1).
    return {"If-Match": tag} if tag.startswith('"') else {}


def _is_elsewhere(answer: Answer) -> bool:
    return answer.status in {403, 409} and b"no-uid-conflict" in answer.body


def _receipt(message: str, answer: Answer) -> Receipt | None:
    """What a refusal says about one message; ``None`` where it says something about them all."""
    status = answer.status
    if status in {404, 405, 409, 410}:
        return Receipt(message, "refused", "no-calendar")
    if status == 403:
        # Not refused: the owner, or who manages the server, can still give the right.
        return Receipt(message, "failed", "not-allowed")
    if status in {400, 413, 415, 422}:
        return Receipt(message, "refused", "not-accepted")
    if status == 423:
        return Receipt(message, "failed", "locked")
    if status == 507:
        return Receipt(message, "failed", "calendar-full")
    if status == 500:
        return Receipt(message, "failed", "server-error")
    return None
