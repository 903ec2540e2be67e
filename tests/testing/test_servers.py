"""Servers under test: environments are made once, processes start, answer and end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from leercultuur_core.testing.servers import free_port, needs, python_environment, running


def test_a_server_runs_for_the_length_of_the_block() -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with running(command, ready=f"http://127.0.0.1:{port}/") as server:
        assert server.alive
        assert "GET /" in server.output()
    assert not server.alive


def test_a_killed_server_is_gone_and_stopping_it_again_does_nothing() -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with running(command, ready=f"http://127.0.0.1:{port}/") as server:
        server.kill()
        with pytest.raises(ProcessLookupError):
            os.kill(server.pid, 0)


def test_one_that_ends_says_what_it_printed() -> None:
    command = [sys.executable, "-c", "print('no such port')"]
    with (
        pytest.raises(RuntimeError, match=r"has ended(?s:.*)no such port"),
        running(command, ready=lambda: False),
    ):
        pass


def test_one_that_is_never_ready_is_stopped() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        pytest.raises(RuntimeError, match="is not ready"),
        running(command, ready=lambda: False, patience=0.3),
    ):
        pass


def test_an_environment_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEERCULTUUR_SERVERS", str(tmp_path / "kept"))
    listed = tmp_path / "nothing.txt"
    listed.write_text("# nothing to install\n")
    programs = python_environment(listed)
    marker = programs / "marker"
    marker.touch()
    assert python_environment(listed) == programs
    assert marker.exists()
    listed.write_text("# something else\n")
    assert python_environment(listed) != programs


def test_an_environment_that_cannot_be_made_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEERCULTUUR_SERVERS", str(tmp_path / "kept"))
    listed = tmp_path / "wrong.txt"
    listed.write_text("./no-such-folder\n")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="failed"):
            python_environment(listed)


def test_what_is_absent_is_named() -> None:
    mark = needs("no-such-program", "sh")
    assert mark.args == (True,)
    assert mark.kwargs["reason"] == "not on this machine: no-such-program"
