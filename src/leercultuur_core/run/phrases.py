"""What the engine itself says to whoever asks why: ``data/run_phrases.tsv``, in Dutch and English."""

from __future__ import annotations

from ..maturity.shipped import shipped_words
from ..maturity.vocabulary import Language


def say(language: Language, key: str, **values: str) -> str:
    """The words of ``key``. Raises `KeyError` where there are none."""
    return shipped_words("run_phrases.tsv")[language][key].format(**values)
