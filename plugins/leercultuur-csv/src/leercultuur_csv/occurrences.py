"""Which of several equal rows a row is, without holding all rows in memory."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Self


class Occurrences:
    """Counts how often each digest came by. Use it as a context manager.

    A table of rows without ids has to remember all of them. SQLite keeps them in some 16 MB of memory
    and, above that, in a temporary file of its own that is gone afterwards.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA cache_size = -16000")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(
            "CREATE TABLE seen (digest BLOB PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")

    def number(self, digest: bytes) -> int:
        """1 the first time that ``digest`` comes by, then 2, and so on."""
        ((count,),) = self._database.execute(
            "INSERT INTO seen VALUES (?, 1) "
            "ON CONFLICT (digest) DO UPDATE SET count = count + 1 RETURNING count",
            (digest,),
        ).fetchall()
        return int(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
