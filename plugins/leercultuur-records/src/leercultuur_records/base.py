"""What `Records` rests on: the store, who somebody is, and what they may see."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from leercultuur_core import AccessDenied, Engine

from . import schema, store
from .record import Record, Step
from .road import Actor, RoadRules, take_step
from .settings import settings_of
from .standard import Standard
from .vraak import Rubric, default_rubric, read_rubric

HOME_PAGE = "urn:leercultuur:records"
"""Whose accounts the identifiers are by which a holder's certified records enter the ledger."""

_ASSESSES = frozenset({"assessor", "second_assessor", "issuer"})


class Base:
    """Open records, and what every change of one needs."""

    def __init__(
        self, engine: Engine, *, rules: RoadRules | None = None, rubric: Rubric | None = None
    ) -> None:
        """Rules and rubric are those of the configuration where they are not given. Makes the tables
        where there are none."""
        self.engine = engine
        settings = settings_of(engine)
        self.rules = rules or (settings.road if settings else RoadRules())
        self.rubric = rubric or (
            read_rubric(settings.rubric) if settings and settings.rubric else default_rubric()
        )
        with engine.database() as connection:
            ready = schema.up_to_date(connection, engine.store.name)
        if not ready:
            with engine.database(write=True) as connection:
                schema.migrate(connection)

    @contextmanager
    def _changing(self, record: str, version: int | None) -> Iterator[tuple[Connection, Record]]:
        with self.engine.database(write=True) as connection:
            found = self._load(connection, record)
            if version is not None and version != found.version:
                raise store.RecordChanged(version, found.version)
            yield connection, found

    def _take(
        self, record: str, step: Step, by: str, now: datetime, *, version: int | None, **given: Any
    ) -> Record:
        with self._changing(record, version) as (connection, found):
            standard = self._standard(connection, found)
            changed = self._step(found, step, by, now, standard=standard, **given)
            return store.save(connection, changed)

    def _step(self, record: Record, step: Step, by: str, now: datetime, **given: Any) -> Record:
        return take_step(
            record,
            step,
            self._actor(by, record.holder),
            now,
            rules=self.rules,
            rubric_ids=self.rubric.ids,
            **given,
        )

    def _load(self, connection: Connection, record: str) -> Record:
        found = store.load(connection, record)
        if found is None:
            raise KeyError(record)
        return found

    def _standard(self, connection: Connection, record: Record) -> Standard | None:
        return None if record.standard is None else store.standard(connection, record.standard)

    def _check(self, connection: Connection, record: Record) -> None:
        """Raises `ValueError` where a record names a standard or criterion that there is not."""
        standard = self._standard(connection, record)
        if record.standard is not None and standard is None:
            raise ValueError(
                f"standard: expected one in the store, found {' '.join(record.standard)}; import it first"
            )
        if standard is not None:
            try:
                standard.aimed_at(record.criteria)
            except KeyError as error:
                raise ValueError(f"criteria: {standard.code} has no {error.args[0]!r}") from None
        if record.period is not None and record.period[0] > record.period[1]:
            raise ValueError("period: expected a first day before the last")

    def _people(self, only: Collection[str] | None = None) -> Mapping[str, Any]:
        with self.engine.store.reading() as tx:
            return tx.people.all(only)

    def _roles(self, by: str) -> frozenset[str]:
        person = self._people({by}).get(by)
        return frozenset(person.roles) if person is not None and person.active else frozenset()

    def _actor(self, by: str, holder: str) -> Actor:
        if by == holder:
            return Actor(by)
        of_holder = self._people({holder}).get(holder)
        manages = of_holder is not None and of_holder.manager == by
        return Actor(by, self._roles(by), manages)

    def _mail(self, holder: str) -> str:
        person = self._people({holder}).get(holder)
        return str(person.addresses.get("mail", "")) if person is not None else ""

    def _count_for(self, person: str, now: datetime) -> None:
        """Makes the identifier by which certified records enter the ledger this person's. In a
        transaction of its own: there is one writer at a time."""
        if not self.engine.link(f"account|{HOME_PAGE}|{person}", person, now):
            raise ValueError("holder: expected a person or candidate in the store, found none")

    def _coached(self, connection: Connection, record: Record, by: str, now: datetime) -> None:
        """Who is not the holder must have been let in by them."""
        if not self._lets(connection, record, by, now):
            raise AccessDenied("the holder has not shared this record with them", "share")

    def _lets(self, connection: Connection, record: Record, by: str, now: datetime) -> bool:
        """Whether the holder lets somebody write along: it is their own, or they shared it."""
        return by == record.holder or _shared(connection, record, by, now)

    def _may_see(self, connection: Connection, record: Record, by: str, now: datetime) -> None:
        if not self._sees(connection, record, by, self._roles(by), now):
            raise AccessDenied(
                "a record is read by its holder, by whom they share it with, and once it is submitted "
                "by who assesses or issues it",
                "share",
            )

    def _sees(
        self,
        connection: Connection,
        record: Record,
        by: str,
        roles: frozenset[str],
        now: datetime,
    ) -> bool:
        if by == record.holder:
            return True
        in_hand = record.stage in {
            "submitted",
            "appealed",
            "assessed",
            "rejected",
            "certified",
            "expired",
        }
        return (in_hand and bool(roles & _ASSESSES)) or _shared(connection, record, by, now)


def _shared(connection: Connection, record: Record, by: str, now: datetime) -> bool:
    today = now.date()
    return any(s.whom == by and today <= s.until for s in store.shares_of(connection, record.id))
