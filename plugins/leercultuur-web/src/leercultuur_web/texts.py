"""The words of the pages, in Dutch and English: ``texts.tsv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from leercultuur_core.extension import LANGUAGES


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Key → language → text."""
    content = files(__package__).joinpath("texts.tsv").read_text("utf-8")
    rows = csv.DictReader(content.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["key"]: {language: row[language] for language in LANGUAGES} for row in rows}


def say(language: str, key: str, **values: object) -> str:
    """The text ``key``. Raises `KeyError` for one there is not."""
    return texts()[key][language].format(**values)
