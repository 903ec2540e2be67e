"""`Records`: everything an organisation does with records, each as one whole change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from attrs import evolve, fields

from leercultuur_core import AccessDenied, ConfigError, Problem

from . import evidence_files, store
from .assessing import Assessing
from .base import HOME_PAGE
from .record import ActingRole, Candidate, Entry, Evidence, Language, Record, Share, Stage
from .settings import RecordsSettings
from .standard import Standard
from .viewing import Viewing

_CONTENT = frozenset(
    {
        "learned", "context", "task", "period", "how", "skills", "level", "language", "standard",
        "criteria",
    }
)  # fmt: skip
"""What of a record its holder fills in."""


class Records(Assessing, Viewing):
    """The records of an organisation. Make one with an open `Engine`.

    Moments are aware, and people are named by their uuid or, for candidates, by theirs; `find` looks
    one up. What changes a record takes the ``version`` that was looked at where it is given, and raises
    `RecordChanged` where it is another by now. `AccessDenied` is for what somebody may not see,
    `RoadRefused` for a step they may not take; then nothing has changed.
    """

    # -- people ---------------------------------------------------------------------------------

    def find(self, who: str, now: datetime) -> tuple[str, ...]:
        """The ids of whom ``who`` may be: people as `Engine.find` finds them, and a candidate by id or
        mail address. Both for a candidate who became a person: see `adopt`."""
        found = self.engine.find(who, now)
        with self.engine.database() as connection:
            candidate = store.find_candidate(connection, who)
        return found if candidate is None else (*found, candidate.id)

    def add_candidate(self, name: str, mail: str, *, language: Language = "nl") -> Candidate:
        """Somebody without an account, by their mail address; the same one where they are known.

        Raises `ValueError` where ``mail`` is none.
        """
        address = mail.strip().lower()
        local, at, host = address.partition("@")
        if not (local and at and "." in host) or any(c.isspace() for c in address):
            raise ValueError("expected a mail address, found something else")
        with self.engine.database(write=True) as connection:
            known = store.find_candidate(connection, address)
            if known is not None:
                return known
            candidate = Candidate(str(uuid4()), name.strip(), address, language)
            store.put_candidate(connection, candidate)
        return candidate

    def candidate(self, who: str) -> Candidate | None:
        """The candidate with this id or mail address."""
        with self.engine.database() as connection:
            return store.find_candidate(connection, who)

    def adopt(self, candidate: str, person: str, now: datetime) -> int:
        """Makes a candidate's records those of the person they are by now, in the store; gives how
        many. What is done for the person, such as an erase, is from then on done for these too.

        Raises `ValueError` where either is not known.
        """
        with self.engine.database() as connection:
            known = store.find_candidate(connection, candidate)
        if known is None:
            raise ValueError("candidate: expected the id of one, found none")
        self._count_for(person, now)
        with self.engine.database(write=True) as connection:
            return store.adopt(connection, known.id, person)

    def forget_candidate(self, candidate: str) -> dict[str, int]:
        """Forgets a candidate and their records; table → rows gone. Persons are forgotten with
        `Engine.erase`. A credential that was issued stays checkable by whoever holds it."""
        with self.engine.database(write=True) as connection:
            if store.find_candidate(connection, candidate) is None:
                return {}
            counts = store.erase(connection, candidate)
        self.engine.store.scrub()
        return counts

    # -- records --------------------------------------------------------------------------------

    def new(
        self,
        holder: str,
        learned: str,
        now: datetime,
        *,
        by: str = "",
        agreed_on: date | None = None,
        record_id: str = "",
        **content: Any,
    ) -> Record:
        """A new record of ``holder``; ``content`` are other fields of `Record`.

        ``by`` is who writes it down (the holder when left out). Another than the holder must say on
        which day the holder agreed: nothing of somebody is kept that they did not want. Raises
        `ValueError` for a field that there is not, or without words; `AccessDenied` without a yes.
        """
        _known(content, _CONTENT | {"evidence", "origin"})
        by = by or holder
        if by != holder and agreed_on is None:
            raise AccessDenied(
                "a record is its holder's: say on which day they agreed that it is kept", "consent"
            )
        if not learned.strip():
            raise ValueError(
                "learned: expected what was learned, in the holder's words; found none"
            )
        if agreed_on is not None and agreed_on > now.date():
            raise ValueError("agreed_on: expected a day that has been")
        record = Record(
            id=record_id or str(uuid4()),
            holder=holder,
            learned=learned.strip(),
            agreed_on=agreed_on or now.date(),
            **content,
        )
        for one in record.evidence:
            if one.kind == "file":
                raise ValueError(
                    "evidence: add a file with `add_evidence`, which takes its content"
                )
            _whole(one, None, now)
        role: ActingRole = "worker" if by == holder else "coach"
        record = record.with_entry(Entry("identify", now, by, role))
        if record.evidence:
            record = record.with_entry(Entry("document", now, by, role))
        with self.engine.database() as connection:
            self._check(connection, record)
            candidate = store.find_candidate(connection, holder)
        if candidate is None:
            self._count_for(holder, now)
        with self.engine.database(write=True) as connection:
            return store.add(connection, record)

    def holder(self, record: str) -> str:
        """The id of whose record it is. Raises `KeyError` where there is none."""
        with self.engine.database() as connection:
            return self._load(connection, record).holder

    def aimed_at(self, record: str, by: str, now: datetime) -> tuple[str, ...]:
        """Codes of the criteria that a record aims at, for whom may see it; none without a standard."""
        with self.engine.database() as connection:
            found = self._load(connection, record)
            self._may_see(connection, found, by, now)
            standard = self._standard(connection, found)
        aimed = standard.aimed_at(found.criteria) if standard is not None else ()
        return tuple(one.code for one in aimed)

    def exists(self, record: str) -> bool:
        """Whether there is a record with this id."""
        with self.engine.database() as connection:
            return store.load(connection, record) is not None

    def get(self, record: str, by: str, now: datetime) -> Record:
        """A record, as ``by`` may see it: its holder, with whom they share it, and from submitting
        on whoever assesses or issues. Raises `KeyError` where there is none, `AccessDenied`."""
        with self.engine.database() as connection:
            found = self._load(connection, record)
            self._may_see(connection, found, by, now)
        return found

    def list(
        self,
        by: str,
        now: datetime,
        *,
        holder: str | None = None,
        stage: Stage | None = None,
    ) -> tuple[Record, ...]:
        """The records that ``by`` may see, by id."""
        roles = self._roles(by)
        with self.engine.database() as connection:
            return tuple(
                record
                for record in store.every(connection, holder=holder, stage=stage)
                if self._sees(connection, record, by, roles, now)
            )

    def change(
        self, record: str, by: str, now: datetime, *, version: int | None = None, **content: Any
    ) -> Record:
        """Fills in fields of a record that was not submitted yet, by its holder or a coach with whom
        they share it."""
        _known(content, _CONTENT)
        with self._changing(record, version) as (connection, found):
            self._coached(connection, found, by, now)
            changed = evolve(found, **content)
            self._check(connection, changed)
            return store.save(connection, self._step(changed, "document", by, now))

    def add_evidence(
        self,
        record: str,
        evidence: Evidence,
        by: str,
        now: datetime,
        *,
        content: bytes | None = None,
        version: int | None = None,
    ) -> Record:
        """Adds something that shows it; ``content`` is that of a file. With it the record is
        documented. Raises `ValueError` where it does not hold what its kind needs, `FileTooLarge`."""
        with self._changing(record, version) as (connection, found):
            self._coached(connection, found, by, now)
            if content is not None:
                digest = evidence_files.keep(connection, found.id, content)
                evidence = evolve(evidence, sha256=digest)
            _whole(evidence, content, now)
            changed = evolve(found, evidence=(*found.evidence, evidence))
            return store.save(connection, self._step(changed, "document", by, now))

    def file(self, record: str, digest: str, by: str, now: datetime) -> bytes:
        """The content of a file of a record. Raises as `get`, and `KeyError` for another digest."""
        with self.engine.database() as connection:
            found = self._load(connection, record)
            self._may_see(connection, found, by, now)
            content = evidence_files.read(connection, record, digest)
        if content is None:
            raise KeyError(digest)
        return content

    def share(self, record: str, by: str, whom: str, until: date) -> None:
        """Lets ``whom`` read a record up to and including a day; only its holder can."""
        with self._changing(record, None) as (connection, found):
            _own(found, by)
            store.put_share(connection, record, Share(whom, until))

    def unshare(self, record: str, by: str, whom: str) -> bool:
        """Takes a share back; ``False`` where there was none."""
        with self._changing(record, None) as (connection, found):
            _own(found, by)
            return store.take_share(connection, record, whom)

    def shares(self, record: str, by: str) -> tuple[Share, ...]:
        """With whom a record is shared; only its holder may know."""
        with self.engine.database() as connection:
            _own(self._load(connection, record), by)
            return store.shares_of(connection, record)

    # -- standards ------------------------------------------------------------------------------

    def put_standards(self, standards: tuple[Standard, ...]) -> int:
        """Keeps standards, all or none; gives how many are new. Raises `ConfigError` where a version
        is there with another content: what was assessed against it does not change."""
        problems, new = [], 0
        with self.engine.database(write=True) as connection:
            for standard in standards:
                try:
                    new += store.put_standard(connection, standard)
                except ValueError as error:
                    where = f"{standard.code} {standard.version}"
                    problems.append(
                        Problem(where, "what is in the store", "other words", str(error))
                    )
            if problems:
                raise ConfigError("the standards", problems)
        return new

    def standard(self, code: str, version: str) -> Standard | None:
        """The standard with this code and version."""
        with self.engine.database() as connection:
            return store.standard(connection, (code, version))

    def standards(self) -> tuple[Standard, ...]:
        """All standards."""
        with self.engine.database() as connection:
            return store.all_standards(connection)


def _own(record: Record, by: str) -> None:
    if by != record.holder:
        raise AccessDenied("only its holder shares a record", "holder")


def _known(content: Mapping[str, Any], fillable: frozenset[str]) -> None:
    known = {one.name for one in fields(Record)} & fillable
    if strange := sorted(set(content) - known):
        raise ValueError(f"{strange[0]}: expected one of {', '.join(sorted(known))}")


def _whole(evidence: Evidence, content: bytes | None, now: datetime) -> None:
    """Raises `ValueError` where evidence lacks what its kind needs."""
    if not evidence.title.strip():
        raise ValueError("title: expected a few words, found none")
    if evidence.on > now.date():
        raise ValueError("on: expected a day that has been")
    if evidence.kind == "file" and content is None:
        raise ValueError("content: expected that of the file, found none")
    if evidence.kind == "link" and not evidence.url.startswith(("https://", "http://")):
        raise ValueError("url: expected an address that begins with https://")
    if evidence.kind == "statement" and not (evidence.text.strip() and evidence.relation):
        raise ValueError("statement: expected what was said, and what they are to the holder")
    if evidence.kind == "activity" and not evidence.sha256:
        raise ValueError("activity: expected the digest of its id, found none")


def activity_digest(activity_id: str) -> str:
    """How evidence names an activity of the log: by the SHA-256 of its id, in hexadecimal."""
    return sha256(activity_id.encode()).hexdigest()


__all__ = ["HOME_PAGE", "Records", "RecordsSettings", "activity_digest"]
