"""Values that go into a request: in headers, in an address, in a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ...errors import ConfigError, Problem
from ..settings import Secret

Parameter = str | int | float | datetime | Sequence[str | int] | None
"""A value in a query or form. ``None`` leaves it out; a time must be aware."""


def header(name: str, value: str | Secret) -> str:
    """A value that fits in a header. `ConfigError` else, which does not show it."""
    plain = value.reveal() if isinstance(value, Secret) else value
    if not plain.isascii() or not plain.isprintable() or plain != plain.strip():
        raise ConfigError(
            "HTTP",
            [
                Problem(
                    name,
                    "letters, digits and signs on one line",
                    "spaces around it, line ends or other characters",
                    "is there a line end in the file of the secret?",
                )
            ],
        )
    return plain


def written(
    values: Mapping[str, Parameter | Secret], secrets: list[str] | None = None
) -> list[tuple[str, str]]:
    """Query or form as pairs of text; revealed secrets are added to ``secrets``."""
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Secret):
            if secrets is None:
                raise TypeError(f"{name}: a secret goes in a header or a form, never in an address")
            secrets.append(value.reveal())
            pairs.append((name, value.reveal()))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            pairs += [(name, str(item)) for item in value]
        elif value is not None:
            pairs.append((name, _written_value(name, value)))
    return pairs


def _written_value(name: str, value: str | float | datetime) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name}: expected a time with an offset, found none")
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
