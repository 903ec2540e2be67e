"""Writes `hooks.md` from the hook specifications. Run it as `make reference`; a test compares."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from leercultuur_core.extension import PROJECT, HookSpecs

HEAD = """\
# Hooks

Written by `make reference` from the hook specifications (`leercultuur_core.extension.HookSpecs`).
Every hook is optional. A function may take fewer arguments than its hook offers, and a hook only ever
gains arguments. What a plugin raises switches off that plugin for the run, and no other.

A sample of each is in [Plugins](plugins.md).
"""

_ROLE = re.compile(r"``(.+?)``|(?<!`)`([^`]+)`(?!`)")


def page() -> str:
    """The whole page."""
    specs = {name: spec for name, spec in vars(HookSpecs).items() if name.startswith(f"{PROJECT}_")}
    lines = [HEAD, "| hook | gives | what |", "| --- | --- | --- |"]
    for name, spec in specs.items():
        first = _markdown(inspect.getdoc(spec) or "").partition("\n")[0]
        lines.append(f"| [`{name}`](#{name}) | {_returns(spec)} | {first} |")
    for name, spec in specs.items():
        lines += [
            f"\n## `{name}`\n",
            f"```py\n{_signature(name, spec)}\n```\n",
            _markdown(inspect.getdoc(spec) or ""),
            f"\n[Sample](plugins.md#{name})",
        ]
    return "\n".join(lines) + "\n"


def _returns(spec: object) -> str:
    found = inspect.signature(spec).return_annotation  # type: ignore[arg-type]
    return "nothing" if found == "None" else f"`{found}`"


def _signature(name: str, spec: object) -> str:
    given = inspect.signature(spec)  # type: ignore[arg-type]
    arguments = [
        f"{one.name}: {one.annotation}" for one in given.parameters.values() if one.name != "self"
    ]
    return f"def {name}({', '.join(arguments)}) -> {given.return_annotation}: ..."


def _markdown(text: str) -> str:
    """Docstrings mark code as reStructuredText does, or with single backticks."""
    return _ROLE.sub(lambda found: f"`{found[1] or found[2]}`", text)


if __name__ == "__main__":
    Path(__file__).with_name("hooks.md").write_text(page(), "utf-8")
