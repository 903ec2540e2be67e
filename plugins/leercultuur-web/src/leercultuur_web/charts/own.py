"""The story of one person over time, for that person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

import altair as alt

from leercultuur_core import PHASES

from ..texts import say
from .drawing import FIT, INK, STEPS, WIDTH, Chart, Frame, Language, drawn, phase_names, styled

Week = tuple[date, str, float]
"""The first day of a week, the most likely phase or ``unknown``, and its probability."""

_DATA, _FIRST, _LAST = "weeks", "the first day", "the last day"
_WEEKS = 26
_TOLD = 4  # stretches that are still read as a sentence


def spiral(weeks: Sequence[Week], language: Language) -> Chart | None:
    """The path through the phases, week by week; ``None`` where there is no week. Of more than half a
    year the last half is drawn."""
    last = tuple((day, phase, round(sure, 2)) for day, phase, sure in weeks[-_WEEKS:])
    return _spiral(last, language) if last else None


@lru_cache(maxsize=512)
def _spiral(weeks: tuple[Week, ...], language: Language) -> Chart:
    names = phase_names(language)
    rows = [
        {
            "week": day.isoformat(),
            "phase": names.get(phase),
            "sure": sure if phase in names else None,
            "stretch": stretch,
        }
        for (day, phase, sure), stretch in zip(weeks, _stretches(weeks), strict=True)
        if phase in names
    ]
    days = {_FIRST: weeks[0][0].isoformat(), _LAST: weeks[-1][0].isoformat()}
    frame = Frame(
        say(language, "spiral.title"),
        header=[say(language, f"spiral.{column}") for column in ("week", "phase", "sure")],
        rows=[
            (f"{day:%d-%m-%Y}", *_values(phase, sure, names, language))
            for day, phase, sure in weeks
        ],
    )
    described = {**_filled(_described(language), days), "datasets": {_DATA: rows}}
    return drawn(described, frame, _told(weeks, names, language))


@cache
def _described(language: Language) -> Mapping[str, Any]:
    """The picture without its weeks and their first and last day."""
    domain = [phase_names(language)[phase] for phase in reversed(PHASES)]
    base = alt.Chart(alt.NamedData(_DATA)).encode(
        x=alt.X(
            "week:T",
            title=None,
            scale=alt.Scale(type="utc", domain=[_FIRST, _LAST], padding=8),
            axis=alt.Axis(
                format="%d-%m",
                tickCount=4,
                grid=False,
                labelFlush=False,
                labelOverlap="greedy",
                labelSeparation=8,
            ),
        ),
        y=alt.Y("phase:N", title=None, sort=None, scale=alt.Scale(domain=domain)),
    )
    line = base.mark_line(interpolate="monotone", strokeWidth=2, color=STEPS[3]).encode(
        detail="stretch:N"
    )
    points = base.mark_circle(opacity=1, stroke=INK, strokeWidth=1).encode(
        size=alt.Size(
            "sure:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[15, 150], clamp=True)
        ),
        color=alt.Color(
            "sure:Q",
            legend=None,
            scale=alt.Scale(
                type="threshold", domain=[0.6, 0.9], range=[STEPS[0], STEPS[2], STEPS[4]]
            ),
        ),
    )
    return styled(alt.layer(line, points).properties(width=WIDTH, height=190, autosize=FIT))


def _filled(description: Any, values: Mapping[str, str]) -> Any:
    """A description with texts in the place of others."""
    if isinstance(description, Mapping):
        return {name: _filled(part, values) for name, part in description.items()}
    if isinstance(description, list):
        return [_filled(part, values) for part in description]
    return values.get(description, description) if isinstance(description, str) else description


def _values(phase: str, sure: float, names: dict[str, str], language: str) -> tuple[str, str]:
    if phase not in names:
        return say(language, "spiral.unknown"), ""
    # Nothing is certain, and never wholly excluded.
    return names[phase], f"{min(max(round(sure * 100), 1), 99)} %"


def _stretches(weeks: Sequence[Week]) -> list[int]:
    """A number for each run of weeks in which something is known: lines do not cross a gap."""
    found, number = [], 0
    for _, phase, _ in weeks:
        number += phase not in PHASES
        found.append(number)
    return found


def _told(weeks: Sequence[Week], names: dict[str, str], language: str) -> str:
    runs = [(phase, len(list(run))) for phase, run in groupby(weeks, key=lambda one: one[1])]
    told = [
        say(
            language,
            "spiral.run" if count > 1 else "spiral.one",
            phase=names.get(phase, say(language, "spiral.unknown")).lower(),
            weeks=count,
        )
        for phase, count in runs
    ]
    if len(told) > _TOLD:
        between = sum(count for _, count in runs[1:-1])
        told = [told[0], say(language, "spiral.between", weeks=between), told[-1]]
    return say(language, "spiral.text", runs=say(language, "spiral.then").join(told))


__all__ = ["spiral"]
