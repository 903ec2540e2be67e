"""A study of whether messages help, in a running organisation: written down, drawn, judged once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime
from secrets import token_hex
from typing import Literal

from attrs import asdict, evolve, frozen

from ..activity.activity import day_date, utc_day
from ..activity.ledger import Ledger
from ..advice import Prompt
from ..advice.care import QUESTION
from ..advice.effect import ARMS, Arm, StudyPlan, blocks, draw, named_kinds, not_matched, stratum
from ..advice.effect_figures import Figure, Member, figures
from ..errors import ConfigError, Problem
from ..extension import Sink
from ..maturity import MaturityModel
from ..maturity.vocabulary import PHASES, Phase
from ..phases import Estimate, Estimates
from ..storage import KeptArm, KeptStudy, Transaction
from . import channels
from .care import INVITATION, Past
from .phrases import say
from .rights import Rights

StudyState = Literal["written", "running", "done"]

_WAITING = frozenset({"held", "ready", "sending", "failed"})
_REFLECTED = frozenset({"reflected"})  # what the phase question and the invitation ask for
_SELF_REPORT = "self-report."


@frozen
class Study:
    """A study as it stands.

    digest
        The hash that it was written down with.
    started, enrols_until, due
        The day of the first draw, the first on which nobody is taken in any more, and the first on
        which the figures can be made; ``None`` before the first draw.
    figures
        What it found; none as long as it runs.
    """

    number: int
    plan: StudyPlan
    digest: str
    written: datetime
    state: StudyState
    started: date | None = None
    enrols_until: date | None = None
    due: date | None = None
    figures: tuple[Figure, ...] = ()


@frozen
class Arms:
    """What each person in the running study gets on one day."""

    of: Mapping[str, Arm]

    @classmethod
    def read(
        cls,
        tx: Transaction,
        rights: Rights,
        now: datetime,
        *,
        only: Collection[str] | None = None,
    ) -> Arms:
        """Of those who still take part, or of the people (uuids) ``only``; whoever said no gets at once
        what everybody gets."""
        kept = _running(tx)
        if kept is None:
            return cls({})
        plan = StudyPlan.from_row(kept.plan)
        day = utc_day(now)
        return cls(
            {
                one.person: plan.arm_on(_arm(one), one.day, day)
                for one in _taking_part(tx, rights, kept, only)
            }
        )

    def waits(self, person: str) -> bool:
        """Whether somebody's steps come later."""
        return self.of.get(person) == "later"

    def fitting(self, model: MaturityModel, person: str, estimate: Estimate) -> MaturityModel:
        """The catalogue to choose somebody's own step from."""
        phase = _phase(estimate)
        if self.of.get(person) != "unmatched" or phase is None:
            return model
        return not_matched(model, phase)

    def worded(self, prompt: Prompt, person: str) -> Prompt:
        """An own prompt as somebody gets it. One that is not matched says nothing of why it would
        fit, since that would not be true."""
        if self.of.get(person) != "unmatched":
            return prompt
        why = say("en" if prompt.language == "en" else "nl", "effect.why")
        return evolve(prompt, why=why, text=prompt.text.replace(prompt.why, why))


def write(
    tx: Transaction,
    rights: Rights,
    *,
    now: datetime,
    seed: str | None = None,
    weeks: int | None = None,
    enrol_weeks: int | None = None,
) -> Study:
    """Writes the plan of a study down, in the place of one for which nobody was drawn. ``seed`` is
    made where it is not given. Raises `ConfigError` where a study runs, or a number is out of
    bounds."""
    if _running(tx) is not None:
        raise ConfigError(
            "the study",
            [Problem("plan", "no study that runs", "one", "`leercultuur effect` says until when")],
        )
    given = {"weeks": weeks, "enrol_weeks": enrol_weeks}
    problems = [
        Problem(name, "a number of weeks from 1 to 52", str(value))
        for name, value in given.items()
        if value is not None and not 1 <= value <= 52
    ]
    if seed == "":
        problems.append(Problem("seed", "a text", "nothing"))
    if problems:
        raise ConfigError("the study", problems)
    plan = StudyPlan(
        seed=seed or token_hex(8),
        minimum=rights.configuration.privacy.minimum_group,
        **{name: value for name, value in given.items() if value is not None},
    )
    return _study(tx.effect.write(plan.as_row(), plan.digest, at=now))


def studies(tx: Transaction) -> tuple[Study, ...]:
    """Every study, oldest first."""
    return tuple(_study(one) for one in tx.effect.studies())


def enrol(
    tx: Transaction,
    rights: Rights,
    estimates: Estimates,
    *,
    sinks: Mapping[str, Sink],
    now: datetime,
) -> int:
    """Draws arms for whoever said yes since the last draw, in whole blocks; gives for how many.

    Somebody is drawn who opted in to this and to own prompts, whose phase is known, who can be
    reached, and for whom nothing waits. Nobody is drawn twice in a study.
    """
    kept = next((one for one in tx.effect.studies() if one.figures is None), None)
    if kept is None:
        return 0
    plan, day = StudyPlan.from_row(kept.plan), utc_day(now)
    if kept.started is not None and day >= plan.last_enrolment(kept.started):
        return 0
    before = {one.person for one in tx.effect.arms(kept.number)}
    phases: dict[str, Phase] = {}
    for uuid, person in rights.people.items():
        phase = _phase(estimates[uuid]) if uuid in estimates else None
        if (
            phase is not None
            and uuid not in before
            and rights.refusal(person, "effect") is None
            and rights.refusal(person, "own_prompts") is None
            and channels.first(person, sinks) is not None
        ):
            phases[uuid] = phase
    waits = {one.recipient for one in tx.delivery.entries(phases) if one.state in _WAITING}
    sizes = Counter(person.unit for person in rights.people.values() if person.active)
    strata = {
        uuid: stratum(phase, sizes[rights.people[uuid].unit])
        for uuid, phase in phases.items()
        if uuid not in waits
    }
    drawn = draw(strata, plan.seed, first_block=tx.effect.blocks(kept.number) + 1)
    arms = [KeptArm(one.person, one.block, one.arm, one.stratum, day) for one in drawn]
    return tx.effect.assign(kept.number, arms, at=now)


def judge(tx: Transaction, rights: Rights, *, now: datetime) -> Study | None:
    """The last study; where it is due its figures are made, once, and who was in which arm is let go
    of. ``None`` where no plan was ever written.

    Who said no, left or was erased by then is in no figure. Raises `ModuleNotFoundError` without
    SciPy (the extra ``plan``)."""
    every = tx.effect.studies()
    if not every:
        return None
    study = _study(every[-1])
    if study.state != "running" or study.due is None or day_date(utc_day(now)) < study.due:
        return study
    found = figures(_members(tx, _taking_part(tx, rights, every[-1])), study.plan)
    tx.effect.close(study.number, [asdict(one) for one in found])
    return studies(tx)[-1]


def _members(tx: Transaction, arms: Collection[KeptArm]) -> list[dict[Arm, Member]]:
    """The blocks of those who are left, with what they did, said and were asked."""
    people = {one.person: one for one in arms}
    ledger = tx.ledger.read(people) if people else Ledger()
    done: dict[str, dict[int, set[str]]] = {uuid: {} for uuid in people}
    for (uuid, _, _, kind, day), _ in ledger:
        done[uuid].setdefault(day, set()).add(kind)
    past = Past.read(tx, Ledger(), people)
    members = {
        uuid: Member(
            one.day,
            {day: frozenset(kinds) for day, kinds in done[uuid].items()},
            _prompted(past, uuid),
            _said(done[uuid]),
        )
        for uuid, one in people.items()
    }
    placed = blocks((one.block, _arm(one), one.person) for one in arms)
    return [{arm: members[uuid] for arm, uuid in block.items()} for block in placed.values()]


def _prompted(past: Past, uuid: str) -> list[tuple[int, frozenset[str] | None]]:
    """The days on which prompts went, with the kinds that they asked for."""
    own: dict[str, frozenset[str]] = {QUESTION: _REFLECTED, INVITATION: _REFLECTED, **named_kinds()}
    return [
        (utc_day(message.at), own.get(prompt.intervention))
        for message in past.of(uuid).messages
        for prompt in message.prompts
    ]


def _said(done: Mapping[int, Collection[str]]) -> dict[int, str]:
    """Day → what somebody said; two different answers on a day are none."""
    said: dict[int, str] = {}
    for day, kinds in done.items():
        answers = [kind for kind in kinds if kind.startswith(_SELF_REPORT)]
        if len(answers) == 1:
            said[day] = answers[0].removeprefix(_SELF_REPORT)
    return said


def _running(tx: Transaction) -> KeptStudy | None:
    found = (one for one in tx.effect.studies() if one.figures is None and one.started is not None)
    return next(found, None)


def _taking_part(
    tx: Transaction, rights: Rights, kept: KeptStudy, only: Collection[str] | None = None
) -> list[KeptArm]:
    return [
        one
        for one in tx.effect.arms(kept.number)
        if (only is None or one.person in only)
        and one.stays
        and rights.refusal(rights.people[one.person], "effect") is None
    ]


def _arm(one: KeptArm) -> Arm:
    return next(arm for arm in ARMS if arm == one.arm)


def _phase(estimate: Estimate) -> Phase | None:
    """The phase to go by, as own prompts do; ``None`` where it is not known."""
    if estimate.you_said is not None:
        return estimate.you_said.phase
    return next((phase for phase in PHASES if phase == estimate.phase), None)


def _study(kept: KeptStudy) -> Study:
    plan = StudyPlan.from_row(kept.plan)
    started = kept.started
    return Study(
        number=kept.number,
        plan=plan,
        digest=kept.digest,
        written=kept.written,
        state="done" if kept.figures is not None else "written" if started is None else "running",
        started=None if started is None else day_date(started),
        enrols_until=None if started is None else day_date(plan.last_enrolment(started)),
        due=None if started is None else day_date(plan.due(started)),
        figures=tuple(Figure(**row) for row in kept.figures or ()),
    )


__all__ = ["Arms", "Study", "StudyState", "enrol", "judge", "studies", "write"]
