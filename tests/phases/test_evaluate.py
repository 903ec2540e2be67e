"""Evaluation against known phases."""

from __future__ import annotations

from datetime import UTC, datetime
from math import log

import pytest

from leercultuur_core.activity.activity import utc_day
from leercultuur_core.activity.ledger import Ledger
from leercultuur_core.phases import Estimates, estimate, evaluate
from leercultuur_core.phases.evaluate import calibration_error, macro_f1

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = utc_day(AT)


def estimates() -> Estimates:
    rows = {}
    for day in range(1, 22):
        rows["account|https://x|sanne", "lms", "general", "progressed", DAY - day] = 1
        rows["account|https://x|omar", "lms", "general", "searched", DAY - day] = 1
    for day in range(22, 100, 7):
        rows["account|https://x|omar", "lms", "general", "searched", DAY - day] = 1
    rows["account|https://x|lies", "lms", "general", "viewed", DAY - 100] = 1
    rows["account|https://y|lies", "lms", "general", "viewed", DAY - 100] = 1
    return estimate(Ledger(rows), at=AT)


def test_measures_of_three_people() -> None:
    given = estimates()
    found = evaluate(
        given,
        {"sanne": "acting", "omar": "acting", "account|https://x|lies": "unaware", "kim": "acting"},
    )
    assert found.n == 3
    assert found.missing == ("kim",)
    assert found.confusion[2] == (0, 1, 1, 0, 0)
    assert found.confusion[0] == (1, 0, 0, 0, 0)
    assert found.accuracy == pytest.approx(2 / 3)
    # F1: unaware 1, selecting 0, acting 2/3.
    assert found.macro_f1 == pytest.approx((1 + 0 + 2 / 3) / 3)
    assert found.coverage == pytest.approx(2 / 3)
    assert found.shown_accuracy == 0.5
    omar = max(given["omar"].probabilities["acting"], 5e-7)
    rest = [given["sanne"].probabilities["acting"], given["account|https://x|lies"].probability]
    assert found.log_loss == pytest.approx(-sum(map(log, [omar, *rest])) / 3)


def test_a_name_that_two_learners_have_is_missing() -> None:
    assert evaluate(estimates(), {"lies": "unaware"}).missing == ("lies",)


def test_nobody_to_measure() -> None:
    found = evaluate(estimates(), {})
    assert (found.n, found.macro_f1, found.log_loss, found.coverage) == (0, 0, 0, 0)


def test_a_label_that_is_no_phase_is_named() -> None:
    with pytest.raises(ValueError, match="found 'aware'"):
        evaluate(estimates(), {"sanne": "aware"})


def test_f1_counts_the_phases_that_occur() -> None:
    empty = [[0] * 5 for _ in range(5)]
    assert macro_f1(empty) == 0
    empty[1][1] = 3
    empty[1][4] = 1
    assert macro_f1(empty) == pytest.approx((6 / 7 + 0) / 2)


def test_calibration_error_is_the_mean_gap_per_bin() -> None:
    # .7–.8: mean .75 and half right; 1.0 belongs to the last bin.
    assert calibration_error([(0.72, True), (0.78, False), (1.0, True)]) == pytest.approx(0.5 / 3)
    assert calibration_error([]) == 0
