"""Why something cannot be read, in words: what was expected where, and what was found.

No reason holds a value from a statement: those are about people.
"""

from __future__ import annotations

import json
import re

import msgspec

_TYPES = {
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_WRONG_TYPE = re.compile(r"Expected `([^`]+)`, got `(\w+)`(?: - at `\$\.?(.*)`)?$")
_OTHER = re.compile(r"(.*) - at `\$\.?(.*)`$")


class UnusableStatement(Exception):
    """A statement that cannot become an activity; the message is the reason."""


def unusable(path: str, expected: str, found: str) -> UnusableStatement:
    """The error for the field ``path``."""
    return UnusableStatement(f"{path}: expected {expected}, found {found}")


def describe(error: Exception, raw: bytes, path: str = "") -> str:
    """The reason why decoding ``raw``, the part of a statement at ``path``, failed with ``error``."""
    if isinstance(error, RecursionError):
        return "expected a statement, found lists or objects nested too deeply to read"
    if isinstance(error, UnicodeDecodeError):
        return not_utf8(raw)
    if isinstance(error, msgspec.ValidationError):
        return _wrong_type(str(error), path)
    return _not_json(raw)


def not_utf8(raw: bytes) -> str:
    """The reason for bytes that are no UTF-8, with the place of the first of them."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return f"expected UTF-8, found another encoding (byte {error.start + 1}); save it as UTF-8"
    # Whole as bytes, so the trouble is in an escape.
    return "expected JSON, found half a character (a lone surrogate)"


def _wrong_type(message: str, path: str) -> str:
    if match := _WRONG_TYPE.match(message):
        names = [name for name in match[1].split(" | ") if name != "null"]
        expected = " or ".join(dict.fromkeys(_TYPES.get(name, name) for name in names))
        found = _TYPES.get(match[2], match[2])
        place = ".".join(part for part in (path, match[3]) if part)
        if not place:
            return f"expected a statement (an object), found {found}"
        return f"{place}: expected {expected}, found {found}"
    if match := _OTHER.match(message):
        place = ".".join(part for part in (path, match[2]) if part)
        return f"{place}: {match[1][0].lower()}{match[1][1:]}"
    return message


def _not_json(raw: bytes) -> str:
    def constant(name: str) -> None:
        raise UnusableStatement(f"expected JSON, found {name}, which JSON does not have")

    try:
        text = raw.decode()
        json.loads(text, parse_constant=constant)
    except UnusableStatement as error:
        return str(error)
    except UnicodeDecodeError:
        return not_utf8(raw)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            return "expected a whole statement, found the beginning of one (cut short)"
        where = f"character {error.pos + 1}"
        if error.msg == "Extra data":
            return f"expected one statement, found more behind it ({where})"
        return f"expected JSON, found something else at {where} ({error.msg})"
    except RecursionError as error:
        return describe(error, raw)
    except ValueError:
        return "expected JSON, found a number with too many digits"
    return "expected JSON, found half a character (a lone surrogate)"
