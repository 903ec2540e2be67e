"""The intake: somebody's own words, written down with them by a coordinator or coach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from starlette.responses import RedirectResponse, Response

from leercultuur_core import ConfigError

from ..security import Refused
from ..web import Asked, Web
from .acts import Wrong, day_in, evidence_in
from .shared import INTAKE, Tried, opened, spoken

if TYPE_CHECKING:
    from leercultuur_records import Draft, Records, Standard

_HOW = ("informal", "non-formal", "formal")
_PLACE = "intake"


def ask(web: Web, asked: Asked) -> Response:
    """The form."""
    there = _opened(web, asked)
    return _form(web, asked, there, Tried())


def take(web: Web, asked: Asked) -> Response:
    """Keeps what was written down; the same form again is the same record.

    It is its holder's: who wrote it down reads it again only where they share it.
    """
    there = _opened(web, asked)
    from leercultuur_records import take_in  # noqa: PLC0415 - only where it is installed

    try:
        draft = _draft(there, asked)
        take_in(there, (draft,), asked.ticket.person, asked.now, _PLACE)
    except Wrong as wrong:
        return _form(web, asked, there, Tried("intake", wrong.key, asked.form), status=400)
    except ConfigError as error:
        column = error.problems[0].place.rpartition(", ")[2]
        key = f"validation.wrong.{column if column in _COLUMNS else 'holder'}"
        return _form(web, asked, there, Tried("intake", key, asked.form), status=400)
    except ValueError:
        key = "validation.wrong.holder"
        return _form(web, asked, there, Tried("intake", key, asked.form), status=400)
    return RedirectResponse("/validation?noted=intake", 303)


_COLUMNS = frozenset({"holder", "standard", "agreed_on"})


def _opened(web: Web, asked: Asked) -> Records:
    there = opened(web, asked)
    if INTAKE.isdisjoint(web.acts_for(asked).roles):
        raise Refused(404, "not_found")
    return there


def _form(web: Web, asked: Asked, there: Records, tried: Tried, *, status: int = 200) -> Response:
    language = spoken(web, asked)
    return web.page(
        "validation_new.html",
        asked,
        status=status,
        reference=tried("intake", "reference") or str(uuid4()),
        standards=[(_written(one), f"{one.title} ({one.version})") for one in there.standards()],
        how=_HOW,
        spoken_now=language,
        today=f"{asked.now:%Y-%m-%d}",
        tried=tried,
    )


def _draft(there: Records, asked: Asked) -> Draft:
    from leercultuur_records import Draft  # noqa: PLC0415

    form = {name: text.strip() for name, text in asked.form.items()}
    try:
        reference = str(UUID(form.get("reference", "")))
    except ValueError:
        raise Refused(400, "no_form") from None
    for name in ("holder", "learned"):
        if not form.get(name):
            raise Wrong(f"validation.wrong.{name}")
    agreed_on = day_in(form.get("agreed_on", ""))
    if agreed_on is None or agreed_on > asked.now.date() or "agreed" not in form:
        raise Wrong("validation.wrong.agreed_on")
    how, language = form.get("how", "informal"), form.get("language", "nl")
    if how not in _HOW or language not in {"nl", "en"}:
        raise Refused(400, "no_form")
    content: dict[str, Any] = {
        "how": how,
        "language": language,
        "context": form.get("context", ""),
        "task": form.get("task", ""),
    }
    if form.get("first") or form.get("last"):
        first, last = day_in(form.get("first", "")), day_in(form.get("last", ""))
        if first is None or last is None or first > last:
            raise Wrong("validation.wrong.period")
        content["period"] = (first, last)
    if form.get("standard"):
        content["standard"] = _standard(there, form["standard"])
    evidence = evidence_in(asked)
    if evidence is not None:
        content["evidence"] = (evidence,)
    holder, name = form["holder"], form.get("name", "")
    return Draft(1, reference, holder, name, form["learned"], agreed_on, content)


def _standard(there: Records, written: str) -> tuple[str, str]:
    for one in there.standards():
        if _written(one) == written:
            return one.key
    raise Refused(400, "no_form")


def _written(standard: Standard) -> str:
    return "|".join(standard.key)


__all__ = ["ask", "take"]
