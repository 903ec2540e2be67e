"""What real servers do wrong, as changes of an answer that was right."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attrs import evolve

from .scripted import Step

Change = Callable[[Step], Step]
"""What becomes of an answer."""

RowChange = Callable[[Any], Any]
"""What becomes of a row."""

CANARY = "Wilhelmina Kanarie-Proefpersoon"
"""The name of nobody, put where a name could be; it must not come out anywhere."""


def hang(_: Step) -> Step:
    """Says nothing for as long as anybody waits."""
    return Step(silence=30.0)


def drip(step: Step) -> Step:
    """One byte now and then, so that no time-out between two bytes is ever met."""
    return evolve(step, body=step.body + b" " * 2000, drip=0.05)


def hang_up(step: Step) -> Step:
    """The connection breaks before anything was said."""
    return evolve(step, hang_up=True)


def truncated(step: Step) -> Step:
    """The connection breaks halfway the body."""
    return evolve(step, cut=len(step.body) // 2)


def status(number: int, **headers: str) -> Change:
    """A short answer with this status; underscores in names of headers become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Step(number, b"no", {"Content-Type": "text/plain", **named})


def web_page(_: Step) -> Step:
    """A page for people, with status 200: a login or maintenance page."""
    page = b"<!DOCTYPE html><html><body><h1>Under maintenance</h1></body></html>"
    return Step(200, page, {"Content-Type": "text/html"})


def nothing(_: Step) -> Step:
    """An empty body with status 200."""
    return Step(200, b"", {"Content-Type": "application/json"})


def other_shape(_: Step) -> Step:
    """JSON with status 200 that says it went wrong, in a shape of its own."""
    return Step(200, b'{"error": {"code": 17}}', {"Content-Type": "application/json"})


def saying(number: int, *texts: str) -> Change:
    """An error that repeats what it was sent: ``texts``."""
    said = json.dumps({"error": "not accepted", "received": list(texts)}).encode()
    return lambda _: Step(number, said, {"Content-Type": "application/json"})


def redirect(url: str) -> Change:
    """Sends on to ``url``."""
    return lambda _: Step(302, b"", {"Location": url})


def wrong_charset(step: Step) -> Step:
    """Names another character set than the one it writes (UTF-8)."""
    return _typed(step, "application/json; charset=iso-8859-1")


def byte_order_mark(step: Step) -> Step:
    """A byte order mark before the body."""
    return evolve(step, body=b"\xef\xbb\xbf" + step.body)


def rows(step: Step) -> list[Any] | None:
    """The list of objects in a JSON answer that is nearest to its top, and then the longest.

    ``None`` where there is no such list.
    """
    found = _rows(_parsed(step))
    return None if found is None else list(found)


def with_rows(step: Step, change: Callable[[list[Any]], list[Any]]) -> Step:
    """The answer with that list changed; the same answer where there is none."""
    parsed = _parsed(step)
    found = _rows(parsed)
    if found is None:
        return step
    found[:] = change(list(found))
    return evolve(step, body=json.dumps(parsed, ensure_ascii=False).encode())


def emptied(step: Step) -> Step:
    """Nothing is in the list."""
    return with_rows(step, lambda _: [])


def ten_times(step: Step) -> Step:
    """Each row ten times."""
    return with_rows(step, lambda found: found * 10)


def first_row(change: RowChange) -> Change:
    """The first row of a list is another."""
    return lambda step: with_rows(step, lambda found: [change(found[0]), *found[1:]])


def without_first_row(step: Step) -> Step:
    """The first row of a list is not there."""
    return with_rows(step, lambda found: found[1:])


def all_names(value: Any) -> Any:
    """The same shape, with `CANARY` for each text and number in it."""
    if isinstance(value, dict):
        return {key: all_names(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [all_names(inner) for inner in value]
    return value if value is None or isinstance(value, bool) else CANARY


def _parsed(step: Step) -> Any:
    try:
        return json.loads(step.body)
    except ValueError:
        return None


def _rows(parsed: Any) -> list[Any] | None:
    level = [parsed]
    while level:
        lists = [one for one in level if isinstance(one, list) and one and _objects(one)]
        if lists:
            return max(lists, key=len)
        level = [inner for one in level for inner in _inside(one)]
    return None


def _objects(values: list[Any]) -> bool:
    return all(isinstance(one, dict) for one in values)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _typed(step: Step, kind: str) -> Step:
    kept = {name: text for name, text in step.headers.items() if name.lower() != "content-type"}
    return evolve(step, headers={**kept, "Content-Type": kind})


def repeating() -> Change:
    """Each list begins with the rows of the list before it, where those are of the same kind."""
    before: list[Any] = []

    def change(step: Step) -> Step:
        own = rows(step) or []
        again = [row for row in before if own and row.keys() == own[0].keys()]
        before[:] = own
        return with_rows(step, lambda found: [*again, *found])

    return change


def stuck() -> Change:
    """The same answer for ever, whatever is asked."""
    kept: list[Step] = []

    def change(step: Step) -> Step:
        kept.append(step)
        return kept[0]

    return change
