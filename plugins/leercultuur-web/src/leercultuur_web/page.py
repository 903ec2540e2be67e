"""Somebody's own page: where they seem to be, what that rests on, one next step, and their say.

It shows one person to that person, and compares them with nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from attrs import evolve, frozen
from starlette.responses import RedirectResponse, Response

from leercultuur_core import PHASE_QUESTION, PHASES, Activity, Estimate, identity
from leercultuur_core.extension import LANGUAGES, Page

from .security import Refused
from .texts import say
from .web import Asked, At, Web

SOURCE = "web"
"""The source of own answers in the ledger."""

Answer = Literal["done", "not_now", "not_for_me"]

STEP_OPEN = timedelta(days=60)
"""How long a step stays on the page; by then the same one may come again (``same_again_after_days``)."""

_ANSWERS: tuple[Answer, ...] = get_args(Answer)
_NO_ESTIMATE = frozenset({"off", "student"})  # what `Engine.why` gives where there is none for us
_QUITE_SURE, _FAIRLY_SURE = 0.9, 0.6  # as `leercultuur explain` says it


@frozen
class Belief:
    """What is believed, in words; ``phase`` is ``none`` where there is no estimate."""

    phase: str
    sure: str = ""
    reasons: Sequence[str] = ()
    said: str = ""


@frozen
class Step:
    """A step that was sent, and not answered yet."""

    id: str
    step: str
    why: str
    when: str


@frozen
class Choice:
    """A purpose, and whether it is on for this person."""

    purpose: str
    on: bool


def show(web: Web, asked: Asked) -> Response:
    """The page; a word of welcome for who is not signed in."""
    if asked.session is None:
        had_one = web.cookie("session") in asked.request.cookies
        return web.page("welcome.html", asked, ended=had_one, status=401 if had_one else 200)
    person, language = asked.session.person, _language(web.language(asked))
    why = web.engine.why(person, asked.now, by="self", language=language)
    choices = _choices(web, person)
    live = _live(web, asked.now)
    wanted = any(one.on for one in choices if one.purpose == "own_prompts")
    # The reason alone does not tell: for who acts for a unit it may be about that.
    may = live and wanted and why.reason not in _NO_ESTIMATE
    estimate = web.engine.believed(person, asked.now, by="self") if may else None
    return web.page(
        "page.html",
        asked,
        belief=_belief(estimate, language),
        may=may,
        live=live,
        step=_step(web, person, asked.now),
        nothing=why.text,
        choices=choices,
        phases=PHASES,
        answers=_ANSWERS,
        noted=_noted(asked.request.query_params.get("noted", ""), language),
    )


def say_phase(web: Web, asked: Asked) -> Response:
    """Takes somebody's own answer in as what it is: a self-report, one a day, the last counts."""
    phase = asked.form.get("phase", "")
    if phase not in PHASES:
        raise Refused(400, "no_form")
    person = asked.ticket.person
    # The store knows people by identifiers; their own page is one more of theirs.
    known_as = identity.account("urn:leercultuur:web", person)
    day = asked.now.astimezone(UTC).date()
    answer = Activity(
        id=f"urn:leercultuur:web:{person}:{day}",
        revision=int(asked.now.timestamp()),
        source=SOURCE,
        identities=(known_as,),
        verb="http://adlnet.gov/expapi/verbs/answered",
        object_id=PHASE_QUESTION,
        occurred_at=asked.now,
        answer=phase,
    )
    with web.one_at_a_time:
        if not web.engine.link(known_as, person, asked.now):
            raise Refused(401, "signed_out")
        web.engine.push(SOURCE, iter([Page([answer])]), asked.now)
    return RedirectResponse(f"/?noted={phase}", 303)


def answer(web: Web, asked: Asked) -> Response:
    """Keeps what somebody answers to a step that was sent to them."""
    given = asked.form.get("answer", "")
    if given not in _ANSWERS:
        raise Refused(400, "no_form")
    step = asked.form.get("step", "")
    with web.engine.store.reading() as tx:
        prompt = tx.delivery.prompt(step)
    if prompt is None or prompt.recipient != asked.ticket.person:
        raise Refused(404, "not_yours")
    web.engine.answer(step, given, asked.now)
    return RedirectResponse("/?noted=answer", 303)


def consent(web: Web, asked: Asked) -> Response:
    """Notes a yes or a no; a no takes effect at once."""
    purpose, given = asked.form.get("purpose", ""), asked.form.get("given", "")
    if purpose not in _defaults(web) or given not in {"yes", "no"}:
        raise Refused(400, "no_form")
    web.engine.consent(asked.ticket.person, purpose, given == "yes", asked.now)
    return RedirectResponse("/?noted=consent", 303)


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
    """Forgets somebody, and signs them out everywhere."""
    language = web.language(asked)
    with web.one_at_a_time:
        gone = web.engine.erase(asked.ticket.person, asked.now)
    left = gone.get("not_taken_back", 0)
    nobody = _signed_out(asked)
    return _without_session(web, web.page("erased.html", nobody, language=language, left=left))


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


def _language(spoken: str) -> Literal["nl", "en"]:
    return "en" if spoken == "en" else "nl"


def _belief(estimate: Estimate | None, language: Literal["nl", "en"]) -> Belief:
    if estimate is None:
        return Belief("none")
    said = ""
    if estimate.you_said is not None:
        chosen = say(language, f"answer.{estimate.you_said.phase}")
        said = say(language, "where.said", day=f"{estimate.you_said.on:%d-%m-%Y}", answer=chosen)
    reasons = [
        say(language, "why.for" if one.log_odds > 0 else "why.against", text=one.text)
        for one in estimate.explain(language)
    ]
    if estimate.phase == "unknown":
        return Belief("unknown", said=said)
    sure = estimate.probability
    how = "most" if sure >= _QUITE_SURE else "fairly" if sure >= _FAIRLY_SURE else "little"
    # Nothing is certain, and never wholly excluded.
    share = min(max(round(sure * 100), 1), 99)
    return Belief(estimate.phase, say(language, f"sure.{how}", share=share), reasons, said)


def _step(web: Web, person: str, now: datetime) -> Step | None:
    """The last own step that was sent and not answered. What somebody got because they act for a unit
    is no part of their own page."""
    with web.engine.store.reading() as tx:
        sent = tx.delivery.prompts(states=["sent"], recipient=person)
        answered = {one.prompt_id for one in tx.delivery.answers([person])}
    for prompt in reversed(sent):
        own = prompt.subject_person == person
        if own and prompt.prompt_id not in answered and now - prompt.created < STEP_OPEN:
            told: Mapping[str, Any] = prompt.payload["prompt"]
            return Step(prompt.prompt_id, told["step"], told["why"], told["when_question"])
    return None


def _live(web: Web, now: datetime) -> bool:
    """Whether the yes of the works council or staff meeting holds."""
    organisation = web.engine.configuration.organisation
    today = now.astimezone(ZoneInfo(organisation.time_zone)).date()
    return organisation.go_live is not None and organisation.go_live.holds_on(today)


def _choices(web: Web, person: str) -> list[Choice]:
    """What somebody may say yes or no to, and what holds now: the last they said, or the default."""
    with web.engine.store.reading() as tx:
        said = {one.purpose: one.given for one in tx.privacy.consents_of(person)}
    return [Choice(one, said.get(one, default)) for one, default in _defaults(web).items()]


def _defaults(web: Web) -> Mapping[str, bool]:
    """Purpose → whether it is on until somebody says otherwise; those that are off for everybody are
    left out. See the purposes in the core's ``docs/privacy.md``."""
    privacy = web.engine.configuration.privacy
    defaults = {"own_prompts": privacy.own_prompts == "opt-out"}
    if privacy.invitation != "off":
        defaults["invitation"] = True
    if privacy.group_releases != "off":
        defaults["group_releases"] = True
    return {**defaults, "manager_prompt": False, "effect": False}


def _noted(what: str, language: str) -> str:
    if what in PHASES:
        return say(language, "noted.phase", answer=say(language, f"answer.{what}"))
    return say(language, f"noted.{what}") if what in {"answer", "consent"} else ""


PAGES = (
    At("/", "opened", show),
    At("/phase", "signed_in", say_phase),
    At("/answer", "signed_in", answer),
    At("/consent", "signed_in", consent),
    At("/language", "signed_in", speak),
    At("/export", "signed_in", export),
    At("/erase", "opened", ask_erase),
    At("/erase", "signed_in", erase),
    At("/sign-out", "signed_in", sign_out),
)

__all__ = [
    "PAGES",
    "SOURCE",
    "STEP_OPEN",
    "answer",
    "ask_erase",
    "consent",
    "erase",
    "export",
    "say_phase",
    "show",
    "sign_out",
    "speak",
]
