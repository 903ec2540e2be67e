"""Tables that come with the package, read by the same strict reader as tables people edit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from ..errors import ConfigError, Problem
from .tables import Schema, read_table, text
from .vocabulary import LANGUAGES, Language


def shipped_rows(schema: Schema) -> list[Mapping[str, Any]]:
    """The rows of the shipped table ``schema.file``. Raises `ConfigError` with every problem."""
    problems: list[Problem] = []
    content = resources.files("leercultuur_core.data").joinpath(schema.file).read_bytes()
    rows = read_table(content, schema, problems).rows
    if problems:
        raise ConfigError(schema.file, problems)
    return [row.values for row in rows]


@cache
def shipped_words(file: str) -> Mapping[Language, Mapping[str, str]]:
    """Language → key → words, from a shipped table of a key and one column for each language."""
    columns = (text("key"), *(text(language) for language in LANGUAGES))
    rows = shipped_rows(Schema(file, columns, key=("key",)))
    return {language: {row["key"]: row[language] for row in rows} for language in LANGUAGES}
