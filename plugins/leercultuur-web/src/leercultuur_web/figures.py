"""The learning culture as figures: each with a picture, its table, what it means and of how many people.

The page of HR and the works council and the report show the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta

from attrs import evolve, frozen

from leercultuur_core import Band, Culture, Doing, MaturityModel, Study, UnitCulture

from .charts import (
    Bar,
    Cell,
    Chart,
    Compared,
    Frame,
    State,
    bands,
    compared,
    phase_map,
    shares,
    states,
    year,
)
from .charts.bars import band_text
from .charts.drawing import Language, as_csv, phase_names
from .texts import number, say, texts

FIGURES = (
    "reach",
    "phases",
    "map",
    "spots",
    "left-out",
    "preconditions",
    "plan",
    "effect",
)
"""The figures in the order in which they are shown: gaps before conclusions."""

_DRAWN = 30
"""Rows of one picture: more cannot be read; the table has all."""

_COLUMNS = 8  # units side by side

Row = tuple[str, ...]


@frozen
class Figure:
    """One figure in words.

    definition
        What it is, and what not.
    contributors
        Of how many people it is made at least; ``""`` where it is about no people.
    header, rows
        The whole table; of a large organisation ``chart`` shows a part of it.
    nothing
        Why there is nothing; ``""`` where there is something.
    with_points
        The rows for a program, where ``rows`` have decimals: those have a point in every language.
    """

    id: str
    title: str
    definition: str
    contributors: str
    header: Row
    rows: tuple[Row, ...]
    chart: Chart | None = None
    nothing: str = ""
    with_points: tuple[Row, ...] | None = None

    def csv(self) -> str:
        """The table for a spreadsheet."""
        return as_csv([self.header, *(self.rows if self.with_points is None else self.with_points)])


def figures(
    culture: Culture,
    model: MaturityModel,
    language: Language,
    *,
    unit: str = "",
    only: str = "",
) -> tuple[Figure, ...]:
    """Every figure, or ``only`` one, in the order of `FIGURES`; the map is that of ``unit``."""
    wanted = [one for one in FIGURES if only in {"", one}]
    if culture.refused is not None:
        why = say(language, f"org.refused.{'off' if culture.refused == 'off' else 'no_go_live'}")
        return tuple(_figure(one, language, nothing=why) for one in wanted)
    make: Mapping[str, Callable[[], Figure]] = {
        "reach": lambda: _reach(culture, language),
        "phases": lambda: _phases(culture, language),
        "map": lambda: _map(culture, language, unit),
        "spots": lambda: _spots(culture, language),
        "left-out": lambda: _left_out(culture, language),
        "preconditions": lambda: _preconditions(culture, model, language),
        "plan": lambda: _plan(culture, model, language),
        "effect": lambda: _effect(culture, language),
    }
    return tuple(make[one]() for one in wanted)


def name_of(unit: str, language: str) -> str:
    """A unit in words."""
    return unit or say(language, "shares.whole")


def unit_of(culture: Culture, name: str) -> UnitCulture | None:
    """The unit called ``name``, if there is one in what is shown."""
    return next((one for one in culture.units if one.unit == name), None)


def _frame(name: str, language: Language, columns: Sequence[str], rows: Sequence[Row]) -> Frame:
    """The title and the table of a figure."""
    header = [say(language, f"org.column.{column}") for column in columns]
    return Frame(say(language, f"org.{name}.title"), header, rows)


def _figure(
    name: str,
    language: Language,
    *,
    rows: Iterable[Row] = (),
    columns: Sequence[str] = (),
    chart: Chart | None = None,
    least: int = 0,
    nothing: str = "",
) -> Figure:
    found = tuple(rows)
    frame = _frame(name, language, columns, found)
    return Figure(
        name,
        frame.title,
        say(language, f"org.{name}.text"),
        say(language, "org.map.least" if name == "map" else "org.at_least", minimum=least)
        if least and found
        else "",
        tuple(frame.header),
        found,
        chart,
        nothing or ("" if found else say(language, f"org.{name}.none")),
    )


def _reach(culture: Culture, language: Language) -> Figure:
    seen = culture.reach
    columns = ("where", "share", "least")
    if seen is None:
        return _figure("reach", language, columns=columns)
    values: list[tuple[str, Band]] = [
        (say(language, "org.reach.seen"), seen.seen),
        *seen.sources.items(),
        (say(language, "org.reach.messages"), seen.messages),
    ]
    rows = [(name, band_text(band, language), str(seen.minimum)) for name, band in values]
    drawn = bands(
        values[:_DRAWN],
        language,
        _frame("reach", language, columns, rows),
        say(
            language,
            "org.reach.told",
            seen=band_text(seen.seen, language),
            sources=len(seen.sources),
            quarter=seen.made,
        ),
    )
    return _figure("reach", language, rows=rows, columns=columns, chart=drawn, least=seen.minimum)


def _phases(culture: Culture, language: Language) -> Figure:
    names = phase_names(language)
    shown = [
        (one.unit, one.release.made, one.release.release)
        for one in culture.units
        if one.release is not None and one.release.release is not None
    ]
    rows = [
        (
            name_of(unit, language),
            names[phase],
            band_text(band, language),
            str(release.minimum),
            made,
        )
        for unit, made, release in shown
        for phase, band in release.shares.items()
    ]
    drawn = shares([release for _, _, release in shown[:_DRAWN]], language)
    columns = ("unit", "phase", "share", "least", "made")
    return _figure(
        "phases", language, rows=rows, columns=columns, chart=drawn, least=_least(culture)
    )


def _least(culture: Culture) -> int:
    """So many people at least each release has."""
    return min(
        (
            one.release.release.minimum
            for one in culture.units
            if one.release is not None and one.release.release is not None
        ),
        default=0,
    )


def _map(culture: Culture, language: Language, unit: str) -> Figure:
    found = unit_of(culture, unit) or culture.units[0]
    drawn = phase_map(
        [
            Cell(one.phase, one.layer, one.lands, one.held, one.planned, one.known, one.people)
            for one in found.cells
        ],
        language,
        unit=found.unit,
    )
    release = found.release.release if found.release else None
    figure = _figure(
        "map", language, rows=drawn.rows, chart=drawn, least=release.minimum if release else 0
    )
    title = say(language, "org.map.of", unit=name_of(found.unit, language))
    return evolve(figure, title=title, header=drawn.header)


def _spots(culture: Culture, language: Language) -> Figure:
    rows = [(name_of(one.unit, language), one.texts[language]) for one in culture.spots]
    columns = ("unit", "spot")
    return _figure("spots", language, rows=rows, columns=columns, least=_least(culture))


def _left_out(culture: Culture, language: Language) -> Figure:
    rows = [
        (
            say(language, f"org.group.{one.name}") if one.kind == "employment" else one.name,
            say(language, f"org.left-out.{one.reason}"),
            str(one.minimum) if one.minimum else say(language, "map.not_shown"),
        )
        for one in culture.left_out
    ]
    return _figure("left-out", language, rows=rows, columns=("group", "why", "least"))


def _preconditions(culture: Culture, model: MaturityModel, language: Language) -> Figure:
    labels = {one.id: one.labels[language] for one in model.preconditions}
    rows = [
        (
            name_of(one.unit, language),
            labels.get(precondition, precondition),
            word(language, f"team.facet.{facet}", facet),
            say(language, f"team.state.{state.state}"),
            f"{state.as_of:%m-%Y}" if state.as_of else "",
            str(state.contributors) if state.contributors else "",
        )
        for one in culture.units
        if one.preconditions is not None
        for (precondition, facet), state in one.preconditions.states.items()
    ]
    columns = ("unit", "precondition", "facet", "state", "as_of", "least")
    measured = [one for one in culture.units if one.preconditions is not None]
    drawn = states(
        [
            State(
                name_of(one.unit, language),
                word(language, f"team.facet.{facet}", facet),
                each.state,
            )
            for one in measured[:_COLUMNS]
            if one.preconditions is not None
            for (_, facet), each in one.preconditions.states.items()
        ],
        language,
        _frame("preconditions", language, columns, rows),
    )
    return _figure(
        "preconditions", language, rows=rows, columns=columns, chart=drawn, least=culture.minimum
    )


def _plan(culture: Culture, model: MaturityModel, language: Language) -> Figure:
    first, last = date(culture.day.year, 1, 1), date(culture.day.year, 12, 31)
    doing = [
        one
        for one in (*culture.register, *(culture.plan or ()))
        if one.intervention in model and one.state != "stopped"
    ]
    rows = [
        (
            name_of(one.unit, language),
            model[one.intervention].labels[language],
            model.terms["layer"][one.layer].labels[language],
            _who(one, model, language),
            say(language, "org.plan.proposed" if one.proposed else f"org.plan.{one.state}"),
            f"{one.begin:%d-%m-%Y}",
            f"{one.end:%d-%m-%Y}" if one.end else "",
        )
        for one in doing
    ]
    bars = [
        Bar(
            model[one.intervention].labels[language],
            one.layer,
            one.begin,
            one.end or _until(one, culture.day),
            "running" if one.state == "running" else "planned",
        )
        for one in doing
        if not one.unit
    ]
    here = sorted(
        (one for one in bars if one.begin <= last and one.end >= first),
        key=lambda one: (one.begin, one.end),
    )
    drawn = year(here[:_DRAWN], language, first=first, last=last)
    columns = ("unit", "action", "layer", "who", "state", "from", "until")
    why = say(language, "org.plan.no_solver") if culture.plan is None and not rows else ""
    return _figure("plan", language, rows=rows, columns=columns, chart=drawn, nothing=why)


def _until(one: Doing, today: date) -> date:
    """Until when an action without an end is drawn: what runs until today, what is planned a month."""
    month = one.begin + timedelta(weeks=4)
    return max(one.begin, today) if one.state == "running" else month


def _who(one: Doing, model: MaturityModel, language: Language) -> str:
    terms = model.terms["role"]
    if one.role not in terms:
        return say(language, "org.nobody")
    label = terms[one.role].labels[language]
    return say(language, "org.stands_in", role=label) if one.stands_in else label


def _effect(culture: Culture, language: Language) -> Figure:
    columns = ("study", "outcome", "against", "verdict", "difference", "interval", "pairs")
    rows = [row for study in culture.studies for row in _told(study, language, language)]
    points = [row for study in culture.studies for row in _told(study, language, "en")]
    drawn: Chart | None = None
    known = [
        Compared(
            say(language, f"org.outcome.{one.outcome}"),
            say(language, f"org.against.{one.against}"),
            one.difference,
            one.low,
            one.high,
        )
        for study in culture.studies[-1:]
        for one in study.figures
        if one.difference is not None and one.low is not None and one.high is not None
    ]
    if known:
        drawn = compared(
            known,
            language,
            _frame("effect", language, columns, rows),
            say(language, "org.effect.told", number=culture.studies[-1].number),
        )
    figure = _figure("effect", language, rows=rows, columns=columns, chart=drawn)
    return evolve(figure, with_points=tuple(points))


def _told(study: Study, language: Language, numbers: Language) -> list[Row]:
    """A study in the words of one language, with decimals as another writes them."""
    if not study.figures:
        due = f"{study.due:%d-%m-%Y}" if study.due else ""
        state = say(language, f"org.study.{study.state}", due=due)
        return [(str(study.number), "", "", state, "", "", "")]
    return [
        (
            str(study.number),
            say(language, f"org.outcome.{one.outcome}"),
            say(language, f"org.against.{one.against}"),
            say(language, f"org.verdict.{one.verdict}"),
            "" if one.difference is None else number(numbers, one.difference),
            ""
            if one.low is None or one.high is None
            else say(
                language,
                "org.interval",
                low=number(numbers, one.low),
                high=number(numbers, one.high),
            ),
            str(one.pairs) if one.pairs else say(language, "org.too_few"),
        )
        for one in study.figures
    ]


def word(language: str, key: str, otherwise: str) -> str:
    """A text of ours, or what the organisation's own catalogue has in its place."""
    return say(language, key) if key in texts() else otherwise


__all__ = ["FIGURES", "Figure", "figures", "name_of", "unit_of", "word"]
