"""For plugins: hook specifications, the marker, the contracts, and the manager that loads them."""

from ..activity.activity import Record
from ..maturity.vocabulary import EMPLOYMENTS, LANGUAGES, ROLES, Employment, Language, Role
from .contracts import (
    CONTRACTS,
    Adapter,
    Bulk,
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
from .files import matching_files, read_changed
from .hookspecs import HOOKS, PROJECT, HookSpecs, hookimpl
from .plugins import Installed, Plugins, installed
from .settings import Secret, structure

__all__ = [
    "CONTRACTS",
    "EMPLOYMENTS",
    "HOOKS",
    "LANGUAGES",
    "PROJECT",
    "ROLES",
    "Adapter",
    "Bulk",
    "Delivery",
    "Directory",
    "DirectoryPerson",
    "Employment",
    "FileSource",
    "Finding",
    "Happening",
    "HookSpecs",
    "Installed",
    "Issuer",
    "Language",
    "Message",
    "NoSettings",
    "Page",
    "Plugins",
    "Receipt",
    "Recipient",
    "Record",
    "Reject",
    "Role",
    "Secret",
    "Sink",
    "Source",
    "State",
    "hookimpl",
    "installed",
    "matching_files",
    "read_changed",
    "structure",
]
