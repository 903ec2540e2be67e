"""What was proved of a plugin's adapters: kept in the plugin itself, for these files and no others.

A test run writes a report (``pytest --leercultuur-report FILE``); `keep` puts what it says of one
plugin into its package as ``worth.json``. That file travels in the wheel. It names the version of the
plugin and of the core, and a digest of the package's files, so that it counts for nothing once they
change. It says what the plugin's maker ran; who wants to be sure runs the tests again.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib import util
from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import field, frozen

from .. import __version__
from ..errors import ConfigError, Problem
from .plugins import Installed
from .settings import structure

FILE_NAME = "worth.json"
"""Where it is kept, in the plugin's package."""

Outcome = Literal["passed", "failed", "skipped"]

Typed = Literal["passed", "failed", "not run"]

_TOLD = {
    "reads": r"reads?\b",
    "writes": r"writes?\b",
    "rights": r"rights\b",
    "cannot see": r"cannot see\b",
}
"""What must be told, and how a sentence about it begins, after signs and ``What it``."""

_PAGE = re.compile(r"docs/[\w./-]+\.md")

_MYPY_AT_MOST = 300.0


@frozen
class Live:
    """What was proved with a real system of this version: check → outcome."""

    version: str
    checks: Mapping[str, Outcome]


@frozen
class Proved:
    """What was run of one adapter, ``module:Class``; ``date`` is the day, in UTC.

    ``checks`` are those of its contract, without ``test_``; ``live`` is by name of the system.
    """

    adapter: str
    contracts: tuple[str, ...]
    checks: Mapping[str, Outcome]
    live: Mapping[str, Live]
    date: str


@frozen
class _Row(Proved):
    """An adapter in a report, which holds more than is kept."""

    distribution: str = ""
    version: str = ""
    faults: Mapping[str, Any] = field(factory=dict)


@frozen
class _Report:
    adapters: tuple[_Row, ...]


@frozen
class Proof:
    """What was proved of a plugin, and for which version of what.

    typed
        What ``mypy --strict`` said of the package.
    told
        What its README, or a page that it names, tells: some of ``reads``, ``writes``, ``rights``, ``cannot see``.
    """

    schema: Literal[1]
    distribution: str
    version: str
    core: str
    digest: str
    typed: Typed
    told: tuple[str, ...]
    adapters: tuple[Proved, ...]


def package_of(plugin: Installed) -> Path | None:
    """The folder of the plugin's package; ``None`` for a plugin of a single module, or none.

    Imports nothing.
    """
    try:
        spec = util.find_spec(_package(plugin))
    except (ImportError, ValueError):
        return None
    places = None if spec is None else spec.submodule_search_locations
    return Path(next(iter(places))) if places else None


def digest_of(folder: Path) -> str:
    """A digest of the files that a wheel of the package has, but for `FILE_NAME` itself."""
    files = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path.name != FILE_NAME
    }
    digest = blake2b(digest_size=16)
    for name in sorted(files):
        # What tools and Python itself leave there is in no wheel.
        if any(part.startswith(".") or part == "__pycache__" for part in name.split("/")):
            continue
        for part in (name.encode(), files[name].read_bytes()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def read_report(path: Path) -> tuple[Proved, ...]:
    """What a test run wrote into ``path``. Raises `ConfigError` for another file."""
    return structure(_Report, _json(path), place=path.name).adapters


def read_proof(plugin: Installed) -> Proof | None:
    """What is kept in the plugin; ``None`` where nothing is.

    Raises `ConfigError` where the file is not what `keep` writes.
    """
    folder = package_of(plugin)
    if folder is None or not (folder / FILE_NAME).is_file():
        return None
    path = folder / FILE_NAME
    return structure(Proof, _json(path), place=f"{folder.name}/{FILE_NAME}")


def stale(plugin: Installed, proof: Proof) -> tuple[str, ...]:
    """Why ``proof`` counts for nothing here; empty where it is about what is installed."""
    folder = package_of(plugin)
    reasons = []
    if proof.version != plugin.version:
        reasons.append(f"of version {proof.version}, this is {plugin.version}")
    if _minor(proof.core) != _minor(__version__):
        reasons.append(f"with core {proof.core}, this is {__version__}")
    if folder is None or proof.digest != digest_of(folder):
        reasons.append("of other files than these")
    return tuple(reasons)


def proof_of(plugin: Installed) -> tuple[Proof | None, str]:
    """What was proved of the very files that are installed, or ``None`` and why that is nothing."""
    try:
        proof = read_proof(plugin)
    except ConfigError as error:
        return None, f"cannot be read: {error.problems[0]}"
    if proof is None:
        return None, "no tests are known"
    reasons = stale(plugin, proof)
    return (None, f"tests of another version: {'; '.join(reasons)}") if reasons else (proof, "")


def keep(plugin: Installed, report: Sequence[Proved]) -> Path | None:
    """Writes `FILE_NAME` with what ``report`` says of this plugin; gives its path.

    ``None`` where the report says nothing of it. Runs mypy on the package (at most five minutes) and
    looks at the README beside its ``pyproject.toml``.
    """
    folder = package_of(plugin)
    package = _package(plugin)
    own = [one for one in report if re.split(r"[.:]", one.adapter)[0] == package]
    if folder is None or not own:
        return None
    proof = Proof(
        schema=1,
        distribution=plugin.distribution,
        version=plugin.version,
        core=__version__,
        digest=digest_of(folder),
        typed=_typed(folder),
        told=_told(folder),
        adapters=tuple(_kept(one) for one in sorted(own, key=lambda one: one.adapter)),
    )
    path = folder / FILE_NAME
    path.write_text(json.dumps(attrs.asdict(proof), indent=1) + "\n", "utf-8")
    return path


def _kept(one: Proved) -> Proved:
    return Proved(**{a.name: getattr(one, a.name) for a in attrs.fields(Proved)})


def _package(plugin: Installed) -> str:
    return plugin.entry_point.module.partition(".")[0]


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]


def _typed(folder: Path) -> Typed:
    if util.find_spec("mypy") is None:
        return "not run"
    if not (folder / "py.typed").is_file():
        return "failed"
    # Started here, so that the settings of the folder one works in count: stubs that are missing.
    command = [sys.executable, "-m", "mypy", "--strict", "-p", folder.name]
    try:
        done = subprocess.run(  # noqa: S603 - this Python, on a package that is installed
            command, capture_output=True, timeout=_MYPY_AT_MOST, check=False
        )
    except subprocess.TimeoutExpired:
        return "not run"
    return "passed" if done.returncode == 0 else "failed"


def _told(folder: Path) -> tuple[str, ...]:
    """What the README beside the plugin's ``pyproject.toml`` tells, with the pages it names."""
    root = next((one for one in folder.parents if (one / "pyproject.toml").is_file()), None)
    if root is None or not (root / "README.md").is_file():
        return ()
    text = (root / "README.md").read_text("utf-8")
    for name in dict.fromkeys(_PAGE.findall(text)):
        # The plugins of one repository may share a folder of documentation.
        found = [one / name for one in (root, *root.parents[:2]) if (one / name).is_file()]
        text += "\n" + "".join(one.read_text("utf-8") for one in found[:1])
    return tuple(
        name
        for name, words in _TOLD.items()
        if re.search(rf"(?:^|\. )\W*(?:what )?(?:it )?{words}", text, re.IGNORECASE | re.MULTILINE)
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            str(path),
            [Problem(path.name, "what pytest --leercultuur-report wrote", type(error).__name__)],
        ) from None
