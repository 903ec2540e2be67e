"""Tickets in the store: sessions, and one-time links to sign in.

A ticket is a random token that its holder has; the store keeps a hash of it, so that who reads the
store can use none. Nothing of a session stands in a cookie but the token.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Literal, Protocol

from attrs import field, frozen
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
)
from sqlalchemy import inspect as inspect_database

Kind = Literal["session", "sign_in"]

TOKEN_LENGTH = 43

# Tickets live for hours: a table of another shape gets another name, and this one is left behind.
_METADATA = MetaData()
_TICKETS = Table(
    "web_tickets_1",
    _METADATA,
    Column("digest", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("person", String, nullable=False, index=True),
    Column("language", String, nullable=False),
    Column("csrf", String, nullable=False),
    Column("expires", BigInteger, nullable=False),
)


class Database(Protocol):
    """`leercultuur_core.Engine.database`."""

    def __call__(self, *, write: bool = False) -> AbstractContextManager[Connection]:
        """A connection in a transaction of its own."""


@frozen
class Ticket:
    """Whose it is (a uuid), in which language they read, and what their forms must carry."""

    person: str = field(repr=False)
    language: str
    csrf: str = field(repr=False)
    expires: datetime


class Tickets:
    """The tickets of one store. Makes its table where there is none."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database(write=True) as connection:
            _METADATA.create_all(connection)

    def issue(
        self, kind: Kind, person: str, *, language: str, now: datetime, lifetime: timedelta
    ) -> str:
        """A new token for a person (uuid), good for ``lifetime``. Lets go of what has expired."""
        token = token_urlsafe(32)
        with self._database(write=True) as connection:
            connection.execute(delete(_TICKETS).where(_TICKETS.c.expires <= _seconds(now)))
            connection.execute(
                insert(_TICKETS).values(
                    digest=_digest(kind, token),
                    kind=kind,
                    person=person,
                    language=language,
                    csrf=token_urlsafe(32),
                    expires=_seconds(now + lifetime),
                )
            )
        return token

    def look(self, kind: Kind, token: str, now: datetime) -> Ticket | None:
        """What a token stands for; ``None`` for one that is not ours, used or expired."""
        if len(token) != TOKEN_LENGTH:
            return None
        with self._database() as connection:
            return _found(connection, kind, token, now)

    def take(self, kind: Kind, token: str, now: datetime) -> Ticket | None:
        """Uses a token up: of two that come at the same moment, one gets it."""
        if len(token) != TOKEN_LENGTH:
            return None
        with self._database(write=True) as connection:
            ticket = _found(connection, kind, token, now)
            if ticket is not None:
                connection.execute(
                    delete(_TICKETS).where(_TICKETS.c.digest == _digest(kind, token))
                )
            return ticket

    def end_all(self, person: str) -> None:
        """Ends all tickets of a person (uuid)."""
        with self._database(write=True) as connection:
            forget(connection, person)

    def speak(self, token: str, language: str) -> None:
        """Changes the language of a session."""
        with self._database(write=True) as connection:
            connection.execute(
                _TICKETS.update()
                .where(_TICKETS.c.digest == _digest("session", token))
                .values(language=language)
            )

    def lengthen(self, token: str, until: datetime) -> None:
        """Lets a session last until ``until``."""
        with self._database(write=True) as connection:
            connection.execute(
                _TICKETS.update()
                .where(_TICKETS.c.digest == _digest("session", token))
                .values(expires=_seconds(until))
            )


def held(connection: Connection, person: str) -> Mapping[str, Any]:
    """What is kept of a person (uuid): until when which tickets are good."""
    if not _there(connection):
        return {}
    rows = connection.execute(
        select(_TICKETS.c.kind, _TICKETS.c.language, _TICKETS.c.expires)
        .where(_TICKETS.c.person == person)
        .order_by(_TICKETS.c.expires, _TICKETS.c.kind)
    )
    found = [
        {"kind": kind, "language": language, "expires": _moment(expires).isoformat()}
        for kind, language, expires in rows
    ]
    return {"tickets": found} if found else {}


def forget(connection: Connection, person: str) -> Mapping[str, int]:
    """Takes out the tickets of a person (uuid)."""
    if not _there(connection):
        return {}
    gone = connection.execute(delete(_TICKETS).where(_TICKETS.c.person == person)).rowcount
    return {_TICKETS.name: gone}


def _there(connection: Connection) -> bool:
    return inspect_database(connection).has_table(_TICKETS.name)


def _found(connection: Connection, kind: Kind, token: str, now: datetime) -> Ticket | None:
    row = connection.execute(
        select(_TICKETS.c.person, _TICKETS.c.language, _TICKETS.c.csrf, _TICKETS.c.expires).where(
            _TICKETS.c.digest == _digest(kind, token), _TICKETS.c.expires > _seconds(now)
        )
    ).first()
    return None if row is None else Ticket(row[0], row[1], row[2], _moment(row[3]))


def _digest(kind: Kind, token: str) -> str:
    # A token has 256 random bits, so that a plain hash cannot be guessed back; the kind is in it, so
    # that a sign-in link is never taken for a session.
    return sha256(f"{kind}\0{token}".encode()).hexdigest()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
