"""``leercultuur advise``: first steps from files of activity."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

import click

from ..activity.identity import learner_name
from ..advice import Advice, Directory, Estimated, Note, Prompt, read_people
from ..advice import advise as make_advice
from ..privacy import FLOOR, MINIMUM_GROUP
from .asked import Asked, asks_for_files
from .reading import language_option, progress

_LINES = "prompts.jsonl"

_SHOWN_NOTES = 3
"""So many notes of one kind are shown; of the rest their number."""

_EPILOG = """\b
Examples:
  leercultuur advise statements.ndjson.gz --at 2026-03-02
  leercultuur advise statements.ndjson.gz --people people.csv --out prompts
  leercultuur advise statements.ndjson.gz --lang en --format jsonl

An estimate about one person goes to that person only. With --people, whoever leads a unit
reads about the unit as a whole, if it is large enough. Nothing is sent.
"""


@click.command(epilog=_EPILOG)
@asks_for_files
@click.option(
    "--people",
    "people_file",
    metavar="FILE",
    help="Who is who: identifier,name,roles,manager,unit,language,employment,working_days.",
)
@click.option(
    "--minimum-group",
    type=click.IntRange(min=FLOOR),
    default=MINIMUM_GROUP,
    show_default=True,
    help="Nothing is said about a group of fewer people.",
)
@click.option(
    "--out", metavar="DIR", help="Write prompts.jsonl and a text for each recipient here."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "jsonl"]), default="text", show_default=True
)
@language_option
@click.pass_context
def advise(
    ctx: click.Context,
    asked: Asked,
    people_file: str | None,
    minimum_group: int,
    out: str | None,
    form: str,
    language: str,
) -> None:
    """One fitting first step for each person in FILE…, of at most fifteen minutes."""
    people = read_people(people_file) if people_file else None
    reading, estimates = asked.estimates()
    show_advice(
        estimates,
        people=people,
        minimum_group=minimum_group,
        language=language,
        out=Path(out) if out else None,
        form=form,
    )
    ctx.exit(reading.exit_code)


def show_advice(
    estimates: Mapping[str, Estimated],
    *,
    people: Directory | None = None,
    minimum_group: int = MINIMUM_GROUP,
    language: str = "nl",
    out: Path | None = None,
    form: str = "text",
) -> Advice:
    """Makes the prompts and prints them, or writes them to ``out``; notes go to standard error."""
    with progress("advise", len(estimates)) as done:
        advice = make_advice(
            estimates,
            people=people,
            minimum_group=minimum_group,
            language=language,
            progress=done,
        )
    if out is not None:
        count = write_prompts(advice, out)
        click.echo(f"{out / _LINES}: {len(advice)} prompts, and {count} texts beside it")
    elif form == "jsonl":
        for prompt in advice:
            click.echo(as_line(prompt))
    else:
        for prompt in advice:
            click.echo(f"--- {_heading(prompt)}\n{prompt.text}\n")
        if not len(advice):
            click.echo("Nobody was seen before this day, so there is nobody to write to.")
    for line in note_lines(advice.notes):
        click.echo(line, err=True)
    return advice


def as_line(prompt: Prompt) -> str:
    """One line of JSON Lines."""
    return json.dumps(prompt.as_row(), ensure_ascii=False)


def note_lines(notes: Iterable[Note]) -> list[str]:
    """The notes for people, few of each kind."""
    shown: Counter[str] = Counter()
    lines = []
    for note in notes:
        shown[note.kind] += 1
        if shown[note.kind] <= _SHOWN_NOTES:
            lines.append(_plain(f"note: {note.text}"))
    more = [
        f"note: {count - _SHOWN_NOTES} more of kind {kind}"
        for kind, count in shown.items()
        if count > _SHOWN_NOTES
    ]
    return lines + more


def write_prompts(advice: Advice, folder: Path) -> int:
    """Writes ``prompts.jsonl`` and a text per recipient into ``folder``; gives how many texts.

    What an earlier run wrote there and this one does not is removed, and nothing else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts: dict[str, list[str]] = {}
    for prompt in advice:
        heading = _heading(prompt)
        texts.setdefault(file_name(prompt.recipient), []).append(f"{heading}\n\n{prompt.text}\n")
    for name in _written_before(folder / _LINES) - texts.keys():
        (folder / name).unlink(missing_ok=True)
    for name, parts in texts.items():
        (folder / name).write_text("\n".join(parts), encoding="utf-8", newline="\n")
    lines = "".join(f"{as_line(prompt)}\n" for prompt in advice)
    (folder / _LINES).write_text(lines, encoding="utf-8", newline="\n")
    return len(texts)


def file_name(recipient: str) -> str:
    """A file name for an identifier: readable letters, then a hash that keeps two people apart.

    Only ASCII letters, digits and hyphens come from the identifier, so no name leads elsewhere.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", learner_name(recipient).lower()).strip("-")[:40]
    digest = blake2b(recipient.encode(), digest_size=4).hexdigest()
    return f"{plain or 'person'}-{digest}.txt"


def _written_before(lines: Path) -> set[str]:
    """The texts that belong to an earlier ``prompts.jsonl``; none where that cannot be read."""
    try:
        rows = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
        return {file_name(row["recipient"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def _heading(prompt: Prompt) -> str:
    name = prompt.name or learner_name(prompt.recipient)
    return _plain(f"{name} ({prompt.recipient_role})")


def _plain(text: str) -> str:
    """``text`` without what could steer a terminal; account names are other people's input."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
