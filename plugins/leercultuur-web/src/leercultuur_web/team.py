"""The page of who leads a unit: what may be shown of it, what they can do, and what it chooses first.

It is a page about a group. Who is in it, who answered and who voted is nowhere on it, and nothing on
it changes with what one person does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from attrs import frozen
from starlette.responses import RedirectResponse, Response

from leercultuur_core import PHASES, ConfigError, UnitPage, UnitStep

from .charts import Chart, shares
from .security import Refused
from .texts import say, texts
from .web import Asked, At, Web

_OPTIONS = ("option_1", "option_2", "option_3")
_NOTED = frozenset({"opened", "closed"})
_VOTED_ON = ("tasks", "colleagues", "manager")  # the layers that a team feels each day
_STATES = ("low", "unsure", "in_order", "unknown")
_MENDED_BY = 3  # what mends a precondition, for each: what somebody still reads


@frozen
class Mending:
    """A first step that mends a precondition."""

    label: str
    step: str


@frozen
class Precondition:
    """A precondition in words: ``lines`` say how its facets are, the low ones first. Where one is,
    ``without`` says what comes of that, ``questions`` open a conversation about it, ``mending`` is
    what its reader can do, and ``others`` what is up to others."""

    label: str
    lines: Sequence[tuple[str, str]]
    without: str = ""
    questions: Sequence[str] = ()
    mending: Sequence[Mending] = ()
    others: Sequence[str] = ()


@frozen
class Option:
    """An action that a team can choose."""

    id: str
    label: str
    summary: str


@frozen
class Ballot:
    """The vote in words. ``closed`` and ``result`` are those of the last round, where there is one;
    ``choices`` are all actions by layer, where a round can be opened."""

    open: Sequence[Option] = ()
    opened: str = ""
    result: str = ""
    why_not: str = ""
    proposed: Sequence[str] = ()
    choices: Sequence[tuple[str, Sequence[Option]]] = ()


def show(web: Web, asked: Asked) -> Response:
    """The page of one unit, or the units to choose from."""
    web.only_for("team", asked)
    units = web.acts_for(asked).units
    wanted = asked.request.query_params.get("unit", "")
    if not wanted and len(units) > 1:
        return web.page("team_units.html", asked, units=[(unit, _address(unit)) for unit in units])
    unit = _led(wanted or units[0], units)
    language = _language(web, asked)
    page = web.engine.unit_page(unit, asked.now, language=language)
    return web.page(
        "team.html",
        asked,
        page=page,
        several=len(units) > 1,
        chart=_chart(page, language),
        made=_quarter(page.made, language) if page.made != page.quarter else "",
        shares=_shares(page, language),
        now=[one for one in page.yours if one.when in {"now", "any"}],
        rest=[one for one in page.yours if one.when in {"earlier", "later"}],
        others=[(one, _what(one)) for one in page.others],
        weeks=lambda one: _weeks(one, language),
        preconditions=_preconditions(web, page, language),
        answers=_asked(page, language),
        held=[web.engine.model[one].labels[language] for one in page.held],
        ballot=_ballot(web, page, language),
        noted=_noted(asked.request.query_params.get("noted", ""), language),
    )


def open_vote(web: Web, asked: Asked) -> Response:
    """Lets the unit choose between three actions."""
    unit = _led_in_form(web, asked)
    options = [asked.form.get(name, "") for name in _OPTIONS]
    if any(one not in web.engine.model for one in options):
        raise Refused(400, "no_form")
    if len(set(options)) != len(options):
        raise Refused(400, "team_three")
    try:
        web.engine.open_vote(unit, options, asked.now)
    except ConfigError:
        raise Refused(409, "team_vote") from None
    return RedirectResponse(_address(unit, noted="opened"), 303)


def close_vote(web: Web, asked: Asked) -> Response:
    """Closes the round, and lets go of who chose what."""
    unit = _led_in_form(web, asked)
    try:
        web.engine.close_vote(unit, asked.now)
    except ConfigError:
        raise Refused(409, "team_vote") from None
    return RedirectResponse(_address(unit, noted="closed"), 303)


def _led_in_form(web: Web, asked: Asked) -> str:
    web.only_for("team", asked)
    return _led(asked.form.get("unit", ""), web.acts_for(asked).units)


def _led(unit: str, units: Sequence[str]) -> str:
    """``unit`` where it is among the ``units`` that somebody leads; of another they learn nothing,
    not even whether there is one."""
    if unit not in units:
        raise Refused(404, "not_found")
    return unit


def _address(unit: str, **more: str) -> str:
    return f"/team?{urlencode({'unit': unit, **more})}"


def _language(web: Web, asked: Asked) -> Literal["nl", "en"]:
    return "en" if web.language(asked) == "en" else "nl"


def _chart(page: UnitPage, language: Literal["nl", "en"]) -> Chart | None:
    return None if page.release is None else shares([page.release], language)


def _shares(page: UnitPage, language: str) -> list[str]:
    if page.release is None:
        return []
    return [
        say(
            language,
            "team.share",
            low=page.release.shares[phase].low,
            high=page.release.shares[phase].high,
            people=say(language, f"team.people.{phase}"),
        )
        for phase in PHASES
    ]


def _quarter(name: str, language: str) -> str:
    year, _, number = name.partition("-Q")
    return say(language, "team.quarter", year=year, number=number) if number else ""


def _what(one: UnitStep) -> str:
    """What others do, to who reads along. What the catalogue says of tasks is to the worker."""
    return "" if one.layer == "tasks" else one.summary


def _weeks(one: UnitStep, language: str) -> str:
    return say(language, "team.weeks", begin=one.begin, end=one.end) if one.begin else ""


def _preconditions(
    web: Web, page: UnitPage, language: Literal["nl", "en"]
) -> Sequence[Precondition]:
    model = web.engine.model
    found = []
    for each in model.preconditions:
        by_state: dict[str, list[str]] = {state: [] for state in _STATES}
        low = []
        for (precondition, facet), measured in page.states.items():
            if precondition == each.id:
                by_state[measured.state].append(_word(language, f"team.facet.{facet}", facet))
                low += [facet] if measured.low else []
        lines = [
            (say(language, f"team.state.{state}"), "; ".join(facets))
            for state, facets in by_state.items()
            if facets
        ]
        if not lines:
            continue
        if not low:
            found.append(Precondition(each.labels[language], lines))
            continue
        mending = [model[one] for one in page.mending if one in each.repaired_by]
        layers = model.terms["layer"]
        found.append(
            Precondition(
                each.labels[language],
                lines,
                each.without[language],
                [text for facet in low if (text := _word(language, f"team.talk.{facet}", ""))],
                [
                    Mending(one.labels[language], one.steps[language])
                    for one in mending
                    if one.layer == "manager"
                ][:_MENDED_BY],
                [
                    f"{layers[one.layer].labels[language]}: {one.labels[language]}"
                    for one in mending
                    if one.layer != "manager"
                ][:_MENDED_BY],
            )
        )
    return found


def _asked(page: UnitPage, language: str) -> str:
    """How many people at least, and when: of the facets together, as carefully as of the least."""
    known = [one for one in page.states.values() if one.as_of is not None]
    first = min((one.as_of for one in known if one.as_of is not None), default=None)
    if first is None:
        return ""
    minimum = min(one.contributors for one in known)
    return say(language, "team.preconditions.text", month=f"{first:%m-%Y}", minimum=minimum)


def _ballot(web: Web, page: UnitPage, language: Literal["nl", "en"]) -> Ballot:
    vote = page.vote
    if vote is not None and vote.closed is None:
        opened = _day(web, vote.opened)
        return Ballot(
            open=[_option(web, one, language) for one in vote.options],
            opened=say(language, "team.vote.since", day=opened),
        )
    result = ""
    if vote is not None and vote.closed is not None:
        key = "chosen" if vote.chosen else "tied" if vote.tied else "unknown"
        label = web.engine.model[vote.chosen].labels[language] if vote.chosen else ""
        day = _day(web, vote.closed)
        result = say(language, f"team.vote.{key}", day=day, label=label)
    if page.no_vote is not None:
        return Ballot(result=result, why_not=say(language, f"team.no_vote.{page.no_vote}"))
    terms = web.engine.model.terms["layer"]
    return Ballot(
        result=result,
        # Three to choose in any case; none is proposed where too little is shown.
        proposed=page.proposed if len(page.proposed) == len(_OPTIONS) else ("",) * len(_OPTIONS),
        choices=[
            (
                terms[layer].labels[language],
                [
                    _option(web, one.id, language)
                    for one in web.engine.model.interventions(layer=layer)
                ],
            )
            for layer in _VOTED_ON
        ],
    )


def _option(web: Web, intervention: str, language: Literal["nl", "en"]) -> Option:
    one = web.engine.model[intervention]
    return Option(one.id, one.labels[language], one.summaries[language])


def _day(web: Web, moment: datetime) -> str:
    zone = ZoneInfo(web.engine.configuration.organisation.time_zone)
    return f"{moment.astimezone(zone):%d-%m-%Y}"


def _word(language: str, key: str, otherwise: str) -> str:
    """A text of ours, or what the organisation's own catalogue has in its place."""
    return say(language, key) if key in texts() else otherwise


def _noted(what: str, language: str) -> str:
    return say(language, f"team.noted.{what}") if what in _NOTED else ""


PAGES = (
    At("/team", "opened", show),
    At("/team/vote/open", "signed_in", open_vote),
    At("/team/vote/close", "signed_in", close_vote),
)

__all__ = ["PAGES", "close_vote", "open_vote", "show"]
