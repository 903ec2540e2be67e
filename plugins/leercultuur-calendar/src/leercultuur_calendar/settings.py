"""The settings, and what they come down to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from leercultuur_core import ConfigError, Problem, Secret

_LONGEST = timedelta(hours=8)


@frozen
class CalendarSettings:
    """Where people's calendars are, and how an appointment looks.

    url
        Where a person's calendar is, with ``{user}`` where their address in the directory goes:
        ``https://agenda.korenaar.example/{user}/werk/``. Without ``{user}`` it is the server, and an
        address in the directory is the whole address of a calendar there.
    user, password
        An account that may write in these calendars.
    time_zone
        The organisation's, such as ``Europe/Amsterdam``: what a calendar shows when it is looked at
        from elsewhere.
    duration
        How long an appointment takes.
    channel
        The kind of address in the directory that leads to a calendar.
    links
        Put the addresses to answer on in the appointment. Who can read all of a calendar can use
        them, so leave this out where calendars are shared.
    plain_http
        Allow ``http://`` to other machines than this one.
    """

    url: str
    user: str
    password: Secret = field(repr=False)
    time_zone: str = "Europe/Amsterdam"
    duration: timedelta = timedelta(minutes=15)
    channel: str = "calendar"
    links: bool = False
    plain_http: bool = False


@frozen
class Calendars:
    """Where calendars are: the address of the server up to the first ``{user}``, and what follows."""

    base: str
    rest: str
    """With ``{user}``; empty where addresses in the directory are whole."""

    def address(self, written: str) -> str | None:
        """The address of the calendar that ``written`` in the directory leads to, with a slash at its
        end; ``None`` where it is no calendar of this server."""
        if not written.isprintable() or any(c in written for c in "\\?#"):
            return None
        if "://" in written:
            here, there = urlsplit(self.base), urlsplit(written)
            same = (here.scheme, here.netloc.lower()) == (there.scheme, there.netloc.lower())
            # Clients leave such parts out, encoded or not, and come out somewhere else.
            if not same or any(unquote(part) in {".", ".."} for part in there.path.split("/")):
                return None
            return quote(written.rstrip("/"), safe=":/@%~!$&'()*+,;=[]") + "/"
        if not self.rest or "/" in written or written in {".", ".."}:
            return None
        path = self.rest.replace("{user}", quote(written, safe="@"))
        return f"{self.base}{path.rstrip('/')}/"


def understood(settings: CalendarSettings) -> tuple[Calendars, ZoneInfo]:
    """What the settings come down to. Raises `ConfigError` with every problem at once."""
    problems = [*_problems(settings)]
    if problems:
        raise ConfigError("calendar", problems)
    base, rest = _parts(settings.url)
    return Calendars(base, rest), ZoneInfo(settings.time_zone)


def _parts(url: str) -> tuple[str, str]:
    """The address up to the part with ``{user}``, and what follows."""
    before, found, _ = url.partition("{user}")
    base = before[: before.rindex("/") + 1] if found and "/" in before else url
    return base, url[len(base) :]


def _problems(settings: CalendarSettings) -> Iterator[Problem]:
    expected = "an address such as https://agenda.korenaar.example/{user}/werk/"
    try:
        host = urlsplit(_parts(settings.url)[0]).netloc
    except ValueError:
        host = ""
    if not host or set("{}") & set(settings.url.replace("{user}", "")):
        # Not shown: it may hold a password.
        yield Problem("url", expected, "another text", "{user} stands for a part of the path")
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem(
            "time_zone",
            "a time zone such as Europe/Amsterdam",
            f'"{settings.time_zone[:40]}"',
            "the name is from the IANA list; on Windows: pip install tzdata",
        )
    if not timedelta(minutes=1) <= settings.duration <= _LONGEST:
        yield Problem("duration", 'from "1m" to "8h"', str(settings.duration))
    if not settings.user or ":" in settings.user:
        yield Problem(
            "user", 'a user name without ":"', "none" if not settings.user else "one with"
        )
