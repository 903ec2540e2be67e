"""What somebody learned, as they tell it, with what shows it and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, get_args

from attrs import evolve, field, frozen

How = Literal["informal", "non-formal", "formal"]
Language = Literal["nl", "en"]
EvidenceKind = Literal["file", "link", "activity", "statement"]
Relation = Literal["manager", "client", "colleague", "coach", "trainer"]
Origin = Literal["own", "reflection", "moodle", "xapi", "import"]
Stage = Literal[
    "identified", "documented", "submitted", "assessed", "certified",
    "rejected", "appealed", "withdrawn", "expired",
]  # fmt: skip
Step = Literal[
    "identify", "document", "submit", "return", "assess", "decide", "certify",
    "withdraw", "appeal", "revoke", "expire",
]  # fmt: skip
ActingRole = Literal["worker", "coach", "assessor", "second_assessor", "issuer", "clock"]
Mark = Literal["met", "partly", "not_met"]
Outcome = Literal["recognised", "rejected"]

STAGES: tuple[Stage, ...] = get_args(Stage)
STEPS: tuple[Step, ...] = get_args(Step)
ROLES: tuple[ActingRole, ...] = get_args(ActingRole)
MARKS: tuple[Mark, ...] = get_args(Mark)

ERASED = "erased"
"""Stands in a history for somebody who was forgotten since."""


@frozen
class Skill:
    """A skill in somebody's scheme: never as text alone, so that another system knows it too."""

    uri: str
    scheme: str
    version: str
    name: str = ""


@frozen
class Level:
    """A level that is claimed. ``value``: 1 to 8; NLQF also knows ``entry`` and ``4+``."""

    framework: Literal["NLQF", "EQF"]
    value: str


@frozen
class Evidence:
    """Something that shows it.

    title
        What it is, in the holder's words.
    on
        The day it is of; how old it is counts from there.
    sha256
        Of a file: its digest in hexadecimal, by which the store keeps it. Of an activity: that of
        its id.
    url
        Of a link: where it is.
    text, relation
        Of a statement: what was said, and what they who said it are to the holder.
    media_type
        Of a file, such as ``image/jpeg``.
    context
        Where it was made, in a few words (``night shift``); evidence from several says more.
    shows
        Codes of the criteria of the standard that it is about.
    """

    kind: EvidenceKind
    title: str = field(repr=False)
    on: date
    sha256: str = ""
    url: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    relation: Relation | None = None
    media_type: str = ""
    context: str = field(default="", repr=False)
    shows: tuple[str, ...] = ()


@frozen
class Judgement:
    """What one assessor found.

    ``vraak`` has a mark for each criterion of the rubric, ``criteria`` one for each criterion of the
    standard that the record aims at. ``note`` says why, for the holder to read.
    """

    vraak: Mapping[str, Mark]
    criteria: Mapping[str, Mark]
    note: str = field(default="", repr=False)


@frozen
class Decision:
    """What was decided, and which criteria of the standard are recognised."""

    outcome: Outcome
    criteria: tuple[str, ...] = ()


@frozen
class Issued:
    """The credential that a certified record became: its id, and from when until when it holds."""

    credential: str
    valid_from: datetime
    valid_until: datetime | None = None
    issuer: str = ""


@frozen
class Entry:
    """One step that was taken. A history only ever gains entries.

    ``by`` is the uuid of who took it, ``"erased"`` when they were forgotten since, and empty for the
    clock. ``manager`` says that they were the holder's line manager.
    """

    step: Step
    at: datetime
    by: str
    role: ActingRole
    reason: str = field(default="", repr=False)
    manager: bool = False
    judgement: Judgement | None = None
    decision: Decision | None = None
    issued: Issued | None = None


_AFTER: Mapping[Step, Stage] = {
    "identify": "identified",
    "document": "documented",
    "submit": "submitted",
    "return": "documented",
    "certify": "certified",
    "withdraw": "withdrawn",
    "revoke": "withdrawn",
    "appeal": "appealed",
    "expire": "expired",
}
_OPENS_A_ROUND = frozenset({"submit", "appeal"})


@frozen
class Record:
    """An informal learning record. It belongs to its holder.

    holder
        The uuid of a person in the organisation's store, or of a candidate without an account.
    learned
        What was learned, in their own words.
    period
        First and last day of the learning.
    standard
        Code and version of what it is to be assessed against, once chosen.
    criteria
        Which criteria of the standard it aims at; none named: all that the standard requires.
    agreed_on
        The day the holder said that this may be kept.
    version
        Goes up by one with each change; a change to another version than this is refused.
    """

    id: str
    holder: str
    learned: str = field(repr=False)
    agreed_on: date
    context: str = field(default="", repr=False)
    task: str = field(default="", repr=False)
    period: tuple[date, date] | None = None
    how: How = "informal"
    skills: tuple[Skill, ...] = ()
    level: Level | None = None
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    language: Language = "nl"
    standard: tuple[str, str] | None = None
    criteria: tuple[str, ...] = ()
    origin: Origin = "own"
    history: tuple[Entry, ...] = field(default=(), repr=False)
    version: int = 0

    def __repr__(self) -> str:
        return f"<Record {self.id} {self.stage}>"

    @property
    def stage(self) -> Stage:
        """Where on the road it is: what its history says."""
        stage: Stage = "identified"
        for entry in self.history:
            if entry.step == "decide" and entry.decision is not None:
                stage = "assessed" if entry.decision.outcome == "recognised" else "rejected"
            else:
                stage = _AFTER.get(entry.step, stage)
        return stage

    @property
    def round(self) -> tuple[Entry, ...]:
        """The entries since it was last submitted or appealed; empty where it never was."""
        starts = [n for n, entry in enumerate(self.history) if entry.step in _OPENS_A_ROUND]
        return self.history[starts[-1] :] if starts else ()

    @property
    def judgements(self) -> tuple[Entry, ...]:
        """What assessors found in this round, the last of each; of those who were forgotten since all
        that they found, for nobody can tell any more who of them was who."""
        last = {
            number if entry.by == ERASED else entry.by: entry
            for number, entry in enumerate(self.round)
            if entry.judgement is not None
        }
        return tuple(last.values())

    @property
    def decided(self) -> Entry | None:
        """The last decision."""
        return next((e for e in reversed(self.history) if e.decision is not None), None)

    @property
    def issued(self) -> Issued | None:
        """The credential, where there is one."""
        return next((e.issued for e in reversed(self.history) if e.issued is not None), None)

    def with_entry(self, entry: Entry) -> Record:
        """The record with one step more."""
        return evolve(self, history=(*self.history, entry))


@frozen
class Share:
    """That the holder lets somebody read a record, up to and including a day.

    ``whom`` is the uuid of a person in the store, or ``client:`` and the name of a program of the API.
    """

    whom: str
    until: date


@frozen
class Candidate:
    """Somebody without an account who wants something recognised."""

    id: str
    name: str
    mail: str
    language: Language = "nl"

    def __repr__(self) -> str:
        return f"<Candidate {self.id}>"
