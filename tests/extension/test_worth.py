"""What an adapter is worth: computed from what was run, and nothing once the files change."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core import ConfigError
from leercultuur_core.cli import leercultuur
from leercultuur_core.extension import (
    Adapter,
    Directory,
    FileSource,
    Installed,
    Issuer,
    Sink,
    Source,
)
from leercultuur_core.extension.proof import (
    Live,
    Outcome,
    Proof,
    Proved,
    digest_of,
    keep,
    package_of,
    proof_of,
    read_proof,
    read_report,
    stale,
)
from leercultuur_core.extension.worth import Rule, Worth, judge, scale, title_of
from leercultuur_core.testing import (
    DirectoryContract,
    IssuerContract,
    SinkContract,
    SourceContract,
)

Install = Callable[..., Installed]

DOCS = Path(__file__).parents[2] / "docs"

SUITES: Mapping[str, type] = {
    "source": SourceContract,
    "directory": DirectoryContract,
    "sink": SinkContract,
    "issuer": IssuerContract,
}


def checks(kind: str) -> list[str]:
    return [name.removeprefix("test_") for name in dir(SUITES[kind]) if name.startswith("test_")]


class AcmeSource(Source):
    name = "acme"
    fetch = None  # type: ignore[assignment]


class AcmeDirectory(Directory):
    name = "acme"
    people = None  # type: ignore[assignment]


class AcmeSink(Sink):
    name = "acme"
    deliver = None  # type: ignore[assignment]


class AcmeIssuer(Issuer):
    name = "acme"
    issue = None  # type: ignore[assignment]


class AcmeFile(FileSource):
    name = "acme"
    pages = None  # type: ignore[assignment]


ADAPTERS: Mapping[str, type[Adapter]] = {
    "source": AcmeSource,
    "directory": AcmeDirectory,
    "sink": AcmeSink,
    "issuer": AcmeIssuer,
}
ALL = list(ADAPTERS.values())


def proved(kind: str, **other: Outcome) -> Proved:
    """All checks passed but for ``other``, and once with a real Acme 3.2."""
    cls = ADAPTERS[kind]
    return Proved(
        adapter=f"{cls.__module__}:{cls.__qualname__}",
        contracts=(SUITES[kind].__name__,),
        checks={**dict.fromkeys(checks(kind), "passed"), **other},
        live={"Acme": Live("3.2", {"a_night_with_it": "passed"})},
        date="2026-03-02",
    )


def proof(*adapters: Proved, **other: Any) -> Proof:
    whole = Proof(
        schema=1,
        distribution="leercultuur-acme",
        version="1.0",
        core="0.1.0",
        digest="",
        typed="passed",
        told=("reads", "writes", "rights", "cannot see"),
        adapters=adapters or tuple(map(proved, ADAPTERS)),
    )
    return attrs.evolve(whole, **other)


# -- the scale ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(SUITES))
def test_every_check_of_a_suite_stands_in_one_rule(kind: str) -> None:
    named = [check for rule in scale().rule for check in rule.checks.get(kind, ())]
    assert sorted(named) == sorted(checks(kind))


def test_every_rule_has_a_level_a_reason_and_something_to_look_at() -> None:
    levels = [level.name for level in scale().level]
    assert levels == ["tried", "dependable", "complete"]
    names = [rule.name for rule in scale().rule]
    assert len(names) == len(set(names))
    for rule in scale().rule:
        assert rule.level in levels
        assert rule.reason.endswith(".")
        assert bool(rule.checks) != (rule.fact is not None), rule.name
        assert set(rule.checks) <= set(SUITES)


def test_the_page_is_fresh() -> None:
    page = runpy.run_path(str(DOCS / "write_worth.py"))["page"]()
    assert (DOCS / "adapters" / "worth.md").read_text("utf-8") == page, "run: make worth"


# -- judging -----------------------------------------------------------------------------------


def test_all_that_is_proved_makes_complete() -> None:
    worth = judge(ALL, proof(), scale())
    assert (worth.level, worth.lacking()) == ("complete", ())


def test_nothing_known_or_nothing_to_test_is_no_level() -> None:
    assert judge(ALL, None, scale()).level == ""
    assert judge([AcmeFile], proof(), scale()).level == ""
    assert judge([], proof(), scale()).level == ""


def test_a_reader_of_files_does_not_count() -> None:
    assert judge([*ALL, AcmeFile], proof(), scale()).level == "complete"


@pytest.mark.parametrize(
    ("other", "level", "rule"),
    [
        ({"told": ("rights", "cannot see")}, "dependable", "docs"),
        ({"told": ("reads", "writes", "rights")}, "tried", "privacy"),
        ({"typed": "failed"}, "dependable", "typed"),
        ({"typed": "not run"}, "dependable", "typed"),
        ({"adapters": (proved("source"),)}, "", "contract"),
    ],
)
def test_what_is_not_there_keeps_it_from_a_level(
    other: dict[str, Any], level: str, rule: str
) -> None:
    worth = judge(ALL, proof(**other), scale())
    assert worth.level == level
    assert worth.lacking()[0].rule.name == rule


def test_without_a_sink_it_is_not_complete() -> None:
    worth = judge([AcmeSource], proof(proved("source")), scale())
    assert worth.level == "dependable"
    (lacking,) = worth.lacking()
    assert (lacking.rule.name, lacking.why) == ("write-back", "it has no sink")


def test_what_was_not_seen_live_is_only_tried() -> None:
    never: list[dict[str, Live]] = [{}, {"Acme": Live("3", {"x": "skipped"})}]
    for live in never:
        worth = judge([AcmeSource], proof(attrs.evolve(proved("source"), live=live)), scale())
        assert worth.level == "tried"
        assert (worth.lacking()[0].rule.name, worth.lacking()[0].state) == ("live", "not run")
    failed = {"Acme": Live("3", {"x": "passed", "y": "failed"})}
    worth = judge([AcmeSource], proof(attrs.evolve(proved("source"), live=failed)), scale())
    assert worth.lacking()[0].state == "failed"


def only_skipped(rule: str, kind: str = "source") -> Proved:
    (names,) = [one.checks[kind] for one in scale().rule if one.name == rule]
    return proved(kind, **dict.fromkeys(names, "skipped"))  # type: ignore[arg-type]


def test_what_cannot_apply_is_no_fault_and_what_was_not_given_is() -> None:
    worth = judge([AcmeSource], proof(only_skipped("faults")), scale())
    assert worth.level == "dependable"
    (faults,) = [one for one in worth.standings if one.rule.name == "faults"]
    assert (faults.state, faults.why) == ("does not apply", "not reached over HTTP")

    worth = judge([AcmeSource], proof(only_skipped("incremental")), scale())
    assert worth.level == "tried"
    assert (worth.lacking()[0].state, worth.lacking()[0].why) == ("not run", "none of it")


@pytest.mark.parametrize("rule", [rule for rule in scale().rule if rule.checks])
def test_only_what_may_lack_may_lack(rule: Rule) -> None:
    assert set(rule.may_lack) <= {check for named in rule.checks.values() for check in named}
    for kind, named in rule.checks.items():
        for check in named:
            skipped: dict[str, Outcome] = {check: "skipped"}
            worth = judge([ADAPTERS[kind]], proof(proved(kind, **skipped)), scale())
            (one,) = [one for one in worth.standings if one.rule == rule]
            alone = bool(rule.exempt) and len(named) == 1
            assert one.state == (
                "does not apply" if alone else "holds" if check in rule.may_lack else "not run"
            ), check


def test_a_check_that_an_older_kit_did_not_have_was_not_run() -> None:
    older = proved("source")
    fewer = {name: how for name, how in older.checks.items() if name != "ids_are_unique"}
    worth = judge([AcmeSource], proof(attrs.evolve(older, checks=fewer)), scale())
    assert worth.level == ""
    assert (worth.lacking()[0].state, worth.lacking()[0].why) == ("not run", "ids_are_unique")


RANK = ["", "tried", "dependable", "complete"]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SUITES)), st.data())
def test_a_check_that_fails_never_raises_the_level(kind: str, data: st.DataObject) -> None:
    outcome = st.sampled_from(["passed", "passed", "passed", "skipped", "failed"])
    found = {name: data.draw(outcome, name) for name in checks(kind)}
    spoilt = data.draw(st.sampled_from(sorted(found)))

    def worth(outcomes: Mapping[str, Any]) -> Worth:
        one = attrs.evolve(proved(kind), checks=outcomes)
        return judge([ADAPTERS[kind]], proof(one), scale())

    def level(outcomes: Mapping[str, Any]) -> int:
        return RANK.index(worth(outcomes).level)

    assert level({**found, spoilt: "failed"}) <= level(found)
    (standing,) = [one for one in worth(found).standings if spoilt in one.rule.checks.get(kind, ())]
    # One check that was run shows that the rule applies after all: then the others count too.
    if standing.state != "does not apply":
        assert level(found) <= level({**found, spoilt: "passed"})


# -- kept in the plugin ------------------------------------------------------------------------

PLUGIN = '''
"""Acme."""

from collections.abc import Iterator

from leercultuur_core.extension import Page, Source, State, hookimpl


class AcmeSource(Source):
    """Acme."""

    name = "acme"

    def fetch(self, state: State) -> Iterator[Page]:
        """Nothing."""
        yield Page()


@hookimpl
def leercultuur_adapters() -> list[type[Source]]:
    """One."""
    return [AcmeSource]
'''


def report(folder: Path, adapter: str = "leercultuur_acme:AcmeSource", **other: Outcome) -> Path:
    """As the kit writes it: with more in it than is kept."""
    row = attrs.asdict(proved("source", **other)) | {
        "adapter": adapter,
        "distribution": "",
        "version": "",
        "faults": {"hang": {"survived": True, "lost": 0, "doubled": 0}},
    }
    path = folder / "report.json"
    path.write_text(json.dumps({"adapters": [row]}), "utf-8")
    return path


@pytest.fixture
def acme(install: Install, tmp_path: Path) -> Installed:
    plugin = install("acme", {"__init__.py": PLUGIN, "py.typed": ""})
    site = tmp_path / "site-acme"
    (site / "pyproject.toml").write_text("")
    (site / "README.md").write_text(
        "## What it reads\n- **Writes** nothing\nRights needed: docs/adapters/acme.md\n"
    )
    (tmp_path / "docs" / "adapters").mkdir(parents=True)
    (tmp_path / "docs" / "adapters" / "acme.md").write_text("# Acme\n\n## What it cannot see\n")
    return plugin


@pytest.fixture
def without_mypy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds; one test runs it."""
    monkeypatch.setattr("leercultuur_core.extension.proof._typed", lambda _: "passed")


def folder_of(plugin: Installed) -> Path:
    folder = package_of(plugin)
    assert folder is not None
    return folder


@pytest.mark.usefixtures("without_mypy")
def test_what_a_run_proved_is_kept_and_read_back(acme: Installed, tmp_path: Path) -> None:
    path = keep(acme, read_report(report(tmp_path)))
    assert path == folder_of(acme) / "worth.json"
    found = read_proof(acme)
    assert found is not None
    assert (found.distribution, found.version, found.typed) == ("leercultuur-acme", "1.0", "passed")
    # The last is told on a page that the README names.
    assert found.told == ("reads", "writes", "rights", "cannot see")
    assert found.adapters[0].live["Acme"].version == "3.2"
    assert stale(acme, found) == ()
    before = path.read_bytes()
    keep(acme, read_report(report(tmp_path)))
    assert path.read_bytes() == before


@pytest.mark.usefixtures("without_mypy")
def test_a_report_of_others_says_nothing(acme: Installed, tmp_path: Path) -> None:
    assert keep(acme, read_report(report(tmp_path, "leercultuur_acme_more:AcmeSource"))) is None
    assert read_proof(acme) is None
    assert proof_of(acme) == (None, "no tests are known")


@pytest.mark.usefixtures("without_mypy")
def test_of_other_files_it_counts_for_nothing(
    acme: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(acme, read_report(report(tmp_path)))
    (folder_of(acme) / "__pycache__").mkdir(exist_ok=True)
    (folder_of(acme) / "__pycache__" / "x.cpython-311.pyc").write_bytes(b"made by Python")
    (folder_of(acme) / ".mypy_cache").mkdir()
    (folder_of(acme) / ".mypy_cache" / "x.json").write_text("{}")
    assert proof_of(acme)[0] is not None
    newer = attrs.evolve(acme, version="1.1")
    assert "of version 1.0, this is 1.1" in proof_of(newer)[1]
    monkeypatch.setattr("leercultuur_core.extension.proof.__version__", "9.0.1")
    assert "this is 9.0.1" in proof_of(acme)[1]
    monkeypatch.undo()


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "__init__.py").write_text("x = 1"),
        lambda folder: (folder / "rules.toml").write_text(""),
        lambda folder: (folder / "py.typed").unlink(),
        lambda folder: (folder / "py.typed").rename(folder / "other"),
    ],
)
def test_any_change_of_files_is_seen(acme: Installed, change: Callable[[Path], Any]) -> None:
    folder = folder_of(acme)
    before = digest_of(folder)
    (folder / "worth.json").write_text("{}")
    assert digest_of(folder) == before
    change(folder)
    assert digest_of(folder) != before


@pytest.mark.parametrize("content", ["", "[]", '{"schema": 1}', '{"schema": 2, "level": "gold"}'])
def test_a_file_that_is_something_else_gives_no_level(acme: Installed, content: str) -> None:
    (folder_of(acme) / "worth.json").write_text(content)
    with pytest.raises(ConfigError):
        read_proof(acme)
    found, why = proof_of(acme)
    assert found is None
    assert why.startswith("cannot be read: ")


def test_a_report_that_is_something_else_is_told_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"adapters": [{"adapter": 1, "checks": {"x": "well"}}]}')
    with pytest.raises(ConfigError) as caught:
        read_report(path)
    assert len(caught.value.problems) >= 5


@pytest.mark.parametrize(
    ("code", "typed"), [("x: int = 1\n", "passed"), ("x: int = ''\n", "failed")]
)
def test_types_are_really_looked_at(
    install: Install,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    typed: str,
) -> None:
    plugin = install("typed", {"__init__.py": code, "py.typed": ""})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MYPYPATH", str(tmp_path / "site-typed"))
    keep(plugin, read_report(report(tmp_path, "leercultuur_typed:X")))
    found = read_proof(plugin)
    assert found is not None
    # Where the built wheels are tested there is no mypy, and that is said too.
    assert found.typed == (typed if find_spec("mypy") else "not run")


# -- shown -------------------------------------------------------------------------------------


def shown(*arguments: str) -> Result:
    return CliRunner().invoke(leercultuur, ["plugins", "acme", *arguments])


@pytest.mark.usefixtures("without_mypy", "acme")
def test_the_command_keeps_shows_and_fails_when_it_is_old(tmp_path: Path) -> None:
    assert "  worth   no tests are known" in shown().output
    assert shown("--fresh").exit_code == 1

    kept = shown("--keep", str(report(tmp_path, many_nights="failed", endless_pages="skipped")))
    assert kept.output == f"{tmp_path / 'site-acme' / 'leercultuur_acme' / 'worth.json'}\n"
    ran = shown("--fresh")
    assert ran.exit_code == 0
    count = len(checks("source")) - 2
    assert ran.output.splitlines()[1:] == [
        f"  source acme          {count} checks passed, 1 failed, 1 not run; live with Acme 3.2",
        "  hooks   leercultuur_adapters",
        "  worth   tried",
        "    for dependable: source acme: reads only what is new, and misses nothing that comes late: failed (many_nights)",
    ]
    (row,) = json.loads(shown("--format", "json").output)
    assert (row["level"], row["unproved"]) == ("tried", "")
    assert row["lacking"][0]["rule"] == "incremental"
    assert row["tests"]["source acme"] == {
        "passed": count,
        "failed": ["many_nights"],
        "not run": ["endless_pages"],
        "live": {"Acme": "3.2"},
        "date": "2026-03-02",
    }

    (tmp_path / "site-acme" / "leercultuur_acme" / "more.py").write_text("")
    ran = shown("--fresh")
    assert ran.exit_code == 1
    assert "  worth   tests of another version: of other files than these" in ran.output
    assert shown().exit_code == 0
    assert json.loads(shown("--format", "json").output)[0]["tests"] == {}


@pytest.mark.usefixtures("acme")
def test_a_report_about_nobody_here_is_wrong_use(tmp_path: Path) -> None:
    ran = shown("--keep", str(report(tmp_path, "elsewhere:X")))
    assert ran.exit_code == 2
    assert "says nothing of an installed plugin" in " ".join(ran.output.split())
    assert CliRunner().invoke(leercultuur, ["plugins", "nobody"]).exit_code == 2


def test_an_adapter_is_called_after_its_contract() -> None:
    every: list[type[Adapter]] = [*ALL, AcmeFile]
    assert list(map(title_of, every)) == [
        "source acme",
        "directory acme",
        "sink acme",
        "issuer acme",
        "reader acme",
    ]
