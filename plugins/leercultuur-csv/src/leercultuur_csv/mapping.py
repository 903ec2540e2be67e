"""Which column means what, and how a row becomes an activity: settings of whatever reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen
from msgspec import structs

from leercultuur_core import (
    DEFAULT_SOURCE,
    GENERAL,
    PHASE_QUESTION,
    PHASES,
    Activity,
    ConfigError,
    Problem,
    Retraction,
    content_digest,
)
from leercultuur_core.extension import Record

from . import cells
from .cells import Cell, Decimal, ExcelDates, Forms, Order, Unfit, fold
from .occurrences import Occurrences
from .table import Wanted
from .who import IDENTITIES, FileForm, Unusable, wanted

_T = TypeVar("_T")

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # never comes out: a row without a date is refused
_NO_TYPES: tuple[str, ...] = ()
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


@frozen(kw_only=True)
class ActivityColumns:
    """Column of ours → its heading in the file. Without any, the headings are these names."""

    id: str | None = None
    revision: str | None = None
    identity: str | None = None
    account: str | None = None
    employee: str | None = None
    mail: str | None = None
    openid: str | None = None
    verb: str | None = None
    occurred_at: str | None = None
    time: str | None = None
    stored_at: str | None = None
    source: str | None = None
    object_id: str | None = None
    object_type: str | None = None
    context_types: str | None = None
    topic: str | None = None
    required: str | None = None
    completion: str | None = None
    success: str | None = None
    score: str | None = None
    answer: str | None = None
    retracted: str | None = None


@frozen(kw_only=True)
class ActivityMapping(FileForm):
    """How a table of activities is read.

    columns
        Which column means what.
    verb, verbs
        The verb of every row; or word in the column ``verb`` → verb, where a word that stands for
        ``""`` is passed over. Without ``verbs`` the column holds verbs themselves (IRIs).
    source, object_type, topic, required
        Of every row in which no column says it.
    table
        Keeps ids apart: two tables of one source whose ids overlap need a name each.
    time_zone
        Of times without an offset.
    dates, decimal, excel_dates, dates_only
        How dates and numbers are written. ``dates_only`` takes away times that mean nothing, such
        as midnight on every row.
    score_max
        The score that counts as 1, such as 10 for Dutch grades.
    """

    columns: ActivityColumns = ActivityColumns()
    verb: str = ""
    verbs: Mapping[str, str] = field(factory=dict)
    source: str = DEFAULT_SOURCE
    object_type: str = ""
    topic: str = GENERAL
    required: bool = False
    table: str = ""
    time_zone: str = "Europe/Amsterdam"
    dates: Order = "d-m-y"
    decimal: Decimal = "auto"
    excel_dates: ExcelDates = "no"
    dates_only: bool = False
    score_max: float = 1.0

    @property
    def wanted(self) -> Wanted:
        """The columns to look for in a file."""
        return wanted(self.columns)

    def check(self, what: str) -> None:
        """Raises `ConfigError` about ``what`` with everything that makes no sense."""
        given = self.wanted
        named = () if given.optional else tuple(given.headings)
        problems = self.missing(named)
        if named:
            if "occurred_at" not in named:
                problems.append(Problem("columns.occurred_at", "the heading of a date", "nothing"))
            if not set(IDENTITIES) & set(named):
                expected = f"the heading of one of {', '.join(IDENTITIES)}"
                problems.append(Problem("columns", expected, "none of them"))
            if "verb" not in named and not self.verb:
                expected = "the heading of a verb, or a verb for all rows"
                problems.append(Problem("columns.verb", expected, "nothing"))
            if "retracted" in named and "id" not in named:
                expected = "the heading of an id, to know what is taken back"
                problems.append(Problem("columns.id", expected, "nothing"))
        problems += [
            Problem(place, "an IRI", "another text")
            for place, verb in (
                ("verb", self.verb),
                *((f"verbs[{word}]", verb) for word, verb in self.verbs.items()),
            )
            if verb and not _IRI.fullmatch(verb)
        ]
        if self.score_max <= 0:
            problems.append(Problem("score_max", "a number above 0", str(self.score_max)))
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            expected = "a time zone such as Europe/Amsterdam"
            problems.append(Problem("time_zone", expected, f'"{self.time_zone}"'))
        if problems:
            raise ConfigError(what, problems)


class RowMapper:
    """Rows of one file to records. ``seen`` tells equal rows without an id apart."""

    def __init__(self, mapping: ActivityMapping, seen: Occurrences) -> None:
        self._mapping = mapping
        self._seen = seen
        self._verbs = {fold(word): verb for word, verb in mapping.verbs.items()}
        self._forms = Forms(
            ZoneInfo(mapping.time_zone),
            mapping.dates,
            mapping.decimal,
            mapping.excel_dates,
            mapping.dates_only,
        )

    def record(self, row: Mapping[str, Cell]) -> Record | None:
        """The record in a row; ``None`` where its word for a verb stands for nothing.

        Raises `Unusable` with every column that is wrong.
        """
        given, mapping = _Given(row), self._mapping
        source = given.get("source", cells.text, mapping.source)
        name = given.get("id", cells.text, "")
        revision = given.get("revision", cells.whole, 0)
        if given.get("retracted", cells.yes_or_no, False):
            given.need("id")
            given.raise_any()
            return Retraction(id=self._id(source, name), revision=revision)
        verb = given.get("verb", self._verb, mapping.verb)
        if not verb and "verb" in row and not given.wrong:
            return None
        identities = given.identities(mapping)
        occurred_at = given.get("occurred_at", self._moment(row.get("time")), _NEVER)
        object_id = given.get("object_id", cells.text, "")
        answer = given.get("answer", _phase, None) if object_id == PHASE_QUESTION else None
        given.need("occurred_at", *(() if mapping.verb else ("verb",)))
        object_type = given.get("object_type", cells.text, mapping.object_type)
        context_types = given.get("context_types", _parts, _NO_TYPES)
        topic = given.get("topic", cells.text, mapping.topic)
        required = given.get("required", cells.yes_or_no, mapping.required)
        completion = given.get("completion", cells.yes_or_no, None)
        success = given.get("success", cells.yes_or_no, None)
        score = given.get("score", self._score, None)
        stored_at = given.get("stored_at", self._moment(None), None)
        given.raise_any()
        activity = Activity(
            id=self._id(source, name),
            identities=identities,
            verb=verb,
            occurred_at=occurred_at,
            source=source,
            revision=revision,
            object_id=object_id,
            object_type=object_type,
            topic=topic,
            context_types=context_types,
            required=required,
            completion=completion,
            success=success,
            score=score,
            answer=answer,
            stored_at=stored_at,
        )
        return activity if name else self._named(activity)

    def _verb(self, cell: Cell) -> str:
        words = cells.text(cell)
        if self._verbs:
            verb = self._verbs.get(fold(words))
            if verb is None:
                raise Unfit(f"one of the {len(self._verbs)} words in verbs", "another")
            return verb
        if not _IRI.fullmatch(words):
            raise Unfit("an IRI", "another text", "say in verbs which word stands for which verb")
        return words

    def _moment(self, clock: Cell | None) -> Callable[[Cell], datetime]:
        return lambda cell: cells.moment(cell, clock, self._forms)

    def _score(self, cell: Cell) -> float:
        value = cells.number(cell, self._mapping.decimal)
        if not (isinstance(cell, str) and cell.endswith("%")):
            value /= self._mapping.score_max
        if not -1.0 <= value <= 1.0:
            raise Unfit(
                f"a score of at most {self._mapping.score_max:g}",
                "a higher one",
                "set score_max to the score that counts as 1",
            )
        return value

    def _id(self, source: str, name: str) -> str:
        return "|".join(("csv", source, self._mapping.table, name))

    def _named(self, activity: Activity) -> Activity:
        """With an id from its content, and its number among rows that say the very same."""
        digest = content_digest(structs.replace(activity, id=""))
        number = self._seen.number(digest)
        return structs.replace(activity, id=f"csv:{digest.hex()}:{number}")


class _Given:
    """The cells of one row as values; what is wrong with any of them is kept until `raise_any`."""

    def __init__(self, row: Mapping[str, Cell]) -> None:
        self._row = row
        self.wrong: list[str] = []

    def get(self, column: str, read: Callable[[Cell], _T], default: _T) -> _T:
        """The value in ``column``; ``default`` where there is none, or where it is wrong."""
        if column not in self._row:
            return default
        try:
            return read(self._row[column])
        except Unfit as error:
            self.wrong.append(f"{column}: {error}")
            return default

    def need(self, *columns: str) -> None:
        """Notes which of ``columns`` are empty."""
        self.wrong += [
            f"{one}: expected a value, found nothing" for one in columns if one not in self._row
        ]

    def identities(self, mapping: ActivityMapping) -> tuple[str, ...]:
        """Who it was; notes it where nothing says so."""
        try:
            found = mapping.identities(self._row)
        except Unusable as error:
            self.wrong.append(str(error))
            return ()
        if not found:
            self.wrong.append(f"expected one of {', '.join(IDENTITIES)}, found nothing")
        return found

    def raise_any(self) -> None:
        """Raises `Unusable` where anything was wrong."""
        if self.wrong:
            raise Unusable("; ".join(self.wrong))


def _parts(cell: Cell) -> tuple[str, ...]:
    return tuple(part.strip() for part in cells.text(cell).split("|") if part.strip())


def _phase(cell: Cell) -> str:
    words = cells.text(cell).casefold()
    if words not in PHASES:
        raise Unfit(f"one of {', '.join(PHASES)}", "another answer")
    return words
