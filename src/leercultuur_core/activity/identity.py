"""Canonical identifiers: one spelling for one account, mailbox, OpenID or employee number.

A canonical identifier is a string ``scheme|…``. It is what the ledger of a file-based run is keyed
by; a store keys by a keyed hash of it.
"""

from __future__ import annotations

from hashlib import sha1


def account(home_page: str, name: str) -> str:
    """The identifier of an account ``name`` on the system ``home_page``."""
    return f"account|{home_page}|{name}"


def mailbox(address: str) -> str:
    """The identifier of a mail address, with or without ``mailto:``.

    Equal to `mail_hash` of the same address: xAPI's ``mbox_sha1sum`` is the SHA-1 of the whole
    ``mailto:`` IRI, and both forms name one person.
    """
    iri = address if address.startswith("mailto:") else f"mailto:{address}"
    return mail_hash(sha1(iri.encode(), usedforsecurity=False).hexdigest())


def mail_hash(hex_digest: str) -> str:
    """The identifier of a mail address known only by its ``mbox_sha1sum``."""
    return f"mbox_sha1sum|{hex_digest.lower()}"


def openid(iri: str) -> str:
    """The identifier of an OpenID."""
    return f"openid|{iri}"


def employee(organisation: str, number: str) -> str:
    """The identifier of an employee number within an organisation."""
    return f"employee|{organisation}|{number}"


def learner_name(identifier: str) -> str:
    """The part of an identifier that people recognise: account name, number, hash or IRI."""
    scheme, _, rest = identifier.partition("|")
    if scheme in {"account", "employee"}:
        return rest.partition("|")[2] or rest
    return rest or identifier
