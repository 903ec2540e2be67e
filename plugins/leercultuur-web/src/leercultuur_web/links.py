"""The pages of links: to answer a step by, to say no to more, and to sign in.

Opening one does nothing, since mail programs and scanners open links too; its button does.
"""

from __future__ import annotations

from starlette.responses import Response

from leercultuur_core import Link

from .security import Refused
from .web import Asked, At, Web

_GONE = 410


def show_answer(web: Web, asked: Asked) -> Response:
    """What the link of a message would do, with a button."""
    link = _read(web, asked, use=False)
    return web.page("link.html", asked, language=link.language, what=link.what)


def use_answer(web: Web, asked: Asked) -> Response:
    """Does it, once. Asks for no token in the form: the link itself is all it takes, and a mail
    program sends this by itself for its own button (RFC 8058)."""
    link = _read(web, asked, use=True)
    return web.page("done.html", asked, language=link.language, what=link.what)


def _read(web: Web, asked: Asked, *, use: bool) -> Link:
    web.guesses.check(asked.request)
    found = (web.engine.use_link if use else web.engine.read_link)(asked.token, asked.now)
    if isinstance(found, Link):
        return found
    if found.reason == "forged":
        web.guesses.wrong(asked.request)
        raise Refused(404, "link_forged")
    raise Refused(_GONE, f"link_{found.reason}")


def show_sign_in(web: Web, asked: Asked) -> Response:
    """A button to sign in with."""
    web.guesses.check(asked.request)
    ticket = web.tickets.look("sign_in", asked.token, asked.now)
    if ticket is None:
        web.guesses.wrong(asked.request)
        raise Refused(404, "sign_in_gone")
    return web.page("sign_in.html", asked, language=asked.chosen or ticket.language)


def use_sign_in(web: Web, asked: Asked) -> Response:
    """Uses the link up and begins a session."""
    web.guesses.check(asked.request)
    ticket = web.tickets.take("sign_in", asked.token, asked.now)
    if ticket is None:
        web.guesses.wrong(asked.request)
        raise Refused(404, "sign_in_gone")
    return web.begin(asked, ticket.person, ticket.language)


PAGES = (
    At("/a/{token}", "opened", show_answer),
    At("/a/{token}", "unread", use_answer),
    At("/in/{token}", "opened", show_sign_in),
    At("/in/{token}", "page", use_sign_in),
)
