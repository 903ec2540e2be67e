"""The hooks a plugin may implement. All are optional; each may take fewer arguments than named.

A plugin is a module named by an entry point in the group ``leercultuur``. It marks functions with
`hookimpl`. A hook only ever gains arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pluggy

from ..activity.evidence import EvidenceRules
from .contracts import Adapter

if TYPE_CHECKING:
    import click
    from sqlalchemy import Connection

    from ..maturity import Intervention

PROJECT = "leercultuur"
"""Prefix of hook names, and the entry-point group of plugins."""

_F = TypeVar("_F")

_hookspec = pluggy.HookspecMarker(PROJECT)
_hookimpl = pluggy.HookimplMarker(PROJECT)


def hookimpl(function: _F) -> _F:
    """Marks a function of a plugin as the implementation of the hook of the same name."""
    return cast("_F", _hookimpl(cast("Any", function)))


class HookSpecs:
    """The hooks, in the order in which a run calls them."""

    @_hookspec
    def leercultuur_adapters(self) -> Sequence[type[Adapter]]:  # type: ignore[empty-body]
        """Adapter classes of this plugin.

        Called once when the plugin is switched on. Returns the classes themselves, not instances;
        making the list must not open files or connections. A source, a directory and a sink may
        share the name of their system; two of one contract with one name are both refused, and the
        error says how to choose.
        """

    @_hookspec
    def leercultuur_settings(self) -> type[Any]:  # type: ignore[empty-body]
        """The class of this plugin's own settings, for a table with its name in the configuration.

        Called once when a store is opened. Returns a frozen attrs class, whose fields are read as
        strictly as an adapter's; its mistakes are told with all others of the file. Ask for them with
        `Engine.settings_of`. What belongs to one adapter is better among the settings of that.
        """

    @_hookspec
    def leercultuur_evidence_rules(self) -> EvidenceRules:  # type: ignore[empty-body]
        """Evidence rules for the vocabulary of this plugin's system.

        Called when rules are put together for a run, after the shipped rules and before a file of
        the user's own, so that the user has the last word. Make them with `parse_rules` from a TOML
        file in the package; its `ConfigError` names every mistake and switches this plugin off.
        """

    @_hookspec
    def leercultuur_catalogues(self) -> Sequence[Intervention]:  # type: ignore[empty-body]
        """Interventions to add to the catalogue, such as those of another environment.

        Called when the maturity model is put together for a run. Ids must be new; the 82 of the
        report cannot be replaced, so that their grounds stay what they are.
        """

    @_hookspec
    def leercultuur_collected(self, source: str, counts: Mapping[str, int]) -> None:
        """Something was read from a source and is in the store.

        Called after each source of a run, when its pages are committed. ``source`` is its name in
        the configuration, ``counts`` how many activities are new, replaced, rejected and so on.
        Never an activity: who must see those is a source or sink of its own.
        """

    @_hookspec
    def leercultuur_delivered(self, sink: str, counts: Mapping[str, int]) -> None:
        """Messages went out, or could not.

        Called after each sink of a run, when its receipts are committed. ``sink`` is its name in
        the configuration, ``counts`` how many messages came to which state. Never a message.
        """

    @_hookspec
    def leercultuur_personal_data(self, connection: Connection, person: str) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """What this plugin keeps about one person in tables of its own, to hand over to them.

        Called by an export. ``connection`` is a SQLAlchemy connection to the store, in a transaction
        that only reads; ``person`` is the person's random id. Returns what JSON can write, and an
        empty mapping where there is nothing. What it raises makes the export fail with its name: half
        an answer to such a question is a wrong one.
        """

    @_hookspec
    def leercultuur_erase_person(  # type: ignore[empty-body]
        self, connection: Connection, person: str, at: datetime
    ) -> Mapping[str, int]:
        """Forgets one person in the tables of this plugin.

        Called by an erase, and for each person that retention lets go of. ``connection`` is in the
        transaction in which the core forgets them too, and is neither committed nor closed here;
        ``person`` is the random id of the person, ``at`` an aware moment. Returns table → rows gone.
        What it raises undoes the whole erase, which then fails with the plugin's name. A plugin that
        has tables in the store must have this hook: its tables begin with its own name and ``_``, and
        nobody is erased as long as there are tables of a plugin that is not switched on.
        """

    @_hookspec
    def leercultuur_commands(self) -> Sequence[click.Command]:  # type: ignore[empty-body]
        """Commands to add to ``leercultuur`` on the command line.

        Called only when a command is asked for that the core does not have, or for the list of
        commands in ``--help``. A name the core has is refused.
        """


HOOKS = tuple(sorted(name for name in vars(HookSpecs) if name.startswith(f"{PROJECT}_")))
"""Names of all hooks."""
