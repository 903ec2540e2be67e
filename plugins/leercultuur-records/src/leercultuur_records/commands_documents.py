"""The commands for what a holder takes along: a document, a skills passport, a hand-over file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from leercultuur_core import AccessDenied
from leercultuur_core.extension.commands import engine_options

from .commands_shared import acting, by_holder_option, by_option, now_option, opened, who
from .files import write_whole
from .record import Language, Record

if TYPE_CHECKING:
    from .documents import Names, StatementKind
    from .edubadge import BadgeClassType
    from .records import Records

_F = TypeVar("_F", bound=Callable[..., Any])
_OWNER_ONLY = 0o600

_language = click.option(
    "--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True
)
_recognised_as = click.option(
    "--recognised-as",
    default="",
    metavar="TEXT",
    help='As what your organisation is recognised for this, such as "erkend leerbedrijf, SBB …".',
)
_called = click.option(
    "--name", default="", metavar="NAME", help="What the holder is called on it, if not as known."
)


def _out(function: _F) -> _F:
    return click.option(
        "--out",
        type=click.Path(path_type=Path, dir_okay=False),
        required=True,
        metavar="FILE",
        help="Where it is written; only you can read it.",
    )(function)


@click.command()
@click.argument("record")
@click.option(
    "--kind",
    type=click.Choice(["practice", "experience", "own"]),
    default="own",
    show_default=True,
    help="What was shown in practice, the report of an assessment, or the holder's own overview.",
)
@click.option(
    "--named",
    multiple=True,
    metavar="PERSON",
    help="One who judged or decided and agreed to be named; others are named by role.",
)
@_called
@_recognised_as
@_language
@_out
@by_option
@engine_options
def document(
    record: str,
    kind: StatementKind,
    named: tuple[str, ...],
    name: str,
    recognised_as: str,
    language: Language,
    out: Path,
    by: str,
    config_file: str,
    now: datetime,
) -> None:
    """Write a page about a RECORD to print or keep: HTML that loads nothing."""
    from .documents import Names  # noqa: PLC0415 - brings the templates

    with opened(config_file) as records:
        found = records.get(record, who(records, by, now), now)
        agreed = [who(records, one, now) for one in named]
        names = Names(
            name or _known_as(records, found.holder),
            {one: _known_as(records, one) for one in agreed},
        )
        page = _page(records, found, kind, names, recognised_as, language, now)
    write_whole(out, page.encode("utf-8"), _OWNER_ONLY)
    click.echo(f"wrote {out}")


@click.command()
@click.argument("chosen", nargs=-1, required=True, metavar="RECORD...")
@click.option("--documents/--no-documents", default=True, help="With a page to read for each.")
@_called
@_recognised_as
@_language
@_out
@by_option
@engine_options
def passport(
    chosen: tuple[str, ...],
    documents: bool,
    name: str,
    recognised_as: str,
    language: Language,
    out: Path,
    by: str,
    config_file: str,
    now: datetime,
) -> None:
    """Put the credentials of your own RECORDs together in one file, to show to whom you want.

    Only their holder can. What is not named is not in it, and nobody else hears of it.
    """
    from .documents import Names  # noqa: PLC0415 - brings the templates
    from .passport import Item, make  # noqa: PLC0415

    with opened(config_file) as records:
        holder = who(records, by, now)
        called = name or _known_as(records, holder)
        items = []
        for record in chosen:
            found = records.get(record, holder, now)
            credential = records.credential(record, holder, now) or b""
            page = ""
            if documents and credential and found.stage in {"certified", "expired"}:
                names = Names(called)
                page = _page(records, found, "practice", names, recognised_as, language, now)
            items.append(Item(found, credential, page))
        data = make(items, by=holder, name=called, at=now, zone=_zone(records), language=language)
    write_whole(out, data, _OWNER_ONLY)
    many = "credential" if len(items) == 1 else "credentials"
    click.echo(f"wrote {out}: {len(items)} {many}. It is yours; nobody was told")


@click.command("passport-check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="A folder with the issuers' did documents and status lists.",
)
@click.option("--fetch", is_flag=True, help="Ask the issuers' sites for those, over https.")
@click.option("--subject", default="", metavar="MAIL", help="Whose it should be.")
@_language
@now_option
def passport_check(
    file: Path,
    bundle: Path | None,
    fetch: bool,
    subject: str,
    language: Language,
    now: datetime,
) -> None:
    """Check a skills passport that somebody gave you: is it whole, and is each credential genuine?

    Nothing is unpacked and nothing fetched unless you say --fetch. Works without a configuration.

    \b
    Exit codes: 0 all of it was proved, 1 something speaks against it,
    2 wrong use, 3 some of it could not be checked (it says what).
    """
    from .passport import open_passport  # noqa: PLC0415
    from .verifying import Bundle, Nowhere, Web, verify  # noqa: PLC0415 - brings the cryptography

    if fetch and bundle is not None:
        raise click.UsageError("expected --fetch or --bundle, found both; which of them is right?")
    where = Web() if fetch else Nowhere() if bundle is None else Bundle(bundle)
    found = open_passport(file.read_bytes())
    refused, complete = bool(found.problems), True
    for problem in found.problems:
        click.echo(problem)
    for name, data in found.credentials.items():
        verdict = verify(data, at=now, documents=where, subject=subject)
        refused, complete = refused or verdict.refused, complete and verdict.complete
        click.echo(f"{name}\n{verdict.text(language)}")
    if not found.credentials:
        raise click.ClickException("there is no credential in it")
    sys.exit(1 if refused else 0 if complete else 3)


@click.command()
@click.argument("record")
@click.option(
    "--type",
    "badge_class_type",
    type=click.Choice(["extra_curricular", "micro_credential", "regular"]),
    default="extra_curricular",
    show_default=True,
    help="Which kind of edubadge the institution has in mind.",
)
@click.option("--mail", default="", help="The holder's address, where they want it to go along.")
@_language
@_out
@by_holder_option
@engine_options
def edubadge(
    record: str,
    badge_class_type: BadgeClassType,
    mail: str,
    language: Language,
    out: Path,
    by: str,
    config_file: str,
    now: datetime,
) -> None:
    """Write a file with which a member of SURF can make an edubadge of a RECORD.

    It is not an edubadge: only members of SURF issue these. Its holder decides who gets the file.
    """
    from .claims import claim_of  # noqa: PLC0415 - brings the cryptography
    from .edubadge import handover  # noqa: PLC0415
    from .record import Issued  # noqa: PLC0415

    with opened(config_file) as records:
        actor = acting(records, record, by, now)
        found = records.get(record, actor, now)
        if actor != found.holder:
            raise AccessDenied("only its holder hands a record over to others", "holder")
        standard = records.standard(*found.standard) if found.standard else None
        if standard is None:
            raise click.ClickException("this record was not assessed against a standard")
        # What is known of level and assessment is what a credential would say.
        known = claim_of(found, standard, Issued("", now), "").qualification
        organisation = records.engine.configuration.organisation.name
        file = handover(
            found,
            standard,
            organisation=organisation,
            on=now.astimezone(_zone(records)).date(),
            qualification=known,
            recipient=mail,
            badge_class_type=badge_class_type,
            language=language,
        )
    text = json.dumps(file, ensure_ascii=False, indent=2) + "\n"
    write_whole(out, text.encode("utf-8"), _OWNER_ONLY)
    click.echo(f"wrote {out}; not an edubadge yet. Still needed:")
    for need in file["still_needed"]:
        click.echo(f"  {need}")


def _page(
    records: Records,
    record: Record,
    kind: StatementKind,
    names: Names,
    recognised_as: str,
    language: Language,
    now: datetime,
) -> str:
    from .documents import Publisher, Statement, render  # noqa: PLC0415 - brings the templates
    from .verifying.reading import read  # noqa: PLC0415

    organisation = records.engine.configuration.organisation
    zone = _zone(records)
    credential = records.credential(record.id, record.holder, now)
    statement = Statement(
        kind,
        record,
        names,
        Publisher(organisation.name, zone, recognised_as),
        now.astimezone(zone).date(),
        language,
        records.standard(*record.standard) if record.standard else None,
        records.rubric,
        read(credential).issuer if credential else "",
    )
    return render(statement)


def _zone(records: Records) -> ZoneInfo:
    return ZoneInfo(records.engine.configuration.organisation.time_zone)


def _known_as(records: Records, person: str) -> str:
    """The name of a person or candidate; exit code 2 where none is known."""
    candidate = records.candidate(person)
    if candidate is not None:
        return candidate.name
    with records.engine.store.reading() as tx:
        found = tx.people.all().get(person)
    if found is None or not found.name:
        raise click.UsageError("no name is known of them; give one with --name")
    return found.name
