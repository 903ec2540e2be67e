"""Where a page says the next one is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import SourceUnavailable


def onward(page: Any, key: str | Callable[[Any], str | None], about: str) -> str | None:
    """What the page says about the next one; ``None`` at the end."""
    value = key(page) if callable(key) else _look_up(page, key)
    if value is None or value is False or value == "":
        return None
    if value is True or not isinstance(value, str | int):
        raise SourceUnavailable(
            f"{about}: expected an address or a cursor of the next page, found {type(value).__name__}"
        )
    return str(value)


def _look_up(page: Any, key: str) -> Any:
    if not isinstance(page, Mapping):
        return None
    if key in page:  # also a key with a dot in it, such as @odata.nextLink
        return page[key]
    first, _, rest = key.partition(".")
    return _look_up(page.get(first), rest) if rest else None


def without(page: Any, key: str | Callable[[Any], str | None]) -> Any:
    """The page but for the part that says where the next one is."""
    if callable(key) or not isinstance(page, Mapping):
        return page
    first = key if key in page else key.partition(".")[0]
    return {name: value for name, value in page.items() if name != first}
