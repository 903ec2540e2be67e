"""A statement on paper about one record, as a page of HTML that prints well.

Three kinds: *practice*, what a work place saw somebody do (in the manner of a *praktijkverklaring*);
*experience*, the report of an assessment (in the manner of an *ervaringscertificaat*); and *own*, the
holder's own overview, which nobody judged. The Dutch names of the first two belong to who is recognised
for them, so they only stand above a statement of a publisher that says as what it is recognised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo
from typing import Any, Literal

from attrs import field, frozen

from leercultuur_core import LeercultuurError

from ..record import Entry, Evidence, Issued, Language, Record, Stage
from ..standard import Criterion, Standard
from ..vraak import Rubric
from .pages import page
from .words import Words, clean

StatementKind = Literal["practice", "experience", "own"]


class CannotDocument(LeercultuurError):
    """There is nothing yet, or nothing any more, that such a statement could say."""


@frozen
class Names:
    """Who may be named. ``people`` has those who agreed to it: the uuid in the history, and a name.
    Everybody else is named by role."""

    holder: str = field(repr=False)
    people: Mapping[str, str] = field(factory=dict, repr=False)


@frozen
class Publisher:
    """Who gives the statement.

    ``recognised_as`` is as what, in its own words, for instance ``erkend leerbedrijf, SBB 100123456``;
    empty where it is not. ``zone`` is that of the days on the paper.
    """

    name: str
    zone: tzinfo
    recognised_as: str = ""


@frozen
class Statement:
    """All that goes on the paper. ``standard`` and ``rubric`` are those the record was assessed with;
    the kind *own* needs neither. ``issuer`` is the address of who issued the credential, as it stands
    there; ``on`` is the day the paper is made."""

    kind: StatementKind
    record: Record
    names: Names
    publisher: Publisher
    on: date
    language: Language = "nl"
    standard: Standard | None = None
    rubric: Rubric | None = None
    issuer: str = ""


_STAGES: Mapping[StatementKind, frozenset[Stage]] = {
    "practice": frozenset({"assessed", "certified", "expired"}),
    "experience": frozenset({"assessed", "certified", "expired", "rejected"}),
}


def render(statement: Statement) -> str:
    """The page. The same statement gives the same bytes.

    Raises `CannotDocument` where the record is at a stage of which this kind of statement would not be
    true: not decided yet, under appeal, taken back; or where the standard is not the record's.
    """
    record, kind = statement.record, statement.kind
    say = Words("document", statement.language)
    decided = _decided(statement)
    standard = statement.standard if record.standard is not None else None
    roles = _roles(record, say)
    vraak = _vraak(statement, say) if kind == "experience" else []
    return page(
        "statement.html",
        say=say,
        language=statement.language,
        record_language=record.language,
        standard_language=standard.language if standard else statement.language,
        heading=_heading(statement, say),
        organisation=clean(statement.publisher.name),
        name=clean(statement.names.holder),
        intro=say(
            f"intro.{kind}", organisation=statement.publisher.name, name=statement.names.holder
        ),
        state=_state(statement, say),
        facts=list(_facts(statement, standard, say)),
        learned=clean(record.learned),
        skills=[
            {
                "name": clean(one.name) or clean(one.uri),
                "scheme": f"{clean(one.scheme)} {clean(one.version)}".strip(),
                "uri": clean(one.uri),
            }
            for one in record.skills
        ],
        decision=decided and _decision(statement, decided, say),
        criteria=[_criterion(one, decided, say) for one in _aimed_at(record, standard, decided)],
        vraak=vraak,
        judges=[roles[one.by] for one in record.judgements],
        evidence=[_evidence(one, say) for one in record.evidence],
        evidence_caption=say(
            "evidence.caption.own" if kind == "own" else "evidence.caption",
            **({"name": statement.names.holder} if kind == "own" else {}),
        ),
        fingerprints=any(one.sha256 for one in record.evidence),
        people=list(_people(statement, roles, say)) if decided is not None else [],
        issued=record.issued and decided and _issued(statement, record.issued, say),
        notes=list(_notes(statement, say)),
        made=say("made", on=say.day(statement.on), record=record.id, version=record.version),
    )


def _decided(statement: Statement) -> Entry | None:
    """The decision that the statement is about; ``None`` for the holder's own overview."""
    record, kind = statement.record, statement.kind
    if kind == "own":
        return None
    if record.stage not in _STAGES[kind]:
        ready = ", ".join(sorted(_STAGES[kind]))
        raise CannotDocument(
            f"a statement of {kind} is for a record that is {ready}; this one is {record.stage}. "
            "The holder's own overview (own) can always be made"
        )
    if statement.standard is None or statement.standard.key != record.standard:
        code, version = record.standard or ("none", "")
        raise CannotDocument(
            f"expected the standard that the record names: {code} {version}".strip()
        )
    return record.decided


def _heading(statement: Statement, say: Words) -> str:
    recognised = statement.kind != "own" and statement.publisher.recognised_as
    return say(f"title.{statement.kind}{'.recognised' if recognised else ''}")


def _state(statement: Statement, say: Words) -> str:
    issued = statement.record.issued
    if statement.kind == "own" or issued is None or issued.valid_until is None:
        return ""
    until = _day(issued.valid_until, statement.publisher.zone)
    if statement.record.stage == "expired" or until < statement.on:
        return say("state.expired", until=say.day(until))
    return ""


def _facts(
    statement: Statement, standard: Standard | None, say: Words
) -> Iterator[tuple[str, str, str]]:
    """Label, value, and the language of the value."""
    record, language = statement.record, statement.language
    yield say("fact.name"), clean(statement.names.holder), language
    if standard is not None:
        value = say(
            "fact.standard.value",
            title=standard.title,
            code=standard.code,
            version=standard.version,
        )
        if standard.issued_by:
            value += ", " + say("fact.standard.by", by=standard.issued_by)
        yield say("fact.standard"), value, language
        if standard.framework and standard.level:
            yield say("fact.level"), f"{standard.framework} {standard.level}", language
    if record.level is not None and statement.kind == "own":
        # Nobody judged it, so that it has no place under somebody's signature.
        yield say("fact.claimed"), f"{record.level.framework} {record.level.value}", language
    if record.period is not None:
        first, last = record.period
        value = say("fact.period.value", first=say.day(first), last=say.day(last))
        yield say("fact.period"), value if first != last else say.day(first), language
    yield say("fact.how"), say(f"how.{record.how}"), language
    for key, own in (("fact.task", record.task), ("fact.context", record.context)):
        if clean(own):
            yield say(key), clean(own), record.language


def _decision(statement: Statement, entry: Entry, say: Words) -> dict[str, str]:
    decision = entry.decision
    outcome = "recognised" if decision is None else str(decision.outcome)
    if decision is not None and decision.outcome == "rejected" and decision.criteria:
        outcome = "part"
    on = _day(entry.at, statement.publisher.zone)
    told = statement.kind == "experience"
    return {
        "text": say(f"decision.{outcome}", on=say.day(on)),
        "reason": clean(entry.reason) if told else "",
    }


def _aimed_at(
    record: Record, standard: Standard | None, decided: Entry | None
) -> tuple[Criterion, ...]:
    return standard.aimed_at(record.criteria) if standard is not None and decided else ()


def _criterion(one: Criterion, entry: Entry | None, say: Words) -> dict[str, str]:
    decision = entry.decision if entry is not None else None
    recognised = decision is not None and one.code in decision.criteria
    return {
        "code": clean(one.code),
        "text": clean(one.text),
        "process": clean(f"{one.process} {one.process_title}"),
        "result": say("result.yes" if recognised else "result.no"),
    }


def _vraak(statement: Statement, say: Words) -> list[dict[str, Any]]:
    """A row for each letter, with the mark of each who judged."""
    judged = [one.judgement for one in statement.record.judgements if one.judgement is not None]
    if statement.rubric is None or not judged:
        return []
    return [
        {
            "label": one.label[statement.language],
            "question": one.question[statement.language],
            "marks": [
                say(f"mark.{judgement.vraak[one.id]}") if one.id in judgement.vraak else "–"
                for judgement in judged
            ],
        }
        for one in statement.rubric.criterion
    ]


def _evidence(one: Evidence, say: Words) -> dict[str, str]:
    kind = say(f"kind.{one.kind}")
    if one.relation is not None:
        kind += f" ({say(f'relation.{one.relation}')})"
    return {
        "title": clean(one.title),
        "kind": kind,
        "on": say.day(one.on),
        "context": clean(one.context),
        "shows": ", ".join(clean(code) for code in one.shows) or "–",
        "sha256": one.sha256,
        "url": clean(one.url),
    }


def _steps(record: Record) -> tuple[Entry, ...]:
    """Who judged, who decided on that, and who issued it."""
    decided = (record.decided,) if record.decided is not None else ()
    issued = tuple(entry for entry in record.history if entry.step == "certify")
    return (*record.judgements, *decided, *issued)


def _roles(record: Record, say: Words) -> Mapping[str, str]:
    """What to call each of them: by the role they first had here, numbered where a role has several."""
    first: dict[str, str] = {}
    for entry in _steps(record):
        first.setdefault(entry.by, say(f"role.{entry.role}"))
    count: dict[str, int] = {}
    told = {}
    for by, role in first.items():
        count[role] = count.get(role, 0) + 1
        told[by] = f"{role} {count[role]}" if list(first.values()).count(role) > 1 else role
    return told


def _people(statement: Statement, roles: Mapping[str, str], say: Words) -> Iterator[dict[str, str]]:
    for entry in _steps(statement.record):
        named = clean(statement.names.people.get(entry.by, ""))
        if named:
            name = say("people.named", name=named, role=roles[entry.by])
        else:
            name = say("people.unnamed", role=roles[entry.by])
        if entry.manager:
            name = say("people.manager", name=name)
        on = _day(entry.at, statement.publisher.zone)
        yield {"name": name, "what": say(f"step.{entry.step}"), "on": say.day(on)}


def _issued(statement: Statement, issued: Issued, say: Words) -> dict[str, str]:
    zone = statement.publisher.zone
    first = say.day(_day(issued.valid_from, zone))
    valid = say("check.valid.from", first=first)
    if issued.valid_until is not None:
        last = say.day(_day(issued.valid_until, zone))
        valid = say("check.valid.until", first=first, last=last)
    return {
        "credential": clean(issued.credential),
        "issuer": clean(statement.issuer),
        "valid": valid,
    }


def _day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def _notes(statement: Statement, say: Words) -> Iterator[str]:
    publisher = statement.publisher
    if statement.kind == "own":
        yield say("note.own")
        return
    if publisher.recognised_as:
        yield say("note.recognised", organisation=publisher.name, **{"as": publisher.recognised_as})
    else:
        yield say(f"note.{statement.kind}", organisation=publisher.name)
    yield say("note.diploma")
