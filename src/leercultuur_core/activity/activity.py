"""What happened, as its source recorded it: `Activity` v1 and `Retraction`.

Both are closed: a source maps what it knows onto these fields and drops the rest. There is no
free text here, on purpose.

They are `msgspec.Struct` rather than attrs classes: hundreds of thousands are made a second, and
a frozen attrs object of this size costs several times as much (`docs/architecture.md`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b

import msgspec

GENERAL = "general"
"""The topic of an activity whose source names no course, goal or skill."""

DEFAULT_SOURCE = "default"
"""The source of an activity that names no platform and no account."""

FINAL_REVISION = 2**63 - 1
"""The revision of a retraction that nothing can undo, such as an xAPI void."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class Activity(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Something a learner did. Name the fields when you make one.

    id
        Unique over all sources: the statement id of xAPI; elsewhere the adapter makes it unique
        and stable, so that reading the same thing again gives the same id.
    identities
        Canonical identifiers (`leercultuur_core.activity.identity`) of *one* learner. The ledger
        is kept by the first; the others only suggest links.
    group
        The other learners, where a group did it together; each is a tuple like ``identities``.
    verb, object_id, object_type, context_types
        IRIs from the source's vocabulary; evidence rules look at these.
    occurred_at
        When it happened; must carry an offset.
    source
        The platform or instance in the ledger, never the name of a file.
    revision
        Higher wins when the same id is read again.
    topic
        Course, learning goal or skill, where the source names one.
    required
        The employer requires it, so that it says little about one's own direction.
    stored_at
        When the source stored it; no part of the content.
    completion, success, score
        The result, ``score`` scaled to -1 .. 1.
    answer
        An answer chosen from a closed list; never free text.
    """

    id: str
    identities: tuple[str, ...]
    verb: str
    occurred_at: datetime
    source: str = DEFAULT_SOURCE
    revision: int = 0
    object_id: str = ""
    object_type: str = ""
    topic: str = GENERAL
    context_types: tuple[str, ...] = ()
    required: bool = False
    completion: bool | None = None
    success: bool | None = None
    score: float | None = None
    answer: str | None = None
    group: tuple[tuple[str, ...], ...] = ()
    stored_at: datetime | None = None  # last: `content_digest` leaves it out

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is None:
            raise ValueError("Activity.occurred_at: expected a time with an offset, found none")
        if not self.identities:
            raise ValueError("Activity.identities: expected at least one identifier, found none")

    def __repr__(self) -> str:
        # Names stay out of logs: an activity shows what it is, not whose.
        return f"<Activity {self.verb!r} at {self.source!r}>"


class Retraction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Takes back the activity ``id`` up to and including ``revision``; may arrive before it."""

    id: str
    revision: int = FINAL_REVISION

    def __repr__(self) -> str:
        return "<Retraction>"


Record = Activity | Retraction

_encode = msgspec.msgpack.Encoder().encode


def content_digest(activity: Activity) -> bytes:
    """16 bytes that are equal exactly when two activities have the same canonical content.

    Canonical content is the mapped activity without ``stored_at``; times count as instants, whatever
    their offset.
    """
    content = msgspec.structs.astuple(activity)[:-1]
    return blake2b(_encode(content), digest_size=16).digest()


def utc_day(moment: datetime) -> int:
    """Days from 1970-01-01 to the UTC day of an aware ``moment``."""
    return (moment - _EPOCH).days


def iso_week(day: int) -> int:
    """Number of the ISO week (Monday first) that holds ``day``; week 0 holds 1970-01-01."""
    return (day + 3) // 7


def day_date(day: int) -> date:
    """The calendar date of a day number."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


def day_start(day: int) -> datetime:
    """The moment at which the UTC day ``day`` begins."""
    return _EPOCH + timedelta(days=day)


def week_label(week: int) -> str:
    """A week number as written by ISO 8601, such as ``2026-W05``."""
    year, number, _ = day_date(week * 7 - 3).isocalendar()
    return f"{year}-W{number:02d}"
