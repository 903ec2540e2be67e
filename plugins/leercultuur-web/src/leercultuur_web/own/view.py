"""The page itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from attrs import frozen
from starlette.responses import Response

from leercultuur_core import PHASES, Estimate

from ..charts import spiral
from ..security import Refused
from ..texts import say
from ..web import Asked, At, Web
from . import learned, step
from .shared import language_of

Noted = Literal[
    "stay", "answer", "consent", "channel", "vote", "items", "plan", "reflected", "kept"
]

POINTS = (1, 2, 3, 4, 5)
"""The answers to an item of the questionnaire."""

SEEN_BY = ("you", "manager", "hr", "council", "school")
"""Who might see something."""

SEEN = ("own", "group", "records")
"""What there is to be seen."""

_QUITE_SURE, _FAIRLY_SURE = 0.9, 0.6  # as `leercultuur explain` says it


@frozen
class Belief:
    """What is believed, in words; ``phase`` is ``none`` where there is no estimate."""

    phase: str
    sure: str = ""
    reasons: Sequence[str] = ()
    said: str = ""


def show(web: Web, asked: Asked) -> Response:
    """The page; a word of welcome for who is not signed in."""
    if asked.session is None:
        had_one = web.cookie("session") in asked.request.cookies
        return web.page("welcome.html", asked, ended=had_one, status=401 if had_one else 200)
    language = language_of(web, asked)
    try:
        page = web.engine.own_page(asked.session.person, asked.now, language=language)
    except KeyError:  # two accounts of theirs were found to be one person
        raise Refused(401, "signed_out") from None
    weeks = [(one.monday, one.phase, one.probability) for one in page.weeks]
    records = learned.records(web)
    return web.page(
        "own.html",
        asked,
        page=page,
        belief=_belief(page.estimate, language),
        may=page.refused is None,
        chart=spiral(weeks, language),
        answers=step.ANSWERS,
        moments=step.moments(web, asked.now, language),
        plan=step.planned(web, page, language),
        keeps=records is not None,
        records=() if records is None else learned.mine(records, page.person, asked.now),
        phases=PHASES,
        points=POINTS,
        seen=SEEN,
        seen_by=SEEN_BY,
        noted=_noted(asked.request.query_params.get("noted", ""), language),
    )


def _belief(estimate: Estimate | None, language: Literal["nl", "en"]) -> Belief:
    if estimate is None:
        return Belief("none")
    said = ""
    if estimate.you_said is not None:
        chosen = say(language, f"answer.{estimate.you_said.phase}")
        said = say(language, "where.said", day=f"{estimate.you_said.on:%d-%m-%Y}", answer=chosen)
    if estimate.phase == "unknown":
        return Belief("unknown", said=said)
    reasons = [
        say(language, "why.for" if one.log_odds > 0 else "why.against", text=one.text)
        for one in estimate.explain(language)
    ]
    sure = estimate.probability
    how = "most" if sure >= _QUITE_SURE else "fairly" if sure >= _FAIRLY_SURE else "little"
    # Nothing is certain, and never wholly excluded.
    share = min(max(round(sure * 100), 1), 99)
    return Belief(estimate.phase, say(language, f"sure.{how}", share=share), reasons, said)


def _noted(what: str, language: str) -> str:
    if what in PHASES:
        return say(language, "noted.phase", answer=say(language, f"answer.{what}"))
    return say(language, f"noted.{what}") if what in get_args(Noted) else ""


PAGES = (At("/", "opened", show),)

__all__ = ["PAGES", "show"]
