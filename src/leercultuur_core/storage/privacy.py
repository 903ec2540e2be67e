"""Consent, releases that were made, the audit, and who is forgotten when."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from ..activity.activity import day_date
from .erasure import Erasure
from .rows import Row, Rows, moment, seconds

_ERASE = "erase"
"""Stands among the purposes for a wish to be erased; it is none of them."""


@frozen
class Consent:
    """What a person said about a purpose: yes or no. The latest holds."""

    person: str
    purpose: str
    given: bool
    at: datetime
    recorded_by: str = "self"


@frozen
class KeptRelease:
    """Group values as they were released, and the people they were made of (uuids).

    Contributors are kept for the difference rule only; in the place of who was erased stands a
    random uuid, the same in every release, so that differences still count them.
    """

    unit: str
    purpose: str
    quarter: str
    payload: Mapping[str, Any]
    contributors: frozenset[str] = field(repr=False)
    made: datetime


@frozen
class AuditEntry:
    """That somebody read or changed something; ``subject`` is the uuid of whom it was about."""

    at: datetime
    who: str
    what: str
    subject: str | None = None
    detail: str = ""


@frozen
class ReadCount:
    """How often one reader read or changed one kind of data of single people on a day (UTC)."""

    day: date
    who: str
    what: str
    count: int


class Privacy(Erasure):
    """Consents, releases and the audit; erase, export and retention come from `Erasure`."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self._rows = rows

    def consent(self, consent: Consent) -> bool:
        """Keeps what a person said; ``False`` where there is no such person. Nothing said before
        is overwritten."""
        return (
            self._rows.run(
                "INSERT INTO consents (person, purpose, given, at, recorded_by) "
                "SELECT person, ?, ?, ?, ? FROM persons WHERE uuid = ?",
                consent.purpose,
                int(consent.given),
                seconds(consent.at),
                consent.recorded_by,
                consent.person,
            )
            == 1
        )

    def consents(self, purpose: str) -> dict[str, bool]:
        """Person → what was recorded last about ``purpose``; who said nothing is not in it."""
        return {
            uuid: bool(given)
            for uuid, given in self._rows.all(
                "SELECT p.uuid, c.given FROM consents c JOIN persons p ON p.person = c.person "
                "WHERE c.purpose = ? ORDER BY c.consent",
                purpose,
            )
        }

    def last_yes(self, purpose: str, people: Collection[str]) -> dict[str, datetime]:
        """Person → when they last said yes to ``purpose``, whatever they said after it; of
        ``people`` (uuids)."""
        return {
            uuid: moment(at)
            for uuid, kind, at in self._rows.among(
                "SELECT p.uuid, c.purpose, max(c.at) FROM consents c "
                "JOIN persons p ON p.person = c.person "
                "WHERE p.uuid IN (?) AND c.given = 1 GROUP BY p.uuid, c.purpose",
                people,
            )
            if kind == purpose
        }

    def consents_of(self, person: str) -> list[Consent]:
        """All that a person ever said, in the order it was recorded."""
        return [
            Consent(uuid, purpose, bool(given), moment(at), by)
            for uuid, purpose, given, at, by in self._rows.all(
                "SELECT p.uuid, c.purpose, c.given, c.at, c.recorded_by FROM consents c "
                "JOIN persons p ON p.person = c.person WHERE p.uuid = ? ORDER BY c.consent",
                person,
            )
        ]

    def ask_erase(self, person: str, *, at: datetime) -> bool:
        """Keeps that a person (uuid) asks to be erased, beside what they said of purposes; ``False``
        where there is no such person. It is in their export, and goes with the erase."""
        return self.consent(Consent(person, _ERASE, True, at))

    def asked_to_erase(self) -> list[str]:
        """The people (uuids) who asked and still are here, who asked first before the others."""
        return [
            uuid
            for (uuid,) in self._rows.all(
                "SELECT p.uuid FROM consents c JOIN persons p ON p.person = c.person "
                "WHERE c.purpose = ? GROUP BY p.uuid ORDER BY min(c.consent)",
                _ERASE,
            )
        ]

    def asks_erase(self, person: str) -> bool:
        """Whether a person (uuid) asked for it."""
        return (
            self._rows.first(
                "SELECT 1 FROM consents c JOIN persons p ON p.person = c.person "
                "WHERE p.uuid = ? AND c.purpose = ?",
                person,
                _ERASE,
            )
            is not None
        )

    def put_release(self, release: KeptRelease) -> bool:
        """Freezes a release; ``False``, and nothing changes, where this unit and purpose have one
        for this quarter."""
        number = self._rows.value(
            "INSERT INTO releases (unit, purpose, quarter, payload, made) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (unit, purpose, quarter) DO NOTHING RETURNING release",
            release.unit,
            release.purpose,
            release.quarter,
            json.dumps(release.payload, sort_keys=True, ensure_ascii=False),
            seconds(release.made),
        )
        if number is None:
            return False
        self._rows.many(
            "INSERT INTO contributors (release, person) VALUES (?, ?)",
            [(number, person) for person in sorted(release.contributors)],
        )
        return True

    def releases(
        self, *, purpose: str | None = None, unit: str | None = None, quarter: str | None = None
    ) -> list[KeptRelease]:
        """Releases, by quarter and unit."""
        found = self._rows.all(
            "SELECT release, unit, purpose, quarter, payload, made FROM releases "
            "WHERE coalesce(?, purpose) = purpose AND coalesce(?, unit) = unit "
            "AND coalesce(?, quarter) = quarter ORDER BY quarter, unit, purpose",
            purpose,
            unit,
            quarter,
        )
        people: dict[int, set[str]] = {}
        for release, person in self._rows.among(
            "SELECT release, person FROM contributors WHERE release IN (?)",
            [row[0] for row in found],
        ):
            people.setdefault(release, set()).add(person)
        return [_release(row, people.get(row[0], ())) for row in found]

    def last_release(self) -> int:
        """A number that grows with each release."""
        return int(self._rows.value("SELECT max(release) FROM releases") or 0)

    def note(self, entry: AuditEntry) -> None:
        """Adds to the audit. ``detail`` must hold no name."""
        self._rows.run(
            "INSERT INTO audit (at, who, what, subject, detail) VALUES (?, ?, ?, "
            "(SELECT person FROM persons WHERE uuid = ?), ?)",
            seconds(entry.at),
            entry.who,
            entry.what,
            entry.subject,
            entry.detail,
        )

    def audit(self, *, subject: str | None = None) -> list[AuditEntry]:
        """The audit, of one person or whole, oldest first."""
        return [
            AuditEntry(moment(at), who, what, uuid, detail)
            for at, who, what, uuid, detail in self._rows.all(
                "SELECT a.at, a.who, a.what, p.uuid, a.detail FROM audit a "
                "LEFT JOIN persons p ON p.person = a.subject "
                "WHERE CAST(? AS TEXT) IS NULL OR p.uuid = ? ORDER BY a.entry",
                subject,
                subject,
            )
        ]

    def reads(self, *, since: datetime, but: Sequence[str] = ()) -> list[ReadCount]:
        """What was read of one person since a moment, counted by day (UTC), reader and kind, newest day
        first; without the readers in ``but``."""
        return [
            ReadCount(day_date(day), who, what, count)
            for day, who, what, count in self._rows.all(
                "SELECT at / 86400 AS day, who, what, count(*) FROM audit "
                "WHERE at >= ? "
                "GROUP BY at / 86400, who, what ORDER BY day DESC, who, what",
                seconds(since),
            )
            if who not in but
        ]


def _release(row: Row, people: Collection[str] | Iterable[str]) -> KeptRelease:
    _, unit, purpose, quarter, payload, made = row
    return KeptRelease(unit, purpose, quarter, json.loads(payload), frozenset(people), moment(made))
