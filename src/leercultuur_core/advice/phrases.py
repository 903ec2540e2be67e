"""What people read, as data: ``data/phrases.tsv``, one phrase a row, in Dutch and English.

A translator edits that table; this module says which phrases there are and what each may fill in.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Formatter

from attrs import frozen

from ..errors import ConfigError, Problem
from ..maturity.vocabulary import LANGUAGES, PHASES

_SHIPPED = "leercultuur_core/data/phrases.tsv"

_PER_PHASE = ("seen", "said", "why", "unit.why", "answer", "phase", "people")

_FILLED: Mapping[str, frozenset[str]] = {
    **{f"{stem}.{phase}": frozenset() for stem in _PER_PHASE for phase in PHASES},
    "greeting.named": frozenset({"name"}),
    "greeting.nameless": frozenset(),
    "seen.trace": frozenset({"trace"}),
    "step.enough": frozenset(),
    "step.when": frozenset(),
    "why.heading": frozenset({"why"}),
    "why.reflection": frozenset(),
    "reason.phases": frozenset({"phases"}),
    "reason.said": frozenset(),
    "reason.always": frozenset(),
    "ground.stated": frozenset(),
    "ground.layout": frozenset(),
    "ground.judgement": frozenset(),
    "ground.addition": frozenset(),
    "asks.heading": frozenset(),
    "asks.line": frozenset({"role", "ask"}),
    "role.colleague": frozenset(),
    "role.peer": frozenset(),
    "role.manager": frozenset(),
    "role.hr": frozenset(),
    "role.director": frozenset(),
    "role.education_contact": frozenset(),
    "role.contact": frozenset({"name", "address"}),
    "role.network": frozenset({"name", "about"}),
    "close.estimate": frozenset(),
    "close.own": frozenset(),
    "close.reply": frozenset(),
    "close.reply_unit": frozenset(),
    "unknown.intro": frozenset(),
    "unknown.step": frozenset(),
    "unknown.when": frozenset(),
    "unknown.question": frozenset(),
    "unit.intro": frozenset({"unit", "minimum"}),
    "unit.whole": frozenset(),
    "unit.team": frozenset({"unit"}),
    "unit.shares": frozenset({"shares"}),
    "unit.share": frozenset({"low", "high", "people"}),
    "standin.manager": frozenset(),
    "standin.hr": frozenset(),
    "note.student": frozenset({"who"}),
    "note.maybe_student": frozenset({"who"}),
    "note.not_in_people": frozenset({"who"}),
    "note.unseen": frozenset({"who"}),
    "note.ambiguous": frozenset({"who", "count"}),
    "note.shared": frozenset({"who"}),
    "note.withheld": frozenset({"who"}),
    "note.held": frozenset({"who", "what"}),
    "note.gap": frozenset({"who", "role"}),
    "note.self_manager": frozenset({"who"}),
    "note.cycle": frozenset({"who"}),
}
"""Phrase → the names it fills in. The table holds exactly these."""


@frozen
class Phrases:
    """Phrases by language and key; every one of them is there."""

    texts: Mapping[str, Mapping[str, str]]

    def say(self, language: str, key: str, **values: object) -> str:
        """The phrase ``key`` in ``language``, filled in."""
        return self.texts[language][key].format(**values)


def parse_phrases(text: str, place: str) -> Phrases:
    """Phrases from a table ``key, nl, en``: UTF-8, tab separated, a header row, no quoting.

    Raises `ConfigError` with every problem at once: a row that is short or long, a key that is
    unknown, double or missing, an empty text, a placeholder that is missing or not known.
    """
    columns = ["key", *LANGUAGES]
    head, *lines = text.splitlines() or [""]
    if head.split("\t") != columns:
        expected = "the columns " + ", ".join(columns)
        raise ConfigError(place, [Problem(f"{place}, line 1", expected, repr(head[:80]))])
    problems: list[Problem] = []
    texts: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    seen: set[str] = set()
    for number, line in enumerate(lines, start=2):
        where = f"{place}, line {number}"
        cells = line.split("\t")
        if len(cells) != len(columns):
            problems.append(Problem(where, f"{len(columns)} cells", str(len(cells))))
            continue
        key = cells[0]
        if key in seen:
            problems.append(Problem(f"{where}, key", "each key once", repr(key)))
        elif key not in _FILLED:
            problems.append(Problem(f"{where}, key", "a known key", repr(key)))
        else:
            for language, phrase in zip(LANGUAGES, cells[1:], strict=True):
                problems += _check(phrase, _FILLED[key], f"{where}, {language}")
                texts[language][key] = phrase
        seen.add(key)
    missing = sorted(_FILLED.keys() - seen)
    problems += [Problem(place, f"a row {key!r}", "none") for key in missing]
    if problems:
        raise ConfigError(place, problems)
    return Phrases(texts)


def _check(phrase: str, expected: frozenset[str], where: str) -> list[Problem]:
    if not phrase.strip():
        return [Problem(where, "a text", "nothing")]
    try:
        parts = list(Formatter().parse(phrase))
    except ValueError as error:
        return [Problem(where, "braces in pairs", str(error))]
    names = {name for _, name, _, _ in parts if name is not None}
    if names == expected and not any(form or how for _, _, form, how in parts):
        return []
    wanted = ", ".join(f"{{{name}}}" for name in sorted(expected)) or "nothing to fill in"
    found = ", ".join(f"{{{name}}}" for name in sorted(names)) or "nothing to fill in"
    return [Problem(where, wanted, found)]


@cache
def default_phrases() -> Phrases:
    """The phrases shipped with the library."""
    text = resources.files("leercultuur_core.data").joinpath("phrases.tsv").read_text("utf-8")
    return parse_phrases(text, _SHIPPED)
