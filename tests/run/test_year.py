"""A small part of `bench/run_year.py`: a year of nights breaks no promise."""

from __future__ import annotations

from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.mark.skipif(not BENCH.exists(), reason="the benches are not in this distribution")
def test_some_weeks_of_nights_break_no_promise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(BENCH)
    from run_year import main

    assert main(["--people", "12", "--days", "56"]) == 0, capsys.readouterr().out
    assert "12 people, 56 nights, 0 messages" not in capsys.readouterr().out
