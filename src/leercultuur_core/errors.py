"""Errors, sorted by what the caller can do about them.

Every message says what was expected, what was found, where, and what to do next. No message holds
a secret or the content of somebody's activity.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import frozen


class LeercultuurError(Exception):
    """Base of all errors this library raises on purpose."""


@frozen
class Problem:
    """One thing that is wrong in a file, a setting or a table.

    ``place`` says where (a file and line, or a key path), ``expected`` and ``found`` say what, and
    ``hint`` what to do next (may be empty).
    """

    place: str
    expected: str
    found: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.place}: expected {self.expected}, found {self.found}"
        return f"{text}; {self.hint}" if self.hint else text


class ConfigError(LeercultuurError):
    """Something you wrote (configuration, rules, parameters, a table) cannot be used.

    ``problems`` holds every problem at once, so that one round of mending is enough.
    """

    def __init__(self, what: str, problems: Iterable[Problem]) -> None:
        self.what = what
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{what} has {count} problem{'' if count == 1 else 's'}"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


class SourceUnavailable(LeercultuurError):
    """A source cannot be read now; the same call may work later.

    ``retry_after`` is in seconds, when the source said so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AccessDenied(LeercultuurError):
    """A source answered, and said no. ``right`` names what is missing, when known."""

    def __init__(self, message: str, right: str = "") -> None:
        super().__init__(message)
        self.right = right


class BadRecord(LeercultuurError):
    """One record cannot be read. It is kept aside with its reason; the rest goes on."""


StoreTrouble = Literal[
    "missing",
    "not-a-store",
    "newer",
    "older",
    "busy",
    "read-only",
    "full",
    "damaged",
    "key",
    "failed",
]
"""What is the matter with a store, as a code for programs."""


class StoreError(LeercultuurError):
    """The store cannot be used; what was being written is not in it, everything before is.

    ``trouble`` is one of `StoreTrouble`. Only ``busy`` and ``full`` may pass by waiting or making
    room; the message says what to do.
    """

    def __init__(self, message: str, trouble: StoreTrouble = "failed") -> None:
        super().__init__(message)
        self.trouble: StoreTrouble = trouble


class PluginError(LeercultuurError):
    """A plugin cannot be used. ``plugin`` is its name; the others go on without it."""

    def __init__(self, plugin: str, message: str) -> None:
        super().__init__(f"plugin {plugin}: {message}")
        self.plugin = plugin
