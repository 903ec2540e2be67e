"""What may be done with somebody's data, how they are reached, and the data themselves."""

from __future__ import annotations

import json
from datetime import timedelta

from attrs import evolve
from starlette.responses import RedirectResponse, Response

from leercultuur_core.extension import LANGUAGES

from ..security import Refused
from ..web import Asked, At, Web
from .shared import open_page


def consent(web: Web, asked: Asked) -> Response:
    """Notes a yes or a no; a no takes effect at once."""
    purpose, given = asked.form.get("purpose", ""), asked.form.get("given", "")
    offered = {one.purpose for one in open_page(web, asked).choices}
    if purpose not in offered or given not in {"yes", "no"}:
        raise Refused(400, "no_form")
    web.engine.consent(asked.ticket.person, purpose, given == "yes", asked.now)
    return RedirectResponse("/?noted=consent", 303)


def channel(web: Web, asked: Asked) -> Response:
    """Notes on which channel somebody wants messages first; none is as the organisation has it."""
    chosen = asked.form.get("channel", "")
    if chosen and chosen not in {one.name for one in open_page(web, asked).channels}:
        raise Refused(400, "no_form")
    web.engine.choose_channels(asked.ticket.person, [chosen] if chosen else [], asked.now)
    return RedirectResponse("/?noted=channel", 303)


def speak(web: Web, asked: Asked) -> Response:
    """Changes the language."""
    language = asked.form.get("language", "")
    if language not in LANGUAGES:
        raise Refused(400, "no_form")
    web.tickets.speak(asked.session_token, language)
    return RedirectResponse("/", 303)


def export(web: Web, asked: Asked) -> Response:
    """Everything that is kept of somebody, as a file."""
    found = web.engine.export(asked.ticket.person, asked.now, by="self")
    content = json.dumps(found, ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": 'attachment; filename="leercultuur.json"'}
    return Response(content, media_type="application/json", headers=headers)


def ask_erase(web: Web, asked: Asked) -> Response:
    """Says what an erase does, with a button."""
    return web.page("erase.html", asked, whose=asked.ticket)


def erase(web: Web, asked: Asked) -> Response:
    """Forgets somebody, and signs them out everywhere. While the night's run is at work that is done by
    the next run, and the page says so in as many words."""
    language, person = web.language(asked), asked.ticket.person
    try:
        with web.one_at_a_time:
            done = web.engine.ask_erase(person, asked.now)
    except KeyError:
        raise Refused(401, "signed_out") from None
    web.tickets.end_all(person)
    shown = web.page("erased.html", _signed_out(asked), language=language, erased=done)
    return _without_session(web, shown)


def stay(web: Web, asked: Asked) -> Response:
    """Lets the session last a day, for whoever needs more time than it gives (WCAG 2.2.1)."""
    lifetime = web.longest_session
    web.tickets.lengthen(asked.session_token, asked.now + lifetime)
    response = RedirectResponse("/?noted=stay", 303)
    return web.with_cookie(response, "session", asked.session_token, lifetime)


def sign_out(web: Web, asked: Asked) -> Response:
    """Ends the session."""
    language = web.language(asked)
    web.tickets.take("session", asked.session_token, asked.now)
    shown = web.page("signed_out.html", _signed_out(asked), language=language)
    return _without_session(web, shown)


def _signed_out(asked: Asked) -> Asked:
    return evolve(asked, session=None, session_token="")


def _without_session(web: Web, response: Response) -> Response:
    return web.with_cookie(response, "session", "", timedelta())


PAGES = (
    At("/consent", "signed_in", consent),
    At("/channel", "signed_in", channel),
    At("/language", "signed_in", speak),
    At("/export", "signed_in", export),
    At("/erase", "opened", ask_erase),
    At("/erase", "signed_in", erase),
    At("/stay", "signed_in", stay),
    At("/sign-out", "signed_in", sign_out),
)

__all__ = ["PAGES"]
