"""Keyed hashes of identifiers and activity ids; the keys stay outside the database.

Without the key nobody can check a guess ("is this row of piet@example.org?") against the store.
That goes for activity ids too, which may name their learner, and for content digests, which cover
the identifiers: these are masked, so that they compare inside the program and say nothing on disk.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b, sha256

DIGEST = 16
"""Bytes of every digest in the store."""

_REMEMBERED = 100_000  # the same people come back page after page


class Identifier:
    """Hashes under one or more keys: the first is used for new rows, all are tried on arrival.

    ``keys`` are the secrets of the organisation, newest first, at least 16 bytes each. Raises
    `ValueError` where there is none or one is short.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or min(map(len, keys)) < DIGEST:
            raise ValueError(f"expected one or more identity keys of at least {DIGEST} bytes each")
        self._keys = tuple(keys)
        # blake2b takes at most 64 bytes of key.
        self._short = tuple(sha256(b"activity" + key).digest() for key in keys)
        self._seen: dict[str, tuple[bytes, ...]] = {}
        self.key_ids = tuple(sha256(key).hexdigest()[:8] for key in keys)
        """What is kept beside a digest to tell its key by, newest first."""

    def __repr__(self) -> str:
        return f"<Identifier with keys {', '.join(self.key_ids)}>"

    def digests(self, identifier: str) -> tuple[bytes, ...]:
        """The digest of a canonical identifier under each key, newest key first."""
        known = self._seen.get(identifier)
        if known is None:
            text = identifier.encode("utf-8", "surrogatepass")
            known = tuple(hmac.digest(key, text, "sha256")[:DIGEST] for key in self._keys)
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[identifier] = known
        return known

    def of_ids(self, ids: Iterable[str]) -> list[dict[str, tuple[bytes, bytes]]]:
        """For each key, newest first: activity id → (its digest, the mask of its content digest)."""
        encoded = [(one, one.encode("utf-8", "surrogatepass")) for one in ids]
        answer = []
        for key in self._short:
            hashed = [
                (one, blake2b(text, key=key, digest_size=2 * DIGEST).digest())
                for one, text in encoded
            ]
            answer.append({one: (both[:DIGEST], both[DIGEST:]) for one, both in hashed})
        return answer


def masked(digests: Sequence[bytes], masks: Sequence[bytes]) -> list[bytes]:
    """Each digest hidden by the mask beside it; twice gives it back.

    All at once, as one long number: a hundred thousand one by one would take longer than writing
    them.
    """
    size = DIGEST * len(digests)
    number = int.from_bytes(b"".join(digests), "big") ^ int.from_bytes(b"".join(masks), "big")
    whole = number.to_bytes(size, "big")
    return [whole[at : at + DIGEST] for at in range(0, size, DIGEST)]


class LearnerStates(Mapping[str, str]):
    """What a source remembers of single learners, by canonical identifier.

    The store knows no identifiers, only their digests: ask for one (``states.get(identifier)``);
    there is nothing to go through. Raises `TypeError` when iterated.
    """

    def __init__(self, identifier: Identifier, values: Mapping[bytes, str]) -> None:
        self._identifier = identifier
        self._values = values

    def __getitem__(self, key: str) -> str:
        for digest in self._identifier.digests(key):
            if digest in self._values:
                return self._values[digest]
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        raise TypeError("learner states are kept by digest; ask for an identifier instead")

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<LearnerStates of {len(self)}>"
