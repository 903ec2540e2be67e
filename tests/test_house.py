"""The house: which room may import which, and how light the door is."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

import leercultuur_core as lc
from leercultuur_core import extension
from leercultuur_core.extension import commands, http

PACKAGE = Path(__file__).parents[1] / "src" / "leercultuur_core"
PLUGINS = Path(__file__).parents[1] / "plugins"
PUBLIC = {
    "leercultuur_core": lc.__all__,
    "leercultuur_core.extension": extension.__all__,
    "leercultuur_core.extension.commands": commands.__all__,
    "leercultuur_core.extension.http": http.__all__,
}

ROOMS = {
    # room: what it may import, besides itself, errors and data
    "maturity": set(),
    "activity": set(),
    "phases": {"activity", "maturity"},
    "privacy": {"activity", "maturity", "phases"},
    "advice": {"activity", "maturity", "phases", "privacy"},
    "extension": {"activity", "maturity", "advice"},
    "storage": {"activity", "maturity"},
    "run": {"activity", "maturity", "phases", "privacy", "advice", "extension", "storage"},
    "demo": {"activity", "maturity", "phases"},
    "bulk": {"activity", "maturity", "phases", "extension"},
}
PURE = {"maturity", "activity", "phases", "privacy", "advice"}
EFFECTS = {
    "requests",
    "pluggy",
    "sqlite3",
    "sqlalchemy",
    "socket",
    "urllib",
    "subprocess",
    "time",
    "random",
}


def imports(path: Path) -> set[str]:
    """Dotted names that ``path`` imports; own rooms as ``leercultuur_core.<room>``."""
    found: set[str] = set()
    here = path.relative_to(PACKAGE.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level]) if node.level else ""
            name = ".".join(part for part in (base, node.module or "") if part)
            found |= {name, *(f"{name}.{alias.name}" for alias in node.names)}
    return found


def rooms_of(path: Path) -> set[str]:
    names = {name.split(".")[1] for name in imports(path) if name.startswith("leercultuur_core.")}
    return {name for name in names if (PACKAGE / name).is_dir()} - {"data"}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    modules = sorted((PACKAGE / room).rglob("*.py"))
    assert modules
    for path in modules:
        assert rooms_of(path) <= ROOMS[room] | {room}, path


@pytest.mark.parametrize("room", sorted(PURE))
def test_a_pure_room_has_no_effects(room: str) -> None:
    for path in sorted((PACKAGE / room).rglob("*.py")):
        assert not {name.split(".")[0] for name in imports(path)} & EFFECTS, path
        assert ".now(" not in path.read_text("utf-8"), path


def test_importing_the_core_is_light() -> None:
    code = "import sys, leercultuur_core; print(' '.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    loaded = set(run.stdout.split())
    assert not loaded & {
        "numpy",
        "requests",
        "click",
        "rich",
        "sqlalchemy",
        "duckdb",
        "ibis",
        "pyarrow",
        "pluggy",
    }


def test_every_public_name_is_there() -> None:
    for name in lc.__all__:
        assert getattr(lc, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lc.nothing  # noqa: B018
    assert set(lc.__all__) <= set(dir(lc))


def test_the_public_names_change_only_on_purpose(snapshot: SnapshotAssertion) -> None:
    assert lc.__all__ == snapshot


@pytest.mark.parametrize("path", sorted(PLUGINS.glob("*/src/**/*.py")), ids=lambda path: path.stem)
def test_an_adapter_uses_only_public_names(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("leercultuur_core") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "leercultuur_core"
        ):
            names = {alias.name for alias in node.names}
            assert node.module in PUBLIC, path
            assert names <= set(PUBLIC[node.module]), path
