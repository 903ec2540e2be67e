"""From a chart as Altair describes it to a picture that may stand in a page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from functools import cache
from textwrap import wrap
from typing import Any, Literal
from xml.etree import ElementTree

import altair as alt
import vl_convert
from attrs import field, frozen
from markupsafe import Markup

from leercultuur_core import PHASES, maturity_model

Language = Literal["nl", "en"]

INK, LINE, PAPER = "#1b1f24", "#5c666b", "#ffffff"
STEPS = ("#e4f2f3", "#abd5da", "#63aab3", "#2a7883", "#0b4a53")
"""One hue from light to dark: the order can be seen without colour too. Dark text stands on the
first three, light text on the last two (contrast of at least 4.5)."""

WIDTH = 340
"""Of a whole picture, so that on a phone text keeps about its size; a wide screen enlarges it."""

FIT = alt.AutoSizeParams(type="fit-x", contains="padding")
"""Makes `WIDTH` that of the picture with its names, and not of the plot alone."""

_LINE = 20
"""Characters on a line of a name; a longer one goes on below, since one cut short says less."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML does not have. vl-convert 1.9 ends the whole process over one, and a unit may be
called anything."""
_SVG = "http://www.w3.org/2000/svg"
_TEXT_SIZE = 13
_WRITTEN_AS: Mapping[Language, Literal["nl-NL", "en-US"]] = {"nl": "nl-NL", "en": "en-US"}
"""Language → how it writes numbers, by the name that d3-format has for it."""
_DROPPED = ("aria-", "role", "class", "pointer-events", "{http://www.w3.org/1999/xlink}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@frozen
class Frame:
    """What stands around a picture: its title, and the table of its values."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@frozen
class Chart:
    """A picture with what it says.

    svg
        The picture; holds nothing but shapes and text, and names itself with ``text``.
    text
        What the picture says, in one or two sentences.
    header, rows
        The values as a table.
    """

    title: str
    svg: Markup = field(repr=False)
    text: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """Rows as CSV for a spreadsheet; a cell that it would calculate gets an apostrophe before it (OWASP,
    *CSV injection*)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _number(cell) else cell


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def table(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """Rows as the data of a chart, which it holds itself."""
    return alt.InlineData(values=[dict(row) for row in rows])


_IN_AN_ADDRESS = re.compile(r"(?<=[.@/_])(?=\w)")
ALL_LINES = r"split(datum.label, '\n')"
_TWO_LINES = f"length({ALL_LINES}) > 2 ? [{ALL_LINES}[0], {ALL_LINES}[1] + '…'] : {ALL_LINES}"


def lines(name: str, *, at: int = _LINE) -> str:
    """A name on more lines where it is long. Nothing is cut off here: two long ones that begin alike
    stay two; `beside_rows` shows the first two lines, and the table beside the picture all."""
    # An address has no spaces; it goes on below at one of its dots. A tab marks where, and is not drawn.
    marked = _IN_AN_ADDRESS.sub("\t", name)
    found = wrap(marked, at, break_on_hyphens=False, expand_tabs=False, replace_whitespace=False)
    return "\n".join(found).replace("\t", "")


def beside_rows(column: str, *, width: int = 140, **more: Any) -> alt.Y:
    """The names beside rows, each as `lines` gives it, in the order of the data."""
    axis = alt.Axis(
        labelExpr=_TWO_LINES, labelBaseline="middle", labelLimit=width, ticks=False, domain=False
    )
    return alt.Y(f"{column}:N", sort=None, title=None, axis=axis, **more)


def above_columns(column: str, *, limit: int | None = None, **more: Any) -> alt.X:
    """The names above columns. They stand upright: aslant they take of the width, and cells have
    little."""
    axis = alt.Axis(
        orient="top",
        labelAngle=-90,
        labelLimit=alt.Undefined if limit is None else limit,
        ticks=False,
        domain=False,
    )
    return alt.X(f"{column}:N", title=None, axis=axis, **more)


def picture(
    described: alt.TopLevelMixin, frame: Frame, text: str, *, numbers: Language = "en"
) -> Chart:
    """Draws. The same description gives the same bytes. Numbers at an axis are written as in the
    language ``numbers``, which matters where they have decimals."""
    return drawn(styled(described), frame, text, numbers=numbers)


def styled(described: alt.TopLevelMixin) -> dict[str, Any]:
    """A description with our looks, as `drawn` takes it. That is checked against the grammar, which takes
    longer than to draw: for a picture that is made often, once."""
    found: dict[str, Any] = described.configure(
        background=PAPER,
        font="Arial, sans-serif",
        # Wide enough at the sides for a typeface that is wider than the one that was measured with.
        padding={"left": 16, "right": 14, "top": 16, "bottom": 6},
        view={"stroke": None},
        axis={
            "labelColor": INK,
            "labelFontSize": _TEXT_SIZE,
            "titleColor": INK,
            "titleFontSize": _TEXT_SIZE,
            "titleFontWeight": "normal",
            "domainColor": LINE,
            "tickColor": LINE,
            "gridColor": "#dfe4e6",
            "labelLimit": 170,
        },
        header={
            "labelColor": INK,
            "labelFontSize": _TEXT_SIZE,
            "labelLimit": 300,
            "labelAnchor": "start",
        },
        legend={"labelColor": INK, "labelFontSize": _TEXT_SIZE, "titleFontSize": _TEXT_SIZE},
        text={"color": INK, "fontSize": _TEXT_SIZE},
    ).to_dict()
    return found


def drawn(
    description: Mapping[str, Any], frame: Frame, text: str, *, numbers: Language = "en"
) -> Chart:
    """The picture of a description, with ``numbers`` as `picture` has it."""
    svg = vl_convert.vegalite_to_svg(
        _drawable(dict(description)), allowed_base_urls=[], format_locale=_WRITTEN_AS[numbers]
    )
    name = _NOT_XML.sub("", text)
    rows = tuple(map(tuple, frame.rows))
    return Chart(frame.title, _bare(svg, name), name, tuple(frame.header), rows)


def _drawable(value: Any) -> Any:
    """A description without characters that cannot be drawn."""
    if isinstance(value, str):
        return _NOT_XML.sub("", value)
    if isinstance(value, dict):
        return {key: _drawable(one) for key, one in value.items()}
    return [_drawable(one) for one in value] if isinstance(value, list) else value


def _bare(svg: str, text: str) -> Markup:
    """The picture without what is for scripts or names its parts: it has one name as a whole."""
    plain = svg.replace(f' xmlns="{_SVG}"', "", 1)
    root = ElementTree.fromstring(plain)  # noqa: S314 - drawn here, nobody's document
    for one in root.iter():
        for name in [name for name in one.attrib if name.startswith(_DROPPED)]:
            del one.attrib[name]
        for child in [child for child in one if _draws_nothing(child)]:
            one.remove(child)
    root.attrib |= {
        "xmlns": _SVG,
        "class": "chart",
        "role": "img",
        "aria-label": text,
    }
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - written by the tree


def _draws_nothing(one: ElementTree.Element) -> bool:
    nothing = one.get("display") == "none" or one.get("d") in {"", "M0,0h0v0h0Z"}
    return one.tag == "path" and nothing


@cache
def phase_names(language: Language) -> dict[str, str]:
    """Phase → its name."""
    return {phase: maturity_model().phases[phase].labels[language] for phase in PHASES}


@cache
def layer_names(language: Language) -> dict[str, str]:
    """Layer → its name, in their order."""
    return {layer: term.labels[language] for layer, term in maturity_model().layers.items()}


def warm_up() -> None:
    """Draws something, so that the first who looks need not wait for the library to start."""
    chart = alt.Chart(table([{"x": 1}])).mark_point().encode(x="x:Q")
    picture(chart, Frame("", (), ()), "")


__all__ = [
    "ALL_LINES",
    "FIT",
    "INK",
    "LINE",
    "PAPER",
    "STEPS",
    "WIDTH",
    "Chart",
    "Frame",
    "Language",
    "above_columns",
    "as_csv",
    "beside_rows",
    "drawn",
    "layer_names",
    "lines",
    "phase_names",
    "picture",
    "styled",
    "table",
    "warm_up",
]
