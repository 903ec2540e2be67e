"""The commands by which a record is made, filled in, read and shared."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from leercultuur_core.extension.commands import Day, engine_options

from .commands_shared import (
    acting,
    by_holder_option,
    by_option,
    opened,
    seen_option,
    who,
)
from .record import STAGES, How, Language, Level, Origin, Relation, Stage

_F = TypeVar("_F", bound=Callable[..., Any])


def _content_options(function: _F) -> _F:
    """What a holder fills in."""
    for option in reversed(
        (
            click.option("--context", metavar="TEXT", help="Where it was: the work, the place."),
            click.option("--task", metavar="TEXT", help="What had to be done."),
            click.option("--from", "first", type=Day(), help="The first day of the learning."),
            click.option("--until", "last", type=Day(), help="The last day of the learning."),
            click.option("--how", type=click.Choice(get_args(How))),
            click.option(
                "--skill",
                "skills",
                multiple=True,
                metavar="SKILL",
                help="An address of the ESCO extract, or address|scheme|version|name.",
            ),
            click.option("--level", metavar="LEVEL", help='Such as "NLQF 3" or "EQF 4".'),
            click.option("--language", type=click.Choice(get_args(Language))),
            click.option("--standard", nargs=2, metavar="CODE VERSION", help="What to assess by."),
            click.option(
                "--criterion",
                "criteria",
                multiple=True,
                metavar="CODE",
                help="Aim at this one, instead of all that the standard requires.",
            ),
        )
    ):
        function = option(function)
    return function


@click.command()
@click.argument("name")
@click.argument("mail")
@click.option("--language", type=click.Choice(get_args(Language)), default="nl", show_default=True)
@engine_options
def candidate(name: str, mail: str, language: Language, config_file: str, now: datetime) -> None:  # noqa: ARG001 - shared
    """Somebody without an account: their NAME and MAIL address. Gives their id."""
    with opened(config_file) as records:
        click.echo(records.add_candidate(name, mail, language=language).id)


@click.command()
@click.argument("holder", metavar="PERSON")
@click.argument("learned", metavar="WORDS")
@_content_options
@click.option("--agreed-on", type=Day(), help="When PERSON said yes, where another writes it down.")
@click.option(
    "--origin",
    type=click.Choice(get_args(Origin)),
    default="own",
    show_default=True,
    help="What it was first: a reflection, something in Moodle or xAPI. Name it with add-evidence.",
)
@by_holder_option
@engine_options
def new(
    holder: str,
    learned: str,
    agreed_on: date | None,
    origin: Origin,
    by: str,
    config_file: str,
    now: datetime,
    **asked: Any,
) -> None:
    """Keep what PERSON learned, in their own WORDS. Gives the id of the record."""
    with opened(config_file) as records:
        whose = who(records, holder, now)
        record = records.new(
            whose,
            learned,
            now,
            by=who(records, by, now) if by else whose,
            agreed_on=agreed_on,
            origin=origin,
            **_content(asked),
        )
    click.echo(record.id)


@click.command()
@click.argument("record")
@click.option("--learned", metavar="WORDS", help="What was learned, said better.")
@_content_options
@by_holder_option
@seen_option
@engine_options
def fill(
    record: str,
    learned: str | None,
    by: str,
    version: int | None,
    config_file: str,
    now: datetime,
    **asked: Any,
) -> None:
    """Fill in more of a RECORD that was not submitted yet."""
    content = _content(asked) | ({"learned": learned} if learned else {})
    if not content:
        raise click.UsageError("say what to fill in, such as --task")
    with opened(config_file) as records:
        actor = acting(records, record, by, now)
        changed = records.change(record, actor, now, version=version, **content)
    _told(changed.stage, changed.version)


@click.command("add-evidence")
@click.argument("record")
@click.argument("title")
@click.option("--on", type=Day(), required=True, help="The day it is of.")
@click.option("--file", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--link", metavar="URL")
@click.option("--statement", metavar="TEXT", help="What somebody said; say who with --relation.")
@click.option("--relation", type=click.Choice(get_args(Relation)))
@click.option("--activity", metavar="ID", help="The id of an activity, as its source names it.")
@click.option("--context", default="", metavar="TEXT", help="Where it was made.")
@click.option("--shows", multiple=True, metavar="CODE", help="The criterion that it is about.")
@by_holder_option
@seen_option
@engine_options
def add_evidence(
    record: str,
    title: str,
    on: date,
    file: Path | None,
    link: str | None,
    statement: str | None,
    relation: Relation | None,
    activity: str | None,
    context: str,
    shows: tuple[str, ...],
    by: str,
    version: int | None,
    config_file: str,
    now: datetime,
) -> None:
    """Add something that shows it: a file, a link, a statement or an activity."""
    from .record import Evidence  # noqa: PLC0415
    from .records import activity_digest  # noqa: PLC0415

    if sum(one is not None for one in (file, link, statement, activity)) != 1:
        raise click.UsageError("give one of --file, --link, --statement, --activity")
    shared: dict[str, Any] = {"title": title, "on": on, "context": context, "shows": shows}
    content = None
    if file is not None:
        content = file.read_bytes()
        evidence = Evidence("file", media_type=mimetypes.guess_type(file.name)[0] or "", **shared)
    elif link is not None:
        evidence = Evidence("link", url=link, **shared)
    elif statement is not None:
        evidence = Evidence("statement", text=statement, relation=relation, **shared)
    else:
        evidence = Evidence("activity", sha256=activity_digest(activity or ""), **shared)
    with opened(config_file) as records:
        actor = acting(records, record, by, now)
        changed = records.add_evidence(
            record, evidence, actor, now, content=content, version=version
        )
    _told(changed.stage, changed.version)


@click.command()
@click.argument("record")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@by_option
@engine_options
def show(record: str, as_json: bool, by: str, config_file: str, now: datetime) -> None:
    """Show a RECORD to who may see it, with what can be counted of its evidence."""
    from .road import deadline, may_follow  # noqa: PLC0415
    from .store import as_json_values  # noqa: PLC0415

    with opened(config_file) as records:
        reader = who(records, by, now)
        found = records.get(record, reader, now)
        counted = records.hints(record, reader, now)
        until = deadline(found, records.rules)
        rubric = records.rubric
    if as_json:
        values = {**as_json_values(found), "stage": found.stage}
        click.echo(json.dumps(values, ensure_ascii=False, indent=1))
        return
    language = found.language
    click.echo(f"{found.id}  {found.stage}  version {found.version}")
    click.echo(f"  learned   {found.learned}")
    for label, text in (("context", found.context), ("task", found.task), ("how", found.how)):
        if text:
            click.echo(f"  {label:<9} {text}")
    for skill in found.skills:
        click.echo(f"  skill     {skill.name or skill.uri} ({skill.scheme} {skill.version})")
    if found.standard is not None:
        click.echo(f"  standard  {' '.join(found.standard)}  {', '.join(found.criteria)}".rstrip())
    for one in found.evidence:
        digest = f"  sha256 {one.sha256[:12]}…" if one.sha256 else ""
        click.echo(f"  evidence  {one.on}  {one.kind}  {one.title}{digest}")
    for hint in counted:
        label = next(c.label[language] for c in rubric.criterion if c.id == hint.criterion)
        click.echo(f"  {label}: {hint.text[language]}")
    for entry in found.history:
        reason = f"  {entry.reason}" if entry.reason else ""
        click.echo(f"  {entry.at:%Y-%m-%d}  {entry.step} by {entry.role}{reason}")
    if until is not None:
        click.echo(f"  {until.what} until {until.until:%Y-%m-%d}")
    click.echo(f"  what may follow: {', '.join(may_follow(found.stage)) or 'nothing'}")


@click.command("list")
@click.option("--stage", type=click.Choice(STAGES))
@click.option("--late", is_flag=True, help="Only what should have been assessed by now.")
@by_option
@engine_options
def list_(stage: Stage | None, late: bool, by: str, config_file: str, now: datetime) -> None:
    """List the records that somebody may see: their own, shared ones, and those they work on."""
    with opened(config_file) as records:
        found = records.list(who(records, by, now), now, stage=stage)
        overdue = records.late(now)
    shown = [one for one in found if not late or one.id in overdue]
    for one in shown:
        standard = " ".join(one.standard) if one.standard else ""
        click.echo(f"{one.id}  {one.stage:<11} {standard}".rstrip())
    if not shown:
        click.echo("none")


@click.command()
@click.argument("record")
@click.argument("whom", metavar="PERSON")
@click.option("--until", type=Day(), help="The last day on which they may read it.")
@click.option("--stop", is_flag=True, help="Not any more.")
@engine_options
def share(
    record: str, whom: str, until: date | None, stop: bool, config_file: str, now: datetime
) -> None:
    """Let PERSON read a RECORD, in the name of its holder.

    client:NAME instead of a person lets a program of the JSON API read it.
    """
    if stop == (until is not None):
        raise click.UsageError("say until when with --until, or --stop")
    with opened(config_file) as records:
        holder = records.holder(record)
        other = whom if whom.startswith("client:") else who(records, whom, now)
        if until is None:
            done = records.unshare(record, holder, other)
            click.echo("not shared any more" if done else "it was not shared")
            return
        records.share(record, holder, other, until)
    click.echo(f"shared until {until}")


@click.command()
@click.argument("who_", metavar="CANDIDATE")
@click.argument("person", metavar="PERSON")
@engine_options
def adopt(who_: str, person: str, config_file: str, now: datetime) -> None:
    """CANDIDATE, given by their id, is this PERSON by now: their records become this person's."""
    with opened(config_file) as records:
        found = [one for one in records.find(person, now) if one != who_]
        if len(found) != 1:
            raise click.UsageError(f"expected one person, found {len(found)}")
        click.echo(f"{records.adopt(who_, found[0], now):,} records")


@click.command()
@click.argument("who_", metavar="CANDIDATE")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@engine_options
def forget(who_: str, yes: bool, config_file: str, now: datetime) -> None:  # noqa: ARG001 - shared
    """Forget somebody without an account, with their records. Others: leercultuur person erase."""
    with opened(config_file) as records:
        found = records.candidate(who_)
        if found is None:
            raise click.UsageError("no candidate is known by that id or mail address")
        if not yes:
            click.confirm("Everything of this candidate goes, for good. Go on?", abort=True)
        counts = records.forget_candidate(found.id)
    for table, count in sorted(counts.items()):
        click.echo(f"{table:<20} {count:>8,} gone")


def _content(asked: dict[str, Any]) -> dict[str, Any]:
    """What was filled in, as fields of a record. Raises `click.UsageError`."""
    from .skills import skill  # noqa: PLC0415

    names = ("context", "task", "how", "language", "standard", "criteria")
    found = {name: asked[name] for name in names if asked[name]}
    if asked["first"] or asked["last"]:
        if not (asked["first"] and asked["last"]):
            raise click.UsageError("give both --from and --until, or neither")
        found["period"] = (asked["first"], asked["last"])
    if asked["level"]:
        framework, _, value = asked["level"].partition(" ")
        if framework not in {"NLQF", "EQF"} or not value:
            raise click.UsageError('--level: expected a level such as "NLQF 3"')
        found["level"] = Level(framework, value)
    if asked["skills"]:
        try:
            found["skills"] = tuple(skill(one) for one in asked["skills"])
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    return found


def _told(stage: Stage, version: int) -> None:
    click.echo(f"{stage}, version {version}")
