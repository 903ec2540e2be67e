"""A server that answers what the fuzzer wants, without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from leercultuur_core import HttpClient, SourceUnavailable
from leercultuur_core.extension.http import Answer

SERVER = "https://server.example/base"
_MOST_CALLS = 300


class Answering(HttpClient):
    """Answers from ``data``: JSON of a table by what was asked, or the same bytes to everything.

    A table has the body under a part of the path, or of the function or method that is asked for; the
    longest that fits counts, else ``*``. A text is a body as it stands, all else is written as JSON.
    ``headers`` come with each answer. After 300 calls the server is gone, so that no list is without
    end.
    """

    def __init__(self, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(SERVER)
        self._own = headers or {}
        self._data = data
        try:
            table = json.loads(data)
        except (ValueError, RecursionError):
            table = None
        self._table: Mapping[str, Any] = table if isinstance(table, dict) else {}

    def send(self, method: str, path: str = "", /, **asked: Any) -> Answer:
        """The answer to any request."""
        self.calls += 1
        if self.calls > _MOST_CALLS:
            raise SourceUnavailable("the server is gone")
        form = asked.get("form") or {}
        name = str(form.get("wsfunction", "")) or _method(asked.get("content")) or path
        fitting = (key for key in self._table if key and key in name)
        body: bytes = self._data
        if self._table:
            found = self._table.get(max(fitting, key=len, default="*"))
            text = found if isinstance(found, str) else json.dumps(found)
            body = text.encode("utf-8", "surrogatepass")
        return Answer(200, self._own, body, f"{method} the server", "", SERVER)


def _method(content: bytes | None) -> str:
    """The method of a call by JSON-RPC."""
    try:
        return str(json.loads(content or b"")["method"])
    except (ValueError, KeyError, TypeError):
        return ""
