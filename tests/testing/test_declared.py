"""What a test class says does not apply is left out, and a name that stands for nothing is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = '''
import pytest
from leercultuur_core.extension import Page, Source
from leercultuur_core.testing import SourceContract

class Quiet(Source):
    """Reads nothing from nowhere."""
    name = "quiet"
    def fetch(self, state):
        yield Page()

class TestQuiet(SourceContract):
    does_not_apply = DECLARED

    @pytest.fixture
    def source(self):
        return Quiet()
'''


@pytest.fixture
def collected(tmp_path: Path) -> object:
    def collect(declared: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "test_quiet.py"
        path.write_text(SUITE.replace("DECLARED", repr(declared)))
        command = [sys.executable, "-m", "pytest", "-p", "leercultuur_core.testing.plugin", "-q"]
        command += ["-c", os.devnull, f"--rootdir={tmp_path}", "-p", "no:cacheprovider"]
        return subprocess.run(  # noqa: S603 - our own file
            [*command, "--collect-only", str(path), *more],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return collect


def test_a_check_and_all_that_rest_on_a_fixture_are_left_out(collected: object) -> None:
    assert callable(collected)
    done = collected({"online": "asks no server", "secrets_are_silent": "has none"})
    assert done.returncode == 0, done.stdout
    assert "test_hang" not in done.stdout
    assert "test_secrets_are_silent" not in done.stdout
    assert "test_late_rows_behind_the_mark" in done.stdout
    assert "deselected" in done.stdout


def test_a_name_that_stands_for_no_check_is_refused(collected: object) -> None:
    assert callable(collected)
    done = collected({"hangs": "misspelt"})
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "TestQuiet.does_not_apply: no check or fixture hangs" in done.stdout + done.stderr


def test_asking_for_one_check_judges_nothing(collected: object) -> None:
    assert callable(collected)
    done = collected({"online": "asks no server"}, "-k", "secrets_are_silent")
    assert done.returncode == 0, done.stdout
