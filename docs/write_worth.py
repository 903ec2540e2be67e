"""Writes `adapters/worth.md` from the scale and from what is kept in the plugins that are installed.

Run it as `make worth`; a test compares.
"""

from __future__ import annotations

from pathlib import Path

from leercultuur_core.extension import Adapter, Installed, Plugins, installed
from leercultuur_core.extension.proof import proof_of
from leercultuur_core.extension.worth import Scale, judge, proved_of, scale, title_of

HEAD = """\
# What an adapter is worth

Written by `make worth` from the scale (`worth.toml` in the core's data) and from the tests that were
run. Nobody declares a level: it is computed, and `leercultuur plugins` shows it of what is installed.

1. `pytest --leercultuur-report report.json` runs an adapter's [contract](../testing.md) and writes what
   passed, failed and was skipped, and which real systems were there.
2. `leercultuur plugins --keep report.json` puts that into the plugin as `worth.json`, with the version of
   the plugin and of the core and a digest of the plugin's files. It also runs `mypy --strict` and looks
   at what the README tells.
3. `leercultuur plugins` judges what is in the plugin that is installed. Where a file differs, or the
   version, it says *tests of another version* and gives no level. `leercultuur plugins --fresh` fails
   then: for CI.

What a test class says does not apply, or skips, was not run. A rule allows that only for checks that its
suite has exceptions for, such as a server that never shows a second page.

The file says what the plugin's maker ran; it is no seal. Who wants to be sure runs the tests again.
"""


def page() -> str:
    """The whole page."""
    by = scale()
    plugins = [plugin for plugin in installed() if proof_of(plugin)[1] != "no tests are known"]
    lines = [HEAD, "## Levels\n"]
    lines += [f"* **{level.name}**: {level.means}" for level in by.level]
    lines += [
        "\nA plugin has a level when each rule of it, and of those before it, holds for each of its",
        "adapters. Readers of files have no contract suite and do not count.",
    ]
    for level in by.level:
        lines += [f"\n## Rules for {level.name}\n", "| rule | why | does not apply |"]
        lines.append("| --- | --- | --- |")
        lines += [
            f"| {rule.title} | {rule.reason} | {rule.exempt} |"
            for rule in by.rule
            if rule.level == level.name
        ]
    if plugins:
        loaded = Plugins.load([plugin.name for plugin in plugins])
        adapters = dict(loaded.call("leercultuur_adapters"))
        lines += ["\n## The adapters here\n", "| plugin | level | proved | for the next level |"]
        lines.append("| --- | --- | --- | --- |")
        lines += [_row(plugin, adapters.get(plugin.name, []), by) for plugin in plugins]
    return "\n".join(lines) + "\n"


def _row(plugin: Installed, adapters: list[type[Adapter]], by: Scale) -> str:
    proof, unproved = proof_of(plugin)
    if proof is None:
        return f"| {plugin.distribution} |  | {unproved} |  |"
    worth = judge(adapters, proof, by)
    proved = []
    for adapter in adapters:
        of = proved_of(adapter, proof)
        if of is not None:
            live = "".join(f", live with {name} {one.version}" for name, one in of.live.items())
            passed = list(of.checks.values()).count("passed")
            proved.append(f"{title_of(adapter)}: {passed} of {len(of.checks)} checks{live}")
    lacking = worth.lacking()
    following = [one for one in lacking if one.rule.level == lacking[0].rule.level]
    wanted = "<br>".join(f"{one.adapter} {one.rule.title}".strip() for one in following)
    return f"| {plugin.distribution} | {worth.level or '–'} | {'<br>'.join(proved)} | {wanted} |"


if __name__ == "__main__":
    Path(__file__).parent.joinpath("adapters", "worth.md").write_text(page(), "utf-8")
