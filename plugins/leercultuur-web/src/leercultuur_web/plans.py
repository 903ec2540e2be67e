"""When somebody wants to do a step: a plan of their own, in a table of this plugin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, delete, insert, select
from sqlalchemy import inspect as inspect_database

from .sessions import Database

# A plan is of a week: a table of another shape gets another name, and this one is left behind.
_METADATA = MetaData()
_PLANS = Table(
    "web_plans_1",
    _METADATA,
    Column("person", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("moment", Integer, nullable=False),
)


class Plans:
    """The plans of one store. Makes its table where there is none."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database(write=True) as connection:
            _METADATA.create_all(connection)

    def put(self, person: str, step: str, moment: datetime) -> None:
        """Keeps when a person (uuid) wants to do a step (a prompt's id), in the place of what they
        chose before; what they chose for earlier steps is let go of."""
        with self._database(write=True) as connection:
            connection.execute(delete(_PLANS).where(_PLANS.c.person == person))
            connection.execute(
                insert(_PLANS).values(person=person, step=step, moment=int(moment.timestamp()))
            )

    def drop(self, person: str, step: str) -> None:
        """Lets go of what they chose."""
        with self._database(write=True) as connection:
            connection.execute(
                delete(_PLANS).where((_PLANS.c.person == person) & (_PLANS.c.step == step))
            )

    def of(self, person: str) -> Mapping[str, datetime]:
        """Step → moment."""
        with self._database() as connection:
            return _of(connection, person)


def held(connection: Connection, person: str) -> Mapping[str, Any]:
    """What is kept of a person (uuid)."""
    if not inspect_database(connection).has_table(_PLANS.name):
        return {}
    found = [
        {"step": step, "moment": moment.isoformat()}
        for step, moment in _of(connection, person).items()
    ]
    return {"plans": found} if found else {}


def forget(connection: Connection, person: str) -> Mapping[str, int]:
    """Takes out the plans of a person (uuid)."""
    if not inspect_database(connection).has_table(_PLANS.name):
        return {}
    gone = connection.execute(delete(_PLANS).where(_PLANS.c.person == person)).rowcount
    return {_PLANS.name: gone}


def _of(connection: Connection, person: str) -> dict[str, datetime]:
    rows = connection.execute(
        select(_PLANS.c.step, _PLANS.c.moment).where(_PLANS.c.person == person)
    )
    return {step: datetime.fromtimestamp(moment, UTC) for step, moment in rows}


__all__ = ["Plans", "forget", "held"]
