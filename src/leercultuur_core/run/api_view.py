"""What other programs may put in and get out: each with the rights of the person it is about.

A program has a name. What it hands in is kept as its own: it can neither take back nor replace what
another source brought.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import msgspec
from attrs import frozen

from ..activity.activity import DEFAULT_SOURCE, Activity, Record, Retraction
from ..advice.people import canonical
from ..maturity.vocabulary import Language
from ..privacy.purposes import PurposeId, purposes
from ..storage import Identifier, Transaction
from .rights import LeftOut, Rights
from .sources import activity_schema, read_activities

_LONGEST_TEXT = 2048  # as `read_activities` allows


@frozen
class HandedIn:
    """Rows as records, and of the others their number (from 0) with the reason; a reason quotes
    nothing of the row."""

    records: tuple[Record, ...]
    problems: Mapping[int, str]


@frozen
class PurposeChoice:
    """What holds of one purpose for one person.

    name, text
        A heading, and what is done, in words to them.
    said
        The last they said; ``None`` where they never did.
    refused
        Why it is not done now; ``None`` where it is.
    """

    purpose: PurposeId
    name: str
    text: str
    said: bool | None
    refused: LeftOut | None


def as_own(program: str, rows: Sequence[bytes]) -> HandedIn:
    """Records from rows, each a JSON value as `read_activities` reads a line, made the program's own.

    Its ids get the program's name before them. So does the source, or it is the name alone.
    """
    # On one line each: within a row JSON knows no line ends.
    lines = b"".join(msgspec.json.format(row, indent=-1) + b"\n" for row in rows)
    records: list[Record] = []
    problems: dict[int, str] = {}
    number = 0
    for page in read_activities(io.BytesIO(lines), program):
        problems |= {one.line - 1: one.reason for one in page.rejects if one.line is not None}
        records += page.records
    kept: list[Record] = []
    places = [number for number in range(len(rows)) if number not in problems]
    for number, record in zip(places, records, strict=True):
        own = _own(program, record)
        texts = (own.id, own.source) if isinstance(own, Activity) else (own.id,)
        if any(len(one) > _LONGEST_TEXT for one in texts):
            problems[number] = "id, source: expected a shorter text"
        else:
            kept.append(own)
    return HandedIn(tuple(kept), dict(sorted(problems.items())))


def _own(program: str, record: Record) -> Record:
    name = f"urn:leercultuur:client:{program}:{record.id}"
    if isinstance(record, Retraction):
        return msgspec.structs.replace(record, id=name)
    source = program if record.source == DEFAULT_SOURCE else f"{program}/{record.source}"
    return msgspec.structs.replace(record, id=name, source=source)


def identified(tx: Transaction, identifier: str, identify: Identifier) -> str | None:
    """The uuid of whoever has exactly this identifier or mail address; never by a name."""
    return tx.people.find(canonical(identifier), identify)


def choices(rights: Rights, person: str, language: Language) -> tuple[PurposeChoice, ...]:
    """What a person (uuid) may say yes or no to, and what holds; nothing where there is no such
    person."""
    who = rights.people.get(person)
    if who is None:
        return ()
    return tuple(
        PurposeChoice(
            name,
            purpose.name[language],
            purpose.text[language],
            rights.said[name].get(person),
            rights.refusal(who, name),
        )
        for name, purpose in purposes().items()
    )


def may_share(rights: Rights, person: str) -> bool:
    """Whether what is believed of a person (uuid) may be handed to a program that shows it to them.

    Not without a yes of their own to prompts about themselves, whatever the organisation chose: that
    nobody said no is not enough to hand somebody's phase to another program.
    """
    who = rights.people.get(person)
    return (
        who is not None
        and rights.said["own_prompts"].get(person) is True
        and rights.refusal(who, "own_prompts") is None
    )


__all__ = [
    "HandedIn",
    "PurposeChoice",
    "activity_schema",
    "as_own",
    "choices",
    "identified",
    "may_share",
]
