"""Writes down what a real system answers, with secrets and names replaced."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from .recordings import SERVER
from .scripted import Seen, Step, scripted

_KEPT = ("content-type", "link", "location", "retry-after", "etag")
_PASSED_ON = ("accept", "authorization", "content-type", "cookie")
_PATIENCE = 30.0
_MAILBOX = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@contextmanager
def recording(
    url: str,
    path: Path,
    *,
    system: str,
    version: str,
    on: date,
    replace: Mapping[str, str] | None = None,
    volatile: Sequence[str] = (),
) -> Iterator[str]:
    """A server on this machine that passes each request on to ``url`` and writes what it answers.

    Give what comes out, an address, to the adapter in place of ``url``. At the end the exchanges are
    in ``path``, for `recorded`. ``replace`` maps what must not be in the file (tokens, names, numbers
    of people) to what stands there instead, the longest first; mail addresses become
    ``someone@example.org``; of headers only those about the content are kept. Read the file before
    you share it: nobody but you knows whom it names.
    """
    exchanges: list[dict[str, Any]] = []
    clean = _Cleaner(url, replace or {})
    with requests.Session() as session:
        # A login of this machine's own (.netrc) or a proxy would be in no run of the adapter.
        session.trust_env = False

        def answer(seen: Seen) -> Step:
            target = url.rstrip("/") + seen.path
            if seen.query:
                target += f"?{urlencode(seen.query)}"
            reply = session.request(
                seen.method,
                target,
                headers={name: seen.headers[name] for name in _PASSED_ON if name in seen.headers},
                data=seen.body,
                allow_redirects=False,
                timeout=_PATIENCE,
            )
            headers = {
                name: value for name, value in reply.headers.items() if name.lower() in _KEPT
            }
            exchanges.append(
                {
                    "request": {
                        "method": seen.method,
                        "path": clean(seen.path),
                        "query": {name: clean(value) for name, value in seen.query.items()},
                    },
                    "response": {
                        "status": reply.status_code,
                        "headers": {name: clean(value) for name, value in headers.items()},
                        **clean.body(reply.content),
                    },
                }
            )
            here = running.url.encode()
            body = reply.content.replace(url.rstrip("/").encode(), here)
            led = {
                name: value.replace(url.rstrip("/"), running.url) for name, value in headers.items()
            }
            return Step(reply.status_code, body, led)

        with scripted(answer) as running:
            yield running.url
    content = {
        "system": system,
        "version": version,
        "recorded": on.isoformat(),
        "volatile": list(volatile),
        "exchanges": exchanges,
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


class _Cleaner:
    """Replaces the server's address, what the author names, and mail addresses."""

    def __init__(self, url: str, replace: Mapping[str, str]) -> None:
        pairs = {url.rstrip("/"): SERVER, **replace}
        self._pairs = sorted(pairs.items(), key=lambda pair: -len(pair[0]))

    def __call__(self, text: str) -> str:
        for found, instead in self._pairs:
            text = text.replace(found, instead)
        return _MAILBOX.sub("someone@example.org", text)

    def body(self, body: bytes) -> dict[str, Any]:
        """The body as it stands in the file."""
        if not body:
            return {}
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(body).decode()}
        try:
            return {"json": self._json(json.loads(text))}
        except ValueError:
            return {"text": self(text)}

    def _json(self, value: Any) -> Any:
        # By value, not in the text: JSON may write a letter of a name as \u00e9.
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return [self._json(one) for one in value]
        if isinstance(value, dict):
            return {self(name): self._json(one) for name, one in value.items()}
        return value
