"""Mail addresses, and the names before them."""

from __future__ import annotations

import unicodedata
from email.headerregistry import Address

import idna

_LONGEST_NAME = 60
_LONGEST_LOCAL = 64
_ODD = frozenset(' "(),:;<>@[\\]')
# Marks that turn the direction of the text around them: a name could seem to end elsewhere.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def mailbox(text: str, name: str = "") -> Address | None:
    """The address ``text``, its domain as the network writes it (IDNA 2008); ``None`` where it is
    not one plain address, such as ``jo@korenaar.example``.

    Quoted local parts and addresses in numbers are none: no directory of people has them, and every
    odd spelling that is let through must be safe in a command and a header.
    """
    local, at, domain = text.rpartition("@")
    if not at or not local or len(local.encode("utf-8", "replace")) > _LONGEST_LOCAL:
        return None
    if not text.isprintable() or "" in local.split(".") or _ODD & set(local):
        return None
    try:
        host = idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return None
    return Address(shown_name(name), local, host)


def shown_name(name: str) -> str:
    """A person's name as it stands before their address."""
    # A name that looks like an encoded word (RFC 2047) would be read as one.
    return one_line(name)[:_LONGEST_NAME].rstrip().replace("=?", "= ?")


def one_line(text: str) -> str:
    """``text`` on one line, without characters that nobody can see and that no header may hold."""
    return " ".join(clean(text).split())


def clean(text: str) -> str:
    """``text`` without control characters but line ends, and without halves of characters."""
    return "".join(
        c if c == "\n" or not _hidden(c) else " "
        for c in text.replace("\r\n", "\n").replace("\r", "\n")
        if c not in _TURNS
    )


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
