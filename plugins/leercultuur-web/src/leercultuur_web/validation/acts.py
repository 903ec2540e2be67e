"""What who validates does with a record: each is one step of its road, and stands in its history.

A step that may not be taken changes nothing: the page says why, with what was filled in still there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response

from leercultuur_core import AccessDenied, ConfigError, LeercultuurError, StoreError

from ..security import Refused, log
from ..web import Asked, Web
from .shared import Tried, address, opened, viewed
from .shown import record_page

if TYPE_CHECKING:
    from leercultuur_records import Evidence, Records, View

_MARKS = frozenset({"met", "partly", "not_met"})
_RELATIONS = frozenset({"manager", "client", "colleague", "coach", "trainer"})

Act = Callable[["Records", "View", Asked, int], object]


class Wrong(Exception):
    """A form that cannot be done as it was filled in. ``key`` is one of the texts."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def add_evidence(web: Web, asked: Asked) -> Response:
    """A coach with whom the record is shared adds what shows it: a link or a statement."""

    def act(there: Records, view: View, asked: Asked, version: int) -> None:
        evidence = evidence_in(asked)
        if evidence is None:
            raise Wrong("validation.wrong.evidence")
        there.add_evidence(
            view.record.id, evidence, asked.ticket.person, asked.now, version=version
        )

    return _done(web, asked, "evidence", act)


def assess(web: Web, asked: Asked) -> Response:
    """Keeps the marks of an assessor, one for each question of VRAAK and each criterion."""

    def act(there: Records, view: View, asked: Asked, version: int) -> None:
        from leercultuur_records import Judgement  # noqa: PLC0415 - only where it is installed

        vraak: dict[str, Any] = _marks(asked.form, "vraak.")
        criteria: dict[str, Any] = _marks(asked.form, "criterion.")
        aimed = view.standard.aimed_at(view.record.criteria) if view.standard else ()
        if set(vraak) != set(there.rubric.ids) or set(criteria) != {one.code for one in aimed}:
            raise Wrong("validation.wrong.marks")
        there.assess(
            view.record.id,
            asked.ticket.person,
            asked.now,
            Judgement(vraak, criteria, asked.form.get("note", "").strip()),
            role=_role(asked),
            version=version,
        )

    return _done(web, asked, "assess", act)


def hand_back(web: Web, asked: Asked) -> Response:
    """Gives the record back to its holder, to add to it."""

    def act(there: Records, view: View, asked: Asked, version: int) -> None:
        there.hand_back(
            view.record.id,
            asked.ticket.person,
            asked.now,
            reason=asked.form.get("reason", ""),
            version=version,
        )

    return _done(web, asked, "hand-back", act)


def decide(web: Web, asked: Asked) -> Response:
    """Recognises all that the record aims at, or not, or not all of it yet."""

    def act(there: Records, view: View, asked: Asked, version: int) -> None:
        from leercultuur_records import Decision  # noqa: PLC0415

        aimed = view.standard.aimed_at(view.record.criteria) if view.standard else ()
        codes = [one.code for one in aimed]
        if asked.form.get("outcome") == "recognised":
            decision = Decision("recognised", tuple(codes))
        elif asked.form.get("outcome") == "rejected":
            met = tuple(code for code in codes if f"recognised.{code}" in asked.form)
            decision = Decision("rejected", met)
        else:
            raise Wrong("validation.wrong.outcome")
        there.decide(
            view.record.id,
            asked.ticket.person,
            asked.now,
            decision,
            reason=asked.form.get("reason", ""),
            role=_role(asked),
            version=version,
        )

    return _done(web, asked, "decide", act)


def certify(web: Web, asked: Asked) -> Response:
    """Issues the credential of a record that was recognised."""

    def act(there: Records, view: View, asked: Asked, version: int) -> None:
        issuer = asked.form.get("issuer", "")
        if len(web.engine.adapters.issuers) == 0:
            raise Wrong("validation.wrong.no_issuer")
        if issuer and issuer not in web.engine.adapters.issuers:
            raise Refused(400, "no_form")
        if "certify" not in view.may:
            raise Wrong(f"validation.refused.{view.steps.get('certify', 'stage')}")
        try:
            there.certify(
                view.record.id,
                asked.ticket.person,
                asked.now,
                issuer=issuer or None,
                mail=asked.form.get("mail", "").strip(),
                version=version,
            )
        except ValueError:
            raise Wrong("validation.wrong.mail") from None
        except (AccessDenied, ConfigError):
            raise Wrong("validation.wrong.issuer") from None

    # An issuer is asked before the record is kept: of two at once the second must find it done.
    with web.one_at_a_time:
        return _done(web, asked, "certify", act)


def take_back(web: Web, asked: Asked) -> Response:
    """Takes the credential back, for good."""

    def act(there: Records, view: View, asked: Asked, version: int) -> None:
        if "sure" not in asked.form:
            raise Wrong("validation.wrong.sure")
        there.take_back(
            view.record.id,
            asked.ticket.person,
            asked.now,
            reason=asked.form.get("reason", ""),
            version=version,
        )

    with web.one_at_a_time:
        return _done(web, asked, "take-back", act)


def evidence_in(asked: Asked) -> Evidence | None:
    """The link or statement that a form holds; ``None`` where nothing of it was filled in. Raises
    `Wrong` where something lacks."""
    form = {
        name: asked.form.get(f"evidence_{name}", "").strip()
        for name in ("title", "on", "url", "text", "relation", "context")
    }
    if not any(form[name] for name in ("title", "url", "text")):
        return None
    from leercultuur_records import Evidence  # noqa: PLC0415

    on = day_in(form["on"])
    if not form["title"] or on is None or on > asked.now.date():
        raise Wrong("validation.wrong.evidence")
    if bool(form["url"]) == bool(form["text"]):
        raise Wrong("validation.wrong.link_or_statement")
    if form["url"]:
        if not form["url"].startswith(("https://", "http://")):
            raise Wrong("validation.wrong.url")
        return Evidence("link", form["title"], on, url=form["url"], context=form["context"])
    if form["relation"] not in _RELATIONS:
        raise Wrong("validation.wrong.relation")
    relation: Any = form["relation"]
    return Evidence(
        "statement",
        form["title"],
        on,
        text=form["text"],
        relation=relation,
        context=form["context"],
    )


def day_in(text: str) -> date | None:
    """The day that a form holds; ``None`` for none or no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _done(web: Web, asked: Asked, form: str, act: Act) -> Response:
    """Does it, and goes back to the record; or shows it with what is in the way."""
    there = opened(web, asked)
    from leercultuur_records import RecordChanged, RoadRefused  # noqa: PLC0415

    view = viewed(there, asked)
    try:
        version = int(asked.form.get("version", ""))
    except ValueError:
        raise Refused(400, "no_form") from None
    try:
        act(there, view, asked, version)
    except Wrong as wrong:
        key, status = wrong.key, 400
    except RoadRefused as refused:
        key, status = f"validation.refused.{refused.code}", 409
    except RecordChanged:
        key, status = "validation.wrong.changed", 409
    except StoreError:
        raise
    except AccessDenied:
        raise Refused(404, "not_found") from None
    except LeercultuurError as error:
        log.warning("%s: %s", form, type(error).__name__)
        key, status = "validation.wrong.later", 503
    else:
        return RedirectResponse(address(view.record.id, form), 303)
    tried = Tried(form, key, asked.form)
    # As it is by now: somebody else may have changed it.
    return record_page(web, asked, there, viewed(there, asked), tried=tried, status=status)


def _marks(form: Mapping[str, str], begin: str) -> dict[str, str]:
    found = {
        name.removeprefix(begin): mark for name, mark in form.items() if name.startswith(begin)
    }
    if not _MARKS.issuperset(found.values()):
        raise Refused(400, "no_form")
    return found


def _role(asked: Asked) -> Any:
    role = asked.form.get("role", "")
    if role not in {"", "assessor", "second_assessor"}:
        raise Refused(400, "no_form")
    return role or None


__all__ = [
    "Wrong",
    "add_evidence",
    "assess",
    "certify",
    "day_in",
    "decide",
    "evidence_in",
    "hand_back",
    "take_back",
]
