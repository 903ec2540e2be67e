"""The adapter that the documentation builds is built, and passes its checks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from leercultuur_core.cli.new_plugin import plugin_files

PAGE = Path(__file__).parents[2] / "docs" / "first-adapter.md"


def python(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(  # noqa: S603 - this Python and its tools
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_adapter_of_the_documentation_passes_its_checks(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    files = plugin_files("leertuin", ["source"])
    written = dict(re.findall(r"^`([\w/.]+)`:\n\n```py\n(.*?)```", text, re.DOTALL | re.MULTILINE))
    assert set(written) == {"src/leercultuur_leertuin/source.py", "tests/test_source.py"}
    (recording,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert json.loads(recording)["system"].startswith("Leertuin")
    files |= {**written, "tests/recordings/events.json": recording}
    for path, content in files.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, "utf-8")
    # Where the built wheels are tested only pytest is there.
    if find_spec("ruff"):
        python("ruff", "format", "--check", ".", cwd=tmp_path)
        python("ruff", "check", "--no-cache", ".", cwd=tmp_path)
    if find_spec("mypy"):
        python("mypy", "--cache-dir", str(tmp_path / ".cache"), cwd=tmp_path)
    printed = python("pytest", "-p", "no:cacheprovider", cwd=tmp_path)
    assert "failed" not in printed
    assert int(re.findall(r"(\d+) passed", printed)[0]) > 60
    assert "give a fixture" not in printed
    # What the page says of a mistake is so.
    source = tmp_path / "src/leercultuur_leertuin/source.py"
    source.write_text(source.read_text("utf-8").replace("latest - OVERLAP", "latest"), "utf-8")
    spoilt = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "late_rows_behind"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert spoilt.returncode == 1
    assert "test_late_rows_behind_the_mark" in spoilt.stdout
