"""From weekly beliefs to what is shown: the phase with hysteresis, and the cycles of the spiral."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..maturity.vocabulary import PHASES
from .filtering import MILLION, Millionths
from .observations import NO_ANSWER, Bools, Ints, Observations
from .parameters import Show

SIGN_WEEKS = 8
"""Visible weeks in which a single activity is a sign that someone uses the connected systems."""

ANSWER_DAYS = 90
"""Days that someone's own answer stays."""

NOT_SHOWN = -1
"""Stands for the phase ``unknown``."""


@frozen(eq=False)
class Shown:
    """What was shown in each week.

    phase
        (W, P) number of the phase, or `NOT_SHOWN`.
    since
        (P,) week in which what is shown at the end began.
    """

    phase: npt.NDArray[np.int8]
    since: Ints


def shown_phases(observations: Observations, millionths: Millionths, show: Show) -> Shown:
    """Folds the weeks of ``millionths`` (W, 5, P).

    A phase is entered at ``show.enter`` and left below ``show.leave``; it is unknown in between,
    and wherever there are no signs of using the connected systems. A week without presence
    changes nothing.
    """
    enter, leave = round(show.enter * MILLION), round(show.leave * MILLION)
    signs = signs_of_use(observations)
    weeks, people = observations.weeks, observations.people
    phase = np.full((weeks, people), NOT_SHOWN, dtype=np.int8)
    current = np.full(people, NOT_SHOWN, dtype=np.int64)
    since = np.zeros(people, dtype=np.int64)
    started = np.zeros(people, dtype=np.bool_)
    everyone = np.arange(people)
    for week in range(weeks):
        belief = millionths[week]
        best = belief.argmax(axis=0)
        kept = (current >= 0) & (belief[np.maximum(current, 0), everyone] >= leave)
        following = np.where(kept, current, NOT_SHOWN)
        following = np.where(belief[best, everyone] >= enter, best, following)
        following = np.where(signs[week], following, NOT_SHOWN)
        present = observations.present[observations.group, week]
        following = np.where(present, following, current)
        begins = (following != current) | (present & ~started)
        since[begins] = week
        started |= present
        current = following
        phase[week] = current
    return Shown(phase, since)


def signs_of_use(observations: Observations) -> Bools:
    """(W, P) whether someone showed signs of using the connected systems by the end of a week:
    any activity in the last `SIGN_WEEKS` visible weeks, or an own answer of at most `ANSWER_DAYS`
    days."""
    visible = (
        observations.visible[observations.group].T & observations.present[observations.group].T
    )
    seen = np.cumsum(visible, axis=0)
    weeks, people = observations.weeks, observations.people
    signs = np.zeros((weeks, people), dtype=np.bool_)
    last_used = np.full(people, -SIGN_WEEKS, dtype=np.int64)
    for week in range(weeks):
        last_used = np.where(observations.used[:, week], seen[week], last_used)
        signs[week] = seen[week] - last_used < SIGN_WEEKS
    reports = observations.reports
    for person, week, answer, day in zip(
        reports.person.tolist(),
        reports.week.tolist(),
        reports.answer.tolist(),
        reports.day.tolist(),
        strict=True,
    ):
        if answer != NO_ANSWER:
            until = _last_week_with_answer(observations, day)
            signs[week:until, person] = True
    return signs


def _last_week_with_answer(observations: Observations, day: int) -> int:
    """The week after the last one at whose end an answer of ``day`` is at most 90 days old."""
    if observations.cut - day <= ANSWER_DAYS:
        return observations.weeks
    # Week w ends at the start of day first_monday + 7 (w + 1).
    first_monday = observations.first_week * 7 - 3
    return (day + ANSWER_DAYS - first_monday) // 7


def cycles(path: npt.NDArray[np.int8]) -> Ints:
    """(P,) rounds of the spiral on a most likely path (W, P).

    Entries into selecting, each with applying or continuing visited since the entry before; the
    first needs none.
    """
    selecting = PHASES.index("selecting")
    later = (PHASES.index("applying"), PHASES.index("continuing"))
    people = path.shape[1]
    count = np.zeros(people, dtype=np.int64)
    visited = np.ones(people, dtype=np.bool_)
    before = np.full(people, -1, dtype=np.int8)
    for week in path:
        enters = (week == selecting) & (before != selecting)
        count += enters & visited
        visited = np.where(enters, False, visited | (week == later[0]) | (week == later[1]))
        before = week
    return count
