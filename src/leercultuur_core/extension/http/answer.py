"""What a server answered, and what that means for whoever asked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
from attrs import field, frozen

from ...errors import AccessDenied, BadRecord, SourceUnavailable

_ABOUT_WHAT_WAS_SENT = frozenset({400, 409, 413, 415, 422})
_DAY = 86_400.0
_NO_DATE = (ValueError, OverflowError, TypeError, IndexError)


@frozen
class Answer:
    """What a server answered, whatever its status.

    ``headers`` have names in lower case; ``retry_after`` is in seconds, where the server named it.
    ``about`` names the request and ``said`` quotes the server, both fit for an error or a log.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    about: str
    said: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    retry_after: float | None = None

    def checked(self) -> Answer:
        """This answer, where its status says that all is well.

        Raises `AccessDenied` (401, 403), `BadRecord` (what was sent is not accepted: 400, 409, 413,
        415 and 422 to anything but a GET) or `SourceUnavailable` (all else).
        """
        if 200 <= self.status < 300:
            return self
        said = f"; it says: {self.said}" if self.said else ""
        if self.status == 401:
            raise AccessDenied(
                f"{self.about}: does not accept the token or password (401){said}", "log in"
            )
        if self.status == 403:
            raise AccessDenied(
                f"{self.about}: does not allow this (403){said}", "read or write this"
            )
        if self.status in _ABOUT_WHAT_WAS_SENT and not self.about.startswith("GET "):
            raise BadRecord(f"{self.about}: does not accept what was sent ({self.status})")
        if self.status in {404, 410}:
            why = f"has nothing at this address ({self.status}); is the url right?"
        elif self.status == 429:
            why = "asks to come back later (429)"
        elif self.status >= 500:
            why = f"cannot answer now ({self.status})"
        else:
            why = f"answered {self.status}"
        raise SourceUnavailable(f"{self.about}: {why}{said}", self.retry_after)

    def json(self, *having: str) -> Any:
        """The body as JSON; an object with the keys ``having``, where some are named.

        Raises `SourceUnavailable` where it is something else.
        """
        text = self.text().strip()
        if not text:
            raise self._unexpected("an empty answer")
        if text.startswith("<"):
            raise self._unexpected(
                "a web page; is the url right, or is the system being maintained?"
            )
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, ValueError):
            value, found = None, "JSON that breaks off or is not well formed"
        else:
            lacking = [key for key in having if not isinstance(value, dict) or key not in value]
            if not lacking:
                return value
            found = f"JSON without {', '.join(lacking)}"
        raise self._unexpected(found)

    def text(self) -> str:
        """The body as text: UTF-8, else the charset the server names.

        In that order, because servers name wrong ones. Raises `SourceUnavailable` where neither
        fits.
        """
        kind = self.headers.get("content-type", "")
        named = kind.partition("charset=")[2].partition(";")[0].strip(" \"'")
        for charset in ("utf-8-sig", named):
            try:
                return self.body.decode(charset or "utf-8")
            except (LookupError, ValueError):
                continue
        raise self._unexpected("text in another character set than UTF-8 or the one it names")

    def _unexpected(self, found: str) -> SourceUnavailable:
        return SourceUnavailable(f"{self.about}: expected JSON, found {found}")


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, from a number or a date; at most a day, ``None`` where there is neither."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value[:18]), _DAY)
    try:
        until = parsedate_to_datetime(value).timestamp()
    except _NO_DATE:
        return None
    # By the server's own clock where it tells, for ours may differ.
    with suppress(*_NO_DATE):
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()
    return min(max(until - now, 0.0), _DAY)
