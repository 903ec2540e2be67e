"""The page of HR, leadership and the works council: what may be shown of the whole organisation.

Whoever may see it sees the same. Only the works council sees who looked at data of people.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from starlette.responses import Response

from .figures import FIGURES, Figure, figures, name_of, unit_of, word
from .security import Refused
from .texts import say
from .web import Asked, At, Web

LOOKED_BACK = 90
"""Days of the audit that are shown: a quarter."""

_AUDIT = "audit"


def show(web: Web, asked: Asked) -> Response:
    """All figures, of one unit where one is asked for."""
    web.only_for("organisation", asked)
    language = _language(web, asked)
    culture = web.engine.culture(asked.now)
    unit = asked.request.query_params.get("unit", "")
    if unit_of(culture, unit) is None:
        raise Refused(404, "not_found")
    shown = [*figures(culture, web.engine.model, language, unit=unit)]
    if _may_audit(web, asked):
        shown.append(_audit(web, asked, language))
    return web.page(
        "organisation.html",
        asked,
        culture=culture,
        figures=shown,
        unit=unit,
        units=[(one.unit, name_of(one.unit, language)) for one in culture.units],
        quarter=quarter_text(culture.quarter, language),
    )


def download(web: Web, asked: Asked) -> Response:
    """One figure as CSV."""
    web.only_for("organisation", asked)
    language, wanted = _language(web, asked), asked.part("figure")
    if wanted == _AUDIT and _may_audit(web, asked):
        return _file(_audit(web, asked, language))
    if wanted not in FIGURES:
        raise Refused(404, "not_found")
    culture = web.engine.culture(asked.now)
    unit = asked.request.query_params.get("unit", "")
    if unit_of(culture, unit) is None:
        raise Refused(404, "not_found")
    found = figures(culture, web.engine.model, language, unit=unit, only=wanted)
    return _file(found[0])


def quarter_text(quarter: str, language: str) -> str:
    """A quarter such as ``2026-Q1`` in words."""
    year, _, number = quarter.partition("-Q")
    return say(language, "org.quarter", year=year, number=number)


def _may_audit(web: Web, asked: Asked) -> bool:
    return "works_council" in web.acts_for(asked).roles


def _audit(web: Web, asked: Asked, language: Literal["nl", "en"]) -> Figure:
    rows = tuple(
        (
            f"{one.day:%d-%m-%Y}",
            one.who,
            word(language, f"org.read.{one.what}", one.what),
            str(one.count),
        )
        for one in web.engine.reads(asked.now - timedelta(days=LOOKED_BACK))
    )
    return Figure(
        _AUDIT,
        say(language, "org.audit.title"),
        say(language, "org.audit.text", days=LOOKED_BACK),
        "",
        tuple(say(language, f"org.column.{one}") for one in ("day", "reader", "what", "times")),
        rows,
        nothing="" if rows else say(language, "org.audit.none"),
    )


def _file(figure: Figure) -> Response:
    # With the mark that makes a spreadsheet read it as UTF-8.
    content = figure.csv().encode("utf-8-sig")
    headers = {"Content-Disposition": f'attachment; filename="leercultuur-{figure.id}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _language(web: Web, asked: Asked) -> Literal["nl", "en"]:
    return "en" if web.language(asked) == "en" else "nl"


PAGES = (
    At("/organisation", "opened", show),
    At("/organisation/{figure}.csv", "opened", download),
)

__all__ = ["LOOKED_BACK", "PAGES", "download", "quarter_text", "show"]
