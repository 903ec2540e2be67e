"""The words of the pages, in Dutch and English: a file of ``words`` for each page."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from leercultuur_core.extension import LANGUAGES


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Key → language → text; no key stands in two files."""
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted(files(__package__).joinpath("words").iterdir(), key=lambda one: one.name):
        lines = file.read_text("utf-8").splitlines()
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            found[row["key"]] = {language: row[language] for language in LANGUAGES}
    return found


def say(language: str, key: str, **values: object) -> str:
    """The text ``key``. Raises `KeyError` for one there is not."""
    return texts()[key][language].format(**values)


def number(language: str, value: float) -> str:
    """A number as people read it, with two decimals: after a comma in Dutch."""
    written = f"{value:.2f}"
    return written.replace(".", ",") if language == "nl" else written
