"""The report: all figures in one file that needs nothing else, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from leercultuur_core import Band, Culture, Doing, MaturityModel, Study, UnitCulture

from .charts.drawing import Language
from .figures import figures
from .organisation import quarter_text
from .texts import say

SCHEMA = "leercultuur-report/1"
"""What the JSON says it is; the number goes up when a field changes its meaning or goes."""


def as_html(culture: Culture, model: MaturityModel, language: Language) -> str:
    """The report as one HTML document: style and pictures in it, no script, nothing fetched. The same
    culture gives the same text."""
    looks = Environment(
        loader=PackageLoader(__package__),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def text(key: str, **values: object) -> str:
        return say(language, key, **values)

    return looks.get_template("report.html").render(
        say=text,
        language=language,
        culture=culture,
        figures=figures(culture, model, language),
        quarter=quarter_text(culture.quarter, language),
        day=f"{culture.day:%d-%m-%Y}",
        style=_style(),
    )


def _style() -> Markup:
    folder = files(__package__).joinpath("static")
    sheets = [folder.joinpath(name).read_text("utf-8") for name in ("charts.css", "report.css")]
    return Markup("\n".join(sheets))  # noqa: S704 - our own files


def as_json(culture: Culture) -> str:
    """The report as JSON, in no language: ids of the catalogue, bands as two numbers, days as ISO 8601."""
    return json.dumps(_document(culture), ensure_ascii=False, indent=1) + "\n"


def _document(culture: Culture) -> dict[str, Any]:
    reach = culture.reach
    return {
        "schema": SCHEMA,
        "organisation": culture.organisation,
        "day": culture.day.isoformat(),
        "quarter": culture.quarter,
        "minimum": culture.minimum,
        "refused": culture.refused,
        "reach": None
        if reach is None
        else {
            "made": reach.made,
            "minimum": reach.minimum,
            "seen": _band(reach.seen),
            "sources": {name: _band(share) for name, share in reach.sources.items()},
            "messages": _band(reach.messages),
        },
        "units": [] if culture.refused else [_unit(one) for one in culture.units],
        "white_spots": []
        if culture.refused
        else [
            {"kind": one.kind, "unit": one.unit, "subject": one.subject} for one in culture.spots
        ],
        "left_out": [
            {"kind": one.kind, "name": one.name, "reason": one.reason, "minimum": one.minimum}
            for one in culture.left_out
        ],
        "register": [] if culture.refused else [_doing(one) for one in culture.register],
        "plan": None if culture.plan is None else [_doing(one) for one in culture.plan],
        "studies": [] if culture.refused else [_study(one) for one in culture.studies],
    }


def _band(band: Band) -> list[int]:
    return [band.low, band.high]


def _unit(one: UnitCulture) -> dict[str, Any]:
    shown = one.release.release if one.release is not None else None
    return {
        "unit": one.unit,
        "release": None
        if one.release is None or shown is None
        else {
            "made": one.release.made,
            "minimum": shown.minimum,
            "shares": {phase: _band(band) for phase, band in shown.shares.items()},
        },
        "map": [
            {
                "phase": cell.phase,
                "layer": cell.layer,
                "lands": cell.lands,
                "held": cell.held,
                "planned": cell.planned,
                "known": cell.known,
            }
            for cell in one.cells
        ],
        "preconditions": None
        if one.preconditions is None
        else [
            {
                "precondition": precondition,
                "facet": facet,
                "state": state.state,
                "minimum": state.contributors,
                "as_of": state.as_of.isoformat() if state.as_of else None,
            }
            for (precondition, facet), state in one.preconditions.states.items()
        ],
    }


def _doing(one: Doing) -> dict[str, Any]:
    return {
        "unit": one.unit,
        "intervention": one.intervention,
        "layer": one.layer,
        "role": one.role or None,
        "stands_in": one.stands_in,
        "state": "proposed" if one.proposed else one.state,
        "begin": one.begin.isoformat(),
        "end": one.end.isoformat() if one.end else None,
    }


def _study(one: Study) -> Mapping[str, Any]:
    return {
        "number": one.number,
        "state": one.state,
        "digest": one.digest,
        "due": one.due.isoformat() if one.due else None,
        "figures": [
            {
                "outcome": figure.outcome,
                "against": figure.against,
                "verdict": figure.verdict,
                "pairs": figure.pairs,
                "difference": figure.difference,
                "low": figure.low,
                "high": figure.high,
            }
            for figure in one.figures
        ],
    }


__all__ = ["SCHEMA", "as_html", "as_json"]
