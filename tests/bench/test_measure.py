"""The figures, the table of them, and the command that runs the scripts."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

BENCH = Path(__file__).parents[2] / "bench"

pytestmark = pytest.mark.skipif(
    not BENCH.exists(), reason="the benches are not in this distribution"
)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``measure``, ``page`` and the command, as ``python bench`` finds them."""
    monkeypatch.syspath_prepend(BENCH)
    monkeypatch.delenv("LEERCULTUUR_BENCH", raising=False)
    names = ("measure", "page", "command")
    yield SimpleNamespace(**{name: import_module(name) for name in names})
    for name in names:
        sys.modules.pop(name)


def test_a_ratio_is_taken_round_by_round(bench: Any) -> None:
    # In the third round the machine was slow for both.
    one = bench.measure.ratio("x", [2, 3, 20], [1, 1, 10], of="a parse", at_most=2.5)
    assert (one.median, one.least, one.most, one.runs) == (2, 2, 3, 3)
    assert one.met is True
    with pytest.raises(ValueError, match="zip"):
        bench.measure.ratio("x", [1, 2], [1], of="a parse")
    with pytest.raises(ValueError, match="x: expected at least one round"):
        bench.measure.value("x", [], "s")


@pytest.mark.parametrize(
    ("target", "met"),
    [
        ({}, None),
        ({"at_most": 2}, True),
        ({"at_most": 1.99}, False),
        ({"at_least": 2}, True),
        ({"at_least": 2.01}, False),
        ({"at_least": 1, "at_most": 3}, True),
        ({"at_least": 1, "at_most": 1.5}, False),
    ],
)
def test_a_target_is_for_the_median(bench: Any, target: dict[str, float], met: bool | None) -> None:
    assert bench.measure.value("x", [0.1, 2, 30], "s", **target).met is met


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (3, "3"), (0.01234, "0.0123"), (1.234, "1.23"), (12.34, "12.3"), (99.96, "100"),
     (123.4, "123"), (1234567, "1,234,567"), (0.99999, "1.00"), (-2.5, "-2.50")],
)  # fmt: skip
def test_a_number_has_three_figures(bench: Any, number: float, shown: str) -> None:
    assert bench.measure.number(number).rstrip(".") == shown


def test_what_is_reported_is_printed_and_left(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = bench.measure.ratio("it", [1.5], [1], of="a parse", at_most=1, peak_mb=12)
    bench.measure.report(one)
    assert capsys.readouterr().out == "it: 1.50 × a parse, peak 12 MB; target ≤ 1\n"
    left = tmp_path / "left"
    monkeypatch.setenv("LEERCULTUUR_BENCH", str(left))
    bench.measure.report(one, one)
    bench.measure.report(one)
    lines = left.read_text("utf-8").splitlines()
    assert [bench.command.figure(line) for line in lines] == [one] * 3
    assert json.loads(lines[0])["met"] is False


def test_jobs_take_turns(bench: Any) -> None:
    order: list[str] = []
    taken = bench.measure.in_turns(
        {"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2
    )
    assert order == ["a", "b", "a", "b"]
    assert all(len(one) == 2 and min(one) >= 0 for one in taken.values())


def test_a_process_is_measured_by_itself(bench: Any) -> None:
    large = "x = bytearray(80_000_000); print('large')"
    commands = {"large": [sys.executable, "-c", large], "small": [sys.executable, "-c", "print(1)"]}
    found = bench.measure.processes(commands, 1)
    assert found["large"].printed == "large"
    assert found["large"].megabytes - found["small"].megabytes > 60
    assert len(found["small"].seconds) == 1


def ran(bench: Any, script: str = "run_parse.py", ended: str = "ok", **more: Any) -> Any:
    measure = bench.measure
    figures = (
        measure.ratio("fast | one", [0.5, 0.7, 0.6], [1, 1, 1], of="a parse", at_most=0.8),
        measure.value("slow one", [12.0], "s", at_most=10, peak_mb=1234.5),
        measure.value("just a number", [3, 4], "calls", note="a night"),
    )
    return bench.page.Ran(
        **{
            "script": script,
            "about": "What it does.",
            "at": "2026-03-02T09:00:00+00:00",
            "machine": "Linux, 2 cores",
            "seconds": 61.2,
            "ended": ended,
            "figures": figures,
            "versions": {"numpy": "2.4.6"},
            **more,
        }
    )


def test_the_page(bench: Any, snapshot: SnapshotAssertion) -> None:
    stopped = ran(bench, "run_late.py", "stopped at the end of its time, 60 s", figures=())
    assert bench.page.page([ran(bench), stopped], ["run_other.py"]) == snapshot


def test_the_page_of_nothing_says_so(bench: Any) -> None:
    page = bench.page.page([], ["run_parse.py"])
    assert "Nothing with a target was measured yet." in page
    assert "- `run_parse.py`: not run." in page


def test_every_script_has_its_time_and_together_they_have_an_hour(bench: Any) -> None:
    names = [one.name for one in bench.command.SCRIPTS]
    assert sorted(names) == sorted(path.name for path in BENCH.glob("run_*.py"))
    assert sum(one.seconds for one in bench.command.SCRIPTS) <= 3600


SCRIPT = '''"""Reports, then sleeps.

More of it."""
import subprocess, sys, time
sys.path.insert(0, {bench!r})
from measure import report, value
report(value("first", [1], "s"))
if sys.argv[1] == "long":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    open({pid!r}, "w").write(str(child.pid))
    time.sleep(60)
sys.exit(int(sys.argv[1]))
'''


@pytest.mark.parametrize(
    ("argument", "ended"),
    [("0", "ok"), ("3", "ended with exit code 3"), ("long", "stopped at the end of its time, 2 s")],
)
def test_a_script_leaves_what_it_had_measured_and_nothing_that_runs(
    bench: Any, tmp_path: Path, argument: str, ended: str
) -> None:
    script, pid = tmp_path / "run_it.py", tmp_path / "pid"
    script.write_text(SCRIPT.format(bench=str(BENCH), pid=str(pid)), "utf-8")
    found = bench.command.run(script, (argument,), 2)
    assert (found.about, found.ended) == ("Reports, then sleeps.", ended)
    assert [one.what for one in found.figures] == ["first"]
    assert found.versions["numpy"]
    if argument == "long":
        for _ in range(100):  # who was killed stays a while, until somebody looks
            if not alive(int(pid.read_text())):
                break
            time.sleep(0.05)
        else:
            pytest.fail("what the script started still runs")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]


def test_what_was_kept_is_read_back(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.command, "KEPT", tmp_path / "results")
    assert bench.command.kept("run_parse.py") is None
    bench.command.keep(ran(bench))
    assert bench.command.kept("run_parse.py") == ran(bench)
