"""Keeps secrets and people out of what is said about an exchange with a server."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "…"
"""What stands where something was hidden."""

_QUOTED = 4000
_EXCERPT = 200
_QUERY = re.compile(r"\?[^\s\"'<>?]*=[^\s\"'<>]*")
_MAILBOX = re.compile(
    r"(?<![^\s\"'<>/:;,=])[^\s\"'<>/:;,=]+(?:@|%40)[^\s\"'<>/:;,=]+", re.IGNORECASE
)
# Long runs with a digit in them are keys, tokens, hashes and ids far more often than words: a server
# may well quote only half of a token.
_KEYLIKE = re.compile(r"(?<![\w+=~%-])(?=[\w+=~%-]*\d)[\w+=~%-]{12,}")


class Mask:
    """Hides ``secrets`` in texts, in every spelling a server may echo them in.

    Query strings, mail addresses and what looks like a key are hidden too, whoever they belong to.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first, so that no part of a secret stays behind a shorter one.
        ordered = sorted({secret for secret in secrets if secret}, key=lambda one: (-len(one), one))
        patterns = [pattern for secret in ordered for pattern in _patterns(secret)]
        self._secrets = re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """``text`` without them."""
        text = self._secrets.sub(HIDDEN, text)
        text = _QUERY.sub(f"?{HIDDEN}", text)
        text = _MAILBOX.sub(HIDDEN, text)
        return _KEYLIKE.sub(HIDDEN, text)

    def excerpt(self, body: bytes) -> str:
        """What a server said in a few words, on one line; nothing of a web page or binary data."""
        if len(body) > _QUOTED:
            return ""
        try:
            # Masked first: with its spaces gone or half of it cut off a secret is not recognised.
            text = " ".join(self(body.decode()).split())
        except UnicodeDecodeError:
            return ""
        if text.startswith("<") or not text.isprintable():
            return ""
        return text if len(text) <= _EXCERPT else text[:_EXCERPT] + HIDDEN


def _patterns(secret: str) -> Iterable[str]:
    # By character, for one text may be escaped twice, each time in another way.
    yield "".join(map(_spellings, secret))
    yield re.escape(b64encode(secret.encode()).decode().rstrip("="))


def _spellings(character: str) -> str:
    """A pattern for ``character`` as it stands in text, JSON, HTML and an address."""
    escaped = html.escape(character)
    spellings = {
        character,
        f"\\{character}",
        json.dumps(character)[1:-1],
        quote(character, safe=""),
        quote_plus(character),
        escaped,
        escaped.replace("&#x27;", "&#039;"),  # as PHP does
    }
    return f"(?:{'|'.join(map(re.escape, sorted(spellings)))})"
