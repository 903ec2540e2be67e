"""Settings: what stands in ``leercultuur.toml`` becomes frozen attrs values, strictly, once.

There is one converter for the whole project. It guesses nothing (``"false"`` is not a boolean) and
reports every problem at once, each with its key path.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
import cattrs
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.errors import (
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn

from ..errors import ConfigError, Problem

_T = TypeVar("_T")


class Secret:
    """A password, token or key. It shows itself nowhere; ask for it with `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself: for the call that needs it, never for a log or an error."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class _Unfit(ValueError):
    """A value that does not fit: what was expected, what was found."""

    def __init__(self, expected: str, found: str, hint: str = "") -> None:
        super().__init__(expected, found, hint)
        self.expected, self.found, self.hint = expected, found, hint


def structure(
    cls: type[_T],
    data: Mapping[str, Any],
    *,
    place: str = "",
    base: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> _T:
    """An instance of the attrs class ``cls`` from ``data`` as TOML gives it.

    ``place`` is the key path of ``data`` for messages, ``base`` the folder that relative paths of
    secrets start from, ``environ`` where secrets with ``env`` are looked up (the process's own when
    ``None``). Raises `ConfigError` with every problem at once.
    """
    converter = _converter(base or Path(), os.environ if environ is None else environ)
    try:
        return converter.structure(data, cls)
    except Exception as error:
        raise ConfigError(place or cls.__name__, _problems(error, place, cls)) from error


def _converter(base: Path, environ: Mapping[str, str]) -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)

    def exactly(kind: type, expected: str) -> None:
        def hook(value: Any, _: Any) -> Any:
            if type(value) is not kind:
                raise _Unfit(expected, _show(value))
            return value

        converter.register_structure_hook(kind, hook)

    exactly(str, "a text in quotes")
    exactly(bool, "true or false")
    exactly(int, "a whole number")
    exactly(date, "a date such as 2026-02-01")

    def number(value: Any, _: Any) -> float:
        if type(value) not in {int, float} or not math.isfinite(value):
            raise _Unfit("a number", _show(value))
        return float(value)

    def clock(value: Any, _: Any) -> time:
        if type(value) is time:
            return value
        try:
            return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time of day only
        except (TypeError, ValueError):
            raise _Unfit('a time of day such as "08:30"', _show(value)) from None

    def span(value: Any, _: Any) -> timedelta:
        units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
        if isinstance(value, str) and value[:-1].isdigit() and value[-1:] in units:
            return timedelta(**{units[value[-1]]: int(value[:-1])})
        raise _Unfit('a length of time such as "30s", "15m", "1h" or "7d"', _show(value))

    def path(value: Any, _: Any) -> Path:
        if not isinstance(value, str) or not value:
            raise _Unfit("a path in quotes", _show(value))
        return base / value

    def secret(value: Any, _: Any) -> Secret:
        return _secret(value, base, environ)

    converter.register_structure_hook(float, number)
    converter.register_structure_hook(time, clock)
    converter.register_structure_hook(timedelta, span)
    converter.register_structure_hook(Path, path)
    converter.register_structure_hook(Secret, secret)
    converter.register_structure_hook_func(_is_literal, _choice)
    converter.register_structure_hook_factory(
        _is_tuple,
        lambda kind: _list_hook(homogenous_tuple_structure_factory(kind, converter)),
    )
    converter.register_structure_hook_factory(
        attrs.has,
        lambda cls: _table_hook(
            make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True)
        ),
    )
    return converter


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _table_hook(inner: Any) -> Any:
    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, Mapping):
            raise _Unfit("a table", _show(value))
        return inner(value, kind)

    return hook


def _list_hook(inner: Any) -> Any:
    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, list | tuple):  # a text has items too
            raise _Unfit("a list", _show(value))
        return inner(value, kind)

    return hook


def _choice(value: Any, kind: Any) -> Any:
    choices = get_args(kind)
    if value not in choices:
        close = get_close_matches(str(value), [str(one) for one in choices], n=1)
        hint = f'did you mean "{close[0]}"?' if close else ""
        raise _Unfit("one of " + ", ".join(f'"{one}"' for one in choices), _show(value), hint)
    return value


def _secret(value: Any, base: Path, environ: Mapping[str, str]) -> Secret:
    expected = '{ env = "NAME" } or { file = "path" }'
    if not isinstance(value, Mapping) or len(value) != 1 or not {"env", "file"} & set(value):
        # The value itself stays out of the message: it may be the secret.
        found = "a text" if isinstance(value, str) else type(value).__name__
        raise _Unfit(expected, found, "a secret never stands in the configuration itself")
    ((how, name),) = value.items()
    if not isinstance(name, str) or not name:
        raise _Unfit(expected, f"{how} without a name")
    if how == "env":
        if not environ.get(name):
            raise _Unfit(f"a secret in the environment variable {name}", "none", f"set {name}")
        return Secret(environ[name])
    path = base / name
    try:
        mode = path.stat().st_mode
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise _Unfit(
                "a file only its owner can read (mode 0600)",
                f"mode {stat.S_IMODE(mode):04o}",
                f"chmod 600 {name}",
            )
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _Unfit(f"a readable file {name}", type(error).__name__) from None
    if not text:
        raise _Unfit(f"a secret in the file {name}", "an empty file")
    return Secret(text)


def _show(value: Any) -> str:
    """A short picture of a value from a configuration; long ones are cut."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value[:40]}…"' if len(value) > 41 else f'"{value}"'
    return str(value)[:40]


def _problems(error: BaseException, place: str, cls: Any) -> list[Problem]:
    """Walks cattrs' tree of errors into one problem per leaf, each with its key path."""
    if isinstance(error, ClassValidationError):
        noted, loose = error.group_exceptions()
        found = []
        for inner, note in noted:
            field = (
                next((a.type for a in attrs.fields(cls) if a.name == note.name), None)
                if attrs.has(cls)
                else None
            )
            found += _problems(inner, _join(place, note.name), _plain(field))
        for inner in loose:
            found += _problems(inner, place, cls)
        return found
    if isinstance(error, IterableValidationError):
        noted_items, loose = error.group_exceptions()
        item = (get_args(cls) or (None,))[0]
        found = []
        for inner, item_note in noted_items:
            found += _problems(inner, f"{place}[{item_note.index}]", _plain(item))
        for inner in loose:
            found += _problems(inner, place, cls)
        return found
    if isinstance(error, ForbiddenExtraKeysError):
        known = [a.name for a in attrs.fields(error.cl)]
        found = []
        for key in sorted(error.extra_fields):
            close = get_close_matches(key, known, n=1)
            hint = f'did you mean "{close[0]}"?' if close else f"known here: {', '.join(known)}"
            found.append(Problem(_join(place, key), "a known key", f'"{key}"', hint))
        return found
    if isinstance(error, KeyError):
        return [Problem(place, "a value", "nothing", "it has no default")]
    if isinstance(error, _Unfit):
        return [Problem(place, error.expected, error.found, error.hint)]
    return [Problem(place, "a value that fits", str(error) or type(error).__name__)]


def _plain(kind: Any) -> Any:
    """The class inside ``X | None``."""
    if get_origin(kind) in {Union, UnionType}:
        return next((one for one in get_args(kind) if one is not type(None)), kind)
    return kind


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
