"""The estimate: in which phase somebody probably is, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from ..activity.activity import Record, day_date, week_label
from ..activity.columns import LedgerColumns
from ..activity.evidence import EvidenceRules, default_rules
from ..activity.identity import learner_name
from ..activity.ledger import Ledger, fold
from ..activity.visibility import Presence, Visibility, learned_visibility
from ..maturity.vocabulary import PHASES, UNKNOWN, Language, Phase
from .filtering import MILLION, Filtered, filter_weeks, most_likely_path
from .observations import NO_ANSWER, Ints, Observations, cut_day, observe
from .parameters import Parameters, default_parameters
from .reasons import Reason, not_recorded, reasons_for, seen_for
from .shown import ANSWER_DAYS, NOT_SHOWN, Shown, cycles, shown_phases


@frozen
class YouSaid:
    """Somebody's own answer to the phase question, and the day they gave it."""

    phase: Phase
    on: date


@frozen
class Week:
    """One week of somebody's story.

    label
        The ISO week, such as ``2026-W05``.
    probabilities
        What was believed at its end, per phase.
    shown
        The phase shown then, or ``unknown``.
    path
        The phase on the most likely path, as now known; for drawing.
    counts
        Kind → activities that counted.
    visible, present
        Whether anything could be recorded, and whether the learner was there; a week without
        presence stops the clock.
    said
        The own answer of that week, if any.
    """

    label: str
    probabilities: Mapping[Phase, float]
    shown: str
    path: Phase
    counts: Mapping[str, int]
    visible: bool
    present: bool
    said: Phase | None = None


@frozen(eq=False)
class Run:
    """All that was computed for one `Estimates`."""

    observations: Observations
    parameters: Parameters
    filtered: Filtered
    shown: Shown
    path: npt.NDArray[np.int8]
    millionths: npt.NDArray[np.int64]  # (P, 5) at the end
    cycles: Ints

    def explain(self, people: list[int], language: Language) -> list[tuple[Reason, ...]]:
        """The reasons of each of ``people``, numbers in order, for the phase shown; for the most
        probable one where that is unknown."""
        who = np.array(people, dtype=np.int64)
        phase, last = self._explained_phase(who), self.filtered.last
        return reasons_for(self.observations, self.parameters, last, who, phase, language)

    def seen(self, people: list[int], language: Language) -> list[tuple[Reason, ...]]:
        """Of the same reasons the strongest of what was seen and speaks for the phase, if any."""
        who = np.array(people, dtype=np.int64)
        phase, last = self._explained_phase(who), self.filtered.last
        return seen_for(self.observations, self.parameters, last, who, phase, language)

    def _explained_phase(self, who: Ints) -> Ints:
        shown = (
            self.shown.phase[-1, who] if self.observations.weeks else np.full(len(who), NOT_SHOWN)
        )
        phase: Ints = np.where(shown == NOT_SHOWN, self.millionths[who].argmax(axis=1), shown)
        return phase


@frozen(kw_only=True)
class Estimate:
    """What is believed of one learner at the start of the day ``at``.

    identifier, learner
        The canonical identifier, and the name as in the file.
    phase
        The phase shown, or ``unknown``.
    you_said
        The learner's own answer of at most 90 days, if any. It weighs in the probabilities too.
    probability, probabilities
        Of the phase shown, and of each phase, to six decimals. For ``unknown``, ``probability``
        and the reasons are those of the most probable phase.
    episode
        The ISO week in which what is shown began.
    cycles
        Rounds of the spiral on the most likely path.
    """

    identifier: str
    learner: str
    at: date
    phase: str
    probability: float
    probabilities: Mapping[Phase, float]
    episode: str
    you_said: YouSaid | None = None
    cycles: int = 0
    _run: Run | None = field(default=None, repr=False, eq=False)
    _person: int = field(default=0, repr=False, eq=False)
    _explained: dict[Language, tuple[Reason, ...]] = field(
        factory=dict, init=False, repr=False, eq=False
    )

    @property
    def most_probable(self) -> Phase:
        """The phase with the highest probability; the earlier of equals."""
        return max(PHASES, key=lambda phase: self.probabilities[phase])

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """`explain` in English."""
        return self.explain("en")

    def explain(self, language: Language) -> tuple[Reason, ...]:
        """Why: the kinds of evidence that matter most, the strongest first; computed on demand, once.

        Each is the change of the log-odds of the phase shown against the rest when that kind is
        left out, as if it could not be seen; these do not add up.
        """
        if self._run is None:
            return ()
        found = self._explained.get(language)
        if found is None:
            (found,) = self._run.explain([self._person], language)
            self._explained[language] = found
        return found

    @property
    def not_recorded(self) -> tuple[str, ...]:
        """The kinds that this learner's systems could not record lately; these do not count."""
        return () if self._run is None else not_recorded(self._run.observations, self._person)

    def story(self) -> tuple[Week, ...]:
        """Week by week, from the learner's first week to the last before ``at``."""
        return () if self._run is None else _story(self._run, self._person)


def _story(run: Run, person: int) -> tuple[Week, ...]:
    seen = run.observations
    counts: dict[int, dict[str, int]] = {}
    rows = slice(*np.searchsorted(seen.counts.person, (person, person + 1)))
    for week, kind, count in zip(
        seen.counts.week[rows].tolist(),
        seen.counts.kind[rows].tolist(),
        seen.counts.count[rows].tolist(),
        strict=True,
    ):
        counts.setdefault(week, {})[seen.kinds[kind]] = count
    reports = seen.reports
    mine = slice(*np.searchsorted(reports.person, (person, person + 1)))
    said = {
        week: PHASES[answer]
        for week, answer in zip(
            reports.week[mine].tolist(), reports.answer[mine].tolist(), strict=True
        )
        if answer != NO_ANSWER
    }
    group = seen.group[person]
    return tuple(
        Week(
            label=seen.label(week),
            probabilities=_probabilities(run.filtered.millionths[week, :, person].tolist()),
            shown=_phase(int(run.shown.phase[week, person])),
            path=PHASES[run.path[week, person]],
            counts=counts.get(week, {}),
            visible=bool(seen.visible[group, week]),
            present=bool(seen.present[group, week]),
            said=said.get(week),
        )
        for week in range(seen.weeks)
        if run.path[week, person] >= 0
    )


def _phase(number: int) -> str:
    return UNKNOWN if number == NOT_SHOWN else PHASES[number]


def _probabilities(millionths: list[int]) -> dict[Phase, float]:
    return {phase: value / MILLION for phase, value in zip(PHASES, millionths, strict=True)}


class Estimates(Mapping[str, Estimate]):
    """Estimates by identifier, in the order of the identifiers.

    ``estimates[name]`` also takes a learner's name where only one learner has it. Each `Estimate`
    is made when it is asked for.
    """

    def __init__(
        self,
        run: Run,
        *,
        visibility: Visibility,
        visibility_derived: bool,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self._run = run
        self._index = {name: number for number, name in enumerate(run.observations.identifiers)}
        known = labels or {}
        self._learners = tuple(
            known.get(identifier) or learner_name(identifier) for identifier in self._index
        )
        self._named: dict[str, list[int]] = {}
        for number, learner in enumerate(self._learners):
            self._named.setdefault(learner, []).append(number)
        self._said = _said(run.observations)
        self.visibility = visibility
        """What could have been seen."""
        self.visibility_derived = visibility_derived
        """Whether that was learned from the same activities, because none was given."""

    @property
    def parameters(self) -> Parameters:
        """The parameters that were used."""
        return self._run.parameters

    @property
    def at(self) -> date:
        """The day at whose start the estimates hold."""
        return self._run.observations.at

    def __getitem__(self, key: str) -> Estimate:
        number = self._index.get(key)
        if number is None:
            number = self._by_name(key)
        return self._estimate(number)

    def _by_name(self, name: str) -> int:
        numbers = self._named.get(name, [])
        if len(numbers) == 1:
            return numbers[0]
        if not numbers:
            raise KeyError(name)
        identifiers = ", ".join(self._run.observations.identifiers[number] for number in numbers)
        raise KeyError(f"{len(numbers)} learners are called {name!r}; use one of {identifiers}")

    def explain_all(
        self, identifiers: Iterable[str], language: Language
    ) -> dict[str, tuple[Reason, ...]]:
        """`Estimate.explain` of many, by identifier: the same, in a fraction of the time.

        Raises `KeyError` for an identifier that is not among them.
        """
        people = sorted({self._index[identifier] for identifier in identifiers})
        reasons = self._run.explain(people, language)
        names = self._run.observations.identifiers
        return {names[person]: one for person, one in zip(people, reasons, strict=True)}

    def seen_all(
        self, identifiers: Iterable[str], language: Language
    ) -> dict[str, tuple[Reason, ...]]:
        """By identifier the one reason of `Estimate.explain` that a prompt says: the strongest thing
        that was seen and speaks for the phase. Empty where there is none.

        Takes less time than `explain_all`. Raises `KeyError` for an identifier that is not among
        them.
        """
        people = sorted({self._index[identifier] for identifier in identifiers})
        reasons = self._run.seen(people, language)
        names = self._run.observations.identifiers
        return {names[person]: one for person, one in zip(people, reasons, strict=True)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def __repr__(self) -> str:
        return f"<Estimates of {len(self)} learners at {self.at.isoformat()}>"

    def _estimate(self, number: int) -> Estimate:
        run = self._run
        seen = run.observations
        millionths: list[int] = run.millionths[number].tolist()
        shown = int(run.shown.phase[-1, number]) if seen.weeks else NOT_SHOWN
        best = max(millionths) if shown == NOT_SHOWN else millionths[shown]
        return Estimate(
            identifier=seen.identifiers[number],
            learner=self._learners[number],
            at=seen.at,
            phase=_phase(shown),
            you_said=self._said.get(number),
            probability=best / MILLION,
            probabilities=_probabilities(millionths),
            episode=week_label(seen.first_week + int(run.shown.since[number])),
            cycles=int(run.cycles[number]),
            run=run,
            person=number,
        )


def _said(observations: Observations) -> dict[int, YouSaid]:
    """Person → latest own answer, where it is young enough and not two at once."""
    reports = observations.reports
    latest = {
        person: (answer, day)
        for person, answer, day in zip(
            reports.person.tolist(), reports.answer.tolist(), reports.day.tolist(), strict=True
        )
    }
    return {
        person: YouSaid(PHASES[answer], day_date(day))
        for person, (answer, day) in latest.items()
        if answer != NO_ANSWER and observations.cut - day <= ANSWER_DAYS
    }


def estimate(
    ledger: Ledger | LedgerColumns,
    *,
    at: datetime,
    visibility: Visibility | None = None,
    presence: Presence | None = None,
    parameters: Parameters | None = None,
    labels: Mapping[str, str] | None = None,
) -> Estimates:
    """Everyone's phase at the start of the UTC day of ``at``, from the counts of earlier days.

    visibility
        What could have been recorded; learned from ``ledger`` when ``None``.
    presence
        Where learners have an account, and when; for who is not named in it: at each source where
        they have an activity, from that source's first week on.
    parameters
        The shipped ones when ``None``.
    labels
        Identifier → name to show instead of the one inside the identifier.

    Gives an empty `Estimates` for an empty ledger. Raises `ValueError` for an ``at`` without an
    offset.
    """
    derived = visibility is None
    if isinstance(ledger, Ledger):
        ledger = LedgerColumns.of(ledger)
    if visibility is None:
        visibility = learned_visibility(ledger, until=cut_day(at))
    if parameters is None:
        parameters = default_parameters()
    observations = observe(
        ledger, at=at, kinds=parameters.kinds, visibility=visibility, presence=presence
    )
    return Estimates(
        run_model(observations, parameters),
        visibility=visibility,
        visibility_derived=derived,
        labels=labels,
    )


def run_model(observations: Observations, parameters: Parameters) -> Run:
    """The filter over ``observations``, and all that follows from it: what `Estimates` are made of."""
    filtered = filter_weeks(observations, parameters)
    path = most_likely_path(observations, parameters, filtered.level)
    return Run(
        observations=observations,
        parameters=parameters,
        filtered=filtered,
        shown=shown_phases(observations, filtered.millionths, parameters.show),
        path=path,
        millionths=np.rint(filtered.last.T * MILLION).astype(np.int64),
        cycles=cycles(path),
    )


def infer(
    records: Iterable[Record],
    *,
    at: datetime,
    visibility: Visibility | None = None,
    presence: Presence | None = None,
    parameters: Parameters | None = None,
    rules: EvidenceRules | None = None,
    labels: Mapping[str, str] | None = None,
) -> Estimates:
    """`estimate` from activities and retractions, each counted once, in any order.

    ``rules`` are the shipped evidence rules when ``None``. Without ``visibility`` it is learned from
    these activities only, and ``visibility_derived`` of the result says so.
    """
    ledger = fold(records, default_rules() if rules is None else rules)
    return estimate(
        ledger,
        at=at,
        visibility=visibility,
        presence=presence,
        parameters=parameters,
        labels=labels,
    )
