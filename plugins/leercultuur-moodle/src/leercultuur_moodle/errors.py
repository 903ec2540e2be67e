"""What Moodle says is wrong, sorted by what the caller can do.

Moodle answers most errors with HTTP status 200. Which one it is stands in ``errorcode``: class names
change between versions, and ``message`` is translated, quotes people and may hold a stack trace, so
neither is looked at or shown. The table is ``errorcodes.tsv``, from two sites of Moodle 4.5.6.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from attrs import frozen

from leercultuur_core import AccessDenied, SourceUnavailable
from leercultuur_core.extension.http import Answer

Kind = Literal["retry", "denied", "forbidden", "absent", "off", "unfit", "unknown"]
"""What can be done.

``retry``: the same call may work later. ``denied``: nothing works until an administrator acts. The
others are about one course, person or thing, and the rest goes on: ``forbidden`` (a right is
lacking: not seen, which is not the same as not there), ``absent`` (it is not there), ``off`` (the
site or course does not use it), ``unfit`` (the call itself is not taken), ``unknown``.
"""


class Refused(AccessDenied):
    """Moodle said no to one call, and others may go well: skip this course, person or thing.

    ``errorcode`` is Moodle's own where that is a code, ``""`` where it is a sentence or absent;
    ``kind`` is one of `Kind`.
    """

    def __init__(self, message: str, errorcode: str, kind: Kind) -> None:
        super().__init__(message)
        self.errorcode, self.kind = errorcode, kind


@frozen
class Row:
    """One line of the table: what the code means, and what to do."""

    kind: Kind
    what: str
    hint: str


_UNKNOWN = Row("unknown", "stumbles over this", "the site's own log says why; the rest goes on")


@cache
def table() -> Mapping[str, Row]:
    """errorcode → what it means."""
    text = resources.files(__package__).joinpath("errorcodes.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row.pop("errorcode"): Row(**row) for row in rows}  # type: ignore[arg-type]


def checked(function: str, answer: Answer) -> Any:
    """What Moodle answered to ``function``, as JSON.

    Raises `SourceUnavailable` (no answer of Moodle, or a passing trouble), `AccessDenied` (nobody gets
    in) or its subclass `Refused` (only this call). None of them quotes the server.
    """
    place = f"moodle, {function}"
    if answer.status == 403:
        raise AccessDenied(
            f"{place}: web services are closed (403); Site administration, General, Advanced "
            "features: Enable web services; Server, Manage protocols: REST",
            "use web services",
        )
    if not 200 <= answer.status < 300:
        answer.checked()  # raises
    if answer.body.lstrip().startswith(b"<?xml"):
        raise SourceUnavailable(
            f"{place}: expected JSON, found XML; is a proxy in between that drops what is sent?"
        )
    value = answer.json()
    if isinstance(value, dict) and "exception" in value:
        raise _error(place, value.get("errorcode"))
    return value


def _error(place: str, found: object) -> SourceUnavailable | AccessDenied:
    # A sentence in place of a code may name somebody, or a number of theirs.
    code = found if isinstance(found, str) and found.isascii() and found.isalnum() else ""
    row = table().get(code, _UNKNOWN)
    named = f" ({code})" if code else ""
    subject = (
        "the web service user" if row.kind == "forbidden" and "lacks" in row.what else "Moodle"
    )
    message = f"{place}: {subject} {row.what}{named}; {row.hint}"
    if row.kind == "retry":
        return SourceUnavailable(message)
    if row.kind == "denied":
        return AccessDenied(message, "use web services")
    return Refused(message, code, row.kind)


@frozen
class Gap:
    """Something that an otherwise good answer leaves out, from its ``warnings``.

    ``item`` and ``number`` say what (``course`` 2, ``assignment`` 1); ``code`` is Moodle's own. What
    it says in words is not kept: it may be a stack trace.
    """

    item: str
    number: int
    code: str


_NOTHING_NEW = "3"
"""`mod_assign_get_grades` and ``_submissions``: there are none, which is no refusal."""


def gaps(answer: object) -> tuple[Gap, ...]:
    """What the answer leaves out because the user may not see it: not seen, not absent."""
    found = answer.get("warnings") if isinstance(answer, dict) else None
    return tuple(
        Gap(str(one.get("item", "")), one["itemid"], str(one.get("warningcode", "")))
        for one in found or ()
        if isinstance(one, dict)
        and isinstance(one.get("itemid"), int)
        and str(one.get("warningcode")) != _NOTHING_NEW
    )
