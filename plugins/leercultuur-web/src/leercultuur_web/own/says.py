"""What somebody says on their page: where they are, a vote, and how things are at work."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from leercultuur_core import PHASES, ConfigError

from ..security import Refused
from ..web import Asked, At, Web


def say_phase(web: Web, asked: Asked) -> Response:
    """Takes somebody's own answer in as what it is: a self-report, one a day, the last counts."""
    phase = asked.form.get("phase", "")
    if phase not in PHASES:
        raise Refused(400, "no_form")
    if not web.engine.say_phase(asked.ticket.person, phase, asked.now):
        raise Refused(401, "signed_out")
    return RedirectResponse(f"/?noted={phase}", 303)


def vote(web: Web, asked: Asked) -> Response:
    """Keeps a vote in the round that is open for somebody's team."""
    try:
        web.engine.vote(asked.ticket.person, asked.form.get("choice", ""), asked.now)
    except (ConfigError, KeyError):
        raise Refused(404, "no_vote") from None
    return RedirectResponse("/?noted=vote", 303)


def answer_items(web: Web, asked: Asked) -> Response:
    """Keeps the answers that were given; what was left open stays open."""
    given = {
        name.removeprefix("item."): value
        for name, value in asked.form.items()
        if name.startswith("item.")
    }
    if not given or any(value not in {"1", "2", "3", "4", "5"} for value in given.values()):
        raise Refused(400, "no_form")
    known = {one.id for one in web.engine.model.items}
    if not known.issuperset(given):
        raise Refused(400, "no_form")
    for item, value in given.items():
        web.engine.answer_item(asked.ticket.person, item, int(value), asked.now)
    return RedirectResponse("/?noted=items", 303)


PAGES = (
    At("/phase", "signed_in", say_phase),
    At("/vote", "signed_in", vote),
    At("/items", "signed_in", answer_items),
)

__all__ = ["PAGES"]
