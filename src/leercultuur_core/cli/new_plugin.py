"""``leercultuur new-plugin``: a plugin that passes its checks from the first minute."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from importlib import metadata, resources
from pathlib import Path
from string import Template

import click

from .. import __version__
from ..extension import PROJECT, installed

LONGEST_NAME = 24
"""In characters; lines of the files stay within 100 with it."""

_COMMON = {
    "pyproject.toml.txt": "pyproject.toml",
    "README.md.txt": "README.md",
    "LICENSE.txt": "LICENSE",
    "gitignore.txt": ".gitignore",
    "check.yml.txt": ".github/workflows/check.yml",
    "init.py.txt": "src/$package/__init__.py",
    "settings.py.txt": "src/$package/settings.py",
    "test_plugin.py.txt": "tests/test_plugin.py",
}
"""Template → where it goes."""

_KINDS = ("source", "directory", "sink", "issuer")

_RECORDINGS = {
    "source": "events.json",
    "directory": "people.json",
    "issuer": "credentials.json",
}
"""What the system answers; the test of a sink has a stand-in that remembers what came."""

_READS = {
    "source": "- Who finished which lesson, when, and with what score (source). No texts.",
    "directory": "- People: number, name, mail address, manager, unit (directory).",
}
_WRITES = {
    "sink": "- A note with a first step, which only its recipient sees (sink).",
    "issuer": "- A credential that is to be signed (issuer).",
}


@click.command("new-plugin")
@click.argument("name")
@click.option("--source", is_flag=True, help="Activity in.")
@click.option("--directory", is_flag=True, help="People in.")
@click.option("--sink", is_flag=True, help="First steps out.")
@click.option("--issuer", is_flag=True, help="Credentials signed.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    help="The folder to make it in.  [default: here]",
)
def new_plugin(name: str, into: Path, **wanted: bool) -> None:
    """Make a plugin for the system NAME, such as acme, in a folder of its own.

    It has the adapters you ask for (a source, when you ask for none), tests that inherit the
    contract of each, a README and a workflow for CI. It works as it is made, with a made-up system:
    change it, step by step, into yours.
    """
    system = _system(name)
    chosen = [kind for kind in _KINDS if wanted[kind]] or ["source"]
    folder = into / f"{PROJECT}-{system}"
    if folder.exists():
        raise click.UsageError(f"{folder} is there already; choose another name, or --into")
    files = plugin_files(system, chosen)
    _write(folder, files)
    for path in files:
        click.echo(folder / path)
    click.echo(f"\nNow: cd {folder} && pip install -e '.[dev]' && pytest")


def plugin_files(system: str, kinds: Sequence[str]) -> dict[str, str]:
    """Path → content of every file of a plugin for ``system`` with adapters of these kinds."""
    words = _words(system, kinds)
    places = dict(_COMMON)
    for kind in kinds:
        places[f"{kind}.py.txt"] = f"src/$package/{kind}.py"
        places[f"test_{kind}.py.txt"] = f"tests/test_{kind}.py"
        if kind in _RECORDINGS:
            recording = _RECORDINGS[kind]
            places[f"{recording}.txt"] = f"tests/recordings/{recording}"
    folder = resources.files("leercultuur_core.data").joinpath("new_plugin")
    files = {
        Template(place).substitute(words): Template(
            folder.joinpath(template).read_text("utf-8")
        ).substitute(words)
        for template, place in places.items()
    }
    files[f"src/{words['package']}/py.typed"] = ""
    return dict(sorted(files.items()))


def _words(system: str, kinds: Sequence[str]) -> Mapping[str, str]:
    """What stands in the templates for ``$…``."""
    prefix = "".join(part.capitalize() for part in system.split("-"))
    variable = f"{system.upper().replace('-', '_')}_TOKEN"
    classes = sorted(f"{prefix}{kind.capitalize()}" for kind in kinds)
    table = (
        f'[[$kind]]\nname = "{system}"\n'
        f'url = "https://{system}.example"\ntoken = {{ env = "{variable}" }}'
    )
    return {
        "name": system,
        "title": system.replace("-", " ").title(),
        "distribution": f"{PROJECT}-{system}",
        "package": f"{PROJECT}_{system.replace('-', '_')}",
        "prefix": prefix,
        "variable": variable,
        "core": ".".join(__version__.split(".")[:2]),
        "configuration": "\n\n".join(table.replace("$kind", kind) for kind in kinds),
        "reads": "\n".join(_READS[kind] for kind in kinds if kind in _READS) or "Nothing.",
        "writes": "\n".join(_WRITES[kind] for kind in kinds if kind in _WRITES) or "Nothing.",
        "imports": "\n".join(
            f"from .{module} import {prefix}{module.capitalize()}"
            for module in sorted([*kinds, "settings"])
        ),
        "exports": "\n".join(
            f'    "{one}",' for one in [*sorted([*classes, f"{prefix}Settings"]), _HOOK]
        ),
        "classes": "\n".join(f"        {one}," for one in classes),
    }


_HOOK = "leercultuur_adapters"


def _system(name: str) -> str:
    """The system's name as packages are named (PEP 503), without the prefix of plugins."""
    # Spelled as PEP 508 has it, and from a letter: classes are called after it.
    if not re.fullmatch(r"[A-Za-z](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", name):
        raise click.BadParameter(
            "expected letters, digits and hyphens, from a letter, such as acme or open-lms",
            param_hint="NAME",
        )
    system = re.sub(r"[-_.]+", "-", name).lower().removeprefix(f"{PROJECT}-")
    if len(system) > LONGEST_NAME or not system[0].isalpha():
        raise click.BadParameter(
            f"expected at most {LONGEST_NAME} characters, from a letter, after {PROJECT}-",
            param_hint="NAME",
        )
    taken = _taken(system)
    if taken:
        raise click.BadParameter(f'"{system}" is taken: {taken}; choose another', param_hint="NAME")
    return system


def _taken(system: str) -> str:
    """Who has this name already; ``""`` when nobody here has."""
    from ..run.builtin import BUILTIN  # noqa: PLC0415 - brings the engine; for this command only

    if system in {"core", PROJECT} or any(system in adapters for adapters in BUILTIN.values()):
        return "the core uses it itself"
    for plugin in installed():
        if plugin.name == system:
            return f"{plugin.distribution} is installed"
    try:
        metadata.distribution(f"{PROJECT}-{system}")
    except metadata.PackageNotFoundError:
        return ""
    return f"{PROJECT}-{system} is installed"


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """All files or none: a folder that is half made would be in the way of the next try."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        made.chmod(0o755)
        for path, content in files.items():
            target = made / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, "utf-8", newline="\n")
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
