"""``leercultuur rules``: what counts as what, and which verbs no rule knows yet."""

from __future__ import annotations

import json
from collections import Counter

import click

from ..activity.evidence import EvidenceRules, read_rules
from ..extension import Plugins
from .engine import config_option, opened
from .reading import load_rules, read_files

_EPILOG = """\b
Examples:
  leercultuur rules                              every rule, most specific first
  leercultuur rules --check my-rules.toml        is this file right?
  leercultuur rules --unknown statements.ndjson  verbs no rule knows, with a snippet
  leercultuur rules apply --dry-run              what they change in your store
"""


@click.group(invoke_without_command=True, epilog=_EPILOG)
@click.option(
    "--unknown",
    "unknown_in",
    multiple=True,
    metavar="FILE",
    help="Verbs in FILE that no rule knows, and how to adopt them.",
)
@click.option(
    "--check",
    "check_file",
    metavar="FILE",
    help="Check a rule file of your own; names every mistake.",
)
@click.option(
    "--rules",
    "rule_files",
    multiple=True,
    metavar="FILE",
    help="Rules of your own, on top of the shipped ones.",
)
@click.option("--reader", default="xapi", show_default=True, help="How the files are written.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.pass_context
def rules(
    ctx: click.Context,
    unknown_in: tuple[str, ...],
    check_file: str | None,
    rule_files: tuple[str, ...],
    reader: str,
    form: str,
) -> None:
    """Evidence rules: which activity counts as which kind of evidence."""
    if ctx.invoked_subcommand is not None:
        return
    if unknown_in:
        reading = read_files(unknown_in, reader=reader, rule_files=rule_files)
        _unknown(reading.fold.unknown_verbs, form)
        ctx.exit(reading.exit_code)
    if check_file:
        count = len(read_rules(check_file).rules)
        click.echo(f"{check_file}: {count} {'rule' if count == 1 else 'rules'}, no mistakes")
        return
    _show(load_rules(Plugins.load([reader]), rule_files), form)


@rules.command()
@click.option("--dry-run", is_flag=True, help="Only show what would differ.")
@config_option
def apply(dry_run: bool, config_file: str) -> None:
    """Read what the store keeps again with today's rules.

    What was sent is not sent again; what is kept no longer keeps the kind it had.
    """
    with opened(config_file) as engine:
        moved = engine.apply_rules(dry_run=dry_run)
    for (before, after), count in sorted(moved.items()):
        click.echo(f"{count:>9,}  {before} → {after}")
    click.echo("nothing differs" if not moved else "not applied" if dry_run else "applied")


def _unknown(verbs: Counter[tuple[str, str]], form: str) -> None:
    ordered = sorted(verbs.items(), key=lambda item: (-item[1], item[0]))
    if form == "json":
        rows = [{"verb": v, "object_type": t, "activities": n} for (v, t), n in ordered]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not ordered:
        click.echo("Every verb in these files is known.")
        return
    click.echo("# Verbs that no rule knows. They only show that a system was used.")
    click.echo(
        "# To adopt one: keep its rule, give it a kind (leercultuur rules), add --rules FILE."
    )
    click.echo('schema = 1\nversion = "mine-1"')
    for (verb, object_type), count in ordered:
        click.echo(
            f"\n# {count:,} {'activity' if count == 1 else 'activities'}\n[[rule]]\nverb = {json.dumps(verb, ensure_ascii=False)}"
        )
        if object_type:
            click.echo(f"object_type = {json.dumps(object_type, ensure_ascii=False)}")
        click.echo('kind = "other"\nground = "say here why"')


def _show(rules: EvidenceRules, form: str) -> None:
    if form == "json":
        from attrs import asdict  # noqa: PLC0415 - only here

        rows = [{k: v for k, v in asdict(rule).items() if v is not None} for rule in rules.rules]
        click.echo(
            json.dumps({"version": rules.version, "rules": rows}, ensure_ascii=False, indent=1)
        )
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(
        box=None,
        pad_edge=False,
        title=f"{len(rules.rules)} rules, version {rules.version}",
        title_justify="left",
    )
    table.add_column("kind", no_wrap=True)
    table.add_column("when", overflow="fold")
    for rule in sorted(rules.rules, key=lambda rule: rule.kind):
        conditions = {
            "verb": rule.verb,
            "object type": rule.object_type,
            "object": rule.object_id,
            "context": rule.context_type,
            "answer": rule.answer,
            "required": None if rule.required is None else str(rule.required).lower(),
        }
        when = " · ".join(
            value if name == "verb" else f"{name} {value}"
            for name, value in conditions.items()
            if value is not None
        )
        table.add_row(rule.kind, when)
    Console(highlight=False).print(table)
