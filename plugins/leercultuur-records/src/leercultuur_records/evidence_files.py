"""Files that show something, kept under the digest of their content.

They are in the store itself and not beside it, so that they are kept, erased and backed up in one
transaction with the record that they belong to. What is larger than `LARGEST`, such as a film, is better
kept where it is, with a link.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, delete, insert, select

from leercultuur_core import LeercultuurError

from .schema import files, uses

LARGEST = 20 * 1024 * 1024
"""Bytes that a file may have."""


class FileTooLarge(LeercultuurError):
    """A file that is not taken in; nothing changed."""


def keep(connection: Connection, record: str, content: bytes) -> str:
    """Keeps a file for a record; gives the SHA-256 of its content in hexadecimal.

    The same content is kept once, whoever brings it. Raises `FileTooLarge`.
    """
    if len(content) > LARGEST:
        raise FileTooLarge(
            f"expected a file of at most {LARGEST // 1024 // 1024} MB, found "
            f"{len(content) / 1024 / 1024:.0f} MB; keep it where it is and add a link"
        )
    digest = hashlib.sha256(content).hexdigest()
    if connection.scalar(select(files.c.sha256).where(files.c.sha256 == digest)) is None:
        connection.execute(insert(files).values(sha256=digest, content=content))
    used = (uses.c.record == record) & (uses.c.sha256 == digest)
    if connection.scalar(select(uses.c.sha256).where(used)) is None:
        connection.execute(insert(uses).values(record=record, sha256=digest))
    return digest


def read(connection: Connection, record: str, digest: str) -> bytes | None:
    """The content of a file of a record; ``None`` where the record has no such file."""
    used = (uses.c.sha256 == files.c.sha256) & (uses.c.record == record)
    found: bytes | None = connection.scalar(
        select(files.c.content).join(uses, used).where(files.c.sha256 == digest)
    )
    return found


def drop(connection: Connection, record: str) -> int:
    """Lets go of a record's files; gives how many nobody else has and are gone."""
    mine = select(uses.c.sha256).where(uses.c.record == record)
    digests = list(connection.scalars(mine))
    connection.execute(delete(uses).where(uses.c.record == record))
    gone = 0
    for digest in digests:
        if connection.scalar(select(uses.c.record).where(uses.c.sha256 == digest)) is None:
            gone += connection.execute(delete(files).where(files.c.sha256 == digest)).rowcount
    return gone
