"""Why a phase is believed: what each kind of evidence did to its log-odds, with words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import evolve, frozen

from ..activity.activity import day_date
from ..activity.evidence import SELF_REPORT, evidence_kinds
from ..maturity.vocabulary import PHASES, Language
from .filtering import filter_weeks
from .observations import NO_ANSWER, Bools, Counts, Floats, Observations, Reports
from .parameters import Parameters

RECENT_WEEKS = 8
"""Weeks a reason counts over, as long as there is anything in them."""

MATTERS = 0.1
"""Change of the log-odds from which a kind is a reason."""

MOST_REASONS = 5

_LEAST_ODDS = 1e-12


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
    person: int,
    phase: int,
    language: Language,
) -> tuple[Reason, ...]:
    """The reasons that matter for person number ``person`` and phase number ``phase``, the
    strongest first; at most `MOST_REASONS`."""
    alone = _only(observations, person)
    kinds = [kind for kind in range(len(alone.kinds)) if alone.visible_days[0, :, kind].any()]
    answered = bool((alone.reports.answer != NO_ANSWER).any())
    variants = _without_each(alone, kinds)
    odds = _log_odds(variants, parameters, phase)
    words = evidence_kinds()
    found: list[Reason] = []
    for place, kind in enumerate(kinds, 1):
        change = round(float(odds[0] - odds[place]), 2)
        if abs(change) >= MATTERS:
            count, weeks = _counted(alone, kind)
            name = alone.kinds[kind]
            text = _count_text(words[name], count, weeks, language)
            found.append(Reason(name, count, weeks, change, text))
    if answered:
        change = round(float(odds[0] - odds[len(kinds) + 1]), 2)
        if abs(change) >= MATTERS:
            found.append(_own_answer(alone, change, words, language))
    found.sort(key=lambda reason: -abs(reason.log_odds))
    return tuple(found[:MOST_REASONS])


def not_recorded(observations: Observations, person: int) -> tuple[str, ...]:
    """The kinds that could not be recorded for person number ``person`` in the last weeks."""
    recent = observations.visible_days[observations.group[person], -RECENT_WEEKS:]
    seen: Bools = np.logical_or.reduce(recent > 0, axis=0)
    return tuple(kind for kind, ever in zip(observations.kinds, seen, strict=True) if not ever)


def _only(observations: Observations, person: int) -> Observations:
    """One person as observations of their own."""
    counts, reports = observations.counts, observations.reports
    rows = slice(*np.searchsorted(counts.person, (person, person + 1)))
    said = slice(*np.searchsorted(reports.person, (person, person + 1)))
    group = slice(observations.group[person], observations.group[person] + 1)
    return evolve(
        observations,
        identifiers=observations.identifiers[person : person + 1],
        group=np.zeros(1, dtype=np.int64),
        visible_days=observations.visible_days[group],
        visible=observations.visible[group],
        present=observations.present[group],
        used=observations.used[person : person + 1],
        counts=Counts(
            counts.person[rows] - person, counts.week[rows], counts.kind[rows], counts.count[rows]
        ),
        reports=Reports(
            reports.person[said] - person,
            reports.week[said],
            reports.answer[said],
            reports.day[said],
        ),
    )


def _without_each(alone: Observations, kinds: list[int]) -> Observations:
    """The person as is, then without each of ``kinds``, then without own answers."""
    size = len(kinds) + 2
    visible_days = np.repeat(alone.visible_days, size, axis=0)
    counts, reports = alone.counts, alone.reports
    keep = np.ones((size, len(counts.kind)), dtype=np.bool_)
    for place, kind in enumerate(kinds, 1):
        visible_days[place, :, kind] = 0
        keep[place] = counts.kind != kind
    variant, row = np.nonzero(keep)
    who = np.repeat(np.arange(size - 1), len(reports.week))
    return evolve(
        alone,
        identifiers=tuple(str(place) for place in range(size)),
        group=np.arange(size),
        visible_days=visible_days,
        visible=np.repeat(alone.visible, size, axis=0),
        present=np.repeat(alone.present, size, axis=0),
        used=np.repeat(alone.used, size, axis=0),
        counts=Counts(variant, counts.week[row], counts.kind[row], counts.count[row]),
        reports=Reports(
            who,
            np.tile(reports.week, size - 1),
            np.tile(reports.answer, size - 1),
            np.tile(reports.day, size - 1),
        ),
    )


def _log_odds(variants: Observations, parameters: Parameters, phase: int) -> Floats:
    last = filter_weeks(variants, parameters).last
    rest = np.zeros(variants.people)
    for other in range(len(PHASES)):
        if other != phase:
            rest += last[other]
    odds: Floats = np.log(np.maximum(last[phase], _LEAST_ODDS)) - np.log(
        np.maximum(rest, _LEAST_ODDS)
    )
    return odds


def _counted(alone: Observations, kind: int) -> tuple[int, int]:
    """Count, and weeks up to the last over which it was counted."""
    mine = alone.counts.kind == kind
    week, count = alone.counts.week[mine], alone.counts.count[mine]
    recent = week >= alone.weeks - RECENT_WEEKS
    if recent.any():
        week, count = week[recent], count[recent]
    if not len(week):
        return 0, int((alone.visible_days[0, :, kind] > 0).sum())
    return int(count.sum()), alone.weeks - int(week[0])


def _count_text(words: Mapping[str, str], count: int, weeks: int, language: Language) -> str:
    if not count:
        return words[f"none_{language}"]
    what = f"{count} {words[f'one_{language}' if count == 1 else f'many_{language}']}"
    if language == "nl":
        return f"{what} in de laatste {'week' if weeks == 1 else f'{weeks} weken'}"
    return f"{what} in the last {'week' if weeks == 1 else f'{weeks} weeks'}"


def _own_answer(
    alone: Observations, change: float, words: Mapping[str, Mapping[str, str]], language: Language
) -> Reason:
    reports = alone.reports
    answers = np.flatnonzero(reports.answer != NO_ANSWER)
    latest = answers[-1]
    kind = f"{SELF_REPORT}{PHASES[reports.answer[latest]]}"
    label = words[kind][f"label_{language}"]
    day = day_date(int(reports.day[latest]))
    text = f"{label[0].lower()}{label[1:]} ({day.isoformat()})"
    weeks = alone.weeks - int(reports.week[latest])
    return Reason(kind, len(answers), weeks, change, text)
