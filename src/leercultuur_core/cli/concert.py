"""How a plan in concert is written: as a table, as JSON, as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from attrs import frozen

from ..advice.concert import WHOLE, Action, Concert, UnitPlan
from ..advice.concert_rules import WEEKS, ConcertRules
from ..advice.concert_words import grounds, grounds_line, left_out, meanwhile, say, why
from ..maturity import MaturityModel
from ..maturity.vocabulary import Language

_WIDTH = 96


@frozen
class Told:
    """The plan that concerns one unit, in one language."""

    concert: Concert
    unit: str
    model: MaturityModel
    rules: ConcertRules
    language: Language

    @property
    def plans(self) -> tuple[UnitPlan, ...]:
        return self.concert.of(self.unit)

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(action for plan in self.plans for action in plan.actions)

    def name(self, unit: str) -> str:
        """A unit in words."""
        return unit or say(self.language, "whole")

    def table(self) -> str:
        """Layers by weeks, and under each action why, and what the others do."""
        return "\n".join(self._table())

    def _table(self) -> Iterator[str]:
        yield from self._head()
        if not self.concert.plans:
            return
        width = max((len(self._who(one)) for one in self.actions), default=0)
        for plan in self.plans:
            yield ""
            yield self._heading(plan)
            for one in plan.actions:
                weeks = "".join(
                    "█" if one.begin <= week <= one.end else "·" for week in range(1, WEEKS + 1)
                )
                label = one.intervention.labels[self.language]
                yield f"  {self._who(one):<{width}}  {weeks}  {label}"
                yield from _indented("; ".join(self._why(one)) + ".", width + 4)
                others = self._meanwhile(one)
                if others:
                    text = f"{say(self.language, 'meanwhile')}: {' '.join(others)}"
                    yield from _indented(text, width + 4)
        yield ""
        yield from wrap(grounds_line(self.actions, self.language), _WIDTH)
        lines = left_out(self.plans, model=self.model, language=self.language)
        if lines:
            yield ""
            yield say(self.language, "left_out")
            for line in lines:
                yield from wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="      ")

    def markdown(self) -> str:
        """The same as a page."""
        return "\n".join(self._markdown())

    def _markdown(self) -> Iterator[str]:
        title, *rest = self._head()
        yield f"# {title}"
        for line in rest:
            yield ""
            yield line
        if not self.concert.plans:
            return
        columns = ("layer", "who", "weeks", "action", "why")
        heads = [say(self.language, f"head.{one}") for one in columns]
        heads.append(say(self.language, "meanwhile").lower())
        for plan in self.plans:
            yield ""
            yield f"## {self._heading(plan)}"
            if not plan.actions:
                continue
            yield ""
            yield _cells(heads)
            yield _cells(["---"] * len(heads))
            for one in plan.actions:
                yield _cells(
                    [
                        self.model.terms["layer"][one.intervention.layer].labels[self.language],
                        self._who(one),
                        f"{one.begin}–{one.end}",
                        one.intervention.labels[self.language],
                        "; ".join(self._why(one)),
                        " ".join(self._meanwhile(one)),
                    ]
                )
        yield ""
        yield grounds_line(self.actions, self.language)
        lines = left_out(self.plans, model=self.model, language=self.language)
        if lines:
            yield ""
            yield f"## {say(self.language, 'left_out')}"
            yield ""
            for line in lines:
                yield f"  - {line.strip()}" if line.startswith(" ") else f"- {line}"

    def json(self) -> str:
        """Everything, for programs; ids beside the words."""
        plans = [self._row(plan) for plan in self.plans]
        whole = {
            "unit": self.unit,
            "quarter": self.concert.quarter,
            "grounds": dict(grounds(self.actions)),
            "plans": plans,
        }
        return json.dumps(whole, ensure_ascii=False, indent=1)

    def _row(self, plan: UnitPlan) -> dict[str, Any]:
        return {
            "unit": plan.unit,
            "actions": [
                {
                    "intervention": one.id,
                    "layer": one.intervention.layer,
                    "role": one.role,
                    "stands_in": one.stands_in,
                    "weeks": [one.begin, one.end],
                    "worth": one.worth,
                    "basis": one.intervention.basis,
                    "reasons": [
                        {"code": why_.code, "names": list(why_.names)} for why_ in one.reasons
                    ],
                    "label": one.intervention.labels[self.language],
                    "why": self._why(one),
                    "meanwhile": list(self._meanwhile(one)),
                }
                for one in plan.actions
            ],
            "left_out": [
                {
                    "intervention": one.intervention.id,
                    "reason": one.reason,
                    "repaired_by": list(one.names),
                }
                for one in plan.left_out
            ],
        }

    def _head(self) -> Iterator[str]:
        if not self.concert.plans:
            yield say(self.language, "empty")
            return
        near = self.plans[-1].unit
        yield say(self.language, "title", unit=self.name(self.unit), quarter=self.concert.quarter)
        if near != self.unit:
            yield say(self.language, "above", unit=self.name(self.unit), above=self.name(near))
        if not self.actions:
            yield say(self.language, "nothing")

    def _heading(self, plan: UnitPlan) -> str:
        if plan.unit == WHOLE:
            return say(self.language, "heading.whole")
        return say(self.language, "heading.unit", unit=plan.unit)

    def _who(self, one: Action) -> str:
        role = say(self.language, f"role.{one.role}")
        if not one.stands_in:
            return role
        layer = self.model.terms["layer"][one.intervention.layer].labels[self.language]
        return say(self.language, "stands_in", role=role, layer=layer)

    def _why(self, one: Action) -> list[str]:
        return [why(each, model=self.model, language=self.language) for each in one.reasons]

    def _meanwhile(self, one: Action) -> tuple[str, ...]:
        return meanwhile(one, self.actions, rules=self.rules, language=self.language)


def _indented(text: str, by: int) -> Sequence[str]:
    space = " " * by
    return wrap(text, _WIDTH, initial_indent=space, subsequent_indent=space)


def _cells(cells: Sequence[str]) -> str:
    inside = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(inside)} |"
