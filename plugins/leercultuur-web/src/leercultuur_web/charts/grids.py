"""Pictures with cells: the phases of units, where actions land, the state of the preconditions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import altair as alt
from attrs import frozen

from leercultuur_core import LAYERS, PHASES, Band, Release

from ..texts import say
from .bars import ROW_OF_TWO, band_text, bars_of
from .drawing import (
    FIT,
    INK,
    LINE,
    PAPER,
    STEPS,
    WIDTH,
    Chart,
    Frame,
    Language,
    above_columns,
    beside_rows,
    layer_names,
    lines,
    phase_names,
    picture,
    table,
)

_SMALL = 11
_IN_CELL = 12


@frozen
class Cell:
    """What is done for one phase by one layer: how many actions land, how many do not since a
    precondition is low, how many are planned, and how many the catalogue has.

    ``people`` is the share of the people in that phase, where that is shown.
    """

    phase: str
    layer: str
    lands: int = 0
    held: int = 0
    planned: int = 0
    known: int = 0
    people: Band | None = None

    @property
    def white(self) -> bool:
        """Whether this could be done, and nothing lands nor is planned."""
        return bool(self.known) and not self.lands and not self.planned


def shares(releases: Sequence[Release], language: Language) -> Chart | None:
    """The bands of the phases: of one unit as bars, of more side by side. ``None`` for no unit."""
    if not releases:
        return None
    whole = say(language, "shares.whole")
    values = tuple(
        (one.unit or whole, one.minimum, tuple(one.shares[phase] for phase in PHASES))
        for one in releases
    )
    return _shares(values, language)


_UnitBands = tuple[str, int, tuple[Band, ...]]


@lru_cache(maxsize=256)
def _shares(units: tuple[_UnitBands, ...], language: Language) -> Chart:
    named = phase_names(language)
    rows = [
        (unit, named[phase], band_text(band, language), str(least))
        for unit, least, bands in units
        for phase, band in zip(PHASES, bands, strict=True)
    ]
    frame = Frame(
        say(language, "shares.title"),
        [say(language, f"shares.{column}") for column in ("unit", "phase", "share", "least")],
        rows,
    )
    if len(units) == 1:
        ((unit, _, bands),) = units
        most = max(bands, key=lambda band: band.low)
        largest = [named[phase] for phase, band in zip(PHASES, bands, strict=True) if band == most]
        text = say(
            language,
            "shares.one",
            unit=unit,
            phase=say(language, "charts.and").join(largest),
            band=band_text(most, language),
        )
        drawn = bars_of(
            [(named[phase], band) for phase, band in zip(PHASES, bands, strict=True)], language
        )
        return picture(drawn, frame, text)
    data = table(
        [
            {
                "unit": lines(unit),
                "phase": named[phase],
                "middle": (band.low + band.high) / 2,
                "band": f"{band.low}–{band.high}",
            }
            for unit, _, bands in units
            for phase, band in zip(PHASES, bands, strict=True)
        ]
    )
    base = alt.Chart(data).encode(
        x=above_columns("phase", sort=list(named.values())), y=beside_rows("unit", width=110)
    )
    cells = base.mark_rect(stroke=LINE, strokeWidth=1).encode(
        color=_by_step("middle", (5, 15, 30, 60))
    )
    words = base.mark_text(fontSize=_IN_CELL).encode(text="band:N", color=_ink_on("middle", 60))
    text = say(language, "shares.many", units=len(units))
    drawn = (cells + words).properties(width=WIDTH, height=ROW_OF_TWO * len(units), autosize=FIT)
    return picture(drawn, frame, text)


def phase_map(cells: Sequence[Cell], language: Language, *, unit: str = "") -> Chart:
    """Layers below each other, phases side by side; in each cell what lands there."""
    return _phase_map(tuple(cells), language, unit or say(language, "shares.whole"))


@lru_cache(maxsize=256)
def _phase_map(cells: tuple[Cell, ...], language: Language, unit: str) -> Chart:
    phases, layers = phase_names(language), layer_names(language)
    shown = {one.phase: one.people for one in cells}
    people = say(language, "map.row")
    data = table(
        [
            {
                "phase": phases[one.phase],
                "layer": layers[one.layer],
                "lands": one.lands,
                "text": _in_cell(one),
                "below": _below(one, language),
                "white": one.white,
            }
            for one in cells
        ]
    )
    base = alt.Chart(data).encode(
        x=above_columns("phase", scale=alt.Scale(domain=list(phases.values()))),
        y=beside_rows(
            "layer",
            width=110,
            scale=alt.Scale(domain=[people, *(layers[layer] for layer in LAYERS)]),
        ),
    )
    above = table(
        [
            {
                "phase": name,
                "layer": people,
                "text": f"{band.low}–{band.high}" if (band := shown.get(phase)) else "?",
            }
            for phase, name in phases.items()
        ]
    )
    head = (
        alt.Chart(above)
        .mark_text(fontSize=_IN_CELL)
        .encode(x="phase:N", y="layer:N", text="text:N")
    )
    # A white spot is a cell with a broken edge: to be seen without colour too.
    there = base.transform_filter("!datum.white").mark_rect(stroke=LINE, strokeWidth=1)
    white = base.transform_filter("datum.white").mark_rect(
        stroke=INK, strokeWidth=1.5, strokeDash=[4, 3], fill=PAPER
    )
    words = base.mark_text(dy=-4, fontWeight="bold").encode(
        text="text:N", color=_ink_on("lands", 5)
    )
    small = base.mark_text(dy=9, fontSize=_SMALL).encode(text="below:N", color=_ink_on("lands", 5))
    drawn = alt.layer(
        there.encode(color=_by_step("lands", (1, 2, 3, 5))), white, words, small, head
    ).properties(width=WIDTH, height=38 * (len(LAYERS) + 1), autosize=FIT)
    frame = Frame(
        say(language, "map.title"),
        header=[
            say(language, f"map.{column}")
            for column in ("layer", "phase", "people", "lands", "held", "planned", "known", "white")
        ],
        rows=[
            (
                layers[one.layer],
                phases[one.phase],
                band_text(one.people, language) if one.people else say(language, "map.not_shown"),
                str(one.lands),
                str(one.held),
                str(one.planned),
                str(one.known),
                say(language, "map.yes" if one.white else "map.no"),
            )
            for one in cells
        ],
    )
    text = say(
        language,
        "map.text",
        unit=unit,
        lands=sum(one.lands > 0 for one in cells),
        cells=sum(one.known > 0 for one in cells),
        white=sum(one.white for one in cells),
    )
    return picture(drawn, frame, text)


def _in_cell(one: Cell) -> str:
    return str(one.lands) if one.known or one.lands else "·"


def _below(one: Cell, language: str) -> str:
    if one.held:
        return say(language, "map.cell_held", count=one.held)
    return say(language, "map.cell_planned", count=one.planned) if one.planned else ""


@frozen
class State:
    """How it is with one ``topic`` in one ``unit``."""

    unit: str
    topic: str
    state: Literal["low", "unsure", "in_order", "unknown"]


_SIGNS = {"low": "!", "unsure": "?", "in_order": "✓", "unknown": "·"}


def states(values: Sequence[State], language: Language, frame: Frame) -> Chart | None:
    """Topics below each other, units side by side, in each cell a sign; ``None`` where there is none."""
    if not values:
        return None
    topics = tuple(dict.fromkeys(one.topic for one in values))
    units = tuple(dict.fromkeys(one.unit for one in values))
    data = table(
        [
            {
                "unit": one.unit,
                "topic": lines(one.topic),
                "state": one.state,
                "sign": _SIGNS[one.state],
                "low": int(one.state == "low"),
            }
            for one in values
        ]
    )
    base = alt.Chart(data).encode(
        x=above_columns("unit", limit=110, sort=None), y=beside_rows("topic", width=160)
    )
    colours = alt.Scale(domain=list(_SIGNS), range=[STEPS[4], STEPS[1], STEPS[0], PAPER])
    cells = base.mark_rect(stroke=LINE, strokeWidth=1).encode(
        color=alt.Color("state:N", legend=None, scale=colours)
    )
    signs = base.mark_text(fontWeight="bold").encode(text="sign:N", color=_ink_on("low", 1))
    told = [
        f"{sign} {say(language, f'team.state.{state}').lower()}" for state, sign in _SIGNS.items()
    ]
    text = say(
        language,
        "states.text",
        low=sum(one.state == "low" for one in values),
        all=len(values),
        signs=", ".join(told),
    )
    drawn = (cells + signs).properties(
        width=min(WIDTH, 190 + 40 * len(units)), height=ROW_OF_TWO * len(topics), autosize=FIT
    )
    return picture(drawn, frame, text)


def _by_step(name: str, edges: Sequence[float]) -> alt.Color:
    scale = alt.Scale(type="threshold", domain=list(edges), range=[PAPER, *STEPS[:3], STEPS[3]])
    return alt.Color(f"{name}:Q", legend=None, scale=scale)


def _ink_on(name: str, dark_from: float) -> Any:
    """Dark text on light cells, light text on dark ones."""
    return alt.condition(f"datum.{name} >= {dark_from}", alt.value(PAPER), alt.value(INK))


__all__ = ["Cell", "State", "phase_map", "shares", "states"]
