"""From informal learning to a credential anyone can verify: the plugin ``records`` of leercultuur."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from leercultuur_core.extension import Adapter, hookimpl

if TYPE_CHECKING:
    import click
    from sqlalchemy import Connection

    from .intake import Draft, Taken, take_in
    from .record import (
        Candidate,
        Decision,
        Entry,
        Evidence,
        Issued,
        Judgement,
        Level,
        Record,
        Skill,
    )
    from .records import Records, RecordsSettings
    from .road import Deadline, RoadRefused, RoadRules
    from .standard import Criterion, Standard
    from .store import RecordChanged
    from .viewing import Listed, View
    from .vraak import Rubric

_HOMES = {
    "intake": ("Draft", "Taken", "take_in"),
    "record": (
        "Candidate", "Decision", "Entry", "Evidence", "Issued", "Judgement", "Level", "Record", "Skill",
    ),
    "records": ("Records", "RecordsSettings"),
    "road": ("Deadline", "RoadRefused", "RoadRules"),
    "standard": ("Criterion", "Standard"),
    "store": ("RecordChanged",),
    "viewing": ("Listed", "View"),
    "vraak": ("Rubric",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Candidate",
    "Criterion",
    "Deadline",
    "Decision",
    "Draft",
    "Entry",
    "Evidence",
    "Issued",
    "Judgement",
    "Level",
    "Listed",
    "Record",
    "RecordChanged",
    "Records",
    "RecordsSettings",
    "RoadRefused",
    "RoadRules",
    "Rubric",
    "Skill",
    "Standard",
    "Taken",
    "View",
    "leercultuur_adapters",
    "leercultuur_commands",
    "leercultuur_erase_person",
    "leercultuur_personal_data",
    "take_in",
]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """The source of certified records, and the organisation's own issuer."""
    from .issuing import LocalIssuer  # noqa: PLC0415 - brings the cryptography
    from .source import CertifiedRecords  # noqa: PLC0415 - brings the database

    return [CertifiedRecords, LocalIssuer]


@hookimpl
def leercultuur_personal_data(connection: Connection, person: str) -> Mapping[str, Any]:
    """A person's records, and what they did in those of others."""
    from . import schema, store  # noqa: PLC0415 - brings the database

    return store.export(connection, person) if schema.version(connection) else {}


@hookimpl
def leercultuur_erase_person(connection: Connection, person: str) -> Mapping[str, int]:
    """Forgets a person's records, and their name in those of others."""
    from . import schema, store  # noqa: PLC0415 - brings the database

    return store.erase(connection, person) if schema.version(connection) else {}


@hookimpl
def leercultuur_commands() -> list[click.Command]:
    """``record`` with what belongs to it, and ``verify``."""
    from .commands import record  # noqa: PLC0415 - only the command line needs it
    from .commands_credentials import verify  # noqa: PLC0415

    return [record, verify]


def __getattr__(name: str) -> object:
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
