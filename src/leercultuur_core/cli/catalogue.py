"""``leercultuur catalogue``: what each layer can do in each phase, and what that rests on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..maturity import Intervention, MaturityModel, copy_catalogue, maturity_model
from ..maturity.tables import did_you_mean
from ..maturity.vocabulary import BASES, CONDITIONS, LAYERS, PHASES, SCOPES, Language
from .reading import language_option

if TYPE_CHECKING:
    from rich.console import Console

_EPILOG = """\b
Examples:
  leercultuur catalogue                          the grid, counted
  leercultuur catalogue --phase selecting --layer manager
  leercultuur catalogue tasks.autonomy --lang en one, with its grounds
  leercultuur catalogue --basis judgement        what rests on reasoning
  leercultuur catalogue --format json > catalogue.json
  leercultuur catalogue --copy-to mine           tables to edit, translate
  leercultuur catalogue --tables mine            check and show them

A * marks what the report took from scientific literature.
"""

_WIDEST = 100
"""Lines longer than this are hard to read, however wide the screen."""

_WORDS: dict[Language, dict[str, str]] = {
    "nl": {
        "all": "alle",
        "marks": "● past het best   ○ past ook   + kan passen   · niet genoemd",
        "order": "Van links naar rechts",
        "science": "* uit wetenschappelijke literatuur",
        "addition": "aanvulling",
        "additions": "aanvulling: niet uit het rapport",
        "none": "Niets in de catalogus past bij deze keuze.",
        "rests": "Waar de plaatsen op rusten",
        "report": "uit het rapport",
        "grid": "Wat in meer fasen past, telt in elke fase mee.",
        "more": "Meer: --phase, --layer, of een id zoals tasks.autonomy",
        "what": "Wat",
        "step": "Eerste stap",
        "ask": "Vragen kan zo",
        "phases": "Fasen",
        "best": "past het best",
        "plausible": "kan passen",
        "basis": "Rust op",
        "line": "regel",
        "processes": "Werkt via",
        "about": "Soort",
        "repairs": "Herstelt",
        "waits": "Wacht bij een lage score op",
        "yes": "ja",
        "no": "nee",
        "group_programme": "Programma voor een groep",
        "exposes_people": "Vraagt om fouten of resultaten te laten zien",
        "fits_inside_work": "Past binnen het werk",
    },
    "en": {
        "all": "all",
        "marks": "● fits best   ○ fits too   + may fit   · not named",
        "order": "From left to right",
        "science": "* from scientific literature",
        "addition": "addition",
        "additions": "addition: not from the report",
        "none": "Nothing in the catalogue fits this choice.",
        "rests": "What the places rest on",
        "report": "from the report",
        "grid": "What fits in several phases counts in each.",
        "more": "More: --phase, --layer, or an id such as tasks.autonomy",
        "what": "What",
        "step": "First step",
        "ask": "How to ask for it",
        "phases": "Phases",
        "best": "fits best",
        "plausible": "may fit",
        "basis": "Rests on",
        "line": "line",
        "processes": "Works through",
        "about": "Sort",
        "repairs": "Repairs",
        "waits": "Waits where this scores low",
        "yes": "yes",
        "no": "no",
        "group_programme": "Programme for a group",
        "exposes_people": "Asks people to show mistakes or results",
        "fits_inside_work": "Fits inside the work",
    },
}


@click.command(epilog=_EPILOG)
@click.argument("intervention_id", required=False, metavar="[ID]")
@click.option("--phase", type=click.Choice(PHASES), help="What fits in this phase.")
@click.option(
    "--layer",
    type=click.Choice([*LAYERS, "education"]),
    help="What this layer can do; education is the environment.",
)
@click.option("--scope", type=click.Choice(SCOPES), help="Whom the first step concerns.")
@click.option("--basis", type=click.Choice(BASES), help="What the phases rest on.")
@click.option(
    "--plausible",
    is_flag=True,
    help="With --phase: also where that phase is plausible, not assigned.",
)
@click.option(
    "--tables",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Read your own copy of the tables.",
)
@click.option(
    "--copy-to",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the shipped tables here, to edit them.",
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@language_option
def catalogue(
    *,
    intervention_id: str | None,
    phase: str | None,
    layer: str | None,
    scope: str | None,
    basis: str | None,
    plausible: bool,
    tables: Path | None,
    copy_to: Path | None,
    form: str,
    language: Language,
) -> None:
    """What each layer can do in each phase, and what that rests on.

    Without an ID or a choice you see the grid of layers and phases, with how many interventions
    fit in each place.
    """
    if copy_to is not None:
        for path in copy_catalogue(copy_to):
            click.echo(path)
        return
    model = maturity_model(tables)
    chosen = any((phase, layer, scope, basis))
    if intervention_id is not None:
        if chosen:
            raise click.UsageError(
                "an id already names one intervention: leave out the other choices"
            )
        found: tuple[Intervention, ...] = (_one(model, intervention_id),)
    else:
        found = tuple(
            each
            for each in model.interventions(phase, layer, scope=scope, plausible=plausible)
            if basis is None or each.basis == basis
        )
    if form == "json":
        click.echo(json.dumps([as_row(each) for each in found], ensure_ascii=False, indent=1))
    elif intervention_id is not None:
        _detail(model, found[0], language)
    elif chosen:
        _listing(model, found, language)
    else:
        _grid(model, language)


def as_row(intervention: Intervention) -> dict[str, object]:
    """The JSON of one intervention: every field, as it is named in Python."""
    from attrs import asdict  # noqa: PLC0415 - only for JSON

    return asdict(intervention)


def _one(model: MaturityModel, intervention_id: str) -> Intervention:
    if intervention_id in model:
        return model[intervention_id]
    hint = did_you_mean(intervention_id, [each.id for each in model.all])
    raise click.UsageError(
        f"no intervention {intervention_id!r} in the catalogue; {hint or '--format json lists all ids'}"
    )


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn

    console = Console(highlight=False, markup=False)
    console.width = min(console.width, _WIDEST)
    return console


def _grid(model: MaturityModel, language: Language) -> None:
    from rich.table import Table  # noqa: PLC0415 - only where something is drawn

    words, console = _WORDS[language], _console()
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for phase in model.phases.values():
        table.add_column(phase.labels[language].lower(), justify="right")
    table.add_column(words["all"], justify="right")
    cells = model.grid()
    for layer, term in model.layers.items():
        counts = [str(len(cells[layer, phase])) for phase in PHASES]
        table.add_row(term.labels[language], *counts, str(len(model.interventions(layer=layer))))
    counts = [str(len(model.interventions(phase))) for phase in PHASES]
    table.add_row(words["all"], *counts, str(len(model.all)))
    console.print(table)
    bases = ", ".join(
        f"{model.terms['basis'][basis].labels[language]} {sum(each.basis == basis for each in model.all)}"
        for basis in BASES
    )
    console.print(f"\n{words['grid']}\n{words['rests']}: {bases}.")
    extra = sum(each.addition for each in model.all)
    console.print(
        f"{len(model.all) - extra} {words['report']}, {extra} {words['addition']} · {model.version}"
    )
    console.print(model.source)
    console.print(words["more"])


def _listing(model: MaturityModel, found: tuple[Intervention, ...], language: Language) -> None:
    from rich.table import Table  # noqa: PLC0415 - only where something is drawn

    words, console = _WORDS[language], _console()
    if not found:
        console.print(words["none"])
        return
    for layer, term in model.layers.items():
        rows = [each for each in found if each.layer == layer]
        if not rows:
            continue
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(ratio=1)
        for width in (len(PHASES), 9, 9):
            table.add_column(min_width=width, no_wrap=True)
        for each in rows:
            kind = model.terms["kind"][each.kind].labels[language]
            basis = model.terms["basis"][each.basis].labels[language]
            table.add_row(f"{_label(each, language)}\n  {each.id}", _marks(each), kind, basis)
        console.print(f"{term.labels[language]}\n")
        console.print(table)
        console.print()
    order = ", ".join(phase.labels[language].lower() for phase in model.phases.values())
    console.print(f"{words['marks']}\n{words['order']}: {order}.")
    notes = [words["science"]] if any(each.science for each in found) else []
    if any(each.addition for each in found):
        notes.append(words["additions"])
    if notes:
        console.print(" · ".join(notes))
    for basis in BASES:
        if any(each.basis == basis for each in found):
            term = model.terms["basis"][basis]
            console.print(f"{term.labels[language]}: {term.descriptions[language]}")


def _detail(model: MaturityModel, one: Intervention, language: Language) -> None:
    from rich.padding import Padding  # noqa: PLC0415 - only where something is drawn

    words, console = _WORDS[language], _console()

    def section(heading: str, *lines: str) -> None:
        console.print(heading)
        for line in lines:
            console.print(Padding(line, (0, 0, 0, 2), expand=False))

    console.print(_label(one, language), style="bold")
    console.print(f"{one.id} · {model.layers[one.layer].labels[language]}\n")
    section(words["what"], one.summaries[language])
    section(words["step"], one.steps[language])
    section(words["ask"], one.asks[language])
    kind, scope = model.terms["kind"][one.kind], model.terms["scope"][one.scope]
    section(
        words["about"],
        *(f"{term.labels[language]}: {term.descriptions[language]}" for term in (kind, scope)),
    )
    console.print()
    section(words["phases"], *_phase_lines(model, one, language))
    basis = model.terms["basis"][one.basis]
    line = f"TNO 2023, {words['line']} {one.seed_line}" if one.seed_line is not None else ""
    section(
        words["basis"],
        f"{basis.labels[language]}: {basis.descriptions[language]}",
        one.basis_text,
        *([line] if line else []),
    )
    if one.processes:
        section(words["processes"], ", ".join(one.processes))
    console.print()
    for condition in CONDITIONS:
        answer = words["yes" if one.holds(condition) else "no"]
        section(f"{words[condition]}: {answer}", one.grounds[condition])
    repairs = [each for each in model.preconditions if one.id in each.repaired_by]
    if repairs:
        section(words["repairs"], *(each.labels[language] for each in repairs))
    if waits := _waits_for(model, one, language):
        section(words["waits"], *waits)


def _phase_lines(model: MaturityModel, one: Intervention, language: Language) -> list[str]:
    words, lines = _WORDS[language], []
    for phase, term in model.phases.items():
        label = term.labels[language].lower()
        if phase == one.primary_phase:
            lines.append(f"● {label}, {words['best']}")
        elif phase in one.phases:
            lines.append(f"○ {label}")
        elif phase in one.also_plausible:
            lines.append(f"+ {label}, {words['plausible']}")
    return lines


def _waits_for(model: MaturityModel, one: Intervention, language: Language) -> list[str]:
    """The items of the questionnaire on whose facet a low score alone holds ``one`` back."""
    gates = {
        facet
        for facet in model.facets
        if any(effect.effect == "gate" for effect in model.effects(one, [facet]))
    }
    return [f'"{item.texts[language]}"' for item in model.items if item.facet in gates]


def _label(one: Intervention, language: Language) -> str:
    star = "*" if one.science else ""
    addition = f" ({_WORDS[language]['addition']})" if one.addition else ""
    return f"{one.labels[language]}{star}{addition}"


def _marks(one: Intervention) -> str:
    return "".join(
        "●"
        if phase == one.primary_phase
        else "○"
        if phase in one.phases
        else "+"
        if phase in one.also_plausible
        else "·"
        for phase in PHASES
    )
