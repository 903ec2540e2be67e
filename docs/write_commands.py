"""Writes `commands.md` from the commands' own help. Run it as `make reference`; a test compares."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from leercultuur_core.cli import COMMANDS

HEAD = """\
# Commands

Written by `make reference` from the commands' own help.

Every command that reads files takes NDJSON, JSON arrays and LRS answers, gzipped or not, and keeps
aside what it cannot read. Data goes to standard output, what you may want to know to standard
error; when piped there is no colour and no progress bar.

| exit code | means |
| --- | --- |
| 0 | done; also for an empty file, duplicates, and verbs no rule knows |
| 1 | failed |
| 2 | wrong use or configuration; or no file could be read |
| 3 | done in part: something was rejected, or one of several files could not be read |
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for name in ["", *COMMANDS]:
        command = f"leercultuur {name}".strip()
        parts.append(f"\n## `{command}`\n\n```console\n$ {command} --help\n{_help(name)}\n```\n")
    return "".join(parts)


def _help(name: str) -> str:
    words = [str(Path(sys.executable).with_name("leercultuur")), *name.split(), "--help"]
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.strip()


if __name__ == "__main__":
    Path(__file__).with_name("commands.md").write_text(page(), "utf-8")
