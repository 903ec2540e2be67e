"""What the engine itself says to whoever asks why: ``data/run_phrases.tsv``, in Dutch and English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from ..errors import ConfigError, Problem
from ..maturity.tables import Schema, read_table, text
from ..maturity.vocabulary import LANGUAGES, Language

_FILE = "run_phrases.tsv"
_SCHEMA = Schema(_FILE, (text("key"), *(text(language) for language in LANGUAGES)), key=("key",))


def say(language: Language, key: str, **values: str) -> str:
    """The words of ``key``. Raises `KeyError` where there are none."""
    return _words()[language][key].format(**values)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    problems: list[Problem] = []
    content = resources.files("leercultuur_core.data").joinpath(_FILE).read_bytes()
    rows = read_table(content, _SCHEMA, problems).rows
    if problems:
        raise ConfigError(_FILE, problems)
    return {language: {row["key"]: row[language] for row in rows} for language in LANGUAGES}
