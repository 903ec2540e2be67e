"""Made-up events, for the part of the contract that needs a system whose content changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from attrs import frozen

from .recordings import Responder
from .scripted import Seen, Step, as_json

_T = TypeVar("_T")

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@frozen
class Event:
    """Something that a learner finished, as any system could have it.

    number
        From 1, the order in which the system stored them.
    learner
        An account name there.
    occurred_at, stored_at
        When it happened, and when the system stored or last changed it; aware, in whole seconds.
    revision, score
        Both change when the event is changed afterwards; the score is 0 to 1.
    """

    number: int
    id: str
    learner: str
    occurred_at: datetime
    stored_at: datetime
    revision: int = 1
    score: float = 0.5


Serve = Callable[[Sequence[Event]], Responder | None]
"""Puts events in the system in place of those that were there.

Gives how a server with these events answers a request; or writes them where the adapter reads
(a file, a database) and gives ``None``.
"""


def event(number: int, *, stored: timedelta, happened: timedelta | None = None) -> Event:
    """Event ``number``, stored that long after `START`, and happened then or at ``happened``."""
    return Event(
        number,
        f"6f1d2c3b-0000-4000-8000-{number:012d}",
        f"learner{number % 3}",
        START + (stored if happened is None else happened),
        START + stored,
    )


def paged(
    request: Seen, rows: Sequence[_T], *, size: int = 3, parameter: str = "page"
) -> tuple[list[_T], str | None]:
    """The rows of the page that is asked for, and the path of the next one, or ``None``.

    For a `Serve`: pages are numbered from 0 in the query parameter ``parameter``.
    """
    number = int(request.query.get(parameter, 0))
    found = list(rows[number * size : (number + 1) * size])
    if (number + 1) * size >= len(rows):
        return found, None
    query: dict[str, Any] = {**request.query, parameter: number + 1}
    return found, f"{request.path}?{urlencode(query)}"


def listing(
    row: Callable[[Event], Mapping[str, Any]],
    rows: str,
    *,
    by: str,
    since: str,
    next: str,  # noqa: A002 - the name that HttpClient.pages gives it
    latest: str | None = None,
    size: int = 3,
) -> Serve:
    """A `Serve` for a system that lists rows as JSON, oldest change first, page by page.

    ``row`` is how the system writes an event; ``by`` the field of a row that says when it was
    changed, ``since`` the query parameter with the least value of it that is wanted. The keys of a
    page are ``rows``, ``next`` (the path of the next page, ``null`` on the last) and where there
    is one ``latest`` (``by`` of the last row so far). A page has ``size`` rows.
    """

    def serve(events: Sequence[Event]) -> Responder:
        every = sorted(map(row, events), key=lambda one: one[by])

        def answer(request: Seen) -> Step:
            least = request.query.get(since)
            wanted = [one for one in every if least is None or one[by] >= type(one[by])(least)]
            found, path = paged(request, wanted, size=size)
            last = {latest: found[-1][by] if found else None} if latest else {}
            return as_json({rows: found, next: path, **last})

        return answer

    return serve
