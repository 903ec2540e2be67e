"""Why a phase is believed: what each kind of evidence did to its log-odds, with words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from attrs import evolve, frozen

from ..activity.activity import day_date
from ..activity.evidence import SELF_REPORT, evidence_kinds
from ..maturity.vocabulary import PHASES, Language
from .filtering import filter_weeks
from .left_out import LeftOut, log_odds
from .observations import NO_ANSWER, Bools, Counts, Floats, Ints, Observations, Reports
from .parameters import Parameters

RECENT_WEEKS = 8
"""Weeks a reason counts over, as long as there is anything in them."""

MATTERS = 0.1
"""Change of the log-odds from which a kind is a reason."""

MOST_REASONS = 5

_TOGETHER = 384
# People whose reasons are computed at once: as many as make whole rounds of `LeftOut`.

_CLOSE = 1e-6
# So close to half a hundredth, in hundredths, it takes the filter itself to say how a change is
# rounded. `LeftOut` is off by a millionth of that.


@frozen
class Reason:
    """What one kind of evidence did.

    ``log_odds`` is how much lower (or higher, if negative) the natural log of the phase's odds
    would be had this kind not been recorded at all; the numbers of several kinds do not add up.
    ``count`` activities in the last ``weeks`` weeks; with a count of 0 it is the absence that says
    something, in ``weeks`` weeks in which it could have been seen.
    """

    kind: str
    count: int
    weeks: int
    log_odds: float
    text: str


def reasons_for(
    observations: Observations,
    parameters: Parameters,
    last: Floats,
    people: Ints,
    phases: Ints,
    language: Language,
) -> list[tuple[Reason, ...]]:
    """Of each of ``people`` (n,), numbers in order, the reasons that matter for their number in
    ``phases`` (n,), the strongest first; at most `MOST_REASONS`. ``last`` (5, P) is what the filter
    gives at the end (`Filtered.last`).

    Nobody's depend on who else is asked about.
    """
    found: list[tuple[Reason, ...]] = [()] * len(people)
    for some, part in _parts(observations, people):
        changes = _Changes.of(part, parameters, last[:, people[some]], phases[some])
        changes.find(changes.possible)
        told = _Told.of(part, language)
        for place, person in enumerate(some.tolist()):
            found[person] = tuple(
                told.reason(place, left_out, change)
                for left_out, change in changes.strongest(place)[:MOST_REASONS]
            )
    return found


def seen_for(
    observations: Observations,
    parameters: Parameters,
    last: Floats,
    people: Ints,
    phases: Ints,
    language: Language,
) -> list[tuple[Reason, ...]]:
    """Of each of ``people`` that one of their `reasons_for` that was seen and speaks for the phase:
    the first with a count and a positive change, no own answer. Empty where there is none.

    It leaves out only what was seen; what never was, only where that may be what the first
    `MOST_REASONS` consist of.
    """
    found: list[tuple[Reason, ...]] = [()] * len(people)
    for some, part in _parts(observations, people):
        changes = _Changes.of(part, parameters, last[:, people[some]], phases[some])
        told = _Told.of(part, language)
        counted = told.counted & changes.possible
        changes.find(counted)
        size = np.where(counted, changes.change, 0.0)
        best = size.argmax(axis=1)  # the first of equals, as in the order of reasons
        change = size[np.arange(part.people), best]
        known = change >= MATTERS
        rest = changes.possible & ~counted
        before = changes.before(best)
        open_ = known & (before < MOST_REASONS) & (before + rest.sum(axis=1) >= MOST_REASONS)
        changes.find(rest & open_[:, None])
        known &= changes.before(best) < MOST_REASONS
        for place in np.flatnonzero(known).tolist():
            reason = told.reason(place, int(best[place]), float(change[place]))
            found[int(some[place])] = (reason,)
    return found


def _parts(observations: Observations, people: Ints) -> Iterator[tuple[Ints, Observations]]:
    """Places in ``people``, some at a time and those of one group side by side; with what was seen
    of them."""
    order = np.argsort(observations.group[people], kind="stable")
    for low in range(0, len(people), _TOGETHER):
        some = order[low : low + _TOGETHER]
        yield some, _only(observations, people[some])


@frozen(eq=False)
class _Changes:
    """(P, K + 1) what to leave out does to the log-odds of each person's phase, in hundredths as far
    as it was looked for; the last column is for own answers.

    ``possible`` is what can be left out: kinds that could be seen, and answers that were given.
    """

    part: Observations
    parameters: Parameters
    phases: Ints
    left_out: LeftOut
    as_is: Floats
    possible: Bools
    change: Floats

    @classmethod
    def of(cls, part: Observations, parameters: Parameters, last: Floats, phases: Ints) -> _Changes:
        ever: Bools = np.logical_or.reduce(part.visible_days > 0, axis=1)
        possible = np.zeros((part.people, len(part.kinds) + 1), dtype=np.bool_)
        possible[:, :-1] = ever[part.group]
        possible[part.reports.person[part.reports.answer != NO_ANSWER], -1] = True
        left_out = LeftOut.of(part, parameters, phases)
        return cls(
            part=part,
            parameters=parameters,
            phases=phases,
            left_out=left_out,
            as_is=log_odds(last, phases),
            possible=possible,
            change=np.zeros(possible.shape),
        )

    def find(self, wanted: Bools) -> None:
        """Fills in the changes that are ``wanted`` (P, K + 1)."""
        hundredths = 100 * (self.as_is[:, None] - self.left_out.log_odds(wanted))
        self.change[wanted] = np.round(hundredths[wanted]) / 100
        clear = np.abs(hundredths - np.floor(hundredths) - 0.5) > _CLOSE
        rest = wanted & ~clear  # also where it is not a number
        (people,) = np.nonzero(rest.any(axis=1))
        if len(people):
            variants, who, left_out = _without(_only(self.part, people), rest[people])
            who = people[who]
            last = filter_weeks(variants, self.parameters).last
            change = self.as_is[who] - log_odds(last, self.phases[who])
            self.change[who, left_out] = [round(one, 2) for one in change.tolist()]

    def strongest(self, person: int) -> list[tuple[int, float]]:
        """What was left out of ``person`` and matters, the strongest first."""
        mine = self.change[person].tolist()
        found = [(what, change) for what, change in enumerate(mine) if abs(change) >= MATTERS]
        return sorted(found, key=lambda one: -abs(one[1]))

    def before(self, best: Ints) -> Ints:
        """(P,) how many of the changes found go before that of number ``best`` (P,)."""
        size = np.abs(self.change)
        mine = size[np.arange(len(best)), best][:, None]
        earlier = np.arange(size.shape[1]) < best[:, None]
        found: Ints = ((size > mine) | ((size == mine) & earlier)).sum(axis=1)
        return found


def not_recorded(observations: Observations, person: int) -> tuple[str, ...]:
    """The kinds that could not be recorded for person number ``person`` in the last weeks."""
    recent = observations.visible_days[observations.group[person], -RECENT_WEEKS:]
    seen: Bools = np.logical_or.reduce(recent > 0, axis=0)
    return tuple(kind for kind, ever in zip(observations.kinds, seen, strict=True) if not ever)


def _only(observations: Observations, people: Ints) -> Observations:
    """Some people as observations of their own."""
    counts, reports = observations.counts, observations.reports
    who, rows = _rows_of(counts.person, people)
    speaker, said = _rows_of(reports.person, people)
    groups, group = np.unique(observations.group[people], return_inverse=True)
    return evolve(
        observations,
        identifiers=tuple(observations.identifiers[person] for person in people.tolist()),
        group=group,
        visible_days=observations.visible_days[groups],
        visible=observations.visible[groups],
        present=observations.present[groups],
        used=observations.used[people],
        counts=Counts(who, counts.week[rows], counts.kind[rows], counts.count[rows]),
        reports=Reports(speaker, reports.week[said], reports.answer[said], reports.day[said]),
    )


def _rows_of(person: Ints, people: Ints) -> tuple[Ints, Ints]:
    """Of the sorted ``person``: the rows of each of ``people``, and before them whose place in
    ``people`` each is."""
    first, last = np.searchsorted(person, people), np.searchsorted(person, people, side="right")
    size = last - first
    place = np.repeat(np.arange(len(people)), size)
    return place, np.arange(len(place)) + (first - np.cumsum(size) + size)[place]


def _without(part: Observations, wanted: Bools) -> tuple[Observations, Ints, Ints]:
    """Everybody without each of the ``wanted`` (P, K + 1): kinds, and in the last column own
    answers; with whose variant each is, and what was left out of it.

    Those without the same kind lie side by side, since they could be seen alike.
    """
    kinds, groups = len(part.kinds), len(part.visible)
    counts, reports = part.counts, part.reports
    visible_days = np.repeat(part.visible_days[None], kinds + 1, axis=0)
    for kind in range(kinds):
        visible_days[kind, :, :, kind] = 0
    rows: list[tuple[Ints, Ints]] = []
    said: list[tuple[Ints, Ints]] = []
    size = 0
    for kind, member in enumerate(wanted.T):
        number = size + np.cumsum(member) - 1
        row = np.flatnonzero(member[counts.person] & (counts.kind != kind))
        rows.append((number[counts.person[row]], row))
        answer = np.flatnonzero(member[reports.person]) if kind < kinds else reports.person[:0]
        said.append((number[reports.person[answer]], answer))
        size += int(np.count_nonzero(member))
    variant, row = (np.concatenate(column) for column in zip(*rows, strict=True))
    speaker, answer = (np.concatenate(column) for column in zip(*said, strict=True))
    left_out, who = np.nonzero(wanted.T)
    return (
        evolve(
            part,
            identifiers=tuple(map(str, range(size))),
            group=left_out * groups + part.group[who],
            visible_days=visible_days.reshape((kinds + 1) * groups, part.weeks, kinds),
            visible=np.tile(part.visible, (kinds + 1, 1)),
            present=np.tile(part.present, (kinds + 1, 1)),
            used=part.used[who],
            counts=Counts(variant, counts.week[row], counts.kind[row], counts.count[row]),
            reports=Reports(
                speaker, reports.week[answer], reports.answer[answer], reports.day[answer]
            ),
        ),
        who,
        left_out,
    )


@frozen(eq=False)
class _Told:
    """(P, K) what to say of each person's kinds: counts and first weeks, of the last weeks and of
    all before them; a count of 0 where there is none. ``visible`` is (G, K)."""

    part: Observations
    language: Language
    words: Mapping[str, Mapping[str, str]]
    recent: Ints
    since: Ints
    ever: Ints
    first: Ints
    visible: Ints

    @classmethod
    def of(cls, part: Observations, language: Language) -> _Told:
        counts = part.counts
        late = counts.week >= part.weeks - RECENT_WEEKS
        shape = (part.people, len(part.kinds))
        place = counts.person * shape[1] + counts.kind

        def added(rows: Ints) -> tuple[Ints, Ints]:
            total = np.bincount(place[rows], counts.count[rows], minlength=shape[0] * shape[1])
            first = np.zeros(shape[0] * shape[1], dtype=np.int64)
            # Rows are in the order of the weeks: the first of each, here the last, is its first.
            first[place[rows[::-1]]] = counts.week[rows[::-1]]
            return total.astype(np.int64).reshape(shape), first.reshape(shape)

        recent, since = added(np.flatnonzero(late))
        ever, first = added(np.flatnonzero(~late))
        visible = (part.visible_days > 0).sum(axis=1)
        return cls(part, language, evidence_kinds(), recent, since, ever, first, visible)

    @property
    def counted(self) -> Bools:
        """(P, K + 1) what was seen at all; own answers are not."""
        found: Bools = np.pad((self.recent > 0) | (self.ever > 0), ((0, 0), (0, 1)))
        return found

    def reason(self, person: int, left_out: int, change: float) -> Reason:
        """With the count, and the weeks up to the last over which it was counted."""
        if left_out == len(self.part.kinds):
            return _own_answer(self.part, person, change, self.words, self.language)
        count, first = int(self.recent[person, left_out]), int(self.since[person, left_out])
        if not count:
            count, first = int(self.ever[person, left_out]), int(self.first[person, left_out])
        could = int(self.visible[self.part.group[person], left_out])
        weeks = self.part.weeks - first if count else could
        name = self.part.kinds[left_out]
        text = _count_text(self.words[name], count, weeks, self.language)
        return Reason(name, count, weeks, change, text)


def _count_text(words: Mapping[str, str], count: int, weeks: int, language: Language) -> str:
    if not count:
        return words[f"none_{language}"]
    what = f"{count} {words[f'one_{language}' if count == 1 else f'many_{language}']}"
    if language == "nl":
        return f"{what} in de laatste {'week' if weeks == 1 else f'{weeks} weken'}"
    return f"{what} in the last {'week' if weeks == 1 else f'{weeks} weeks'}"


def _own_answer(
    part: Observations,
    person: int,
    change: float,
    words: Mapping[str, Mapping[str, str]],
    language: Language,
) -> Reason:
    reports = part.reports
    answers = np.flatnonzero((reports.person == person) & (reports.answer != NO_ANSWER))
    latest = answers[-1]
    kind = f"{SELF_REPORT}{PHASES[reports.answer[latest]]}"
    label = words[kind][f"label_{language}"]
    day = day_date(int(reports.day[latest]))
    text = f"{label[0].lower()}{label[1:]} ({day.isoformat()})"
    weeks = part.weeks - int(reports.week[latest])
    return Reason(kind, len(answers), weeks, change, text)
