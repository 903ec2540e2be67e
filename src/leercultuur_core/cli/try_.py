"""``leercultuur try``: a made-up person at once, no files needed."""

from __future__ import annotations

import click

from ..advice import advise
from ..demo.sanne import AT, sanne
from ..maturity.vocabulary import Language
from ..phases import infer
from .reading import language_option


@click.command("try")
@language_option
def try_(language: Language) -> None:
    """A made-up person, at once: where she seems to be, why, and a first step."""
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn

    from .story import draw_bars, draw_reasons  # noqa: PLC0415

    console = Console(highlight=False)
    one = infer(sanne(), at=AT)["Sanne"]
    weeks = len(one.story())
    heading = {
        "nl": f"Sanne (verzonnen) · {weeks} weken activiteit",
        "en": f"Sanne (made up) · {weeks} weeks of activity",
    }
    console.print(heading[language] + "\n")
    draw_bars(console, one, language)
    console.print()
    draw_reasons(console, one, language)
    console.print()
    for prompt in advise(one, language=language):
        console.print(prompt.text, markup=False)
    following = {
        "nl": "Nu met je eigen gegevens: leercultuur infer BESTAND",
        "en": "Now with your own data: leercultuur infer FILE",
    }
    console.print(f"\n[dim]{following[language]}[/dim]")
