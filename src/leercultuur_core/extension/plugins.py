"""Finds plugins, switches the wanted ones on, and keeps one that breaks from harming the others.

There is no plugin manager at import and none shared: make a `Plugins`, load what you want.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Any, TypeVar

import pluggy
from attrs import field, frozen

from ..activity.evidence import EvidenceRules
from ..errors import PluginError
from .contracts import Adapter
from .hookspecs import PROJECT, HookSpecs

_A = TypeVar("_A", bound=Adapter)


@frozen
class Installed:
    """A plugin that is installed; whether it is switched on is another matter."""

    name: str
    distribution: str
    version: str
    entry_point: metadata.EntryPoint = field(repr=False)


def installed() -> tuple[Installed, ...]:
    """All installed plugins, sorted by name. Reads metadata only; imports nothing."""
    found = {
        (point.name, point.dist.name): Installed(
            point.name, point.dist.name, point.dist.version, point
        )
        for point in metadata.entry_points(group=PROJECT)
        if point.dist is not None
    }
    return tuple(found[key] for key in sorted(found))


class Plugins:
    """The plugins switched on in one run, and why others are not.

    Every call to a plugin is on its own: what one raises is kept in `broken` under its name, with
    what to do, and the rest goes on.
    """

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(HookSpecs)
        self.broken: dict[str, PluginError] = {}

    @classmethod
    def load(
        cls, names: Iterable[str] | None = None, *, available: Iterable[Installed] | None = None
    ) -> Plugins:
        """Plugins switched on by ``names``; all that are installed when ``None``.

        A name that is not installed is among `broken`, with what to install. So are two plugins
        that claim one name: neither is switched on.
        """
        plugins = cls()
        on_disk = tuple(installed() if available is None else available)
        claims = Counter(plugin.name for plugin in on_disk)
        for name in dict.fromkeys(claims if names is None else names):
            owners = [plugin for plugin in on_disk if plugin.name == name]
            if not owners:
                plugins._fail(name, f"is not installed; try: pip install {PROJECT}-{name}")
            elif len(owners) > 1:
                dists = " and ".join(owner.distribution for owner in owners)
                plugins._fail(
                    name, f"both {dists} claim this name; uninstall the one you do not want"
                )
            else:
                plugins._import(owners[0])
        return plugins

    def _import(self, plugin: Installed) -> None:
        try:
            module = plugin.entry_point.load()
        except Exception as error:  # noqa: BLE001 - a plugin may fail in any way
            self._fail(
                plugin.name,
                f"cannot be imported ({_say(error)}); reinstall or uninstall {plugin.distribution}",
            )
        else:
            self.register(module, plugin.name)

    def register(self, plugin: object, name: str) -> None:
        """Switches on ``plugin`` (a module or object with hook implementations) as ``name``.

        One with a hook that does not exist, or with arguments a hook does not have, is rolled back
        and kept among `broken`.
        """
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
        except Exception as error:  # noqa: BLE001 - also what pluggy raises on a wrong signature
            self._fail(name, f"does not fit this version of the core ({_say(error)})")

    def _fail(self, name: str, message: str) -> None:
        self.broken[name] = PluginError(name, message)
        # pluggy keeps a plugin whose later hooks failed; half a plugin is worse than none.
        if self._manager.get_plugin(name) is not None:
            self._manager.unregister(name=name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the plugins that are on, sorted."""
        return tuple(sorted(name for name, plugin in self._manager.list_name_plugin() if plugin))

    def implements(self, name: str, hook: str) -> bool:
        """Whether the plugin ``name`` is on and implements ``hook``."""
        plugin = self._manager.get_plugin(name)
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        return plugin is not None and any(one.plugin is plugin for one in implementations)

    def call(self, hook: str, **arguments: Any) -> Iterator[tuple[str, Any]]:
        """(plugin name, what it returned) for every plugin that implements ``hook``, by name."""
        for name in self.names:
            if not self.implements(name, hook):
                continue
            others = [p for n, p in self._manager.list_name_plugin() if n != name and p]
            caller = self._manager.subset_hook_caller(hook, others)
            try:
                results = caller(**arguments)
            except Exception as error:  # noqa: BLE001 - one plugin must not stop the others
                self._fail(name, f"{hook} failed ({_say(error)}); it is switched off for this run")
                continue
            for result in results:
                yield name, result

    def adapters(self, contract: type[_A]) -> dict[str, type[_A]]:
        """Adapter name → class, of those that inherit ``contract`` (`Source`, `Sink` …).

        One system may have a source, a directory and a sink of one name. Two of the same contract
        that claim a name are left out, and their plugins are among `broken`.
        """
        owners: dict[str, list[tuple[str, type[_A]]]] = {}
        for plugin, classes in self.call("leercultuur_adapters"):
            for adapter in classes:
                if issubclass(adapter, contract):
                    owners.setdefault(adapter.name, []).append((plugin, adapter))
        for name, claims in owners.items():
            if len(claims) > 1:
                who = " and ".join(dict.fromkeys(plugin for plugin, _ in claims))
                for plugin, _ in claims:
                    self._fail(
                        plugin,
                        f"the {contract.__name__} name {name!r} is claimed by {who}; keep one",
                    )
        return {
            name: claims[0][1]
            for name, claims in sorted(owners.items())
            if len(claims) == 1 and claims[0][0] not in self.broken
        }

    def evidence_rules(self) -> list[EvidenceRules]:
        """The rule sets of all plugins that have some, by plugin name."""
        return [rules for _, rules in self.call("leercultuur_evidence_rules")]


def _say(error: Exception) -> str:
    first_line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
