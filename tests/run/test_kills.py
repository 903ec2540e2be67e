"""A small part of `bench/run_kills_live.py`: kills with a real mail server and real calendars."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

BENCH = Path(__file__).parents[2] / "bench"

pytestmark = pytest.mark.skipif(
    not BENCH.exists(), reason="the benches are not in this distribution"
)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    for needed in ("aiosmtpd", "leercultuur_mail", "leercultuur_calendar"):
        pytest.importorskip(needed)
    monkeypatch.syspath_prepend(BENCH)
    import run_kills_live

    return run_kills_live


@pytest.mark.server
def test_ten_kills_lose_nothing_and_double_nothing(
    bench: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--kills", "10", "--seconds", "45", "--people", "12"]
    assert bench.main(given) == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert told.startswith("10 kills landed")
    assert "nothing lost, nothing doubled" in told


@pytest.mark.parametrize(
    ("states", "came", "expected"),
    [
        ({"a": "sent", "b": "uncertain", "c": "expired"}, {"a": 1}, (0, 0, 1)),
        ({"a": "sent", "b": "uncertain"}, {"a": 1, "b": 1}, (0, 0, 1)),
        ({"a": "sent", "b": "sent"}, {"a": 1}, (1, 0, 0)),
        ({"a": "sent"}, {"a": 1, "strange": 1}, (1, 0, 0)),
        ({"a": "sending"}, {"a": 1}, (1, 0, 0)),
        ({"a": "ready"}, {}, (1, 0, 0)),
        ({"a": "sent"}, {"a": 3}, (0, 2, 0)),
    ],
)
def test_what_is_lost_or_doubled_is_counted(
    bench: ModuleType, states: dict[str, str], came: dict[str, int], expected: tuple[int, ...]
) -> None:
    every = [SimpleNamespace(message_id=one, state=state) for one, state in states.items()]
    assert bench.counted(every, every, came) == expected
