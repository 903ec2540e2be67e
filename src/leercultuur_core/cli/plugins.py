"""``leercultuur plugins``: what is installed, what it gives, what it is worth, and what is broken."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from attrs import asdict, frozen

from ..extension import CONTRACTS, HOOKS, Adapter, Installed, Plugins, installed
from ..extension.proof import Proof, keep, proof_of, read_report
from ..extension.worth import Scale, Worth, judge, kind_of, proved_of, scale, title_of


@frozen
class Row:
    """What is told of one plugin.

    level
        What it is worth; ``""`` where nothing of it was proved.
    unproved
        Why what was proved does not count, or what is missing where nothing was.
    lacking
        What keeps it from higher levels: level, rule, adapter, state and why.
    tests
        Adapter → how many checks passed, which failed or were not run, and with which real systems.
    """

    name: str
    distribution: str
    version: str
    hooks: list[str]
    adapters: list[str]
    error: str | None
    level: str
    unproved: str
    lacking: list[dict[str, str]]
    tests: dict[str, dict[str, Any]]


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.option(
    "--keep",
    "report",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Put what a test run proved into the plugins: FILE of pytest --leercultuur-report.",
    metavar="FILE",
)
@click.option(
    "--fresh", is_flag=True, help="Fail where what was proved is of other files, or absent."
)
@click.pass_context
def plugins(
    ctx: click.Context, names: Sequence[str], form: str, report: Path | None, fresh: bool
) -> None:
    """Plugins that are installed: what each gives and is worth, and why one cannot be used.

    Installed is not switched on: a command uses only the plugin it needs. What a plugin is worth is
    computed from the tests that its maker ran (docs/adapters/worth.md).
    """
    on_disk = [plugin for plugin in installed() if not names or plugin.name in names]
    unknown = sorted({*names} - {plugin.name for plugin in on_disk})
    if unknown:
        raise click.UsageError(f"not installed: {', '.join(unknown)}")
    if report is not None:
        _keep(on_disk, report)
        return
    loaded = Plugins.load([plugin.name for plugin in on_disk])
    adapters: dict[str, list[type[Adapter]]] = {}
    for owner, classes in loaded.call("leercultuur_adapters"):
        adapters.setdefault(owner, []).extend(classes)
    for contract in CONTRACTS.values():
        loaded.adapters(contract)  # names claimed twice are found here
    by = scale()
    rows = [_row(plugin, loaded, adapters.get(plugin.name, []), by) for plugin in on_disk]
    if form == "json":
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
    elif not rows:
        click.echo("No plugins installed. To read xAPI files: pip install leercultuur-xapi")
    else:
        for row in rows:
            _show(row, by)
    # Pages and commands are no adapters, and have no contract to prove.
    old = fresh and any(row.unproved and row.adapters for row in rows)
    ctx.exit(1 if loaded.broken or old else 0)


def _keep(on_disk: Sequence[Installed], report: Path) -> None:
    proved = read_report(report)
    kept = [path for plugin in on_disk if (path := keep(plugin, proved)) is not None]
    for path in kept:
        click.echo(path)
    if not kept:
        raise click.UsageError(
            f"{report} says nothing of an installed plugin; are its tests those of a contract, and "
            "is the plugin installed here?"
        )


def _row(plugin: Installed, loaded: Plugins, adapters: Sequence[type[Adapter]], by: Scale) -> Row:
    proof, unproved = proof_of(plugin)
    worth = judge(adapters, proof, by)
    return Row(
        name=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        hooks=[hook for hook in HOOKS if loaded.implements(plugin.name, hook)],
        adapters=[title_of(adapter) for adapter in adapters],
        error=str(loaded.broken[plugin.name]) if plugin.name in loaded.broken else None,
        level=worth.level,
        unproved=unproved,
        lacking=_lacking(worth),
        tests={} if proof is None else _tests(adapters, proof, by),
    )


def _lacking(worth: Worth) -> list[dict[str, str]]:
    return [
        {
            "level": one.rule.level,
            "rule": one.rule.name,
            "title": one.rule.title,
            "adapter": one.adapter,
            "state": one.state,
            "why": one.why,
        }
        for one in worth.lacking()
    ]


def _tests(adapters: Sequence[type[Adapter]], proof: Proof, by: Scale) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for adapter in adapters:
        proved = proved_of(adapter, proof)
        if proved is None:
            continue
        every = {name for rule in by.rule for name in rule.checks.get(kind_of(adapter), ())}
        outcomes = {name: proved.checks.get(name) for name in sorted(every)}
        found[title_of(adapter)] = {
            "passed": list(outcomes.values()).count("passed"),
            "failed": [name for name, outcome in outcomes.items() if outcome == "failed"],
            "not run": [name for name, outcome in outcomes.items() if outcome in {"skipped", None}],
            "live": {
                system: live.version
                for system, live in proved.live.items()
                if "passed" in live.checks.values()
            },
            "date": proved.date,
        }
    return found


def _show(row: Row, by: Scale) -> None:
    click.echo(f"{row.name}  ({row.distribution} {row.version})")
    if row.error is not None:
        click.echo(f"  cannot be used: {row.error}")
        return
    for adapter in row.adapters:
        tests = row.tests.get(adapter)
        click.echo(f"  {adapter:20} {_counted(tests)}".rstrip() if tests else f"  {adapter}")
    click.echo(f"  hooks   {', '.join(row.hooks)}".rstrip())
    click.echo(f"  worth   {row.level or row.unproved or 'not yet ' + by.level[0].name}")
    order = [level.name for level in by.level]
    for level in order[order.index(row.level) + 1 if row.level else 0 :]:
        missing = [one for one in row.lacking if one["level"] == level]
        for one in missing:
            click.echo(f"    for {level}: {_missing(one)}")
        if missing:
            break  # one step at a time


def _counted(tests: Mapping[str, Any]) -> str:
    parts = [f"{tests['passed']} checks passed"]
    parts += [f"{len(tests[how])} {how}" for how in ("failed", "not run") if tests[how]]
    live = ", ".join(f"{system} {version}" for system, version in tests["live"].items())
    return ", ".join(parts) + (f"; live with {live}" if live else "")


def _missing(one: Mapping[str, str]) -> str:
    who = f"{one['adapter']}: " if one["adapter"] else ""
    why = f" ({one['why']})" if one["why"] else ""
    return f"{who}{one['title']}: {one['state']}{why}"
