"""For plugins: hook specifications, the marker, the contracts, and the manager that loads them."""

from ..activity.activity import Record
from .contracts import (
    CONTRACTS,
    Adapter,
    Delivery,
    Directory,
    DirectoryPerson,
    FileSource,
    Finding,
    Happening,
    Issuer,
    Message,
    NoSettings,
    Page,
    Receipt,
    Recipient,
    Reject,
    Sink,
    Source,
    State,
)
from .hookspecs import HOOKS, PROJECT, HookSpecs, hookimpl
from .plugins import Installed, Plugins, installed
from .settings import Secret, structure

__all__ = [
    "CONTRACTS",
    "HOOKS",
    "PROJECT",
    "Adapter",
    "Delivery",
    "Directory",
    "DirectoryPerson",
    "FileSource",
    "Finding",
    "Happening",
    "HookSpecs",
    "Installed",
    "Issuer",
    "Message",
    "NoSettings",
    "Page",
    "Plugins",
    "Receipt",
    "Recipient",
    "Record",
    "Reject",
    "Secret",
    "Sink",
    "Source",
    "State",
    "hookimpl",
    "installed",
    "structure",
]
