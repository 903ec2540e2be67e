"""A plugin that is really installed, as far as Python can tell."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leercultuur_core.extension import Installed, installed

Install = Callable[..., Installed]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """``install("acme", {"__init__.py": "…"}, version="1.0")`` → the plugin, found by discovery."""
    names: list[str] = []

    def make(name: str, files: dict[str, str], version: str = "1.0") -> Installed:
        site = tmp_path / f"site-{name}"
        package = site / f"leercultuur_{name}"
        for path, content in files.items():
            target = package / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, "utf-8")
        info = site / f"leercultuur_{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: leercultuur-{name}\nVersion: {version}\n"
        )
        (info / "entry_points.txt").write_text(f"[leercultuur]\n{name} = leercultuur_{name}\n")
        monkeypatch.syspath_prepend(str(site))
        importlib.invalidate_caches()
        names.append(package.name)
        (plugin,) = [one for one in installed() if one.name == name]
        return plugin

    yield make
    for module in list(sys.modules):
        if module.partition(".")[0] in names:
            del sys.modules[module]
