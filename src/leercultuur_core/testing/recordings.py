"""Answers that a real system gave, kept in a file and played again."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..errors import ConfigError, Problem
from .scripted import Seen, Step

Responder = Callable[[Seen], Step]
"""How a server answers a request."""

SERVER = "{server}"
"""Stands in recorded answers for the address of the server, so that links in them work."""

_FORMS = ("json", "text", "base64")


class UnknownRequest(Exception):
    """A request that nobody said how to answer."""


@frozen
class Exchange:
    """One request and the answer that a system gave to it.

    ``path`` may hold ``*`` for any characters, such as an id of each run's own.
    """

    method: str
    path: str
    query: Mapping[str, str]
    answer: Step = field(repr=False)


@frozen
class Recording:
    """Exchanges with one version of one system, on one day.

    ``volatile`` names the parameters of a query whose value does not matter, such as ``since``.
    """

    system: str
    version: str
    recorded: date
    exchanges: tuple[Exchange, ...] = field(repr=False)
    volatile: frozenset[str] = frozenset()
    place: str = ""

    def responder(self) -> Responder:
        """Answers as was recorded: the same request twice gets the next answer, then the last again.

        What was not recorded raises `UnknownRequest` with what to do.
        """
        given: dict[int, int] = {}

        def answer(seen: Seen) -> Step:
            fitting = [one for one in self.exchanges if self._fits(one, seen)]
            if not fitting:
                raise UnknownRequest(self._unknown(seen))
            first = self.exchanges.index(fitting[0])
            number = given.get(first, 0)
            given[first] = number + 1
            return fitting[min(number, len(fitting) - 1)].answer

        return answer

    def _fits(self, one: Exchange, seen: Seen) -> bool:
        return (
            one.method == seen.method
            and fnmatchcase(seen.path, one.path)
            and self._steady(one.query) == self._steady(seen.query)
        )

    def _steady(self, query: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in query.items() if name not in self.volatile}

    def _unknown(self, seen: Seen) -> str:
        same_path = [one for one in self.exchanges if fnmatchcase(seen.path, one.path)]
        hint = "record it too (leercultuur_core.testing.recording)"
        if same_path and all(one.method == seen.method for one in same_path):
            names = {
                name
                for one in same_path
                for name in {*self._steady(one.query), *self._steady(seen.query)}
                if one.query.get(name) != seen.query.get(name)
            }
            hint += f', or name what changes under "volatile": {", ".join(sorted(names))}'
        asked = f"{seen.method} {seen.path}"
        if seen.query:
            asked += f" with {', '.join(sorted(seen.query))}"
        return f"{self.place or self.system}: expected a recorded request, found {asked}; {hint}"


@frozen
class RecordedFile:
    """A recording that is still to be read; see `recorded`."""

    path: Path

    def read(self, folder: Path) -> Recording:
        """The recording; a relative path starts at ``folder``. Raises `ConfigError`."""
        return read_recording(folder / self.path)


def recorded(path: str | Path) -> RecordedFile:
    """The recording in a JSON file, by default beside the test that asks for it."""
    return RecordedFile(Path(path))


def read_recording(path: Path) -> Recording:
    """The recording in ``path``. Raises `ConfigError` with every problem at once."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            str(path), [Problem(path.name, "a recording as JSON", type(error).__name__)]
        ) from None
    problems: list[Problem] = []

    def take(holder: Any, place: str, key: str, kind: type, default: Any = None) -> Any:
        value = holder.get(key, default) if isinstance(holder, dict) else None
        if isinstance(value, kind):
            return value
        problems.append(Problem(f"{place}{key}", kind.__name__, type(value).__name__))
        return kind()

    system = take(content, "", "system", str)
    version = take(content, "", "version", str)
    day = date.min
    try:
        day = date.fromisoformat(take(content, "", "recorded", str))
    except ValueError:
        problems.append(Problem("recorded", "a date such as 2026-02-01", "another text"))
    exchanges: list[Exchange] = []
    for number, one in enumerate(take(content, "", "exchanges", list)):
        place = f"exchanges[{number}]."
        asked = take(one, place, "request", dict)
        said = take(one, place, "response", dict)
        exchanges.append(
            Exchange(
                take(asked, f"{place}request.", "method", str, "GET"),
                take(asked, f"{place}request.", "path", str),
                take(asked, f"{place}request.", "query", dict, {}),
                Step(
                    take(said, f"{place}response.", "status", int, 200),
                    _body(said, place, problems),
                    take(said, f"{place}response.", "headers", dict, {}),
                ),
            )
        )
    volatile = take(content, "", "volatile", list, [])
    if problems:
        raise ConfigError(str(path), problems)
    return Recording(system, version, day, tuple(exchanges), frozenset(volatile), path.name)


def _body(said: Mapping[str, Any], place: str, problems: list[Problem]) -> bytes:
    forms = [form for form in _FORMS if form in said]
    if not forms:
        return b""
    try:
        value = said[forms[0]]
        if forms == ["json"]:
            return json.dumps(value, ensure_ascii=False).encode()
        if forms == ["text"]:
            return str(value).encode()
        if forms == ["base64"]:
            return base64.b64decode(value, validate=True)
    except (ValueError, TypeError):
        pass
    problems.append(Problem(f"{place}response", "one of json, text or base64", ", ".join(forms)))
    return b""
