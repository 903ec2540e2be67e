"""Runs the command line as a user would, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from leercultuur_core.cli import main
from leercultuur_core.demo import people_csv, statements


class Ran(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("infer", "file")`` → exit code, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("LEERCULTUUR_TRACEBACK", raising=False)

    def call(*arguments: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["leercultuur", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        code = stopped.value.code
        captured = capsys.readouterr()
        return Ran(code if isinstance(code, int) else int(bool(code)), captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def bakery() -> list[str]:
    """The made-up bakery's statements, one JSON text each."""
    return [json.dumps(statement) for statement in statements()]


@pytest.fixture
def bakery_file(tmp_path: Path, bakery: list[str]) -> Path:
    """The bakery as an NDJSON file."""
    path = tmp_path / "bakery.ndjson"
    path.write_text("\n".join(bakery) + "\n", "utf-8")
    return path


@pytest.fixture
def people_file(tmp_path: Path) -> Path:
    """The bakery's people file."""
    path = tmp_path / "people.csv"
    path.write_text(people_csv(), "utf-8")
    return path
