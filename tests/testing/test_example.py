"""The example adapter is as short as is promised, and its own tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ACME = Path(__file__).parents[2] / "examples" / "acme"


def test_a_rest_source_with_paging_is_short() -> None:
    assert len((ACME / "acme.py").read_text("utf-8").splitlines()) <= 50
    assert len((ACME / "test_acme.py").read_text("utf-8").splitlines()) <= 25


def test_its_tests_run_with_plain_pytest() -> None:
    done = subprocess.run(  # noqa: S603 - our own files
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, f"--rootdir={ACME}",
         "-p", "no:cacheprovider", "-k", "night or changed or time", "test_acme.py"],
        cwd=ACME, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 passed" in done.stdout, done.stdout
