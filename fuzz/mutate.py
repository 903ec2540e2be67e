"""Changes JSON as JSON, so that most of what a fuzzer tries gets past the parser."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 0.5, -0.0, 1e308, "", " ", "0", "-1",
    "null", "\x00", "\ud800", "é", "²", "٣", "\u202e", "a" * 300, "2026-02-30", "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-03-02T09:00:00", "kanarie@x.example",
    "mailto:kanarie@x.example", "http://[", "https://x.example:99999/", [], {}, [None], [[]], [{}],
    {"": None}, {"id": None},
)  # fmt: skip
"""Values that have been wrong somewhere before."""


def mutate_json(data: bytes, dice: random.Random, otherwise: Callable[[bytes], bytes]) -> bytes:
    """``data`` with a few of its values changed; of several lines, one line is.

    What is no JSON, and one in four that is, goes to ``otherwise``.
    """
    lines = data.split(b"\n")
    number = dice.randrange(len(lines)) if dice.random() < 0.9 else None
    text = data if number is None else lines[number]
    whole = _parsed(data)
    if whole is not None:
        number, text = None, data
    value = whole if whole is not None else _parsed(text)
    if value is None or dice.random() < 0.25:
        return otherwise(data)
    box = [value]
    for _ in range(dice.choice((1, 1, 2, 4))):
        _change(box, dice)
    changed = json.dumps(box[0], ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
    if number is None:
        return changed
    lines[number] = changed
    return b"\n".join(lines)


def _parsed(text: bytes) -> Any:
    """The value, a list or table; else None."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list | dict) else None


def _places(value: Any, found: list[tuple[Any, Any]]) -> None:
    keys = range(len(value)) if isinstance(value, list) else list(value)
    for key in keys:
        found.append((value, key))
        if isinstance(value[key], list | dict):
            _places(value[key], found)


def _change(box: list[Any], dice: random.Random) -> None:
    places: list[tuple[Any, Any]] = []
    _places(box, places)
    holder, key = dice.choice(places)
    match dice.randrange(6):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 0 | 1 if isinstance(holder, list) and holder is not box:
            holder.insert(key, json.loads(json.dumps(holder[key])))
        case 2:  # what stands elsewhere
            other, place = dice.choice(places)
            holder[key] = json.loads(json.dumps(other[place]))
        case 3 if isinstance(holder[key], int) and not isinstance(holder[key], bool):
            holder[key] += dice.choice((-1, 1, 2**31, -(2**40)))
        case 3 if isinstance(holder[key], str):
            at = dice.randrange(len(holder[key]) + 1)
            holder[key] = holder[key][:at] + dice.choice(("", " ", "|", "\n", "/", "é", ":"))
        case _:
            holder[key] = json.loads(json.dumps(dice.choice(ODD)))
