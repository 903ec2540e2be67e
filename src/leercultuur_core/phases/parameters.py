"""The phase model's parameters: versioned data with a ground per row. No NumPy here.

The names are those of the field (``startprob``, ``transmat``). Phases are in the order of
`leercultuur_core.maturity.vocabulary.PHASES` wherever a number has no name.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..activity.evidence import OTHER, SELF_REPORT, evidence_kinds
from ..errors import ConfigError, Problem
from ..maturity.vocabulary import PHASES

RATE_FLOOR = 0.002
"""Mean activities per week below which no rate goes: nothing makes a phase impossible."""

PerPhase = tuple[float, float, float, float, float]
"""One number per phase, in the order of ``PHASES``."""


@frozen
class Show:
    """When a phase is shown: from ``enter`` on, until it falls below ``leave``."""

    enter: float = 0.6
    leave: float = 0.4


@frozen(kw_only=True)
class Parameters:
    """Parameters of the hidden Markov model over ISO weeks (``docs/model.md``).

    startprob
        Probability of each phase in a learner's first week.
    transmat
        5 × 5, from row to column: probability of the next week's phase; rows sum to 1.
    rates
        Kind id → mean activities per week in each phase, of someone of average activity whose
        systems could have recorded them all week; at least `RATE_FLOOR`.
    reliability
        5 × 5, row is the phase someone is in, column the answer they give; rows sum to 1.
    burst_shape
        Shape of the Gamma burst (mean 1) that all kinds of one week share.
    clump
        Activities of one kind that come together, at least 1: so many count as one. With 1 every
        activity stands on its own.
    activity_shape, levels
        How active a person is anyway: Gamma of this shape and mean 1, at that many quantiles.
    away
        Probability that a week was a week away.
    show
        Limits of the shown phase.
    grounds
        What each row rests on: keys ``general``, ``show``, ``start``, ``transition.<phase>``,
        ``reliability.<phase>`` and ``rate.<kind>``.
    """

    version: str
    startprob: PerPhase
    transmat: tuple[PerPhase, PerPhase, PerPhase, PerPhase, PerPhase]
    rates: Mapping[str, PerPhase]
    reliability: tuple[PerPhase, PerPhase, PerPhase, PerPhase, PerPhase]
    burst_shape: float = 1.25
    activity_shape: float = 2.0
    levels: int = 9
    clump: float = 1.0
    away: float = 0.05
    show: Show = Show()
    grounds: Mapping[str, str] = field(factory=dict, repr=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of evidence that this model knows, in the order of its rows."""
        return tuple(self.rates)

    @property
    def activity_levels(self) -> tuple[float, ...]:
        """The grid of activity levels: quantile midpoints of Gamma(``activity_shape``, mean 1)."""
        return _quantile_midpoints(self.activity_shape, self.levels)


@lru_cache(maxsize=8)  # a millisecond, for numbers that hardly ever change
def _quantile_midpoints(shape: float, levels: int) -> tuple[float, ...]:
    return tuple(_gamma_quantile(shape, (index + 0.5) / levels) for index in range(levels))


def _gamma_quantile(shape: float, probability: float) -> float:
    """Quantile of the Gamma distribution with this shape and mean 1, by bisection."""
    low, high = 0.0, 1.0
    while _gamma_cdf(shape, high) < probability:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if _gamma_cdf(shape, middle) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _gamma_cdf(shape: float, value: float) -> float:
    """Distribution function of Gamma(``shape``, mean 1): the series of the lower incomplete gamma
    function (Abramowitz & Stegun 6.5.29)."""
    x = shape * value
    if x <= 0:
        return 0.0
    term = math.exp(shape * math.log(x) - x - math.lgamma(shape + 1))
    total, index = term, 0
    while term > total * 1e-17:
        index += 1
        term *= x / (shape + index)
        total += term
    return min(total, 1.0)


def default_parameters() -> Parameters:
    """The parameters shipped with the core: reasoned, not measured, and each row says so."""
    text = resources.files("leercultuur_core.data").joinpath("phases.toml").read_text("utf-8")
    return parse_parameters(text, "leercultuur_core/data/phases.toml")


def read_parameters(path: str | Path) -> Parameters:
    """Parameters from a TOML file.

    Raises `ConfigError` where it cannot be read or used, with every problem at once.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = (error.strerror or "an error") if isinstance(error, OSError) else "other bytes"
        raise ConfigError(
            str(path), [Problem(str(path), "a readable UTF-8 file", found)]
        ) from error
    return parse_parameters(text, str(path))


def parse_parameters(text: str, place: str = "parameters") -> Parameters:
    """Parameters from TOML ``text``; ``place`` names it in errors.

    Raises `ConfigError` with every problem at once.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number or a list without end too
        hint = "`leercultuur calibrate --out` writes a whole one"
        raise ConfigError(place, [Problem(place, "a TOML file", str(error), hint)]) from error
    reader = _Reader(document)
    parameters = reader.parameters()
    if reader.problems or parameters is None:
        raise ConfigError(place, reader.problems)
    return parameters


_TOP = (
    "schema",
    "version",
    "ground",
    "activity_shape",
    "levels",
    "burst_shape",
    "clump",
    "away",
    "show",
    "start",
    "transition",
    "reliability",
    "rate",
)
_NOBODY: PerPhase = (0.0, 0.0, 0.0, 0.0, 0.0)


class _Reader:
    """Reads one document and gathers its problems."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.grounds: dict[str, str] = {}

    def parameters(self) -> Parameters | None:
        document = self.document
        self._known(document, _TOP, "")
        if document.get("schema") != 1 or isinstance(document.get("schema"), bool):
            self._wrong("schema", "1", document.get("schema"))
        version = document.get("version")
        if not isinstance(version, str) or not version:
            self._wrong("version", "a text such as '2026.11'", version)
        self._ground(document, "", "general")
        levels = document.get("levels")
        if not isinstance(levels, int) or isinstance(levels, bool) or not 1 <= levels <= 99:
            self._wrong("levels", "a whole number from 1 to 99", levels)
        activity_shape = self._number(document, "activity_shape", "", 0.1, 100)
        burst_shape = self._number(document, "burst_shape", "", 0.01, 1000)
        clump = self._number(document, "clump", "", 1, 1000)
        away = self._number(document, "away", "", 0, 0.9)
        show = self._show()
        start = self._table("start")
        self._known(start, ("probability", "ground"), "start.")
        startprob = self._distribution(start.get("probability"), "start.probability")
        self._ground(start, "start.", "start")
        transmat = self._matrix("transition", "from", "to")
        reliability = self._matrix("reliability", "phase", "answer")
        rates = self._rates()
        if self.problems:
            return None
        return Parameters(
            version=str(version),
            startprob=startprob,
            transmat=transmat,
            rates=rates,
            reliability=reliability,
            burst_shape=burst_shape,
            clump=clump,
            activity_shape=activity_shape,
            levels=int(levels or 0),
            away=away,
            show=show,
            grounds=self.grounds,
        )

    def _show(self) -> Show:
        table = self._table("show")
        self._known(table, ("enter", "leave", "ground"), "show.")
        enter = self._number(table, "enter", "show.", 0.500001, 1)
        leave = self._number(table, "leave", "show.", 0, 1)
        if 0.5 < enter < leave:
            self._wrong("show.leave", f"at most show.enter, {enter:g}", leave)
        self._ground(table, "show.", "show")
        return Show(enter, leave)

    def _matrix(
        self, name: str, key: str, value: str
    ) -> tuple[PerPhase, PerPhase, PerPhase, PerPhase, PerPhase]:
        rows: dict[str, PerPhase] = {}
        for place, row in self._rows(name):
            self._known(row, (key, value, "ground"), f"{place}.")
            phase = row.get(key)
            if phase not in PHASES:
                self._wrong(f"{place}.{key}", "a phase", phase, _did_you_mean(phase, PHASES))
                continue
            if phase in rows:
                self._wrong(f"{place}.{key}", f"one row for {phase}", "a second one", quote=False)
            rows[phase] = self._distribution(row.get(value), f"{place}.{value}")
            self._ground(row, f"{place}.", f"{name}.{phase}")
        for phase in PHASES:
            if phase not in rows:
                self._wrong(name, f"a row with {key} = {phase!r}", "none", quote=False)
        first, second, third, fourth, fifth = (rows.get(phase, _NOBODY) for phase in PHASES)
        return first, second, third, fourth, fifth

    def _rates(self) -> dict[str, PerPhase]:
        kinds = [
            kind for kind in evidence_kinds() if kind != OTHER and not kind.startswith(SELF_REPORT)
        ]
        rates: dict[str, PerPhase] = {}
        rows = self._rows("rate")
        if not rows and "rate" not in self.document:
            self._wrong("rate", "one [[rate]] for each kind of evidence", "none", quote=False)
        for place, row in rows:
            self._known(row, ("kind", "mean", "ground"), f"{place}.")
            kind = row.get("kind")
            if kind not in kinds:
                self._wrong(f"{place}.kind", "a known kind", kind, _did_you_mean(kind, kinds))
            elif kind in rates:
                self._wrong(f"{place}.kind", f"one row for {kind}", "a second one", quote=False)
            first, second, third, fourth, fifth = (
                max(mean, RATE_FLOOR) for mean in self._numbers(row.get("mean"), f"{place}.mean")
            )
            if isinstance(kind, str):
                rates[kind] = (first, second, third, fourth, fifth)
                self._ground(row, f"{place}.", f"rate.{kind}")
        return rates

    def _distribution(self, value: object, place: str) -> PerPhase:
        before = len(self.problems)
        numbers = self._numbers(value, place, most=1)
        total = math.fsum(numbers)
        if len(self.problems) == before and abs(total - 1) > 1e-6:
            self._wrong(place, "probabilities that sum to 1", f"a sum of {total:g}", quote=False)
        return numbers

    def _numbers(self, value: object, place: str, most: float = 1000) -> PerPhase:
        if not isinstance(value, dict):
            self._wrong(place, "a table with a number for each phase", value)
            return _NOBODY
        self._known(value, PHASES, f"{place}.")
        first, second, third, fourth, fifth = (
            self._number(value, phase, f"{place}.", 0, most) for phase in PHASES
        )
        return first, second, third, fourth, fifth

    def _number(
        self, table: Mapping[str, Any], key: str, place: str, least: float, most: float
    ) -> float:
        value = table.get(key)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if good and least <= float(value or 0) <= most:
            return float(value or 0)
        self._wrong(f"{place}{key}", f"a number from {least:g} to {most:g}", value)
        return 0.0

    def _rows(self, name: str) -> list[tuple[str, Mapping[str, Any]]]:
        rows = self.document.get(name, [])
        if not isinstance(rows, list):
            self._wrong(name, f"[[{name}]] tables", rows)
            return []
        found: list[tuple[str, Mapping[str, Any]]] = []
        for number, row in enumerate(rows, 1):
            if isinstance(row, dict):
                found.append((f"{name}[{number}]", row))
            else:
                self._wrong(f"{name}[{number}]", "a table", row)
        return found

    def _table(self, name: str) -> Mapping[str, Any]:
        table = self.document.get(name, {})
        if isinstance(table, dict):
            return table
        self._wrong(name, "a table", table)
        return {}

    def _ground(self, table: Mapping[str, Any], place: str, key: str) -> None:
        ground = table.get("ground")
        if isinstance(ground, str) and ground.strip():
            self.grounds[key] = ground
        else:
            self._wrong(f"{place}ground", "a text: what this row rests on", ground)

    def _known(self, table: Mapping[str, Any], keys: Iterable[str], place: str) -> None:
        known = tuple(keys)
        for key in table:
            if key not in known:
                hint = _did_you_mean(key, known)
                self._wrong(f"{place}{key}", "a known key", key, hint)

    def _wrong(
        self, place: str, expected: str, found: object, hint: str = "", *, quote: bool = True
    ) -> None:
        shown = "nothing" if found is None else repr(found) if quote else str(found)
        if len(shown) > 80:
            shown = f"{shown[:77]}…"
        self.problems.append(Problem(place, expected, shown, hint))


def _did_you_mean(word: object, known: Iterable[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1) if isinstance(word, str) else []
    return f"did you mean {close[0]!r}?" if close else ""


def dump_parameters(parameters: Parameters) -> str:
    """``parameters`` as TOML that `parse_parameters` reads back to an equal value."""
    grounds = parameters.grounds

    def ground(key: str) -> str:
        return f"ground = {_text(grounds.get(key) or 'Not stated.')}"

    lines = [
        "# Parameters of the phase model: `leercultuur infer … --parameters FILE` uses them.",
        "",
        "schema = 1",
        f"version = {_text(parameters.version)}",
        f"activity_shape = {parameters.activity_shape!r}",
        f"levels = {parameters.levels}",
        f"burst_shape = {parameters.burst_shape!r}",
        f"clump = {parameters.clump!r}",
        f"away = {parameters.away!r}",
        ground("general"),
        "",
        "[show]",
        f"enter = {parameters.show.enter!r}",
        f"leave = {parameters.show.leave!r}",
        ground("show"),
        "",
        "[start]",
        f"probability = {_per_phase(parameters.startprob)}",
        ground("start"),
    ]
    for phase, row in zip(PHASES, parameters.transmat, strict=True):
        lines += ["", "[[transition]]", f'from = "{phase}"', f"to = {_per_phase(row)}"]
        lines.append(ground(f"transition.{phase}"))
    for phase, row in zip(PHASES, parameters.reliability, strict=True):
        lines += ["", "[[reliability]]", f'phase = "{phase}"', f"answer = {_per_phase(row)}"]
        lines.append(ground(f"reliability.{phase}"))
    for kind, row in parameters.rates.items():
        lines += ["", "[[rate]]", f"kind = {_text(kind)}", f"mean = {_per_phase(row)}"]
        lines.append(ground(f"rate.{kind}"))
    return "\n".join(lines) + "\n"


def _per_phase(numbers: PerPhase) -> str:
    inner = ", ".join(f"{phase} = {value!r}" for phase, value in zip(PHASES, numbers, strict=True))
    return f"{{ {inner} }}"


def _text(text: str) -> str:
    # A JSON string without surrogates or DEL is a TOML basic string.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
