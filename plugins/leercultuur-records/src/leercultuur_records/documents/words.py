"""What documents say, from the tables in ``texts/``, and how somebody's words get into them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources

from ..record import Language

_UNSEEN = re.compile(
    # Control characters, which no HTML file may hold, but for tab and line end; lone surrogates; what
    # is no character; and what turns the direction of text around, so that a "not" could read elsewhere.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff]"
)


def clean(text: str) -> str:
    """Somebody's text without what cannot be seen."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    # The last two of each plane are no characters either.
    return "".join(one for one in _UNSEEN.sub("", plain) if ord(one) & 0xFFFE != 0xFFFE).strip()


class Words:
    """The phrases of one table in one language, with somebody's words filled in."""

    def __init__(self, table: str, language: Language) -> None:
        """Raises `FileNotFoundError` for a table that is not shipped."""
        self.language: Language = language
        self._phrases = _table(table)[language]

    def __call__(self, key: str, /, **values: object) -> str:
        """A phrase; values are cleaned, and never read as a pattern. Raises `KeyError` for a key
        that the table does not have."""
        told = {name: clean(str(value)) for name, value in values.items()}
        return self._phrases[key].format_map(told)

    def day(self, day: date) -> str:
        """``2 maart 2026``."""
        return f"{day.day} {_table('document')[self.language][f'month.{day.month}']} {day.year}"


@cache
def _table(name: str) -> Mapping[Language, Mapping[str, str]]:
    text = (resources.files("leercultuur_records") / "texts" / f"{name}.tsv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    return {"nl": {r["key"]: r["nl"] for r in rows}, "en": {r["key"]: r["en"] for r in rows}}
