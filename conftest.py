"""For every test of the repository: samples in README and docs run, and no skip passes unseen."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path
from typing import Any

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

# Environments of real servers stay beside the checkout, so that `make clean` takes them along.
os.environ.setdefault("LEERCULTUUR_SERVERS", str(Path(__file__).parent / ".servers"))

_skipped: list[str] = []


class ConsoleParser(CodeBlockParser):
    """Runs the ``$`` lines of a console block and compares what they print.

    A line of ``...`` in the expected output stands for anything; spaces at line ends do not count.
    """

    language = "console"

    def evaluate(self, example: Example) -> str | None:
        commands: list[tuple[str, list[str]]] = []
        for line in str(example.parsed).splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            elif commands:
                commands[-1][1].append(line)
        for command, expected in commands:
            printed = _run(command, example.namespace["folder"])
            want = "\n".join(expected).strip()
            if want and not OutputChecker().check_output(
                want + "\n", printed.strip() + "\n", ELLIPSIS | NORMALIZE_WHITESPACE
            ):
                return f"$ {command}\nexpected:\n{want}\n\nprinted:\n{printed}"
        return None


def _run(command: str, folder: str) -> str:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    done = subprocess.run(  # noqa: S602 - the commands are our own documentation
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


def _setup(namespace: dict[str, Any]) -> None:
    """Each document starts in a folder of its own, with the made-up bakery's files."""
    from leercultuur_core.demo import write_bakery

    folder = Path(tempfile.mkdtemp(prefix="leercultuur-docs-"))
    write_bakery(folder)
    namespace["folder"] = str(folder)
    os.chdir(folder)


def _teardown(namespace: dict[str, Any]) -> None:
    import shutil

    os.chdir(Path(__file__).parent)
    shutil.rmtree(namespace["folder"])


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), ConsoleParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/adapters/*.md", "plugins/*/README.md"],
    setup=_setup,
    teardown=_teardown,
).pytest()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remembers what was skipped."""
    if report.skipped and "live_moodle" not in report.keywords:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where every system should be there, a skip is a failure."""
    if _skipped and os.environ.get("LEERCULTUUR_NO_SKIPS"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names what was skipped, where that fails the run."""
    if _skipped and os.environ.get("LEERCULTUUR_NO_SKIPS"):
        terminalreporter.section("skipped, and LEERCULTUUR_NO_SKIPS is set")
        for nodeid in _skipped:
            terminalreporter.write_line(nodeid)
