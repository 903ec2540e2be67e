"""The commands by which a record is taken along the road: submit, assess, decide, certify, appeal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import get_args

import click

from leercultuur_core.extension.commands import engine_options

from .commands_shared import (
    acting,
    by_holder_option,
    by_option,
    opened,
    seen_option,
    who,
)
from .files import write_whole
from .record import MARKS, Decision, Judgement, Mark, Outcome, Record

_reason = click.option("--reason", required=True, metavar="TEXT", help="Why, for the other side.")
_role = click.option(
    "--role", type=click.Choice(["assessor", "second_assessor"]), help="In which role."
)


@click.command()
@click.argument("record")
@by_holder_option
@seen_option
@engine_options
def submit(record: str, by: str, version: int | None, config_file: str, now: datetime) -> None:
    """Hand a RECORD over to be assessed; from then on it stays as it is."""
    with opened(config_file) as records:
        _told(records.submit(record, acting(records, record, by, now), now, version=version))


@click.command("hand-back")
@click.argument("record")
@_reason
@by_option
@seen_option
@engine_options
def hand_back(
    record: str, reason: str, by: str, version: int | None, config_file: str, now: datetime
) -> None:
    """Give a submitted RECORD back to its holder, to add to it."""
    with opened(config_file) as records:
        actor = who(records, by, now)
        _told(records.hand_back(record, actor, now, reason=reason, version=version))


@click.command()
@click.argument("record")
@click.option(
    "--vraak",
    multiple=True,
    metavar="CRITERION=MARK",
    help="variation, relevance … = met, partly …",
)
@click.option("--criterion", "criteria", multiple=True, metavar="CODE=MARK")
@click.option("--note", default="", metavar="TEXT", help="Why, for the holder to read.")
@_role
@by_option
@seen_option
@engine_options
def assess(
    record: str,
    vraak: tuple[str, ...],
    criteria: tuple[str, ...],
    note: str,
    role: str | None,
    by: str,
    version: int | None,
    config_file: str,
    now: datetime,
) -> None:
    """Note what an assessor found: a mark (met, partly, not_met) for each criterion."""
    judgement = Judgement(_marks("--vraak", vraak), _marks("--criterion", criteria), note)
    with opened(config_file) as records:
        actor = who(records, by, now)
        done = records.assess(
            record,
            actor,
            now,
            judgement,
            role=role,  # type: ignore[arg-type]
            version=version,
        )
    _told(done)


@click.command()
@click.argument("record")
@click.argument("outcome", type=click.Choice(get_args(Outcome)))
@click.option(
    "--criterion", "criteria", multiple=True, metavar="CODE", help="One that is recognised."
)
@click.option("--reason", default="", metavar="TEXT", help="Why; a no needs one.")
@_role
@by_option
@seen_option
@engine_options
def decide(
    record: str,
    outcome: Outcome,
    criteria: tuple[str, ...],
    reason: str,
    role: str | None,
    by: str,
    version: int | None,
    config_file: str,
    now: datetime,
) -> None:
    """Recognise a RECORD, or not. Without --criterion a yes is for all that it aims at."""
    with opened(config_file) as records:
        actor = who(records, by, now)
        if outcome == "recognised" and not criteria:
            criteria = records.aimed_at(record, actor, now)
        done = records.decide(
            record,
            actor,
            now,
            Decision(outcome, criteria),
            reason=reason,
            role=role,  # type: ignore[arg-type]
            version=version,
        )
    _told(done)


@click.command()
@click.argument("record")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="Where the credential is written, for its holder.",
)
@click.option("--issuer", metavar="NAME", help="Which one, where the configuration has several.")
@click.option("--mail", default="", help="By what the holder is recognised, if not as known.")
@by_option
@seen_option
@engine_options
def certify(
    record: str,
    out: Path,
    issuer: str | None,
    mail: str,
    by: str,
    version: int | None,
    config_file: str,
    now: datetime,
) -> None:
    """Issue a credential for a recognised RECORD."""
    with opened(config_file) as records:
        actor = who(records, by, now)
        credential = records.certify(record, actor, now, issuer=issuer, mail=mail, version=version)
    write_whole(out, credential, 0o600)
    click.echo(f"wrote {out}; give it to its holder, whose it is")
    click.echo("What did this learning lead to next? That is a new record: leercultuur record new")


@click.command()
@click.argument("record")
@by_option
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE"
)
@engine_options
def credential(record: str, by: str, out: Path, config_file: str, now: datetime) -> None:
    """Write the credential of a certified RECORD once more."""
    with opened(config_file) as records:
        found = records.credential(record, who(records, by, now), now)
    if found is None:
        raise click.ClickException("this record was not certified")
    write_whole(out, found, 0o600)
    click.echo(f"wrote {out}")


@click.command()
@click.argument("record")
@click.option("--reason", default="", metavar="TEXT")
@by_holder_option
@seen_option
@engine_options
def withdraw(
    record: str, reason: str, by: str, version: int | None, config_file: str, now: datetime
) -> None:
    """Stop with a RECORD, as its holder; it stays theirs."""
    with opened(config_file) as records:
        actor = acting(records, record, by, now)
        _told(records.withdraw(record, actor, now, reason=reason, version=version))


@click.command()
@click.argument("record")
@_reason
@by_holder_option
@seen_option
@engine_options
def appeal(
    record: str, reason: str, by: str, version: int | None, config_file: str, now: datetime
) -> None:
    """Ask that others look again at a RECORD that was not recognised."""
    with opened(config_file) as records:
        actor = acting(records, record, by, now)
        _told(records.appeal(record, actor, now, reason=reason, version=version))


@click.command("take-back")
@click.argument("record")
@_reason
@by_option
@seen_option
@engine_options
def take_back(
    record: str, reason: str, by: str, version: int | None, config_file: str, now: datetime
) -> None:
    """Take the credential of a RECORD back, for good."""
    with opened(config_file) as records:
        actor = who(records, by, now)
        _told(records.take_back(record, actor, now, reason=reason, version=version))
    click.echo("Others see it after: leercultuur record publish DIR")


@click.command()
@engine_options
def expire(config_file: str, now: datetime) -> None:
    """Note of credentials that no longer hold that they do not."""
    with opened(config_file) as records:
        click.echo(f"{records.expire(now):,} expired")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@engine_options
def standard(file: Path, config_file: str, now: datetime) -> None:  # noqa: ARG001 - shared
    """Keep the standards of a CSV FILE: a row for each criterion."""
    from .standard import parse_standards  # noqa: PLC0415

    found = parse_standards(_text(file), str(file))
    with opened(config_file) as records:
        new = records.put_standards(found)
    click.echo(f"{new:,} new, {len(found) - new:,} known")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--dry-run", is_flag=True, help="Only say what is wrong with the file.")
@by_option
@engine_options
def import_(file: Path, dry_run: bool, by: str, config_file: str, now: datetime) -> None:
    """Keep the records of a CSV FILE, each with the day on which its holder agreed."""
    from .intake import parse_batch, take_in  # noqa: PLC0415

    drafts = parse_batch(_text(file), str(file))
    if dry_run:
        click.echo(f"{len(drafts):,} rows fit")
        return
    with opened(config_file) as records:
        done = take_in(records, drafts, who(records, by, now), now, str(file))
    click.echo(f"{done.new:,} new, {done.known:,} known")


def _marks(option: str, written: tuple[str, ...]) -> Mapping[str, Mark]:
    marks: dict[str, Mark] = {}
    for one in written:
        name, _, mark = one.partition("=")
        if mark not in MARKS:
            raise click.UsageError(f"{option}: expected {name or 'NAME'}= and {', '.join(MARKS)}")
        marks[name] = mark
    return marks


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise click.UsageError(f"{file}: expected a UTF-8 text file, found other bytes") from None


def _told(record: Record) -> None:
    click.echo(f"{record.stage}, version {record.version}")
