"""``leercultuur demo``: a made-up bakery, from xAPI statements to two nights with the engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from ..advice import Advice, Prompt, advise, read_people
from ..demo import AT, clear, messages, store_files, write_bakery, write_organisation
from ..maturity.vocabulary import Language
from ..phases import estimate
from .engine import one_person, opened
from .infer import print_summary
from .reading import language_option, read_files

FIRST_NIGHT, SECOND_NIGHT, THIRD_NIGHT = (f"2026-03-0{day}T09:00:00Z" for day in (3, 4, 5))
"""Ten in the morning in the Netherlands, so that it can be seen at once what goes out."""


@click.command()
@click.option(
    "--out", default="demo", show_default=True, metavar="DIR", help="Where the made-up files go."
)
@language_option
def demo(out: str, language: Language) -> None:
    """A made-up bakery: phases, one person's reasons, first steps, and two nights.

    Everything is written into DIR. Run again, it removes what it wrote there, and nothing else.
    """
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn
    from rich.rule import Rule  # noqa: PLC0415

    from .story import draw_bars, draw_reasons, draw_weeks  # noqa: PLC0415

    console = Console(highlight=False)

    def chapter(title: str) -> None:
        console.print()
        console.print(Rule(title, align="left", style="dim"))

    folder = Path(out)
    clear(folder)
    activity_file, people_file = write_bakery(folder)
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

    _nights(activity_file, language, chapter)

    chapter("8 · Now your own data")
    console.print(
        f"  leercultuur infer {activity_file} --at 2026-03-02 --reasons\n"
        f"  leercultuur advise {activity_file} --at 2026-03-02 \\\n"
        f"    --people {people_file}\n"
        "  leercultuur infer YOUR-STATEMENTS.ndjson   (from a learning record store)\n"
        "  leercultuur init                           (to do this every night)\n"
        "  leercultuur --help",
        markup=False,
        soft_wrap=True,
    )


def _nights(activity_file: Path, language: Language, chapter: Callable[[str], None]) -> None:
    """The chapters that need a store: each command is shown and then really run."""
    from . import leercultuur  # noqa: PLC0415 - the group that this command is in

    folder = activity_file.parent
    configuration = write_organisation(folder)

    def command(*words: str, now: str = SECOND_NIGHT) -> None:
        click.echo(f"$ leercultuur {' '.join(words)} --now {now}")
        arguments = [*words, "--config", str(configuration), "--now", now]
        code = leercultuur.main(arguments, prog_name="leercultuur", standalone_mode=False)
        if code:
            click.get_current_context().exit(code)

    def sent() -> int:
        return sum(path.suffix == ".json" for path in messages(folder))

    chapter("4 · Two nights, as cron runs them")
    click.echo(f"  {configuration}  which systems are read, who is who, where messages go;")
    click.echo("  with a go-live that is made up: without one nobody gets anything")
    click.echo(f"  Each command here ends with --config {configuration}\n")
    with opened(str(configuration), create=True):
        pass
    command("run", now=FIRST_NIGHT)
    first = sent()
    click.echo(f"\n  {first} messages lie in {folder / 'messages'}; and the night after:\n")
    command("run")
    click.echo(f"\n  {sent() - first} more: nothing is sent twice")

    chapter("5 · How things stand, and why Sanne gets nothing today")
    command("status")
    click.echo()
    command("status", "--why", "sanne", "--lang", language)

    chapter("6 · All that is held of Sanne")
    _export(configuration)

    chapter("7 · Sanne wants to be forgotten")
    command("person", "erase", "sanne", "--yes")
    named = sum(b"sanne" in path.read_bytes().lower() for path in store_files(folder))
    click.echo(
        f"\n  Files of the store with her name in them: {named}. The next night her statements"
    )
    click.echo("  are in the bakery's file again, and left out:\n")
    activity_file.touch()
    command("collect", now=THIRD_NIGHT)
    with opened(str(configuration)) as engine:
        found = engine.find("sanne", datetime.fromisoformat(THIRD_NIGHT))
    click.echo(f"\n  People in the store that are known as Sanne: {len(found)}")


def _export(configuration: Path) -> None:
    """What an export has, in a few lines: the command itself prints all of it as JSON."""
    click.echo("$ leercultuur person export sanne > sanne.json")
    now = datetime.fromisoformat(SECOND_NIGHT)
    with opened(str(configuration)) as engine:
        held = engine.export(one_person(engine, "sanne", now), now, by="demo")
    click.echo(f"{'person':<14} {held['person']['name']}, {held['person']['unit']}")
    for part, rows in held.items():
        if isinstance(rows, list) and rows:
            click.echo(f"{part:<14} {len(rows):,}")


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
