"""A hook has a section, a sample and a test; the reference is what the specifications say."""

from __future__ import annotations

import inspect
import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from leercultuur_core import Engine
from leercultuur_core.cli import leercultuur
from leercultuur_core.extension import HOOKS, HookSpecs, Installed

Install = Callable[..., Installed]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

PLUGIN = '''
import attrs
import click
from leercultuur_core import maturity_model, parse_rules
from leercultuur_core.extension import hookimpl

RULES = """
schema = 1
version = "acme-1"

[[rule]]
verb = "https://acme.example/verbs/lesson-done"
kind = "progressed"
ground = "A lesson is a step, not the whole."
"""


@hookimpl
def leercultuur_evidence_rules():
    return parse_rules(RULES, "acme.toml")


@hookimpl
def leercultuur_catalogues():
    shipped = next(iter(maturity_model().interventions()))
    return [attrs.evolve(shipped, id="acme-walk", seed_line=None, addition=True)]


@click.command()
def acme():
    """Says hello."""
    click.echo("hello from Acme")


@click.command("run")
def taken():
    """A name that the core has."""


@hookimpl
def leercultuur_commands():
    return [acme, taken]
'''


def sections(page: str) -> dict[str, str]:
    """Hook → the text under its heading."""
    parts = re.split(r"^## `?([\w ]+)`?$", (DOCS / page).read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def samples(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_reference_is_fresh() -> None:
    page = runpy.run_path(str(DOCS / "write_hooks.py"))["page"]()
    assert (DOCS / "hooks.md").read_text("utf-8") == page, "run: make reference"


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_when_it_is_called_and_what_it_gives(hook: str) -> None:
    said = inspect.getdoc(getattr(HookSpecs, hook)) or ""
    first, _, rest = said.partition("\n\n")
    assert first.endswith(".")
    assert "Called" in rest
    signature = inspect.signature(getattr(HookSpecs, hook))
    for argument in list(signature.parameters)[1:]:
        assert f"``{argument}``" in rest, argument


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_section_and_a_sample_that_runs(hook: str) -> None:
    assert hook in sections("hooks.md")
    page = "plugins.md"
    assert hook in sections(page)
    assert any(hook in sample for sample in samples(sections(page)[hook])), hook
    # Sybil runs the python blocks of this page.
    everywhere = samples((DOCS / page).read_text("utf-8"))
    assert any(f"def {hook}(" in sample for sample in everywhere), hook


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_test(hook: str) -> None:
    written = sorted((ROOT / "tests").rglob("test_*.py"))
    assert any(f"def {hook}(" in path.read_text("utf-8") for path in written), hook


def engine(folder: Path) -> Engine:
    runner = CliRunner()
    assert runner.invoke(leercultuur, ["init", str(folder)]).exit_code == 0
    path = folder / "leercultuur.toml"
    path.write_text('plugins = ["acme"]\n' + path.read_text("utf-8"), "utf-8")
    return Engine.from_config(path)


def test_rules_and_catalogue_of_a_plugin_count_in_a_run(install: Install, tmp_path: Path) -> None:
    install("acme", {"__init__.py": PLUGIN})
    with engine(tmp_path / "mine") as running:
        assert not running.plugins.broken
        assert "acme-walk" in running.model
        assert running.rules.version.endswith("acme-1")


def test_commands_of_a_plugin_are_there_and_take_no_name_of_the_core(install: Install) -> None:
    install("acme", {"__init__.py": PLUGIN})
    said = CliRunner().invoke(leercultuur, ["acme"])
    assert (said.exit_code, said.output) == (0, "hello from Acme\n")
    assert "the whole night" in CliRunner().invoke(leercultuur, ["--help"]).output
    own = CliRunner().invoke(leercultuur, ["run", "--help"])
    assert "A name that the core has" not in own.output
