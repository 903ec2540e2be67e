"""Charts as static pictures: real text, no script, no style, nothing fetched, a table beside each.

Drawn with Altair, a grammar of graphics, by vl-convert, which needs no browser and no network.
Altair and not plotnine: what it gives has presentation attributes only, so that it stands in a page
without ``unsafe-inline``, and it needs neither pandas nor Matplotlib.
"""

from __future__ import annotations

from .bars import Bar, Compared, bands, compared, year
from .drawing import Chart, Frame, warm_up
from .grids import Cell, State, phase_map, shares, states
from .own import spiral

__all__ = [
    "Bar",
    "Cell",
    "Chart",
    "Compared",
    "Frame",
    "State",
    "bands",
    "compared",
    "phase_map",
    "shares",
    "spiral",
    "states",
    "warm_up",
    "year",
]
