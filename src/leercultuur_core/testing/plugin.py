"""A pytest plugin: a report of what was proved of each adapter, and a table of the faults.

``--leercultuur-report FILE`` writes JSON; ``--leercultuur-table`` prints the table. Of a check that
runs more than once (parametrized, or for two test classes) the worst outcome counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

_WORST = ("failed", "passed", "skipped")


class Report:
    """What was run of each adapter. An adapter is named ``module:Class``."""

    def __init__(self) -> None:
        self.checks: dict[str, dict[str, str]] = {}
        self.contracts: dict[str, set[str]] = {}
        self.live: dict[str, dict[str, dict[str, Any]]] = {}
        self.faults: dict[str, dict[str, dict[str, Any]]] = {}

    def add(self, report: pytest.TestReport) -> None:
        """Takes in the outcome of a test, or of what it needed."""
        if report.when != "call" and report.outcome == "passed":
            return
        told: dict[str, Any] = dict(report.user_properties)
        adapter: str | None = told.get("leercultuur_adapter")
        if adapter is None:
            return
        name = report.nodeid.rpartition("::")[2].partition("[")[0].removeprefix("test_")
        if "leercultuur_live" in told:
            found = told["leercultuur_live"]
            live = self.live.setdefault(adapter, {}).setdefault(
                found["system"], {"version": found["version"], "checks": {}}
            )
            _worse(live["checks"], name, report.outcome)
            return
        self.contracts.setdefault(adapter, set()).add(told["leercultuur_contract"])
        _worse(self.checks.setdefault(adapter, {}), name, report.outcome)
        rows: list[Any] = [row for key, row in report.user_properties if key == "leercultuur_fault"]
        for row in rows:
            _add_fault(self.faults.setdefault(adapter, {}), row)

    def as_rows(self, now: datetime) -> list[dict[str, Any]]:
        """One JSON object for each adapter, by name."""
        rows = []
        for adapter in sorted({*self.checks, *self.live}):
            distribution, version = _distribution(adapter)
            rows.append(
                {
                    "adapter": adapter,
                    "distribution": distribution,
                    "version": version,
                    "contracts": sorted(self.contracts.get(adapter, ())),
                    "checks": dict(sorted(self.checks.get(adapter, {}).items())),
                    "faults": self.faults.get(adapter, {}),
                    "live": self.live.get(adapter, {}),
                    "date": now.date().isoformat(),
                }
            )
        return rows


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two options, off unless asked for."""
    group = parser.getgroup("leercultuur", "what adapters were tested for")
    group.addoption(
        "--leercultuur-report",
        metavar="FILE",
        type=Path,
        help="write which contract checks of each adapter ran and passed, as JSON",
    )
    group.addoption(
        "--leercultuur-table",
        action="store_true",
        help="print a table: fault, survived, activities lost and doubled",
    )


_report = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    """Starts an empty report where one is asked for."""
    if config.option.leercultuur_report or config.option.leercultuur_table:
        report = Report()
        config.stash[_report] = report
        config.pluginmanager.register(_Listener(report), "leercultuur-report")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the checks of a suite that the test class says do not apply."""
    left: list[pytest.Item] = []
    out: list[pytest.Item] = []
    found: dict[type, tuple[set[str], set[str]]] = {}
    for item in items:
        cls = getattr(item, "cls", None)
        declared = getattr(cls, "does_not_apply", None)
        if cls is None or not declared or not isinstance(item, pytest.Function):
            left.append(item)
            continue
        names = {item.originalname.removeprefix("test_"), *item.fixturenames} & declared.keys()
        found.setdefault(cls, (set(declared), set()))[1].update(names)
        (out if names else left).append(item)
    # A part of a file may be asked for; only a class whose every check is here can be judged.
    whole = not any("::" in argument for argument in config.args) and not config.option.keyword
    for cls, (said, names) in found.items():
        if whole and (unknown := said - names):
            raise pytest.UsageError(
                f"{cls.__name__}.does_not_apply: no check or fixture {', '.join(sorted(unknown))}"
            )
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = left


class _Listener:
    def __init__(self, report: Report) -> None:
        self._report = report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._report.add(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the report; with pytest-xdist only where all results come together."""
    path: Path | None = session.config.option.leercultuur_report
    if path is None or hasattr(session.config, "workerinput"):
        return
    rows = session.config.stash[_report].as_rows(datetime.now(UTC))
    path.write_text(json.dumps({"adapters": rows}, indent=2) + "\n", "utf-8")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints the table."""
    if not config.option.leercultuur_table:
        return
    for adapter, faults in sorted(config.stash[_report].faults.items()):
        terminalreporter.section(f"faults of {adapter}")
        width = max(map(len, faults))
        terminalreporter.write_line(f"{'fault':{width}}  survived  lost  doubled")
        for fault, row in sorted(faults.items()):
            survived = "yes" if row["survived"] else "no"
            terminalreporter.write_line(
                f"{fault:{width}}  {survived:8}  {row['lost']:4}  {row['doubled']:7}"
            )


def _worse(checks: dict[str, str], name: str, outcome: str) -> None:
    before = checks.get(name, outcome)
    checks[name] = min(before, outcome, key=_WORST.index)


def _add_fault(faults: dict[str, dict[str, Any]], row: Mapping[str, Any]) -> None:
    known = faults.setdefault(row["fault"], {"survived": True, "lost": 0, "doubled": 0})
    known["survived"] = known["survived"] and row["survived"]
    known["lost"] = max(known["lost"], row["lost"])
    known["doubled"] = max(known["doubled"], row["doubled"])


def _distribution(adapter: str) -> tuple[str, str]:
    """The distribution that an adapter comes from; empty texts for one that is not installed."""
    package = adapter.partition(".")[0].partition(":")[0]
    for name in metadata.packages_distributions().get(package, ()):
        return name, metadata.version(name)
    return "", ""
