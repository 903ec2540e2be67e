"""The list of records that were put before somebody, and one of them whole."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from attrs import frozen
from starlette.responses import Response

from leercultuur_core import AccessDenied

from ..security import Refused
from ..texts import say
from ..web import Asked, Web
from .shared import INTAKE, Tried, address, opened, records, spoken, viewed

if TYPE_CHECKING:
    from leercultuur_records import Deadline, Entry, Listed, Record, Records, Standard, View

_ENDED = frozenset({"certified", "expired", "withdrawn"})
_MOST_ENDED = 50
_NOTED = frozenset({"evidence", "assess", "hand-back", "decide", "certify", "take-back", "intake"})
_WORTH_TELLING = frozenset({"judgements", "four-eyes", "manager", "helped", "again"})
"""Why somebody cannot take a step, where that is about them and not about their role."""


@frozen
class Row:
    """A record in the list. It names nobody and quotes nothing of it."""

    address: str
    title: str
    stage: str
    until: str
    late: bool
    may: Sequence[str]
    judged: bool


@frozen
class Marks:
    """What one assessor found, in words."""

    role: str
    day: str
    marks: Sequence[tuple[str, str]]
    note: str


def show(web: Web, asked: Asked) -> Response:
    """What there is to do, what is on its way, and what is done."""
    web.only_for("validation", asked)
    there = records(web)
    if there is None:
        return web.page("validation_off.html", asked)
    language = spoken(web, asked)
    listed = there.inbox(asked.ticket.person, asked.now)
    todo, waiting, ended = [], [], []
    for one in listed:
        row = _row(web, one, asked.now, language)
        if one.record.stage in _ENDED:
            ended.append(row)
        elif one.may:
            todo.append(row)
        else:
            waiting.append(row)
    return web.page(
        "validation.html",
        asked,
        groups=[("todo", todo), ("waiting", waiting), ("ended", ended[:_MOST_ENDED])],
        intake=not INTAKE.isdisjoint(web.acts_for(asked).roles),
        noted=noted(asked, language),
    )


def show_record(web: Web, asked: Asked) -> Response:
    """One record, with the forms for what somebody can do with it."""
    there = opened(web, asked)
    return record_page(web, asked, there, viewed(there, asked))


def record_page(
    web: Web,
    asked: Asked,
    there: Records,
    view: View,
    *,
    tried: Tried | None = None,
    status: int = 200,
) -> Response:
    """The page of a record; after ``tried`` with what was wrong and what was filled in."""
    language = spoken(web, asked)
    record = view.record
    aimed = view.standard.aimed_at(record.criteria) if view.standard else ()
    rubric = {one.id: one.label[language] for one in there.rubric.criterion}
    rubric |= {one.code: one.code for one in view.standard.criteria} if view.standard else {}
    # Who still has to judge does so before they read what another found.
    apart = "assess" in view.may and not view.judged
    steps = [step for step in view.may if step != "document"]
    return web.page(
        "validation_record.html",
        asked,
        status=status,
        view=view,
        record=record,
        title=_title(view.standard, language),
        at=address(record.id),
        stage=say(language, f"validation.stage.{record.stage}"),
        until=_until(web, view.deadline, asked.now, language),
        aimed=aimed,
        rubric=there.rubric.criterion,
        marks=("met", "partly", "not_met"),
        hints={one.criterion: one.text[language] for one in view.hints},
        history=[_entry(web, one, language) for one in record.history],
        judgements=[]
        if apart
        else [_marks(web, one, rubric, language) for one in record.judgements],
        apart=apart and bool(record.judgements),
        decision=record.decided.decision if record.decided else None,
        issued=record.issued,
        steps=steps,
        roles=[one for one in ("assessor", "second_assessor") if one in view.roles],
        why_not=[
            say(
                language,
                "validation.why_not",
                step=say(language, f"validation.act.{step}"),
                why=say(language, f"validation.refused.{refused}"),
            )
            for step, refused in view.steps.items()
            if refused in _WORTH_TELLING
        ],
        issuers=list(web.engine.adapters.issuers),
        today=f"{asked.now:%Y-%m-%d}",
        day=_day_of,
        tried=tried or Tried(),
        mine=_own_marks(record, asked.ticket.person),
        noted=noted(asked, language),
    )


def show_file(web: Web, asked: Asked) -> Response:
    """A file that shows something, to save: nothing that others made is opened among our pages."""
    there = opened(web, asked)
    view = viewed(there, asked)
    digest = asked.part("digest")
    kind = next((one for one in view.record.evidence if one.sha256 == digest), None)
    if kind is None or kind.kind != "file":
        raise Refused(404, "not_found")
    try:
        content = there.view_file(view.record.id, digest, asked.ticket.person, asked.now)
    except (KeyError, AccessDenied):
        raise Refused(404, "not_found") from None
    ending = mimetypes.guess_extension(kind.media_type) or ".bin"
    return _saved(content, f"{digest[:12]}{ending}")


def show_credential(web: Web, asked: Asked) -> Response:
    """The credential, for who issued it to give to its holder."""
    there = opened(web, asked)
    view = viewed(there, asked)
    if "issuer" not in view.roles:
        raise Refused(404, "not_found")
    content = there.credential(view.record.id, asked.ticket.person, asked.now)
    if content is None:
        raise Refused(404, "not_found")
    return _saved(content, "credential.json" if content.lstrip()[:1] == b"{" else "credential.jwt")


def _saved(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


def noted(asked: Asked, language: str) -> str:
    """What was done just now, in words."""
    what = asked.request.query_params.get("noted", "")
    return say(language, f"validation.noted.{what}") if what in _NOTED else ""


def _row(web: Web, one: Listed, now: datetime, language: Literal["nl", "en"]) -> Row:
    late = one.deadline is not None and one.deadline.what == "assess" and one.deadline.until < now
    return Row(
        address(one.record.id),
        say(
            language,
            "validation.row",
            title=_title(one.standard, language),
            number=one.record.id[:8],
        ),
        say(language, f"validation.stage.{one.record.stage}"),
        _until(web, one.deadline, now, language),
        late,
        [say(language, f"validation.act.{step}") for step in one.may],
        one.judged,
    )


def _title(standard: Standard | None, language: str) -> str:
    return standard.title if standard is not None else say(language, "validation.no_standard")


def _until(web: Web, deadline: Deadline | None, now: datetime, language: str) -> str:
    if deadline is None or (deadline.what == "appeal" and deadline.until < now):
        return ""
    return say(language, f"validation.until.{deadline.what}", day=_day(web, deadline.until))


def _entry(web: Web, entry: Entry, language: str) -> tuple[str, str, str]:
    """Day, step with the role of who took it, and the reason. Never who."""
    told = say(
        language,
        "validation.by",
        step=say(language, f"validation.step.{entry.step}"),
        role=say(language, f"validation.role.{entry.role}"),
    )
    return _day(web, entry.at), told, entry.reason


def _marks(web: Web, entry: Entry, names: dict[str, str], language: str) -> Marks:
    judgement = entry.judgement
    assert judgement is not None  # noqa: S101 - that is what the entries of judgements have
    marks = [*judgement.vraak.items(), *judgement.criteria.items()]
    return Marks(
        say(language, f"validation.role.{entry.role}"),
        _day(web, entry.at),
        [(names.get(one, one), say(language, f"validation.mark.{mark}")) for one, mark in marks],
        judgement.note,
    )


def _own_marks(record: Record, person: str) -> dict[str, str]:
    """What somebody found before, as the fields of the form, to change it."""
    own = [one.judgement for one in record.judgements if one.by == person]
    if not own or own[-1] is None:
        return {}
    return {
        **{f"vraak.{name}": mark for name, mark in own[-1].vraak.items()},
        **{f"criterion.{name}": mark for name, mark in own[-1].criteria.items()},
        "note": own[-1].note,
    }


def _day(web: Web, moment: datetime) -> str:
    zone = ZoneInfo(web.engine.configuration.organisation.time_zone)
    return _day_of(moment.astimezone(zone).date())


def _day_of(day: date) -> str:
    return f"{day:%d-%m-%Y}"


__all__ = ["noted", "record_page", "show", "show_credential", "show_file", "show_record"]
