"""The tables of plugins in ``leercultuur.toml``: each as the plugin's own class of settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ConfigError, Problem
from ..extension import Plugins, structure
from .config import Configuration


def read_tables(
    configuration: Configuration, plugins: Plugins, environ: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    """Plugin → its settings, of each that has a table. One whose plugin cannot be switched on is left
    as it is, since that is among ``plugins.broken``.

    Raises `ConfigError` with all that is wrong in any of them, and for a table whose plugin has no
    settings.
    """
    classes = dict(plugins.call("leercultuur_settings"))
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, table in configuration.plugin_settings.items():
        if name in plugins.broken:
            continue
        if name not in classes:
            hint = "this plugin has no settings of its own"
            problems.append(Problem(name, "a known key", f'"{name}"', hint))
            continue
        try:
            found[name] = structure(
                classes[name], table, place=name, base=configuration.base, environ=environ
            )
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError("the configuration", problems)
    return found


__all__ = ["read_tables"]
