"""Evidence rules: which activity speaks for which kind of evidence. Rules are data.

A rule file is TOML::

    schema = 1
    version = "2026.11"

    [[rule]]
    verb = "http://adlnet.gov/expapi/verbs/interacted"
    object_type = "http://adlnet.gov/expapi/activities/simulation"
    kind = "practised"
    ground = "why this activity speaks for this kind"

Of all rules that match, the one with the most conditions decides; of equals, the one in the later
set (a file of your own comes after the shipped ones), and within a set the first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..errors import ConfigError, Problem
from .activity import Activity

OTHER = "other"
"""The kind of an activity that no rule reads as evidence: it only shows that a system was used."""

SELF_REPORT = "self-report."
"""Prefix of the five kinds of an own answer to the phase question."""

PHASE_QUESTION = "urn:leercultuur:question:phase"
"""Object id of the phase question."""

_CONDITIONS = ("verb", "object_type", "object_id", "context_type", "answer", "required")
_KEYS = {*_CONDITIONS, "kind", "ground"}


@frozen(kw_only=True)
class Rule:
    """One rule. A condition that is ``None`` matches anything.

    ``object_type`` and the others compare exactly; ``context_type`` matches when it is among the
    activity's context types. ``kind`` is a kind id, or `OTHER` for "no evidence".
    """

    verb: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    context_type: str | None = None
    answer: str | None = None
    required: bool | None = None
    kind: str
    ground: str = ""

    @property
    def conditions(self) -> int:
        """How many conditions this rule sets: the more, the more specific."""
        return sum(getattr(self, name) is not None for name in _CONDITIONS)

    def matches(self, activity: Activity) -> bool:
        """Whether every condition holds for ``activity``."""
        return (
            (self.verb is None or self.verb == activity.verb)
            and (self.object_type is None or self.object_type == activity.object_type)
            and (self.object_id is None or self.object_id == activity.object_id)
            and (self.context_type is None or self.context_type in activity.context_types)
            and (self.answer is None or self.answer == activity.answer)
            and (self.required is None or self.required == activity.required)
        )


@frozen
class EvidenceRules:
    """A set of rules, most specific first, with a version.

    Make one with `load_rules` or `parse_rules`; combine with ``+`` (the right side goes first among
    equally specific rules).
    """

    rules: tuple[Rule, ...]
    version: str
    _verbs: frozenset[str] = field(init=False, repr=False, eq=False)
    _objects: frozenset[str] = field(init=False, repr=False, eq=False)
    _candidates: dict[str, tuple[Rule, ...]] = field(init=False, factory=dict, repr=False, eq=False)
    _cache: dict[tuple[object, ...], str | None] = field(
        init=False, factory=dict, repr=False, eq=False
    )

    @_verbs.default
    def _known_verbs(self) -> frozenset[str]:
        return frozenset(rule.verb for rule in self.rules if rule.verb is not None)

    @_objects.default
    def _known_objects(self) -> frozenset[str]:
        return frozenset(rule.object_id for rule in self.rules if rule.object_id is not None)

    def __add__(self, later: EvidenceRules) -> EvidenceRules:
        ordered = sorted([*later.rules, *self.rules], key=lambda rule: -rule.conditions)
        return EvidenceRules(tuple(ordered), f"{self.version}+{later.version}")

    def knows(self, verb: str) -> bool:
        """Whether any rule names ``verb``."""
        return verb in self._verbs

    def kind(self, activity: Activity) -> str | None:
        """The kind id of ``activity``; `OTHER` where a rule says it is no evidence; ``None`` where
        no rule matches."""
        object_id = activity.object_id if activity.object_id in self._objects else None
        key = (
            activity.verb,
            activity.object_type,
            activity.context_types,
            activity.required,
            object_id,
            activity.answer if object_id is not None else None,
        )
        try:
            return self._cache[key]
        except KeyError:
            kind = self._decide(activity)
            if len(self._cache) > 100_000:  # context types can be many; the cache must not be
                self._cache.clear()
            self._cache[key] = kind
            return kind

    def _decide(self, activity: Activity) -> str | None:
        candidates = self._candidates.get(activity.verb)
        if candidates is None:
            candidates = tuple(r for r in self.rules if r.verb is None or r.verb == activity.verb)
            if self.knows(activity.verb):
                self._candidates[activity.verb] = candidates
        return next((rule.kind for rule in candidates if rule.matches(activity)), None)


def parse_rules(text: str, place: str, kinds: Iterable[str] | None = None) -> EvidenceRules:
    """Rules from TOML ``text``; ``place`` names it in errors.

    ``kinds`` are the kind ids a rule may give; those of the shipped vocabulary when ``None``.
    Raises `ConfigError` with every problem at once.
    """
    known = frozenset(evidence_kinds() if kinds is None else kinds)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number or a list without end too
        raise ConfigError(place, [Problem(place, "a TOML file", str(error))]) from error
    problems: list[Problem] = []
    if document.get("schema") != 1:
        problems.append(Problem("schema", "1", repr(document.get("schema"))))
    version = document.get("version")
    if not isinstance(version, str) or not version:
        problems.append(Problem("version", "a text such as '2026.11'", repr(version)))
    problems += [
        Problem(
            key,
            "'schema', 'version' or '[[rule]]'",
            f"the key {key!r}",
            _did_you_mean(key, ("rule", "version", "schema")),
        )
        for key in document
        if key not in {"schema", "version", "rule"}
    ]
    rows = document.get("rule", [])
    if not isinstance(rows, list):
        problems.append(Problem("rule", "a list of [[rule]] tables", type(rows).__name__))
        rows = []
    rules = [
        rule for number, row in enumerate(rows, 1) if (rule := _rule(row, number, known, problems))
    ]
    if problems:
        raise ConfigError(place, problems)
    ordered = sorted(rules, key=lambda rule: -rule.conditions)
    return EvidenceRules(tuple(ordered), str(version))


def _rule(row: Any, number: int, kinds: frozenset[str], problems: list[Problem]) -> Rule | None:
    place = f"rule {number}"
    if not isinstance(row, dict):
        problems.append(Problem(place, "a table", type(row).__name__))
        return None
    before = len(problems)
    for key, value in row.items():
        if key not in _KEYS:
            problems.append(
                Problem(f"{place}.{key}", "a known key", f"{key!r}", _did_you_mean(key, _KEYS))
            )
        elif key == "required" and not isinstance(value, bool):
            problems.append(Problem(f"{place}.{key}", "true or false", repr(value)))
        elif key != "required" and (not isinstance(value, str) or not value):
            problems.append(Problem(f"{place}.{key}", "a text", repr(value)))
    kind = row.get("kind")
    if kind is None:
        problems.append(Problem(f"{place}.kind", "a kind id", "nothing"))
    elif isinstance(kind, str) and kind not in kinds:
        problems.append(
            Problem(f"{place}.kind", "a known kind", repr(kind), _did_you_mean(kind, kinds))
        )
    if not any(name in row for name in _CONDITIONS):
        problems.append(Problem(place, f"at least one of {', '.join(_CONDITIONS)}", "none"))
    return Rule(**row) if len(problems) == before else None


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def read_rules(path: str | Path, kinds: Iterable[str] | None = None) -> EvidenceRules:
    """Rules from a file. Raises `ConfigError` where it cannot be read or used."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            str(path), [Problem(str(path), "a readable UTF-8 file", _why(error))]
        ) from error
    return parse_rules(text, str(path), kinds)


def _why(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "other bytes"


def default_rules() -> EvidenceRules:
    """The rules shipped with the core: ADL, Activity Streams, TinCan registry, DoD ISD, cmi5."""
    text = resources.files("leercultuur_core.data").joinpath("evidence.toml").read_text("utf-8")
    return parse_rules(text, "leercultuur_core/data/evidence.toml")


def evidence_kinds() -> Mapping[str, Mapping[str, str]]:
    """The shipped kinds of evidence: id → ``{"nl": label, "en": label, …}``, in a fixed order.

    Includes the five self-reports and `OTHER`.
    """
    text = resources.files("leercultuur_core.data").joinpath("kinds.tsv").read_text("utf-8")
    head, *lines = text.splitlines()
    columns = head.split("\t")
    rows = (dict(zip(columns, line.split("\t"), strict=True)) for line in lines)
    return {row.pop("id"): row for row in rows}
