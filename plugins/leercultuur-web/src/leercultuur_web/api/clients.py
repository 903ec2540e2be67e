"""Programs that may call the API, each with a token of its own, what it is for, and until when."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Literal, get_args

from attrs import frozen
from sqlalchemy import Column, Integer, MetaData, Row, String, Table, delete, insert, select

from ..sessions import Database

Scope = Literal[
    "activities",
    "people",
    "estimate:own",
    "messages",
    "answers",
    "consent",
    "groups:read",
    "records",
]
"""What a client may do. These names are stored and never change their meaning."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
"""What a client may be called: it is the name of its source and its sink too."""

PER_MINUTE = 600
"""Requests in a minute, unless another number was given. Judgement: a page for each of a few hundred
people who begin their day, and far from what the server can do."""

_PREFIX = "lcapi"  # so that a scan for secrets can know one
_LONGEST = 128

_METADATA = MetaData()
_CLIENTS = Table(
    "web_clients_1",
    _METADATA,
    Column("name", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("expires", Integer, nullable=False),
)


@frozen
class Client:
    """A program, what it may do, and how often."""

    name: str
    scopes: frozenset[Scope]
    per_minute: int
    created: datetime
    expires: datetime


class Clients:
    """The clients of one store. Makes its table where there is none. No row says anything about
    anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database(write=True) as connection:
            _METADATA.create_all(connection)

    def add(
        self,
        name: str,
        scopes: frozenset[Scope],
        *,
        now: datetime,
        lifetime: timedelta,
        per_minute: int = PER_MINUTE,
    ) -> str | None:
        """The token of a new client: only its hash is kept. ``None`` where there is one of that
        name."""
        secret = token_urlsafe(32)
        with self._database(write=True) as connection:
            if connection.execute(select(_CLIENTS.c.name).where(_CLIENTS.c.name == name)).first():
                return None
            connection.execute(
                insert(_CLIENTS).values(
                    name=name,
                    digest=_digest(name, secret),
                    scopes=" ".join(sorted(scopes)),
                    per_minute=per_minute,
                    created=int(now.timestamp()),
                    expires=int((now + lifetime).timestamp()),
                )
            )
        return f"{_PREFIX}.{name}.{secret}"

    def look(self, token: str, now: datetime) -> Client | None:
        """Whose token it is; ``None`` for one that is not ours, taken back or expired."""
        prefix, _, rest = token[:_LONGEST].partition(".")
        name, _, secret = rest.partition(".")
        known = prefix == _PREFIX and NAME.fullmatch(name) is not None
        row = None
        if known:
            with self._database() as connection:
                row = connection.execute(select(_CLIENTS).where(_CLIENTS.c.name == name)).first()
        right = "" if row is None else row.digest
        # The same comparison whether or not there is such a client.
        fits = compare_digest(right.encode(), _digest(name, secret).encode())
        if row is None or not fits or row.expires <= now.timestamp():
            return None
        return _client(row)

    def all(self) -> tuple[Client, ...]:
        """Every client, by name."""
        with self._database() as connection:
            rows = connection.execute(select(_CLIENTS).order_by(_CLIENTS.c.name)).all()
        return tuple(map(_client, rows))

    def revoke(self, name: str) -> bool:
        """Takes a client's token back, from its next request on; ``False`` where there is none."""
        with self._database(write=True) as connection:
            return connection.execute(delete(_CLIENTS).where(_CLIENTS.c.name == name)).rowcount == 1


def _client(row: Row[Any]) -> Client:
    known = frozenset(one for one in SCOPES if one in row.scopes.split())
    return Client(row.name, known, row.per_minute, _moment(row.created), _moment(row.expires))


def _digest(name: str, secret: str) -> str:
    # 256 random bits, so that a plain hash cannot be guessed back.
    return sha256(f"client\0{name}\0{secret}".encode()).hexdigest()


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


__all__ = ["NAME", "PER_MINUTE", "SCOPES", "Client", "Clients", "Scope"]
