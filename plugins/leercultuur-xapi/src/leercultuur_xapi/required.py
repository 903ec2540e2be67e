"""Whether a statement says that the employer requires the activity; the words are in required.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources

import msgspec
from attrs import field, frozen

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
_LAST = re.compile(r"[/#:?=]")
_MANY = 10_000  # keys are few; a file that makes them up must not grow us


@frozen
class RequiredWords:
    """Looks for the words by which systems say that an activity is required."""

    words: frozenset[str]
    asks: frozenset[str]
    beside: frozenset[str]
    yes: frozenset[str]
    _silent: set[str] = field(init=False, factory=set, repr=False, eq=False)

    def named(self, iri: str) -> bool:
        """Whether the last part of ``iri`` says "required", in these words and no others."""
        parts = _last_words(iri)
        return bool(parts & self.words) and parts <= (self.words | self.asks | self.beside)

    def flagged(self, extensions: Mapping[str, msgspec.Raw]) -> bool:
        """Whether an extension says that it is required."""
        if self._silent.issuperset(extensions):
            return False
        for key, value in extensions.items():
            if self.named(key):
                accepted = self.words | self.yes
            elif (parts := _last_words(key)) & self.asks and parts <= (self.asks | self.beside):
                accepted = self.words
            else:
                if len(self._silent) > _MANY:
                    self._silent.clear()
                self._silent.add(key)
                continue
            if bytes(value)[:20].decode("utf-8", "replace").strip('"').lower() in accepted:
                return True
        return False


def _last_words(iri: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(_LAST.split(iri.rstrip("/#"))[-1])}


def required_words() -> RequiredWords:
    """The shipped words, with a memory of their own."""
    text = resources.files(__package__).joinpath("required.toml").read_text("utf-8")
    data = tomllib.loads(text)
    names = ("words", "asks", "beside", "yes")
    return RequiredWords(*(frozenset(data[name]) for name in names))
