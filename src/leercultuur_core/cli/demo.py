"""``leercultuur demo``: a made-up bakery, from xAPI statements to mail from the engine."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from textwrap import wrap

import click

from ..advice import Advice, Prompt, advise, read_people
from ..demo import (
    AT,
    FILE,
    PAGES_AT,
    answers_csv,
    bakery_lists,
    clear,
    messages,
    practice_csv,
    store_files,
    write_bakery,
    write_organisation,
)
from ..demo.post import PostOffice, lacking, open_post_office
from ..errors import PluginError
from ..maturity.vocabulary import Language
from ..phases import estimate
from .engine import one_person, opened
from .infer import print_summary
from .reading import language_option, read_files

FIRST_NIGHT, SECOND_NIGHT, THIRD_NIGHT = (f"2026-03-0{day}T09:00:00Z" for day in (3, 4, 5))
"""Ten in the morning in the Netherlands, so that it can be seen at once what goes out."""

_WEB = "leercultuur_web"

_VISITORS = (
    ("Jan", "who bakes"),
    ("Omar", "who leads the deliveries"),
    ("Ans", "who directs, and is HR"),
    ("Noor", "who is in the works council"),
)

_LINK = re.compile(r"(https?://[^/\s]+/a/)\S+")
"""A signed link; what is signed is long, and tells a reader nothing."""


@click.command()
@click.option(
    "--out", default="demo", show_default=True, metavar="DIR", help="Where the made-up files go."
)
@click.option(
    "--source",
    type=click.Choice(["statements", "moodle"]),
    default="statements",
    show_default=True,
    help="Where the activity comes from: a file, or a Moodle that was recorded.",
)
@language_option
def demo(out: str, source: str, language: Language) -> None:
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
    if source == "moodle":
        _moodle(folder, chapter)
        return
    activity_file, people_file = write_bakery(folder, by_mail=True)
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

    with ExitStack() as stack:
        office = None if lacking() else stack.enter_context(open_post_office(PostOffice()))
        _nights(activity_file, language, chapter, office)

    chapter("10 · Now your own data")
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

    chapter("11 · What HR and the works council see, and the pages")
    _pages(folder)


def _run(configuration: Path, words: Sequence[str], now: str = "") -> None:
    """A command, shown and then really run."""
    from . import leercultuur  # noqa: PLC0415 - the group that this command is in

    words = [*words, *(["--now", now] if now else [])]
    click.echo(f"$ leercultuur {' '.join(words)}")
    arguments = [*words, "--config", str(configuration)]
    code = leercultuur.main(arguments, prog_name="leercultuur", standalone_mode=False)
    if code:
        click.get_current_context().exit(code)


def _moodle(folder: Path, chapter: Callable[[str], None]) -> None:
    """Two nights with a Moodle as it was recorded, played by the plugin on this machine."""
    try:
        recorded = import_module("leercultuur_moodle.demo")
    except ModuleNotFoundError:
        raise PluginError("moodle", "is not installed; pip install leercultuur-moodle") from None
    folder.mkdir(parents=True, exist_ok=True)
    with recorded.recorded_site() as site:
        os.environ["MOODLE_TOKEN"] = site.token
        configuration = write_organisation(folder, site.lists)
        with opened(str(configuration), create=True):
            pass
        chapter("1 · A Moodle 4.5.6 as it was recorded, and what its service user may see")
        _run(configuration, ["check"])
        chapter("2 · Two nights, as cron runs them")
        _run(configuration, ["run"], recorded.NIGHTS[0])
        click.echo(f"\n  {len(site.received)} messages lie in Moodle; and the night after:\n")
        _run(configuration, ["run"], recorded.NIGHTS[1])
        chapter("3 · What one of them reads in Moodle")
        click.echo(site.texts[0])
    chapter("4 · Now your own Moodle")
    click.echo("  docs/adapters/moodle.md has all steps")


def _nights(
    activity_file: Path,
    language: Language,
    chapter: Callable[[str], None],
    office: PostOffice | None,
) -> None:
    """The chapters that need a store: each command is shown and then really run. Mail goes to
    ``office``."""
    folder = activity_file.parent
    pages = find_spec(_WEB) is not None
    lists = bakery_lists(office.url if office else "", pages=pages)
    configuration = write_organisation(folder, lists, pages=pages)

    def command(*words: str, now: str = SECOND_NIGHT) -> None:
        _run(configuration, words, now)

    def sent() -> int:
        mails = len(office.mails) if office else 0
        return mails + sum(path.suffix == ".json" for path in messages(folder))

    chapter("4 · What people say about learning here, and what that holds back")
    answers = folder / "answers.csv"
    answers.write_text(answers_csv(by_mail=True), "utf-8")
    click.echo(f"  {answers}  what all 42 answered to thirteen questions, 1 to 5")
    click.echo(f"  {configuration}  which systems are read, who is who, where messages go;")
    click.echo("  with a go-live that is made up: without one nobody gets anything")
    click.echo(f"  Each command here ends with --config {configuration}\n")
    with opened(str(configuration), create=True):
        pass
    command("collect", now=FIRST_NIGHT)
    command("preconditions", "import", str(answers), now=FIRST_NIGHT)
    command("preconditions", "release", now=FIRST_NIGHT)
    _preconditions(configuration, language)

    chapter("5 · Two nights, as cron runs them, and mail that really went")
    command("run", now=FIRST_NIGHT)
    first = sent()
    _post(office, len(messages(folder)) // 2, folder / "messages")
    click.echo("\nAnd the night after:\n")
    command("run")
    click.echo(f"\n  {sent() - first} more: nothing is sent twice")

    chapter("6 · A plan in concert for delivery, where learning is not safe")
    if find_spec("scipy"):
        command("plan", "--team", "bezorging", "--lang", language)
    else:
        click.echo("  To see it: pip install 'leercultuur-core[plan]'")

    chapter("7 · How things stand, and why Sanne gets nothing today")
    command("status")
    click.echo()
    command("status", "--why", "sanne", "--lang", language)

    chapter("8 · All that is held of Sanne")
    _export(configuration)

    chapter("9 · Sanne wants to be forgotten")
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


def _pages(folder: Path) -> None:
    """The report, and how to open the pages as each of four people."""
    if find_spec(_WEB) is None:
        click.echo("  To see it: pip install leercultuur-web")
        return
    configuration, report = folder / FILE, folder / "report.html"
    practice = folder / "practice.csv"
    practice.write_text(practice_csv(), "utf-8")
    _run(configuration, ["practice", "import", str(practice)], THIRD_NIGHT)
    _run(configuration, ["report", "--out", str(report)], THIRD_NIGHT)
    click.echo("\nA link for each of four, which works once:\n")
    for who, what in _VISITORS:
        click.echo(f"{who}, {what}")
        _run(configuration, ["sign-in", who], THIRD_NIGHT)
    click.echo(
        f"\nThe bakery's pages are open at {PAGES_AT} once you run\n\n"
        f"  leercultuur serve --config {configuration} \\\n    --now {THIRD_NIGHT}\n\n"
        f"and the report is in {report}"
    )


def _preconditions(configuration: Path, language: Language) -> None:
    """What is low where, in a few lines: the command itself shows each facet, and all that is held."""
    click.echo("$ leercultuur preconditions   (here in short)")
    with opened(str(configuration)) as engine:
        found, model = engine.preconditions(datetime.fromisoformat(FIRST_NIGHT)), engine.model
    for one in found:
        click.echo(f"{one.unit or 'the whole organisation'}")
        low = [facet for (_, facet), state in one.states.items() if state.low]
        if not low:
            click.echo(f"  in order, or not sure: nothing is held back of {len(model.all)}")
            continue
        click.echo(f"  low: {', '.join(low)} · {len(one.held)} of {len(model.all)} held back")
        for held in one.held[:2]:
            click.echo(f"    held back  {model[held.intervention].labels[language]}")
        for mending in one.mending[:2]:
            click.echo(f"    mends it   {model[mending].labels[language]}")


def _post(office: PostOffice | None, files: int, folder: Path) -> None:
    """Where the messages are, and one of the mails."""
    if office is None:
        needed = " ".join(lacking())
        click.echo(
            f"\n  {files} messages lie in {folder}. To see them go by mail: pip install {needed}"
        )
        return
    click.echo(f"\n  {len(office.mails)} went by SMTP to a mail server on this machine (aiosmtpd);")
    click.echo(f"  {files}, to who has no mail address, lie in {folder}. One of the mails:\n")
    # Two steps in one: as who leads delivery, and his own.
    mail = next((one for one in office.mails if "Omar" in str(one["To"])), office.mails[0])
    for name in ("From", "To", "Subject"):
        click.echo(f"  {name}: {mail[name]}")
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body else ""
    for line in _LINK.sub(r"\1…", text).rstrip().splitlines():
        click.echo("\n".join(wrap(line, 76, initial_indent="  ", subsequent_indent="  ")))


def _export(configuration: Path) -> None:
    """What an export has, in a few lines: the command itself prints all of it as JSON."""
    click.echo("$ leercultuur person export sanne > sanne.json")
    now = datetime.fromisoformat(SECOND_NIGHT)
    with opened(str(configuration)) as engine:
        held = engine.export(one_person(engine, "sanne", now), now, by="demo")
    click.echo(f"{'person':<21} {held['person']['name']}, {held['person']['unit']}")
    for part, rows in held.items():
        if isinstance(rows, list) and rows:
            click.echo(f"{part:<21} {len(rows):,}")


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
