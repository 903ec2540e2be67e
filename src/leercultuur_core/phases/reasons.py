"""Why a phase is believed: what each kind of evidence did to its log-odds, with words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from attrs import evolve, frozen

from ..activity.activity import day_date
from ..activity.evidence import SELF_REPORT, evidence_kinds
from ..maturity.vocabulary import PHASES, Language
from .filtering import filter_weeks
from .observations import NO_ANSWER, Bools, Counts, Floats, Ints, Observations, Reports
from .parameters import Parameters

RECENT_WEEKS = 8
"""Weeks a reason counts over, as long as there is anything in them."""

MATTERS = 0.1
"""Change of the log-odds from which a kind is a reason."""

MOST_REASONS = 5

_LEAST_ODDS = 1e-12

_TOGETHER = 1024
# People whose reasons are computed at once. Each is filtered some twenty times, and the filter is
# fastest over whole chunks.


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
    people: Ints,
    phases: Ints,
    language: Language,
) -> list[tuple[Reason, ...]]:
    """Of each of ``people`` (n,), numbers in order, the reasons that matter for their number in
    ``phases`` (n,), the strongest first; at most `MOST_REASONS`.

    Nobody's depend on who else is asked about.
    """
    found: list[tuple[Reason, ...]] = []
    for low in range(0, len(people), _TOGETHER):
        some = slice(low, low + _TOGETHER)
        part = _only(observations, people[some])
        found += _reasons(part, parameters, phases[some], language)
    return found


def _reasons(
    part: Observations, parameters: Parameters, phases: Ints, language: Language
) -> Iterator[tuple[Reason, ...]]:
    """Of everybody in ``part``."""
    variants, who, without = _without_each(part)
    odds = _log_odds(variants, parameters, phases[who])
    as_is = odds[: part.people]
    changes: list[list[tuple[int, float]]] = [[] for _ in range(part.people)]
    for person, left_out, change in zip(
        who.tolist(), without.tolist(), (as_is[who] - odds).tolist(), strict=True
    ):
        rounded = round(change, 2)
        if abs(rounded) >= MATTERS:
            changes[person].append((left_out, rounded))
    counted = _Counted.of(part)
    words = evidence_kinds()
    for person, mine in enumerate(changes):
        mine.sort(key=lambda one: -abs(one[1]))
        yield tuple(
            _own_answer(part, person, change, words, language)
            if left_out == len(part.kinds)
            else counted.reason(person, left_out, change, words, language)
            for left_out, change in mine[:MOST_REASONS]
        )


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


def _without_each(part: Observations) -> tuple[Observations, Ints, Ints]:
    """Everybody as they are, then without each kind that they could be seen by, then without own
    answers those who gave any; with whose variant each is, and what was left out of it: a kind,
    ``K`` for the answers, -1 for nothing.

    Those without the same kind lie side by side, since they could be seen alike.
    """
    kinds, groups = len(part.kinds), len(part.visible)
    counts, reports = part.counts, part.reports
    ever: Bools = np.logical_or.reduce(part.visible_days > 0, axis=1)
    answered = np.zeros(part.people, dtype=np.bool_)
    answered[reports.person[reports.answer != NO_ANSWER]] = True
    everybody = np.ones(part.people, dtype=np.bool_)
    members = [everybody, *(ever[part.group, kind] for kind in range(kinds)), answered]
    left_out = [-1, *range(kinds), kinds]
    visible_days = np.repeat(part.visible_days[None], len(left_out), axis=0)
    for kind in range(kinds):
        visible_days[kind + 1, :, :, kind] = 0
    rows: list[tuple[Ints, Ints]] = []
    said: list[tuple[Ints, Ints]] = []
    size = 0
    for kind, member in zip(left_out, members, strict=True):
        number = size + np.cumsum(member) - 1
        row = np.flatnonzero(member[counts.person] & (counts.kind != kind))
        rows.append((number[counts.person[row]], row))
        answer = np.flatnonzero(member[reports.person]) if kind < kinds else reports.person[:0]
        said.append((number[reports.person[answer]], answer))
        size += int(np.count_nonzero(member))
    variant, row = (np.concatenate(column) for column in zip(*rows, strict=True))
    speaker, answer = (np.concatenate(column) for column in zip(*said, strict=True))
    who = np.concatenate([np.flatnonzero(member) for member in members])
    place = np.repeat(np.arange(len(left_out)), [np.count_nonzero(member) for member in members])
    return (
        evolve(
            part,
            identifiers=tuple(map(str, range(size))),
            group=place * groups + part.group[who],
            visible_days=visible_days.reshape(len(left_out) * groups, part.weeks, kinds),
            visible=np.tile(part.visible, (len(left_out), 1)),
            present=np.tile(part.present, (len(left_out), 1)),
            used=part.used[who],
            counts=Counts(variant, counts.week[row], counts.kind[row], counts.count[row]),
            reports=Reports(
                speaker, reports.week[answer], reports.answer[answer], reports.day[answer]
            ),
        ),
        who,
        place - 1,
    )


def _log_odds(variants: Observations, parameters: Parameters, phase: Ints) -> Floats:
    """(P,) of number ``phase`` (P,) of each."""
    last = filter_weeks(variants, parameters).last
    rest = np.zeros(variants.people)
    for other in range(len(PHASES)):
        rest += np.where(phase == other, 0.0, last[other])
    mine = last[phase, np.arange(variants.people)]
    odds: Floats = np.log(np.maximum(mine, _LEAST_ODDS)) - np.log(np.maximum(rest, _LEAST_ODDS))
    return odds


@frozen(eq=False)
class _Counted:
    """(P, K) what to say of each person's kinds: counts and first weeks, of the last weeks and of
    all; a count of 0 where there is none. ``visible`` is (G, K), ``group`` (P,)."""

    kinds: tuple[str, ...]
    weeks: int
    group: Ints
    recent: Ints
    since: Ints
    ever: Ints
    first: Ints
    visible: Ints

    @classmethod
    def of(cls, part: Observations) -> _Counted:
        counts = part.counts
        late = counts.week >= part.weeks - RECENT_WEEKS
        shape = (part.people, len(part.kinds))
        place = counts.person * shape[1] + counts.kind

        def added(rows: Bools) -> tuple[Ints, Ints]:
            total = np.bincount(place[rows], counts.count[rows], minlength=shape[0] * shape[1])
            first = np.zeros(shape[0] * shape[1], dtype=np.int64)
            # Rows are in the order of the weeks: the first of each is its first week.
            known, row = np.unique(place[rows], return_index=True)
            first[known] = counts.week[rows][row]
            return total.astype(np.int64).reshape(shape), first.reshape(shape)

        recent, since = added(late)
        ever, first = added(~late)
        visible = (part.visible_days > 0).sum(axis=1)
        return cls(part.kinds, part.weeks, part.group, recent, since, ever, first, visible)

    def reason(
        self,
        person: int,
        kind: int,
        change: float,
        words: Mapping[str, Mapping[str, str]],
        language: Language,
    ) -> Reason:
        """With the count, and the weeks up to the last over which it was counted."""
        count = int(self.recent[person, kind])
        first = int(self.since[person, kind])
        if not count:
            count, first = int(self.ever[person, kind]), int(self.first[person, kind])
        weeks = self.weeks - first if count else int(self.visible[self.group[person], kind])
        name = self.kinds[kind]
        return Reason(name, count, weeks, change, _count_text(words[name], count, weeks, language))


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
