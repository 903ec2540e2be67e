"""For whoever tests an adapter: contract suites to inherit, a server that misbehaves, recordings.

Importing this package is light; the suites need pytest (``pip install leercultuur-core[testing]``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .contract import ScriptedServer
    from .directories import DirectoryContract, Employee
    from .events import Event, Serve, listing, paged
    from .issuers import IssuerContract
    from .live import proved_live
    from .recorder import recording
    from .recordings import Exchange, RecordedFile, Recording, Responder, recorded
    from .scripted import Scripted, Seen, Step, as_json, in_order
    from .sinks import Inbox, SinkContract
    from .sources import SourceContract

_HOMES = {
    "contract": ("ScriptedServer",),
    "directories": ("DirectoryContract", "Employee"),
    "events": ("Event", "Serve", "listing", "paged"),
    "issuers": ("IssuerContract",),
    "live": ("proved_live",),
    "recorder": ("recording",),
    "recordings": ("Exchange", "RecordedFile", "Recording", "Responder", "recorded"),
    "scripted": ("Scripted", "Seen", "Step", "as_json", "in_order"),
    "sinks": ("Inbox", "SinkContract"),
    "sources": ("SourceContract",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DirectoryContract",
    "Employee",
    "Event",
    "Exchange",
    "Inbox",
    "IssuerContract",
    "RecordedFile",
    "Recording",
    "Responder",
    "Scripted",
    "ScriptedServer",
    "Seen",
    "Serve",
    "SinkContract",
    "SourceContract",
    "Step",
    "as_json",
    "in_order",
    "listing",
    "paged",
    "proved_live",
    "recorded",
    "recording",
]


def __getattr__(name: str) -> object:
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
