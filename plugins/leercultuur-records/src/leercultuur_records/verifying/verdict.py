"""What a check of a credential gave, in codes for programs and in words for people."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from attrs import field, frozen

Aspect = Literal["proof", "issuer", "dates", "status", "shape", "subject"]
"""What is looked at, each on its own."""

Outcome = Literal["proved", "refused", "unknown"]
"""``unknown``: could not be checked, or nobody asked; the words say why."""


@frozen
class Check:
    """One aspect: its outcome, the code of why, and what the words need."""

    aspect: Aspect
    outcome: Outcome
    code: str
    detail: Mapping[str, str] = field(factory=dict)

    def words(self, language: str = "en") -> str:
        """A sentence or two. Raises `KeyError` for a language that is not ``en`` or ``nl``."""
        return _sentences()[self.code][language].format_map(self.detail)


@frozen
class Verdict:
    """All that was found.

    ``document`` is the credential as it was presented, for who wants to show it; trust in it what the
    checks say and no more.
    """

    checks: tuple[Check, ...]
    document: Mapping[str, Any] = field(factory=dict, repr=False)

    def __getitem__(self, aspect: Aspect) -> Check:
        """The check of one aspect. Raises `KeyError` where it was not looked at: of a file in which
        nothing can be read there are only ``proof`` and ``shape``."""
        for check in self.checks:
            if check.aspect == aspect:
                return check
        raise KeyError(aspect)

    @property
    def accepted(self) -> bool:
        """Whether the proof holds and nothing speaks against the credential. Some of it may be
        unknown: see `complete`."""
        return self["proof"].outcome == "proved" and not self.refused

    @property
    def refused(self) -> bool:
        """Whether anything speaks against it."""
        return any(check.outcome == "refused" for check in self.checks)

    @property
    def complete(self) -> bool:
        """Whether everything was proved."""
        return all(check.outcome == "proved" for check in self.checks)

    def text(self, language: str = "en") -> str:
        """What was proved and what was not, for people: a line for the whole, one for each aspect."""
        words = _sentences()
        if self.refused:
            key = "refused"
        elif not self.accepted:
            key = "unproved"
        else:
            key = "complete" if self.complete else "in-part"
        lines = [words[f"verdict.{key}"][language]]
        for check in self.checks:
            mark = words[f"outcome.{check.outcome}"][language]
            lines.append(f"  {mark:<{_WIDTH}}  {check.words(language)}")
        return "\n".join(lines)


_WIDTH = 12


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    text = (resources.files(__package__) / "words.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["code"]: {"en": row["en"], "nl": row["nl"]} for row in rows}
