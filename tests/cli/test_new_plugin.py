"""A plugin is made whole, fits its name, and passes its own checks, here and from a wheel."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from importlib import metadata
from importlib.util import find_spec
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.cli.new_plugin import LONGEST_NAME, plugin_files
from leercultuur_core.extension import CONTRACTS, installed

Run = Callable[..., Any]

ROOT = Path(__file__).parents[2]
KINDS = ("source", "directory", "sink", "issuer")
ALL = tuple(f"--{kind}" for kind in KINDS)
SOME = list(chain.from_iterable(combinations(KINDS, number) for number in range(1, 5)))


def python(*arguments: str, cwd: Path, exe: str = sys.executable, at_most: float = 120) -> str:
    """What a module of Python printed; fails with all of it where it ends badly."""
    done = subprocess.run(  # noqa: S603 - this Python and its tools
        [exe, "-m", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=at_most,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def lint(folder: Path) -> None:
    # Where the built wheels are tested only pytest is there.
    if find_spec("ruff"):
        python("ruff", "format", "--check", ".", cwd=folder)
        python("ruff", "check", "--no-cache", ".", cwd=folder)


def test_as_it_is_made_it_passes_its_checks(run: Run, tmp_path: Path) -> None:
    ran = run("new-plugin", "Acme_LMS", *ALL, "--into", tmp_path)
    assert ran.code == 0, ran.err
    folder = tmp_path / "leercultuur-acme-lms"
    made = {str(path) for path in folder.rglob("*") if path.is_file()}
    assert made == set(ran.out.partition("\n\n")[0].splitlines())
    assert ran.out.endswith(f"Now: cd {folder} && pip install -e '.[dev]' && pytest\n")
    lint(folder)
    if find_spec("mypy"):
        python("mypy", "--cache-dir", str(tmp_path / "cache"), cwd=folder)
    printed = python("pytest", "-p", "no:cacheprovider", cwd=folder)
    assert "failed" not in printed
    assert int(re.findall(r"(\d+) passed", printed)[0]) > 100
    # What is not given is skipped: a fixture that was forgotten would say so here.
    assert "give a fixture" not in printed


@pytest.mark.parametrize("name", ["x", "ab-c2", "a" * LONGEST_NAME])
def test_lines_fit_whatever_the_name(run: Run, tmp_path: Path, name: str) -> None:
    assert run("new-plugin", name, *ALL, "--into", tmp_path).code == 0
    lint(tmp_path / f"leercultuur-{name}")


def test_a_source_when_nothing_is_asked_for(run: Run, tmp_path: Path) -> None:
    assert run("new-plugin", "leercultuur.acme", "--into", tmp_path / "new" / "folder").code == 0
    package = tmp_path / "new" / "folder" / "leercultuur-acme" / "src" / "leercultuur_acme"
    assert {path.name for path in package.iterdir()} == {
        "__init__.py",
        "py.typed",
        "settings.py",
        "source.py",
    }


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[a-z]([a-z0-9]|-(?=[a-z0-9])){0,23}", fullmatch=True), st.sampled_from(SOME))
def test_every_name_gives_a_plugin_of_that_name(system: str, kinds: Sequence[str]) -> None:
    files = plugin_files(system, kinds)
    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert project["name"] == f"leercultuur-{system}"
    assert list(project["entry-points"]["leercultuur"]) == [system]
    package = project["entry-points"]["leercultuur"][system]
    assert package.isidentifier()
    for path, content in files.items():
        if path.endswith(".py"):
            compile(content, path, "exec")
        elif path.endswith(".json"):
            assert json.loads(content)["exchanges"]
        assert "$" not in content.replace("${{ matrix.python }}", ""), path
    for kind in KINDS:
        assert (f"src/{package}/{kind}.py" in files) == (kind in kinds)
        assert (f"tests/test_{kind}.py" in files) == (kind in kinds)
    (configuration,) = re.findall(r"```toml\n(.*?)```", files["README.md"], re.DOTALL)
    assert set(tomllib.loads(configuration)) == set(kinds) <= set(CONTRACTS)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("4me", "from a letter"),
        ("bakkerij é", "letters, digits and hyphens"),
        ("-acme", "No such option"),
        ("acme-", "letters, digits and hyphens"),
        ("", "letters, digits and hyphens"),
        ("../acme", "letters, digits and hyphens"),
        ("leercultuur-4me", "from a letter"),
        ("a" * (LONGEST_NAME + 1), "at most 24 characters"),
        ("core", "the core uses it itself"),
        ("files", "the core uses it itself"),
        ("webhook", "the core uses it itself"),
    ],
)
def test_a_name_that_cannot_be(run: Run, tmp_path: Path, name: str, why: str) -> None:
    ran = run("new-plugin", name, "--into", tmp_path)
    assert ran.code == 2
    assert why in " ".join(ran.err.split())
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_installed(run: Run, tmp_path: Path) -> None:
    plugin = installed()[0]
    for name in (plugin.name, plugin.distribution, plugin.name.upper()):
        ran = run("new-plugin", name, "--into", tmp_path)
        assert ran.code == 2
        assert f"{plugin.distribution} is installed" in " ".join(ran.err.split())


def test_nothing_is_written_over(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "leercultuur-acme" / "README.md"
    mine.parent.mkdir()
    mine.write_text("mine")
    ran = run("new-plugin", "acme", "--into", tmp_path)
    assert ran.code == 2
    assert "is there already" in ran.err
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


def test_no_plugin_is_left_half_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def full(path: Path, *arguments: Any, **more: Any) -> int:
        if path.name == "source.py":
            raise OSError(28, "No space left on device", str(path))
        return write(path, *arguments, **more)

    monkeypatch.setattr(Path, "write_text", full)
    ran = run("new-plugin", "acme", "--into", tmp_path)
    assert ran.code == 1
    assert "No space left on device" in ran.err
    assert not list(tmp_path.iterdir())


@pytest.mark.server
def test_installed_beside_the_built_wheel_it_works(run: Run, tmp_path: Path) -> None:
    assert run("new-plugin", "acme", *ALL, "--into", tmp_path).code == 0
    folder = tmp_path / "leercultuur-acme"
    wheels = tmp_path / "wheels"
    pip = ("pip", "--quiet", "--disable-pip-version-check")
    for project in (ROOT, folder):
        python(
            *pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(project),
            cwd=tmp_path, at_most=180,
        )  # fmt: skip
    python("venv", "env", cwd=tmp_path)
    fresh = str(tmp_path / "env/bin/python")
    core, plugin = sorted(wheels.glob("*.whl"), key=lambda path: "core" not in path.name)
    python(
        *pip, "install", "-c", str(ROOT / "constraints.txt"), f"{core}[testing]", str(plugin),
        cwd=tmp_path, exe=fresh, at_most=300,
    )  # fmt: skip
    # Its tests see the wheel that is installed, and not the folder beside them.
    report = tmp_path / "report.json"
    printed = python(
        "pytest", "-o", "pythonpath=", "--leercultuur-report", str(report),
        cwd=folder, exe=fresh,
    )  # fmt: skip
    assert "failed" not in printed
    assert {one["distribution"] for one in json.loads(report.read_text())["adapters"]} == {
        "leercultuur-acme"
    }
    (row,) = listed(fresh, tmp_path, "--format", "json")
    assert (row["name"], row["version"], row["error"]) == ("acme", "0.1.0", None)
    assert sorted(row["adapters"]) == [
        "directory acme",
        "issuer acme",
        "sink acme",
        "source acme",
    ]
    assert (row["level"], row["unproved"]) == ("", "no tests are known")
    # What the tests proved of the wheel is worth a level: but nobody saw a real Acme.
    leercultuur(fresh, tmp_path, "plugins", "--keep", str(report))
    (row,) = listed(fresh, tmp_path, "--fresh", "--format", "json")
    assert (row["level"], row["unproved"]) == ("tried", "")
    assert {one["rule"] for one in row["lacking"] if one["adapter"]} == {"live"}
    # The templates are in the wheel too.
    assert "leercultuur-other/pyproject.toml" in leercultuur(fresh, tmp_path, "new-plugin", "other")


def listed(exe: str, cwd: Path, *arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(leercultuur(exe, cwd, "plugins", *arguments))
    return rows


def leercultuur(exe: str, cwd: Path, *arguments: str) -> str:
    """What ``leercultuur`` of another environment printed."""
    command = [str(Path(exe).with_name("leercultuur")), *arguments]
    return subprocess.run(  # noqa: S603 - installed by this test
        command, cwd=cwd, capture_output=True, text=True, timeout=60, check=True
    ).stdout


def test_the_core_it_asks_for_is_this_one() -> None:
    project = tomllib.loads(plugin_files("acme", ["source"])["pyproject.toml"])["project"]
    (wanted,) = [one for one in project["dependencies"] if one.startswith("leercultuur-core")]
    lowest = re.findall(r">=([\d.]+)", wanted)[0]
    assert metadata.version("leercultuur-core").startswith(f"{lowest}.")
