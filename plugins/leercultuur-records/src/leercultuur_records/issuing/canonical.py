"""What an ``eddsa-rdfc-2022`` signature is over (https://www.w3.org/TR/vc-di-eddsa/, 3.2).

A document becomes RDF, in the one order that RDFC-1.0 gives it, and is hashed; so do the options of the
proof. PyLD does the first two; here are the bounds that documents of others need.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from pyld import jsonld  # type: ignore[import-untyped]
from pyld.canon import URDNA2015  # type: ignore[import-untyped]

from .. import contexts

PROOF_WORDS = frozenset(
    {"id", "type", "cryptosuite", "created", "expires", "verificationMethod", "proofPurpose",
     "domain", "challenge", "nonce"}
)  # fmt: skip
"""What a proof may hold beside its value: all of it is signed, by the contexts of VC 2.0."""

_MOST_STEPS = 2_000
"""Of telling look-alike unnamed nodes apart. A badge needs a few tens; the work can grow as the
factorial of their number, so that a small file could keep a machine busy for days."""

_ADDRESS = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]*')

_NO_BASE = "relative:/"
"""What PyLD puts before an address that is not whole; it would make one up without."""

_OPTIONS: dict[str, Any] = {"documentLoader": contexts.load, "base": _NO_BASE}


class CannotCanonicalise(ValueError):
    """A document of which cannot be said what a signature would be over. The text says why."""


class _Bounded(URDNA2015):  # type: ignore[misc]  # PyLD has no types
    """PyLD's algorithm, with an end to it."""

    def __init__(self) -> None:
        super().__init__()
        self._left = _MOST_STEPS

    def hash_n_degree_quads(self, id_: str, issuer: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise CannotCanonicalise("too many parts that look alike")
        return super().hash_n_degree_quads(id_, issuer)


def canonical(document: Mapping[str, Any], *, word_for_word: bool = True) -> bytes:
    """The document's RDF as canonical N-Quads.

    People and programs read the JSON; a signature is over the RDF. A word that no context knows is
    dropped on the way, a relative address too, and a word that was replaced by its full address means
    the same: none of these would break a signature. So the JSON must be, word for word, what its RDF
    says; ``word_for_word`` is ``False`` where the caller knows each word. Raises `CannotCanonicalise`
    where it is not, also for a context that is not in the package.
    """
    try:
        _refuse(document, top=True)
        expanded = jsonld.expand(document, dict(_OPTIONS))
        _refuse_relative(expanded)
        if word_for_word:
            back = jsonld.compact(
                expanded, document["@context"], {**_OPTIONS, "skipExpansion": True}
            )
            if _plain(back) != _plain(document):
                raise CannotCanonicalise("it holds words that no signature covers")
        dataset = jsonld.to_rdf(expanded, dict(_OPTIONS))
    except contexts.UnknownContext as error:
        raise CannotCanonicalise(f"it leans on an unknown context: {error}") from None
    except CannotCanonicalise:
        raise
    except (jsonld.JsonLdError, RecursionError, TypeError, ValueError, AttributeError) as error:
        raise CannotCanonicalise(_unknown_within(error) or "it is no valid JSON-LD") from None
    text: str = _Bounded().main(dataset, {"format": "application/n-quads"})
    return text.encode("utf-8")


def hash_data(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """The 64 bytes that are signed: of the proof's options, then of the document.

    ``document`` has no ``proof``; ``options`` has no ``proofValue``, and only `PROOF_WORDS` with
    texts. Raises `CannotCanonicalise`.
    """
    if not PROOF_WORDS.issuperset(options) or not all(
        isinstance(value, str) for value in options.values()
    ):
        raise CannotCanonicalise("its proof holds words that are not known")
    if "@context" not in document:
        raise CannotCanonicalise("it has no context")
    configuration = {**options, "@context": document["@context"]}
    return (
        hashlib.sha256(canonical(configuration, word_for_word=False)).digest()
        + hashlib.sha256(canonical(document)).digest()
    )


def _refuse(value: Any, *, top: bool = False) -> None:
    """Refuses contexts that are not in the package, anywhere, and the keywords of JSON-LD."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "@context":
                contexts.refuse_unknown(item)
            elif key.startswith("@"):
                raise CannotCanonicalise(f"it holds the keyword {key}")
            else:
                _refuse(item)
        if top and "@context" not in value:
            raise CannotCanonicalise("it has no context")
    elif isinstance(value, list):
        for item in value:
            _refuse(item)


def _refuse_relative(expanded: Any) -> None:
    """Refuses what RDF drops: addresses that are not whole, and names of unnamed nodes."""
    if isinstance(expanded, Mapping):
        for key, item in expanded.items():
            if key in {"@id", "@type"}:
                for address in item if isinstance(item, list) else [item]:
                    if not _ADDRESS.fullmatch(str(address)) or str(address).startswith(_NO_BASE):
                        raise CannotCanonicalise("it holds an address that is not whole")
            else:
                _refuse_relative(item)
    elif isinstance(expanded, list):
        for item in expanded:
            _refuse_relative(item)


def _plain(value: Any) -> Any:
    """JSON with what JSON-LD does not tell apart made alike: lists of one, and the order of lists."""
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value) if key != "@context"}
    if isinstance(value, list | tuple):
        items = [_plain(item) for item in value]
        return items[0] if len(items) == 1 else sorted(items, key=repr)
    return value


def _unknown_within(error: BaseException) -> str:
    """What our loader said, from inside PyLD's error."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, contexts.UnknownContext):
            return f"it leans on an unknown context: {inner}"
        inner = inner.__cause__ or inner.__context__
    return ""
