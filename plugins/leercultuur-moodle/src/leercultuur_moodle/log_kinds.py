"""Kinds of rows of Moodle's log: rows that mean the same but for numbers that are only written down.

Whose row it is, in which course, of which activity and when: `LogMapper` writes such a number into an
id, a name or an address, and looks at no more of it than `LogMapper.record` says. So it reads one row
of each kind, with a mark in place of each such number. Where the marks come back in what it says, the
numbers of any row of that kind belong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from leercultuur_core import Activity, Retraction, content_digest

from .facts import moment, revision, revision_until
from .log_events import TELLING, LogRow
from .log_mapper import UNFIT, LogMapper

_PLACES = ("courseid", "contextinstanceid", "objectid")
SLOTS = ("id", "timecreated", "userid", "relateduserid", "username", *_PLACES)
"""Columns whose values are only written down; a slot is the place of one of them, by number from 1."""

TEXTS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "id": (3, SLOTS),
    "learner": (1, ("userid", "relateduserid", "username")),
    "object_id": (1, _PLACES),
    "topic": (1, _PLACES),
}
"""Texts in which there may be slots: how many at most, and of which columns."""

KIND: dict[str, str] = {
    "eventname": "VARCHAR",
    "component": "VARCHAR",
    "modname": "VARCHAR",
    "tells": "VARCHAR",
    "contextlevel": "BIGINT",
    "user_like": "BIGINT",
    "related_like": "BIGINT",
    "object_like": "BIGINT",
    "course_like": "BIGINT",
    "named": "BOOLEAN",
    "hidden": "BOOLEAN",
}
"""What makes a kind, with the type of each in SQL."""

REVISION = revision(1)
"""How much the revision of a row grows with each second."""

_MARK = re.compile(r"\0(\w+)\0")
_AT = 1_700_000_000
_LARGEST = 2**63
_REMEMBERED = 20_000  # kinds whose meaning is kept for those that differ in what is not read
_UNKNOWN = {"well": False}
_NOT_READ = "expected an event that tells more"  # no JSON: whoever reads it refuses the row


class _Marked(int):
    """A number that, where it is written down, says of which column it is."""

    column: str

    def __new__(cls, value: int, column: str) -> _Marked:
        number = super().__new__(cls, value)
        number.column = column
        return number

    def __str__(self) -> str:
        return f"\0{self.column}\0"

    def __format__(self, spec: str) -> str:
        return str(self)


class Kinds:
    """Reads kinds of rows with ``mapper``.

    columns
        What makes a kind, and the SQL that gives it for a row. In place of a number that is only written
        down there is another one, the same for all rows.
    """

    def __init__(self, mapper: LogMapper) -> None:
        self._mapper = mapper
        self._known: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        self.columns = self._columns()

    def _columns(self) -> dict[str, str]:
        service = self._mapper.service_user if abs(self._mapper.service_user) < _LARGEST else 0
        courses = sorted(one for one in self._mapper.courses if 1 < one < _LARGEST)
        chosen = ", ".join(map(str, courses))
        other_course = next(one for one in count(2) if one not in courses)
        inside = f"WHEN courseid IN ({chosen}) THEN {courses[0]} " if courses else ""
        other_user = 1 if service != 1 else 2
        like = (
            f"CASE WHEN {{0}} IN (0, {service}) THEN {{0}} "
            f"WHEN {{0}} IS NOT NULL THEN {other_user} END"
        )
        telling = ", ".join(f"'{name}'" for name in sorted(TELLING))
        named = self._mapper.account == "username"
        return {
            "eventname": "eventname",
            "component": "component",
            "modname": "modname",
            "tells": f"CASE WHEN eventname IN ({telling}) THEN other ELSE '' END",
            "contextlevel": "contextlevel",
            "user_like": like.format("userid"),
            "related_like": like.format("relateduserid"),
            "object_like": "CASE WHEN objectid = 0 THEN 0 WHEN objectid IS NOT NULL THEN 1 END",
            "course_like": f"CASE WHEN courseid <= 1 THEN courseid {inside}ELSE {other_course} END",
            "named": "username <> ''" if named else "false",
            "hidden": "anonymous <> 0 OR coalesce(realuserid, 0) <> 0",
        }

    def meaning(self, kind: Mapping[str, Any]) -> Mapping[str, Any]:
        """What rows of a kind mean: ``well`` is whether that is known, ``told`` whether it is anything.

        ``later`` is what the revision has beside the time, ``shape`` a number that is equal where all is
        equal but what is written into the slots. Of each of `TEXTS` there are the pieces
        (``<text>_0``…) and between them the slots (``<text>_slot_1``…).
        """
        try:
            tells = _what_is_read(kind["eventname"], kind["tells"])
            key = (repr(tells), *(value for name, value in kind.items() if name != "tells"))
            found = self._known.get(key)
            if found is None:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                other = tells if isinstance(tells, str) else json.dumps(tells)
                found = self._known[key] = self._meaning({**kind, "tells": other})
        except RecursionError:  # lists in lists: the reader says what they are
            return _UNKNOWN
        return found

    def _meaning(self, kind: Mapping[str, Any]) -> Mapping[str, Any]:
        if any(mark in str(part) for part in kind.values() for mark in ("\0", "\\u0000")):
            return _UNKNOWN  # it may look like a mark of ours
        try:
            record = self._mapper.record(_row(kind))
        except UNFIT:
            return _UNKNOWN
        if record is None:
            return {"well": True, "told": False}
        later = record.revision - revision(_AT)
        said = _retracted(record) if isinstance(record, Retraction) else _done(record)
        if said is None or not 0 <= later <= revision_until(0):
            return _UNKNOWN
        return {"well": True, "told": True, "later": later, **said}


def _what_is_read(eventname: str, other: str) -> dict[str, Any] | str:
    """What is read of ``other``: much of it differs from row to row and makes no difference. The text
    itself where the mapper must say what it makes of it."""
    if eventname not in TELLING:
        return _NOT_READ
    try:
        found = json.loads(other)
    except ValueError:
        return other
    if not isinstance(found, dict):
        return other
    return {key: found[key] for key in TELLING[eventname] if key in found}


def _row(kind: Mapping[str, Any]) -> LogRow:
    return LogRow(
        id=_Marked(1, "id"),
        eventname=kind["eventname"],
        timecreated=_Marked(_AT, "timecreated"),
        userid=_Marked(kind["user_like"], "userid"),
        relateduserid=_if_there(kind["related_like"], "relateduserid"),
        objectid=_if_there(kind["object_like"], "objectid"),
        courseid=_Marked(kind["course_like"], "courseid"),
        contextlevel=kind["contextlevel"],
        contextinstanceid=_Marked(1, "contextinstanceid"),
        component=kind["component"],
        modname=kind["modname"],
        username="\0username\0" if kind["named"] else "",
        anonymous=int(kind["hidden"]),
        other=kind["tells"],
    )


def _if_there(value: int | None, column: str) -> _Marked | None:
    return None if value is None else _Marked(value, column)


def _done(record: Activity) -> dict[str, Any] | None:
    if record.occurred_at != moment(_AT):
        return None
    texts = _pieces(
        id=record.id,
        learner=record.identities[0],
        object_id=record.object_id,
        topic=record.topic,
    )
    return texts and {
        "retracts": False,
        "shape": int.from_bytes(content_digest(record)[:8], "little", signed=True),
        "source": record.source,
        "verb": record.verb,
        "object_type": record.object_type,
        "context_types": list(record.context_types),
        "required": record.required,
        "answer": record.answer,
        **texts,
    }


def _retracted(record: Retraction) -> dict[str, Any] | None:
    texts = _pieces(id=record.id, learner="", object_id="", topic="")
    return texts and {"retracts": True, "shape": 0, "source": "", **texts}


def _pieces(**texts: str) -> dict[str, Any] | None:
    """``texts``, taken apart at their marks; ``None`` where one has other marks than it may have."""
    found: dict[str, Any] = {}
    for name, text in texts.items():
        most, columns = TEXTS[name]
        first, *rest = _MARK.split(text)
        slots, pieces = rest[::2], rest[1::2]
        if len(slots) > most or not set(slots) <= set(columns):
            return None
        found[f"{name}_0"] = first
        for number in range(1, most + 1):
            there = number <= len(slots)
            found[f"{name}_slot_{number}"] = SLOTS.index(slots[number - 1]) + 1 if there else 0
            found[f"{name}_{number}"] = pieces[number - 1] if there else ""
    return found
