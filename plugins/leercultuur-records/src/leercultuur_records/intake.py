"""Many records at once, from a CSV file that somebody filled in with those whom they are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from attrs import field, frozen

from leercultuur_core import ConfigError, Problem

from .record import Evidence, Level
from .records import HOME_PAGE, Records
from .rows import Reading, read_rows
from .skills import skill

COLUMNS = (
    "reference", "holder", "name", "agreed_on", "learned", "context", "task", "from", "until", "how",
    "skills", "level", "language", "standard", "version", "criteria",
    "evidence", "evidence_on", "evidence_url", "statement", "relation", "shows",
)  # fmt: skip
"""The columns of a batch. ``reference`` is the row's own name in your administration: the same row
again is the same record. ``holder`` is a person in the store, or the mail address of a candidate, who
then has a ``name``. ``agreed_on`` is the day on which they said yes. ``skills``, ``criteria`` and ``shows``
are separated by spaces or ``;`` in quotes. With ``evidence`` (its title) there is a link or a
statement."""

_REQUIRED = ("reference", "holder", "agreed_on", "learned")
_HOW = {"": "informal", "informal": "informal", "non-formal": "non-formal", "formal": "formal"}
_RELATIONS = ("manager", "client", "colleague", "coach", "trainer")


@frozen
class Draft:
    """A row of a batch: what a record will hold. Nothing is kept yet."""

    line: int
    reference: str
    holder: str = field(repr=False)
    name: str = field(repr=False)
    learned: str = field(repr=False)
    agreed_on: date
    content: Mapping[str, Any] = field(repr=False)


@frozen
class Taken:
    """What a batch brought: how many records are new, and how many were there already."""

    new: int
    known: int


def parse_batch(content: str, place: str = "records.csv") -> tuple[Draft, ...]:
    """The rows of a CSV text with `COLUMNS`, separated by commas or semicolons.

    Raises `ConfigError` with every problem at once, each with its line and column.
    """
    problems: list[Problem] = []
    rows = read_rows(content, place, required=_REQUIRED, optional=COLUMNS, problems=problems)
    drafts = []
    lines: dict[str, int] = {}
    for row in rows:
        drafts.append(_draft(row))
        first = lines.setdefault(row["reference"], row.line)
        if first != row.line:
            row.wrong("reference", f"each reference once (also on line {first})", "it again")
    if not rows and not problems:
        problems.append(Problem(place, "a row for each record", "none"))
    if problems:
        raise ConfigError(place, problems)
    return tuple(drafts)


def take_in(
    records: Records, drafts: tuple[Draft, ...], by: str, now: datetime, place: str = "records.csv"
) -> Taken:
    """Makes a record of each draft. ``by`` is who hands them over, a person in the store.

    First looks whether every holder can be told and every standard is there; raises `ConfigError` with
    all that is wrong, and then keeps nothing. Doing it again, also after it broke off, doubles nothing.
    """
    problems: list[Problem] = []
    holders = {draft.line: _holder(records, draft, now, place, problems) for draft in drafts}
    for draft in drafts:
        key = draft.content.get("standard")
        found = records.standard(*key) if key else None
        if key and found is None:
            where = f"{place}, line {draft.line}, standard"
            problems.append(Problem(where, "one in the store", " ".join(key), "import it first"))
        elif found is not None:
            codes = {one.code for one in found.criteria}
            problems += [
                Problem(f"{place}, line {draft.line}, criteria", f"one of {found.code}", repr(code))
                for code in draft.content.get("criteria", ())
                if code not in codes
            ]
        if draft.agreed_on > now.date():
            where = f"{place}, line {draft.line}, agreed_on"
            problems.append(Problem(where, "a day that has been", draft.agreed_on.isoformat()))
    if problems:
        raise ConfigError(place, problems)
    new = 0
    for draft in drafts:
        holder = holders[draft.line] or records.add_candidate(draft.name, draft.holder).id
        record_id = str(uuid5(NAMESPACE_URL, f"{HOME_PAGE}:{holder}:{draft.reference}"))
        if records.exists(record_id):
            continue
        records.new(
            holder,
            draft.learned,
            now,
            by=by,
            agreed_on=draft.agreed_on,
            record_id=record_id,
            origin="import",
            **draft.content,
        )
        new += 1
    return Taken(new, len(drafts) - new)


def evidence_of_activity(activity_id: str, title: str, on: date) -> Evidence:
    """An activity of the log as evidence, by the digest of its id: of a reflection, of evidence of prior
    learning in Moodle, of anything an xAPI statement told. ``title`` is the holder's."""
    digest = sha256(activity_id.encode()).hexdigest()
    return Evidence("activity", title, on, sha256=digest)


def _holder(
    records: Records, draft: Draft, now: datetime, place: str, problems: list[Problem]
) -> str:
    """The id of whom a draft is of; empty for a candidate who is new."""
    found = records.find(draft.holder, now)
    if len(found) == 1:
        return found[0]
    where = f"{place}, line {draft.line}, holder"
    if found:
        problems.append(Problem(where, "one person", f"{len(found)} people", "give their id"))
    elif "@" not in draft.holder or not draft.name:
        hint = "somebody without an account needs a mail address and a name"
        problems.append(Problem(where, "somebody in the store", "nobody", hint))
    return ""


def _draft(row: Reading) -> Draft:
    for column in _REQUIRED:
        row.filled(column)
    agreed_on = row.day("agreed_on")
    first, last = row.day("from"), row.day("until")
    if bool(row["from"]) != bool(row["until"]):
        row.wrong("until", "a first and a last day, or neither", "one of them")
    elif first and last and first > last:
        row.wrong("until", "a day after the first", last.isoformat())
    if bool(row["standard"]) != bool(row["version"]):
        row.wrong("version", "a standard and its version, or neither", "one of them")
    content: dict[str, Any] = {
        "how": row.choice("how", _HOW) or "informal",
        "language": row.choice("language", {"": "nl", "nl": "nl", "en": "en"}) or "nl",
        "context": row["context"],
        "task": row["task"],
        "criteria": tuple(_parts(row["criteria"])),
    }
    if first and last:
        content["period"] = (first, last)
    if row["standard"]:
        content["standard"] = (row["standard"], row["version"])
    skills = []
    for written in _parts(row["skills"]):
        try:
            skills.append(skill(written))
        except ValueError:
            row.wrong("skills", "address|scheme|version, or an address of ESCO", "something else")
    content["skills"] = tuple(skills)
    framework, _, value = row["level"].partition(" ")
    if framework in {"NLQF", "EQF"}:
        content["level"] = Level("NLQF" if framework == "NLQF" else "EQF", value.strip())
    elif framework:
        row.wrong("level", "a level such as NLQF 3", "something else")
    evidence = _evidence(row)
    if evidence is not None:
        content["evidence"] = (evidence,)
    return Draft(
        row.line,
        row["reference"],
        row["holder"],
        row["name"],
        row["learned"],
        agreed_on or date.min,
        content,
    )


def _evidence(row: Reading) -> Evidence | None:
    given = ("evidence", "evidence_on", "evidence_url", "statement", "relation", "shows")
    if not any(row[column] for column in given):
        return None
    row.filled("evidence")
    row.filled("evidence_on")
    on = row.day("evidence_on")
    shows = tuple(_parts(row["shows"]))
    if bool(row["evidence_url"]) == bool(row["statement"]):
        row.wrong(
            "evidence_url", "a link or a statement", "both" if row["statement"] else "neither"
        )
        return None
    if row["evidence_url"]:
        if not row["evidence_url"].startswith(("https://", "http://")):
            row.wrong("evidence_url", "an address that begins with https://", "something else")
        return Evidence(
            "link", row["evidence"], on or date.min, url=row["evidence_url"], shows=shows
        )
    relation = row.choice("relation", {one: one for one in _RELATIONS})
    return Evidence(
        "statement",
        row["evidence"],
        on or date.min,
        text=row["statement"],
        relation=relation,  # type: ignore[arg-type]
        shows=shows,
    )


def _parts(cell: str) -> list[str]:
    return [part for part in cell.replace(";", " ").split() if part]
