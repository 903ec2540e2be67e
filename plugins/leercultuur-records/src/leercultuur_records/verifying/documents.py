"""Where the files come from that a check needs beside the credential: nowhere, a folder, or the web."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from leercultuur_core import HttpClient, LeercultuurError
from leercultuur_core.extension.http import Limits

_SITE = re.compile(r"([a-z0-9-]+\.)+[a-z][a-z0-9-]*")
MOST_BYTES = 4 * 1024 * 1024
"""The longest file that is taken: a list of millions of bits is well below."""

_LIMITS = Limits(read=10.0, whole=30.0, attempts=2, longest_wait=5.0, largest=MOST_BYTES)
"""Somebody waits at a prompt."""


class Documents(Protocol):
    """What serves a did document or a status list by its address."""

    fetched: bool
    """Whether what it gives is what the site itself serves now."""

    def get(self, address: str) -> bytes | None:
        """What stands at ``address``; ``None`` where it cannot be had."""


class Nowhere:
    """Has nothing: for a check that needs no more than the credential."""

    fetched = False

    def get(self, address: str) -> bytes | None:  # noqa: ARG002 - as the protocol names it
        """Always ``None``."""
        return None


class Bundle:
    """A folder as ``leercultuur record publish`` writes it, or with a folder in it for each host."""

    fetched = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def get(self, address: str) -> bytes | None:
        """The file for ``address``, never one outside the folder."""
        parts = urlsplit(address)
        inside = unquote(parts.path).lstrip("/")
        for path in (self.folder / parts.netloc / inside, self.folder / inside):
            resolved = path.resolve()
            if not resolved.is_relative_to(self.folder) or not resolved.is_file():
                continue
            if resolved.stat().st_size <= MOST_BYTES:
                return resolved.read_bytes()
        return None


class Web:
    """The sites themselves, over https. An address in a credential is the choice of who wrote it:
    its site learns that somebody looks, and nothing else."""

    fetched = True

    def get(self, address: str) -> bytes | None:
        """What the site answers; ``None`` where it does not, or is no https."""
        parts = urlsplit(address)
        # A name of a site, and no machine of the network that this runs in.
        if parts.scheme != "https" or not _SITE.fullmatch(parts.hostname or ""):
            return None
        try:
            with HttpClient(
                f"https://{parts.netloc}/", agent="leercultuur-records", limits=_LIMITS
            ) as client:
                query = f"?{parts.query}" if parts.query else ""
                answer = client.send("GET", parts.path.lstrip("/") + query).checked()
        except LeercultuurError:
            return None
        return answer.body
