"""``leercultuur demo``: a made-up bakery, from xAPI statements to first steps."""

from __future__ import annotations

from pathlib import Path

import click

from ..advice import Advice, Prompt, advise, read_people
from ..demo import AT, write_bakery
from ..maturity.vocabulary import Language
from ..phases import estimate
from .infer import print_summary
from .reading import language_option, read_files


@click.command()
@click.option(
    "--out", default="demo", show_default=True, metavar="DIR", help="Where the made-up files go."
)
@language_option
def demo(out: str, language: Language) -> None:
    """A made-up bakery: everybody's phase, one person's reasons, and three first steps."""
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn
    from rich.rule import Rule  # noqa: PLC0415

    from .story import draw_bars, draw_reasons, draw_weeks  # noqa: PLC0415

    console = Console(highlight=False)

    def chapter(title: str) -> None:
        console.print()
        console.print(Rule(title, align="left", style="dim"))

    activity_file, people_file = write_bakery(Path(out))
    console.print("[bold]Bakkerij De Korenaar[/bold] · everybody here is made up\n")
    console.print(
        f"  {activity_file}  half a year of xAPI statements", markup=False, soft_wrap=True
    )
    console.print(
        f"  {people_file}  who is who: three teams, a director who is also HR,",
        markup=False,
        soft_wrap=True,
    )
    console.print("  two who work for themselves, and a school", markup=False)

    chapter("1 · In which phase people seem to be")
    reading = read_files([str(activity_file)], at=AT)
    estimates = estimate(reading.fold.ledger, at=AT, labels=reading.labels)
    print_summary(console, estimates)

    chapter("2 · Why: Sanne's story, and what could not be seen")
    one = estimates["sanne"]
    draw_bars(console, one, language)
    console.print()
    draw_weeks(console, one, language)
    console.print()
    draw_reasons(console, one, language)

    chapter("3 · Three first steps, each for one person")
    advice = advise(estimates, people=read_people(people_file), language=language)
    for prompt in three_prompts(advice):
        console.print(f"\nto {prompt.name} as {prompt.recipient_role}\n", style="dim", markup=False)
        console.print(prompt.text, markup=False)

    chapter("4 · Now your own data")
    console.print(
        f"  leercultuur infer {activity_file} --at 2026-03-02 --reasons\n"
        f"  leercultuur advise {activity_file} --at 2026-03-02 --people {people_file}\n"
        "  leercultuur infer YOUR-STATEMENTS.ndjson   (an export of a learning record store)\n"
        "  leercultuur --help",
        markup=False,
        soft_wrap=True,
    )


def three_prompts(advice: Advice) -> list[Prompt]:
    """A manager's prompt, a worker's about their own phase, and one who is asked: as there are."""
    chosen: list[Prompt] = []
    for wanted in (
        lambda prompt: prompt.recipient_role == "manager",
        lambda prompt: prompt.recipient_role == "worker" and prompt.layer == "colleagues",
        lambda prompt: prompt.recipient_role == "worker",
        lambda _: True,
    ):
        chosen += [prompt for prompt in advice if wanted(prompt) and prompt not in chosen][:1]
    return chosen[:3]
