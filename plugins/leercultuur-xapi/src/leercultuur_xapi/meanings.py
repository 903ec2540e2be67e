"""What the different parts of statements mean, as tables: each is read once, by the reader's own code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from .fields import AnyObject, Context, Result
from .reasons import UnusableStatement
from .statement import _PHASE_IDS, Mapper
from .syntax import hides_letters

_context = msgspec.json.Decoder(Context | None).decode
_result = msgspec.json.Decoder(Result | None).decode
_frame = msgspec.json.Decoder(tuple[str | None, AnyObject | None, list[AnyObject] | None]).decode


class Meanings:
    """Reads each different part once, and makes a table of what it means."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mapper = Mapper()
        self._escaped: bool | None = None

    @property
    def labels(self) -> dict[str, str]:
        """Canonical identifier → mailbox, as in a page."""
        return self._mapper.labels

    def read(self, connection: Any, table: str, part: str) -> bool:
        """Makes ``table``_``part``; ``False`` where two different parts have one hash."""
        import pyarrow as pa  # noqa: PLC0415

        code, columns = READERS[part]
        found = connection.sql(
            f"SELECT text, {code} FROM {table}_apart WHERE part = '{part}'"  # noqa: S608
        ).to_arrow_table()
        codes = found.column(1)
        if len(codes.unique()) != len(codes):
            return False
        read = getattr(self, f"_{part}")
        types = {"text": pa.string(), "texts": pa.list_(pa.string()), "truth": pa.bool_()}
        rows = [self._row(read, text, len(columns)) for text in found.column(0).to_pylist()]
        values = list(zip(*rows, strict=True)) or [()] * (len(columns) + 1)
        arrays = {
            name: pa.array(column, type=types[kind])
            for (name, kind), column in zip(
                [*columns.items(), ("well", "truth")], values, strict=True
            )
        }
        view = f"{table}_view"
        connection.register(view, pa.table({code: codes, **arrays}))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table}_{part} AS FROM {view}")
        connection.unregister(view)
        return True

    @staticmethod
    def _row(
        read: Callable[[bytes], tuple[object, ...] | None], text: str | None, width: int
    ) -> tuple[object, ...]:
        try:
            row = read(b"" if text is None else text.encode())
        except (UnusableStatement, msgspec.MsgspecError, ValueError, RecursionError):
            row = None
        return (*row, True) if row is not None else (*(None,) * width, False)

    def _actor(self, raw: bytes) -> tuple[object, ...]:
        identities, group, home = self._mapper._who[raw]
        return identities[0], sorted({names[0] for names in group}) or None, home

    def _verb(self, raw: bytes) -> tuple[object, ...]:
        return (self._mapper._verb[raw],)

    def _object(self, raw: bytes) -> tuple[object, ...] | None:
        thing = self._mapper._thing[raw]
        return (*thing[:4], thing.reference) if not (thing.required and self._hidden) else None

    def _context(self, raw: bytes) -> tuple[object, ...] | None:
        context = _context(raw or b"null")
        if context is None:
            return None, (), None, False, False
        types, course, required, own = (
            self._mapper._place[around]
            if (around := bytes(context.activities))
            else ((), "", False, False)
        )
        flagged = bool(context.extensions) and self._mapper._flagged(context.extensions)
        if flagged and self._hidden:
            return None
        return context.platform or None, types, course or None, required or flagged, own

    def _result(self, raw: bytes) -> tuple[object, ...] | None:
        result = _result(raw or b"null")
        if result is None:
            return (None,)
        scaled = result.score.scaled if result.score is not None else None
        if scaled is not None and not -1.0 <= scaled <= 1.0:
            return None
        return (result.response if result.response in _PHASE_IDS else None,)

    @staticmethod
    def _frame(raw: bytes) -> tuple[object, ...]:
        _frame(raw)
        return ()

    @property
    def _hidden(self) -> bool:
        """Whether the file may write a plain letter as an escape. DuckDB takes those away, and the
        reader looks for the words for *required* in the bytes as they are."""
        if self._escaped is None:
            self._escaped = hides_letters(self._path)
        return self._escaped


READERS: dict[str, tuple[str, dict[str, str]]] = {
    "actor": ("a", {"learner": "text", "others": "texts", "home": "text"}),
    "verb": ("v", {"verb": "text"}),
    "object": (
        "o",
        {
            "object_id": "text",
            "object_type": "text",
            "topic": "text",
            "thing_required": "truth",
            "reference": "truth",
        },
    ),
    "context": (
        "c",
        {
            "platform": "text",
            "context_types": "texts",
            "course": "text",
            "place_required": "truth",
            "own": "truth",
        },
    ),
    "result": ("r", {"response": "text"}),
    "frame": ("f", {}),
}
"""Part → its hash, and what is read of it with the kind of value; ``well`` comes with each."""
