"""What is shown: hysteresis, signs of use, cycles."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.activity import utc_day
from leercultuur_core.activity.ledger import Ledger, LedgerKey
from leercultuur_core.activity.visibility import Presence, Visibility
from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases.observations import Observations, observe
from leercultuur_core.phases.parameters import Show
from leercultuur_core.phases.shown import NOT_SHOWN, cycles, shown_phases, signs_of_use

AT = datetime(2026, 3, 2, tzinfo=UTC)
CUT = utc_day(AT)


def seen(weeks: int, *rows: tuple[str, int], leave: tuple[int, int] | None = None) -> Observations:
    """One person over ``weeks`` weeks with rows (kind, week); ``leave`` from week up to week."""
    start = CUT - 7 * weeks
    ledger: dict[LedgerKey, int] = {
        ("a", "lms", "general", kind, start + 7 * week): 1 for kind, week in rows
    }
    here: tuple[tuple[int, int | None], ...] = ((start, None),)
    if leave is not None:
        here = ((start, start + 7 * leave[0]), (start + 7 * leave[1], None))
    return observe(
        Ledger(ledger),
        at=AT,
        kinds=("searched",),
        visibility=Visibility({("lms", "searched"): ((start, None),)}),
        presence=Presence({"a": {"lms": here}}),
    )


def shown(
    weekly: list[dict[int, float]], *, leave: tuple[int, int] | None = None
) -> tuple[list[int], int]:
    """The phases shown for one person who is active every week, and since when."""
    observations = seen(
        len(weekly), *(("searched", week) for week in range(len(weekly))), leave=leave
    )
    millionths = np.zeros((len(weekly), 5, 1), dtype=np.int32)
    for week, beliefs in enumerate(weekly):
        for phase, probability in beliefs.items():
            millionths[week, phase, 0] = round(probability * 1e6)
    found = shown_phases(observations, millionths, Show())
    return found.phase[:, 0].tolist(), int(found.since[0])


def test_a_phase_is_entered_at_the_one_limit_and_left_below_the_other() -> None:
    weekly = [
        {0: 0.599999, 1: 0.3},
        {0: 0.6, 1: 0.4},
        {0: 0.4, 1: 0.55},
        {0: 0.399999, 1: 0.55},
        {1: 0.59, 0: 0.41},
        {1: 0.6},
    ]
    assert shown(weekly) == ([NOT_SHOWN, 0, 0, NOT_SHOWN, NOT_SHOWN, 1], 5)


def test_another_phase_takes_over_at_once() -> None:
    assert shown([{2: 0.7}, {3: 0.6, 2: 0.4}, {3: 0.45, 2: 0.55}]) == ([2, 3, 3], 1)


def test_unknown_begins_somewhere_too() -> None:
    assert shown([{2: 0.7}, {2: 0.3, 1: 0.5}, {2: 0.3, 1: 0.5}]) == ([2, NOT_SHOWN, NOT_SHOWN], 1)


def test_leave_changes_nothing() -> None:
    weekly = [{2: 0.7}, {1: 0.9}, {1: 0.9}, {2: 0.5}]
    assert shown(weekly, leave=(1, 3)) == ([2, 2, 2, 2], 0)


def signs(observations: Observations) -> list[bool]:
    found: list[bool] = signs_of_use(observations)[:, 0].tolist()
    return found


def test_an_activity_is_a_sign_for_eight_visible_weeks() -> None:
    assert signs(seen(12, ("searched", 1))) == [False] + [True] * 8 + [False] * 3
    assert signs(seen(12, ("other", 1))) == [False] + [True] * 8 + [False] * 3
    assert not any(signs(seen(12)))


def test_weeks_of_leave_are_no_visible_weeks() -> None:
    assert signs(seen(14, ("searched", 1), leave=(3, 6))) == [False] + [True] * 11 + [False] * 2


def test_an_own_answer_is_a_sign_for_ninety_days() -> None:
    # Given on a Monday; the end of twelve weeks later is 91 days on.
    assert signs(seen(16, ("self-report.acting", 1))) == [False] + [True] * 12 + [False] * 3


def test_two_answers_on_one_day_are_only_activity() -> None:
    found = signs(seen(16, ("self-report.acting", 1), ("self-report.unaware", 1)))
    assert found == [False] + [True] * 8 + [False] * 7


def test_silence_is_unknown_whatever_is_believed() -> None:
    observations = seen(10, ("searched", 0))
    millionths = np.zeros((10, 5, 1), dtype=np.int32)
    millionths[:, 0] = 999_999
    found = shown_phases(observations, millionths, Show())
    assert found.phase[:, 0].tolist() == [0] * 8 + [NOT_SHOWN] * 2
    assert found.since[0] == 8


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", 0),
        ("uuu", 0),
        ("usss", 1),
        ("sss", 1),
        ("susus", 1),
        ("sapcs", 2),
        ("sapas", 2),
        ("sasapsps", 3),
        ("cs", 1),
        ("__s", 1),
    ],
)
def test_cycles_are_entries_into_selecting_with_use_in_between(path: str, expected: int) -> None:
    letters = {"u": 0, "s": 1, "a": 2, "p": 3, "c": 4, "_": -1}
    column = np.array([[letters[letter]] for letter in path], dtype=np.int8).reshape(-1, 1)
    assert cycles(column)[0] == expected


@given(st.lists(st.sampled_from([-1, *range(len(PHASES))]), max_size=30))
def test_cycles_never_go_beyond_entries_or_uses(path: list[int]) -> None:
    column = np.array(path, dtype=np.int8).reshape(-1, 1)
    entries = sum(now == 1 and before != 1 for before, now in zip([-1, *path], path, strict=False))
    count = int(cycles(column)[0])
    assert count <= entries
    assert count >= (entries > 0)
    uses = sum(now in {3, 4} for now in path)
    assert count <= uses + 1
