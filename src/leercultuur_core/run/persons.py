"""What is noted about one person, a yes or no, and what plugins keep of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ..errors import PluginError
from ..extension import Plugins
from ..privacy.purposes import purposes
from ..storage import Consent, PromptState, Transaction
from .group_prompts import is_group

NOT_SENT: tuple[PromptState, ...] = ("held", "ready", "failed")
"""States of a prompt that waits and can be withdrawn."""


def consent(
    tx: Transaction, person: str, purpose: str, given: bool, *, by: str, now: datetime
) -> bool:
    """Keeps a yes or no; after a no to own prompts or to the invitation, what of it still waits for
    them is withdrawn.

    ``False`` where there is no such person; raises `ValueError` for a purpose there is not.
    """
    if purpose not in purposes():
        raise ValueError(f"expected a purpose, one of {', '.join(purposes())}; found {purpose!r}")
    if not tx.privacy.consent(Consent(person, purpose, given, now, by)):
        return False
    if purpose in {"own_prompts", "invitation"} and not given:
        # What they get about a unit is part of their role, and rests on no yes of theirs.
        own = [
            prompt
            for prompt in tx.delivery.prompts(states=NOT_SENT, recipient=person)
            if not is_group(prompt) and (prompt.asks == "invitation") == (purpose == "invitation")
        ]
        tx.delivery.withdraw(own, reason="objected", at=now)
    return True


def kept_by_plugins(plugins: Plugins, tx: Transaction, person: str) -> dict[str, Mapping[str, Any]]:
    """Plugin → what it keeps of a person (uuid), of those that keep something.

    Raises `PluginError` where one that has tables in the store is not switched on, or fails.
    """
    told = _each(plugins, tx, "leercultuur_personal_data", person=person)
    return {name: found for name, found in told if found}


def forget_in_plugins(
    plugins: Plugins, tx: Transaction, person: str, now: datetime
) -> dict[str, int]:
    """Forgets a person (uuid) in the tables of plugins; table → rows gone.

    Raises `PluginError` as `kept_by_plugins` does; the transaction must then not be kept.
    """
    counts: dict[str, int] = {}
    for _, gone in _each(plugins, tx, "leercultuur_erase_person", person=person, at=now):
        counts |= {table: count for table, count in gone.items() if count}
    return counts


def check_plugins(plugins: Plugins, tx: Transaction) -> None:
    """Raises `PluginError` where a plugin has tables in the store and cannot be asked to forget: it
    is not switched on, or broken."""
    for table in tx.privacy.others_tables():
        owner = table.partition("_")[0]
        if owner in plugins.broken:
            raise PluginError(owner, f"nothing was done; {plugins.broken[owner]}")
        if not plugins.implements(owner, "leercultuur_erase_person"):
            raise PluginError(
                owner,
                f"keeps data in the store (table {table}) and is not switched on, so nothing was "
                f'done; install it, add "{owner}" to `plugins` in the configuration, and try again',
            )


def _each(
    plugins: Plugins, tx: Transaction, hook: str, **arguments: Any
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What the hook gives in each plugin. Whoever is left out would go on keeping somebody's data,
    so that nothing is done where one is."""
    check_plugins(plugins, tx)
    broken = set(plugins.broken)
    yield from plugins.call(hook, connection=tx.connection, **arguments)
    for name in sorted(set(plugins.broken) - broken):
        raise PluginError(name, f"nothing was done; {plugins.broken[name]}")
