"""The application: which page is where, and what every page goes through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hmac import compare_digest

from attrs import evolve
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from leercultuur_core import Engine, StoreError
from leercultuur_core.extension import LANGUAGES

from . import links, organisation, own, team, validation
from .api.application import PATH, create_api
from .api.problems import nowhere
from .lti import LAUNCH_PATH, LAUNCH_WITHIN, FetchKeys, person_of
from .security import Headers, Refused, from_our_own_page, log, read_form
from .settings import WebSettings
from .web import Asked, At, Page, Sent, Web


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

    routes = [Route(one.path, _endpoint(web, one), methods=_methods(one)) for one in _PAGES]
    routes_and_looks = [
        *routes,
        Mount(PATH, create_api(web)),
        Mount("/static", StaticFiles(packages=[(__package__, "static")])),
    ]

    async def failed(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(f"{PATH}/"):
            return nowhere()
        status = error.status_code if isinstance(error, HTTPException) else 500
        reason = "not_found" if status in {404, 405} else "unexpected"
        return _error(web, Asked(request, clock()), Refused(status, reason))

    return Starlette(
        routes=routes_and_looks,
        middleware=[
            Middleware(Headers, frames=settings.frames, https=settings.https),
            Middleware(TrustedHostMiddleware, allowed_hosts=[settings.host], www_redirect=False),
        ],
        exception_handlers={HTTPException: failed},
    )


def _methods(one: At) -> list[str]:
    return ["GET" if one.sent == "opened" else "POST"]


def _endpoint(web: Web, one: At) -> Callable[[Request], Awaitable[Response]]:
    sent, shown = one.sent, one.page

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


_PAGES = (
    *own.PAGES,
    *links.PAGES,
    *team.PAGES,
    *validation.PAGES,
    *organisation.PAGES,
    At("/lti/login", "opened", _login),
    At("/lti/login", "elsewhere", _login),
    At(LAUNCH_PATH, "elsewhere", _launch),
)
