"""The road of a record: identified, documented, submitted, assessed, certified.

These are the four stages of the Council Recommendation of 20 December 2012 (2012/C 398/01), with
*submitted* between documenting and assessing: from there on the record is in others' hands. Somebody
may stop anywhere, also after documenting. Whether a step may be taken is a pure function of the record,
its history, who wants to take it, the rules, and the moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from attrs import evolve, frozen

from leercultuur_core import LeercultuurError

from .record import ActingRole, Decision, Entry, Issued, Judgement, Record, Stage, Step
from .standard import Standard

RefusalCode = Literal[
    "stage", "role", "self", "manager", "helped", "again", "four-eyes", "standard",
    "criteria", "judgements", "reason", "late", "early", "evidence",
]  # fmt: skip
"""Why a step is refused, for programs."""


class RoadRefused(LeercultuurError):
    """A step that may not be taken; nothing changed. ``code`` is one of `RefusalCode`."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code: RefusalCode = code


@frozen
class Actor:
    """Who wants to take a step, and what they are to the holder.

    ``person`` is their uuid. ``manager`` says that they are the holder's line manager.
    """

    person: str
    roles: frozenset[str] = frozenset()
    manager: bool = False

    def __repr__(self) -> str:
        return "<Actor>"


@frozen
class RoadRules:
    """What an organisation settles itself.

    assessors
        How many different people must have assessed before a decision.
    four_eyes
        Whether who certifies must be another than who decided.
    assess_within_days
        How long an assessment may take; after that the record is listed as late.
    appeal_within_days
        How long after a decision the holder may appeal.
    valid_months
        How long a credential holds; ``None``: without end.
    """

    assessors: int = 1
    four_eyes: bool = False
    assess_within_days: int = 42
    appeal_within_days: int = 42
    valid_months: int | None = None


@frozen
class Deadline:
    """Until when something may or must be done: ``assess`` or ``appeal``."""

    what: Literal["assess", "appeal"]
    until: datetime


_FROM: Mapping[Step, frozenset[Stage]] = {
    "document": frozenset({"identified", "documented"}),
    "submit": frozenset({"documented"}),
    "return": frozenset({"submitted"}),
    "assess": frozenset({"submitted", "appealed"}),
    "decide": frozenset({"submitted", "appealed"}),
    "certify": frozenset({"assessed"}),
    "withdraw": frozenset({"identified", "documented", "submitted", "appealed", "assessed", "rejected"}),
    "appeal": frozenset({"rejected"}),
    "revoke": frozenset({"certified"}),
    "expire": frozenset({"certified"}),
}  # fmt: skip

_BY: Mapping[Step, tuple[ActingRole, ...]] = {
    "document": ("worker", "coach"),
    "submit": ("worker",),
    "return": ("assessor", "second_assessor"),
    "assess": ("assessor", "second_assessor"),
    "decide": ("assessor", "second_assessor"),
    "certify": ("issuer",),
    "withdraw": ("worker",),
    "appeal": ("worker",),
    "revoke": ("issuer",),
    "expire": ("clock",),
}

_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # of a step that is only asked about

_NEEDS_REASON = frozenset({"return", "appeal", "revoke"})


def may_follow(stage: Stage) -> tuple[Step, ...]:
    """The steps that there are from a stage, whoever takes them."""
    return tuple(step for step, stages in _FROM.items() if stage in stages)


def take_step(
    record: Record,
    step: Step,
    actor: Actor,
    at: datetime,
    *,
    rules: RoadRules,
    role: ActingRole | None = None,
    reason: str = "",
    standard: Standard | None = None,
    rubric_ids: tuple[str, ...] = (),
    judgement: Judgement | None = None,
    decision: Decision | None = None,
    issued: Issued | None = None,
) -> Record:
    """The record after ``step``, with one entry more in its history.

    ``role`` is in which role the actor takes it, the first that fits when ``None``. ``standard`` is
    the one the record names; ``rubric_ids`` the criteria that a judgement must have a mark for.
    Raises `RoadRefused`, with why and what to do; the record is then as it was.
    """
    if step == "identify" or record.stage not in _FROM[step]:
        follow = ", ".join(may_follow(record.stage)) or "nothing: this is its end"
        raise RoadRefused(
            "stage",
            f"{step} is not for a record that is {record.stage}; what may follow is {follow}",
        )
    if record.history and at < record.history[-1].at:
        raise RoadRefused("early", "expected a moment after the last step, found one before it")
    acting = _role(record, step, actor, role)
    if step in _NEEDS_REASON and not reason.strip():
        raise RoadRefused("reason", f"{step} needs a reason, so that the other side knows why")
    entry = Entry(step, at, actor.person, acting, reason.strip(), actor.manager)
    take = _STEPS.get(step)
    if take is not None:
        given = _Given(rules, standard, rubric_ids, judgement, decision, issued)
        entry = take(record, entry, given)
    return record.with_entry(entry)


def in_the_way(record: Record, step: Step, actor: Actor, *, rules: RoadRules) -> RefusalCode | None:
    """Why somebody could not take a step now, whatever they bring to it; ``None`` where they could."""
    if record.stage not in _FROM.get(step, frozenset()):
        return "stage"
    try:
        role = _role(record, step, actor, None)
        entry = Entry(step, _ANY_TIME, actor.person, role, manager=actor.manager)
        for look in _WHO.get(step, ()):
            look(record, entry, rules)
    except RoadRefused as refused:
        return refused.code
    return None


def deadline(record: Record, rules: RoadRules) -> Deadline | None:
    """Until when the record must be assessed, or may be appealed; ``None`` where nothing runs."""
    if record.stage in {"submitted", "appealed"}:
        days = timedelta(days=rules.assess_within_days)
        return Deadline("assess", record.round[0].at + days)
    if record.stage == "rejected" and (decided := record.decided) is not None:
        return Deadline("appeal", decided.at + timedelta(days=rules.appeal_within_days))
    return None


def _role(record: Record, step: Step, actor: Actor, wanted: ActingRole | None) -> ActingRole:
    """In which role the actor may take the step."""
    if wanted is not None and wanted not in _BY[step]:
        raise RoadRefused("role", f"{step} is for {_or(_BY[step])}; found {wanted}")
    holder = actor.person == record.holder
    for role in (wanted,) if wanted else _BY[step]:
        if role == "worker":
            if holder:
                return role
        elif role == "clock":
            if not actor.person:
                return role
        elif role in actor.roles and not holder:
            return role
    if holder and not set(_BY[step]) & {"worker", "clock"}:
        raise RoadRefused("self", f"nobody may {step} a record of their own; ask another")
    raise RoadRefused(
        "role",
        f"{step} is for {_or((wanted,) if wanted else _BY[step])} (worker is the holder); who asks for it "
        "is not; roles stand in the people file or directory",
    )


@frozen
class _Given:
    """What comes with a step."""

    rules: RoadRules
    standard: Standard | None
    rubric_ids: tuple[str, ...]
    judgement: Judgement | None
    decision: Decision | None
    issued: Issued | None


def _submit(record: Record, entry: Entry, given: _Given) -> Entry:
    _aimed_at(record, given)
    if not record.evidence:
        raise RoadRefused(
            "evidence", "submit needs evidence; add some, or stop here: that is fine too"
        )
    return entry


def _assess(record: Record, entry: Entry, given: _Given) -> Entry:
    _independent(record, entry, given.rules)
    judgement = given.judgement
    if judgement is None:
        raise RoadRefused("criteria", "assess needs a judgement")
    _marks("the rubric", judgement.vraak, given.rubric_ids)
    _marks("the standard", judgement.criteria, _aimed_at(record, given))
    return evolve(entry, judgement=judgement)


def _decide(record: Record, entry: Entry, given: _Given) -> Entry:
    for look in _WHO["decide"]:
        look(record, entry, given.rules)
    decision = given.decision
    if decision is None:
        raise RoadRefused("criteria", "decide needs an outcome")
    judged = record.judgements
    aimed = _aimed_at(record, given)
    if strange := [code for code in decision.criteria if code not in aimed]:
        raise RoadRefused(
            "criteria", f"{strange[0]!r} is not among what the record aims at: {', '.join(aimed)}"
        )
    unmet = [
        code
        for code in decision.criteria
        if any(
            one.judgement is not None and one.judgement.criteria[code] != "met" for one in judged
        )
    ]
    if unmet:
        raise RoadRefused(
            "criteria",
            f"{', '.join(unmet)}: not every assessor found this met; talk, and assess again",
        )
    if decision.outcome == "recognised" and (missing := set(aimed) - set(decision.criteria)):
        raise RoadRefused(
            "criteria",
            f"to be recognised it must have all it aims at; missing: {', '.join(sorted(missing))}",
        )
    if decision.outcome == "rejected" and not entry.reason:
        raise RoadRefused("reason", "a no needs a reason, so that the holder knows what to do next")
    return evolve(entry, decision=decision)


def _certify(record: Record, entry: Entry, given: _Given) -> Entry:
    decided = record.decided
    aimed = _aimed_at(record, given)
    recognised = decided.decision.criteria if decided is not None and decided.decision else ()
    if missing := set(aimed) - set(recognised):
        raise RoadRefused("criteria", f"not recognised: {', '.join(sorted(missing))}")
    _other_eyes(record, entry, given.rules)
    if given.issued is None:
        raise RoadRefused("criteria", "certify needs a credential")
    return evolve(entry, issued=given.issued)


def _appeal(record: Record, entry: Entry, given: _Given) -> Entry:
    until = deadline(record, given.rules)
    if until is not None and entry.at > until.until:
        raise RoadRefused("late", f"an appeal could be made until {until.until:%Y-%m-%d}")
    return entry


def _expire(record: Record, entry: Entry, given: _Given) -> Entry:  # noqa: ARG001 - one shape
    issued = record.issued
    if issued is None or issued.valid_until is None or entry.at < issued.valid_until:
        raise RoadRefused("early", "the credential still holds")
    return entry


_STEPS: Mapping[Step, Callable[[Record, Entry, _Given], Entry]] = {
    "submit": _submit,
    "assess": _assess,
    "decide": _decide,
    "certify": _certify,
    "appeal": _appeal,
    "expire": _expire,
}


def _independent(record: Record, entry: Entry, rules: RoadRules) -> None:  # noqa: ARG001 - one shape
    """Who helped to document does not judge; an appeal is judged by others than the no was."""
    if any(one.by == entry.by and one.step == "document" for one in record.history):
        raise RoadRefused("helped", "who helped to document a record may not judge it; ask another")
    if record.stage == "appealed":
        before = record.history[: len(record.history) - len(record.round)]
        if any(one.by == entry.by and one.step in {"assess", "decide"} for one in before):
            raise RoadRefused("again", "an appeal is judged by people who did not judge it before")


def _judged_enough(record: Record, entry: Entry, rules: RoadRules) -> None:
    """Enough people looked, and not the line manager alone, who does not decide either."""
    if entry.manager:
        raise RoadRefused("manager", "the line manager may not decide; ask another assessor")
    judged = record.judgements
    if len(judged) < rules.assessors:
        raise RoadRefused(
            "four-eyes" if judged else "judgements",
            f"expected an assessment by {rules.assessors} different people before a decision, "
            f"found {len(judged)}",
        )
    if all(one.manager for one in judged):
        raise RoadRefused(
            "manager", "only the line manager has assessed; somebody else must do so too"
        )


def _other_eyes(record: Record, entry: Entry, rules: RoadRules) -> None:
    """Who certifies is not the line manager and, with four eyes, not who decided."""
    decided = record.decided
    if rules.four_eyes and decided is not None and decided.by == entry.by:
        raise RoadRefused("four-eyes", "who decided may not certify too; ask another issuer")
    if entry.manager:
        raise RoadRefused("manager", "the line manager may not certify; ask another issuer")


_WHO: Mapping[Step, tuple[Callable[[Record, Entry, RoadRules], None], ...]] = {
    "assess": (_independent,),
    "decide": (_independent, _judged_enough),
    "certify": (_other_eyes,),
}
"""What must be true of who takes a step, whatever comes with it."""


def _aimed_at(record: Record, given: _Given) -> tuple[str, ...]:
    standard = given.standard
    if standard is None or record.standard != standard.key:
        raise RoadRefused(
            "standard", "choose first what it is assessed against: a standard that is in the store"
        )
    try:
        aimed = tuple(one.code for one in standard.aimed_at(record.criteria))
    except KeyError as error:
        raise RoadRefused(
            "criteria", f"the standard {standard.code} has no criterion {error.args[0]!r}"
        ) from None
    if not aimed:
        raise RoadRefused("criteria", "name the criteria it aims at: this standard requires none")
    return aimed


def _marks(what: str, marks: Mapping[str, str], asked: tuple[str, ...]) -> None:
    wrong = [f"none for {code}" for code in asked if code not in marks]
    wrong += [f"one for {code}, which it does not have" for code in marks if code not in asked]
    if wrong:
        raise RoadRefused(
            "criteria", f"expected a mark for each criterion of {what}; found {wrong[0]}"
        )


def _or(roles: tuple[ActingRole | None, ...]) -> str:
    return " or ".join(str(role).replace("_", " ") for role in roles)
