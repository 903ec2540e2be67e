"""Pictures with bars and lines along a scale: shares in bands, actions in a year, differences in a study."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import altair as alt
from attrs import frozen

from leercultuur_core import Band

from ..texts import say
from .drawing import (
    ALL_LINES,
    FIT,
    INK,
    STEPS,
    WIDTH,
    Chart,
    Frame,
    Language,
    beside_rows,
    layer_names,
    lines,
    picture,
    table,
)

ROW = 26
"""The height of a row, in which a line of text fits."""

ROW_OF_TWO = 36
"""And that of one with a name on two lines."""


@frozen
class Bar:
    """An action from one day until another."""

    label: str
    layer: str
    begin: date
    end: date
    state: Literal["running", "planned"]


@frozen
class Compared:
    """One comparison of a study, in words, with its interval; ``outcome`` says in what unit."""

    outcome: str
    against: str
    difference: float
    low: float
    high: float


def band_text(band: Band, language: str) -> str:
    """A band in words."""
    return say(language, "charts.to", low=band.low, high=band.high)


def bands(
    values: Sequence[tuple[str, Band]], language: Language, frame: Frame, text: str
) -> Chart | None:
    """Bands of other things than phases, each as a bar; ``None`` where there is none."""
    return picture(bars_of(values, language), frame, text) if values else None


def bars_of(values: Sequence[tuple[str, Band]], language: str) -> alt.TopLevelMixin:
    data = table(
        [
            {
                "name": lines(name),
                "low": band.low,
                "high": band.high,
                "band": f"{band.low}–{band.high} %",
            }
            for name, band in values
        ]
    )
    base = alt.Chart(data).encode(y=beside_rows("name"))
    bars = base.mark_bar(color=STEPS[2], stroke=INK, strokeWidth=1, height=14).encode(
        x=alt.X(
            "low:Q",
            scale=alt.Scale(domain=[0, 100]),
            title=say(language, "shares.axis"),
            axis=alt.Axis(values=[0, 25, 50, 75, 100]),
        ),
        x2="high:Q",
    )
    # Beside the bar where there is room, else before it.
    after = base.transform_filter("datum.high <= 50").mark_text(align="left", dx=5)
    before = base.transform_filter("datum.high > 50").mark_text(align="right", dx=-5)
    drawn = alt.layer(
        bars,
        after.encode(x="high:Q", text="band:N"),
        before.encode(x="low:Q", text="band:N"),
    )
    row = ROW_OF_TWO if any("\n" in lines(name) for name, _ in values) else ROW
    return drawn.properties(width=WIDTH, height=row * len(values), autosize=FIT)


def year(rows: Sequence[Bar], language: Language, *, first: date, last: date) -> Chart | None:
    """What runs and what is planned, from the day ``first`` to ``last``; ``None`` for nothing."""
    return _year(tuple(rows), language, first, last) if rows else None


@lru_cache(maxsize=64)
def _year(rows: tuple[Bar, ...], language: Language, first: date, last: date) -> Chart:
    layers = layer_names(language)
    words = {state: say(language, f"year.{state}") for state in ("running", "planned")}
    data = table(
        [
            {
                "label": lines(f"{number + 1}. {one.label}"),
                "begin": max(one.begin, first).isoformat(),
                # The last day is in it.
                "end": (min(one.end, last) + timedelta(days=1)).isoformat(),
                "state": words[one.state],
            }
            for number, one in enumerate(rows)
        ]
    )
    drawn = (
        alt.Chart(data)
        .mark_bar(stroke=INK, strokeWidth=1, height=14)
        .encode(
            y=beside_rows("label"),
            x=alt.X(
                "begin:T",
                title=None,
                scale=alt.Scale(
                    type="utc",
                    domain=[first.isoformat(), (last + timedelta(days=1)).isoformat()],
                ),
                axis=alt.Axis(
                    format="%d-%m",
                    tickCount=4,
                    labelFlush=False,
                    labelOverlap="greedy",
                    labelSeparation=8,
                ),
            ),
            x2="end:T",
            color=alt.Color(
                "state:N",
                title=None,
                legend=alt.Legend(orient="top"),
                scale=alt.Scale(domain=list(words.values()), range=[STEPS[3], STEPS[0]]),
            ),
        )
        .properties(width=WIDTH, height=ROW_OF_TWO * len(rows), autosize=FIT)
    )
    frame = Frame(
        say(language, "year.title"),
        header=[
            say(language, f"year.{column}")
            for column in ("action", "layer", "state", "begin", "end")
        ],
        rows=[
            (
                one.label,
                layers.get(one.layer, one.layer),
                words[one.state],
                f"{one.begin:%d-%m-%Y}",
                f"{one.end:%d-%m-%Y}",
            )
            for one in rows
        ],
    )
    text = say(
        language,
        "year.text",
        first=f"{first:%d-%m-%Y}",
        last=f"{last:%d-%m-%Y}",
        running=sum(one.state == "running" for one in rows),
        planned=sum(one.state == "planned" for one in rows),
    )
    return picture(drawn, frame, text)


def compared(
    values: Sequence[Compared], language: Language, frame: Frame, text: str
) -> Chart | None:
    """Differences with their intervals, each outcome on a scale of its own, and a line at none."""
    if not values:
        return None
    data = table(
        [
            {
                "outcome": lines(one.outcome, at=28),
                "against": lines(one.against),
                "difference": one.difference,
                "low": one.low,
                "high": one.high,
                "none": 0,
            }
            for one in values
        ]
    )
    base = alt.Chart(data).encode(y=beside_rows("against"))
    interval = base.mark_rule(color=INK, strokeWidth=2).encode(
        x=alt.X(
            "low:Q",
            title=None,
            scale=alt.Scale(zero=True, padding=12),
            axis=alt.Axis(tickCount=4, labelOverlap="greedy", labelSeparation=8),
        ),
        x2="high:Q",
    )
    ends = [
        base.mark_tick(color=INK, thickness=2, size=10).encode(x=f"{end}:Q")
        for end in ("low", "high")
    ]
    middle = base.mark_point(filled=True, size=80, color=STEPS[3], stroke=INK, opacity=1).encode(
        x="difference:Q"
    )
    # Without a row of its own it runs through all rows.
    none = alt.Chart(data).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="none:Q")
    drawn = (
        alt.layer(none, interval, *ends, middle)
        # Small ones beside each other do not fit themselves: what names leave of the width.
        .properties(width=WIDTH - 130, height=2 * ROW_OF_TWO)
        .facet(
            row=alt.Row(
                "outcome:N",
                sort=None,
                title=None,
                header=alt.Header(
                    labelExpr=ALL_LINES, labelAngle=0, labelAlign="left", labelOrient="top"
                ),
            )
        )
        .resolve_scale(x="independent")
    )
    return picture(drawn, frame, text, numbers=language)


__all__ = [
    "ROW",
    "ROW_OF_TWO",
    "Bar",
    "Compared",
    "band_text",
    "bands",
    "bars_of",
    "compared",
    "year",
]
