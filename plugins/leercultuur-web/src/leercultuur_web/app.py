"""The application: which page is where, and what every page goes through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from threading import Lock
from typing import Literal

from attrs import evolve, field, frozen
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from leercultuur_core import Engine, StoreError
from leercultuur_core.extension import LANGUAGES

from . import links, page
from .lti import LAUNCH_PATH, LAUNCH_WITHIN, FetchKeys, Lti, person_of
from .security import Guesses, Headers, Refused, from_our_own_page, log, read_form
from .sessions import Ticket, Tickets
from .settings import WebSettings
from .texts import say

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

    @property
    def ticket(self) -> Ticket:
        """The session. Raises `Refused` where nobody is signed in."""
        if self.session is None:
            raise Refused(401, "signed_out")
        return self.session


Page = Callable[["Web", Asked], Response]

Sent = Literal["opened", "signed_in", "page", "elsewhere", "unread"]
"""How a request comes: opened (GET); or sent (POST) by a form of somebody who is signed in, by a page of
ours without a session, from another site, or with a body that is not even read."""


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
            # Never the path of a page that is not there: it is whatever somebody made of it.
            here=asked.request.url.path
            if asked.request.method == "GET" and status < _WRONG
            else "",
            **values,
        )
        return HTMLResponse(content, status)

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


def create_app(
    engine: Engine,
    settings: WebSettings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    fetch_keys: FetchKeys | None = None,
) -> Starlette:
    """The application around an open engine; it does not close it.

    ``settings`` are checked ones (`settings.checked`); ``clock`` gives the moment of each request,
    ``fetch_keys`` a platform's public keys where not over HTTP.
    """
    web = Web(engine, settings, clock=clock, fetch_keys=fetch_keys)

    def route(path: str, sent: Sent, shown: Page) -> Route:
        method = "GET" if sent == "opened" else "POST"
        return Route(path, _endpoint(web, sent, shown), methods=[method])

    routes = [
        route("/", "opened", page.show),
        route("/phase", "signed_in", page.say_phase),
        route("/answer", "signed_in", page.answer),
        route("/consent", "signed_in", page.consent),
        route("/language", "signed_in", page.speak),
        route("/export", "signed_in", page.export),
        route("/erase", "opened", page.ask_erase),
        route("/erase", "signed_in", page.erase),
        route("/sign-out", "signed_in", page.sign_out),
        route("/a/{token}", "opened", links.show_answer),
        route("/a/{token}", "unread", links.use_answer),
        route("/in/{token}", "opened", links.show_sign_in),
        route("/in/{token}", "page", links.use_sign_in),
        route("/lti/login", "opened", _login),
        route("/lti/login", "elsewhere", _login),
        route(LAUNCH_PATH, "elsewhere", _launch),
        Mount("/static", StaticFiles(packages=[(__package__, "static")])),
    ]

    async def failed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        reason = "not_found" if status in {404, 405} else "unexpected"
        return _error(web, Asked(request, clock()), Refused(status, reason))

    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Headers, frames=settings.frames, https=settings.https),
            Middleware(TrustedHostMiddleware, allowed_hosts=[settings.host], www_redirect=False),
        ],
        exception_handlers={HTTPException: failed},
    )


def _endpoint(web: Web, sent: Sent, shown: Page) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        asked = Asked(request, web.clock(), token=request.path_params.get("token", ""))
        try:
            if sent in {"signed_in", "elsewhere"}:
                asked = evolve(asked, form=await read_form(request))
            if sent in {"signed_in", "page"} and not from_our_own_page(request, web.settings.url):
                raise Refused(403, "stale")
            # The engine waits for the disk: not in the loop that serves everybody.
            return await run_in_threadpool(_answered, web, sent, shown, asked)
        except Refused as refused:
            return _error(web, asked, refused)

    return endpoint


def _answered(web: Web, sent: Sent, shown: Page, asked: Asked) -> Response:
    """The page, or the one that says why not. What went wrong is logged by its kind alone: its text
    may hold somebody's data."""
    try:
        token = asked.request.cookies.get(web.cookie("session"), "")
        session = web.tickets.look("session", token, asked.now) if token else None
        chosen = asked.request.query_params.get("lang", "") if sent == "opened" else ""
        asked = evolve(
            asked,
            session=session,
            session_token=token if session else "",
            chosen=chosen if chosen in LANGUAGES else "",
        )
        if sent == "signed_in" and not compare_digest(
            asked.form.get("csrf", "").encode(), asked.ticket.csrf.encode()
        ):
            raise Refused(403, "stale")
        return shown(web, asked)
    except Refused as refused:
        return _error(web, asked, refused)
    except StoreError as error:
        log.warning("store: %s", error.trouble)
        return _error(web, asked, Refused(503, "busy"))
    except Exception as error:  # noqa: BLE001 - a page never shows or logs what went wrong inside
        log.error("%s: %s", shown.__name__, type(error).__name__)
        return _error(web, asked, Refused(500, "unexpected"))


def _error(web: Web, asked: Asked, refused: Refused) -> Response:
    return web.page("error.html", asked, status=refused.status, reason=refused.reason)


def _login(web: Web, asked: Asked) -> Response:
    fields = asked.form or dict(asked.request.query_params)
    cookie = asked.request.cookies.get(web.cookie("launch"), "")
    login = web.lti.login(fields, cookie, asked.now)
    response = RedirectResponse(login.address, 303)
    return web.with_cookie(response, "launch", login.browser, LAUNCH_WITHIN)


def _launch(web: Web, asked: Asked) -> Response:
    cookie = asked.request.cookies.get(web.cookie("launch"), "")
    launched = web.lti.launch(asked.form, cookie, asked.now)
    person = person_of(launched, web.engine.find, asked.now)
    return web.begin(asked, person, launched.language)
