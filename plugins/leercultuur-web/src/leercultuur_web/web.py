"""What the pages share: who asks, what for, and the looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import field, frozen
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from leercultuur_core import ActsFor, Engine
from leercultuur_core.extension import LANGUAGES, Role

from .lti import FetchKeys, Lti
from .plans import Plans
from .security import Guesses, Refused, log
from .sessions import Ticket, Tickets
from .settings import WebSettings
from .texts import say

SEE_THE_ORGANISATION: frozenset[Role] = frozenset({"hr", "director", "works_council"})
VALIDATE: frozenset[Role] = frozenset(
    {"education_contact", "assessor", "second_assessor", "coach", "issuer"}
)

_WRONG = 400  # the first status that says something went wrong


@frozen
class Asked:
    """One request, with what a page may need of it.

    form
        Its fields, where it is a form; ``token`` is the last part of the address of a link.
    session, session_token
        Whose session it is; ``None`` where nobody is signed in.
    chosen
        The language asked for in the address, ``""`` for none.
    """

    request: Request = field(repr=False)
    now: datetime
    form: Mapping[str, str] = field(factory=dict, repr=False)
    token: str = field(default="", repr=False)
    session: Ticket | None = None
    session_token: str = field(default="", repr=False)
    chosen: str = ""

    def part(self, name: str) -> str:
        """The part of the address that a path calls ``name``."""
        return str(self.request.path_params[name])

    @property
    def ticket(self) -> Ticket:
        """The session. Raises `Refused` where nobody is signed in."""
        if self.session is None:
            raise Refused(401, "signed_out")
        return self.session


Page = Callable[["Web", Asked], Response]

Place = Literal["team", "organisation", "validation"]
"""A part of the pages that is for who acts for others."""

Sent = Literal["opened", "signed_in", "page", "elsewhere", "unread"]
"""How a request comes: opened (GET); or sent (POST) by a form of somebody who is signed in, by a page of
ours without a session, from another site, or with a body that is not even read."""


@frozen
class At:
    """Where a page is, and how it is asked for. ``path`` may hold ``{names}``, for `Asked.part`."""

    path: str
    sent: Sent
    page: Page


class Web:
    """What the pages share: the engine, who is signed in, the words and the looks."""

    def __init__(
        self,
        engine: Engine,
        settings: WebSettings,
        *,
        clock: Callable[[], datetime],
        fetch_keys: FetchKeys | None = None,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.clock = clock
        self.tickets = Tickets(engine.database)
        self.plans = Plans(engine.database)
        self.lti = Lti(settings, fetch_keys)
        self.guesses = Guesses()
        self.one_at_a_time = Lock()
        """Held around verbs of the engine that refuse to run beside another."""
        self._looks = Environment(
            loader=PackageLoader(__package__),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def language(self, asked: Asked) -> str:
        """The language to answer in: asked for, of the session, of the browser, or the
        organisation's."""
        if asked.chosen:
            return asked.chosen
        if asked.session is not None:
            return asked.session.language
        return self.spoken(asked.request.headers.get("accept-language", "")[:2].lower())

    def spoken(self, language: str) -> str:
        """``language`` where we speak it, else the organisation's."""
        return (
            language if language in LANGUAGES else self.engine.configuration.organisation.language
        )

    def page(
        self,
        template: str,
        asked: Asked,
        *,
        language: str = "",
        status: int = 200,
        **values: object,
    ) -> Response:
        """A page from a template."""
        spoken = language or self.language(asked)

        def text(key: str, **more: object) -> str:
            return say(spoken, key, **more)

        content = self._looks.get_template(template).render(
            say=text,
            language=spoken,
            other="en" if spoken == "nl" else "nl",
            organisation=self.engine.configuration.organisation.name,
            session=asked.session,
            places=self.places(asked),
            signed_in_until=self._signed_in_until(asked),
            # Never the path of a page that is not there: it is whatever somebody made of it.
            here=asked.request.url.path
            if asked.request.method == "GET" and status < _WRONG
            else "",
            **values,
        )
        return HTMLResponse(content, status)

    @property
    def longest_session(self) -> timedelta:
        """How long somebody may stay signed in who asks for more time: a day, and at least ten times
        what a session lasts by itself, as WCAG 2.2.1 asks."""
        return max(timedelta(days=1), timedelta(minutes=10 * self.settings.session_minutes))

    def _signed_in_until(self, asked: Asked) -> str:
        """Until when, where somebody may want longer; else ``""``."""
        if asked.session is None or asked.session.expires - asked.now > timedelta(hours=12):
            return ""
        zone = ZoneInfo(self.engine.configuration.organisation.time_zone)
        return f"{asked.session.expires.astimezone(zone):%H:%M}"

    def acts_for(self, asked: Asked) -> ActsFor:
        """What who is signed in acts for. It follows from the directory alone, at each request."""
        return self.engine.acts_for(asked.ticket.person, asked.now)

    def places(self, asked: Asked) -> tuple[Place, ...]:
        """The parts that are for who is signed in; they see only the ways there that they have."""
        if asked.session is None:
            return ()
        acts = self.acts_for(asked)
        may: Mapping[Place, bool] = {
            "team": bool(acts.units),
            "organisation": not acts.roles.isdisjoint(SEE_THE_ORGANISATION),
            "validation": not acts.roles.isdisjoint(VALIDATE),
        }
        return tuple(place for place, allowed in may.items() if allowed)

    def only_for(self, place: Place, asked: Asked) -> None:
        """Raises `Refused` where a part is not for who is signed in; one who is not learns no more
        than that it is not there."""
        if place not in self.places(asked):
            raise Refused(404, "not_found")

    def begin(self, asked: Asked, person: str, language: str) -> Response:
        """Begins a new session for a person (uuid), ends the one there was, and goes to their page."""
        if asked.session_token:
            self.tickets.take("session", asked.session_token, asked.now)
        lifetime = timedelta(minutes=self.settings.session_minutes)
        token = self.tickets.issue(
            "session", person, language=self.spoken(language), now=asked.now, lifetime=lifetime
        )
        log.info("signed in")
        return self.with_cookie(RedirectResponse("/", 303), "session", token, lifetime)

    def with_cookie(self, response: Response, name: str, value: str, age: timedelta) -> Response:
        """Sets a cookie that no script reads and no other site gets, inside a frame of an LMS too.

        Written here because Python's own cookies know ``Partitioned`` only from 3.14 on.
        """
        parts = [f"{self.cookie(name)}={value}", "Path=/", "HttpOnly"]
        parts.append(f"Max-Age={int(age.total_seconds())}")
        # In a frame of another site a browser sends only what is marked so; each LMS has its own jar.
        parts += (
            ["Secure", "SameSite=None", "Partitioned"] if self.settings.https else ["SameSite=Lax"]
        )
        response.headers.append("set-cookie", "; ".join(parts))
        return response

    def cookie(self, name: str) -> str:
        """The name of a cookie; the prefix makes a browser refuse one that another host set."""
        return f"{'__Host-' if self.settings.https else ''}leercultuur-{name}"


__all__ = ["Asked", "At", "Page", "Place", "Sent", "Web"]
