"""What the parts of the page share."""

from __future__ import annotations

from typing import Literal

from leercultuur_core import OwnPage

from ..security import Refused
from ..web import Asked, Web


def language_of(web: Web, asked: Asked) -> Literal["nl", "en"]:
    """The language to answer in."""
    return "en" if web.language(asked) == "en" else "nl"


def open_page(web: Web, asked: Asked) -> OwnPage:
    """What is open to who is signed in, to hold a form against; nothing of it is shown. Raises
    `Refused` where nobody is signed in, or they are not known any more."""
    person, language = asked.ticket.person, language_of(web, asked)
    try:
        return web.engine.own_page(person, asked.now, language=language, shown=False)
    except KeyError:
        raise Refused(401, "signed_out") from None


__all__ = ["language_of", "open_page"]
