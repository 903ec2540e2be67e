"""Whether a credential still holds: the register an issuer keeps, and the list it publishes.

The published side is a Bitstring Status List (https://www.w3.org/TR/vc-bitstring-status-list/): one bit
for each credential, at a place that says nothing about which credential came before or after. Whoever
checks a badge takes the whole list, so that the issuer does not learn whose badge is looked at.

Open Badges 3.0 has room for one status, so there is revocation and no suspension: a credential that was
taken back stays taken back, and a new one is issued where that was wrong.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import secrets
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from leercultuur_core import StoreError

from . import contexts
from .keys import moment

LENGTH = 131_072
"""Bits in a list: the least that the standard allows, so that nobody is alone in one."""

_FILLED = LENGTH // 2
"""Places given out in a list before the next one is begun, so that a free one is found at once."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS issued (
    credential TEXT PRIMARY KEY,
    place INTEGER NOT NULL UNIQUE,
    valid_from TEXT NOT NULL,
    valid_until TEXT,
    revoked TEXT
) STRICT
"""


class Register:
    """What an issuer remembers of each credential: a hash of its id, its place, its dates.

    Nothing about whom it is of: it stays when a person is erased, so that their credential can still be
    checked and taken back.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def place(self, credential: str, valid_from: str, valid_until: str | None = None) -> int:
        """The place of the credential with this id; the same one each time it is asked for.

        Raises `StoreError` where the register cannot be written.
        """
        digest = _digest(credential)
        with self._changing() as database:
            row = database.execute("SELECT place FROM issued WHERE credential = ?", (digest,))
            known = row.fetchone()
            if known is not None:
                return int(known[0])
            number = database.execute("SELECT count(*) FROM issued").fetchone()[0] // _FILLED
            while True:
                place = int(number * LENGTH + secrets.randbelow(LENGTH))
                taken = database.execute("SELECT 1 FROM issued WHERE place = ?", (place,))
                if taken.fetchone() is None:
                    break
            database.execute(
                "INSERT INTO issued VALUES (?, ?, ?, ?, NULL)",
                (digest, place, valid_from, valid_until),
            )
            return place

    def revoke(self, credential: str, at: datetime) -> bool:
        """Takes a credential back as of ``at``; gives whether this register knows it.

        A second time changes nothing. Others see it when the list is published again.
        """
        with self._changing() as database:
            database.execute(
                "UPDATE issued SET revoked = ? WHERE credential = ? AND revoked IS NULL",
                (moment(at), _digest(credential)),
            )
            row = database.execute(
                "SELECT 1 FROM issued WHERE credential = ?", (_digest(credential),)
            )
            return row.fetchone() is not None

    def revoked(self) -> Mapping[int, frozenset[int]]:
        """Number of each list in use → the places in it that were taken back."""
        with self._changing() as database:
            rows = list(database.execute("SELECT place, revoked IS NOT NULL FROM issued"))
        lists: dict[int, set[int]] = {}
        for place, taken_back in rows:
            places = lists.setdefault(place // LENGTH, set())
            if taken_back:
                places.add(place % LENGTH)
        return {number: frozenset(places) for number, places in sorted(lists.items())}

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
                database.execute(_SCHEMA)
                try:
                    yield database
                except BaseException:
                    database.execute("ROLLBACK")
                    raise
                database.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            reason = type(error).__name__
            raise StoreError(
                f"{self.path}: the register of credentials cannot be used ({reason}); can this "
                "user write there, and is it a register?"
            ) from None


def entry(place: int, url: str, suffix: str) -> dict[str, str]:
    """The ``credentialStatus`` of the credential at ``place``, in the lists below ``url``."""
    address = list_address(url, place // LENGTH, suffix)
    index = str(place % LENGTH)
    return {
        "id": f"{address}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": index,
        "statusListCredential": address,
    }


def list_address(url: str, number: int, suffix: str) -> str:
    """Where list ``number`` is served; ``suffix`` is ``json`` or ``jwt``, as the credential is."""
    return f"{url.rstrip('/')}/revocation-{number + 1}.{suffix}"


def list_credential(
    address: str, set_places: Iterable[int], *, at: datetime, holds_for: timedelta
) -> dict[str, Any]:
    """The unsigned credential that a list is, without an issuer.

    It holds from ``at`` for ``holds_for``: an old list, in which a credential was not yet taken back,
    then cannot be shown for ever.
    """
    return {
        "@context": [contexts.CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "validFrom": moment(at),
        "validUntil": moment(at + holds_for),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encode(set_places),
        },
    }


def encode(set_places: Iterable[int]) -> str:
    """Bits as the standard writes them: the first on the left, GZIP, base64url, ``u`` before it."""
    bits = bytearray(LENGTH // 8)
    for place in set_places:
        bits[place // 8] |= 0x80 >> place % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def decode(text: str, most: int = 1 << 22) -> bytes:
    """The bits of a list, in bytes. Raises `ValueError` for what is no list, is shorter than the
    standard allows, or unpacks to more than ``most`` bytes."""
    if not text.startswith("u"):
        raise ValueError("no base64url multibase")
    packed = base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True)
    unpacking = zlib.decompressobj(wbits=31)
    try:
        bits = unpacking.decompress(packed, most + 1)
    except zlib.error as error:
        raise ValueError("no GZIP") from error
    if len(bits) > most or not unpacking.eof or len(bits) * 8 < LENGTH:
        raise ValueError("a length that no status list has")
    return bits


def _digest(credential: str) -> str:
    return hashlib.sha256(credential.encode("utf-8")).hexdigest()
