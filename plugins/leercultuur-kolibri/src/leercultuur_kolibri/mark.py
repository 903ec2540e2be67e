"""The mark of the source: which months were read, and what they held then."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Self

import msgspec
from attrs import evolve, field, frozen


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    until: date | None
    seen: dict[str, str]


@frozen
class Mark:
    """``until`` is the last month that was read, and all before it; ``seen`` has a digest of each
    part that may still change, so that what is the same as last night is not handed over again."""

    until: date | None = None
    seen: Mapping[str, str] = field(factory=dict)

    @classmethod
    def read(cls, text: str | None) -> Self:
        """The mark in ``text``. One that is not ours is as none: reading again does no harm."""
        with suppress(msgspec.DecodeError, UnicodeError):
            written = msgspec.json.decode(text or "null", type=_Written | None)
            if written is not None:
                return cls(written.until, written.seen)
        return cls()

    def written(self) -> str:
        """As text, for `Page.mark`."""
        return msgspec.json.encode(_Written(self.until, dict(self.seen))).decode()

    def noted(self, part: str, digest: str) -> tuple[bool, Self]:
        """Whether ``part`` differs from what was seen of it, and the mark after this."""
        fresh = self.seen.get(part) != digest
        return fresh, evolve(self, seen={**self.seen, part: digest})

    def read_until(self, month: date) -> Self:
        """The mark once all of ``month`` was handed over. Never goes back."""
        return evolve(self, until=max(month, self.until or month))

    def since(self, month: date) -> Self:
        """The mark without the parts of months before ``month``, which are not read again."""
        kept = {part: text for part, text in self.seen.items() if part >= f"{month:%Y-%m}"}
        return evolve(self, seen=kept)
