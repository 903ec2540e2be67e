"""The keys an organisation signs with: made here, kept by you, shown to nobody.

A key ring is one JSON text. It comes from the environment or from a file only its owner can read
(`Secret` in the settings sees to that). A key that was replaced stays in the ring: its public half is
needed to check what it signed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import attrs
import base58
from attrs import field, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from leercultuur_core import ConfigError, Problem

_ED25519_PUBLIC = b"\xed\x01"
_ED25519_PRIVATE = b"\x80\x26"
_HINT = "make a ring with: leercultuur record keys new FILE"


def multibase(public: bytes) -> str:
    """A raw Ed25519 public key as Multikey writes it: ``z6Mk…``
    (https://www.w3.org/TR/cid-1.0/#Multikey)."""
    return "z" + base58.b58encode(_ED25519_PUBLIC + public).decode("ascii")


@frozen
class Key:
    """One Ed25519 key.

    expires
        Since when it no longer signs because another took its place. What it signed before stays good.
    revoked
        Since when it is not to be trusted at all, because somebody else may have it. Nothing it
        signed is good any more: who has a key can write any date beside a signature.
    """

    private: Ed25519PrivateKey = field(repr=False, eq=False)
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    @property
    def id(self) -> str:
        """Its public half in multibase; also the last part of its address in a did document."""
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return multibase(raw)

    @property
    def did(self) -> str:
        """The ``did:key`` that is this key and nothing else."""
        return f"did:key:{self.id}"

    @property
    def state(self) -> str:
        """``current``, ``replaced`` or ``revoked``."""
        if self.revoked is not None:
            return "revoked"
        return "current" if self.expires is None else "replaced"

    def __repr__(self) -> str:
        return f"<Key {self.id}, {self.state}>"


@frozen
class KeyRing:
    """All keys an organisation ever signed with, oldest first."""

    keys: tuple[Key, ...] = ()

    @classmethod
    def new(cls, at: datetime) -> KeyRing:
        """A ring with one fresh key, made at ``at`` (aware)."""
        return cls((Key(Ed25519PrivateKey.generate(), _whole(at)),))

    @classmethod
    def parse(cls, text: str, place: str = "keys") -> KeyRing:
        """A ring from what `dump` gave. Raises `ConfigError`, which never quotes the text."""
        try:
            keys = tuple(_key(entry) for entry in json.loads(text)["keys"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            problem = Problem(place, "a key ring", "something else", _HINT)
            raise ConfigError("the key ring", [problem]) from None
        if sum(key.state == "current" for key in keys) != 1:
            found = f"{sum(key.state == 'current' for key in keys)}"
            raise ConfigError("the key ring", [Problem(place, "one current key", found, _HINT)])
        return cls(keys)

    @property
    def current(self) -> Key:
        """The key that signs now."""
        return next(key for key in self.keys if key.state == "current")

    def rotate(self, at: datetime, *, compromised: bool = False) -> KeyRing:
        """A ring with a fresh key that takes the place of the current one.

        ``compromised`` says that somebody else may have the old one: what it signed is then refused
        by whoever checks it, so those credentials must be issued again.
        """
        at = _whole(at)
        keys = tuple(
            key
            if key.state != "current"
            else attrs.evolve(key, revoked=at)
            if compromised
            else attrs.evolve(key, expires=at)
            for key in self.keys
        )
        return KeyRing((*keys, *KeyRing.new(at).keys))

    def dump(self) -> str:
        """The ring as text. It holds the private keys: for a file with mode 0600, nowhere else."""
        return json.dumps({"keys": [_entry(key) for key in self.keys]})

    def methods(self, did: str) -> list[dict[str, Any]]:
        """The ring's verification methods in the did document of ``did``; public halves only."""
        return [_method(did, key) for key in self.keys]

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self.keys)}>"


def did_document(did: str, ring: KeyRing) -> dict[str, Any]:
    """What is served for ``did`` (a did:web): all keys, with since when each is not in use."""
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": ring.methods(did),
        "assertionMethod": [f"{did}#{key.id}" for key in _trusted(ring.keys)],
    }


def _trusted(keys: Iterable[Key]) -> Iterable[Key]:
    return (key for key in keys if key.revoked is None)


def _method(did: str, key: Key) -> dict[str, Any]:
    method = {
        "id": f"{did}#{key.id}",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": key.id,
    }
    if key.expires is not None:
        method["expires"] = moment(key.expires)
    if key.revoked is not None:
        method["revoked"] = moment(key.revoked)
    return method


def moment(at: datetime) -> str:
    """An aware moment as credentials write it, in UTC: ``2026-03-02T09:00:00Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _entry(key: Key) -> dict[str, str]:
    raw = key.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    entry = {
        "secret": "z" + base58.b58encode(_ED25519_PRIVATE + raw).decode("ascii"),
        "created": moment(key.created),
    }
    if key.expires is not None:
        entry["expires"] = moment(key.expires)
    if key.revoked is not None:
        entry["revoked"] = moment(key.revoked)
    return entry


def _key(entry: dict[str, str]) -> Key:
    raw = base58.b58decode(entry["secret"].removeprefix("z"))
    if not raw.startswith(_ED25519_PRIVATE):
        raise ValueError
    times = {
        name: datetime.fromisoformat(entry[name]).astimezone(UTC)
        for name in ("created", "expires", "revoked")
        if name in entry
    }
    private = Ed25519PrivateKey.from_private_bytes(raw[len(_ED25519_PRIVATE) :])
    return Key(private, times["created"], times.get("expires"), times.get("revoked"))
