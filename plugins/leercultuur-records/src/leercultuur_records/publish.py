"""The files that others need to check what was issued, for any web server that serves files."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError

from .files import write_whole
from .issuing.issuer import LocalIssuer


def publish(issuer: LocalIssuer, folder: Path, *, at: datetime) -> tuple[Path, ...]:
    """Writes the did document and the status lists below ``folder``, as the root of the site.

    A file appears whole or not at all. A status list that says the same, by the same key, and holds
    for more than half its time still, is left as it is; so a second run changes nothing. Gives what
    was written. Raises `OSError`.
    """
    written = []
    for address, content in issuer.site().items():
        path = folder / urlsplit(address).path.lstrip("/")
        if not _still_good(path, content, at) and write_whole(path, content):
            written.append(path)
    return tuple(written)


def _still_good(path: Path, content: bytes, at: datetime) -> bool:
    """Whether a list that is there already does for the new one."""
    try:
        before, after = _list_of(path.read_bytes()), _list_of(content)
        ends = datetime.fromisoformat(str(before["validUntil"]))
        begins = datetime.fromisoformat(str(before["validFrom"]))
    except (OSError, ValueError, KeyError, TypeError, JoseError):
        return False
    return _says(before) == _says(after) and begins <= at <= begins + (ends - begins) / 2


def _list_of(content: bytes) -> dict[str, object]:
    text = content.decode("utf-8")
    if not text.startswith("{"):
        compact = jws.extract_compact(content.strip())
        document = json.loads(compact.payload)
        return {**document, "key": compact.protected["kid"]}
    document = json.loads(text)
    return {**document, "key": document["proof"][0]["verificationMethod"]}


def _says(document: dict[str, object]) -> tuple[object, ...]:
    return (document["id"], document["issuer"], document["key"], document["credentialSubject"])
