"""What an adapter is worth: a level, computed from what was really run and what is really there.

The scale is data (``data/worth.toml``): levels, and rules that each have a reason. A plugin has a
level when every rule of it, and of the levels below it, holds for each of its adapters.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Literal

from attrs import field, frozen

from .contracts import CONTRACTS, Adapter
from .proof import Proof, Proved
from .settings import structure

Fact = Literal["live", "privacy", "write-back", "docs", "typed"]

State = Literal["holds", "failed", "not run", "does not apply"]
"""Of a rule. Two of them keep a plugin from its level: ``failed`` and ``not run``."""


@frozen
class Level:
    """A name, and in one sentence what it means."""

    name: str
    means: str


@frozen
class Rule:
    """Something that must hold for a level.

    checks
        Contract → checks of its suite, which must all have passed.
    may_lack
        Those of them that may be skipped or left out, where others passed.
    exempt
        Why the rule does not apply to an adapter for which none of them was run; where it is empty,
        the rule always applies.
    fact
        Something that is looked up, in place of checks.
    """

    name: str
    level: str
    title: str
    reason: str
    exempt: str = ""
    checks: Mapping[str, tuple[str, ...]] = field(factory=dict)
    may_lack: tuple[str, ...] = ()
    fact: Fact | None = None


@frozen
class Scale:
    """The levels, lowest first, and all rules."""

    schema: Literal[1]
    level: tuple[Level, ...]
    rule: tuple[Rule, ...]


@frozen
class Standing:
    """How it stands with a rule, for one adapter (``source acme``) or for the plugin (``""``)."""

    rule: Rule
    adapter: str
    state: State
    why: str = ""


@frozen
class Worth:
    """What a plugin is worth. ``level`` is ``""`` where not all of the lowest holds."""

    level: str
    standings: tuple[Standing, ...]

    def lacking(self) -> tuple[Standing, ...]:
        """What keeps it from the next level and those after it, in their order."""
        return tuple(one for one in self.standings if one.state in {"failed", "not run"})


def scale() -> Scale:
    """The scale that comes with the core."""
    text = resources.files("leercultuur_core.data").joinpath("worth.toml").read_text("utf-8")
    return structure(Scale, tomllib.loads(text), place="worth.toml")


def kind_of(adapter: type[Adapter]) -> str:
    """Which contract it has, by its name in `CONTRACTS`; ``adapter`` for none of them."""
    return next(
        (name for name, contract in CONTRACTS.items() if issubclass(adapter, contract)), "adapter"
    )


def title_of(adapter: type[Adapter]) -> str:
    """Contract and name, such as ``source acme``."""
    return f"{kind_of(adapter)} {adapter.name}"


def proved_of(adapter: type[Adapter], proof: Proof) -> Proved | None:
    """What was run of ``adapter``; ``None`` for nothing."""
    name = f"{adapter.__module__}:{adapter.__qualname__}"
    return next((one for one in proof.adapters if one.adapter == name), None)


def judge(adapters: Sequence[type[Adapter]], proof: Proof | None, by: Scale) -> Worth:
    """What a plugin with these adapters is worth, where ``proof`` is of what is installed.

    Readers of files have no suite, and are left out.
    """
    tested = [one for one in adapters if kind_of(one) != "reader"]
    if proof is None or not tested:
        return Worth("", ())
    order = [level.name for level in by.level]
    rules = sorted(by.rule, key=lambda rule: order.index(rule.level))
    standings = tuple(one for rule in rules for one in _standings(rule, tested, proof))
    reached = ""
    for level in order:
        if any(one.rule.level == level and one.state in {"failed", "not run"} for one in standings):
            break
        reached = level
    return Worth(reached, standings)


def _standings(rule: Rule, adapters: Sequence[type[Adapter]], proof: Proof) -> list[Standing]:
    if rule.fact is not None and rule.fact != "live":
        return [Standing(rule, "", *_looked_up(rule.fact, adapters, proof))]
    return [
        Standing(rule, title_of(adapter), *_run(rule, kind_of(adapter), proved_of(adapter, proof)))
        for adapter in adapters
        if rule.fact == "live" or kind_of(adapter) in rule.checks
    ]


def _looked_up(fact: Fact, adapters: Sequence[type[Adapter]], proof: Proof) -> tuple[State, str]:
    if fact == "typed":
        state: State = "holds" if proof.typed == "passed" else proof.typed
        return state, "" if state == "holds" else f"mypy --strict: {state}"
    if fact == "write-back":
        sinks = [one for one in adapters if kind_of(one) == "sink"]
        return ("holds", "") if sinks else ("failed", "it has no sink")
    kinds = {kind_of(one) for one in adapters}
    wanted = ["rights", "cannot see"]
    if fact == "docs":
        wanted = ["reads"] if kinds & {"source", "directory"} else []
        wanted += ["writes"] if kinds & {"sink", "issuer"} else []
    absent = [one for one in wanted if one not in proof.told]
    return ("failed", f"not in the README: {', '.join(absent)}") if absent else ("holds", "")


def _run(rule: Rule, kind: str, proved: Proved | None) -> tuple[State, str]:
    if proved is None:
        return "not run", "none of its tests were run"
    if rule.fact == "live":
        return _live(proved)
    outcomes = {name: proved.checks.get(name) for name in rule.checks[kind]}
    failed = [name for name, outcome in outcomes.items() if outcome == "failed"]
    passed = [name for name, outcome in outcomes.items() if outcome == "passed"]
    if failed:
        return "failed", _named(failed)
    if not passed:
        return ("does not apply", rule.exempt) if rule.exempt else ("not run", "none of it")
    lacking = [name for name in outcomes if name not in {*passed, *rule.may_lack}]
    return ("not run", _named(lacking)) if lacking else ("holds", "")


def _live(proved: Proved) -> tuple[State, str]:
    outcomes = [outcome for live in proved.live.values() for outcome in live.checks.values()]
    if "failed" in outcomes:
        return "failed", ""
    return ("holds", "") if "passed" in outcomes else ("not run", "")


def _named(checks: Sequence[str]) -> str:
    more = f" and {len(checks) - 3} more" if len(checks) > 3 else ""
    return ", ".join(checks[:3]) + more
