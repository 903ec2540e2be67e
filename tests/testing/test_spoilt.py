"""The kit itself: each spoilt adapter is caught by the test that names its fault, the good pass all."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SPOILT = Path(__file__).with_name("spoilt.py")


def run_pytest(*arguments: str, report: Path) -> tuple[dict[str, Any], str]:
    """Adapter → its part of the report, and what was printed; in a process and project of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "leercultuur_core.testing.plugin", "-q"]
    # Where it is installed, pytest finds the plugin by itself as well; either way it is one.
    command += ["-p", "no:cacheprovider", "--import-mode=importlib", f"--rootdir={report.parent}"]
    command += ["-c", os.devnull, f"--leercultuur-report={report}", "--leercultuur-table"]
    done = subprocess.run(  # noqa: S603 - our own files
        [*command, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    rows = json.loads(report.read_text("utf-8"))["adapters"]
    return {row["adapter"].rpartition(":")[2]: row for row in rows}, done.stdout


@pytest.fixture(scope="module")
def spoilt() -> ModuleType:
    spec = importlib.util.spec_from_file_location("spoilt_adapters", SPOILT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_is_caught_by_the_test_that_names_its_fault(
    spoilt: ModuleType, tmp_path: Path
) -> None:
    caught: dict[str, str] = {one.__name__: check for one, check in spoilt.CAUGHT.items()}
    nodes = [f"{SPOILT}::Test{name}::test_{check}" for name, check in caught.items()]
    found, printed = run_pytest(*nodes, report=tmp_path / "report.json")
    outcomes = {name: found[name]["checks"].get(check) for name, check in caught.items()}
    assert outcomes == dict.fromkeys(caught, "failed"), printed
    # Failed by what the test looks at, not by what it needs.
    assert "ERROR" not in printed, printed


def test_the_good_pass_all(spoilt: ModuleType, tmp_path: Path) -> None:
    good = [one.__name__ for one in spoilt.GOOD]
    found, printed = run_pytest(
        *(f"{SPOILT}::Test{name}" for name in good), report=tmp_path / "report.json"
    )
    failed = {
        (name, check)
        for name in good
        for check, outcome in found[name]["checks"].items()
        if outcome == "failed"
    }
    assert not failed, printed
    source = found["AcmeSource"]
    assert list(source["checks"].values()).count("passed") >= 40
    assert source["contracts"] == ["SourceContract"]
    for fault, row in source["faults"].items():
        assert row == {"survived": True, "lost": 0, "doubled": 0}, fault
    assert len(source["faults"]) >= 30
    assert "faults of" in printed
    assert "late rows behind the mark  yes          0        0" in printed


def test_a_message_says_the_fault_and_what_to_do(tmp_path: Path) -> None:
    _, printed = run_pytest(
        f"{SPOILT}::TestNoOverlap::test_late_rows_behind_the_mark", report=tmp_path / "report.json"
    )
    assert (
        "late rows behind the mark: 1 of 7 activities are lost; read a little before the mark"
        in printed
    )
