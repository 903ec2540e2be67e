"""The JSON-LD contexts that credentials are read with: in the package, never fetched.

What a signature over RDF covers depends on the contexts. So only those in this folder are known (see
``LICENSES.md`` there), and a context that stands in a credential itself must be ours, letter for letter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"

_FILES: Mapping[str, str] = {
    CREDENTIALS: "credentials-v2.jsonld",
    OPEN_BADGES: "open-badges-3.0.3.jsonld",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": "open-badges-3.0.2.jsonld",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": "open-badges-3.0.1.jsonld",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": "open-badges-extensions.jsonld",
    "https://w3id.org/security/data-integrity/v2": "data-integrity-v2.jsonld",
}

_EXTENSIONS = ("leercultuur-1.jsonld",)
"""Every version ever issued with, the newest last: what was signed once stays readable."""


class UnknownContext(LookupError):
    """A context that is not in the package, so that what was signed cannot be known."""


def known() -> tuple[str, ...]:
    """The addresses of all contexts in the package."""
    return tuple(_FILES)


def extension() -> dict[str, Any]:
    """Our own context for the European and Dutch fields, as it stands in a credential."""
    context: dict[str, Any] = _read(_EXTENSIONS[-1])["@context"]
    return json.loads(json.dumps(context))  # type: ignore[no-any-return]


def refuse_unknown(contexts: object) -> None:
    """Raises `UnknownContext` unless ``contexts`` is a list that begins with VC 2.0 and holds
    only contexts of the package."""
    if not isinstance(contexts, list) or not contexts or contexts[0] != CREDENTIALS:
        raise UnknownContext(f"the first context is not {CREDENTIALS}")
    ours = [_read(name)["@context"] for name in _EXTENSIONS]
    for context in contexts:
        if isinstance(context, str):
            if context not in _FILES:
                raise UnknownContext(context)
        elif context not in ours:
            raise UnknownContext("a context of its own, which says what words mean")


def load(url: str, options: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - as PyLD calls it
    """A document loader for PyLD that knows the package's contexts and nothing else."""
    if url not in _FILES:
        raise UnknownContext(url)
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": _read(_FILES[url]),
    }


@cache
def _read(name: str) -> dict[str, Any]:
    text = (resources.files(__name__) / name).read_text("utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
