"""What somebody learned at work, in their own words, and what became of it.

Words are kept as records of ``leercultuur-records``, where that is switched on, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import frozen
from starlette.responses import RedirectResponse, Response

from leercultuur_core import AccessDenied, LeercultuurError

from ..security import Refused
from ..web import Asked, At, Web
from .shared import language_of, open_page

if TYPE_CHECKING:
    from leercultuur_records import Record, Records

LONGEST = 2000
"""Letters of a reflection. Judgement: thirty seconds give a few sentences; this is a page."""


@frozen
class Mine:
    """A record of somebody's own, as the page shows it.

    ``stage`` is where it is on the road; ``badge`` says that there is a credential to take along.
    """

    id: str
    learned: str
    on: str
    stage: str
    badge: bool


def records(web: Web) -> Records | None:
    """The records of the organisation; ``None`` where the plugin is not switched on."""
    if not web.engine.plugins.implements("records", "leercultuur_personal_data"):
        return None
    from leercultuur_records import Records  # noqa: PLC0415 - only where it is installed

    return Records(web.engine)


def mine(of: Records, person: str, now: datetime) -> Sequence[Mine]:
    """Somebody's own records, the last first."""
    found = [one for one in of.list(person, now, holder=person) if one.holder == person]
    found.sort(key=lambda one: (one.agreed_on, one.id), reverse=True)
    return tuple(
        Mine(one.id, one.learned, f"{one.agreed_on:%d-%m-%Y}", one.stage, _has_badge(one))
        for one in found
    )


def reflect(web: Web, asked: Asked) -> Response:
    """Keeps a reflection as a record where somebody wrote one and records are kept; and that they
    looked back, where something may be estimated for them. Words are kept nowhere else."""
    text = asked.form.get("text", "").strip()
    if len(text) > LONGEST:
        raise Refused(413, "too_long")
    of, page = records(web), open_page(web, asked)
    counts = page.refused is None
    if (text and of is None) or not (text or counts):
        raise Refused(400, "no_form")
    if counts:
        web.engine.say_reflected(page.person, asked.now)
    if text and of is not None:
        of.new(page.person, text, asked.now, language=asked.ticket.language, origin="reflection")
    return RedirectResponse(f"/?noted={'kept' if text else 'reflected'}", 303)


def badge(web: Web, asked: Asked) -> Response:
    """The credential that an own record became, as it was signed."""
    of, person = records(web), asked.ticket.person
    found: bytes | None = None
    if of is not None:
        try:
            if of.holder(asked.part("record")) == person:
                found = of.credential(asked.part("record"), person, asked.now)
        except (KeyError, AccessDenied):
            found = None
    if found is None:
        raise Refused(404, "not_found")
    is_json = found.lstrip()[:1] == b"{"
    kind = "application/vc+ld+json" if is_json else "application/vc+jwt"
    name = "badge.json" if is_json else "badge.jwt"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(found, media_type=kind, headers=headers)


def passport(web: Web, asked: Asked) -> Response:
    """Somebody's skills passport: the credentials of all own records that hold, in one file."""
    of, page = records(web), open_page(web, asked)
    if of is None:
        raise Refused(404, "not_found")
    from leercultuur_records.passport import Item, make  # noqa: PLC0415 - only where it is installed

    chosen = [
        Item(one, of.credential(one.id, page.person, asked.now) or b"")
        for one in of.list(page.person, asked.now, holder=page.person)
        if one.holder == page.person and _has_badge(one)
    ]
    try:
        file = make(
            chosen,
            by=page.person,
            name=page.name,
            at=asked.now,
            zone=ZoneInfo(web.engine.configuration.organisation.time_zone),
            language=language_of(web, asked),
        )
    except LeercultuurError:
        raise Refused(404, "not_found") from None
    headers = {"Content-Disposition": 'attachment; filename="skills-passport.zip"'}
    return Response(file, media_type="application/zip", headers=headers)


def _has_badge(record: Record) -> bool:
    return record.issued is not None and record.stage in {"certified", "expired"}


PAGES = (
    At("/reflection", "signed_in", reflect),
    At("/badge/{record}", "opened", badge),
    At("/passport", "signed_in", passport),
)

__all__ = ["LONGEST", "PAGES", "Mine", "mine", "records"]
